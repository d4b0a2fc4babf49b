package console

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"daohu/server/fault"
)

// sheetPages are sheets of A4 paper. A GET asks whether to print; the POST is
// written down by the API first, as a workbook is, and shows the sheet.
func sheetPages() []Page {
	house := "/api/v1/records/household?limit=1"
	sheet := map[string]Act{"print": printSheet}
	return []Page{
		{Path: "/sheets/visits/{id}", Title: "走访记录表", Menu: "/households", Roles: "TA", File: "sheet", Print: true, Sample: house, Show: showSheet, Acts: sheet},
		{Path: "/sheets/handbook/{id}", Title: "帮扶手册", Menu: "/households", Roles: "TA", File: "sheet", Print: true, Sample: house, Show: showSheet, Acts: sheet},
		{Path: "/sheets/card/{id}", Title: "明白卡", Menu: "/households", Roles: "TA", File: "sheet", Print: true, Sample: house, Show: showSheet, Acts: sheet},
		{Path: "/sheets/ledger", Title: "走访月台账", Menu: "/data", Roles: "T", File: "sheet", Print: true, Show: showLedger, Acts: map[string]Act{"print": printLedger}},
	}
}

// Sheet is one printed sheet.
type Sheet struct {
	*Household
	Kind string // its title
	Back string // where it was opened

	// Of a month's ledger.
	Month  string
	Ledger []Listed
	Town   string

	Who, At, No string // stands on the sheet once it is written down
}

// Helper is the cadre the household is paired with today; nil = nobody.
func (s *Sheet) Helper() Row {
	for _, p := range s.Pairings {
		if p.Text("to") == "" {
			return p
		}
	}
	return nil
}

// Living are the members who are there.
func (s *Sheet) Living() []Member {
	return slices.DeleteFunc(slices.Clone(s.Members), func(m Member) bool { return m.Left })
}

// Seen are the visits that count, the first first.
func (s *Sheet) Seen() []Row {
	out := slices.DeleteFunc(slices.Clone(s.Visits), func(r Row) bool { return r.Text("state") != "approved" })
	slices.Reverse(out)
	return out
}

// Given are the measures that were approved.
func (s *Sheet) Given() []Row {
	return slices.DeleteFunc(slices.Clone(s.Measures), func(r Row) bool { return r.Text("state") != "approved" })
}

func showSheet(v *View) (any, error) {
	shown, err := showHousehold(v)
	if err != nil {
		return nil, err
	}
	h, _ := shown.(*Household)
	return &Sheet{Household: h, Kind: v.Page.Title, Back: "/households/" + h.ID, Town: v.PlaceName(h.Village)}, nil
}

func printSheet(v *View) (Done, error) {
	shown, err := showSheet(v)
	if err != nil {
		return Done{}, err
	}
	s, _ := shown.(*Sheet)
	return Done{Data: s}, v.written(s, s.Row.Text("township"), 1)
}

// written has the API log that a sheet leaves the system.
func (v *View) written(s *Sheet, township string, households int) error {
	q := v.In(url.Values{})
	if v.Is("A") {
		q.Set("township", cmp.Or(township, v.Township))
	}
	var note struct{ ID, At string }
	if err := v.Send("POST", "/api/v1/exports/sheet", q, Body("sheet", s.Kind, "households", households), nil, &note); err != nil {
		return err
	}
	s.Who, s.At, s.No = v.Me.Name, note.At, note.ID
	return nil
}

// showLedger reads the visits of a month that were approved, day by day.
func showLedger(v *View) (any, error) {
	s := &Sheet{Kind: v.Page.Title, Back: "/data", Month: cmp.Or(v.Filter("month"), v.Today()[:7]), Town: v.Where()}
	first, err := time.Parse("2006-01", s.Month)
	if err != nil {
		return nil, fault.Bad(fault.Field{Name: "month", Code: "format", Detail: "月份要写成 2026-01 这样。"})
	}
	q := url.Values{"state": {"approved"}, "from": {first.Format(time.DateOnly)}, "to": {first.AddDate(0, 1, -1).Format(time.DateOnly)}, "limit": {"200"}}
	if village := v.Filter("village"); village != "" {
		q.Set("village", village)
		s.Town = v.PlaceName(village)
	}
	for range mostLedger {
		var list Visits
		if err := list.listed(v, q); err != nil {
			return nil, err
		}
		s.Ledger = append(s.Ledger, list.Rows...)
		if q.Set("after", list.Next); list.Next == "" {
			break
		}
	}
	if q.Get("after") != "" {
		return nil, fault.Bad(fault.Field{Name: "month", Code: "too-long", Detail: "这个月超过 5000 次走访，一张台账放不下。请一个村一个村地印。"})
	}
	slices.SortStableFunc(s.Ledger, func(a, b Listed) int {
		return cmp.Or(strings.Compare(a.Row.Text("day"), b.Row.Text("day")), strings.Compare(a.About.Code, b.About.Code))
	})
	return s, nil
}

// mostLedger is how many pages of 200 visits a ledger has at most.
const mostLedger = 25

func printLedger(v *View) (Done, error) {
	shown, err := showLedger(v)
	if err != nil {
		return Done{}, err
	}
	s, _ := shown.(*Sheet)
	houses := map[string]bool{}
	for _, l := range s.Ledger {
		houses[l.Row.Text("household")] = true
	}
	if len(houses) == 0 {
		return Done{}, fault.New(fault.WrongState, "这个月没有通过的走访，没有什么可印。")
	}
	return Done{Data: s}, v.written(s, "", len(houses))
}
