// Package flow is workflows as data: the steps a record goes through, who may
// do what at each, what has to be so before (gates) and how long a step may
// take (docs/adr/0023-workflows-as-data.md). It judges one move; who calls it
// reads and writes the rows.
package flow

import (
	_ "embed"
	"errors"
	"slices"
	"strings"

	"daohu/server/calendar"
	"daohu/server/fault"
)

//go:embed flows.json
var builtin []byte

// Kinds of a Move.
const (
	Pass   = "pass"   // on to the next step of the path, through its gates
	Return = "return" // back to an earlier step, or aside to the author
	Reject = "reject" // aside to an end
	Object = "object" // somebody objects to what was passed: back to an earlier step of the path
)

// How days are counted.
const (
	Working  = "working"
	Calendar = "calendar"
)

// Book is one edition of a township's workflows.
type Book struct {
	Edition string `json:"edition"`
	Flows   []Flow `json:"flows"`
}

// Flow is one workflow. Its path is the list of its steps that are not aside.
type Flow struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Of    []string `json:"of" doc:"record types that run on it; proposal/member: proposals about members"`
	Steps []Step   `json:"steps"` // the first is where it begins
}

// Step is one step. One without moves is an end.
type Step struct {
	Code  string `json:"code" doc:"state of the record"`
	Name  string `json:"name"`
	Aside bool   `json:"aside,omitempty" doc:"not on the path: returned, refused"`
	Days  int    `json:"days,omitempty" doc:"how long it may take; 0 = no clock"`
	Count string `json:"count,omitempty" doc:"working or calendar"`
	Moves []Move `json:"moves,omitempty"`
}

// End reports whether nothing follows on s.
func (s Step) End() bool { return len(s.Moves) == 0 }

// Due is the last day of the step's clock for one that began at an instant,
// Unix ms; ok is false when it has none.
func (s Step) Due(since int64, c *calendar.Calendar) (due calendar.Day, ok bool) {
	switch {
	case s.Days == 0:
		return 0, false
	case s.Count == Working:
		return c.Deadline(calendar.At(since), s.Days), true
	}
	return calendar.At(since) + calendar.Day(s.Days), true
}

// Move is one thing that may be done at a step.
type Move struct {
	Do    string `json:"do"`
	Name  string `json:"name"`
	Kind  string `json:"kind" doc:"pass, return, reject or object"`
	To    string `json:"to"`
	Who   string `json:"who,omitempty" doc:"role letters"`
	Own   bool   `json:"own,omitempty" doc:"by the author alone: a record sent again"`
	Words bool   `json:"words,omitempty" doc:"a reason or minutes are owed"`
	Gates []Gate `json:"gates,omitempty"`
}

// Gate is one thing that has to be so before a pass.
type Gate string

// The gates.
const (
	Fit   Gate = "fit"   // the record's own declaration finds nothing wrong (record.Policy.Unfit)
	Sound Gate = "sound" // the data-quality rules find no error in the household
)

// For is the workflow of a record type: of the type with what it is about
// (proposal, member) when there is one, else of the type; nil = none.
func (b *Book) For(of, about string) *Flow {
	var plain *Flow
	for i := range b.Flows {
		switch f := &b.Flows[i]; {
		case about != "" && slices.Contains(f.Of, of+"/"+about):
			return f
		case slices.Contains(f.Of, of):
			plain = f
		}
	}
	return plain
}

// Step is the step called code. Error: it has none such.
func (f *Flow) Step(code string) (Step, error) {
	for _, s := range f.Steps {
		if s.Code == code {
			return s, nil
		}
	}
	return Step{}, errors.New("flow: " + f.Code + " has no step " + code)
}

// Aside reports whether code is a step that is not on the path.
func (f *Flow) Aside(code string) bool {
	s, err := f.Step(code)
	return err == nil && s.Aside
}

// Path are the steps of f that are not aside.
func (f *Flow) Path() []Step {
	return slices.DeleteFunc(slices.Clone(f.Steps), func(s Step) bool { return s.Aside })
}

// Knows reports whether do is a move of f, made by somebody else than the author.
func (f *Flow) Knows(do string) bool {
	return slices.ContainsFunc(f.Steps, func(s Step) bool {
		return slices.ContainsFunc(s.Moves, func(m Move) bool { return m.Do == do && !m.Own })
	})
}

// Passes reports whether do is a move of f that leads on, made by somebody else
// than the author.
func (f *Flow) Passes(do string) bool {
	return slices.ContainsFunc(f.Steps, func(s Step) bool {
		return slices.ContainsFunc(s.Moves, func(m Move) bool { return m.Do == do && m.Kind == Pass && !m.Own })
	})
}

// Owes reports whether do never goes without words, whatever the step.
func (f *Flow) Owes(do string) bool {
	owes := false
	for _, s := range f.Steps {
		for _, m := range s.Moves {
			if m.Do == do && !m.Words {
				return false
			}
			owes = owes || m.Do == do
		}
	}
	return owes
}

// At is where a row stands.
type At struct {
	Step   string
	Author string // user id; "" = the system
}

// Who wants to move it.
type Who struct{ User, Role string }

// Judge finds what do is for who at a row's step, gates aside: no document lets
// an author decide on what they wrote. Codes:
// own-record, forbidden (not who's to do), wrong-state.
func (f *Flow) Judge(at At, who Who, do string) (Move, error) {
	step, err := f.Step(at.Step)
	if err != nil {
		return Move{}, fault.Wrap(fault.WrongState, err)
	}
	i := slices.IndexFunc(step.Moves, func(m Move) bool { return m.Do == do })
	if i < 0 {
		return Move{}, fault.New(fault.WrongState, "")
	}
	m := step.Moves[i]
	switch {
	case m.Own && at.Author != who.User, !m.Own && (who.Role == "" || !strings.Contains(m.Who, who.Role)):
		return Move{}, fault.New(fault.Forbidden, "这一步不由您来办。")
	case !m.Own && who.User != "" && who.User == at.Author:
		return Move{}, fault.New(fault.OwnRecord, "")
	}
	return m, nil
}
