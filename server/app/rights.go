package app

import (
	"context"

	"daohu/server/access"
	"daohu/server/api"
	"daohu/server/casework"
	"daohu/server/household"
	"daohu/server/registry"
	"daohu/server/retention"
	"daohu/server/roster"
)

var (
	_ api.Rights      = rights{}
	_ casework.Eraser = erasure{}
)

// rights answers the routes of requests about personal data.
type rights struct {
	*casework.Rights
	a *App
}

// CopyData is the household's own data as the admin may see it. It is logged
// before anything is given out.
func (r rights) CopyData(ctx context.Context, a access.Actor, id string) (registry.OwnData, roster.Note, error) {
	n, err := r.Copy(ctx, a, id)
	if err != nil {
		return registry.OwnData{}, roster.Note{}, err
	}
	data, err := r.a.Registry.CopyOf(ctx, a, n.Household)
	if err != nil {
		return registry.OwnData{}, roster.Note{}, err
	}
	note, err := r.a.leave(ctx, a, n.Township, roster.Copy, "应要求给个人资料副本", 1, sheetsPerDay)
	return data, note, err
}

// EraseOf erases at the revision that is there: what was seen was the request.
func (e erasure) EraseOf(ctx context.Context, a access.Actor, township, house, member, reason string) error {
	h, err := e.registry.Row(ctx, a, household.HouseholdType, house)
	if err != nil {
		return err
	}
	rev, gone := h.Base().Version, h.(*household.Household).ErasedAt > 0
	if member != "" {
		m, err := e.registry.Row(ctx, a, household.MemberType, member)
		if err != nil {
			return err
		}
		rev, gone = m.Base().Version, m.(*household.Member).ErasedAt > 0
	}
	if gone {
		return nil
	}
	_, err = e.Erase(ctx, a, registry.House{ID: house, Township: township}, retention.Ask{Rev: rev, Member: member, Reason: reason})
	return err
}
