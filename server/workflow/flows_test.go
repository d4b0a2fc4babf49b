package workflow_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/workflow/flow"
	"daohu/server/write"
)

// TestTownshipsOwnWorkflow: what a township publishes is what its decisions go
// by: words owed for an approval, two calendar days.
func TestTownshipsOwnWorkflow(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		book, err := workflow.FlowRules(types.All()).Builtin()
		check(t, err)
		pending := &book.Flows[0].Steps[0]
		pending.Days, pending.Count = 2, flow.Calendar
		pending.Moves[0].Words = true
		raw, err := json.Marshal(book)
		check(t, err)
		own, err := workflow.FlowRules(types.All()).Parse(raw)
		check(t, err)
		s := *b.Workflow
		s.Flows = func(_ context.Context, township string) (*flow.Book, error) {
			if township != tn.Township {
				t.Errorf("asked for %s", township)
			}
			return own, nil
		}
		id := tn.DB.NewID()
		put(t, tn, activity.VisitType, &activity.Visit{Meta: record.Meta{ID: id, Household: tn.Houses[0], MadeBy: tn.Cadres[0].User, MadeAt: tn.Now().UnixMilli()}, Day: "2026-03-02", State: workflow.Pending})
		rev := find(t, tn, id).Version
		if _, err := s.Decide(t.Context(), tn.Admin, activity.VisitType, id, workflow.Decision{Action: "approve", Rev: rev}); !fault.Is(err, fault.Invalid) {
			t.Fatalf("approved without words: %v", err)
		}
		look := func(state string) workflow.About {
			t.Helper()
			page, err := s.Inbox(t.Context(), tn.Admin, activity.VisitType, workflow.Ask{Township: tn.Township, State: state, Limit: 10})
			check(t, err)
			if len(page.About) != 1 {
				t.Fatalf("%d rows are %s", len(page.About), state)
			}
			return page.About[0]
		}
		first := look("")
		if first.Due == "" || first.Overdue || first.Since != first.At {
			t.Errorf("%+v", first)
		}
		tn.Pass(3 * 24 * time.Hour)
		if late := look(""); !late.Overdue || late.Due != first.Due {
			t.Errorf("%+v", late)
		}
		got, err := s.Decide(t.Context(), tn.Admin, activity.VisitType, id, workflow.Decision{Action: "approve", Rev: rev, Reason: "已看过"})
		check(t, err)
		if v := got.(*activity.Visit); v.State != workflow.Approved {
			t.Errorf("%s", v.State)
		}
		if done := look(workflow.Approved); done.Due != "" || done.Overdue || done.Since == first.Since {
			t.Errorf("%+v", done)
		}
	})
}

// TestTypesLeftOut: a document older than a reviewed type leaves it to the
// workflow that ships.
func TestTypesLeftOut(t *testing.T) {
	rules := workflow.FlowRules(types.All())
	book, err := rules.Builtin()
	check(t, err)
	book.Flows = book.Flows[:1]
	raw, err := json.Marshal(book)
	check(t, err)
	own, err := rules.Parse(raw)
	check(t, err)
	s := workflow.Service{Types: types.All(), Flows: func(context.Context, string) (*flow.Book, error) { return own, nil }}
	for _, typ := range types.All() {
		if f, err := s.Flow(t.Context(), "1", typ, ""); typ.Workflow && (err != nil || len(f.Steps) < 2) {
			t.Errorf("%s: %v", typ.Name, err)
		}
	}
}

// TestRefusedEffect: what an effect refuses is not passed, and the verdict does
// not speak of a state that never was.
func TestRefusedEffect(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		s := *b.Workflow
		s.Effects = map[string]workflow.Prepare{activity.VisitType.Name: func(context.Context, string) (workflow.Effect, error) {
			return func(write.Tx, record.Record) ([]record.Record, error) {
				return nil, fault.New(fault.Invalid, "不行。")
			}, nil
		}}
		id := visit(t, tn, tn.Houses[0], tn.Cadres[0].User)
		out, err := s.DecideAll(t.Context(), tn.Admin, activity.VisitType, workflow.Batch{Action: "approve", Rows: []workflow.Mark{{ID: id, Rev: 1}}})
		check(t, err)
		if v := out.Rows[0]; out.N != 0 || v.Code != string(fault.Invalid) || v.State != "" || v.Rev != 0 {
			t.Errorf("%+v", out)
		}
		if v := find(t, tn, id); v.State != workflow.Pending || v.Version != 1 {
			t.Errorf("%+v", v)
		}
	})
}
