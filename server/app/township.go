package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/registry"
)

// pageRows is how many rows one statement reads.
const pageRows = 1000

// township is what the commands that look at a whole township read of it:
// open households and the living and former members of these.
type township struct {
	area    area.Area
	houses  []*household.Household // by 户编号
	members map[string][]*household.Member
}

// every reads all live rows of a type.
func every[R record.Record](ctx context.Context, a *App, t *record.Type, code string) ([]R, error) {
	var out []R
	q := registry.PageQuery{Township: code, Limit: pageRows}
	for {
		recs, err := a.DB.Page(ctx, t, q)
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			out = append(out, r.(R))
			q.After = r.Base().ID
		}
		if len(recs) < q.Limit {
			return out, nil
		}
	}
}

var noTownship = fault.New(fault.Invalid, "没有这个乡镇，请核对代码。")

// readTownship reads it; Invalid where there is none of that code.
func (a *App) readTownship(ctx context.Context, code string) (*township, error) {
	ar, err := a.DB.Area(ctx, code)
	if fault.Is(err, fault.NotFound) || err == nil && ar.Level != area.Township {
		return nil, noTownship
	}
	if err != nil {
		return nil, err
	}
	t := &township{area: ar, members: map[string][]*household.Member{}}
	houses, err := every[*household.Household](ctx, a, household.HouseholdType, code)
	if err != nil {
		return nil, err
	}
	open := map[string]bool{}
	for _, h := range houses {
		if h.Kind == "" && h.State == "" {
			t.houses, open[h.ID] = append(t.houses, h), true
		}
	}
	slices.SortFunc(t.houses, func(x, y *household.Household) int {
		return cmp.Or(strings.Compare(x.Code, y.Code), strings.Compare(x.ID, y.ID))
	})
	members, err := every[*household.Member](ctx, a, household.MemberType, code)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if open[m.Household] {
			t.members[m.Household] = append(t.members[m.Household], m)
		}
	}
	return t, nil
}

// townships lists the codes of all, or only the one given.
func (a *App) townships(ctx context.Context, only string) ([]string, error) {
	if only != "" {
		return []string{only}, nil
	}
	counties, err := a.DB.Under(ctx, "")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range counties {
		list, err := a.DB.CountyTownships(ctx, c.Code)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// Townships lists the codes of all townships, or only the one given.
func (a *App) Townships(ctx context.Context, only string) ([]string, error) {
	return a.townships(ctx, only)
}

// workers are the cadres and village workers of a township by user id: those
// whose home it is, and those whose ids are given.
func (a *App) workers(ctx context.Context, code string, also map[string]bool) (map[string]account.User, error) {
	out := map[string]account.User{}
	for _, role := range []access.Role{access.Cadre, access.Village} {
		f := account.Filter{Township: code, Role: role, Limit: 500}
		for {
			list, err := a.Accounts.Users(ctx, f)
			if err != nil {
				return nil, err
			}
			for _, u := range list {
				out[u.ID], f.After = u, u.Login
			}
			if len(list) < f.Limit {
				break
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(also)) {
		if _, have := out[id]; have {
			continue
		}
		u, err := a.Accounts.User(ctx, account.ByID, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if u.Role.In("CV") {
			out[id] = u
		}
	}
	return out, nil
}

// pairings reads those of the open households.
func (a *App) pairings(ctx context.Context, t *township) ([]*pairing.Pairing, error) {
	all, err := every[*pairing.Pairing](ctx, a, pairing.Type, t.area.Code)
	if err != nil {
		return nil, err
	}
	open := map[string]bool{}
	for _, h := range t.houses {
		open[h.ID] = true
	}
	return slices.DeleteFunc(all, func(p *pairing.Pairing) bool { return !open[p.Household] }), nil
}
