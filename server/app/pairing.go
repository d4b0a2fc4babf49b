package app

import (
	"context"

	"daohu/server/access"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/pairing"
)

// desk is the system as the administrator of a township: what the commands
// about pairings act as. Invalid where there is none of that code.
func (a *App) desk(ctx context.Context, township string) (access.Actor, error) {
	ar, err := a.DB.Area(ctx, township)
	if fault.Is(err, fault.NotFound) || err == nil && ar.Level != area.Township {
		return access.Actor{}, noTownship
	}
	return access.Actor{Role: access.Township, County: ar.Parent, Township: township}, err
}

// PairingGaps reports what is to be put right in the pairings of the township
// given, or of each.
func (a *App) PairingGaps(ctx context.Context, only string) ([]pairing.TownGaps, error) {
	return reports(ctx, a, only, a.Pairing.Gaps)
}

// PairingQuotas compares the cadres of the township given, or of each, with
// the quota table.
func (a *App) PairingQuotas(ctx context.Context, only string) ([]pairing.TownQuota, error) {
	return reports(ctx, a, only, a.Pairing.Quotas)
}

func reports[R any](ctx context.Context, a *App, only string, report func(context.Context, access.Actor, string) ([]R, error)) ([]R, error) {
	codes, err := a.townships(ctx, only)
	if err != nil {
		return nil, err
	}
	var out []R
	for _, code := range codes {
		who, err := a.desk(ctx, code)
		if err != nil {
			return nil, err
		}
		got, err := report(ctx, who, "")
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}

// Paired is a pairing by the names people use.
type Paired struct {
	Code     string // 户编号
	Login    string // of the cadre
	From, To string // days; To "" = still
}

// PairingList is a township's pairings by 户编号 and day: of one cadre (login)
// and on one day, "" = all.
func (a *App) PairingList(ctx context.Context, township, cadre, on string) ([]Paired, error) {
	who, err := a.desk(ctx, township)
	if err != nil {
		return nil, err
	}
	rows, err := a.Pairing.Every(ctx, who, township, cadre, on)
	if err != nil {
		return nil, err
	}
	codes, err := a.HouseholdCodes(ctx, township)
	if err != nil {
		return nil, err
	}
	logins := map[string]bool{}
	for _, p := range rows {
		logins[p.Cadre] = true
	}
	users, err := a.workers(ctx, township, logins)
	if err != nil {
		return nil, err
	}
	var out []Paired
	for _, p := range rows {
		out = append(out, Paired{codes[p.Household], users[p.Cadre].Login, p.From, p.To})
	}
	return out, nil
}

// PairingHandover carries a hand-over out in a township, or says what it would
// do (pairing.Service.Handover). Without households it moves all.
func (a *App) PairingHandover(ctx context.Context, township string, in pairing.Handover) (*pairing.HandoverResult, error) {
	who, err := a.desk(ctx, township)
	if err != nil {
		return nil, err
	}
	plan := in
	plan.Dry = true
	got, err := a.Pairing.Handover(ctx, who, township, plan)
	if err != nil || in.Dry {
		return got, err
	}
	in.Households = nil
	for _, m := range got.Households {
		in.Households = append(in.Households, pairing.Transfer{Household: m.Household, To: m.To, Seen: m.Seen})
	}
	return a.Pairing.Handover(ctx, who, township, in)
}
