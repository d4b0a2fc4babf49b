package app

import (
	"context"
	"maps"
	"slices"
	"strings"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/quality"
	"daohu/server/record"
	"daohu/server/workflow"
	"daohu/server/write"
)

// Quality checks every open household of a township, or of each, by the rules
// that hold there; village "" = all of them. Numbers are compared across every
// township of the county, whatever is asked for.
func (a *App) Quality(ctx context.Context, only, village string) ([]*quality.Report, error) {
	codes, err := a.townships(ctx, only)
	if err != nil {
		return nil, err
	}
	var out []*quality.Report
	for _, code := range codes {
		r, err := a.quality(ctx, code, village)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (a *App) quality(ctx context.Context, code, village string) (*quality.Report, error) {
	t, err := a.readTownship(ctx, code)
	if err != nil {
		return nil, err
	}
	rules, err := a.editions.Of(ctx, a.Settings, code)
	if err != nil {
		return nil, err
	}
	twice, err := a.twice(ctx, t)
	if err != nil {
		return nil, err
	}
	all, err := every[*measure.Measure](ctx, a, measure.Type, code)
	if err != nil {
		return nil, err
	}
	measures := map[string][]*measure.Measure{}
	for _, m := range all {
		measures[m.Household] = append(measures[m.Household], m)
	}
	report := rules.Report()
	report.Township = code
	for _, h := range t.houses {
		if village != "" && h.Village != village {
			continue
		}
		c, err := a.Case(h, t.members[h.ID], measures[h.ID], twice)
		if err != nil {
			return nil, err
		}
		report.Add(c)
	}
	return report, nil
}

// checker answers the API about quality.
type checker struct{ *App }

func (c checker) Findings(ctx context.Context, a access.Actor, township, village string) (quality.Findings, error) {
	report, err := c.quality(ctx, township, village)
	if err != nil {
		return quality.Findings{}, err
	}
	villages, err := c.DB.Under(ctx, township)
	if err != nil {
		return quality.Findings{}, err
	}
	names := map[string]string{}
	for _, v := range villages {
		names[v.Code] = v.Name
	}
	return report.Findings(names, a.Role == access.Township), nil
}

func (c checker) Reconciled(ctx context.Context, a access.Actor, township string) (quality.Reconciliation, error) {
	f, err := c.Figures(ctx, township, 0)
	if err != nil {
		return quality.Reconciliation{}, err
	}
	return quality.Beside(f.All.Figures, f.Sources, a.Role == access.Township), nil
}

func (c checker) AddSource(ctx context.Context, a access.Actor, s quality.Source) error {
	s.By, s.Who = a.User, a.Name
	return c.App.AddSource(ctx, s)
}

// AddSource keeps the figures of another source of a township, entered now.
// Code: invalid.
func (a *App) AddSource(ctx context.Context, s quality.Source) error {
	for _, f := range []struct {
		record.Field
		value string
	}{
		{record.Field{Name: "name", Kind: record.Text, Max: 60}, s.Name},
		{record.Field{Name: "day", Kind: record.Text, Max: 10, Format: "day"}, s.Day},
		{record.Field{Name: "who", Kind: record.Text, Max: 50}, s.Who},
	} {
		if p := f.CheckText(f.value); p != nil {
			return fault.Bad(fault.Field(*p))
		}
		if strings.TrimSpace(f.value) == "" {
			return fault.Bad(fault.Field{Name: f.Name, Code: "required", Detail: "这一项必须填。"})
		}
	}
	s.ID, s.At = a.DB.NewID(), a.opt.Now().UnixMilli()
	return a.DB.AddSource(ctx, s)
}

// HouseholdCodes are the 户编号 of a township's households, or of all, by id.
func (a *App) HouseholdCodes(ctx context.Context, only string) (map[string]string, error) {
	codes, err := a.townships(ctx, only)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, code := range codes {
		ids, err := a.DB.HouseholdIDs(ctx, code)
		if err != nil {
			return nil, err
		}
		for house, id := range ids {
			out[id] = house
		}
	}
	return out, nil
}

// Case opens what the rules look at. twice holds the ids of members whose
// number another person has.
func (a *App) Case(h *household.Household, members []*household.Member, measures []*measure.Measure, twice map[string]bool) (quality.Case, error) {
	c := quality.Case{Today: a.opt.Now().In(shanghai), House: h, Measures: measures}
	var err error
	if c.Phone, err = a.Box.Open(h.Phone); err != nil {
		return c, err
	}
	for _, m := range members {
		number, err := a.Box.Open(m.IDNo)
		if err != nil {
			return c, err
		}
		cert, err := a.Box.Open(m.CertNo)
		if err != nil {
			return c, err
		}
		c.Members = append(c.Members, quality.Person{Rec: m, IDNo: number, CertNo: cert, Twice: twice[m.ID]})
	}
	return c, nil
}

// citizenDigits is how much of a number is the person's: a disability
// certificate adds kind and grade (roster.CheckID).
const citizenDigits = 18

// twice finds the living members whose number another living member has: in
// the township by the number itself, certificate or not, in the others of the
// county by the blind index.
func (a *App) twice(ctx context.Context, t *township) (map[string]bool, error) {
	byNumber, byIndex := map[string][]string{}, map[string][]string{}
	for _, members := range t.members {
		for _, m := range members {
			if m.Left != "" || m.IDIndex == "" {
				continue
			}
			number, err := a.Box.Open(m.IDNo)
			if err != nil {
				return nil, err
			}
			for _, index := range a.Box.Indexes(number) { // the other township's rows may be of another key
				byIndex[index] = append(byIndex[index], m.ID)
			}
			number = number[:min(len(number), citizenDigits)]
			byNumber[number] = append(byNumber[number], m.ID)
		}
	}
	out := map[string]bool{}
	mark := func(ids []string) {
		for _, id := range ids {
			out[id] = true
		}
	}
	for _, ids := range byNumber {
		if len(ids) > 1 {
			mark(ids)
		}
	}
	all, err := a.DB.CountyTownships(ctx, t.area.Parent)
	if err != nil {
		return nil, err
	}
	indexes := slices.Sorted(maps.Keys(byIndex))
	for _, other := range all {
		if other == t.area.Code {
			continue
		}
		known, err := a.DB.LivingNumbers(ctx, other, indexes)
		if err != nil {
			return nil, err
		}
		for index := range known {
			mark(byIndex[index])
		}
	}
	return out, nil
}

// faults is workflow.Service's view of the rules that hold in a township: the
// errors of a household as it stands in a transaction, by rule and person.
// Whether a number is used twice is not asked here: that is the report's.
func (a *App) faults(ctx context.Context, township string) (workflow.Faults, error) {
	rules, err := a.editions.Of(ctx, a.Settings, township)
	if err != nil {
		return nil, err
	}
	return func(tx write.Tx, id string) (map[string]fault.Field, error) {
		c, err := a.caseOf(tx, id)
		if err != nil || c.House == nil {
			return nil, err
		}
		out := map[string]fault.Field{}
		for _, r := range rules.Check(c) {
			if r.Severity == quality.Error {
				out[r.Rule+" "+r.Member] = fault.Field{Name: r.Field, Code: r.Rule, Detail: r.Sentence}
			}
		}
		return out, nil
	}, nil
}

// caseOf reads a household as it stands in a transaction; without House when
// there is none.
func (a *App) caseOf(tx write.Tx, id string) (quality.Case, error) {
	got, err := tx.Load(household.HouseholdType, id)
	if err != nil || got[id] == nil {
		return quality.Case{}, err
	}
	rows, err := tx.Of(household.MemberType, id)
	if err != nil {
		return quality.Case{}, err
	}
	var members []*household.Member
	for _, r := range rows {
		if m := r.(*household.Member); m.DeletedAt == 0 {
			members = append(members, m)
		}
	}
	if rows, err = tx.Of(measure.Type, id); err != nil {
		return quality.Case{}, err
	}
	var measures []*measure.Measure
	for _, r := range rows {
		measures = append(measures, r.(*measure.Measure))
	}
	return a.Case(got[id].(*household.Household), members, measures, nil)
}
