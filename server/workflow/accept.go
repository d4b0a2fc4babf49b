package workflow

import (
	"maps"
	"slices"

	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow/flow"
	"daohu/server/write"
)

// acceptThrough carries out a proposal through the gates of the move. Sound
// household: unless it would then break a data-quality rule that it keeps now;
// errors block approval, never saving, and an old error does not block the
// correction of another.
func (s *Service) acceptThrough(tx write.Tx, p *household.Proposal, m flow.Move, faults Faults) error {
	if !slices.Contains(m.Gates, flow.Sound) {
		return s.accept(tx, p)
	}
	before, err := faults(tx, p.Household)
	if err != nil {
		return err
	}
	if err := s.accept(tx, p); err != nil {
		return err
	}
	after, err := faults(tx, p.Household)
	if err != nil {
		return err
	}
	maps.DeleteFunc(after, func(key string, _ fault.Field) bool { _, old := before[key]; return old })
	return named(after)
}

// named makes a failure of the faults found; nil when there are none.
func named(found map[string]fault.Field) error {
	var bad []fault.Field
	for _, key := range slices.Sorted(maps.Keys(found)) {
		bad = append(bad, found[key])
	}
	if len(bad) == 0 {
		return nil
	}
	return fault.Bad(bad...)
}

// accept carries out what a proposal asks for.
func (s *Service) accept(tx write.Tx, p *household.Proposal) error {
	var t *record.Type
	for _, c := range s.Types {
		if c.Name == p.Target {
			t = c
		}
	}
	if t == nil {
		return fault.New(fault.NotFound, "")
	}
	mine, err := s.Sealer.Open(p.Mine)
	if err != nil {
		return err
	}
	got, err := tx.Load(t, p.Row)
	if err != nil {
		return err
	}
	row := got[p.Row]
	if p.Field == "*" {
		return s.add(tx, t, p, row, mine)
	}
	f, ok := t.Field(p.Field)
	if !ok || row == nil || row.Base().DeletedAt > 0 {
		return fault.New(fault.Gone, "要改的记录已经不在了。")
	}
	value := mine
	if f.Kind == record.Secret {
		sealed, err := s.Sealer.Seal(mine)
		if err != nil {
			return err
		}
		value = string(sealed)
	}
	next := t.Clone(row)
	if err := t.Set(next, f, value); err != nil {
		return fault.Wrap(fault.Invalid, err)
	}
	if err := write.Complete(t, next); err != nil {
		return err
	}
	if rule := s.Rules[t.Name]; rule != nil && t.Class != record.Author { // what an author amends was judged when it arrived
		if err := rule(tx, write.Arrival{By: p.MadeBy, Role: "T", Row: next, Before: row}); err != nil {
			return err
		}
	}
	tx.Add(&write.History{Household: p.Household, Type: t.Name, Row: p.Row, Field: f.Name, Old: t.Get(row, f), New: value, By: p.MadeBy, At: tx.Now()})
	tx.Put(t, next)
	return recount(tx, t, p.Household)
}

// add makes the row a proposal asks for.
func (s *Service) add(tx write.Tx, t *record.Type, p *household.Proposal, row record.Record, mine string) error {
	if row != nil {
		return fault.New(fault.IDTaken, "")
	}
	patch, err := record.Object([]byte(mine), 60)
	if err != nil {
		return fault.Wrap(fault.Invalid, err)
	}
	r := t.New()
	*r.Base() = record.Meta{Household: p.Household, ID: p.Row, MadeBy: p.MadeBy, MadeAt: tx.Now()}
	if err := write.Apply(t, r, patch, s.Sealer, record.Author, record.Merge, record.Propose); err != nil {
		return err
	}
	if err := write.Complete(t, r); err != nil {
		return err
	}
	tx.Put(t, r)
	return recount(tx, t, p.Household)
}

func recount(tx write.Tx, t *record.Type, id string) error {
	if t == household.MemberType {
		return household.Recount(tx, id)
	}
	return nil
}
