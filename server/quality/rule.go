// Package quality looks for what cannot be right in the registry: the rules of
// domain.md B.5, and two sources of the same figures side by side.
//
// A rule is data (rules.json, with an edition); what it looks at is one of a
// closed table of checks written in Go. A finding never stops a save: only
// errors, and only the approval (Blocks).
package quality

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/record"
)

//go:embed rules.json
var builtin []byte

// Severity says what a finding means.
type Severity string

// The severities.
const (
	Error    Severity = "error"    // cannot be right: blocks approval, never saving
	Warning  Severity = "warning"  // hardly right, but may stay
	Question Severity = "question" // may be right: somebody should ask
)

// Rule is one rule as written in the data.
type Rule struct {
	Code     string   `json:"code"`     // stable
	Ref      int      `json:"ref"`      // number in domain.md B.5; 0 = ours
	Severity Severity `json:"severity"` //
	Field    string   `json:"field"`    // the one to fix: type and wire name, "member.idNo"
	Check    string   `json:"check"`    // name in the closed table
	Params   Params   `json:"params"`
	Sentence string   `json:"sentence"` // plain Chinese, ends with a full stop or question mark
	Note     string   `json:"note"`     // what in it is ours and not confirmed; not shown
}

// Params are the numbers and words a check needs; which ones it needs stands
// with the check, and a rule must give exactly those.
type Params struct {
	From   int64               `json:"from"`   // age in full years, or a value: first one meant
	To     int64               `json:"to"`     // age in full years, or a value: last one meant; or a length in characters, or months
	Sex    string              `json:"sex"`    // 男, 女
	Words  []string            `json:"words"`  // values the check looks for
	List   string              `json:"list"`   // in the place of Words: a code list; with Sex only its words that fit that sex
	Others []string            `json:"others"` // values it holds them against
	Lines  map[string]int64    `json:"lines"`  // year -> amount in fen
	Table  map[string][]string `json:"table"`  // cause or risk -> kinds of measure that answer it

	field record.Field // of the rule
}

// Set is one edition of the rules, checked. It is safe for concurrent use.
type Set struct {
	Edition string
	rules   []Rule
}

// Rules returns the rules in their order.
func (s *Set) Rules() []Rule { return slices.Clone(s.rules) }

// Builtin is the edition that comes with the program.
func Builtin() (*Set, error) { return Parse(builtin) }

// Parse reads an edition. An error names the rule: an unknown check or field,
// a parameter too many or missing, a code that stands twice.
func Parse(raw []byte) (*Set, error) {
	var file struct {
		Edition string            `json:"edition"`
		Rules   []json.RawMessage `json:"rules"`
	}
	if err := strict(raw, &file); err != nil {
		return nil, fmt.Errorf("quality: %w", err)
	}
	if file.Edition == "" || len(file.Rules) == 0 {
		return nil, errors.New("quality: an edition and at least one rule are needed")
	}
	s := &Set{Edition: file.Edition}
	seen := map[string]bool{}
	for i, text := range file.Rules {
		r, err := parseRule(text)
		if err == nil && seen[r.Code] {
			err = errors.New("the code stands twice")
		}
		if err != nil {
			return nil, fmt.Errorf("quality: rule %d %q: %w", i+1, r.Code, err)
		}
		seen[r.Code] = true
		s.rules = append(s.rules, r)
	}
	return s, nil
}

func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the end")
	}
	return nil
}

func parseRule(text json.RawMessage) (Rule, error) {
	var r Rule
	if err := strict(text, &r); err != nil {
		return r, err
	}
	var given struct {
		Params map[string]json.RawMessage `json:"params"`
	}
	if err := json.Unmarshal(text, &given); err != nil {
		return r, err
	}
	c, known := checks()[r.Check]
	want, have := slices.Sorted(slices.Values(strings.Fields(c.needs))), slices.Collect(maps.Keys(given.Params))
	if i := slices.Index(have, "list"); i >= 0 { // stands for the words
		have[i] = "words"
		if r.Params.Words = listed(r.Params); len(r.Params.Words) == 0 {
			return r, fmt.Errorf("no code list %q with such words", r.Params.List)
		}
	}
	slices.Sort(have)
	var ok bool
	r.Params.field, ok = fieldOf(r.Field)
	switch {
	case r.Code == "":
		return r, errors.New("no code")
	case !slices.Contains([]Severity{Error, Warning, Question}, r.Severity):
		return r, fmt.Errorf("severity %q", r.Severity)
	case !known:
		return r, fmt.Errorf("no check is called %q", r.Check)
	case !ok:
		return r, fmt.Errorf("no field %q", r.Field)
	case !slices.Equal(have, want):
		return r, fmt.Errorf("check %s takes the parameters %v", r.Check, want)
	case !r.Params.tableKnown():
		return r, errors.New("the table has a word that is in no code list")
	case r.Params.From > r.Params.To:
		return r, errors.New("from is above to")
	case !strings.HasSuffix(r.Sentence, "。") && !strings.HasSuffix(r.Sentence, "？"):
		return r, errors.New("the sentence has no end")
	}
	return r, nil
}

// tableKnown reports whether the table speaks the words of the code lists.
func (p Params) tableKnown() bool {
	asked := append(listed(Params{List: "cause"}), listed(Params{List: "risk"})...)
	kinds := listed(Params{List: "measure"})
	for word, answers := range p.Table {
		unknown := func(kind string) bool { return !slices.Contains(kinds, kind) }
		if !slices.Contains(asked, word) || len(answers) == 0 || slices.ContainsFunc(answers, unknown) {
			return false
		}
	}
	return true
}

// listed are the words of the code list p names; nil = there is none.
func listed(p Params) []string {
	l, err := record.FindList(p.List)
	if err != nil {
		return nil
	}
	var out []string
	for _, it := range l.Items {
		if p.Sex == "" || it.Sex == p.Sex {
			out = append(out, it.Word)
		}
	}
	return out
}

// fieldOf finds a declared field by its name, "member.idNo".
func fieldOf(name string) (record.Field, bool) {
	typ, field, _ := strings.Cut(name, ".")
	for _, t := range []*record.Type{household.HouseholdType, household.MemberType, measure.Type} {
		if f, ok := t.Field(field); ok && t.Name == typ {
			return f, true
		}
	}
	return record.Field{}, false
}
