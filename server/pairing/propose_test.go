package pairing_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
	"daohu/server/write"
)

// proposals are the rows of a household by id.
func (w *world) proposals(house int) []*household.Proposal {
	w.t.Helper()
	var out []*household.Proposal
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Households: []string{w.Houses[house]}}, func(tx write.Tx) error {
		out = nil
		rows, err := tx.Of(household.ProposalType, w.Houses[house])
		for _, r := range rows {
			out = append(out, r.(*household.Proposal))
		}
		return err
	})
	check(w.t, err)
	return out
}

// TestVillageProposes: asked, asked otherwise, accepted: one proposal, one
// pairing, in one transaction.
func TestVillageProposes(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 3, Workers: 2, Houses: 3})
		ask := func(cadre, reason string) (*household.Proposal, error) {
			return w.s.Propose(t.Context(), w.Workers[0], w.Township, w.Houses[0], cadre, reason)
		}
		first, err := ask("c-2", "住得近")
		check(t, err)
		again, err := ask(w.Cadres[2].User, "懂养牛") // by the id that pairings show
		check(t, err)
		if again.ID != first.ID || again.State != "open" || len(w.proposals(0)) != 1 {
			t.Errorf("%+v, then %+v", first, again)
		}
		if mine, err := b.Box.Open(again.Mine); err != nil || mine != `{"cadre":"c-3","name":"干部3","unit":"镇农业站"}` {
			t.Errorf("%s %v", mine, err)
		}
		other, err := w.s.Propose(t.Context(), w.Workers[1], w.Township, w.Houses[0], "c-2", "顺路")
		check(t, err)
		w.want(0, true, 0)
		before := w.seq()
		if _, err := w.s.Accept(t.Context(), w.Admin, again, accept(first.Version-1, "")); !fault.Is(err, fault.Stale) {
			t.Errorf("of a revision before: %v", err)
		}
		if _, err := w.s.Accept(t.Context(), w.Workers[0], again, accept(again.Version, "")); !fault.Is(err, fault.OwnRecord) {
			t.Errorf("by its author: %v", err)
		}
		got, err := w.s.Accept(t.Context(), w.Admin, again, accept(again.Version, "同意"))
		check(t, err)
		if got.State != "accepted" || got.Words != "同意" || w.seq() != before+1 {
			t.Errorf("%+v, %d transactions", got, w.seq()-before)
		}
		if got := w.rows(0); !slices.Equal(got, []string{"2026-01-01 干部1 2026-03-02 懂养牛", "2026-03-02 干部3  "}) {
			t.Errorf("%q", got)
		}
		w.want(2, true, 0, 2)
		if _, err := w.s.Accept(t.Context(), w.Admin, again, accept(got.Version, "")); !fault.Is(err, fault.WrongState) {
			t.Errorf("twice: %v", err)
		}
		// The other one is refused as any proposal is.
		if r, err := b.Workflow.Settle(t.Context(), w.Admin, other.ID, workflow.Decision{Action: "refuse", Rev: other.Version, Reason: "已有人"}); err != nil || r.(*household.Proposal).State != "refused" {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// TestAcceptIsWhole: a proposal whose pairing cannot be made stays open, and
// two administrators accept it once.
func TestAcceptIsWhole(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 3, Workers: 1, Houses: 3})
		p, err := w.s.Propose(t.Context(), w.Workers[0], w.Township, w.Houses[0], "c-2", "住得近")
		check(t, err)
		_, err = w.pair(0, "c-3", "2026-03-20", "") // from a day to come
		check(t, err)
		if _, err := w.s.Accept(t.Context(), w.Admin, p, accept(p.Version, "")); !fault.Is(err, fault.Invalid) {
			t.Errorf("before the running one begins: %v", err)
		}
		if got := w.proposals(0)[0]; got.State != "open" || got.Version != p.Version {
			t.Errorf("%+v", got)
		}
		q, err := w.s.Propose(t.Context(), w.Workers[0], w.Township, w.Houses[1], "c-3", "住得近")
		check(t, err)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			wg.Go(func() { _, errs[i] = w.s.Accept(t.Context(), w.Admin, q, accept(q.Version, "")) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || len(w.rows(1)) != 2 {
			t.Errorf("%v, %v: %q", errs[0], errs[1], w.rows(1))
		}
	})
}

func TestProposeRefuses(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w, far := begin(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 2}), begin(t, b, town.Size{Cadres: 1, Houses: 1})
		w.change(func(h *household.Household) { h.State = "merged" }, w.Houses[1])
		w.disable(1)
		for name, c := range map[string]struct {
			house, cadre, reason string
			code                 fault.Code
		}{
			"the same cadre":         {w.Houses[0], "c-1", "住得近", fault.Invalid},
			"no such cadre":          {w.Houses[0], "c-8", "住得近", fault.Invalid},
			"one out of use":         {w.Houses[0], "c-2", "住得近", fault.Invalid},
			"of another township":    {w.Houses[0], far.login(0), "住得近", fault.Invalid},
			"no reason":              {w.Houses[0], "c-1", " ", fault.Invalid},
			"a long reason":          {w.Houses[0], "c-1", strings.Repeat("长", 201), fault.Invalid},
			"a merged household":     {w.Houses[1], "c-1", "住得近", fault.WrongState},
			"the common household":   {w.Common, "c-1", "住得近", fault.NotFound},
			"of another's household": {far.Houses[0], "c-1", "住得近", fault.NotFound},
		} {
			if _, err := w.s.Propose(t.Context(), w.Workers[0], w.Township, c.house, c.cadre, c.reason); !fault.Is(err, c.code) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := len(w.proposals(0)); n != 0 {
			t.Errorf("%d proposals", n)
		}
	})
}

// accept is the decision to carry out a proposal seen at rev.
func accept(rev int64, words string) workflow.Decision {
	return workflow.Decision{Action: "accept", Rev: rev, Reason: words}
}
