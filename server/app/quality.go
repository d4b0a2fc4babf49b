package app

import (
	"context"
	"maps"
	"slices"

	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/quality"
	"daohu/server/write"
)

// Quality checks every open household of a township, or of all, by the
// built-in rules; village "" = all of them. Numbers are compared across every
// township of the county, whatever is asked for.
func (a *App) Quality(ctx context.Context, only, village string) (*quality.Report, error) {
	rules, err := quality.Builtin()
	if err != nil {
		return nil, err
	}
	report := rules.Report()
	codes, err := a.townships(ctx, only)
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		t, err := a.readTownship(ctx, code)
		if err != nil {
			return nil, err
		}
		twice, err := a.twice(ctx, t)
		if err != nil {
			return nil, err
		}
		for _, h := range t.houses {
			if village != "" && h.Village != village {
				continue
			}
			c, err := a.Case(h, t.members[h.ID], twice)
			if err != nil {
				return nil, err
			}
			report.Add(c)
		}
	}
	return report, nil
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
func (a *App) Case(h *household.Household, members []*household.Member, twice map[string]bool) (quality.Case, error) {
	c := quality.Case{Today: a.opt.Now().In(shanghai), House: h}
	var err error
	if c.Phone, err = a.Box.Open(h.Phone); err != nil {
		return c, err
	}
	for _, m := range members {
		number, err := a.Box.Open(m.IDNo)
		if err != nil {
			return c, err
		}
		c.Members = append(c.Members, quality.Person{Rec: m, IDNo: number, Twice: twice[m.ID]})
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

// faults is workflow.Service's view of the rules: the errors of a household as
// it stands in a transaction, by rule and person. Whether a number is used
// twice is not asked here: that is the report's.
func (a *App) faults(rules *quality.Set) func(write.Tx, string) (map[string]fault.Field, error) {
	return func(tx write.Tx, id string) (map[string]fault.Field, error) {
		got, err := tx.Load(household.HouseholdType, id)
		if err != nil {
			return nil, err
		}
		h, ok := got[id].(*household.Household)
		if !ok {
			return nil, nil
		}
		rows, err := tx.Of(household.MemberType, id)
		if err != nil {
			return nil, err
		}
		var members []*household.Member
		for _, r := range rows {
			if m := r.(*household.Member); m.DeletedAt == 0 {
				members = append(members, m)
			}
		}
		c, err := a.Case(h, members, nil)
		if err != nil {
			return nil, err
		}
		out := map[string]fault.Field{}
		for _, r := range rules.Check(c) {
			if r.Severity == quality.Error {
				out[r.Rule+" "+r.Member] = fault.Field{Name: r.Field, Code: r.Rule, Detail: r.Sentence}
			}
		}
		return out, nil
	}
}
