package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/registry"
	"daohu/server/write"
)

// Shanghai is the programme's time zone.
func Shanghai() *time.Location { return shanghai }

// Check is one thing `daohu doctor` looks at.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Checks look at everything the program needs and change nothing.
func (a *App) Checks() []Check {
	return []Check{
		{"database", a.DB.Ping},
		{"schema", a.DB.CheckSchema},
		{"redis", a.kv.Ping},
		{"sealing", func(context.Context) error {
			s, err := a.Box.Seal("x")
			if err == nil {
				_, err = a.Box.Open(s)
			}
			return err
		}},
		{"data folder", func(context.Context) error {
			f, err := os.CreateTemp(a.opt.Config.Data, ".doctor")
			if err != nil {
				return fmt.Errorf("cannot write into %s: %w", a.opt.Config.Data, err)
			}
			_ = f.Close()
			return os.Remove(filepath.Clean(f.Name()))
		}},
	}
}

// AddUser makes an account and gives it the households that go with its role:
// a village worker the village's, a household's login its own.
func (a *App) AddUser(ctx context.Context, n account.NewUser) (account.User, error) {
	u, err := a.Accounts.CreateUser(ctx, n)
	if err != nil || !u.Role.In("HV") {
		return u, err
	}
	var ids []string
	source := pairing.SourceSelf
	if u.Role == access.Household {
		ids = []string{string(u.Household)}
	} else {
		source = pairing.SourceVillage
		if ids, err = a.villageHouseholds(ctx, u.Township, u.Area); err != nil {
			return u, err
		}
	}
	common, err := a.DB.Common(ctx, u.Township)
	if err != nil {
		return u, err
	}
	in := write.Intent{Township: u.Township, Action: "users", Households: append([]string{common}, ids...)}
	_, err = a.DB.Write(ctx, in, func(tx write.Tx) error {
		return pairing.Assign(tx, common, string(u.Role), source, map[string][]string{u.ID: ids})
	})
	return u, err
}

func (a *App) villageHouseholds(ctx context.Context, township, village string) ([]string, error) {
	var ids []string
	q := registry.PageQuery{Township: township, Limit: 1000}
	for {
		recs, err := a.DB.Page(ctx, household.HouseholdType, q)
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			if h := r.(*household.Household); h.Village == village && h.Kind == "" {
				ids = append(ids, h.ID)
			}
			q.After = r.Base().ID
		}
		if len(recs) < q.Limit {
			return ids, nil
		}
	}
}
