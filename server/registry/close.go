package registry

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/write"
)

// How a household ends.
//
// A household is never deleted (design: domain.md F, hard rules): it is closed,
// or merged into another of the township. Either way its pairings end that day
// with the reason, and so does every assignment: the cadre's, the village
// worker's and the household's own login; phones are told that it is gone. What
// they had not sent yet is judged by the assignment that held when it was
// written (docs/sync-protocol.md, "Judging a mutation"): new visits are accepted
// as late, edits become proposals, so that nothing is lost.
//
// When households merge, the people who live there are copied, not moved:
//   - a row lies with one household for good. Late edits, history, the audit
//     chain and the phones' copies name a row by its household; a row that moved
//     would turn the unsent work on it into "id taken".
//   - so each living member gets a new row in the other household, sealed values
//     and blind index as they are, and the old row is marked as left (并户) and
//     no longer counts; both say since which day.
//   - how people are related is said of the old head; in the other household it
//     becomes 其他 until somebody proposes better, and the old word stays in the
//     history of the new row.
//   - telephone, address, visits, needs and photos stay where they were written:
//     the other household has its own, and the township can read both.
//
// A household closed by mistake is opened again (Reopen): its village workers
// and its own login hold it as before, a cadre is paired anew. A merged one is
// not: its people live in the other household.

// The states of a household that has ended; "" = open.
const (
	Closed = "closed"
	Merged = "merged"
)

// Words the merge writes.
const (
	byMerge       = "并户" // Member.Left of the old row, Member.Joined of the new one
	otherRelation = "其他" // AAB006 99
)

// endReasonMax leaves room for the other household's code in the step, which
// holds 200 runes.
const endReasonMax = 150

// Ending is a wish to end a household.
type Ending struct {
	Rev    int64  // revision of the household the admin saw
	Into   string // household to merge into; "" = close
	Reopen bool   // take a closing back instead
	Reason string // 5 to 150 runes
}

func (e Ending) check(in House) error {
	f := record.Field{Name: "reason", Max: endReasonMax}
	if p := f.CheckText(e.Reason); p != nil {
		return fault.Bad(fault.Field(*p))
	}
	if utf8.RuneCountInString(strings.TrimSpace(e.Reason)) < reasonMin {
		return fault.Bad(fault.Field{Name: "reason", Code: "required", Detail: "请写明原因，至少 5 个字。"})
	}
	if e.Into != "" && !record.IsID(e.Into) {
		return noTarget
	}
	if e.Into == in.ID {
		return fault.Bad(fault.Field{Name: "into", Code: "not-allowed", Detail: "不能并入自己。"})
	}
	return nil
}

var noTarget = fault.Bad(fault.Field{Name: "into", Code: "not-allowed", Detail: "没有要并入的那一户，或者它已经销户。"})

// End closes a household, merges it into another of the same township, or opens
// a closed one again, and returns its row. Only a township admin may. Codes:
// invalid, forbidden, not-found, stale, wrong-state.
func (s *Service) End(ctx context.Context, a access.Actor, in House, e Ending) (json.RawMessage, error) {
	if a.Role != access.Township || a.PushOnly {
		return nil, fault.New(fault.Forbidden, "")
	}
	if err := e.check(in); err != nil {
		return nil, err
	}
	if _, err := s.Reach(ctx, a, in.ID); err != nil {
		return nil, err
	}
	common, err := s.Store.Common(ctx, in.Township)
	if err != nil {
		return nil, err
	}
	w := write.Intent{Township: in.Township, Actor: a.User, Action: "close", Households: []string{in.ID, common}}
	decide := end
	switch {
	case e.Reopen:
		w.Action, decide = "reopen", reopen
	case e.Into != "":
		w.Action, w.Households = "merge", append(w.Households, e.Into)
	}
	_, err = s.Writer.Write(ctx, w, func(tx write.Tx) error { return decide(tx, a, common, in.ID, e) })
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, a, household.HouseholdType, in.ID)
}

// end is End under the locks.
func end(tx write.Tx, a access.Actor, common, id string, e Ending) error {
	got, err := tx.Load(household.HouseholdType, id, e.Into)
	if err != nil {
		return err
	}
	h, _ := got[id].(*household.Household)
	switch {
	case h == nil, h.Kind != "", h.DeletedAt > 0:
		return missing
	case h.State != "":
		return fault.New(fault.WrongState, "这一户已经销户或并户。")
	case h.Version != e.Rev:
		return fault.New(fault.Stale, "")
	}
	step := &write.Step{Type: household.HouseholdType.Name, Row: id, Rev: h.Version, From: h.State, To: Closed, By: a.User, Reason: e.Reason, At: tx.Now()}
	if e.Into != "" {
		into, _ := got[e.Into].(*household.Household)
		if into == nil || into.Kind != "" || into.State != "" || into.DeletedAt > 0 {
			return noTarget
		}
		step.To, step.Reason = Merged, "并入 "+into.Code+"："+e.Reason
	}
	now := *h
	now.State = step.To
	tx.Put(household.HouseholdType, &now)
	tx.Add(step)
	note(tx, a, &now.Meta, household.HouseholdType, "state", h.State, now.State)
	if e.Into != "" {
		if err := moveIn(tx, a, id, e.Into); err != nil {
			return err
		}
	}
	if err := endPairings(tx, id, e.Reason); err != nil {
		return err
	}
	return release(tx, common, id)
}

// reopen takes a closing back under the locks.
func reopen(tx write.Tx, a access.Actor, common, id string, e Ending) error {
	got, err := tx.Load(household.HouseholdType, id)
	if err != nil {
		return err
	}
	h, _ := got[id].(*household.Household)
	switch {
	case h == nil, h.Kind != "", h.DeletedAt > 0:
		return missing
	case h.State != Closed:
		return fault.New(fault.WrongState, "只有销户的才能恢复；并户的人已经在另一户。")
	case h.ErasedAt > 0:
		return fault.New(fault.WrongState, "这一户的个人信息已经删除，不能恢复。")
	case h.Version != e.Rev:
		return fault.New(fault.Stale, "")
	}
	now := *h
	now.State = ""
	tx.Put(household.HouseholdType, &now)
	tx.Add(&write.Step{Type: household.HouseholdType.Name, Row: id, Rev: h.Version, From: h.State, To: "", By: a.User, Reason: e.Reason, At: tx.Now()})
	note(tx, a, &now.Meta, household.HouseholdType, "state", h.State, now.State)
	return pairing.Regrant(tx, common, id)
}

// note keeps one value that is written over.
func note(tx write.Tx, a access.Actor, m *record.Meta, t *record.Type, field, old, value string) {
	tx.Add(&write.History{Household: m.Household, Type: t.Name, Row: m.ID, Field: field, Old: old, New: value, By: a.User, At: tx.Now()})
}

// moveIn copies the people who live in one household to another.
func moveIn(tx write.Tx, a access.Actor, from, into string) error {
	rows, err := tx.Of(household.MemberType, from)
	if err != nil {
		return err
	}
	for _, r := range rows {
		was := r.(*household.Member)
		if was.DeletedAt > 0 || was.Left != "" {
			continue
		}
		gone, here, today := *was, *was, dayOf(tx.Now())
		gone.Left, gone.LeftDay = byMerge, today
		tx.Put(household.MemberType, &gone)
		note(tx, a, &gone.Meta, household.MemberType, "left", was.Left, gone.Left)
		note(tx, a, &gone.Meta, household.MemberType, "leftDay", was.LeftDay, gone.LeftDay)
		here.Meta = record.Meta{Household: into, ID: tx.NewID(), MadeBy: a.User, MadeAt: tx.Now()}
		here.Relation, here.Joined, here.JoinedDay = otherRelation, byMerge, today
		tx.Put(household.MemberType, &here)
		note(tx, a, &here.Meta, household.MemberType, "relation", was.Relation, here.Relation)
	}
	for _, id := range []string{from, into} {
		if err := household.Recount(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// endPairings ends the pairings that run, today, or on the day they were to
// begin when that is later.
func endPairings(tx write.Tx, id, reason string) error {
	rows, err := tx.Of(pairing.Type, id)
	if err != nil {
		return err
	}
	today := dayOf(tx.Now())
	for _, r := range rows {
		if p := r.(*pairing.Pairing); p.To == "" && p.DeletedAt == 0 {
			tx.Put(pairing.Type, pairing.Close(p, max(today, p.From), reason))
		}
	}
	return nil
}

// release ends every assignment of a household, whatever its source, and lets
// go of the common rows those who hold nothing else. It looks at all sources
// at once: one by one, each would still see the others' as held.
func release(tx write.Tx, common, id string) error {
	grants, err := tx.Grants(id)
	if err != nil {
		return err
	}
	var who []string
	for _, g := range grants {
		if g.UntilSeq == 0 {
			tx.Revoke(g)
			who = append(who, g.Principal)
		}
	}
	slices.Sort(who)
	held, err := tx.Held(slices.Compact(who)...)
	if err != nil {
		return err
	}
	busy := map[string]bool{}
	for _, g := range held {
		if g.Household != id && g.Household != common {
			busy[g.Principal] = true
		}
	}
	for _, g := range held {
		if g.Household == common && !busy[g.Principal] {
			tx.Revoke(g)
		}
	}
	return nil
}
