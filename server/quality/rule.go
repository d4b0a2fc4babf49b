// Package quality looks for what cannot be right in the registry: the rules of
// domain.md B.5 as far as the registry's fields allow, and two sources of the
// same figures side by side.
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
	"maps"
	"slices"
	"strings"

	"daohu/server/household"
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
}

// Params are the numbers and words a check needs; which ones it needs stands
// with the check, and a rule must give exactly those.
type Params struct {
	From   int64            `json:"from"`   // age in full years, first one meant
	To     int64            `json:"to"`     // age in full years, last one meant; or a length in characters
	Sex    string           `json:"sex"`    // 男, 女
	Words  []string         `json:"words"`  // values the check looks for
	Others []string         `json:"others"` // values it holds them against
	Lines  map[string]int64 `json:"lines"`  // year -> amount in fen
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
	return d.Decode(into)
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
	want := slices.Sorted(slices.Values(strings.Fields(c.needs)))
	switch {
	case r.Code == "":
		return r, errors.New("no code")
	case !slices.Contains([]Severity{Error, Warning, Question}, r.Severity):
		return r, fmt.Errorf("severity %q", r.Severity)
	case !known:
		return r, fmt.Errorf("no check is called %q", r.Check)
	case !hasField(r.Field):
		return r, fmt.Errorf("no field %q", r.Field)
	case !slices.Equal(slices.Sorted(maps.Keys(given.Params)), want):
		return r, fmt.Errorf("check %s takes the parameters %v", r.Check, want)
	case r.Params.From > r.Params.To:
		return r, errors.New("from is above to")
	case !strings.HasSuffix(r.Sentence, "。") && !strings.HasSuffix(r.Sentence, "？"):
		return r, errors.New("the sentence has no end")
	}
	return r, nil
}

// hasField reports whether name is a declared field, "member.idNo".
func hasField(name string) bool {
	typ, field, _ := strings.Cut(name, ".")
	for _, t := range []*record.Type{household.HouseholdType, household.MemberType} {
		if _, ok := t.Field(field); ok && t.Name == typ {
			return true
		}
	}
	return false
}
