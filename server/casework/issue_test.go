package casework_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/registry"
	"daohu/server/servertest/town"
)

// TestIssueOfTheTownship: what concerns the township as a whole is made online
// and reaches every cadre and village worker, no household; what was found at
// a household stays with who holds it.
func TestIssueOfTheTownship(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		ctx := t.Context()
		add := func(in registry.House, body string) (string, error) {
			raw, err := w.Registry.Make(ctx, w.Admin, casework.IssueType, in, "", []byte(body))
			var got struct{ ID, Household, State string }
			if err == nil {
				check(t, json.Unmarshal(raw, &got))
			}
			return got.ID, err
		}
		whole, err := add(registry.House{Township: w.Township}, `{"category":"education-aid","subject":"全镇的记号","cause":"school","due":"2026-03-31","source":"排查"}`)
		check(t, err)
		own, err := add(registry.House{ID: w.Houses[1], Township: w.Township}, `{"category":"illness","subject":"一户的记号"}`)
		check(t, err)
		if n := w.issue(whole); n.Household != w.Common || n.State != casework.Open || n.MadeBy != w.Admin.User {
			t.Errorf("%+v", n)
		}
		if n := w.issue(own); n.Household != w.Houses[1] {
			t.Errorf("%+v", n)
		}
		for name, x := range map[string]struct {
			a          access.Actor
			whole, own bool
		}{"its cadre": {w.Cadres[1], true, true}, "another cadre": {w.Cadres[0], true, false}, "village": {w.Workers[0], true, true}, "household": {w.homes[1], false, false}} {
			told := w.pull(x.a)
			if strings.Contains(told, "全镇的记号") != x.whole || strings.Contains(told, "一户的记号") != x.own {
				t.Errorf("%s: of the township %v, of the household %v", name, !x.whole, !x.own)
			}
			for id, sees := range map[string]bool{whole: x.whole, own: x.own} {
				_, err := w.Registry.Get(ctx, x.a, casework.IssueType, id)
				if (err == nil) != sees || err != nil && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s reads online: %v", name, err)
				}
			}
		}
		if code, _ := w.push(w.Cadres[0], "issue", whole, w.Common, `{"state":"doing"}`); code != "not-found" {
			t.Errorf("a cadre writes to the township's line: %q", code)
		}
		if code, _ := w.push(w.Workers[0], "issue", w.DB.NewID(), w.Common, `{"category":"other","subject":"x"}`); code != "not-found" {
			t.Errorf("a village worker makes one for all: %q", code)
		}
		if code, _ := w.push(w.homes[0], "issue", w.DB.NewID(), w.Houses[0], `{"category":"other","subject":"x"}`); code != "forbidden" {
			t.Errorf("a household makes one: %q", code)
		}
		if got := w.list(w.county, casework.IssueType, ""); len(got) != 2 {
			t.Errorf("the county's list: %v", got)
		}
		_, err = add(registry.House{Township: "999999999"}, `{"category":"other","subject":"x"}`)
		w.wantCode(err, fault.NotFound, "of no township")
	})
}

// TestIssueLife: codes of the book, an owner who can act, done with a result,
// checked by the township and not by who wrote or did it, then frozen.
func TestIssueLife(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		ctx, c, v, house := t.Context(), w.Cadres[0], w.Workers[0], w.Houses[0]
		for patch, want := range map[string]string{
			`{"subject":"x"}`: "invalid", `{"category":"sanitation"}`: "invalid", `{"category":"nonsense","subject":"x"}`: "invalid",
			`{"category":"sanitation","subject":"x","cause":"nonsense"}`:                           "invalid",
			`{"category":"sanitation","subject":"x","state":"done"}`:                               "invalid",
			`{"category":"sanitation","subject":"x","state":"checked","result":"好"}`:               "forbidden",
			`{"category":"sanitation","subject":"x","owner":"` + w.Cadres[1].User + `"}`:           "invalid",
			`{"category":"sanitation","subject":"x","checkedBy":"` + c.User + `"}`:                 "invalid",
			`{"category":"sanitation","subject":"x","cause":"habit","owner":"` + v.User + `"}`:     "",
			`{"category":"other","subject":"x","due":"2026-02-30"}`:                                "invalid",
			`{"category":"other","subject":"y","state":"done","result":"当场办了","due":"2026-03-01"}`: "",
		} {
			if code, body := w.push(c, "issue", w.DB.NewID(), house, patch); code != want {
				t.Errorf("%s: %q, want %q: %s", patch, code, want, body)
			}
		}
		id := w.made(c, "issue", house, `{"category":"house-fund","subject":"危改款没用","measure":"月底动工","due":"2026-03-10"}`)
		if code, _ := w.push(v, "issue", id, house, `{"state":"doing","owner":"`+v.User+`"}`); code != "" {
			t.Errorf("the village takes it: %q", code)
		}
		w.at("2026-03-11 00:00")
		if got := w.list(w.Admin, casework.IssueType, "overdue"); !slices.Equal(got, []string{id}) {
			t.Errorf("overdue: %v, want only the one under way: not what is done or has no deadline", got)
		}
		if code, _ := w.push(v, "issue", id, house, `{"state":"done","result":"已动工"}`); code != "" || w.issue(id).DoneBy != v.User {
			t.Errorf("done: %q %+v", code, w.issue(id))
		}
		if got := w.list(w.Admin, casework.IssueType, "overdue"); len(got) != 0 {
			t.Errorf("overdue though done: %v", got)
		}
		if code, _ := w.push(v, "issue", id, house, `{"state":"checked"}`); code != "forbidden" {
			t.Errorf("checked by who did it: %q", code)
		}
		_, err := w.desk.Check(ctx, w.Admin, id, "return", w.issue(id).Version, "")
		w.wantCode(err, fault.Invalid, "given back without words")
		_, err = w.desk.Check(ctx, w.Admin, id, "return", w.issue(id).Version, "照片上没有动工")
		check(t, err)
		if n := w.issue(id); n.State != casework.Doing || n.DoneBy != "" || n.Words != "照片上没有动工" {
			t.Errorf("%+v", n)
		}
		_, err = w.desk.Check(ctx, w.Admin, id, "pass", w.issue(id).Version, "")
		w.wantCode(err, fault.WrongState, "checked before it is done")
		w.push(c, "issue", id, house, `{"state":"done","result":"墙砌好了"}`)
		_, err = w.desk.Check(ctx, w.Admin, id, "pass", w.issue(id).Version, "")
		check(t, err)
		if n := w.issue(id); n.State != casework.Checked || n.CheckedBy != w.Admin.User || n.CheckedAt != w.Now().UnixMilli() {
			t.Errorf("%+v", n)
		}
		if code, _ := w.push(c, "issue", id, house, `{"measure":"又"}`); code != "wrong-state" {
			t.Errorf("changed after it was checked: %q", code)
		}
		_, err = w.Registry.Change(ctx, w.Admin, casework.IssueType, id, w.issue(id).Version, []byte(`{"state":"open"}`))
		w.wantCode(err, fault.WrongState, "opened again")
	})
}

// TestNobodyChecksTheirOwn: an admin checks neither the line he wrote nor the
// work he said is done; the other may.
func TestNobodyChecksTheirOwn(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		ctx := t.Context()
		raw, err := w.Registry.Make(ctx, w.Admin, casework.IssueType, registry.House{Township: w.Township}, "", []byte(`{"category":"population","subject":"x","owner":"`+w.Admin.User+`"}`))
		check(t, err)
		var got struct{ ID string }
		check(t, json.Unmarshal(raw, &got))
		change := func(a access.Actor, patch string) error {
			_, err := w.Registry.Change(ctx, a, casework.IssueType, got.ID, w.issue(got.ID).Version, []byte(patch))
			return err
		}
		w.wantCode(change(w.other, `{"owner":"`+w.Admin.User+`x"}`), fault.Invalid, "an owner that is no id")
		w.wantCode(change(w.other, `{"owner":"AAAAAAAAAAAA"}`), fault.Invalid, "a stranger as owner")
		check(t, change(w.other, `{"state":"done","result":"核对过了"}`))
		for _, a := range []access.Actor{w.Admin, w.other} { // who wrote it, who did it
			_, err := w.desk.Check(ctx, a, got.ID, "pass", w.issue(got.ID).Version, "")
			w.wantCode(err, fault.OwnRecord, "checked by its own")
			w.wantCode(change(a, `{"state":"checked"}`), fault.OwnRecord, "checked by its own, by patch")
		}
		third := w.Admin
		third.User = w.DB.NewID()
		_, err = w.desk.Check(ctx, third, got.ID, "pass", w.issue(got.ID).Version, "属实")
		check(t, err)
	})
}

// TestBook: the six problems and five causes of the township plan are there,
// and a book is read strictly.
func TestBook(t *testing.T) {
	b, err := casework.BuiltinBook()
	check(t, err)
	if len(b.Categories) != 7 || len(b.Causes) != 6 || b.NeedDays != 5 {
		t.Errorf("%d categories and %d causes with 其他, needs in %d days", len(b.Categories), len(b.Causes), b.NeedDays)
	}
	if casework.Name(b.Causes, "school") == "school" || casework.Name(b.Causes, "unknown") != "unknown" || casework.Has(b.Categories, "school") {
		t.Error("names and codes are mixed up")
	}
	const good = `{"edition":"e","needDays":3,"complaintDays":15,"categories":[{"code":"a","name":"甲"}],"causes":[{"code":"b-1","name":"乙"}]}`
	if got, err := casework.ParseBook([]byte(good)); err != nil || got.ComplaintDays != 15 {
		t.Fatalf("%+v %v", got, err)
	}
	for what, edit := range map[string][2]string{
		"no edition": {`"e"`, `""`}, "no clock": {`"needDays":3`, `"needDays":0`}, "an endless clock": {`15`, `251`}, "unknown key": {`"edition"`, `"x":1,"edition"`},
		"no categories": {`[{"code":"a","name":"甲"}]`, `[]`}, "no name": {`"甲"`, `""`}, "a code of other signs": {`"a"`, `"A b"`}, "no code": {`"a"`, `""`},
		"twice": {`{"code":"a","name":"甲"}`, `{"code":"a","name":"甲"},{"code":"a","name":"丙"}`}, "something behind": {`}]}`, `}]} 1`},
	} {
		text := strings.Replace(good, edit[0], edit[1], 1)
		if text == good {
			t.Fatalf("%s: nothing was changed", what)
		}
		if _, err := casework.ParseBook([]byte(text)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}
