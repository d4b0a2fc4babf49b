package quality

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"daohu/server/household"
)

// Case is one household as the rules see it. Whoever makes it has opened the
// sealed values: a Case is never logged.
type Case struct {
	Today   time.Time // of which only the date counts
	House   *household.Household
	Phone   string // 户联系电话 in plain text; "" = none
	Members []Person
}

// Person is one member of a Case. One who has left is not judged.
type Person struct {
	Rec   *household.Member
	IDNo  string // in plain text; "" = none
	Twice bool   // another person of the registry has the same number
}

// Result is one finding.
type Result struct {
	Rule      string   `json:"rule"`
	Severity  Severity `json:"severity"`
	Household string   `json:"household"` // id
	Member    string   `json:"member"`    // id; "" = the household as a whole
	Field     string   `json:"field"`     // the one to fix
	Sentence  string   `json:"sentence"`  // plain Chinese; never repeats a value
}

// Blocks reports whether the findings forbid an approval. They never forbid a
// save.
func Blocks(results []Result) bool {
	return slices.ContainsFunc(results, func(r Result) bool { return r.Severity == Error })
}

// Check applies every rule to c, in the order of the rules, then of the
// members. A household that is closed or merged, and the township's
// pseudo-household, have no findings.
func (s *Set) Check(c Case) []Result {
	if c.House.Kind != "" || c.House.State != "" {
		return nil
	}
	v := newView(c)
	table := checks()
	var out []Result
	for _, r := range s.rules {
		found := func(member string) {
			out = append(out, Result{Rule: r.Code, Severity: r.Severity, Household: c.House.ID, Member: member, Field: r.Field, Sentence: r.Sentence})
		}
		check := table[r.Check]
		if check.house != nil && check.house(v, r.Params) {
			found("")
		}
		for i := range v.living {
			if m := &v.living[i]; check.member != nil && check.member(m, v, r.Params) {
				found(m.Rec.ID)
			}
		}
	}
	return out
}

// view is a Case prepared for the checks.
type view struct {
	Case
	living []member
}

// member is a living Person with the age in full years; -1000 = unknown.
type member struct {
	Person
	age int64
}

const noAge = -1000

func newView(c Case) *view {
	v := &view{Case: c}
	for _, p := range c.Members {
		if p.Rec.Left == "" && p.Rec.DeletedAt == 0 {
			v.living = append(v.living, member{p, age(p.Rec.Birth, c.Today)})
		}
	}
	return v
}

// age by the month of birth; the registry keeps no day (AAB005). Negative for
// a month to come.
func age(birth string, today time.Time) int64 {
	born, err := time.Parse("2006-01", birth)
	if err != nil {
		return noAge
	}
	n := today.Year() - born.Year()
	if today.Month() < born.Month() {
		n--
	}
	return int64(n)
}

// between reports whether the age is known and within the rule's.
func (m *member) between(p Params) bool {
	return m.age != noAge && m.age >= p.From && m.age <= p.To
}

// any reports whether one of the values the health field joins is in words.
func (m *member) any(words []string) bool {
	for h := range strings.SplitSeq(m.Rec.Health, ",") {
		if slices.Contains(words, h) {
			return true
		}
	}
	return false
}

// causes are the main cause and the others.
func (v *view) causes() []string {
	var others []string
	if v.House.Causes.Into(&others) != nil {
		return []string{v.House.Cause}
	}
	return append(others, v.House.Cause)
}

func (v *view) related(words []string) []*member {
	var out []*member
	for i := range v.living {
		if slices.Contains(words, v.living[i].Rec.Relation) {
			out = append(out, &v.living[i])
		}
	}
	return out
}

// line is the amount for the year before today, of which incomes are told: the
// latest one set up to then.
func (v *view) line(lines map[string]int64) int64 {
	last, amount := "", int64(0)
	for year, fen := range lines {
		if year <= strconv.Itoa(v.Today.Year()-1) && year > last {
			last, amount = year, fen
		}
	}
	return amount
}
