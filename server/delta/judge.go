package delta

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/write"
)

// Codes of results that are not faults.
const (
	codeLate        = "late"
	codeProposal    = "proposal"
	codeConflict    = "conflict"
	codeQuarantined = "quarantined"
)

// The states of a kept mutation.
const (
	stateOpen    = "open"
	stateTaken   = "taken"
	stateRefused = "refused"
)

var sentence = map[string]string{
	codeLate:        "已收到。这户已移交给别人，镇里会看到这是移交前写的。",
	codeProposal:    "已收到，等镇里审核。",
	codeConflict:    "这一项别人先改了，您写的已留着，请选用哪一个。",
	codeQuarantined: "已收到，等镇里处理。",
}

// verdict is what became of one mutation.
type verdict struct {
	code, reason, ref string
	effect            bool // something was queued: leave a receipt
}

// weigh keeps the weightier of two verdicts (docs/sync-protocol.md, "Result codes").
func weigh(a, b verdict) verdict {
	rank := map[string]int{"": 0, codeLate: 1, codeProposal: 2, codeConflict: 3}
	effect := a.effect || b.effect
	if rank[b.code] > rank[a.code] {
		a = b
	}
	a.effect = effect
	return a
}

// judge decides the mutations of one run, in order, in memory.
type judge struct {
	s        *Service
	ctx      context.Context
	tx       write.Tx
	actor    access.Actor
	wiped    bool
	brought  string        // admin who imported the actor's work as a file; "" = a phone sends it
	grants   []write.Grant // the actor's, on the run's households
	before   map[string]record.Record
	receipts map[string]write.Receipt

	results []*write.Result
	fresh   []*write.Receipt
	patches map[string]map[string]json.RawMessage // merged patches per row, for own
	touched []touched
}

type touched struct {
	t         *record.Type
	id        string
	household string
}

func (j *judge) refused(err *fault.Error) verdict {
	if err == nil {
		return verdict{}
	}
	detail := err.Sentence()
	for _, f := range err.Fields {
		detail += f.Detail
	}
	return verdict{code: string(err.Code), reason: clip(detail, 300)}
}

func clip(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// note queues the result and the receipt of one mutation.
func (j *judge) note(m mutation, v verdict, client string) {
	j.results = append(j.results, &write.Result{Client: client, Mid: m.mid, Hash: m.hash, Code: v.code, Reason: v.reason, Ref: v.ref})
	j.receipt(m, v)
	switch v.code {
	case "", codeLate, codeProposal:
	case codeConflict:
		j.s.stats.Conflicts.Add(1)
	case codeQuarantined:
		j.s.stats.Quarantined.Add(1)
	default:
		j.s.stats.Refused.Add(1)
	}
}

// receipt queues that a mutation had its effect, so that it has none again.
func (j *judge) receipt(m mutation, v verdict) {
	if !v.effect {
		return
	}
	r := write.Receipt{Row: m.id, Hash: m.hash, Code: v.code, Ref: v.ref, At: j.tx.Now()}
	j.receipts[m.id+" "+m.hash] = r
	j.fresh = append(j.fresh, &r)
}

func (j *judge) queue() {
	j.tx.Add(j.results)
	j.tx.Add(j.fresh)
}

// standing is how the actor stands to a household for one mutation.
type standing struct {
	role string
	late bool
	old  bool // ended more than LateDays ago
}

// standing judges by the assignment that held at the mutation's base: work
// done while the household was the author's own is never lost for having
// arrived late.
func (j *judge) standing(household string, base int64) (standing, bool) {
	var ended *write.Grant
	for i, g := range j.grants {
		if g.Household != household {
			continue
		}
		if g.UntilSeq == 0 {
			return standing{role: g.Role}, true
		}
		if g.HeldAt(base) && (ended == nil || g.EndedAt > ended.EndedAt) {
			ended = &j.grants[i]
		}
	}
	if ended == nil {
		return standing{}, false
	}
	return standing{role: ended.Role, late: true, old: j.tx.Now()-ended.EndedAt > LateDays*86_400_000}, true
}

// mutation decides one mutation. An error is the database's; everything said
// about the mutation itself is in the verdict.
func (j *judge) mutation(m mutation) (verdict, error) {
	if j.receipts == nil {
		j.receipts = map[string]write.Receipt{}
	}
	v, err := j.decide(m)
	if e, ours := errors.AsType[*fault.Error](err); ours && e.Code != fault.Unavailable {
		return j.refused(e), nil
	}
	return v, err
}

func (j *judge) decide(m mutation) (verdict, error) {
	t := j.s.types[m.typ]
	if m.broken || t == nil {
		return verdict{}, fault.New(fault.BadRequest, "这条内容的格式不对。")
	}
	if r, again := j.receipts[m.id+" "+m.hash]; again { // its effect is there
		return j.again(r)
	}
	st, ok := j.standing(m.household, m.base)
	switch {
	case !ok:
		return verdict{}, fault.New(fault.NotFound, "")
	case t.Private != nil: // the township reads the quarantine: a private row never waits there
	case j.brought != "":
		return j.quarantine(m, "rescue")
	case j.actor.PushOnly:
		return j.quarantine(m, "push-only")
	case j.wiped:
		return j.quarantine(m, "wiped")
	case st.late && st.old:
		return j.quarantine(m, "late")
	}
	// Of what comes through sync only the common types that somebody may make
	// lie with the pseudo-household, and they nowhere else.
	if h, known := j.tx.Household(m.household); !known || h.Common() != (t.Common && t.Creators != "") {
		return verdict{}, fault.New(fault.NotFound, "")
	}
	if p := reasonField().CheckText(m.reason); p != nil {
		return verdict{}, fault.Bad(fault.Field(*p))
	}
	got, err := j.tx.Load(t, m.id)
	if err != nil {
		return verdict{}, err
	}
	row := got[m.id]
	switch {
	case row != nil && row.Base().Household != m.household:
		return verdict{}, fault.New(fault.IDTaken, "")
	case string(m.patch) == "null":
		return j.erase(t, row, m, st)
	}
	patch, err := record.Object(m.patch, 60)
	if err != nil {
		return verdict{}, fault.New(fault.BadRequest, "这条内容的格式不对。")
	}
	m.reason = reasonOf(m, patch, row == nil)
	if row == nil {
		return j.create(t, m, patch, st)
	}
	if row.Base().DeletedAt > 0 {
		return verdict{}, fault.New(fault.Gone, "这条记录已经删除。")
	}
	return j.edit(t, row, m, patch, st)
}

// again is what is told of a mutation whose effect is there: of one that was
// kept for the township, what became of it since.
func (j *judge) again(r write.Receipt) (verdict, error) {
	kept := verdict{code: r.Code, reason: sentence[r.Code], ref: r.Ref}
	if r.Code != codeQuarantined {
		return kept, nil
	}
	q, err := j.tx.Quarantined(r.Ref)
	switch {
	case err != nil || q == nil || q.State == stateOpen:
		return kept, err
	case q.State == stateTaken:
		return verdict{}, nil
	}
	return verdict{}, fault.New(fault.WrongState, "镇里没有接收："+q.Reason)
}

func (j *judge) quarantine(m mutation, why string) (verdict, error) {
	sealed, err := j.s.Sealer.Seal(m.text)
	if err != nil {
		return verdict{}, err
	}
	q := &write.Quarantine{ID: j.tx.NewID(), Household: m.household, User: j.actor.User, Mutation: string(sealed), Base: m.base, Why: why, State: stateOpen, At: j.tx.Now(), BroughtBy: j.brought}
	j.tx.Add(q)
	return verdict{code: codeQuarantined, reason: sentence[codeQuarantined], ref: q.ID, effect: true}, nil
}

// create makes a new row, or a proposal for one.
func (j *judge) create(t *record.Type, m mutation, patch map[string]json.RawMessage, st standing) (verdict, error) {
	if !access.Role(st.role).In(t.Creators) {
		return verdict{}, fault.New(fault.Forbidden, "")
	}
	r := t.New()
	*r.Base() = record.Meta{Household: m.household, ID: m.id, MadeBy: j.actor.User, MadeAt: j.tx.Now()}
	if err := write.Apply(t, r, patch, j.s.Sealer, record.Author, record.Merge, record.Propose); err != nil {
		return verdict{}, err
	}
	if err := write.May(t, st.role, patch); err != nil {
		return verdict{}, err
	}
	if err := write.Complete(t, r); err != nil {
		return verdict{}, err
	}
	if t.Class == record.Propose {
		return j.propose(t, m, household.Proposal{Field: "*", State: "open"}, "", string(m.patch), "")
	}
	if err := j.rule(t, r, nil, m, st); err != nil {
		return verdict{}, err
	}
	j.put(t, r, m, patch)
	v := verdict{effect: true}
	if st.late {
		v.code, v.reason = codeLate, sentence[codeLate]
	}
	return v, nil
}

// rule asks the type's own rule, if it has one.
func (j *judge) rule(t *record.Type, r, before record.Record, m mutation, st standing) error {
	rule := j.s.Rules[t.Name]
	if rule == nil {
		return nil
	}
	return rule(j.tx, write.Arrival{By: j.actor.User, Role: st.role, Row: r, Before: before, Base: m.base, DeviceAt: m.deviceAt, Late: st.late})
}

func (j *judge) put(t *record.Type, r record.Record, m mutation, patch map[string]json.RawMessage) {
	j.tx.Put(t, r)
	j.touch(t, m, patch)
}

func (j *judge) touch(t *record.Type, m mutation, patch map[string]json.RawMessage) {
	key := t.Name + " " + m.id
	if j.patches == nil {
		j.patches = map[string]map[string]json.RawMessage{}
	}
	if j.patches[key] == nil {
		j.patches[key] = map[string]json.RawMessage{}
		j.touched = append(j.touched, touched{t, m.id, m.household})
	}
	for k, v := range patch {
		j.patches[key][k] = v
	}
}

// erase makes a tombstone of the author's own row while it may be revised.
func (j *judge) erase(t *record.Type, row record.Record, m mutation, st standing) (verdict, error) {
	switch {
	case row == nil:
		return verdict{}, fault.New(fault.NotFound, "")
	case row.Base().DeletedAt > 0:
		return verdict{}, nil
	case t.Class != record.Author && !t.Workflow || row.Base().MadeBy != j.actor.User || st.late || t.Private != nil:
		return verdict{}, fault.New(fault.Forbidden, "这条记录不能由您删除。")
	case !revisable(t, row):
		return verdict{}, fault.New(fault.WrongState, "已经审核过的记录不能删除。")
	}
	r := t.Clone(row)
	r.Base().DeletedAt = j.tx.Now()
	j.put(t, r, m, nil)
	return verdict{effect: true}, nil
}

// revisable reports whether the workflow still lets the author change a row.
func revisable(t *record.Type, r record.Record) bool {
	if !t.Workflow {
		return true
	}
	f, _ := t.Field("state")
	return slices.Contains([]string{"", "pending", "returned"}, t.Get(r, f))
}

// reasonField is the reason of a proposal.
func reasonField() record.Field {
	f, _ := household.ProposalType.Field("reason") // declared there
	return f
}

// reasonOf is why the author asks: what stands with the mutation, else the
// registry's own word for it in the patch: why a person joined or left.
func reasonOf(m mutation, patch map[string]json.RawMessage, fresh bool) string {
	field := "left"
	if fresh {
		field = "joined"
	}
	if raw, told := patch[field]; told && m.reason == "" {
		f, _ := household.MemberType.Field(field)
		word, _ := f.Decode(raw) // what is wrong with it write.Apply says
		return word
	}
	return m.reason
}

// propose queues a proposal row that carries one change; of names the field,
// the state and, of a conflict, whose value is there.
func (j *judge) propose(t *record.Type, m mutation, of household.Proposal, was, mine, theirs string) (verdict, error) {
	p := &of
	p.Target, p.Row, p.Reason = t.Name, m.id, m.reason
	p.Meta = record.Meta{Household: m.household, ID: j.tx.NewID(), MadeBy: j.actor.User, MadeAt: j.tx.Now()}
	for _, s := range []struct {
		to    *record.Sealed
		plain string
	}{{&p.Was, was}, {&p.Mine, mine}, {&p.Theirs, theirs}} {
		sealed, err := j.s.Sealer.Seal(s.plain)
		if err != nil {
			return verdict{}, err
		}
		*s.to = sealed
	}
	j.tx.Put(household.ProposalType, p)
	code := codeProposal
	if p.State == "conflict" {
		code = codeConflict
	}
	return verdict{code: code, reason: sentence[code], ref: p.ID, effect: true}, nil
}
