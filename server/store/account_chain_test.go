package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/roster"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/write"
)

// aPhone makes a telephone number sealed with the place's key.
func aPhone(t *testing.T, p *place, n int) record.Sealed {
	t.Helper()
	s, err := p.Box.Seal(fmt.Sprintf("1990000%04d", n))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wipe asks for a phone to be erased, or takes that back.
func wipe(t *testing.T, p *place, township, client string, on bool) {
	t.Helper()
	put(t, p.DB, write.Intent{Township: township, Actor: "admin0000001", Action: "wipe", Client: client}, func(tx write.Tx) error {
		tx.Client().Wipe = on
		return nil
	})
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// deeds does everything that changes an account once, and some that does not;
// it returns the actions that must stand in the chain, in order.
func deeds(t *testing.T, p *place) []string {
	t.Helper()
	tw := p.town(t, town.Size{Houses: 2, Cadres: 1})
	a, ctx := p.DB.Accounts(), access.By(t.Context(), "admin0000001")
	u, v := aUser(1), aUser(2)
	u.Phone, v.Phone = aPhone(t, p, 1), ""
	must(t, a.AddUser(ctx, u), a.AddUser(ctx, v))
	u.PinHash, u.DisabledAt = "$argon2id$new", 0
	must(t, a.SaveUser(ctx, u))
	u.Version++
	far := p.Now().Add(time.Hour).UnixMilli()
	for _, h := range []string{"code-1", "code-2"} { // the second takes the first's place
		must(t, a.AddCode(ctx, account.Code{Hash: h, User: u.ID, Purpose: account.Bind, ExpiresAt: far}))
	}
	must(t, a.BindCode(access.By(ctx, u.ID), account.Binding{Code: "code-2", User: u.ID, Version: u.Version, OpenID: "oNew", At: p.Now().UnixMilli()}))
	secret := aPhone(t, p, 2)
	f := account.Factor{User: u.ID, Secret: secret, CreatedAt: 5}
	must(t, a.AddFactor(ctx, f))
	for step := range int64(3) { // the first confirms, the others are log-ins
		if ok, err := a.UseStep(ctx, f, 7+step, 70+step); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	must(t, a.AddFactor(ctx, account.Factor{User: v.ID, Secret: secret, CreatedAt: 5}), a.DropFactor(ctx, v.ID), a.DropFactor(ctx, v.ID))
	for _, id := range []string{"session-1", "session-2"} {
		must(t, a.AddSession(ctx, account.Session{ID: id, User: u.ID, Kind: account.Phone, ExpiresAt: far}))
	}
	must(t, a.ExtendSession(ctx, "session-1", far+1), a.ExpireSession(ctx, "session-1", far), a.RevokeSession(ctx, "session-2", 9), a.RevokeSession(ctx, "session-2", 10))
	must(t, p.DB.KeepRelease(ctx, roster.Release{ID: "release00001", Township: tw.Township, Actor: "county000001", Role: "K", Day: "2026-03-02", Reason: "季度检查", People: 3, At: 4}, 1))
	if err := p.DB.KeepRelease(ctx, roster.Release{ID: "release00002", Actor: "county000001", Role: "K", Day: "2026-03-02"}, 1); !fault.Is(err, fault.TooMany) {
		t.Fatal(err)
	}
	look := registry.Access{ID: "look00000001", Township: tw.Township, Household: tw.Houses[0], Field: "phone", User: "cadre0000001", Role: "C", Reason: "电话联系入户", At: 5}
	more := look
	more.ID = "look00000002"
	must(t, p.DB.LogAccess(ctx, []registry.Access{look, more}))
	for _, id := range []string{"phone0000001", "phone0000002"} {
		_, err := p.DB.Client(ctx, id, u.ID)
		must(t, err)
	}
	wipe(t, p, tw.Township, "phone0000001", true)
	wipe(t, p, tw.Township, "phone0000002", true)
	wipe(t, p, tw.Township, "phone0000002", false)
	return strings.Fields("user-add user-add user-change code code bind factor-add factor-confirm factor-add factor-drop revoke export look wipe wipe wipe")
}

// TestAccountsAreChained: each change has its line, with who did it and no
// value; logging in has none.
func TestAccountsAreChained(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		want := deeds(t, p)
		clean(t, p)
		if got := texts(t, p.raw, "SELECT action FROM audit WHERE space = 0 ORDER BY seq"); !slices.Equal(got, want) {
			t.Errorf("lines %v\nwant  %v", got, want)
		}
		for query, want := range map[string]string{
			"SELECT DISTINCT actor FROM audit WHERE space = 0 AND action = 'bind'":                          "user-----001",
			"SELECT DISTINCT actor FROM audit WHERE space = 0 AND action = 'export'":                        "county000001",
			"SELECT DISTINCT actor FROM audit WHERE space = 0 AND action = 'look'":                          "cadre0000001",
			"SELECT DISTINCT actor FROM audit WHERE space = 0 AND action NOT IN ('bind', 'export', 'look')": "admin0000001",
		} {
			if got := texts(t, p.raw, query); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %v, want %s", query, got, want)
			}
		}
		for _, text := range texts(t, p.raw, "SELECT `rows` FROM audit WHERE space = 0") {
			for _, word := range []string{"名字", "login-", "199000", "argon", "oNew", "card-", "季度", "电话", "house-", "单位"} {
				if strings.Contains(text, word) {
					t.Errorf("%q stands in %s", word, text)
				}
			}
		}
		var said map[string][]string
		must(t, json.Unmarshal([]byte(texts(t, p.raw, "SELECT `rows` FROM audit WHERE space = 0 AND action = 'user-change'")[0]), &said))
		if fmt.Sprint(said["~columns"]) != "[disabled_at pin_hash]" {
			t.Errorf("changed: %v", said)
		}
		// Sealing anew, logging in and old age change nothing that is bound.
		p.exec(t, "UPDATE user SET phone = ? WHERE id = 'user-----001'", string(aPhone(t, p, 1)))
		p.Pass(account.CodeLife + time.Hour)
		if n, err := p.DB.Accounts().PurgeAccounts(t.Context(), p.Now().UnixMilli(), p.Now().UnixMilli()); err != nil || n < 3 {
			t.Fatalf("%d gone: %v", n, err)
		}
		clean(t, p)
		heads, err := p.DB.Heads(t.Context())
		if err != nil || len(heads) != 2 || heads[1].Township != store.AccountsChain || heads[1].Seq != int64(len(want)) {
			t.Errorf("heads %+v: %v", heads, err)
		}
		p.exec(t, "DELETE FROM audit WHERE space = 0 AND seq = ?", len(want))
		p.exec(t, "UPDATE account_chain SET seq = seq - 1, audit_head = (SELECT hash FROM audit WHERE space = 0 AND seq = ?)", len(want)-1)
		p.exec(t, "UPDATE client SET wipe = 1 WHERE id = 'phone0000002'")
		if found, _ := verify(t, p, store.Audit{}); found != "" {
			t.Fatalf("this cannot be seen from within: %s", found)
		}
		if found, _ := verify(t, p, store.Audit{Heads: heads}); strings.Count(found, "\n") != 1 || !strings.Contains(found, "accounts, line 16: the head written down") {
			t.Errorf("found %s", found)
		}
	})
}

// TestAccountTamperingIsNamed: what is added, taken away, put back or moved.
func TestAccountTamperingIsNamed(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		deeds(t, p)
		gone := func(table, where string) (do, undo []string) {
			cols := "`" + strings.Join(names(columns(t, p, table)), "`, `") + "`"
			do = []string{"CREATE TABLE kept AS SELECT * FROM " + table + " WHERE " + where, "DELETE FROM " + table + " WHERE " + where}
			return do, []string{"INSERT INTO " + table + " (" + cols + ") SELECT " + cols + " FROM kept", "DROP TABLE kept"}
		}
		copied := func(table, key, id string) (do, undo []string) {
			cols := "`" + strings.Join(names(columns(t, p, table)), "`, `") + "`"
			from := strings.Replace(cols, "`"+key+"`", "'someoneelse0'", 1)
			for _, unique := range []string{"login", "household", "card_hash", "openid", "place"} {
				if v := map[string]string{"login": "'else'", "place": "9"}[unique]; table == "user" || unique == "place" && table == "export" {
					if v == "" {
						v = "NULL"
					}
					from = strings.Replace(from, "`"+unique+"`", v, 1)
				}
			}
			return []string{"INSERT INTO " + table + " (" + cols + ") SELECT " + from + " FROM " + table + " WHERE `" + key + "` = '" + id + "'"}, []string{"DELETE FROM " + table + " WHERE `" + key + "` = 'someoneelse0'"}
		}
		type deed struct {
			name, want string
			do, undo   []string
		}
		list := []deed{
			{"lines swapped", "accounts, line 2: ", []string{"UPDATE audit SET seq = -1 WHERE space = 0 AND seq = 1", "UPDATE audit SET seq = 1 WHERE space = 0 AND seq = 2", "UPDATE audit SET seq = 2 WHERE space = 0 AND seq = -1"},
				[]string{"UPDATE audit SET seq = -1 WHERE space = 0 AND seq = 1", "UPDATE audit SET seq = 1 WHERE space = 0 AND seq = 2", "UPDATE audit SET seq = 2 WHERE space = 0 AND seq = -1"}},
			{"a used code made new", "onetime code-2: the row is not as", []string{"UPDATE onetime SET used_at = -used_at"}, []string{"UPDATE onetime SET used_at = -used_at"}},
			{"a revoked session opened", "session session-2: the row is not as", []string{"UPDATE session SET revoked_at = 0 WHERE id = 'session-2'"}, []string{"UPDATE session SET revoked_at = 9 WHERE id = 'session-2'"}},
			{"a session revoked", "session session-1: no audit line names", []string{"UPDATE session SET revoked_at = 9 WHERE id = 'session-1'"}, []string{"UPDATE session SET revoked_at = 0 WHERE id = 'session-1'"}},
			{"a wipe taken back", "client phone0000001: the row is not as", []string{"UPDATE client SET wipe = 0 WHERE id = 'phone0000001'"}, []string{"UPDATE client SET wipe = 1 WHERE id = 'phone0000001'"}},
			{"a wipe ordered", "client phone0000002: the row is not as", []string{"UPDATE client SET wipe = 1 WHERE id = 'phone0000002'"}, []string{"UPDATE client SET wipe = 0 WHERE id = 'phone0000002'"}},
			{"another name on a look", "access_log look00000001: ", []string{"UPDATE access_log SET user = 'cadre0000002' WHERE id = 'look00000001'"}, []string{"UPDATE access_log SET user = 'cadre0000001' WHERE id = 'look00000001'"}},
			{"a dropped factor put back", "totp user-----002: this line says that the row is gone", []string{"INSERT INTO totp (user, secret, created_at, confirmed_at, last_step) SELECT 'user-----002', secret, 5, 0, 0 FROM totp"}, []string{"DELETE FROM totp WHERE user = 'user-----002'"}},
			{"a voided code put back", "onetime code-1: this line says that the row is gone", []string{"INSERT INTO onetime (hash, user, purpose, created_at, expires_at, used_at) SELECT 'code-1', user, purpose, 0, expires_at, 0 FROM onetime"}, []string{"DELETE FROM onetime WHERE hash = 'code-1'"}},
		}
		for table, at := range map[string][2]string{"user": {"id", "user-----001"}, "totp": {"user", "user-----001"}, "onetime": {"hash", "code-2"}, "export": {"id", "release00001"}, "access_log": {"id", "look00000002"}} {
			do, undo := gone(table, "`"+at[0]+"` = '"+at[1]+"'")
			list = append(list, deed{"deleted from " + table, table + " " + at[1] + ": the row is missing", do, undo})
			do, undo = copied(table, at[0], at[1])
			list = append(list, deed{"added to " + table, table + " someoneelse0: no audit line names", do, undo})
		}
		for _, c := range list {
			if p.mysql {
				c.do, c.undo = typed(c.do), typed(c.undo)
			}
			for _, q := range c.do {
				p.exec(t, q)
			}
			if found, _ := verify(t, p, store.Audit{}); !strings.Contains(found, c.want) {
				t.Errorf("%s: want %q in\n%s", c.name, c.want, found)
			}
			for _, q := range c.undo {
				p.exec(t, q)
			}
			clean(t, p)
		}
	})
}

// TestAccountsFindEveryBit flips one bit of one value at a time, in every table
// that the accounts' chain binds.
func TestAccountsFindEveryBit(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		deeds(t, p)
		flipBits(t, p, 150, "audit", "user", "totp", "onetime", "export", "access_log")
		clean(t, p)
		p.exec(t, "UPDATE account_chain SET audit_head = REPLACE(audit_head, SUBSTR(audit_head, 1, 1), 'g')")
		if found, _ := verify(t, p, store.Audit{}); !strings.Contains(found, "head") {
			t.Errorf("a changed head is not found: %s", found)
		}
	})
}

// TestAccountsChainBesideItself: many change accounts at once; each change has
// its line, none is lost and the chain holds.
func TestAccountsChainBesideItself(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		a := p.DB.Accounts()
		const who, times = 8, 20
		var wg sync.WaitGroup
		for w := range who {
			wg.Go(func() {
				ctx := access.By(t.Context(), fmt.Sprintf("admin%07d", w))
				u := aUser(w)
				if err := a.AddUser(ctx, u); err != nil {
					t.Error(err)
					return
				}
				for n := range times {
					u.Name = fmt.Sprintf("名字%d", n)
					look := registry.Access{ID: fmt.Sprintf("look%04d%04d", w, n), User: fmt.Sprintf("admin%07d", w), At: 5}
					if err := errors.Join(a.SaveUser(ctx, u), p.DB.LogAccess(ctx, []registry.Access{look})); err != nil {
						t.Error(err)
						return
					}
					u.Version++
				}
			})
		}
		wg.Wait()
		clean(t, p)
		for query, want := range map[string]int64{
			"SELECT COUNT(*) FROM audit WHERE space = 0": who * (1 + 2*times), "SELECT seq FROM account_chain": who * (1 + 2*times),
			"SELECT COUNT(DISTINCT actor) FROM audit WHERE space = 0": who, "SELECT COUNT(*) FROM access_log": who * times,
		} {
			if n := p.number(t, query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
	})
}

// TestOldLooksMayGo: what the rule of how long they are kept takes away is no
// finding once the chain says so; younger ones stay bound.
func TestOldLooksMayGo(t *testing.T) {
	p := newPlace(t, "sqlite")
	deeds(t, p)
	p.Pass(time.Minute)
	before := p.Now().UnixMilli()
	p.Pass(time.Minute)
	must(t, p.DB.LogAccess(t.Context(), []registry.Access{{ID: "look00000003", User: "cadre0000001", At: p.Now().UnixMilli()}}))
	must(t, p.DB.Forget(t.Context(), "access_log", before))
	p.exec(t, "DELETE FROM access_log WHERE at < ?", before)
	clean(t, p)
	p.exec(t, "DELETE FROM access_log")
	p.exec(t, "DELETE FROM export")
	found, _ := verify(t, p, store.Audit{})
	if strings.Count(found, "\n") != 2 || !strings.Contains(found, "look00000003: the row is missing") || !strings.Contains(found, "release00001: the row is missing") {
		t.Errorf("found %s", found)
	}
}

// TestChainBeginsWithWhatWasThere: accounts older than the chain are bound from
// the migration on, and a chain that was taken away does not begin anew.
func TestChainBeginsWithWhatWasThere(t *testing.T) {
	for _, name := range []string{"sqlite", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			o := options(t, name)
			if _, err := provider(t, o).UpTo(t.Context(), 9); err != nil {
				t.Fatal(err)
			}
			raw := rawDB(t, o)
			for _, q := range []string{
				"INSERT INTO user (id, version, login, name, role, county, township, area, unit, `rank`, phone, password_hash, pin_hash, disabled_at, created_at) VALUES ('user00000001', 3, 'old', '旧人', 'C', '999999', '', '', '', '', '', '', '', 0, 1)",
				"INSERT INTO access_log (id, township, household, member, field, user, role, reason, at) VALUES ('look00000001', '', '', '', 'phone', 'user00000001', 'C', '旧', 1)",
				"INSERT INTO session (id, user, kind, created_at, expires_at, revoked_at) VALUES ('open', 'user00000001', 'phone', 1, 9, 0), ('revoked', 'user00000001', 'phone', 1, 9, 5)",
			} {
				if _, err := raw.ExecContext(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			b, err := town.Open(t.Context(), o)
			must(t, err)
			defer b.DB.Close()
			p := &place{Base: b, raw: raw, open: o, mysql: name != "sqlite"}
			clean(t, p)
			if n := p.number(t, "SELECT COUNT(*) FROM audit WHERE space = 0 AND action = 'begin'"); n != 3 {
				t.Errorf("%d lines, want one for each table with rows", n)
			}
			p.exec(t, "UPDATE user SET role = 'T'")
			if found, _ := verify(t, p, store.Audit{}); !strings.Contains(found, "user user00000001: ") {
				t.Errorf("found %s", found)
			}
			p.exec(t, "DELETE FROM audit WHERE space = 0")
			p.exec(t, "DELETE FROM account_chain")
			must(t, p.DB.Migrate(t.Context()))
			if found, _ := verify(t, p, store.Audit{}); !strings.Contains(found, "no audit line names") {
				t.Errorf("the chain began anew over changed rows: %s", found)
			}
		})
	}
}
