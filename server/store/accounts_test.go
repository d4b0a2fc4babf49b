package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/migrations"
	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest"
	"daohu/server/servertest/sqlgate"
	"daohu/server/store"
)

type accountsChain struct{}

func (accountsChain) Chain(string, []byte) string { return strings.Repeat("0", 64) }

// accountStores opens the account tables of SQLite and of MariaDB in both
// isolation settings; every statement that runs must parse as MySQL 8 / TiDB.
func accountStores(t *testing.T, test func(t *testing.T, a *store.Accounts, now *atomic.Int64)) {
	run := func(name string, dsn func(t *testing.T) string) {
		t.Run(name, func(t *testing.T) {
			var now atomic.Int64
			now.Store(1_000_000)
			var gate sync.Map
			db, err := store.Open(t.Context(), store.Options{
				MySQL: dsn(t), File: filepath.Join(t.TempDir(), "a.db"), Unsafe: true, Rand: rand.Reader, Chain: accountsChain{},
				Types: []*record.Type{household.HouseholdType}, Now: func() time.Time { return time.UnixMilli(now.Load()) },
				Trace: func(sql string) { gate.Store(sql, nil) },
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			test(t, db.Accounts(), &now)
			seen := 0
			gate.Range(func(sql, _ any) bool {
				seen++
				if err := sqlgate.Check(sql.(string)); err != nil {
					t.Error(err)
				}
				return true
			})
			if seen == 0 {
				t.Error("no statement was seen")
			}
		})
	}
	run("sqlite", func(*testing.T) string { return "" })
	for _, snapshot := range []bool{false, true} {
		run(fmt.Sprint("mariadb snapshot ", snapshot), func(t *testing.T) string {
			return servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: snapshot})
		})
	}
}

func accountsWant(t *testing.T, code fault.Code, err error) {
	t.Helper()
	if code == "" && err != nil || code != "" && !fault.Is(err, code) {
		t.Fatalf("got %v, want %q", err, code)
	}
}

// aUser fills every field, so that a column left out of a statement shows.
func aUser(n int) account.User {
	s := fmt.Sprintf("%03d", n)
	return account.User{
		ID: "user-----" + s, Version: 1, Login: "login-" + s, Name: "名字" + s, Role: access.Household, County: "999999", Township: "999999101", Area: "999999101001",
		Household: account.Optional("house----" + s), Unit: "单位", Rank: "职务", Phone: "k1.sealed", PasswordHash: "$argon2id$p", PinHash: "$argon2id$q",
		CardHash: account.Optional("card-" + s), OpenID: account.Optional("oOpen-" + s), DisabledAt: 7, CreatedAt: 8,
	}
}

func TestAccountUsers(t *testing.T) {
	accountStores(t, func(t *testing.T, a *store.Accounts, _ *atomic.Int64) {
		ctx := t.Context()
		u := aUser(1)
		accountsWant(t, "", a.AddUser(ctx, u))
		for by, value := range map[account.Lookup]string{account.ByID: u.ID, account.ByLogin: u.Login, account.ByOpenID: string(u.OpenID), account.ByCard: string(u.CardHash), account.ByHousehold: string(u.Household)} {
			got, err := a.FindUser(ctx, by, value)
			accountsWant(t, "", err)
			if got != u {
				t.Errorf("by %s: got %+v", by, got)
			}
			// Ids and openids are told apart by case.
			for _, other := range []string{strings.ToUpper(value), value[1:], ""} {
				if _, err = a.FindUser(ctx, by, other); !fault.Is(err, fault.NotFound) {
					t.Errorf("%q by %s: %v", other, by, err)
				}
			}
		}
		// Each unique value is refused, without repeating it.
		for name, same := range map[string]func(*account.User){
			"id": func(v *account.User) { v.ID = u.ID }, "login": func(v *account.User) { v.Login = u.Login }, "household": func(v *account.User) { v.Household = u.Household },
			"card": func(v *account.User) { v.CardHash = u.CardHash }, "openid": func(v *account.User) { v.OpenID = u.OpenID },
		} {
			v := aUser(2)
			same(&v)
			err := a.AddUser(ctx, v)
			accountsWant(t, fault.IDTaken, err)
			if s := err.Error(); strings.Contains(s, "-001") {
				t.Errorf("%s: the error repeats the value: %s", name, s)
			}
		}
		// Many have none of the optional ones.
		for n := 10; n < 13; n++ {
			v := aUser(n)
			v.Household, v.CardHash, v.OpenID = "", "", ""
			accountsWant(t, "", a.AddUser(ctx, v))
			got, err := a.FindUser(ctx, account.ByID, v.ID)
			accountsWant(t, "", err)
			if got != v {
				t.Errorf("got %+v", got)
			}
		}
		// Compare-and-set.
		changed := aUser(3)
		changed.ID, changed.Login, changed.CreatedAt, changed.Version = u.ID, u.Login, u.CreatedAt, 1
		changed.Role, changed.Name, changed.DisabledAt = access.Cadre, "新名字", 0
		accountsWant(t, "", a.SaveUser(ctx, changed))
		accountsWant(t, fault.Stale, a.SaveUser(ctx, changed))
		changed.Version = 2
		if got, err := a.FindUser(ctx, account.ByID, u.ID); err != nil || got != changed {
			t.Errorf("got %+v, %v", got, err)
		}
		accountsWant(t, "", a.SaveUser(ctx, changed)) // the same values are a change too
		other, err := a.FindUser(ctx, account.ByID, aUser(10).ID)
		accountsWant(t, "", err)
		other.OpenID = changed.OpenID
		accountsWant(t, fault.IDTaken, a.SaveUser(ctx, other))
	})
}

func TestAccountSessions(t *testing.T) {
	accountStores(t, func(t *testing.T, a *store.Accounts, now *atomic.Int64) {
		ctx, at := t.Context(), now.Load()
		u := aUser(1)
		accountsWant(t, "", a.AddUser(ctx, u))
		s := account.Session{ID: strings.Repeat("a", 64), User: u.ID, Kind: account.Phone, CreatedAt: at, ExpiresAt: at + 100}
		accountsWant(t, "", a.AddSession(ctx, s))
		accountsWant(t, fault.IDTaken, a.AddSession(ctx, s))
		find := func() account.Session {
			t.Helper()
			got, who, err := a.FindSession(ctx, s.ID)
			accountsWant(t, "", err)
			if who != u {
				t.Errorf("user %+v", who)
			}
			return got
		}
		if got := find(); got != s {
			t.Errorf("got %+v", got)
		}
		_, _, err := a.FindSession(ctx, strings.ToUpper(s.ID))
		accountsWant(t, fault.NotFound, err)
		accountsWant(t, "", a.ExtendSession(ctx, s.ID, at+200))
		accountsWant(t, "", a.ExtendSession(ctx, s.ID, at+150)) // never back
		if got := find().ExpiresAt; got != at+200 {
			t.Errorf("ends %d", got-at)
		}
		if open, err := a.OpenSessions(ctx, u.ID, at+199); err != nil || len(open) != 1 {
			t.Errorf("%v, %v", open, err)
		}
		if open, err := a.OpenSessions(ctx, u.ID, at+200); err != nil || len(open) != 0 {
			t.Errorf("%v, %v", open, err)
		}
		accountsWant(t, "", a.ExpireSession(ctx, s.ID, at))
		accountsWant(t, "", a.ExpireSession(ctx, s.ID, at+50))
		accountsWant(t, "", a.ExtendSession(ctx, s.ID, at+300)) // logged out stays so
		if got := find().ExpiresAt; got != at {
			t.Errorf("ends %d", got-at)
		}
		r := s
		r.ID = strings.Repeat("b", 64)
		accountsWant(t, "", a.AddSession(ctx, r))
		accountsWant(t, "", a.RevokeSession(ctx, r.ID, at+1))
		accountsWant(t, "", a.RevokeSession(ctx, r.ID, at+2))
		accountsWant(t, "", a.ExtendSession(ctx, r.ID, at+300))
		got, _, err := a.FindSession(ctx, r.ID)
		accountsWant(t, "", err)
		if got.RevokedAt != at+1 || got.ExpiresAt != at+100 {
			t.Errorf("got %+v", got)
		}
		if open, err := a.OpenSessions(ctx, u.ID, at); err != nil || len(open) != 0 {
			t.Errorf("%v, %v", open, err)
		}
	})
}

func TestAccountCodes(t *testing.T) {
	accountStores(t, func(t *testing.T, a *store.Accounts, _ *atomic.Int64) {
		ctx := t.Context()
		for n := 1; n < 4; n++ {
			v := aUser(n)
			v.OpenID = ""
			accountsWant(t, "", a.AddUser(ctx, v))
		}
		code := func(n int) account.Code {
			return account.Code{Hash: fmt.Sprintf("hash-%d", n), User: aUser(n).ID, Purpose: account.Bind, CreatedAt: 1, ExpiresAt: 100}
		}
		bind := func(n int, version, at int64, openid string) error {
			return a.BindCode(ctx, account.Binding{Code: code(n).Hash, User: aUser(n).ID, Version: version, OpenID: openid, At: at})
		}
		for n := 1; n < 4; n++ {
			accountsWant(t, "", a.AddCode(ctx, code(n)))
		}
		_, err := a.FindCode(ctx, "hash-9")
		accountsWant(t, fault.NotFound, err)
		accountsWant(t, fault.Gone, bind(1, 1, 100, "o1")) // expired
		accountsWant(t, fault.Stale, bind(1, 2, 50, "o1")) // the user changed: the code must stay unused
		if c, err := a.FindCode(ctx, "hash-1"); err != nil || c != code(1) {
			t.Fatalf("got %+v, %v", c, err)
		}
		accountsWant(t, "", bind(1, 1, 50, "o1"))
		accountsWant(t, fault.Gone, bind(1, 2, 51, "o1b"))
		accountsWant(t, fault.IDTaken, bind(2, 1, 50, "o1"))
		if c, err := a.FindCode(ctx, "hash-2"); err != nil || c.UsedAt != 0 {
			t.Fatalf("a lost binding used the code up: %+v, %v", c, err)
		}
		// A code binds its own user only.
		accountsWant(t, fault.Gone, a.BindCode(ctx, account.Binding{Code: "hash-2", User: aUser(3).ID, Version: 1, OpenID: "o3", At: 50}))
		u, err := a.FindUser(ctx, account.ByOpenID, "o1")
		accountsWant(t, "", err)
		if u.ID != aUser(1).ID || u.Version != 2 {
			t.Errorf("got %+v", u)
		}
		// A new code voids the unused one and keeps the used one.
		next := code(2)
		next.Hash = "hash-2b"
		accountsWant(t, "", a.AddCode(ctx, next))
		_, err = a.FindCode(ctx, "hash-2")
		accountsWant(t, fault.NotFound, err)
		next = code(1)
		next.Hash = "hash-1b"
		accountsWant(t, "", a.AddCode(ctx, next))
		if c, err := a.FindCode(ctx, "hash-1"); err != nil || c.UsedAt != 50 {
			t.Errorf("got %+v, %v", c, err)
		}
	})
}

func TestAccountAttempts(t *testing.T) {
	accountStores(t, func(t *testing.T, a *store.Accounts, _ *atomic.Int64) {
		ctx := t.Context()
		one := account.Attempt{Subject: "s", StartedAt: 1, ExpiresAt: 100}
		// All at once, on a row that does not exist yet.
		var granted atomic.Int64
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				ok, err := a.TakeAttempt(context.WithoutCancel(ctx), one, 10)
				if err != nil {
					t.Error(err)
				}
				if ok {
					granted.Add(1)
				}
			})
		}
		wg.Wait()
		if granted.Load() != 10 {
			t.Fatalf("%d of 64 passed, want 10", granted.Load())
		}
		take := func(at account.Attempt, want bool) {
			t.Helper()
			if ok, err := a.TakeAttempt(ctx, at, 10); ok != want || err != nil {
				t.Fatalf("%+v: %v, %v", at, ok, err)
			}
		}
		take(account.Attempt{Subject: "s", StartedAt: 2, ExpiresAt: 200}, true)
		take(account.Attempt{Subject: "S", StartedAt: 1, ExpiresAt: 100}, true)
		accountsWant(t, "", a.RefundAttempt(ctx, "s", 1))
		take(one, true)
		take(one, false)
		for range 3 { // not below zero
			accountsWant(t, "", a.RefundAttempt(ctx, "S", 1))
		}
		for range 10 {
			take(account.Attempt{Subject: "S", StartedAt: 1, ExpiresAt: 100}, true)
		}
		take(account.Attempt{Subject: "S", StartedAt: 1, ExpiresAt: 100}, false)
		accountsWant(t, "", a.ClearAttempts(ctx, "S"))
		take(account.Attempt{Subject: "S", StartedAt: 1, ExpiresAt: 100}, true)
		take(one, false)
		if n, err := a.PurgeAccounts(ctx, 150, 0); n != 2 || err != nil {
			t.Fatalf("%d rows, %v", n, err)
		}
		take(one, true)
	})
}

func TestAccountMigrationsParse(t *testing.T) {
	text, err := os.ReadFile("../../migrations/mysql/0002_account.sql")
	if err != nil {
		t.Fatal(err)
	}
	stmts := migrations.Statements(string(text))
	if len(stmts) != 10 { // 4 tables, 6 indexes
		t.Errorf("%d statements", len(stmts))
	}
	for _, sql := range stmts {
		if err := sqlgate.Check(sql); err != nil {
			t.Error(err)
		}
	}
}
