package console

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daohu/server/booklet"
	"daohu/server/registry"
	"daohu/server/workflow"
)

// Reviewed is the record on the right.
type Reviewed struct {
	ID, Title, When, Text string
	Rev                   int64
	Kind                  Kind
	Open                  bool // it waits: there is something to decide
	MayObject             bool // it was approved, and an admin may object
	State                 Chip
	Words                 string // the admin's, when it was returned or rejected
	Facts                 []Fact
	Changes               []Change
	Hints                 []Hint
	Photos                []Shot
	Sound                 string // address; "" = none
	Household, Author     string
	Login                 string
	Prev, Next            string // ids
	About                 workflow.About
	History               []registry.HistoryEvent
}

// Fact is one thing a record says.
type Fact struct{ Word, Value string }

// Change is one field before and after.
type Change struct{ Word, Old, New, Theirs string }

// Hint is something for the reviewer to weigh; it decides nothing.
type Hint struct{ Tone, Text string }

// Shot is one photo of a visit, as the reviewer sees it.
type Shot struct {
	ID, Note, Word string // Word: why there is none to see; "" = there is
	Hints          []string
}

// reviewed is what the rows of the queue hold, of whatever type.
type reviewedRow struct {
	ID, By, Household, Day, Text, Needs, Coord, State, Words             string
	Rev, CheckinAt, Lat, Lng, Accuracy, DeviceAt, WindowAt               int64
	Met, Flags                                                           []string
	Stage                                                                any
	Kind, What, Risk, From, To, Unit, Result, Fund, Agreement, Objection string // measures
	Amount, Quantity                                                     int64
	Card, Dialect, Sound                                                 string // recordings
	Seconds                                                              int64
	Target, Row, Field, Base, Mine, Theirs, Reason                       string // proposals
}

// review reads all that the reviewer wants to see of one record.
func (v *View) review(k Kind, it Item) (*Reviewed, error) {
	var r reviewedRow
	if err := json.Unmarshal(it.raw, &r); err != nil {
		return nil, err
	}
	a := it.about
	out := &Reviewed{ID: r.ID, Rev: r.Rev, Kind: k, Household: r.Household, Text: r.Text, State: chip(r.State), Words: r.Words, About: a, Author: a.Author, Login: a.Login,
		Open: r.State == "pending" || r.State == "open" || r.State == "conflict", Title: joinDots(named(a), k.Word)}
	out.MayObject = r.State == "approved" && (k.Name == "visit" || k.Name == "clip")
	if r.State == "open" {
		out.State = chip("pending")
	}
	if a.At > 0 {
		out.When = clock(a.At) + " 送达"
	} else {
		out.Title = k.Word // it is no longer in the list
	}
	var err error
	switch k.Name {
	case "visit":
		err = v.reviewVisit(out, r)
	case "measure":
		out.Facts = measureFacts(r)
	case "clip":
		out.Facts = facts("口袋书", r.Card, "说的话", r.Dialect, "长度", fmt.Sprintf("%d 秒", r.Seconds))
		if r.Sound != "" {
			out.Sound = "/api/v1/blobs/" + r.Sound
		}
	case "card":
		err = v.reviewCard(out)
	case "proposal":
		proposed(out, r)
	}
	if err == nil && r.Rev > 1 && k.Name != "clip" && k.Name != "card" {
		err = v.past(out, k.Name)
	}
	return out, err
}

// reviewCard shows a card as it will be read: nothing else of it is on the row.
func (v *View) reviewCard(out *Reviewed) error {
	var m booklet.Master
	if err := v.Get("/api/v1/cards/"+out.ID+"/preview", nil, &m); err != nil {
		return err
	}
	out.Title, out.Text = joinDots(m.Title, out.Kind.Word), m.Plain
	days := ""
	if m.From != "" || m.Until != "" {
		days = day(m.From) + " 到 " + day(m.Until)
	}
	out.Facts = facts("代号", m.Code, "哪些天有效", days, "给哪些户看", joined(m.Audience))
	return nil
}

func (v *View) reviewVisit(out *Reviewed, r reviewedRow) error {
	n, _ := r.Stage.(float64) // a visit's is a number
	out.Title = joinDots(out.Title, stage(int64(n)))
	out.When = joinDots(day(r.Day), checkedIn(r.CheckinAt), out.When)
	out.Facts = facts("见到", joined(r.Met), "发现的需要", r.Needs)
	for _, f := range r.Flags {
		if c := flagChip(f); f != "clock" {
			out.Hints = append(out.Hints, Hint{"amber", c.Word})
		}
	}
	out.Hints = append(out.Hints, clockHint(r, out.About.At))
	if out.About.Confirmation != nil {
		out.Hints = append(out.Hints, confirmed(*out.About.Confirmation))
	}
	if err := v.placeHint(out, r); err != nil {
		return err
	}
	if out.About.Photos == 0 && out.About.At > 0 {
		return nil
	}
	return v.photos(out, r)
}

// placeHint says how far from the latest earlier visit with a place this one
// was: a hint, never a gate.
func (v *View) placeHint(out *Reviewed, r reviewedRow) error {
	if r.Coord == "" {
		out.Hints = append(out.Hints, Hint{"slate", "没有记位置"})
		return nil
	}
	var all Rows[reviewedRow]
	if err := v.Get("/api/v1/records/visit", url.Values{"household": {r.Household}, "limit": {"200"}}, &all); err != nil {
		return err
	}
	var before *reviewedRow
	for i, o := range all.Rows {
		if o.ID != r.ID && o.Coord == r.Coord && o.Day <= r.Day && o.State == "approved" && (before == nil || o.Day > before.Day) {
			before = &all.Rows[i]
		}
	}
	if before == nil {
		out.Hints = append(out.Hints, Hint{"slate", fmt.Sprintf("记了位置，误差 %d 米；这户以前没有可比的位置", r.Accuracy)})
		return nil
	}
	m := metres(r.Lat, r.Lng, before.Lat, before.Lng)
	h := Hint{"pine", fmt.Sprintf("离这户 %s走访记的地方约 %s", day(before.Day), distance(m))}
	if m > 1000 && m > float64(r.Accuracy+before.Accuracy) {
		h.Tone = "amber"
	}
	out.Hints = append(out.Hints, h)
	return nil
}

// metres is how far two places lie apart, given in micro-degrees: the
// equirectangular approximation, whose error within a township is below 0.1 %.
func metres(lat1, lng1, lat2, lng2 int64) float64 {
	const perDegree = 111_320 // metres of a degree of latitude (WGS 84, mean)
	x := float64(lng1-lng2) / 1e6 * math.Cos(float64(lat1+lat2)/2e6*math.Pi/180)
	y := float64(lat1-lat2) / 1e6
	return math.Hypot(x, y) * perDegree
}

func distance(m float64) string {
	if m < 1000 {
		return strconv.Itoa(int(m/10+0.5)*10) + " 米"
	}
	return strconv.FormatFloat(m/1000, 'f', 1, 64) + " 公里"
}

// photos are those of the visit.
func (v *View) photos(out *Reviewed, r reviewedRow) error {
	var all Rows[struct {
		ID, Visit, Note, State, Twin string
		Flags                        []string
	}]
	if err := v.Get("/api/v1/records/photo", url.Values{"household": {r.Household}, "limit": {"200"}}, &all); err != nil {
		return err
	}
	for _, p := range all.Rows {
		if p.Visit != r.ID {
			continue
		}
		one := Shot{ID: p.ID, Note: p.Note, Word: photoState(p.State)}
		if p.State == "stored" || p.State == "withheld" { // taken back by the household, shown to the township still
			one.Word = ""
		}
		for _, f := range p.Flags {
			one.Hints = append(one.Hints, flag(f))
		}
		out.Photos = append(out.Photos, one)
	}
	return nil
}

// past is how the row came to be as it is: what was corrected since it was
// sent back stands before and after.
func (v *View) past(out *Reviewed, kind string) error {
	var all Rows[registry.HistoryEvent]
	if err := v.Get("/api/v1/records/"+kind+"/"+url.PathEscape(out.ID)+"/history", nil, &all); err != nil {
		return err
	}
	out.History = all.Rows
	for i, e := range all.Rows {
		if e.What != "changed" || e.Hidden || slices.Contains([]string{"state", "words", "flags"}, e.Field) {
			continue
		}
		now := e.New
		for _, later := range all.Rows[i+1:] {
			if later.What == "changed" && later.Field == e.Field {
				now = later.New
			}
		}
		if !slices.ContainsFunc(out.Changes, func(c Change) bool { return c.Word == fieldWord(e.Field) }) {
			out.Changes = append(out.Changes, Change{Word: fieldWord(e.Field), Old: fieldValue(e.Field, e.Old), New: fieldValue(e.Field, now)})
		}
	}
	return nil
}

// proposed puts what a proposal asks for beside what is there.
func proposed(out *Reviewed, r reviewedRow) {
	out.Title = joinDots(named(out.About), typeWord(r.Target), fieldWord(r.Field))
	out.Facts = facts("为什么", r.Reason)
	if r.Field != "*" {
		c := Change{Word: fieldWord(r.Field), Old: fieldValue(r.Field, r.Base), New: fieldValue(r.Field, r.Mine)}
		if r.State == "conflict" || r.Theirs != r.Base {
			c.Theirs = fieldValue(r.Field, r.Theirs)
		}
		out.Changes = []Change{c}
		return
	}
	var row map[string]any
	if json.Unmarshal([]byte(r.Mine), &row) != nil {
		out.Text = r.Mine // not a row after all: shown as it came
		return
	}
	for _, name := range sortedKeys(row) {
		out.Changes = append(out.Changes, Change{Word: fieldWord(name), New: fieldValue(name, plain(row[name]))})
	}
}

func measureFacts(r reviewedRow) []Fact {
	quantity, amount := "", ""
	at, _ := r.Stage.(string)
	if r.Quantity > 0 {
		quantity = strconv.FormatInt(r.Quantity, 10) + r.Unit
	}
	if r.Amount > 0 {
		amount = yuan(r.Amount) + " 元"
	}
	return facts("种类", r.Kind, "做什么", r.What, "对应风险", r.Risk, "数量", quantity, "计划金额", amount, "资金来源", r.Fund, "从", day(r.From), "到", day(r.To),
		"走到哪一步", progress(at), "结果", r.Result, "农户的意见", agreement(r.Agreement), "农户的话", r.Objection)
}

// facts makes facts of words and values, without those that say nothing.
func facts(pairs ...string) []Fact {
	var out []Fact
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) != "" {
			out = append(out, Fact{pairs[i], pairs[i+1]})
		}
	}
	return out
}
