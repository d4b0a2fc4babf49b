package workflow

import (
	"context"
	"errors"
	"slices"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow/flow"
	"daohu/server/write"
)

// BatchMost is how many rows are decided at once: one page of the inbox.
const BatchMost = 200

// UndoFor is how long a decision may be taken back, by the server's clock.
const UndoFor = 10 * time.Second

// Codes of a Verdict beside those of fault.
const (
	OK   = "ok"   // decided, or would be
	Done = "done" // the caller decided just so before: the answer was lost on the way
)

// Mark names a row at the revision the caller saw.
type Mark struct {
	ID  string `json:"id" minLength:"12" maxLength:"12"`
	Rev int64  `json:"rev" minimum:"1" doc:"revision of the row the admin saw"`
}

// Batch is one decision on many rows of a type.
type Batch struct {
	Action string
	Reason string
	Rows   []Mark
	Dry    bool // judge only
}

// Verdict is what became of one row, or would.
type Verdict struct {
	ID     string        `json:"id"`
	Code   string        `json:"code" doc:"ok, done (decided so by the caller before), stale, own-record, wrong-state, not-found, or invalid: errors of the household in fields"`
	Detail string        `json:"detail,omitempty" doc:"a sentence for what was not done"`
	Fields []fault.Field `json:"fields,omitempty"`
	Rev    int64         `json:"rev,omitempty" doc:"revision now, to undo with"`
	State  string        `json:"state,omitempty" doc:"state now"`
}

// Outcome is what became of many rows: each is named, in the order asked.
type Outcome struct {
	Dry   bool      `json:"dry,omitempty" doc:"nothing was written"`
	N     int       `json:"n" doc:"rows with the code ok"`
	Until int64     `json:"until,omitempty" doc:"how long the decision may be taken back, Unix ms by the server's clock; absent = it cannot be"`
	Rows  []Verdict `json:"rows"`
}

// ruling is one row under the locks and what is to become of it.
type ruling struct {
	out  record.Record   // as it is then; nil = nothing is written
	also []record.Record // rows of the type that change with it
	held bool            // it had an effect: it is not taken back
	err  error           // why not
	done bool            // it is so already, by the same hand
}

// ruler judges one row, as it stands under the locks.
type ruler func(tx write.Tx, t *record.Type, row record.Record, rev int64) ruling

// Decide moves one record of a reviewed type and returns it as it is then.
// A pass is held to its gates in the township's workflow: where the household
// has to be without errors, the fields of the invalid name them.
// Codes: invalid, not-found, own-record, stale, wrong-state.
func (s *Service) Decide(ctx context.Context, a access.Actor, t *record.Type, id string, d Decision) (record.Record, error) {
	rule, err := s.decision(ctx, a, t, d.Action, d.Reason)
	if err != nil {
		return nil, err
	}
	return s.one(ctx, a, t, d.Action, Mark{id, d.Rev}, rule)
}

// DecideAll decides on up to BatchMost rows in one transaction: those that may
// be are, each of the others is named with the reason. A dry run says the
// same and writes nothing. Code: invalid.
func (s *Service) DecideAll(ctx context.Context, a access.Actor, t *record.Type, b Batch) (Outcome, error) {
	rule, err := s.decision(ctx, a, t, b.Action, b.Reason)
	if err != nil {
		return Outcome{}, err
	}
	return s.all(ctx, a, t, b.Action, b.Rows, b.Dry, rule)
}

// Undo takes the caller's own decision back within UndoFor, when nothing else
// happened to the row since. Codes: not-found, stale, wrong-state.
func (s *Service) Undo(ctx context.Context, a access.Actor, t *record.Type, id string, rev int64) (record.Record, error) {
	rule, err := s.undo(ctx, a, t)
	if err != nil {
		return nil, err
	}
	return s.one(ctx, a, t, "undo", Mark{id, rev}, rule)
}

// UndoAll is Undo for many rows, as DecideAll.
func (s *Service) UndoAll(ctx context.Context, a access.Actor, t *record.Type, rows []Mark) (Outcome, error) {
	rule, err := s.undo(ctx, a, t)
	if err != nil {
		return Outcome{}, err
	}
	out, err := s.all(ctx, a, t, "undo", rows, false, rule)
	out.Until = 0
	return out, err
}

// one carries out a ruling on one row.
func (s *Service) one(ctx context.Context, a access.Actor, t *record.Type, action string, m Mark, rule ruler) (record.Record, error) {
	got, _, err := s.rule(ctx, a, t, action, []Mark{m}, false, rule)
	if err != nil {
		return nil, err
	}
	if got[0].done {
		return nil, fault.New(fault.Stale, "")
	}
	return got[0].out, got[0].err
}

// all carries out a ruling on many rows and says what became of each.
func (s *Service) all(ctx context.Context, a access.Actor, t *record.Type, action string, marks []Mark, dry bool, rule ruler) (Outcome, error) {
	if err := distinct(marks); err != nil {
		return Outcome{}, err
	}
	got, now, err := s.rule(ctx, a, t, action, marks, dry, rule)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Dry: dry, Rows: make([]Verdict, 0, len(marks))}
	state, held := mustField(t, "state"), false
	for i, r := range got {
		v := Verdict{ID: marks[i].ID, Code: OK}
		if e, ok := errors.AsType[*fault.Error](r.err); ok {
			v.Code, v.Detail, v.Fields = string(e.Code), e.Sentence(), e.Fields
		}
		if r.done {
			v.Code = Done
		}
		if r.out != nil && !dry {
			v.Rev, v.State = r.out.Base().Version, t.Get(r.out, state)
		}
		if v.Code == OK {
			out.N++
			held = held || r.held
		}
		out.Rows = append(out.Rows, v)
	}
	if out.N > 0 && !dry && !held {
		out.Until = now + UndoFor.Milliseconds()
	}
	return out, nil
}

// distinct checks that every row is named once.
func distinct(marks []Mark) error {
	if n := len(marks); n == 0 || n > BatchMost {
		return fault.Bad(fault.Field{Name: "rows", Code: "range", Detail: "一次要处理 1 到 200 条。"})
	}
	seen := map[string]bool{}
	for _, m := range marks {
		if seen[m.ID] {
			return fault.Bad(fault.Field{Name: "rows", Code: "format", Detail: "同一条记录只能写一次。"})
		}
		seen[m.ID] = true
	}
	return nil
}

// rule judges the rows under the locks of their households and, unless dry,
// writes those that may change, in one transaction. Whoever comes second sees
// the first one's revision. An error is not about a row: nothing is written.
func (s *Service) rule(ctx context.Context, a access.Actor, t *record.Type, action string, marks []Mark, dry bool, judge ruler) (out []ruling, now int64, err error) {
	ids := make([]string, len(marks))
	for i, m := range marks {
		ids[i] = m.ID
	}
	found, err := s.Store.FindAll(ctx, t, a.Township, ids)
	if err != nil {
		return nil, 0, err
	}
	in := write.Intent{Township: a.Township, Actor: a.User, Action: action}
	for _, r := range found {
		in.Households = append(in.Households, r.Base().Household)
	}
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		out, now = make([]ruling, len(marks)), tx.Now()
		got, err := tx.Load(t, ids...)
		if err != nil {
			return err
		}
		for i, m := range marks {
			out[i] = ruleOn(tx, t, got[m.ID], m.Rev, judge)
			if err := out[i].err; err != nil {
				if e, ours := errors.AsType[*fault.Error](err); !ours || e.Code == fault.Unavailable || e.Code == fault.Internal {
					return err
				}
			} else if !dry && !out[i].done {
				advance(tx, a, t, got[m.ID], out[i].out, m.Rev)
				for _, r := range out[i].also {
					tx.Put(t, r)
				}
			}
		}
		return nil
	})
	return out, now, err
}

// ruleOn judges a row that is there and whose household is locked.
func ruleOn(tx write.Tx, t *record.Type, row record.Record, rev int64, judge ruler) ruling {
	if row == nil || row.Base().DeletedAt > 0 {
		return ruling{err: fault.New(fault.NotFound, "")}
	}
	if _, locked := tx.Household(row.Base().Household); !locked { // it came after we had looked
		return ruling{err: fault.New(fault.Stale, "")}
	}
	return judge(tx, t, row, rev)
}

// advance queues a moved row and its step.
func advance(tx write.Tx, a access.Actor, t *record.Type, was, now record.Record, rev int64) {
	state, words := mustField(t, "state"), mustField(t, "words")
	tx.Add(&write.Step{Type: t.Name, Row: now.Base().ID, Rev: rev, From: t.Get(was, state), To: t.Get(now, state), By: a.User, Reason: t.Get(now, words), At: tx.Now()})
	tx.Put(t, now)
}

// moved is a copy of row in another state.
func moved(t *record.Type, row record.Record, state, words string) ruling {
	out := t.Clone(row)
	return ruling{out: out, err: errors.Join(t.Set(out, mustField(t, "state"), state), t.Set(out, mustField(t, "words"), words))}
}

// decision is the ruler of a decision. Code: invalid.
func (s *Service) decision(ctx context.Context, a access.Actor, t *record.Type, action, reason string) (ruler, error) {
	refused := fault.Bad(fault.Field{Name: "action", Code: "not-allowed", Detail: "没有这种处理。"})
	if !t.Workflow {
		return nil, refused
	}
	f, err := s.Flow(ctx, a.Township, t, "")
	if err != nil {
		return nil, err
	}
	if !f.Knows(action) {
		return nil, refused
	}
	if err := Words(reason, f.Owes(action)); err != nil {
		return nil, err
	}
	faults, err := s.faults(ctx, a.Township)
	if err != nil {
		return nil, err
	}
	faults = once(faults)
	var effect Effect
	if prepare := s.Effects[t.Name]; prepare != nil {
		if effect, err = prepare(ctx, a.Township); err != nil {
			return nil, err
		}
	}
	return func(tx write.Tx, t *record.Type, row record.Record, rev int64) ruling {
		m, state := row.Base(), t.Get(row, mustField(t, "state"))
		if m.MadeBy == a.User {
			return ruling{err: fault.New(fault.OwnRecord, "")}
		}
		if m.Version != rev {
			return already(tx, a, f, t, row, rev, action)
		}
		move, err := f.Judge(flow.At{Step: state, Author: m.MadeBy}, flow.Who{User: a.User, Role: string(a.Role)}, action)
		if err == nil {
			err = Words(reason, move.Words)
		}
		if err == nil {
			err = pass(tx, t, row, move, faults)
		}
		if err == nil && move.Kind == flow.Object {
			err = unamended(tx, t, m, 0)
		}
		if err != nil {
			return ruling{err: err}
		}
		r := moved(t, row, move.To, reason)
		if effect != nil && move.Kind == flow.Pass && r.err == nil {
			if r.also, err = effect(tx, r.out); err != nil {
				return ruling{err: err}
			}
			r.held = true
		}
		return r
	}, nil
}

// once looks at each household once in a transaction: approving one row does
// not change what is wrong with its household.
func once(faults Faults) Faults {
	var in write.Tx
	var known map[string]map[string]fault.Field
	return func(tx write.Tx, id string) (map[string]fault.Field, error) {
		if tx != in { // also when the transaction runs again
			in, known = tx, map[string]map[string]fault.Field{}
		}
		if found, ok := known[id]; ok {
			return found, nil
		}
		found, err := faults(tx, id)
		if err == nil {
			known[id] = found
		}
		return found, err
	}
}

// already says whether a row that is not at the revision the caller saw is so
// because the caller moved it, just so.
func already(tx write.Tx, a access.Actor, f *flow.Flow, t *record.Type, row record.Record, rev int64, action string) ruling {
	stale := ruling{err: fault.New(fault.Stale, "")}
	if row.Base().Version != rev+1 {
		return stale
	}
	last, err := tx.LastSteps(t, row.Base().ID)
	if err != nil {
		return ruling{err: err}
	}
	l := last[row.Base().ID]
	if l.By != a.User || l.Rev != rev || l.To != t.Get(row, mustField(t, "state")) {
		return stale
	}
	from := flow.At{Step: l.From, Author: row.Base().MadeBy}
	if move, err := f.Judge(from, flow.Who{User: a.User, Role: string(a.Role)}, action); err == nil && move.To == l.To {
		return ruling{out: row, done: true}
	}
	return stale
}

// undo is the ruler that takes the caller's decision back.
func (s *Service) undo(ctx context.Context, a access.Actor, t *record.Type) (ruler, error) {
	f, err := s.Flow(ctx, a.Township, t, "")
	if err != nil {
		return nil, err
	}
	return func(tx write.Tx, t *record.Type, row record.Record, rev int64) ruling {
		m := row.Base()
		if m.Version != rev {
			return ruling{err: fault.New(fault.Stale, "")}
		}
		steps, err := tx.LastSteps(t, m.ID)
		if err != nil {
			return ruling{err: err}
		}
		last := steps[m.ID]
		switch {
		case last.Rev != rev-1 || last.From != Pending || last.To != t.Get(row, mustField(t, "state")):
			return ruling{err: fault.New(fault.WrongState, "这条记录没有可以撤回的决定。")}
		case s.Effects[t.Name] != nil && !f.Aside(last.To):
			return ruling{err: fault.New(fault.WrongState, "已经生效，不能撤回；要改请另做一份，或者停用。")}
		case last.By != a.User:
			return ruling{err: fault.New(fault.WrongState, "只有作决定的人能撤回。")}
		case tx.Now()-last.At > UndoFor.Milliseconds():
			return ruling{err: fault.New(fault.WrongState, "已经超过 10 秒，不能撤回了。")}
		}
		if err := unamended(tx, t, m, last.At); err != nil {
			return ruling{err: err}
		}
		return moved(t, row, Pending, "")
	}, nil
}

// unamended refuses when somebody has asked since an instant, Unix ms, for a
// change of the row: pending again, it could be rewritten under that wish. Code:
// wrong-state.
func unamended(tx write.Tx, t *record.Type, m *record.Meta, since int64) error {
	rows, err := tx.Of(household.ProposalType, m.Household)
	if err == nil && slices.ContainsFunc(rows, func(r record.Record) bool {
		p := r.(*household.Proposal)
		return p.Target == t.Name && p.Row == m.ID && p.State == "open" && p.DeletedAt == 0 && p.MadeAt >= since
	}) {
		err = fault.New(fault.WrongState, "作者已经对这条记录提出修改，请先看那条修改。")
	}
	return err
}
