package flow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"daohu/server/edition"
	"daohu/server/record"
	"daohu/server/setting"
)

// Code is the kind of setting that holds a township's own workflows.
const Code = "workflow"

// Limits of a document.
const (
	mostFlows = 40
	mostSteps = 20
	mostDays  = 366
	maxKey    = 32
	maxName   = 20 // runes
	roles     = "HCVTKA"
)

// Frame is what a record type lets a workflow do with it.
type Frame struct {
	States []string // what its state can be
	Begins string   // where its rows begin
	Who    string   // role letters that may move it
}

// Rules reads documents for the record types with frames, by name.
type Rules map[string]Frame

// Kind declares the kind of setting.
func (r Rules) Kind() setting.Kind {
	return setting.Kind{Code: Code, Title: "办理流程", Shipped: []setting.Document{{Name: "builtin", Title: "默认流程", Body: builtin}},
		Check: func(raw []byte) error { _, err := r.Parse(raw); return err }}
}

// Builtin is the edition that comes with the program.
func (r Rules) Builtin() (*Book, error) { return r.Parse(builtin) }

// Parse reads an edition, strictly (record.Document). What it promises of every
// flow: a pass leads to the next step of the path and nowhere else, so no gate
// is passed by; the author alone leads nothing on; every step can be reached
// and leads to an end; a type's flow keeps to its frame. A document may leave
// types out.
func (r Rules) Parse(raw []byte) (*Book, error) {
	var b Book
	if err := record.Document(raw, &b); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	if b.Edition == "" || len(b.Flows) == 0 || len(b.Flows) > mostFlows {
		return nil, errors.New("flow: an edition and 1 to 40 workflows are needed")
	}
	codes, of := map[string]bool{}, map[string]bool{}
	for i := range b.Flows {
		f := &b.Flows[i]
		if codes[f.Code] {
			return nil, fmt.Errorf("flow: %s stands twice", f.Code)
		}
		codes[f.Code] = true
		if err := r.check(f); err != nil {
			return nil, fmt.Errorf("flow: %s: %w", f.Code, err)
		}
		for _, t := range f.Of {
			if of[t] {
				return nil, fmt.Errorf("flow: two workflows are of %s", t)
			}
			of[t] = true
		}
	}
	return &b, nil
}

func (r Rules) check(f *Flow) error {
	if !edition.IsKey(f.Code, maxKey) || !named(f.Name) || len(f.Steps) < 2 || len(f.Steps) > mostSteps {
		return errors.New("a code, a name and 2 to 20 steps are needed")
	}
	if len(f.Of) == 0 {
		return errors.New("it is of no record type")
	}
	seen := map[string]bool{}
	for _, s := range f.Steps {
		if seen[s.Code] {
			return fmt.Errorf("step %s stands twice", s.Code)
		}
		seen[s.Code] = true
		if err := f.step(s); err != nil {
			return fmt.Errorf("step %s: %w", s.Code, err)
		}
	}
	if f.Steps[0].Aside || f.Steps[0].End() {
		return errors.New("it begins on its path, and something follows")
	}
	if path := f.Path(); path[len(path)-1].passes() {
		return errors.New("the path leads to an end")
	}
	if err := f.reachable(); err != nil {
		return err
	}
	return r.framed(f)
}

func (f *Flow) step(s Step) error {
	switch {
	case !edition.IsKey(s.Code, maxKey) || !named(s.Name):
		return errors.New("a code and a name are needed")
	case s.Days < 0 || s.Days > mostDays || (s.Days > 0) != (s.Count == Working || s.Count == Calendar) || s.Days == 0 && s.Count != "":
		return errors.New("a clock has 1 to 366 working or calendar days")
	}
	seen := map[string]bool{}
	for _, m := range s.Moves {
		if seen[m.Do] || !edition.IsKey(m.Do, maxKey) || !named(m.Name) {
			return fmt.Errorf("move %q stands twice, or has no code or name", m.Do)
		}
		seen[m.Do] = true
		if err := f.move(s, m); err != nil {
			return fmt.Errorf("move %s: %w", m.Do, err)
		}
	}
	return nil
}

// move holds one move to the order of the steps.
func (f *Flow) move(s Step, m Move) error {
	to, err := f.Step(m.To)
	if err != nil {
		return err
	}
	if m.Own != (m.Who == "") || !letters(m.Who, roles) {
		return errors.New("either roles or the author alone make it")
	}
	switch m.Kind {
	case Pass:
		if to.Aside || f.place(to) > f.place(s)+1 || f.place(to) < f.place(s) || !s.Aside && f.place(to) == f.place(s) {
			return errors.New("a pass leads to the next step of the path")
		}
		if m.Own && f.place(to) > f.place(s) {
			return errors.New("the author alone leads nothing on")
		}
	case Return:
		if !to.Aside && f.place(to) >= f.place(s) || f.place(to) > f.place(s) || to.End() {
			return errors.New("it leads back, or aside to somebody")
		}
		if !m.Words {
			return errors.New("whoever gets it back is owed words")
		}
	case Reject:
		if !to.Aside || !to.End() {
			return errors.New("it leads aside to an end")
		}
	case Object:
		if s.Aside || to.Aside || f.place(to) >= f.place(s) || m.Own || !m.Words {
			return errors.New("it leads back along the path, with words, and not by the author")
		}
	default:
		return fmt.Errorf("kind %q", m.Kind)
	}
	if m.Kind != Pass && len(m.Gates) > 0 {
		return errors.New("only a pass has gates")
	}
	for _, g := range m.Gates {
		if g != Fit && g != Sound {
			return fmt.Errorf("no such gate: %s", g)
		}
	}
	return nil
}

// place is the number of the step on the path; one aside has that of the step
// before it.
func (f *Flow) place(s Step) int {
	n := -1
	for _, x := range f.Steps {
		if !x.Aside {
			n++
		}
		if x.Code == s.Code {
			return n
		}
	}
	return n
}

// passes reports whether something leads on from s.
func (s Step) passes() bool {
	return slices.ContainsFunc(s.Moves, func(m Move) bool { return m.Kind == Pass })
}

// reachable checks that every step is reached from the first one, by the same
// gates from wherever, and leads on. Rows may arrive aside (a proposal in
// conflict): such steps need not be reached.
func (f *Flow) reachable() error {
	reached, queue := map[string]bool{f.Steps[0].Code: true}, []Step{f.Steps[0]}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, m := range s.Moves {
			if to, err := f.Step(m.To); err == nil && !reached[m.To] {
				reached[m.To], queue = true, append(queue, to)
			}
		}
	}
	gates := map[string][]Gate{}
	for _, s := range f.Steps {
		for _, m := range s.Moves {
			if known, ok := gates[m.To]; m.Kind == Pass && !m.Own && ok && !slices.Equal(known, m.Gates) {
				return fmt.Errorf("the passes to %s have different gates", m.To)
			} else if m.Kind == Pass && !m.Own {
				gates[m.To] = m.Gates
			}
		}
		if !reached[s.Code] && (!s.Aside || s.End()) {
			return fmt.Errorf("nothing leads to %s", s.Code)
		}
		if last := f.place(s) == len(f.Path())-1; !s.End() && !s.passes() && (s.Aside || !last) {
			return fmt.Errorf("nothing leads on from %s", s.Code)
		}
	}
	return nil
}

// framed holds a flow of record types to what these let be done.
func (r Rules) framed(f *Flow) error {
	for _, t := range f.Of {
		name, _, _ := strings.Cut(t, "/")
		frame, ok := r[name]
		if !ok {
			return fmt.Errorf("%s has no workflow", t)
		}
		if f.Steps[0].Code != frame.Begins {
			return fmt.Errorf("%s begins as %s", t, frame.Begins)
		}
		if len(f.Steps) != len(frame.States) {
			return fmt.Errorf("%s can be %v", t, frame.States)
		}
		for _, s := range f.Steps {
			if !slices.Contains(frame.States, s.Code) {
				return fmt.Errorf("%s cannot be %s", t, s.Code)
			}
			for _, m := range s.Moves {
				if !letters(m.Who, frame.Who) {
					return fmt.Errorf("%s is moved by %s only", t, frame.Who)
				}
			}
		}
	}
	return nil
}

func named(s string) bool {
	n := len([]rune(s))
	return strings.TrimSpace(s) == s && n > 0 && n <= maxName
}

// letters reports whether every letter of s is one of set.
func letters(s, set string) bool { return strings.Trim(s, set) == "" }
