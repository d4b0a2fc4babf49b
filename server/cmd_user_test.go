package main

import (
	"testing"

	"daohu/server/account"
	"daohu/server/app"
	"daohu/server/demo"
	"daohu/server/fault"
)

// TestTotpReset: the way back for an admin whose authenticator is lost.
func TestTotpReset(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	s.run(0, "user", "add", "county-admin", "--name=管理员", "--role=K", "--county="+demo.County)
	inside := func(f func(a *app.App, u account.User) error) {
		t.Helper()
		v := &env{ctx: t.Context(), getenv: func(k string) string { return s.env[k] }, log: discardLog()}
		if err := v.of("county-admin", f); err != nil {
			t.Fatal(err)
		}
	}
	inside(func(a *app.App, u account.User) error {
		_, err := a.Accounts.StartTOTP(t.Context(), u.ID)
		if err != nil {
			return err
		}
		f, err := a.DB.Accounts().FindFactor(t.Context(), u.ID)
		if err != nil {
			return err
		}
		if ok, err := a.DB.Accounts().UseStep(t.Context(), f, 1, 1); !ok {
			return err
		}
		if _, err = a.Accounts.StartTOTP(t.Context(), u.ID); !fault.Is(err, fault.WrongState) {
			t.Errorf("beside a confirmed one: %v", err)
		}
		return nil
	})
	s.run(0, "user", "totp-reset", "county-admin")
	s.run(0, "user", "totp-reset", "county-admin")
	s.has(s.run(1, "user", "totp-reset", "nobody"), "not-found")
	inside(func(a *app.App, u account.User) error {
		_, err := a.Accounts.StartTOTP(t.Context(), u.ID)
		return err
	})
}
