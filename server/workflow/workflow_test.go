package workflow_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/write"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, b *town.Base, size town.Size) *town.Town {
	t.Helper()
	tn, err := b.Add(t.Context(), size)
	check(t, err)
	return tn
}

// visit puts a pending visit of a user into a household.
func visit(t *testing.T, tn *town.Town, house, by string) string {
	t.Helper()
	v := &activity.Visit{Meta: record.Meta{ID: tn.DB.NewID(), Household: house, MadeBy: by}, Day: "2026-03-02", State: workflow.Pending}
	put(t, tn, activity.VisitType, v)
	return v.ID
}

func put(t *testing.T, tn *town.Town, typ *record.Type, r record.Record) {
	t.Helper()
	_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Action: "sync", Households: []string{r.Base().Household}}, func(tx write.Tx) error {
		tx.Put(typ, typ.Clone(r))
		return nil
	})
	check(t, err)
}

func find(t *testing.T, tn *town.Town, id string) *activity.Visit {
	t.Helper()
	r, err := tn.DB.Find(t.Context(), activity.VisitType, []string{tn.Township}, id)
	check(t, err)
	return r.(*activity.Visit)
}

// TestReviewedTypesHaveStateAndWords: Decide relies on it.
func TestReviewedTypesHaveStateAndWords(t *testing.T) {
	reviewed := 0
	for _, typ := range types.All() {
		if !typ.Workflow {
			continue
		}
		reviewed++
		state, ok1 := typ.Field("state")
		words, ok2 := typ.Field("words")
		if !ok1 || !ok2 {
			t.Errorf("%s is reviewed, but lacks state or words", typ.Name)
			continue
		}
		if state.Class != record.Server || words.Class != record.Server || words.Max < 200 {
			t.Errorf("%s: state is %s, words are %s of %d runes", typ.Name, state.Class, words.Class, words.Max)
		}
		if p := state.CheckText(workflow.Pending); p != nil {
			t.Errorf("%s cannot be pending", typ.Name)
		}
		for _, s := range typ.After {
			if p := state.CheckText(s); p != nil {
				t.Errorf("%s cannot be %s", typ.Name, s)
			}
		}
	}
	if reviewed == 0 {
		t.Error("nothing is reviewed")
	}
}

func TestDecide(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		author := tn.Cadres[0].User
		for _, c := range []struct{ action, reason, state string }{
			{"approve", "", workflow.Approved}, {"approve", "写得好", workflow.Approved},
			{"return", "请补上日期", workflow.Returned}, {"reject", "不是走访", workflow.Rejected},
		} {
			id := visit(t, tn, tn.Houses[0], author)
			out, err := tn.Workflow.Decide(t.Context(), tn.Admin, activity.VisitType, id, workflow.Decision{Action: c.action, Rev: 1, Reason: c.reason})
			check(t, err)
			for _, v := range []*activity.Visit{out.(*activity.Visit), find(t, tn, id)} {
				if v.State != c.state || v.Words != c.reason || v.Version != 2 || v.MadeBy != author {
					t.Errorf("%s: %+v", c.action, v)
				}
			}
			// Settled or returned: nothing more is to be decided.
			for _, next := range []string{"approve", "return", "reject"} {
				_, err = tn.Workflow.Decide(t.Context(), tn.Admin, activity.VisitType, id, workflow.Decision{Action: next, Rev: 2, Reason: "再来"})
				if !fault.Is(err, fault.WrongState) {
					t.Errorf("%s after %s: %v", next, c.action, err)
				}
			}
		}
	})
}

func TestDecideRefuses(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		other := add(t, b, town.Size{Cadres: 1, Houses: 1})
		id := visit(t, tn, tn.Houses[0], tn.Cadres[0].User)
		own := visit(t, tn, tn.Houses[0], tn.Admin.User)
		gone := visit(t, tn, tn.Houses[0], tn.Cadres[0].User)
		dead := *find(t, tn, gone)
		dead.DeletedAt = 1
		put(t, tn, activity.VisitType, &dead)
		for _, c := range []struct {
			name string
			who  access.Actor
			typ  *record.Type
			id   string
			d    workflow.Decision
			code fault.Code
		}{
			{"unknown action", tn.Admin, activity.VisitType, id, workflow.Decision{Action: "forget", Rev: 1}, fault.Invalid},
			{"a type without review", tn.Admin, household.MemberType, id, workflow.Decision{Action: "approve", Rev: 1}, fault.Invalid},
			{"return without a reason", tn.Admin, activity.VisitType, id, workflow.Decision{Action: "return", Rev: 1}, fault.Invalid},
			{"reject with blanks", tn.Admin, activity.VisitType, id, workflow.Decision{Action: "reject", Rev: 1, Reason: " \n"}, fault.Invalid},
			{"too many words", tn.Admin, activity.VisitType, id, workflow.Decision{Action: "return", Rev: 1, Reason: strings.Repeat("长", 201)}, fault.Invalid},
			{"nothing there", tn.Admin, activity.VisitType, b.DB.NewID(), workflow.Decision{Action: "approve", Rev: 1}, fault.NotFound},
			{"erased", tn.Admin, activity.VisitType, gone, workflow.Decision{Action: "approve", Rev: 2}, fault.NotFound},
			{"another township", other.Admin, activity.VisitType, id, workflow.Decision{Action: "approve", Rev: 1}, fault.NotFound},
			{"his own record", tn.Admin, activity.VisitType, own, workflow.Decision{Action: "approve", Rev: 1}, fault.OwnRecord},
			{"an older revision", tn.Admin, activity.VisitType, id, workflow.Decision{Action: "approve", Rev: 0}, fault.Stale},
			{"a later revision", tn.Admin, activity.VisitType, id, workflow.Decision{Action: "approve", Rev: 2}, fault.Stale},
		} {
			if _, err := tn.Workflow.Decide(t.Context(), c.who, c.typ, c.id, c.d); !fault.Is(err, c.code) {
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
		}
		if v := find(t, tn, id); v.State != workflow.Pending || v.Version != 1 {
			t.Errorf("refused, but changed: %+v", v)
		}
		_, err := tn.Workflow.Decide(t.Context(), tn.Admin, activity.VisitType, id, workflow.Decision{Action: "return", Rev: 1, Reason: strings.Repeat("长", 200)})
		check(t, err)
	})
}

// TestTwoAdminsAtOnce: of many decisions on the same revision one wins, the
// others are told that someone was faster.
func TestTwoAdminsAtOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		for range 5 {
			id := visit(t, tn, tn.Houses[0], tn.Cadres[0].User)
			errs := make([]error, 6)
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() {
					admin := tn.Admin
					admin.User = fmt.Sprintf("admin0000%03d", i)
					action := []string{"approve", "return", "reject"}[i%3]
					_, errs[i] = tn.Workflow.Decide(t.Context(), admin, activity.VisitType, id, workflow.Decision{Action: action, Rev: 1, Reason: action})
				})
			}
			wg.Wait()
			won := -1
			for i, err := range errs {
				switch {
				case err == nil && won >= 0:
					t.Fatalf("admins %d and %d both won", won, i)
				case err == nil:
					won = i
				case !fault.Is(err, fault.Stale):
					t.Errorf("admin %d: %v", i, err)
				}
			}
			if won < 0 {
				t.Fatal("nobody won")
			}
			if v := find(t, tn, id); v.Version != 2 || v.Words != []string{"approve", "return", "reject"}[won%3] {
				t.Fatalf("winner %d, row %+v", won, v)
			}
		}
	})
}

// TestAcceptChecksTheValue: what a proposal asks for must still fit.
func TestAcceptChecksTheValue(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house := tn.Houses[0]
		known := visit(t, tn, house, tn.Cadres[0].User)
		for _, c := range []struct {
			name, target, row, field, mine string
			code                           fault.Code
		}{
			{"unknown type", "gossip", house, "notes", "x", fault.NotFound},
			{"unknown field", "household", house, "gossip", "x", fault.Gone},
			{"the row is gone", "member", b.DB.NewID(), "name", "x", fault.Gone},
			{"what is required would be empty", "visit", known, "day", "", fault.Invalid},
			{"not a number", "household", house, "income", "x", fault.Invalid},
			{"a new row with a taken id", "visit", known, "*", `{"day":"2026-03-02"}`, fault.IDTaken},
			{"a new row that is none", "member", b.DB.NewID(), "*", `[]`, fault.Invalid},
			{"a new row with an online field", "member", b.DB.NewID(), "*", `{"name":"甲","relation":"子","idNo":"999999195001010000"}`, fault.OnlineOnly},
		} {
			mine, err := b.Box.Seal(c.mine)
			check(t, err)
			p := &household.Proposal{Meta: record.Meta{ID: b.DB.NewID(), Household: house, MadeBy: tn.Cadres[0].User}, Target: c.target, Row: c.row, Field: c.field, Mine: mine, State: "open"}
			put(t, tn, household.ProposalType, p)
			if _, err := tn.Workflow.Settle(t.Context(), tn.Admin, p.ID, workflow.Decision{Action: "accept", Rev: 1}); !fault.Is(err, c.code) {
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
			r, err := b.DB.Find(t.Context(), household.ProposalType, []string{tn.Township}, p.ID)
			if err != nil || r.(*household.Proposal).State != "open" {
				t.Errorf("%s: the proposal is settled all the same: %v", c.name, err)
			}
			if _, err := tn.Workflow.Settle(t.Context(), tn.Admin, p.ID, workflow.Decision{Action: "refuse", Rev: 1, Reason: "不合适"}); err != nil {
				t.Errorf("%s cannot be refused: %v", c.name, err)
			}
		}
	})
}
