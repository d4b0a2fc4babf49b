package quality

import (
	"maps"
	"slices"
)

// Tally is what was found in one village.
type Tally struct {
	Village    string // code
	Households int    // looked at
	Faulty     int    // of these, with at least one error
	ByRule     map[string]int
	BySeverity map[Severity]int
	Houses     map[string][]string // by rule: ids of the households in which it found something
}

// Report counts findings by village, rule and severity. The zero Report is not
// usable; see Set.Report.
type Report struct {
	Township string // code; "" = not told
	Edition  string
	Results  []Result // in the order in which households were added
	Blocked  bool     // an error was found
	set      *Set
	tallies  map[string]*Tally
}

// Report begins an empty report by the rules of s.
func (s *Set) Report() *Report {
	return &Report{Edition: s.Edition, set: s, tallies: map[string]*Tally{}}
}

// Add checks one household and counts what is found. It returns the findings.
func (r *Report) Add(c Case) []Result {
	if c.House.Kind != "" || c.House.State != "" {
		return nil
	}
	t := r.tallies[c.House.Village]
	if t == nil {
		t = &Tally{Village: c.House.Village, ByRule: map[string]int{}, BySeverity: map[Severity]int{}, Houses: map[string][]string{}}
		r.tallies[c.House.Village] = t
	}
	t.Households++
	found := r.set.Check(c)
	for _, f := range found {
		t.ByRule[f.Rule]++
		t.BySeverity[f.Severity]++
		if !slices.Contains(t.Houses[f.Rule], f.Household) {
			t.Houses[f.Rule] = append(t.Houses[f.Rule], f.Household)
		}
	}
	if Blocks(found) {
		t.Faulty++
		r.Blocked = true
	}
	r.Results = append(r.Results, found...)
	return found
}

// Villages are the tallies by village code.
func (r *Report) Villages() []Tally {
	var out []Tally
	for _, code := range slices.Sorted(maps.Keys(r.tallies)) {
		out = append(out, *r.tallies[code])
	}
	return out
}

// Rules lists the rules that found something, in the order of the set.
func (r *Report) Rules() []Rule {
	var out []Rule
	for _, rule := range r.set.rules {
		if slices.ContainsFunc(r.Results, func(f Result) bool { return f.Rule == rule.Code }) {
			out = append(out, rule)
		}
	}
	return out
}
