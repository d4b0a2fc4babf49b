package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/booklet"
	"daohu/server/measure"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/workflow"
)

// My is what a household sees of itself, each row projected for role H.
type My struct {
	Household json.RawMessage
	Helpers   []json.RawMessage // pairings that run, with the telephone to call
	Visits    []json.RawMessage // the latest, newest first
	Measures  []json.RawMessage // what is done for it, newest first; none that was rejected
	Cards     []json.RawMessage // policy cards to read, in order
}

// myVisits is how many visits a household's page shows.
const myVisits = 12

// myMeasures is how many measures it shows.
const myMeasures = 50

// My collects a household's own page.
func (s *Service) My(ctx context.Context, a access.Actor) (My, error) {
	var out My
	h, err := s.Reach(ctx, a, a.Household)
	if err != nil {
		return out, err
	}
	if out.Household, err = s.Get(ctx, a, s.Types[0], h.ID); err != nil {
		return out, err
	}
	common, err := s.Store.Common(ctx, h.Township)
	if err != nil {
		return out, err
	}
	running := func(r record.Record) bool { return r.(*pairing.Pairing).To == "" }
	if out.Helpers, err = s.pick(ctx, a, pairing.Type, h.Township, h.ID, running, nil, 10); err != nil {
		return out, err
	}
	newest := func(x, y record.Record) int {
		return strings.Compare(y.(*activity.Visit).Day, x.(*activity.Visit).Day)
	}
	if out.Visits, err = s.pick(ctx, a, activity.VisitType, h.Township, h.ID, nil, newest, myVisits); err != nil {
		return out, err
	}
	kept := func(r record.Record) bool { return r.(*measure.Measure).State != workflow.Rejected }
	latest := func(x, y record.Record) int {
		a, b := x.(*measure.Measure), y.(*measure.Measure)
		return cmp.Or(strings.Compare(b.From, a.From), cmp.Compare(b.MadeAt, a.MadeAt))
	}
	if out.Measures, err = s.pick(ctx, a, measure.Type, h.Township, h.ID, kept, latest, myMeasures); err != nil {
		return out, err
	}
	inOrder := func(x, y record.Record) int { return int(x.(*booklet.Card).Order - y.(*booklet.Card).Order) }
	out.Cards, err = s.pick(ctx, a, booklet.Type, h.Township, common, nil, inOrder, 100)
	return out, err
}

// pick reads the rows of one household, keeps and orders them, and projects
// at most limit.
func (s *Service) pick(ctx context.Context, a access.Actor, t *record.Type, township, household string, keep func(record.Record) bool, order func(x, y record.Record) int, limit int) ([]json.RawMessage, error) {
	recs, err := s.Store.Page(ctx, t, PageQuery{Township: township, Household: household, Limit: 1000})
	if err != nil {
		return nil, err
	}
	if order != nil {
		slices.SortStableFunc(recs, order)
	}
	out := []json.RawMessage{}
	for _, r := range recs {
		if keep != nil && !keep(r) {
			continue
		}
		b, err := s.Show(t, r, a)
		if err != nil {
			return nil, err
		}
		if b != nil && len(out) < limit {
			out = append(out, b)
		}
	}
	return out, nil
}
