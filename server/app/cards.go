package app

import (
	"context"
	"encoding/json"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/household"
	"daohu/server/registry"
)

// clips answers with the row of a recording as its author may see it.
type clips struct {
	*booklet.Recorder
	*booklet.SoundLinks
	registry *registry.Service
}

func (a *App) clips() clips {
	var keys [][]byte
	for _, k := range a.Box.Subkeys() {
		keys = append(keys, k.Links)
	}
	return clips{&booklet.Recorder{Store: a.DB, Writer: a.DB}, &booklet.SoundLinks{Bodies: a.Registry, Keys: keys, Now: a.opt.Now}, a.Registry}
}

func (c clips) Take(ctx context.Context, a access.Actor, id string, body []byte) (json.RawMessage, error) {
	row, err := c.Recorder.Take(ctx, a, id, body)
	if err != nil {
		return nil, err
	}
	return c.registry.Show(booklet.ClipType, row, a)
}

func (c clips) Withdraw(ctx context.Context, a access.Actor, id string, rev int64, reason string) (json.RawMessage, error) {
	row, err := c.Recorder.Withdraw(ctx, a, id, rev, reason)
	if err != nil {
		return nil, err
	}
	return c.registry.Show(booklet.ClipType, row, a)
}

// Given counts a township's open households that were given the current
// edition of the policy booklet, each once (每户发放一份政策口袋书).
type Given struct {
	Edition    int64
	Title      string
	Households int
}

func (a *App) given(ctx context.Context, code string, houses []*household.Household) (Given, error) {
	raw, err := a.Settings.Current(ctx, code, booklet.Code)
	if err != nil {
		return Given{}, err
	}
	now, err := booklet.ParseBooklet(raw)
	if err != nil {
		return Given{}, err
	}
	all, err := every[*booklet.Delivery](ctx, a, booklet.DeliveryType, code)
	if err != nil {
		return Given{}, err
	}
	has := map[string]bool{}
	for _, d := range all {
		has[d.Household] = has[d.Household] || d.Edition == now.Edition
	}
	out := Given{Edition: now.Edition, Title: now.Title}
	for _, h := range houses {
		if has[h.ID] {
			out.Households++
		}
	}
	return out, nil
}
