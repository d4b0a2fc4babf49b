package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"daohu/server/api"
	"daohu/server/fault"
	"daohu/server/record"
)

// rescueBody is the largest file of a phone, 18 MiB, and the form around it.
const rescueBody = 18<<20 + small

// Kept is a change that could not be taken by itself.
type Kept struct {
	ID, Household, By, Why, State, Reason, BroughtBy string

	At       int64
	Mutation []json.RawMessage // base, type, id, household, patch, the phone's clock
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
	return map[string]string{"late": "结对结束很久以后才送到", "push-only": "账号停用以后才送到", "wiped": "手机报失以后才送到", "rescue": "从手机文件导入", "unreadable": "读不出来"}[k.Why]
}

// WrittenAt is when the change was made, by the phone's clock, Unix ms; 0 =
// it cannot be read.
func (k Kept) WrittenAt() int64 {
	var at int64
	if len(k.Mutation) < 6 || json.Unmarshal(k.Mutation[5], &at) != nil {
		return 0
	}
	return at
}

// Aside is what waits, in the order it was written by each author.
type Aside struct {
	Rows[Kept]
	Authors []Author // who may be taken from as a whole
}

// Author is somebody of whom several changes wait.
type Author struct {
	User string
	N    int
}

func showQuarantine(v *View) (any, error) {
	out := &Aside{}
	if err := v.Get("/api/v1/quarantine", v.Query("state", "after"), out); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out.Rows.Rows, func(a, b Kept) int {
		return cmp.Or(strings.Compare(a.By, b.By), cmp.Compare(a.WrittenAt(), b.WrittenAt()))
	})
	for _, k := range out.Rows.Rows {
		switch last := len(out.Authors) - 1; {
		case k.State != "open":
		case last >= 0 && out.Authors[last].User == k.By:
			out.Authors[last].N++
		default:
			out.Authors = append(out.Authors, Author{k.By, 1})
		}
	}
	out.Authors = slices.DeleteFunc(out.Authors, func(a Author) bool { return a.N < 2 })
	return out, nil
}

// takeAllKept takes all that waits of one author, in the order it was written:
// a picture belongs to a visit that must be there first.
func takeAllKept(v *View) (Done, error) {
	var all []Kept
	for after := ""; ; {
		var page Rows[Kept]
		if err := v.Get("/api/v1/quarantine", url.Values{"limit": {"200"}, "after": {after}}, &page); err != nil {
			return Done{}, err
		}
		for _, k := range page.Rows {
			if k.By == v.Text("key") {
				all = append(all, k)
			}
		}
		if after = page.Next; after == "" {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b Kept) int { return cmp.Compare(a.WrittenAt(), b.WrittenAt()) })
	taken := 0
	for _, k := range all {
		err := v.Post("/api/v1/quarantine/"+url.PathEscape(k.ID)+"/decision", Body("action", "take"), nil)
		switch p, ok := err.(*Problem); {
		case err == nil:
			taken++
		case !ok || p.Status >= 500:
			return Done{}, err
		}
	}
	say := fmt.Sprintf("接收了 %d 条，按写的人写的存好了。", taken)
	if left := len(all) - taken; left > 0 {
		say += fmt.Sprintf("还有 %d 条存不下，请一条一条看。", left)
	}
	return Done{Say: say}, nil
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

// Rescue is what became of a phone's file, or would.
type Rescue struct {
	api.RescueReport
}

// Counts says how many of the file's changes and pictures end how, in words.
func (r *Rescue) Counts() string {
	n := map[string]int{}
	for _, row := range slices.Concat(r.Rows, r.Photos) {
		n[row.State]++
	}
	var out []string
	for _, s := range []struct{ state, word string }{{"waiting", "等您定"}, {"stored", "直接存好"}, {"arrived", "早已送达"}, {"refused", "收不了"}} {
		if n[s.state] > 0 {
			out = append(out, fmt.Sprintf("%s %d 条", s.word, n[s.state]))
		}
	}
	return strings.Join(out, "，")
}

// Any reports whether importing the file changes anything.
func (r *Rescue) Any() bool {
	return slices.ContainsFunc(slices.Concat(r.Rows, r.Photos), func(row api.RescueRow) bool { return row.State == "waiting" || row.State == "stored" })
}

func fateChip(state string) Chip {
	switch state {
	case "waiting":
		return Chip{"等您定", "amber", "…"}
	case "stored":
		return Chip{"存好", "pine", "✓"}
	case "arrived":
		return Chip{"已送达", "pine", "✓"}
	}
	return Chip{"收不了", "brick", "✕"}
}

func checkRescue(v *View) (Done, error) { return v.rescue("1") }

func bringRescue(v *View) (Done, error) { return v.rescue("0") }

// rescue sends the chosen file; all that is wrong with it is said beside it.
func (v *View) rescue(dry string) (Done, error) {
	body, err := v.File("file")
	if err == nil && len(body) == 0 {
		err = fault.Bad(fault.Field{Name: "file", Code: "required", Detail: "请选一个文件。"})
	}
	if err != nil {
		return Done{}, err
	}
	out := &Rescue{}
	err = v.Upload("/api/v1/quarantine/file", url.Values{"dry": {dry}}, "application/json", body, out)
	p, ok := err.(*Problem)
	switch {
	case !ok:
		return Done{Data: out}, err
	case p.Has(fault.BadRequest):
		p = told(fault.Bad(fault.Field{Name: "file", Code: "format", Detail: "这不是手机上“导出没传的”导出的文件，或者文件坏了。"}))
	case len(p.Fields) > 0:
		p.Fields = []fault.Field{{Name: "file", Code: p.Fields[0].Code, Detail: p.Fields[0].Detail}}
	}
	return Done{}, p
}
