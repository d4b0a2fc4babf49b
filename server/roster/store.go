package roster

import (
	"context"
	"fmt"
	"time"

	"daohu/server/activity"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/ledger"
	"daohu/server/measure"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/write"
)

// moved says that the registry is not what the plan was made from.
func moved() error {
	return fault.New(fault.Stale, "导入的时候有人同时在改这些户，没有导入，请再试一次。")
}

// Store stores a plan in one transaction: all of it or nothing, with a history
// of every value it writes over. It returns the transaction's seq, 0 when
// there was nothing to write. Code: stale.
func (l *Loader) Store(ctx context.Context, in Into, p *Plan) (int64, error) {
	for _, f := range p.fresh {
		if f.login != "" && in.People[f.login].ID == "" {
			return 0, fmt.Errorf("roster: cadre %q has no user", f.login)
		}
	}
	intent := write.Intent{Township: in.Township, Actor: in.Actor, Action: "import", Households: append(sorted(p.locks), in.Common)}
	return l.Writer.Write(ctx, intent, func(tx write.Tx) error {
		if _, there := tx.Household(in.Common); !there {
			tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{Household: in.Common, ID: in.Common, MadeAt: tx.Now()}, Kind: "township"})
		}
		if in.Extra != nil {
			if err := in.Extra(tx, in.Common); err != nil {
				return err
			}
		}
		if err := p.still(tx); err != nil {
			return err
		}
		if err := p.change(tx, in.Actor); err != nil {
			return err
		}
		if err := ledger.NewBook(tx, in.Common, in.Actor).OpenWith(p.insert(tx, in)); err != nil {
			return err
		}
		if err := household.Recount(tx, sorted(p.recount)...); err != nil {
			return err
		}
		if err := pairing.Materialise(tx, in.Common, sorted(p.paired)...); err != nil {
			return err
		}
		workers := map[string][]string{}
		for house, village := range p.village {
			workers[house] = in.Workers[village]
		}
		return pairing.AssignWorkers(tx, in.Common, workers)
	})
}

// still compares what the plan was made from with what is there now, under the
// locks.
func (p *Plan) still(tx write.Tx) error {
	houses, err := tx.Load(household.HouseholdType, sorted(p.locks)...)
	if err != nil {
		return err
	}
	for id := range p.locks {
		h, ok := houses[id].(*household.Household)
		if v, edited := p.seen[household.HouseholdType][id]; !ok || h.State != "" || h.DeletedAt > 0 || edited && h.Version != v {
			return moved()
		}
	}
	for t, ids := range map[*record.Type]set{household.MemberType: p.recount, pairing.Type: p.paired, measure.Type: p.watched} {
		rows, err := tx.Of(t, sorted(ids)...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			v, known := p.seen[t][r.Base().ID]
			if gone := r.Base().DeletedAt > 0; known == gone || known && v != r.Base().Version {
				return moved()
			}
		}
	}
	for t, keys := range p.free {
		for _, k := range keys {
			taken, err := tx.Find(t, k.field, k.values...)
			if err != nil {
				return err
			}
			for _, r := range taken {
				m, person := r.(*household.Member)
				if !person || k.field == "Code" || m.Left == "" && !p.leaving[m.ID] { // a number is free again when its bearer has left
					return moved()
				}
			}
		}
	}
	return nil
}

// change writes the edits, and the history of what they write over.
func (p *Plan) change(tx write.Tx, actor string) error {
	for _, e := range p.edits {
		now := e.t.Clone(e.have) // at the version that still has compared
		for _, s := range e.sets {
			tx.Add(&write.History{Household: now.Base().Household, Type: e.t.Name, Row: now.Base().ID, Field: s.field.Name,
				Old: e.t.Get(e.have, s.field), New: s.value, By: actor, At: tx.Now()})
			if err := e.t.Set(now, s.field, s.value); err != nil {
				return err
			}
		}
		if m, ok := now.(*household.Member); ok && e.index != "" {
			m.IDIndex = e.index
		}
		tx.Put(e.t, now)
	}
	return nil
}

// insert puts the new rows, households before what lies with them, and returns
// the measures among them.
func (p *Plan) insert(tx write.Tx, in Into) (out []*measure.Measure) {
	for _, f := range p.fresh {
		rec := f.t.Clone(f.rec) // decide may run again
		u := in.People[f.login]
		switch r := rec.(type) {
		case *pairing.Pairing:
			r.Cadre, r.Name, r.Unit, r.Phone = u.ID, u.Name, u.Unit, u.Phone
		case *activity.Visit:
			r.MadeBy = u.ID
		case *measure.Measure:
			out = append(out, r)
		}
		if rec.Base().MadeAt == 0 {
			rec.Base().MadeAt = tx.Now()
		}
		tx.Put(f.t, rec)
	}
	return out
}

// noon is 12:00 of a day in Asia/Shanghai, Unix ms.
func noon(day string) int64 {
	d, err := calendar.ParseDay(day)
	if err != nil {
		return 0
	}
	return d.Begins() + (12 * time.Hour).Milliseconds()
}
