// Package workflow moves records through review: the township admin's inbox,
// decisions as compare-and-set on state and revision, and their history.
package workflow

import (
	"context"
	"slices"
	"strings"
	"time"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow/flow"
	"daohu/server/write"
)

// States of a record under review.
const (
	Pending  = "pending"
	Approved = "approved"
	Returned = "returned"
	Rejected = "rejected"
)

// Store reads what is to be decided.
type Store interface {
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
	// FindAll reads the live ones of the rows named, in any order.
	FindAll(ctx context.Context, t *record.Type, township string, ids []string) ([]record.Record, error)
	// Waiting reads rows of a reviewed type by arrival and id, in one statement.
	Waiting(ctx context.Context, t *record.Type, q Query) ([]Waiting, error)
	// Counts counts what waits in a township, in one statement.
	Counts(ctx context.Context, township string, reviewed []*record.Type) ([]Count, error)
}

// Service decides. It is safe for concurrent use.
type Service struct {
	Store  Store
	Writer write.Writer
	Sealer record.Sealer
	Types  []*record.Type
	Now    func() time.Time
	Rules  map[string]write.Rule // by type name; nil = none
	// Faults gives the data-quality rules that hold in a township; nil = none.
	Faults func(ctx context.Context, township string) (Faults, error)
	// Flows gives the workflows that hold in a township; nil = those that ship.
	Flows func(ctx context.Context, township string) (*flow.Book, error)
	// Effects give what a pass of a type does beside moving the row; nil = nothing.
	Effects map[string]Prepare // by type name
	// Calendar gives a township's working days; nil = the State Council's.
	Calendar func(ctx context.Context, township string) (*calendar.Calendar, error)
}

// Prepare reads what an Effect needs to know of a township, before the
// transaction.
type Prepare func(ctx context.Context, township string) (Effect, error)

// Effect completes a row that passed and names the other rows that change with
// it; whatever it refuses is not passed. It writes nothing: a dry run asks it
// too. What had an effect is not taken back.
type Effect func(tx write.Tx, row record.Record) (also []record.Record, err error)

// Flow is the workflow of a type in a township; of a proposal, of those about
// the type named. A type that the township's own document leaves out runs on
// what ships: a document may be older than the type. Code: not-found.
func (s *Service) Flow(ctx context.Context, township string, t *record.Type, about string) (*flow.Flow, error) {
	if s.Flows != nil {
		book, err := s.Flows(ctx, township)
		if err != nil {
			return nil, err
		}
		if f := book.For(t.Name, about); f != nil {
			return f, nil
		}
	}
	book, err := FlowRules(s.Types).Builtin()
	if err != nil {
		return nil, err
	}
	if f := book.For(t.Name, about); f != nil {
		return f, nil
	}
	return nil, fault.New(fault.NotFound, "")
}

// FlowRules are the rules of documents of workflows for the types that run on
// one: reviewed types and proposals. Only township admins move them.
func FlowRules(types []*record.Type) flow.Rules {
	out := flow.Rules{}
	for _, t := range types {
		if t.Workflow || t == household.ProposalType {
			states := slices.DeleteFunc(slices.Clone(mustField(t, "state").Enum), func(s string) bool { return slices.Contains(t.After, s) })
			out[t.Name] = flow.Frame{States: states, Begins: begins(t), Who: "T"}
		}
	}
	return out
}

// begins is the state in which a row of the type comes to the township.
func begins(t *record.Type) string {
	if t == household.ProposalType {
		return "open"
	}
	return Pending
}

// pass holds a row to the gates of a move.
func pass(tx write.Tx, t *record.Type, row record.Record, m flow.Move, faults Faults) error {
	for _, g := range m.Gates {
		switch g {
		case flow.Fit:
			if err := fit(t, row); err != nil {
				return err
			}
		case flow.Sound:
			found, err := faults(tx, row.Base().Household)
			if err != nil {
				return err
			}
			if err := named(found); err != nil {
				return err
			}
		}
	}
	return nil
}

// Faults names what is an error in a household as it stands in a transaction,
// by rule and person.
type Faults func(tx write.Tx, household string) (map[string]fault.Field, error)

// faults are the rules that hold in a township; without any nothing is wrong.
func (s *Service) faults(ctx context.Context, township string) (Faults, error) {
	if s.Faults == nil {
		return func(write.Tx, string) (map[string]fault.Field, error) { return nil, nil }, nil
	}
	return s.Faults(ctx, township)
}

// Decision is what an admin decided on a record at revision Rev.
type Decision struct {
	Action string
	Rev    int64
	Reason string
}

// reasonField is the rule of the words a decision carries.
var reasonField = record.Field{Name: "reason", Kind: record.Text, Max: 200}

// Words checks the reason of a decision: required or not, and as any text.
func Words(reason string, required bool) error {
	switch {
	case required && strings.TrimSpace(reason) == "":
		return fault.Bad(fault.Field{Name: "reason", Code: "required", Detail: "请写明原因，对方会看到。"})
	}
	if p := reasonField.CheckText(reason); p != nil {
		return fault.Bad(fault.Field(*p))
	}
	return nil
}

// fit refuses a row that its type calls unfit.
func fit(t *record.Type, row record.Record) error {
	if t.Unfit == nil {
		return nil
	}
	var bad []fault.Field
	for _, p := range t.Unfit(row) {
		bad = append(bad, fault.Field(p))
	}
	if len(bad) > 0 {
		return fault.Bad(bad...)
	}
	return nil
}

func mustField(t *record.Type, name string) record.Field {
	f, _ := t.Field(name) // a reviewed type has state and words: a test ranges over them
	return f
}

// Settle accepts or refuses one proposal and returns it as it is then.
// Codes: as Decide, and invalid when the value no longer fits its field.
func (s *Service) Settle(ctx context.Context, a access.Actor, id string, d Decision) (record.Record, error) {
	found, err := s.Store.Find(ctx, household.ProposalType, []string{a.Township}, id)
	if err != nil {
		return nil, err
	}
	m := found.Base()
	settle, err := s.Settling(ctx, a, found.(*household.Proposal), d)
	if err != nil {
		return nil, err
	}
	faults, err := s.faults(ctx, m.Township)
	if err != nil {
		return nil, err
	}
	in := write.Intent{Township: m.Township, Actor: a.User, Action: d.Action, Households: []string{m.Household}}
	var out *household.Proposal
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		p, move, err := settle(tx)
		if err != nil {
			return err
		}
		out = p
		if move.Kind == flow.Pass {
			return s.acceptThrough(tx, p, move, faults)
		}
		return nil
	})
	return out, err
}

// Settling reads the workflow that a proposal runs on. What it returns moves
// the proposal in a transaction that holds its household's lock, and returns it
// as it is then and the move, whose gates and effect are the caller's. Codes:
// invalid; in the transaction not-found, own-record, stale, wrong-state,
// forbidden.
func (s *Service) Settling(ctx context.Context, a access.Actor, p *household.Proposal, d Decision) (func(write.Tx) (*household.Proposal, flow.Move, error), error) {
	f, err := s.Flow(ctx, p.Township, household.ProposalType, p.Target)
	if err != nil {
		return nil, err
	}
	if !f.Knows(d.Action) {
		return nil, fault.Bad(fault.Field{Name: "action", Code: "not-allowed", Detail: "只能采纳或不采纳。"})
	}
	if err := Words(d.Reason, f.Owes(d.Action)); err != nil {
		return nil, err
	}
	return func(tx write.Tx) (*household.Proposal, flow.Move, error) {
		was, err := settleable(tx, a, p.ID, d.Rev)
		if err != nil {
			return nil, flow.Move{}, err
		}
		move, err := f.Judge(flow.At{Step: was.State, Author: was.MadeBy}, flow.Who{User: a.User, Role: string(a.Role)}, d.Action)
		if err == nil {
			err = Words(d.Reason, move.Words)
		}
		if err != nil {
			return nil, flow.Move{}, err
		}
		out := *was
		out.State, out.Words = move.To, d.Reason
		tx.Add(&write.Step{Type: household.ProposalType.Name, Row: out.ID, Rev: d.Rev, From: was.State, To: out.State, By: a.User, Reason: d.Reason, At: tx.Now()})
		tx.Put(household.ProposalType, &out)
		return &out, move, nil
	}, nil
}

// settleable is the proposal at the revision the admin saw, when that admin
// may settle it. Codes: not-found, own-record, stale, wrong-state.
func settleable(tx write.Tx, a access.Actor, id string, rev int64) (*household.Proposal, error) {
	got, err := tx.Load(household.ProposalType, id)
	if err != nil {
		return nil, err
	}
	p, ok := got[id].(*household.Proposal)
	switch {
	case !ok || p.DeletedAt > 0:
		return nil, fault.New(fault.NotFound, "")
	case p.MadeBy == a.User:
		return nil, fault.New(fault.OwnRecord, "")
	case p.Version != rev:
		return nil, fault.New(fault.Stale, "")
	}
	return p, nil
}
