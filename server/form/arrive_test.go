package form_test

import (
	"testing"

	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// allRight answers the built-in paper without a mistake.
const allRight = `[["visit","card"],["rate","office"],["stay","yes"],["ask","tell"],["crack","no"],["unsafe",["leave","report"]],["find",["office","course"]],["fee","check"]]`

// arrive runs the rule on a response to a form row.
func arrive(t *testing.T, tn *town.Town, r *form.Response) error {
	t.Helper()
	_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: tn.Houses}, func(tx write.Tx) error {
		return form.Arrive(tx, write.Arrival{By: tn.Cadres[0].User, Row: r})
	})
	return err
}

func TestTheServerScores(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			answers string
			score   int64
			weak    record.List
		}{
			{allRight, 8, ""},
			{`[["visit","nothing"],["rate","office"],["stay","yes"],["ask","tell"],["crack","no"],["unsafe",["report","leave"]],["find",["office"]],["fee","check"]]`, 6, `["health","job"]`},
			{`[["crack","no"],["unsafe",["leave","report"]]]`, 2, `["health","education","job"]`}, // what was not asked is to be explained too
			{"", 0, `["health","education","housing","job"]`},
		} {
			r := &form.Response{Form: tn.Form, Day: "2026-03-02", Answers: record.List(c.answers), Score: 99, Full: 99, Weak: `["x"]`} // whatever was there
			if err := arrive(t, tn, r); err != nil {
				t.Fatal(err)
			}
			if r.Score != c.score || r.Weak != c.weak || (c.answers == allRight && r.Full != 8) {
				t.Errorf("%s: %d of %d, weak %s", c.answers, r.Score, r.Full, r.Weak)
			}
		}
	})
}

func TestResponsesThatCannotBe(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 1})
		if err != nil {
			t.Fatal(err)
		}
		far, err := b.Add(t.Context(), town.Size{})
		if err != nil {
			t.Fatal(err)
		}
		forms := map[string]string{} // state -> id
		bodiless := b.DB.NewID()
		_, err = b.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: []string{tn.Common}}, func(tx write.Tx) error {
			got, err := tx.Load(form.Type, tn.Form)
			if err != nil {
				return err
			}
			for _, state := range []string{"draft", "archived", "gone"} {
				f := *got[tn.Form].(*form.Form)
				f.Meta = record.Meta{ID: tx.NewID(), Household: tn.Common}
				if f.State = state; state == "gone" {
					f.State, f.DeletedAt = "published", tx.Now()
				}
				forms[state] = f.ID
				tx.Put(form.Type, &f)
			}
			tx.Put(form.Type, &form.Form{Meta: record.Meta{ID: bodiless, Household: tn.Common}, State: "published", SHA256: "00"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, form, answers string
			code                fault.Code
		}{
			{"no such form", b.DB.NewID(), "", fault.Invalid},
			{"another township's form", far.Form, "", fault.Invalid},
			{"a draft", forms["draft"], "", fault.Invalid},
			{"an erased form", forms["gone"], "", fault.Invalid},
			{"a form whose body is missing", bodiless, "", fault.Internal},
			{"an item of no paper", tn.Form, `[["gossip","yes"]]`, fault.Invalid},
			{"an answer of no item", tn.Form, `[["visit","gold"]]`, fault.Invalid},
			{"answered twice", tn.Form, `[["stay","yes"],["stay","no"]]`, fault.Invalid},
			{"not pairs", tn.Form, `["stay"]`, fault.Invalid},
		} {
			r := &form.Response{Form: c.form, Day: "2026-03-02", Answers: record.List(c.answers)}
			if err := arrive(t, tn, r); !fault.Is(err, c.code) || r.Score != 0 {
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
		}
		// Answered on a phone that had not heard of the archiving: scored all the same.
		r := &form.Response{Form: forms["archived"], Day: "2026-03-02", Answers: allRight}
		if err := arrive(t, tn, r); err != nil || r.Score != 8 {
			t.Errorf("an archived version: %d %v", r.Score, err)
		}
	})
}
