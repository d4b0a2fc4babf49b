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
	"daohu/server/casework"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/workflow"
)

// My is what a household sees of itself, each row projected for role H. What
// it said in confidence, of a visit or of a person, is not on this page.
type My struct {
	Household  json.RawMessage
	Helpers    []json.RawMessage // pairings that run, with the telephone to call
	Visits     []json.RawMessage // the latest, newest first
	Measures   []json.RawMessage // what is done for it, newest first; none that was rejected
	Needs      []json.RawMessage // what it needs, with the answers, newest first
	Deliveries []json.RawMessage // booklets it was given, newest first
	Cards      []json.RawMessage // policy cards that hold today and are for it, in order
	Clips      []json.RawMessage // recordings of these
	Words      MyWords           // the rows in plain sentences
}

// How many rows of each kind a household's page shows.
const (
	myHelpers  = 10
	myVisits   = 12
	myMeasures = 50
	myNeeds    = 20
	myGiven    = 5
	myCards    = 100
)

// My collects a household's own page.
func (s *Service) My(ctx context.Context, a access.Actor) (My, error) {
	var out My
	in, err := s.Reach(ctx, a, a.Household)
	if err != nil {
		return out, err
	}
	found, err := s.find(ctx, a, s.Types[0], in.ID)
	if err != nil {
		return out, err
	}
	h := found.(*household.Household)
	if out.Household, err = s.project(s.Types[0], h, a); err != nil {
		return out, err
	}
	p := page{s: s, ctx: ctx, a: a, township: in.Township, household: in.ID}
	p.helpers(&out)
	p.visits(&out)
	p.measures(&out)
	p.needs(&out)
	p.given(&out)
	if p.household, err = s.Store.Common(ctx, in.Township); err != nil {
		return out, err
	}
	p.cards(&out, h, dayOf(s.Store.Clock()))
	return out, p.err
}

// page collects the rows of one household, or of the pseudo-household. After
// an error it does nothing.
type page struct {
	s                   *Service
	ctx                 context.Context
	a                   access.Actor
	township, household string
	err                 error
}

func (p *page) helpers(out *My) {
	var rows []*pairing.Pairing
	out.Helpers, rows = pick(p, pairing.Type, myHelpers, func(r *pairing.Pairing) bool { return r.To == "" }, nil)
	out.Words.Helpers = say(rows, func(r *pairing.Pairing) string {
		phone, err := p.s.Sealer.Open(r.Phone)
		if err != nil {
			p.err = err
		}
		return sayHelper(r, phone)
	})
}

func (p *page) visits(out *My) {
	var rows []*activity.Visit
	out.Visits, rows = pick(p, activity.VisitType, myVisits, nil, func(x, y *activity.Visit) int { return strings.Compare(y.Day, x.Day) })
	out.Words.Visits = say(rows, sayVisit)
}

func (p *page) measures(out *My) {
	var rows []*measure.Measure
	out.Measures, rows = pick(p, measure.Type, myMeasures, func(r *measure.Measure) bool { return r.State != workflow.Rejected }, func(x, y *measure.Measure) int {
		return cmp.Or(strings.Compare(y.From, x.From), cmp.Compare(y.MadeAt, x.MadeAt))
	})
	out.Words.Measures = say(rows, sayMeasure)
}

func (p *page) needs(out *My) {
	var rows []*casework.Need
	out.Needs, rows = pick(p, casework.NeedType, myNeeds, nil, func(x, y *casework.Need) int { return cmp.Compare(y.MadeAt, x.MadeAt) })
	out.Words.Needs = say(rows, sayNeed)
}

func (p *page) given(out *My) {
	var rows []*booklet.Delivery
	out.Deliveries, rows = pick(p, booklet.DeliveryType, myGiven, nil, func(x, y *booklet.Delivery) int { return strings.Compare(y.Day, x.Day) })
	out.Words.Deliveries = say(rows, sayDelivery)
}

// cards picks those that hold on a day and are for h, and their recordings.
func (p *page) cards(out *My, h *household.Household, day string) {
	var rows []*booklet.Card
	out.Cards, rows = pick(p, booklet.Type, myCards, func(r *booklet.Card) bool { return r.Holds(day) && r.For(h) }, func(x, y *booklet.Card) int {
		return cmp.Or(cmp.Compare(x.Order, y.Order), strings.Compare(x.Code, y.Code))
	})
	out.Clips, _ = pick(p, booklet.ClipType, myCards, func(r *booklet.Clip) bool { return slices.ContainsFunc(rows, r.Plays) }, func(x, y *booklet.Clip) int {
		return cmp.Or(strings.Compare(x.Card, y.Card), cmp.Compare(y.MadeAt, x.MadeAt))
	})
}

// pick reads the rows of the page's household, keeps and orders them, and
// projects at most limit: the projections and their rows.
func pick[R record.Record](p *page, t *record.Type, limit int, keep func(R) bool, order func(x, y R) int) ([]json.RawMessage, []R) {
	out, rows := []json.RawMessage{}, []R{}
	if p.err != nil {
		return out, rows
	}
	var all []R
	for q := (PageQuery{Township: p.township, Household: p.household, Limit: ownPage}); ; {
		recs, err := p.s.Store.Page(p.ctx, t, q)
		if err != nil {
			p.err = err
			return out, rows
		}
		for _, r := range recs {
			all, q.After = append(all, r.(R)), r.Base().ID
		}
		if len(recs) < q.Limit {
			break
		}
	}
	if order != nil {
		slices.SortStableFunc(all, order)
	}
	for _, r := range all {
		if len(out) == limit {
			break
		}
		if keep != nil && !keep(r) {
			continue
		}
		b, err := p.s.Show(t, r, p.a)
		if err != nil {
			p.err = err
			break
		}
		if b != nil {
			out, rows = append(out, b), append(rows, r)
		}
	}
	return out, rows
}
