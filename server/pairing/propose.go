package pairing

import (
	"context"
	"encoding/json"
	"time"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	home "daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow"
	"daohu/server/write"
)

// Wish is what a proposal to pair asks for: the JSON of its field mine.
type Wish struct {
	Cadre string `json:"cadre"` // login
	Name  string `json:"name"`
	Unit  string `json:"unit"`
}

// Propose lets a village worker ask for another cadre: a proposal that waits
// for the township, on which its author may change her mind by asking again.
// cadre is the login, or the user id as pairings show it, of one at home or
// paired in the township. Codes: invalid, not-found, wrong-state.
func (s *Service) Propose(ctx context.Context, a access.Actor, township, household, cadre, reason string) (*home.Proposal, error) {
	if err := workflow.Words(reason, true); err != nil {
		return nil, err
	}
	who, err := s.proposed(ctx, a, township, cadre)
	if err != nil {
		return nil, err
	}
	wish, err := json.Marshal(Wish{who.Login, who.Name, who.Unit})
	if err != nil {
		return nil, err
	}
	mine, err := s.Sealer.Seal(string(wish))
	if err != nil {
		return nil, err
	}
	none, err := s.Sealer.Seal("")
	if err != nil {
		return nil, err
	}
	in := write.Intent{Township: township, Actor: a.User, Action: "propose", Households: []string{household}}
	var out *home.Proposal
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		if err := proposable(tx, household, who.User); err != nil {
			return err
		}
		if out, err = waiting(tx, a, household); err != nil {
			return err
		}
		if out == nil {
			out = &home.Proposal{Meta: record.Meta{Household: household, ID: tx.NewID(), MadeBy: a.User, MadeAt: tx.Now()},
				Target: Type.Name, Row: tx.NewID(), Field: "*", Was: none, Theirs: none, State: "open"}
		}
		out.Mine, out.Reason = mine, reason
		tx.Put(home.ProposalType, out)
		return nil
	})
	return out, err
}

// proposed finds a cadre in use of the township by login or user id.
func (s *Service) proposed(ctx context.Context, a access.Actor, township, cadre string) (Cadre, error) {
	list, err := s.Store.Cadres(ctx, CadreQuery{County: a.County, Townships: []string{township}})
	if err != nil {
		return Cadre{}, err
	}
	for _, c := range list {
		if c.InUse() && (c.Login == cadre || c.User == cadre) {
			return c, nil
		}
	}
	return Cadre{}, noCadre("cadre")
}

// proposable refuses a household that is closed or has that cadre already.
func proposable(tx write.Tx, household, user string) error {
	got, err := tx.Load(home.HouseholdType, household)
	if err != nil {
		return err
	}
	h, _ := got[household].(*home.Household)
	if e := standing(h); e != nil {
		return e
	}
	running, err := open(tx, household)
	if err != nil {
		return err
	}
	for _, p := range running[household] {
		if p.Cadre == user {
			return fault.Bad(fault.Field{Name: "cadre", Code: "not-allowed", Detail: "这一户已经和这位干部结对。"})
		}
	}
	return nil
}

// waiting is the author's own proposal to pair the household that is still
// open, as a copy; nil = none.
func waiting(tx write.Tx, a access.Actor, household string) (*home.Proposal, error) {
	rows, err := tx.Of(home.ProposalType, household)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if p := r.(*home.Proposal); p.Target == Type.Name && p.MadeBy == a.User && p.State == "open" && p.DeletedAt == 0 {
			own := *p
			return &own, nil
		}
	}
	return nil, nil
}

// Accept carries out a proposal to pair from today on, along the township's
// workflow, and returns it as it is then; refusing one is
// workflow.Service.Settle, as for any other. No data-quality rule reads
// pairings, so that gate has nothing to find here. Codes: as Settle, and those
// of Pair.
func (s *Service) Accept(ctx context.Context, a access.Actor, p *home.Proposal, d workflow.Decision) (*home.Proposal, error) {
	settle, err := s.Review.Settling(ctx, a, p, d)
	if err != nil {
		return nil, err
	}
	text, err := s.Sealer.Open(p.Mine)
	if err != nil {
		return nil, err
	}
	var w Wish
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return nil, err
	}
	var out *home.Proposal
	b := batch{township: p.Township, action: "accept", cadre: "cadre", orders: []Order{{
		Household: p.Household, Cadre: w.Cadre, Day: s.Now().In(calendar.Zone()).Format(time.DateOnly), Reason: p.Reason}}}
	b.also = func(tx write.Tx) (err error) {
		out, _, err = settle(tx)
		return err
	}
	if _, err := s.carry(ctx, a, b); err != nil {
		return nil, err
	}
	return out, nil
}
