package quality

import (
	"slices"
	"strconv"
	"strings"

	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/roster"
)

// yes is the word of the code list of that name.
const yes = "是"

// check is one entry of the closed table: it looks at a household or at each
// living member and says whether something is wrong.
type check struct {
	needs  string // names of the parameters a rule must give
	house  func(v *view, p Params) bool
	member func(m *member, v *view, p Params) bool
}

// checks is the closed table. An empty field is not judged except where the
// check is about its being empty.
func checks() map[string]check {
	return map[string]check{
		"no-number":     {member: func(m *member, _ *view, _ Params) bool { return m.IDNo == "" }},
		"bad-number":    {member: func(m *member, _ *view, _ Params) bool { return m.IDNo != "" && !m.numbered() }},
		"number-twice":  {member: func(m *member, _ *view, _ Params) bool { return m.IDNo != "" && m.Twice }},
		"number-birth":  {member: numberBirth},
		"number-sex":    {member: numberSex},
		"age-outside":   {needs: "from to", member: func(m *member, _ *view, p Params) bool { return m.age != noAge && !m.between(p) }},
		"not-one":       {needs: "words", house: func(v *view, p Params) bool { return len(v.related(p.Words)) != 1 }},
		"more-than-one": {needs: "words", house: func(v *view, p Params) bool { return len(v.related(p.Words)) > 1 }},
		"same-sex":      {needs: "words others", member: sameSex},
		"relation-outside": {needs: "words", member: func(m *member, _ *view, p Params) bool {
			return !slices.Contains(p.Words, m.Rec.Relation)
		}},
		"relation-sex": {needs: "sex words", member: func(m *member, _ *view, p Params) bool {
			return m.Rec.Sex != "" && m.Rec.Sex != p.Sex && slices.Contains(p.Words, m.Rec.Relation)
		}},
		"school-and-education": {member: func(m *member, _ *view, _ Params) bool { return (m.Rec.School == "") == (m.Rec.Education == "") }},
		"work-half":            {member: func(m *member, _ *view, _ Params) bool { return (m.Rec.Work == "") != (m.Rec.WorkMonths == 0) }},
		"no-phone":             {house: func(v *view, _ Params) bool { return v.Phone == "" }},
		"bad-phone":            {needs: "to", house: badPhone},
		"insured-blank":        {member: func(m *member, _ *view, _ Params) bool { return m.Rec.Insured == "" && m.Rec.Staff != yes }},
		"insured-both":         {member: func(m *member, _ *view, _ Params) bool { return m.Rec.Insured == yes && m.Rec.Staff == yes }},
		"insured-neither": {member: func(m *member, _ *view, _ Params) bool {
			return m.Rec.Insured != "" && m.Rec.Insured != yes && m.Rec.Staff != yes
		}},
		"serious-filled": {member: func(m *member, _ *view, _ Params) bool { return m.Rec.Serious != "" }},
		"in-post":        {needs: "from to", member: func(m *member, _ *view, p Params) bool { return m.between(p) && m.Rec.Post == yes }},
		"labour-other": {needs: "from to words", member: func(m *member, _ *view, p Params) bool {
			return m.between(p) && !slices.Contains(p.Words, m.Rec.Labour)
		}},
		"healthy-weak": {needs: "from to words", member: func(m *member, _ *view, p Params) bool {
			return m.between(p) && m.Rec.Health == "健康" && m.Rec.School == "" && slices.Contains(p.Words, m.Rec.Labour)
		}},
		"no-certificate": {needs: "to words", member: func(m *member, _ *view, p Params) bool {
			return m.any(p.Words) && m.CertNo == "" && int64(len(m.IDNo)) < p.To
		}},
		"out-of-school": {needs: "from to words", member: func(m *member, _ *view, p Params) bool {
			return m.between(p) && (m.Rec.School == "" || slices.Contains(p.Words, m.Rec.School))
		}},
		"cause-health":      {needs: "words others", house: causeHealth},
		"cause-school":      {needs: "words others", house: causeSchool},
		"nobody-works":      {needs: "words others", house: nobodyWorks},
		"exited-danger":     {needs: "words others", house: exitedWith(func(v *view) string { return v.House.Danger })},
		"exited-dry":        {needs: "words others", house: exitedWith(func(v *view) string { return v.House.Water })},
		"exited-poor":       {needs: "words others lines", house: exitedPoor},
		"exit-without-year": {needs: "words others", house: exitWithoutYear},
		"number-outside":    {needs: "from to", house: numberOutside},
		"risk-alone":        {needs: "to", house: riskAlone},
		"cleared-early":     {needs: "to", house: clearedEarly},
		"cause-unanswered":  {needs: "table", house: causeUnanswered},
		"risk-unanswered":   {needs: "table", house: riskUnanswered},
	}
}

// numbered reports whether the number passes the check of the importer.
func (m *member) numbered() bool { return m.IDNo != "" && roster.CheckID(m.IDNo) == nil }

func numberBirth(m *member, _ *view, _ Params) bool {
	return m.numbered() && m.Rec.Birth != "" && m.Rec.Birth != roster.IDBirth(m.IDNo)
}

func numberSex(m *member, _ *view, _ Params) bool {
	return m.numbered() && m.Rec.Sex != "" && m.Rec.Sex != roster.IDSex(m.IDNo)
}

// sameSex: m stands in a relation of words to one of others, and both have the
// same sex.
func sameSex(m *member, v *view, p Params) bool {
	return m.Rec.Sex != "" && slices.Contains(p.Words, m.Rec.Relation) &&
		slices.ContainsFunc(v.related(p.Others), func(o *member) bool { return o.Rec.Sex == m.Rec.Sex })
}

func badPhone(v *view, p Params) bool {
	return v.Phone != "" && (int64(len(v.Phone)) != p.To || strings.Trim(v.Phone, "0123456789") != "")
}

// causeHealth: one of the causes in words, but nobody whose health is in others.
func causeHealth(v *view, p Params) bool {
	return v.says(p.Words) && !slices.ContainsFunc(v.living, func(m member) bool { return m.any(p.Others) })
}

// causeSchool: one of the causes in words, but nobody at school beyond others.
func causeSchool(v *view, p Params) bool {
	return v.says(p.Words) && !slices.ContainsFunc(v.living, func(m member) bool {
		return m.Rec.School != "" && !slices.Contains(p.Others, m.Rec.School)
	})
}

func (v *view) says(words []string) bool {
	return slices.ContainsFunc(v.causes(), func(c string) bool { return slices.Contains(words, c) })
}

// nobodyWorks: everybody's labour is known and in words, and the household is
// of none of the classes in others and has no safety net.
func nobodyWorks(v *view, p Params) bool {
	idle := func(m member) bool { return slices.Contains(p.Words, m.Rec.Labour) }
	return len(v.living) > 0 && !v.House.Safety && v.House.NoLabour != yes && !slices.ContainsFunc(v.living, func(m member) bool { return !idle(m) }) && !slices.Contains(p.Others, v.House.Class)
}

// exitedWith: an exit flag in words and a value in others, and not monitored.
func exitedWith(value func(*view) string) func(*view, Params) bool {
	return func(v *view, p Params) bool {
		return v.House.Watch == "" && slices.Contains(p.Words, v.House.Exit) && slices.Contains(p.Others, value(v))
	}
}

// exitedPoor: exited (words) or of a type since 2021 (others), not monitored,
// and the income is known and below the line of its year.
func exitedPoor(v *view, p Params) bool {
	meant := slices.Contains(p.Words, v.House.Exit) || slices.Contains(p.Others, v.House.Type)
	return meant && v.House.Watch == "" && v.House.Income > 0 && v.House.Income < v.line(p.Lines)
}

// numberOutside: the rule's field, of the household, is below from or above to.
func numberOutside(v *view, p Params) bool {
	n, err := strconv.ParseInt(household.HouseholdType.Get(v.House, p.field), 10, 64)
	return err == nil && (n < p.From || n > p.To) // nothing filled in reads as "": not judged
}

// riskAlone: identified more than To months ago, not removed, and no measure
// counts. The registry keeps months: within To months it may be less.
func riskAlone(v *view, p Params) bool {
	n, known := months(v.House.RiskAt, v.Today.Format("2006-01"))
	return known && n > p.To && len(v.atRisk()) > 0 && len(v.help) == 0
}

// clearedEarly: removed within To months of being identified.
func clearedEarly(v *view, p Params) bool {
	n, known := months(v.House.RiskAt, v.House.ClearedAt)
	return known && n < p.To
}

// causeUnanswered: there are measures, and none of the kinds that the table
// gives for one of the causes. A cause that is not in the table is not judged.
func causeUnanswered(v *view, p Params) bool {
	return len(v.help) > 0 && slices.ContainsFunc(v.causes(), func(cause string) bool {
		kinds, judged := p.Table[cause]
		return judged && !v.answered(kinds)
	})
}

// riskUnanswered: the same for risks that are not removed; also a measure that
// says it answers a risk and is of no kind that does.
func riskUnanswered(v *view, p Params) bool {
	unfit := func(m *measure.Measure) bool {
		kinds, judged := p.Table[m.Risk]
		return judged && !slices.Contains(kinds, m.Kind)
	}
	return slices.ContainsFunc(v.help, unfit) || len(v.help) > 0 && slices.ContainsFunc(v.atRisk(), func(risk string) bool {
		kinds, judged := p.Table[risk]
		return judged && !v.answered(kinds)
	})
}

// exitWithoutYear: a flag of words without a year, one of others with a year,
// or a year to come.
func exitWithoutYear(v *view, p Params) bool {
	year := v.House.ExitYear
	return year == 0 && slices.Contains(p.Words, v.House.Exit) || year > 0 && slices.Contains(p.Others, v.House.Exit) || year > int64(v.Today.Year())
}
