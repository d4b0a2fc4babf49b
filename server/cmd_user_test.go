package main

import (
	"strings"
	"testing"
	"time"

	"daohu/server/account"
	"daohu/server/app"
	"daohu/server/demo"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/registry"
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

// TestCodesOnTheTerminal: a code to scan from the screen; no new card is made
// while there is no address to draw.
func TestCodesOnTheTerminal(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	s.run(0, "import", book(t, nil))
	s.has(s.run(0, "user", "code", "cadre-201", "--qr"), "有效到", "█▀")
	var house string
	s.inside(func(a *app.App) error {
		rows, err := a.DB.Page(t.Context(), household.HouseholdType, registry.PageQuery{Township: demo.SecondTownship, Limit: 5})
		house = rows[1].Base().ID
		return err
	})
	s.run(0, "user", "add", "home-1", "--name=一户", "--role=H", "--county="+demo.County, "--township="+demo.SecondTownship, "--household="+house)
	s.has(s.run(1, "user", "card", "home-1", "--qr"), "DAOHU_PUBLIC_URL")
	s.env["DAOHU_PUBLIC_URL"] = "https://daohu.example/"
	s.has(s.run(0, "user", "card", "home-1", "--qr"), "网址 https://daohu.example/h/", "█▀", "PIN ")
}

// inside runs f on the program of the shell's settings.
func (s *shell) inside(f func(a *app.App) error) {
	s.t.Helper()
	v := &env{ctx: s.t.Context(), getenv: func(k string) string { return s.env[k] }, log: discardLog()}
	if err := v.with(f); err != nil {
		s.t.Fatal(err)
	}
}

// TestDisableAtTheTerminal: what a phone still holds is said first.
func TestDisableAtTheTerminal(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	s.run(0, "import", book(t, nil))
	s.inside(func(a *app.App) error {
		u, err := a.Accounts.User(t.Context(), account.ByLogin, "cadre-201")
		if err != nil {
			return err
		}
		raw := `{"cursor":"","schema":1,"client":"AAAAAAAAAAAA","acked":[0,""],"muts":[],"budget":4096,"unsent":[2,1]}`
		_, err = a.Delta.Exchange(t.Context(), u.Actor(), []byte(raw))
		return err
	})
	s.has(s.run(1, "user", "disable", "cadre-201"), "还有 2 条没有送到", "--anyway")
	s.has(s.run(0, "user", "list"), "cadre-201\tC\t"+demo.SecondTownship)
	if strings.Contains(s.run(0, "user", "list"), "disabled") {
		t.Error("it was disabled")
	}
	s.run(0, "user", "disable", "cadre-201", "--anyway")
	s.has(s.run(0, "user", "list"), "disabled")
}

// TestRetentionAtTheTerminal: the table, and what a trial does not do.
func TestRetentionAtTheTerminal(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	s.run(0, "import", book(t, nil))
	old := time.Now().AddDate(-4, 0, 0).UnixMilli()
	s.inside(func(a *app.App) error {
		return a.DB.LogAccess(t.Context(), []registry.Access{{ID: a.DB.NewID(), Township: demo.SecondTownship, Household: a.DB.NewID(), Field: "phone", User: a.DB.NewID(), Role: "T", Reason: "核对电话", At: old}})
	})
	s.has(s.run(0, "retention"), "查看记录\t1095\t1\t0\t", "试算", "销户、并户的个人信息\t3650\t0\t0")
	s.has(s.run(0, "retention", "--apply"), "查看记录\t1095\t1\t1\t")
	s.has(s.run(0, "retention"), "查看记录\t1095\t0\t0\t")
}
