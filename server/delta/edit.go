package delta

import (
	"encoding/json"
	"maps"
	"slices"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/write"
)

// edit changes a known row, or queues proposals for what may not simply change.
func (j *judge) edit(t *record.Type, row record.Record, m mutation, patch map[string]json.RawMessage, st standing) (verdict, error) {
	next, err := j.wanted(t, row, patch, st)
	if err != nil {
		return verdict{}, err
	}
	if t.Class == record.Author && (!st.late || t.Private != nil) && revisable(t, row) {
		return j.revise(t, row, next, m, patch, st)
	}
	if t.Class != record.Author { // before anything is queued
		if err := j.rule(t, t.Clone(next), row, m, st); err != nil {
			return verdict{}, err
		}
	}
	changed, err := j.tx.Changed(t, m.id, m.base)
	if err != nil {
		return verdict{}, err
	}
	out, apply, chosen := verdict{}, t.Clone(row), map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		f, _ := t.Field(name)
		was, want, err := j.plain(t, f, row, next)
		if err != nil {
			return verdict{}, err
		}
		chosen[name] = want
		if was == want {
			continue
		}
		var v verdict
		switch {
		case st.late || f.Class != record.Merge && (f.Class != record.Author || t.Class == record.Author || !revisable(t, row)):
			v, err = j.propose(t, m, household.Proposal{Field: name, State: "open"}, was, want, was)
		case otherChanged(changed, name, j.actor.User) != nil:
			v, err = j.conflict(t, m, name, otherChanged(changed, name, j.actor.User), [3]string{j.baseValue(changed, f, name), want, was})
		default:
			v, err = verdict{effect: true}, t.Set(apply, f, t.Get(next, f))
			j.history(t, row, apply, f, m)
		}
		if err != nil {
			return verdict{}, err
		}
		if v.code != "" {
			delete(chosen, name)
		}
		out = weigh(out, v)
	}
	if err := j.settled(t, m, chosen); err != nil {
		return verdict{}, err
	}
	if t.Class != record.Author && out.effect && differs(t, row, apply) {
		return out, j.apply(t, row, apply, m, patch, st)
	}
	return out, nil
}

// wanted is the row as patch would have it, refused when the patch is not the
// actor's to make.
func (j *judge) wanted(t *record.Type, row record.Record, patch map[string]json.RawMessage, st standing) (record.Record, error) {
	next := t.Clone(row)
	all := []record.Class{record.Author, record.Merge, record.Propose}
	if err := write.Apply(t, next, patch, j.s.Sealer, all...); err != nil {
		return nil, err
	}
	if err := write.Complete(t, next); err != nil {
		return nil, err
	}
	if t.Class == record.Author && row.Base().MadeBy != j.actor.User {
		return nil, fault.New(fault.Forbidden, "这条记录不是您写的。")
	}
	return next, j.may(t, row, patch, st)
}

// apply puts what is left of a change, with what the type's rule makes of it.
func (j *judge) apply(t *record.Type, row, next record.Record, m mutation, patch map[string]json.RawMessage, st standing) error {
	sent := t.Clone(next)
	if err := j.rule(t, next, row, m, st); err != nil {
		return err
	}
	for _, f := range t.Fields {
		if f.Name != "" && t.Get(sent, f) != t.Get(next, f) {
			j.history(t, row, next, f, m)
		}
	}
	j.step(t, row, next, m)
	j.put(t, next, m, patch)
	return nil
}

// step notes that a reviewed row went back to the queue.
func (j *judge) step(t *record.Type, row, next record.Record, m mutation) {
	if !t.Workflow {
		return
	}
	f, _ := t.Field("state")
	if from, to := t.Get(row, f), t.Get(next, f); from != to {
		j.tx.Add(&write.Step{Type: t.Name, Row: m.id, Rev: row.Base().Version, From: from, To: to, By: j.actor.User, At: j.tx.Now()})
	}
}

// may checks who may change the fields of patch: what the author keeps by the
// row's author, what is written for one role by that role, everything else by
// those who look after the household.
func (j *judge) may(t *record.Type, row record.Record, patch map[string]json.RawMessage, st standing) error {
	if t.Class == record.Server {
		return fault.New(fault.Forbidden, "")
	}
	if err := write.May(t, st.role, patch); err != nil || t.Class == record.Author {
		return err
	}
	for name := range patch {
		f, _ := t.Field(name)
		switch {
		case f.Class == record.Author && row.Base().MadeBy != j.actor.User:
			return fault.New(fault.Forbidden, "这条记录不是您写的。")
		case f.Class != record.Author && f.Write == "" && !access.Role(st.role).In("CV"):
			return fault.New(fault.Forbidden, "")
		}
	}
	return nil
}

// settled closes the author's own conflicts on fields that now read as the
// author chose after seeing both values: accepted when it is the value that
// had lost, else refused. Nobody has to settle it a second time.
func (j *judge) settled(t *record.Type, m mutation, chosen map[string]string) error {
	if len(chosen) == 0 {
		return nil
	}
	rows, err := j.tx.Of(household.ProposalType, m.household)
	if err != nil {
		return err
	}
	for _, r := range rows {
		p := r.(*household.Proposal)
		value, decided := chosen[p.Field]
		if !decided || p.State != "conflict" || p.MadeBy != j.actor.User || p.Target != t.Name || p.Row != m.id || p.DeletedAt > 0 || p.Seq > m.base || p.Version == 0 {
			continue
		}
		mine, err := j.s.Sealer.Open(p.Mine)
		if err != nil {
			return err
		}
		next := *p
		if next.State = "refused"; mine == value {
			next.State = "accepted"
		}
		j.tx.Put(household.ProposalType, &next)
	}
	return nil
}

// plain gives a field's value before and after, in plain text.
func (j *judge) plain(t *record.Type, f record.Field, a, b record.Record) (was, want string, err error) {
	was, want = t.Get(a, f), t.Get(b, f)
	if f.Kind != record.Secret {
		return was, want, nil
	}
	if was, err = j.s.Sealer.Open(record.Sealed(was)); err != nil {
		return "", "", err
	}
	want, err = j.s.Sealer.Open(record.Sealed(want))
	return was, want, err
}

// otherChanged is the latest change of the field that someone else made after
// the author's base; nil = there is none.
func otherChanged(hs []write.History, field, user string) *write.History {
	for i := len(hs) - 1; i >= 0; i-- {
		if hs[i].Field == field && hs[i].By != user {
			return &hs[i]
		}
	}
	return nil
}

// conflict queues what lost against a change by someone else: the values
// before, wanted and now, and who wrote the last and when.
func (j *judge) conflict(t *record.Type, m mutation, field string, by *write.History, values [3]string) (verdict, error) {
	name, err := j.tx.Name(by.By)
	if err != nil {
		return verdict{}, err
	}
	return j.propose(t, m, household.Proposal{Field: field, State: "conflict", Rival: name, RivalAt: by.At}, values[0], values[1], values[2])
}

// baseValue is what the author saw: the value before the first change since.
func (j *judge) baseValue(hs []write.History, f record.Field, field string) string {
	for _, h := range hs {
		if h.Field == field {
			if f.Kind != record.Secret {
				return h.Old
			}
			plain, err := j.s.Sealer.Open(record.Sealed(h.Old))
			if err != nil {
				return ""
			}
			return plain
		}
	}
	return ""
}

func differs(t *record.Type, a, b record.Record) bool {
	return slices.ContainsFunc(t.Fields, func(f record.Field) bool { return t.Get(a, f) != t.Get(b, f) })
}

// history keeps the value that is written over.
func (j *judge) history(t *record.Type, old, now record.Record, f record.Field, m mutation) {
	j.tx.Add(&write.History{Household: m.household, Type: t.Name, Row: m.id, Field: f.Name, Old: t.Get(old, f), New: t.Get(now, f), By: j.actor.User, At: j.tx.Now(), DeviceAt: m.deviceAt})
}

// revise applies the author's own change of a row that is not settled; a
// returned one goes back to the queue.
func (j *judge) revise(t *record.Type, row, next record.Record, m mutation, patch map[string]json.RawMessage, st standing) (verdict, error) {
	if err := j.rule(t, next, row, m, st); err != nil {
		return verdict{}, err
	}
	if !differs(t, row, next) {
		return verdict{effect: true}, nil
	}
	for _, f := range t.Fields {
		if f.Name != "" && t.Get(row, f) != t.Get(next, f) {
			j.history(t, row, next, f, m)
		}
	}
	j.step(t, row, next, m)
	j.put(t, next, m, patch)
	return verdict{effect: true}, nil
}
