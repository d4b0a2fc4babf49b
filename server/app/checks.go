package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"daohu/server/account"
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
		{"photo store", a.blobs.Ping},
	}
}

// AddUser makes an account and gives it the households that go with its role
// (staff.Service.Add), in the name of the system.
func (a *App) AddUser(ctx context.Context, n account.NewUser) (account.User, error) {
	return a.Staff.Add(ctx, "", n)
}
