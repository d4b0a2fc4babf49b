package roster_test

import (
	"bytes"
	"testing"

	"daohu/server/household"
	"daohu/server/roster"
	"daohu/server/servertest/town"
)

// TestPeopleWithoutACode: who was added from a phone has no 人编号 yet. An
// export shows an empty cell, the number tells the person apart, and the code
// is filled in once the sheet gives one.
func TestPeopleWithoutACode(t *testing.T) {
	number := "99999919950815002"
	number += string(roster.IDCheckDigit(number))
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := loaded(t, b, "999901101")
		row := func(house, code, id, name string) *roster.Book {
			in := &roster.Book{Members: []roster.MemberRow{{House: house, IDNo: id, Rec: household.Member{Code: code, Name: name, Relation: "之女"}}}}
			in.Settle()
			return in
		}
		step := func(what string, in *roster.Book, want roster.Count) {
			t.Helper()
			p, err := w.load(w.read(in), w.into)
			if err != nil || p.Counts.Members != want {
				t.Fatalf("%s: %+v %v", what, p.Counts.Members, err)
			}
		}
		step("new", row("H1", "", number, "试五"), roster.Count{New: 1})
		step("the same", row("H1", "", number, "试五"), roster.Count{Same: 1})
		step("another name", row("H1", "", number, "试五改"), roster.Count{Changed: 1})
		m := one(w, household.MemberType, func(m *household.Member) bool { return m.Name == "试五改" })
		if m.Code != "" || m.IDIndex != b.Box.Index(number) {
			t.Errorf("%+v", m)
		}
		step("with its code", row("H1", "H105", number, "试五改"), roster.Count{Changed: 1})
		if with := w.person("H105"); with.ID != m.ID || with.Version != m.Version+1 {
			t.Errorf("%+v, was %+v", with, m)
		}
		step("by the number still", row("H1", "", number, "试五改"), roster.Count{Same: 1})
		refused := func(what string, in *roster.Book, update bool, code, head string) {
			t.Helper()
			var buf bytes.Buffer
			if err := roster.Write(&buf, in); err != nil {
				t.Fatal(err)
			}
			into := w.into
			into.Update = update
			known := roster.Known{Areas: into.Areas, Households: []string{"H1", "H2"}}
			got, issues, err := known.Parse(t.Context(), bytes.NewReader(buf.Bytes()), int64(buf.Len()), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !roster.HasErrors(issues) {
				_, planned, err := w.loader.Plan(t.Context(), into, got, nil)
				if err != nil {
					t.Fatal(err)
				}
				issues = append(issues, planned...)
			}
			for _, i := range issues {
				if i.Level == roster.Error && i.Code == code && i.Header == head {
					return
				}
			}
			t.Errorf("%s: %+v", what, issues)
		}
		refused("neither code nor number", row("H1", "", "", "试六"), true, "required", "人编号")
		refused("known, not an update", row("H1", "", number, "试五"), false, roster.CodeDuplicate, "证件号码")
		refused("in another household", row("H2", "", number, "试五"), true, roster.CodeDuplicate, "证件号码")
	})
}
