package workflow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
	"daohu/server/write"
)

// second is another admin of the same township.
func second(tn *town.Town) access.Actor {
	a := tn.Admin
	a.User, a.Name = tn.DB.NewID(), "管理员乙"
	return a
}

// codes are the verdicts of an outcome, in order.
func codes(o workflow.Outcome) string {
	var out []string
	for _, v := range o.Rows {
		out = append(out, v.Code)
	}
	return strings.Join(out, " ")
}

// TestBatchNamesEveryRow: a dry run and the real one judge alike; only the
// real one writes, all in one transaction, and asked again it says so.
func TestBatchNamesEveryRow(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, other := add(t, b, town.Size{Cadres: 2, Houses: 3}), add(t, b, town.Size{Cadres: 1, Houses: 1})
		good := []string{visit(t, tn, tn.Houses[0], tn.Cadres[0].User), visit(t, tn, tn.Houses[2], tn.Cadres[0].User), visit(t, tn, tn.Houses[0], tn.Cadres[0].User)}
		own, changed, settled := visit(t, tn, tn.Houses[1], tn.Admin.User), visit(t, tn, tn.Houses[1], tn.Cadres[1].User), visit(t, tn, tn.Houses[1], tn.Cadres[1].User)
		edited := *find(t, tn, changed)
		edited.Text = "作者又改了"
		put(t, tn, activity.VisitType, &edited)
		_, err := tn.Workflow.Decide(t.Context(), second(tn), activity.VisitType, settled, workflow.Decision{Action: "reject", Rev: 1, Reason: "重复"})
		check(t, err)
		batch := workflow.Batch{Action: "approve", Rows: []workflow.Mark{{good[0], 1}, {own, 1}, {good[1], 1}, {changed, 1}, {settled, 2}, {b.DB.NewID(), 1},
			{visit(t, other, other.Houses[0], other.Cadres[0].User), 1}, {good[2], 1}}, Dry: true}
		const want = "ok own-record ok stale wrong-state not-found not-found ok"
		before := seqOf(t, tn)
		dry, err := tn.Workflow.DecideAll(t.Context(), tn.Admin, activity.VisitType, batch)
		check(t, err)
		if codes(dry) != want || dry.N != 3 || !dry.Dry || dry.Until != 0 || seqOf(t, tn) != before || find(t, tn, good[0]).State != workflow.Pending {
			t.Fatalf("dry: %+v", dry)
		}
		batch.Dry = false
		got, err := tn.Workflow.DecideAll(t.Context(), tn.Admin, activity.VisitType, batch)
		check(t, err)
		if codes(got) != want || got.N != 3 || got.Until != b.Now().Add(workflow.UndoFor).UnixMilli() || seqOf(t, tn) != before+1 {
			t.Fatalf("%+v, seq %d after %d", got, seqOf(t, tn), before)
		}
		for i, id := range good {
			if v := find(t, tn, id); v.State != workflow.Approved || v.Version != 2 || v.Seq != before+1 {
				t.Errorf("good %d: %+v", i, v)
			}
		}
		if v := find(t, tn, own); v.State != workflow.Pending || v.Version != 1 {
			t.Errorf("her own: %+v", v)
		}
		if v := got.Rows[0]; v.Rev != 2 || v.State != workflow.Approved || v.Detail != "" {
			t.Errorf("%+v", v)
		}
		if v := got.Rows[1]; v.Rev != 0 || !strings.Contains(v.Detail, "自己") {
			t.Errorf("%+v", v)
		}
		again, err := tn.Workflow.DecideAll(t.Context(), tn.Admin, activity.VisitType, batch) // the answer was lost
		check(t, err)
		if codes(again) != strings.ReplaceAll(want, "ok", "done") || again.N != 0 || again.Rows[0].Rev != 2 || seqOf(t, tn) != before+1 {
			t.Errorf("asked again: %+v", again)
		}
		late, err := tn.Workflow.DecideAll(t.Context(), second(tn), activity.VisitType, batch)
		check(t, err)
		if codes(late) != "stale ok stale stale wrong-state not-found not-found stale" { // the first admin's own record is not the second's
			t.Errorf("the other admin: %s", codes(late))
		}
	})
}

func seqOf(t *testing.T, tn *town.Town) int64 {
	t.Helper()
	s, err := tn.DB.Space(t.Context(), tn.Township)
	check(t, err)
	return s.Seq
}

func TestBatchIsChecked(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		id := visit(t, tn, tn.Houses[0], tn.Cadres[0].User)
		many := make([]workflow.Mark, workflow.BatchMost+1)
		for i := range many {
			many[i] = workflow.Mark{ID: fmt.Sprintf("row000000%03d", i), Rev: 1}
		}
		for name, bad := range map[string]workflow.Batch{
			"no rows": {Action: "approve"}, "too many": {Action: "approve", Rows: many}, "one row twice": {Action: "approve", Rows: []workflow.Mark{{id, 1}, {id, 1}}},
			"no reason": {Action: "return", Rows: []workflow.Mark{{id, 1}}}, "no such action": {Action: "undo", Rows: []workflow.Mark{{id, 1}}},
		} {
			if _, err := tn.Workflow.DecideAll(t.Context(), tn.Admin, activity.VisitType, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := tn.Workflow.DecideAll(t.Context(), tn.Admin, household.MemberType, workflow.Batch{Action: "approve", Rows: []workflow.Mark{{id, 1}}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a type without review: %v", err)
		}
		out, err := tn.Workflow.DecideAll(t.Context(), tn.Admin, activity.VisitType, workflow.Batch{Action: "approve", Rows: many[:workflow.BatchMost]})
		if err != nil || len(out.Rows) != workflow.BatchMost || out.N != 0 {
			t.Errorf("as many as may be, of which none is there: %v", err)
		}
	})
}

// TestBatchIsBlockedByQuality: errors of one household keep its own measures
// back and nobody else's, and stop no return.
func TestBatchIsBlockedByQuality(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
		asked := map[string]int{}
		s := *tn.Workflow
		s.Faults = func(context.Context, string) (workflow.Faults, error) {
			return func(_ write.Tx, house string) (map[string]fault.Field, error) {
				if asked[house]++; house != tn.Houses[1] {
					return nil, nil
				}
				return map[string]fault.Field{"one-head": {Name: "member.relation", Code: "one-head", Detail: "一户要有一个户主。"}}, nil
			}, nil
		}
		var rows []workflow.Mark
		for i := range 4 {
			m := &measure.Measure{Meta: record.Meta{ID: b.DB.NewID(), Household: tn.Houses[i%2], MadeBy: tn.Cadres[0].User}, Kind: "产业帮扶", State: workflow.Pending}
			put(t, tn, measure.Type, m)
			rows = append(rows, workflow.Mark{ID: m.ID, Rev: 1})
		}
		for _, dry := range []bool{true, false} {
			out, err := s.DecideAll(t.Context(), tn.Admin, measure.Type, workflow.Batch{Action: "approve", Rows: rows, Dry: dry})
			check(t, err)
			if codes(out) != "ok invalid ok invalid" || len(out.Rows[1].Fields) != 1 || out.Rows[1].Fields[0].Code != "one-head" {
				t.Fatalf("dry %v: %+v", dry, out)
			}
		}
		if asked[tn.Houses[1]] != 2 {
			t.Errorf("a household of two measures is looked at %d times in two runs", asked[tn.Houses[1]])
		}
		out, err := s.DecideAll(t.Context(), tn.Admin, measure.Type, workflow.Batch{Action: "return", Reason: "户主不对", Rows: []workflow.Mark{rows[1], rows[3]}})
		if check(t, err); codes(out) != "ok ok" {
			t.Errorf("returning: %+v", out)
		}
	})
}

// TestTwoBatchesAtOnce: admins decide on overlapping pages at the same moment;
// every row is decided once, by whom the answers say.
func TestTwoBatchesAtOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 6})
		var rows []workflow.Mark
		for i := range 24 {
			rows = append(rows, workflow.Mark{ID: visit(t, tn, tn.Houses[i%6], tn.Cadres[0].User), Rev: 1})
		}
		const admins = 4
		outs, errs := make([]workflow.Outcome, admins), make([]error, admins)
		before := seqOf(t, tn)
		var wg sync.WaitGroup
		for i := range admins {
			mine := slices.Clone(rows)
			if i%2 == 1 { // the other way round: the order of the rows is not the order of the locks
				slices.Reverse(mine)
			}
			wg.Go(func() {
				admin := second(tn)
				admin.User = fmt.Sprintf("admin0000%03d", i)
				outs[i], errs[i] = tn.Workflow.DecideAll(t.Context(), admin, activity.VisitType, workflow.Batch{Action: []string{"approve", "reject"}[i%2], Reason: fmt.Sprint(i), Rows: mine})
			})
		}
		wg.Wait()
		winners, total := map[string]int{}, 0
		for i, o := range outs {
			check(t, errs[i])
			total += o.N
			for _, v := range o.Rows {
				if v.Code == workflow.OK {
					winners[v.ID] = i
				} else if v.Code != "stale" {
					t.Errorf("admin %d: %+v", i, v)
				}
			}
		}
		if total != len(rows) || len(winners) != len(rows) || seqOf(t, tn) != before+1 {
			t.Fatalf("%d decisions on %d rows in %d transactions", total, len(winners), seqOf(t, tn)-before)
		}
		for _, m := range rows {
			if v := find(t, tn, m.ID); v.Version != 2 || v.Words != fmt.Sprint(winners[m.ID]) {
				t.Errorf("winner %d, row %+v", winners[m.ID], v)
			}
		}
	})
}

// TestUndo: by the same hand, within ten seconds, when nothing else happened.
func TestUndo(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house, author := tn.Houses[0], tn.Cadres[0].User
		undo := func(a access.Actor, id string, rev int64) error {
			_, err := tn.Workflow.Undo(t.Context(), a, activity.VisitType, id, rev)
			return err
		}
		refused := func(name string, err error, code fault.Code, sentence string) {
			t.Helper()
			if !fault.Is(err, code) || !strings.Contains(err.Error(), sentence) {
				t.Errorf("%s: %v, want %s %s", name, err, code, sentence)
			}
		}
		id := visit(t, tn, house, author)
		refused("nothing was decided", undo(tn.Admin, id, 1), fault.WrongState, "没有可以撤回")
		for i, action := range []string{"approve", "return", "reject"} {
			rev := int64(1 + 2*i)
			_, err := tn.Workflow.Decide(t.Context(), tn.Admin, activity.VisitType, id, workflow.Decision{Action: action, Rev: rev, Reason: "手误"})
			check(t, err)
			refused("another admin", undo(second(tn), id, rev+1), fault.WrongState, "作决定的人")
			refused("an old revision", undo(tn.Admin, id, rev), fault.Stale, "")
			b.Pass(workflow.UndoFor)
			if check(t, undo(tn.Admin, id, rev+1)); find(t, tn, id).State != workflow.Pending || find(t, tn, id).Words != "" {
				t.Fatalf("%s was not taken back: %+v", action, find(t, tn, id))
			}
			refused("twice", undo(tn.Admin, id, rev+2), fault.WrongState, "没有可以撤回")
		}
		trail, err := b.DB.Trail(t.Context(), activity.VisitType, *find(t, tn, id).Base(), 50)
		check(t, err)
		var steps []string
		for _, s := range trail.Steps {
			steps = append(steps, fmt.Sprintf("%d %s>%s %s", s.Rev, s.From, s.To, s.Reason))
		}
		if got := strings.Join(steps, ", "); got != "1 pending>approved 手误, 2 approved>pending , 3 pending>returned 手误, 4 returned>pending , 5 pending>rejected 手误, 6 rejected>pending " {
			t.Errorf("history: %s", got)
		}

		_, err = tn.Workflow.Decide(t.Context(), tn.Admin, activity.VisitType, id, workflow.Decision{Action: "approve", Rev: 7})
		check(t, err)
		b.Pass(workflow.UndoFor + time.Millisecond)
		refused("too late", undo(tn.Admin, id, 8), fault.WrongState, "10 秒")

		amended := visit(t, tn, house, author)
		_, err = tn.Workflow.Decide(t.Context(), tn.Admin, activity.VisitType, amended, workflow.Decision{Action: "approve", Rev: 1})
		check(t, err)
		after := *find(t, tn, amended) // an amendment was accepted, say: the decision is no longer the latest
		after.Text = "改过"
		put(t, tn, activity.VisitType, &after)
		refused("changed since", undo(tn.Admin, amended, 3), fault.WrongState, "没有可以撤回")

		amended = visit(t, tn, house, author)
		_, err = tn.Workflow.Decide(t.Context(), tn.Admin, activity.VisitType, amended, workflow.Decision{Action: "approve", Rev: 1})
		check(t, err)
		wish := &household.Proposal{Meta: record.Meta{ID: b.DB.NewID(), Household: house, MadeBy: author, MadeAt: b.Now().UnixMilli()}, Target: "visit", Row: amended, Field: "text", State: "open"}
		put(t, tn, household.ProposalType, wish)
		refused("amended meanwhile", undo(tn.Admin, amended, 2), fault.WrongState, "修改")

		entered := &measure.Measure{Meta: record.Meta{ID: b.DB.NewID(), Household: house, MadeBy: tn.Admin.User}, Kind: "搬迁", State: workflow.Approved}
		put(t, tn, measure.Type, entered)
		if _, err := tn.Workflow.Undo(t.Context(), tn.Admin, measure.Type, entered.ID, 1); !fault.Is(err, fault.WrongState) {
			t.Errorf("what nobody decided: %v", err)
		}
	})
}

// TestUndoAll takes a batch back row by row, and two at once do it once.
func TestUndoAll(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 3})
		var rows []workflow.Mark
		for i := range 6 {
			rows = append(rows, workflow.Mark{ID: visit(t, tn, tn.Houses[i%3], tn.Cadres[0].User), Rev: 1})
		}
		out, err := tn.Workflow.DecideAll(t.Context(), tn.Admin, activity.VisitType, workflow.Batch{Action: "approve", Rows: rows})
		check(t, err)
		for i, v := range out.Rows {
			rows[i].Rev = v.Rev
		}
		touched := *find(t, tn, rows[4].ID)
		put(t, tn, activity.VisitType, &touched)
		outs, errs := make([]workflow.Outcome, 3), make([]error, 3)
		var wg sync.WaitGroup
		for i := range outs {
			wg.Go(func() { outs[i], errs[i] = tn.Workflow.UndoAll(t.Context(), tn.Admin, activity.VisitType, rows) })
		}
		wg.Wait()
		won := 0
		for i, o := range outs {
			if check(t, errs[i]); o.N > 0 {
				if won++; codes(o) != "ok ok ok ok stale ok" || o.Until != 0 {
					t.Errorf("%+v", o)
				}
			} else if codes(o) != "stale stale stale stale stale stale" {
				t.Errorf("%+v", o)
			}
		}
		if won != 1 || find(t, tn, rows[0].ID).State != workflow.Pending || find(t, tn, rows[4].ID).State != workflow.Approved {
			t.Fatalf("%d of 3 took it back; %+v", won, outs)
		}
	})
}
