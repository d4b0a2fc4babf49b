package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"daohu/server/calendar"
	"daohu/server/figures"
	"daohu/server/form/rate"
)

func overviewPages() []Page {
	return []Page{{Path: "/", Title: "总览", Roles: "TKA", File: "overview", Scripts: []string{"echarts.min.js", "charts.js"}, Show: showOverview}}
}

// Overview is an area's figures. Every one leads to the lines it is the sum of:
// a county's to its townships, on to villages, households, and their people.
type Overview struct {
	figures.Drill
	Columns []Column
	Only    *Column // the one figure that is looked into; nil = all
	Tasks   []Task
	Year    figures.Months
	Shares  []rate.Share // awareness by village, the paper as a whole
	Topics  []rate.Share // of the whole township by topic
	Target  int64
	Crumbs  []Crumb
}

// Column is one figure of every line.
type Column struct {
	Key, Word string
	cell      func(*figures.Sums) figures.Cell
}

// Cell is the column's figure of a line.
func (c Column) Cell(s figures.Sums) figures.Cell { return c.cell(&s) }

// Crumb is one step from the widest area down to this one.
type Crumb struct{ Word, URL string }

// Task is something that waits, with the page where it is done.
type Task struct {
	Word string
	N    int
	More bool // at least N
	URL  string
	Late bool
}

func columns() []Column {
	return []Column{
		{"all", "农户", func(s *figures.Sums) figures.Cell { return s.All }},
		{"exited", "已脱贫", func(s *figures.Sums) figures.Cell { return s.Exited }},
		{"notExited", "未脱贫", func(s *figures.Sums) figures.Cell { return s.Not }},
		{"thisYear", "今年计划", func(s *figures.Sums) figures.Cell { return s.ThisYear }},
		{"nextYear", "明年计划", func(s *figures.Sums) figures.Cell { return s.NextYear }},
		{"safety", "政策兜底", func(s *figures.Sums) figures.Cell { return s.Safety }},
		{"watched", "监测中", func(s *figures.Sums) figures.Cell { return s.Watched }},
		{"paired", "已结对", func(s *figures.Sums) figures.Cell { return s.Paired }},
		{"visited", "本月已走访", func(s *figures.Sums) figures.Cell { return s.Visited }},
	}
}

// left is looked into from the county's comparison and is no tile: the task
// beside the tiles says the same of a township.
func left() Column {
	return Column{"left", "结对了，本月还没走访", func(s *figures.Sums) figures.Cell { return s.Left }}
}

func showOverview(v *View) (any, error) {
	out := &Overview{Columns: columns()}
	ask := v.Pick("area", "year", "month")
	if ask.Get("area") == "" && v.Township != "" && v.Is("KA") {
		ask.Set("area", v.Township)
	}
	if err := v.Get("/api/v1/figures", ask, &out.Drill); err != nil {
		return nil, err
	}
	for _, c := range append(columns(), left()) {
		if c.Key == v.Filter("only") {
			out.Only = &c
		}
	}
	out.crumbs(v)
	if out.Only != nil {
		return out, nil
	}
	ask.Del("year")
	ask.Set("area", out.Code)
	if err := v.Get("/api/v1/figures/months", ask, &out.Year); err != nil {
		return nil, err
	}
	if out.Level != "township" {
		return out, nil
	}
	if err := out.awareness(v); err != nil {
		return nil, err
	}
	return out, out.tasks(v)
}

// LastMonths are the months to choose from: the last 24, and the one shown.
func (v *View) LastMonths(shown string) []string {
	at := time.UnixMilli(v.Now).In(calendar.Zone())
	at = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, calendar.Zone())
	var out []string
	for i := range 24 {
		out = append(out, at.AddDate(0, -i, 0).Format("2006-01"))
	}
	if !slices.Contains(out, shown) {
		out = append(out, shown)
	}
	return out
}

// Shown are the lines that make the figure looked into, all of them without.
func (o *Overview) Shown() []figures.Line {
	if o.Only == nil {
		return o.Lines
	}
	var out []figures.Line
	for _, l := range o.Lines {
		if o.Only.cell(&l.Sums).Households > 0 {
			out = append(out, l)
		}
	}
	return out
}

// crumbs lead back up: a township's admin to the township, the county's on to
// the county.
func (o *Overview) crumbs(v *View) {
	only := v.Filter("only")
	up := func(word, code string) {
		o.Crumbs = append(o.Crumbs, Crumb{word, v.With("area", code, "only", only)})
	}
	if v.Is("KA") && o.Level != "county" {
		up("全县", v.Me.County)
	}
	if o.Level == "village" {
		if len(o.Code) > 9 {
			up(v.PlaceName(o.Code[:9]), o.Code[:9])
		}
	}
}

// awareness are the shares of households that know what was explained to them.
func (o *Overview) awareness(v *View) error {
	var got rate.Rates
	if err := v.Get("/api/v1/rates/awareness", url.Values{"township": {o.Code}}, &got); err != nil {
		return err
	}
	o.Target = got.Target
	for _, c := range got.Cells {
		switch {
		case c.Topic == "" && c.Village != "":
			o.Shares = append(o.Shares, c)
		case c.Village == "":
			o.Topics = append(o.Topics, c)
		}
	}
	return nil
}

// tasks are what waits in the township.
func (o *Overview) tasks(v *View) error {
	var due, all struct {
		Rows []struct{}
		More int
	}
	if v.Is("T") {
		if err := v.Get("/api/v1/due", url.Values{"limit": {"1"}}, &due); err != nil {
			return err
		}
		if err := v.Get("/api/v1/due", url.Values{"limit": {"1"}, "all": {"1"}}, &all); err != nil {
			return err
		}
		left, of := len(due.Rows)+due.More, len(all.Rows)+all.More
		o.Tasks = append(o.Tasks, Task{Word: "本月还要走访的户（共 " + strconv.Itoa(of) + " 户）", N: left, URL: v.linkTo("/due", "/due")})
	}
	needs, more, err := countRows(v, "/api/v1/needs", url.Values{"township": {o.Code}, "state": {"overdue"}}, func(map[string]any) bool { return true })
	if err != nil {
		return err
	}
	o.Tasks = append(o.Tasks, Task{Word: "超过期限的需求", N: needs, More: more, URL: v.linkTo("/cases", "/cases?state=overdue"), Late: needs > 0})
	if v.Is("T") {
		phones, more, err := countRows(v, "/api/v1/devices", url.Values{}, func(row map[string]any) bool { n, _ := row["unsent"].(float64); return n > 0 })
		if err != nil {
			return err
		}
		o.Tasks = append(o.Tasks, Task{Word: "还有记录没送到的手机", N: phones, More: more, URL: v.linkTo("/devices", "/devices")})
	}
	return nil
}

// linkTo is the address of a page, "" for one that is not there.
func (v *View) linkTo(page, address string) string {
	if v.Allowed(page) {
		return address
	}
	return ""
}

// countRows counts the rows of a list that are meant, up to five pages of it.
func countRows(v *View, path string, query url.Values, meant func(map[string]any) bool) (n int, more bool, err error) {
	query.Set("limit", "200")
	for range 5 {
		var page Rows[map[string]any]
		if err := v.Get(path, query, &page); err != nil {
			return 0, false, err
		}
		for _, r := range page.Rows {
			if meant(r) {
				n++
			}
		}
		if page.Next == "" {
			return n, false, nil
		}
		query.Set("after", page.Next)
	}
	return n, true, nil
}

// Chart is what charts.js draws: bars by name, or points.
type Chart struct {
	Names  []string     `json:"names,omitempty"`
	Series []Series     `json:"series,omitempty"`
	Max    int64        `json:"max,omitempty"`
	Line   int64        `json:"line,omitempty"` // the target: bars below it have another colour; 0 = none
	URLs   []string     `json:"urls,omitempty"`
	Points []ChartPoint `json:"points,omitempty"`
}

// Series is one colour of bars.
type Series struct {
	Name   string `json:"name"`
	Values []any  `json:"values"` // nil = no figure
}

// ChartPoint is one village.
type ChartPoint struct {
	Name string  `json:"name"`
	Lat  float64 `json:"lat"` // degrees
	Lng  float64 `json:"lng"`
	URL  string  `json:"url"`
}

// MonthChart are the visits of twelve months.
func (o *Overview) MonthChart(v *View) Chart {
	c := Chart{Series: []Series{{Name: "走访次数"}, {Name: "走访到的户"}}}
	for _, m := range o.Year.Months {
		c.Names = append(c.Names, m.Month[2:])
		c.Series[0].Values = append(c.Series[0].Values, m.Visits)
		c.Series[1].Values = append(c.Series[1].Values, m.Households)
		c.URLs = append(c.URLs, v.With("area", o.Code, "month", m.Month, "only", "visited"))
	}
	return c
}

// CohortChart are the households by the year they left, and those planned.
func (o *Overview) CohortChart() Chart {
	c := Chart{Series: []Series{{Name: "已脱贫"}, {Name: "计划脱贫"}}}
	for i, list := range [][]figures.YearCell{o.Exits, o.Plans} {
		for _, y := range list {
			c.Names = append(c.Names, yearWord(y.Year))
			c.Series[i].Values = append(c.Series[i].Values, y.Households)
			c.Series[1-i].Values = append(c.Series[1-i].Values, nil)
		}
	}
	return c
}

func yearWord(year int64) string {
	if year == 0 {
		return "没有填年份"
	}
	return strconv.FormatInt(year, 10)
}

// RateChart are shares in percent; a cell that is hidden or unknown has no bar.
func (o *Overview) RateChart(shares []rate.Share) Chart {
	c := Chart{Series: []Series{{Name: "知晓率 %"}}, Max: 100, Line: o.Target}
	for _, s := range shares {
		name := s.Name
		if s.Village == "" {
			if name = s.TopicName; s.Topic == "" {
				name = "全部"
			}
		}
		var value any
		if n, err := strconv.ParseFloat(strings.TrimSuffix(s.Rate, "%"), 64); err == nil {
			value = n
		}
		c.Names, c.Series[0].Values = append(c.Names, name), append(c.Series[0].Values, value)
	}
	return c
}

// Map are the villages as points.
func (o *Overview) Map(v *View) Chart {
	c := Chart{}
	for _, p := range o.Year.Points {
		c.Points = append(c.Points, ChartPoint{p.Name, float64(p.Lat) / 1e6, float64(p.Lng) / 1e6, v.With("area", p.Village)})
	}
	return c
}

// Known reports whether any of the shares is told.
func (o *Overview) Known(shares []rate.Share) bool {
	for _, s := range shares {
		if s.Rate != "" {
			return true
		}
	}
	return false
}
