package registry

import (
	"context"
	"encoding/json"
	"strings"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow"
	"daohu/server/write"
)

// Change applies patch to the row at revision rev, online, by a township
// admin: a compare-and-set. Of a type that is not reviewed patch may say why
// ("reason", where the type has no field of that name); its history tells it.
// Codes: invalid, stale, not-found.
func (s *Service) Change(ctx context.Context, a access.Actor, t *record.Type, id string, rev int64, patch json.RawMessage) (json.RawMessage, error) {
	fields, err := record.Object(patch, 60)
	if err != nil {
		return nil, fault.Wrap(fault.BadRequest, err)
	}
	reason, err := because(t, fields)
	if err != nil {
		return nil, err
	}
	found, err := s.Row(ctx, a, t, id)
	if err != nil {
		return nil, err
	}
	m := found.Base()
	in := write.Intent{Township: m.Township, Actor: a.User, Action: "change", Households: []string{m.Household}}
	var out record.Record
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		if h, _ := tx.Household(m.Household); !t.Lies(h.Common()) {
			return missing // everyone in the township holds that one
		}
		got, err := tx.Load(t, id)
		if err != nil {
			return err
		}
		row := got[id]
		if row == nil || row.Base().DeletedAt > 0 {
			return missing
		}
		if row.Base().Version != rev {
			return fault.New(fault.Stale, "")
		}
		out = t.Clone(row)
		allowed := []record.Class{record.Merge, record.Propose, record.Online}
		if row.Base().MadeBy == a.User && (t.Class != record.Author || enters(t, a)) {
			allowed = append(allowed, record.Author)
		}
		if err := s.fill(tx, a, t, out, row, fields, allowed); err != nil {
			return err
		}
		return s.put(tx, a, t, row, out, reason)
	})
	if err != nil {
		return nil, err
	}
	return s.project(t, out, a)
}

// Explained reports whether a change of a row of t may say why.
func Explained(t *record.Type) bool {
	_, own := t.Field("reason")
	return !t.Workflow && !own
}

// because takes why a row is changed out of a patch; "" = not told.
func because(t *record.Type, fields map[string]json.RawMessage) (string, error) {
	raw, told := fields["reason"]
	if !told || !Explained(t) {
		return "", nil
	}
	delete(fields, "reason")
	var reason string
	if err := json.Unmarshal(raw, &reason); err != nil {
		return "", fault.Bad(fault.Field{Name: "reason", Code: "format", Detail: "原因要写成文字。"})
	}
	reason = strings.TrimSpace(reason)
	if p := (record.Field{Name: "reason", Max: reasonMax}).CheckText(reason); p != nil {
		return "", fault.Bad(fault.Field(*p))
	}
	return reason, nil
}

// stateOf is the state of a row; "" where its type has none.
func stateOf(t *record.Type, r record.Record) string {
	f, ok := t.Field("state")
	if !ok {
		return ""
	}
	return t.Get(r, f)
}

// fill sets what was sent, and what follows from it, in r; before is the row as
// it was, nil for a new one.
func (s *Service) fill(tx write.Tx, a access.Actor, t *record.Type, r, before record.Record, patch map[string]json.RawMessage, allowed []record.Class) error {
	if err := write.Apply(t, r, patch, s.Sealer, allowed...); err != nil {
		return err
	}
	if err := write.May(t, string(a.Role), patch); err != nil {
		return err
	}
	if err := write.Complete(t, r); err != nil {
		return err
	}
	s.index(r, patch)
	if rule := s.Rules[t.Name]; rule != nil {
		return rule(tx, write.Arrival{By: a.User, Role: string(a.Role), Row: r, Before: before})
	}
	return nil
}

// enters reports whether the actor's role makes rows of the reviewed type
// online: nobody reviews what the township enters itself.
func enters(t *record.Type, a access.Actor) bool { return t.Workflow && a.Role.In(t.Creators) }

// entered approves a row of such a type, which then does not wait.
func entered(tx write.Tx, a access.Actor, t *record.Type, r record.Record) error {
	state, _ := t.Field("state")
	tx.Add(&write.Step{Type: t.Name, Row: r.Base().ID, To: workflow.Approved, By: a.User, At: tx.Now()})
	return t.Set(r, state, workflow.Approved)
}

// index keeps the blind index of an ID number in step with the number.
func (s *Service) index(r record.Record, patch map[string]json.RawMessage) {
	m, ok := r.(*household.Member)
	raw, sent := patch["idNo"]
	if !ok || !sent {
		return
	}
	var plain string
	_ = json.Unmarshal(raw, &plain) // Apply has checked that it is text or null
	m.IDIndex = s.Sealer.Index(plain)
}

// put queues the changed row, what it wrote over, and what follows from it.
func (s *Service) put(tx write.Tx, a access.Actor, t *record.Type, was, now record.Record, reason string) error {
	changed := false
	for _, f := range t.Fields {
		old, value := t.Get(was, f), t.Get(now, f)
		if old == value {
			continue
		}
		changed = true
		if f.Name != "" {
			tx.Add(&write.History{Household: now.Base().Household, Type: t.Name, Row: now.Base().ID, Field: f.Name, Old: old, New: value, By: a.User, At: tx.Now()})
		}
	}
	if !changed {
		return nil
	}
	if reason != "" {
		tx.Add(&write.Step{Type: t.Name, Row: now.Base().ID, Rev: was.Base().Version, From: stateOf(t, was), To: stateOf(t, was), By: a.User, Reason: reason, At: tx.Now()})
	}
	tx.Put(t, now)
	if t == household.MemberType {
		return household.Recount(tx, now.Base().Household)
	}
	return nil
}

// Make adds a row to a household, online. The same id with the same body
// again answers with the row; with another body it is id-taken.
func (s *Service) Make(ctx context.Context, a access.Actor, t *record.Type, h House, id string, body json.RawMessage) (json.RawMessage, error) {
	fields, err := record.Object(body, 60)
	if err != nil {
		return nil, fault.Wrap(fault.BadRequest, err)
	}
	if id == "" {
		id = s.NewID()
	}
	if !record.IsID(id) {
		return nil, fault.Bad(fault.Field{Name: "id", Code: "format", Detail: "编号的格式不对。"})
	}
	if h.ID == "" { // of the township as a whole
		if h.ID, err = s.Store.Common(ctx, h.Township); err != nil {
			return nil, err
		}
	}
	var out record.Record
	in := write.Intent{Township: h.Township, Actor: a.User, Action: "make", Households: []string{h.ID}}
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		if in, known := tx.Household(h.ID); !known || !t.Lies(in.Common()) {
			return missing // what is meant for one household does not go to all
		}
		out = t.New()
		*out.Base() = record.Meta{Household: h.ID, ID: id, MadeBy: a.User, MadeAt: tx.Now()}
		if err := s.fill(tx, a, t, out, nil, fields, []record.Class{record.Author, record.Merge, record.Propose, record.Online}); err != nil {
			return err
		}
		got, err := tx.Load(t, id)
		if err != nil {
			return err
		}
		if have := got[id]; have != nil {
			same, err := s.same(t, have, out, h.ID)
			if err == nil && !same {
				err = fault.New(fault.IDTaken, "")
			}
			out = have
			return err
		}
		if enters(t, a) {
			if err := entered(tx, a, t, out); err != nil {
				return err
			}
		}
		tx.Put(t, out)
		if t == household.MemberType {
			return household.Recount(tx, h.ID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.project(t, out, a)
}

// same compares what can be written of two rows, in plain text: a masked
// number would hide the difference. Revision, author and what the server sets
// stay aside.
func (s *Service) same(t *record.Type, have, want record.Record, h string) (bool, error) {
	if m := have.Base(); m.Household != h || m.DeletedAt > 0 {
		return false, nil
	}
	for _, f := range t.Fields {
		x, y := t.Get(have, f), t.Get(want, f)
		if f.Kind == record.Secret {
			var err error
			if x, err = s.Sealer.Open(record.Sealed(x)); err != nil {
				return false, err
			}
			if y, err = s.Sealer.Open(record.Sealed(y)); err != nil {
				return false, err
			}
		}
		if f.Class != record.Server && x != y {
			return false, nil
		}
	}
	return true, nil
}
