package console

import (
	"encoding/json"
	"net/url"
	"slices"

	"daohu/server/quality"
	"daohu/server/record"
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

// Kept is a change that could not be taken by itself.
type Kept struct {
	ID, Household, By, Why, State, Reason string
	At                                    int64
	Mutation                              []json.RawMessage // base, type, id, household, patch, the phone's clock
}

// Type is the type of record the change is of; "" when it cannot be read.
func (k Kept) Type() string {
	var s string
	if len(k.Mutation) > 1 && json.Unmarshal(k.Mutation[1], &s) != nil {
		return ""
	}
	return s
}

// Fields are what the change says; nil = it deletes the row.
func (k Kept) Fields() []Shown {
	var patch Row
	if len(k.Mutation) < 5 || json.Unmarshal(k.Mutation[4], &patch) != nil {
		return nil
	}
	var out []Shown
	for _, name := range sortedKeys(patch) {
		f := record.Field{Name: name}
		if t := typeOf(k.Type()); t != nil {
			f, _ = t.Field(name)
		}
		if s := shownValue(f, patch[name]); s != "" {
			out = append(out, Shown{Name: name, Value: s})
		}
	}
	return out
}

// Because says why the change was put aside.
func (k Kept) Because() string {
	return map[string]string{"late": "结对结束很久以后才送到", "push-only": "账号停用以后才送到", "wiped": "手机报失以后才送到", "unreadable": "读不出来"}[k.Why]
}

func showQuarantine(v *View) (any, error) {
	var out Rows[Kept]
	return &out, v.Get("/api/v1/quarantine", v.Query("state", "after"), &out)
}

func takeKept(v *View) (Done, error) {
	return settleKept(v, "take", "已接收，按写的人写的存好了。")
}

func refuseKept(v *View) (Done, error) {
	return settleKept(v, "refuse", "没有接收，原样留着备查。")
}

func settleKept(v *View, action, say string) (Done, error) {
	return Done{Say: say}, v.Post("/api/v1/quarantine/"+url.PathEscape(v.Text("key"))+"/decision", Body("action", action, "reason", v.Text("reason")), nil)
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
