package app

import (
	"context"

	"daohu/server/access"
	"daohu/server/api"
	"daohu/server/registry"
	"daohu/server/retention"
	"daohu/server/types"
)

var _ api.Erasure = erasure{}

// erasure answers what persons ask for about their own data.
type erasure struct {
	*retention.Service
	registry *registry.Service
}

func (e erasure) Export(ctx context.Context, a access.Actor) (registry.OwnData, error) {
	return e.registry.Export(ctx, a)
}

// PublicURL is where people reach the server, without a final slash; "" = not set.
func (a *App) PublicURL() string { return a.opt.Config.PublicURL }

func (a *App) assembleRetention() error {
	rules, err := retention.Builtin()
	if err != nil {
		return err
	}
	a.Retention = &retention.Service{
		Store: a.DB, Accounts: a.DB, Closer: a.Accounts, Scope: a.Registry, Writer: a.DB, Pictures: a.blobs, Types: types.All(), Rules: rules, Now: a.opt.Now,
		Purges: map[string]func(context.Context) (int64, error){retention.Logins: a.Accounts.Purge, retention.Tombstones: a.DB.Purge},
	}
	return nil
}
