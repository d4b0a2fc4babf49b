package quality

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"daohu/server/household"
	"daohu/server/measure"
)

// Case is one household as the rules see it. Whoever makes it has opened the
// sealed values: a Case is never logged.
type Case struct {
	Today   time.Time // of which only the date counts
	House   *household.Household
	Phone   string // 户联系电话 in plain text; "" = none
	Members []Person
	// Measures are all of the household's; those that do not count are left out.
	Measures []*measure.Measure
}

// Person is one member of a Case. One who has left is not judged.
type Person struct {
	Rec    *household.Member
	IDNo   string // in plain text; "" = none
	CertNo string // 残疾证号 in plain text; "" = none
	Twice  bool   // another person of the registry has the same number
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
	help   []*measure.Measure // measures that count
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
	for _, m := range c.Measures {
		if m.Counts() {
			v.help = append(v.help, m)
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

// line is the amount for the year the income is of, last year where it is not
// told: the latest one set up to then.
func (v *view) line(lines map[string]int64) int64 {
	last, amount, of := "", int64(0), strconv.FormatInt(cmp.Or(v.House.IncomeYear, int64(v.Today.Year()-1)), 10)
	for year, fen := range lines {
		if year <= of && year > last {
			last, amount = year, fen
		}
	}
	return amount
}

// months is how many months lie from one month (YYYY-MM) to another; known is
// false where one is not told.
func months(from, to string) (n int64, known bool) {
	a, err := time.Parse("2006-01", from)
	b, err2 := time.Parse("2006-01", to)
	return int64(b.Year()-a.Year())*12 + int64(b.Month()-a.Month()), err == nil && err2 == nil
}

// atRisk are the risks that were identified and not removed.
func (v *view) atRisk() []string {
	var out []string
	if v.House.Cleared == yes || v.House.Risks.Into(&out) != nil {
		return nil
	}
	return out
}

// answered reports whether a measure that counts is of one of the kinds.
func (v *view) answered(kinds []string) bool {
	return slices.ContainsFunc(v.help, func(m *measure.Measure) bool { return slices.Contains(kinds, m.Kind) })
}
