package console

import (
	"net/url"

	"daohu/server/figures"
	"daohu/server/form/rate"
)

func comparePages() []Page {
	return []Page{{Path: "/compare", Title: "各乡镇对照", Menu: "/", Roles: "KA", File: "compare", Show: showCompare}}
}

// Compared are the townships of a county side by side, in the order of their
// codes: by area, never by person, and never by who is best.
type Compared struct {
	figures.Drill
	Rows   []TownFigures
	All    TownFigures // their sums
	Target int64       // percent of awareness
}

// TownFigures is one township. Every figure leads to the rows it counts.
type TownFigures struct {
	figures.Line
	Aware         rate.Share // the paper as a whole
	Open, Overdue int        // needs that wait, the late among them
	More          bool       // there are more needs than were counted
}

func showCompare(v *View) (any, error) {
	out := &Compared{}
	ask := v.Pick("month")
	ask.Set("area", v.Me.County)
	if err := v.Get("/api/v1/figures", ask, &out.Drill); err != nil {
		return nil, err
	}
	for _, l := range out.Lines {
		row := TownFigures{Line: l}
		if err := row.read(v, out); err != nil {
			return nil, err
		}
		out.All.Open += row.Open
		out.All.Overdue += row.Overdue
		out.All.More = out.All.More || row.More
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func (t *TownFigures) read(v *View, all *Compared) error {
	var got rate.Rates
	if err := v.Get("/api/v1/rates/awareness", url.Values{"township": {t.Code}}, &got); err != nil {
		return err
	}
	all.Target = got.Target
	for _, c := range got.Cells {
		if c.Village == "" && c.Topic == "" {
			t.Aware = c
		}
	}
	each := func(map[string]any) bool { return true }
	for state, into := range map[string]*int{"open": &t.Open, "overdue": &t.Overdue} {
		n, more, err := countRows(v, "/api/v1/needs", url.Values{"township": {t.Code}, "state": {state}}, each)
		if err != nil {
			return err
		}
		*into, t.More = n, t.More || more
	}
	return nil
}
