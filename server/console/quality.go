package console

import (
	"net/url"
	"slices"

	"daohu/server/quality"
)

// Findings are what the rules of the registry's quality found.
type Findings struct {
	quality.Findings
	Town bool // a township is looked at
}

// N is how many households were looked at.
func (f *Findings) N() int64 { return int64(f.Households) }

// Any reports whether a rule found something.
func (f *Findings) Any() bool {
	return slices.ContainsFunc(f.Villages, func(v quality.VillageFindings) bool { return len(v.Rules) > 0 })
}

// shownFaults is how many households of a rule and village are named at once:
// when they are put right, the next ones come.
const shownFaults = 30

// Some are the first of the households.
func (f *Findings) Some(ids []string) []string { return ids[:min(len(ids), shownFaults)] }

func showQuality(v *View) (any, error) {
	out := &Findings{Town: v.Township != ""}
	if !out.Town {
		return out, nil
	}
	q := v.In(url.Values{"township": {v.Township}})
	if village := v.Filter("village"); village != "" {
		q.Set("village", village)
	}
	return out, v.Get("/api/v1/quality", q, &out.Findings)
}

// Fix is where the one field that a rule names is put right.
func (v *View) Fix(home, field string) string {
	if len(field) > 8 && field[:8] == "measure." {
		return "/measures?household=" + url.QueryEscape(home) + "#add"
	}
	return "/households/" + url.PathEscape(home) + "?edit=" + url.QueryEscape(field) + "#edit"
}

// Reconciled is the township's own figures beside those of other sources.
type Reconciled struct {
	quality.Reconciliation
	Town bool
}

func showReconcile(v *View) (any, error) {
	out := &Reconciled{Town: v.Township != ""}
	if !out.Town {
		return out, nil
	}
	return out, v.Get("/api/v1/quality/reconcile", url.Values{"township": {v.Township}}, &out.Reconciliation)
}

func addSource(v *View) (Done, error) {
	return Done{Say: "已记下“" + v.Text("name") + "”的数。"}, v.Post("/api/v1/quality/reconcile",
		Body("name", v.Text("name"), "day", v.Text("day"), "households", v.Whole("households"), "people", v.Whole("people")), nil)
}
