package store_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"daohu/server/account"
	"daohu/server/account/staff"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/servertest"
	"daohu/server/servertest/sqlgate"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/write"
)

// TestPhones: a township's phones and no other's, in pages; a wipe mark is set
// in the row that a push holds locked.
func TestPhones(t *testing.T) {
	for _, name := range []string{"sqlite", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			dsn := ""
			if name == "mariadb" {
				dsn = servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: true})
			}
			ms := int64(5_000_000)
			db, err := store.Open(t.Context(), store.Options{
				MySQL: dsn, File: filepath.Join(t.TempDir(), "a.db"), Unsafe: true, Rand: rand.Reader, Chain: accountsChain{},
				Types: []*record.Type{types.All()[0]}, Now: func() time.Time { return time.UnixMilli(ms) },
				Trace: func(sql string) {
					if err := sqlgate.Check(sql); err != nil && dsn != "" { // SQLite has an ON CONFLICT of its own
						t.Error(err)
					}
				},
			})
			accountsWant(t, "", err)
			t.Cleanup(func() { _ = db.Close() })
			accountsWant(t, "", db.Migrate(t.Context()))
			phones(t, db, ms)
		})
	}
}

func phones(t *testing.T, db *store.DB, ms int64) {
	ctx := t.Context()
	for n := range 4 {
		u := aUser(n)
		if n == 3 {
			u.Township = "999999102"
		}
		accountsWant(t, "", db.Accounts().AddUser(ctx, u))
		for i := range 2 {
			_, err := db.Client(ctx, fmt.Sprintf("client----%d%d", n, i), u.ID)
			accountsWant(t, "", err)
		}
	}
	change := func(id string, f func(c *write.Client)) error {
		_, err := db.Write(ctx, write.Intent{Township: "999999101", Client: id}, func(tx write.Tx) error {
			f(tx.Client())
			tx.Add(&write.Step{Type: "client", Row: id, To: "wipe", By: "admin", Reason: "丢了", At: tx.Now()})
			return nil
		})
		return err
	}
	accountsWant(t, "", change("client----10", func(c *write.Client) {
		c.Unsent, c.OldestAt, c.Schema, c.SeenAt, c.LastMid, c.AckedMid = 3, 4, 5, ms, 7, 6
	}))
	accountsWant(t, "", change("client----10", func(c *write.Client) { c.Wipe = true }))
	accountsWant(t, fault.NotFound, change("client----99", func(*write.Client) {}))
	u := aUser(1)
	want := staff.Phone{Client: write.Client{ID: "client----10", User: u.ID, LastMid: 7, AckedMid: 6, Schema: 5, Unsent: 3, OldestAt: 4, SeenAt: ms, Wipe: true},
		Login: u.Login, Name: u.Name, Role: u.Role, County: u.County, Township: u.Township}
	if got, err := db.Phone(ctx, want.ID); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err := db.Phone(ctx, "client----99")
	accountsWant(t, fault.NotFound, err)
	var ids string
	for after := ""; ; {
		list, err := db.Phones(ctx, "999999101", after, 4)
		accountsWant(t, "", err)
		for _, p := range list {
			ids += p.ID[10:] + " "
			after = p.ID
			if p.ID == want.ID && p != want {
				t.Errorf("got %+v", p)
			}
		}
		if len(list) < 4 {
			break
		}
	}
	if ids != "00 01 10 11 20 21 " {
		t.Errorf("listed %s", ids)
	}
}

// TestUsersOfACounty: the filter by county, alone and with a township.
func TestUsersOfACounty(t *testing.T) {
	db, err := store.Open(t.Context(), store.Options{File: filepath.Join(t.TempDir(), "a.db"), Unsafe: true, Rand: rand.Reader, Chain: accountsChain{}, Types: []*record.Type{types.All()[0]}})
	accountsWant(t, "", err)
	t.Cleanup(func() { _ = db.Close() })
	accountsWant(t, "", db.Migrate(t.Context()))
	for n, place := range [][2]string{{"999999", "999999101"}, {"999999", ""}, {"999998", "999998101"}, {"999998", ""}} {
		u := aUser(n)
		u.County, u.Township = place[0], place[1]
		accountsWant(t, "", db.Accounts().AddUser(t.Context(), u))
	}
	for f, want := range map[account.Filter]string{
		{County: "999999"}: "login-000 login-001 ", {County: "999998", Township: "999998101"}: "login-002 ", {County: "999999", Township: "999998101"}: "",
		{County: "999998", After: "login-002"}: "login-003 ",
	} {
		list, err := db.Accounts().ListUsers(t.Context(), f)
		accountsWant(t, "", err)
		got := ""
		for _, u := range list {
			got += u.Login + " "
		}
		if got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}
