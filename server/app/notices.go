package app

import (
	"context"
	"encoding/json"

	"daohu/server/access"
	"daohu/server/notice"
	"daohu/server/registry"
)

// notices shows public notices as the caller may see them.
type notices struct {
	*notice.Service
	registry *registry.Service
}

// Public implements api.Notices: everyone sees what a household sees.
func (n notices) Public(ctx context.Context, township string) ([]json.RawMessage, error) {
	up, err := n.Now(ctx, township)
	if err != nil {
		return nil, err
	}
	rows := []json.RawMessage{}
	for _, r := range up {
		b, err := notice.Type.Project(r, string(access.Household), n.registry.Sealer)
		if err != nil {
			return nil, err
		}
		rows = append(rows, b)
	}
	return rows, nil
}

// Draft implements api.Notices.
func (n notices) Draft(ctx context.Context, a access.Actor, township string, in notice.New) (json.RawMessage, error) {
	r, err := n.Service.Draft(ctx, a, township, in)
	return n.shown(r, a, err)
}

// Publish implements api.Notices.
func (n notices) Publish(ctx context.Context, a access.Actor, id string, rev, days int64) (json.RawMessage, error) {
	r, err := n.Service.Publish(ctx, a, id, rev, days)
	return n.shown(r, a, err)
}

// Withdraw implements api.Notices.
func (n notices) Withdraw(ctx context.Context, a access.Actor, id string, rev int64, reason string) (json.RawMessage, error) {
	r, err := n.Service.Withdraw(ctx, a, id, rev, reason)
	return n.shown(r, a, err)
}

func (n notices) shown(r *notice.Notice, a access.Actor, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return n.registry.Show(notice.Type, r, a)
}
