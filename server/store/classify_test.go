package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gomysql "github.com/go-sql-driver/mysql"

	"daohu/server/activity"
	"daohu/server/delta"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/registry"
	"daohu/server/roster"
	"daohu/server/servertest"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/write"
)

// TestDatabaseDown stops a real server under a real store: whatever is asked
// then answers "try again later", decide is not run, and nothing hangs.
func TestDatabaseDown(t *testing.T) {
	_ = servertest.MariaDB(t, servertest.MariaDBOptions{}) // ends the test where there is no server
	s, err := servertest.StartMariaDB(t.Context(), servertest.MariaDBOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	raw, err := sql.Open("mysql", s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), "CREATE DATABASE daohu CHARACTER SET utf8mb4"); err != nil {
		t.Fatal(err)
	}
	b, err := town.Open(t.Context(), town.Options{MySQL: s.DSN() + "daohu"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.DB.Close() }()
	tw, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	in := write.Intent{Township: tw.Township, Households: tw.Houses}
	_, err = b.DB.Write(ctx, in, func(tx write.Tx) error {
		s.Stop() // in the middle of a transaction
		tx.Put(activity.VisitType, aVisit("visit000000A", tw.Houses[0]))
		_, err := tx.Load(household.HouseholdType, tw.Houses[0])
		return err
	})
	wantDown(t, "a transaction under way", err)
	for name, ask := range questions(ctx, tw) {
		wantDown(t, name, ask())
	}
	_, err = b.DB.Write(ctx, in, func(write.Tx) error { t.Error("decide ran"); return nil })
	wantDown(t, "a new transaction", err)
	if _, err := store.Open(ctx, store.Options{MySQL: "root:geheim@tcp(" + s.Addr + ")/daohu", Rand: rand.Reader, Chain: noChain{}, Types: types.All()}); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("opening: %v", err)
	}
}

// questions is one call of every reading method.
func questions(ctx context.Context, tw *town.Town) map[string]func() error {
	db, me, house := tw.DB, tw.Cadres[0].User, tw.Houses[0]
	one := func(_ any, err error) error { return err }
	return map[string]func() error{
		"Ping":      func() error { return db.Ping(ctx) },
		"Space":     func() error { return one(db.Space(ctx, tw.Township)) },
		"OpenSpace": func() error { return db.OpenSpace(ctx, "999999999", "999900", "common000001") },
		"Spaces":    func() error { return one(db.Spaces(ctx, me, "")) },
		"Scope":     func() error { return one(db.Scope(ctx, me, tw.Township, 0)) },
		"Rows": func() error {
			return one(db.Rows(ctx, activity.VisitType, delta.Select{Township: tw.Township, Households: tw.Houses}))
		},
		"Keepers":         func() error { return one(db.Keepers(ctx, tw.Township, tw.Houses)) },
		"RaiseEpoch":      func() error { return db.RaiseEpoch(ctx, 1, 1, 9) },
		"Client":          func() error { return one(db.Client(ctx, "client000001", me)) },
		"Townships":       func() error { return one(db.Townships(ctx, me, tw.Houses)) },
		"Results":         func() error { return one(db.Results(ctx, "client000001", 0)) },
		"MonthVisits":     func() error { return one(db.MonthVisits(ctx, tw.Township, "", "2026-01", "2026-02")) },
		"VillagePoints":   func() error { return one(db.VillagePoints(ctx, tw.Township)) },
		"CountyTownships": func() error { return one(db.CountyTownships(ctx, "999900")) },
		"Held":            func() error { return one(db.Held(ctx, me, house)) },
		"HeldTownships":   func() error { return one(db.HeldTownships(ctx, me)) },
		"EverTownships":   func() error { return one(db.EverTownships(ctx, me)) },
		"Find":            func() error { return one(db.Find(ctx, activity.VisitType, []string{tw.Township}, house)) },
		"Page": func() error {
			return one(db.Page(ctx, activity.VisitType, registry.PageQuery{Township: tw.Township, Limit: 1}))
		},
		"Body":           func() error { return one(db.Body(ctx, []string{tw.Township}, "x")) },
		"Quarantined":    func() error { return one(db.Quarantined(ctx, tw.Township, "open", "", 1)) },
		"QuarantinedOne": func() error { return one(db.QuarantinedOne(ctx, tw.Township, "x")) },
		"Area":           func() error { return one(db.Area(ctx, "999900")) },
		"Under":          func() error { return one(db.Under(ctx, "999900")) },
		"PutAreas":       func() error { return db.PutAreas(ctx, nil) },
		"HouseholdIDs":   func() error { return one(db.HouseholdIDs(ctx, tw.Township)) },
		"LivingNumbers":  func() error { return one(db.LivingNumbers(ctx, tw.Township, []string{"x"})) },
		"Live":           func() error { return one(db.Live(ctx, household.MemberType, tw.Township)) },
		"LiveOf":         func() error { return one(db.Live(ctx, household.MemberType, tw.Township, house)) },
		"BeginImport":    func() error { return db.BeginImport(ctx, roster.Run{ID: "import000001", Township: tw.Township}) },
		"EndImport":      func() error { return db.EndImport(ctx, roster.Run{ID: "import000001"}) },
		"Imports":        func() error { return one(db.Imports(ctx, tw.Township, 1)) },
		"Histories":      func() error { return one(db.Histories(ctx, tw.Township)) },
		"OpenSessions":   func() error { return one(db.Accounts().OpenSessions(ctx, me, 0)) },
		"Upload":         func() error { _, _, err := db.BodyByUpload(ctx, "x"); return err },
	}
}

func wantDown(t *testing.T, name string, err error) {
	t.Helper()
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Code != fault.Unavailable || e.Retry < time.Second || e.Err == nil {
		t.Errorf("%s: %v", name, err)
	} else if strings.Contains(e.Sentence(), "sql") || strings.Contains(e.Sentence(), "127.0.0.1") {
		t.Errorf("%s shows %q", name, e.Sentence())
	}
}

// TestClassify goes through the errors that mean "not now" and those that do
// not, as the drivers give them; the wrapping of others in between is kept.
func TestClassify(t *testing.T) {
	mine := fault.New(fault.Stale, "")
	my := func(n uint16) error { return fmt.Errorf("while writing: %w", &gomysql.MySQLError{Number: n}) }
	for _, c := range []struct {
		name string
		err  error
		down bool
	}{
		{"disk full", my(1021), true}, {"table full", my(1114), true}, {"out of memory", my(1037), true},
		{"too many connections", my(1040), true}, {"shutting down", my(1053), true}, {"read-only", my(1290), true},
		{"deadlock", my(1213), true}, {"lock wait", my(1205), true}, {"snapshot conflict", my(1020), true},
		{"error writing a file", my(1026), true}, {"error from the engine, such as a full disk", my(1030), true},
		{"connection killed", my(1927), true}, {"idle connection closed", my(4031), true},
		{"bad connection", driver.ErrBadConn, true}, {"invalid connection", gomysql.ErrInvalidConn, true},
		{"no answer in time", context.DeadlineExceeded, true}, {"SQLite full", sqliteFull(t), true}, {"SQLite file cannot be opened", sqliteGone(t), true},
		{"duplicate", my(1062), false}, {"syntax", my(1064), false}, {"too long", my(1406), false}, {"no table", my(1146), false},
		{"a bug", errors.New("x"), false}, {"the caller left", context.Canceled, false}, {"no rows", sql.ErrNoRows, false},
	} {
		got := store.Classify(c.err)
		if c.down {
			wantDown(t, c.name, got)
		} else if got != c.err {
			t.Errorf("%s became %v", c.name, got)
		}
		if !errors.Is(got, c.err) {
			t.Errorf("%s: the cause is lost", c.name)
		}
	}
	if store.Classify(nil) != nil || store.Classify(mine) != error(mine) {
		t.Error("nil and our own errors stay as they are")
	}
}

// sqliteFull fills a real database up to its page limit.
func sqliteFull(t *testing.T) error {
	t.Helper()
	db := rawDB(t, town.Options{File: filepath.Join(t.TempDir(), "full.db")})
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "PRAGMA max_page_count = 3; CREATE TABLE x (y TEXT)"); err != nil {
		t.Fatal(err)
	}
	_, err := db.ExecContext(t.Context(), "INSERT INTO x VALUES (?)", strings.Repeat("x", 100000))
	if err == nil {
		t.Fatal("the database did not fill up")
	}
	return err
}

func sqliteGone(t *testing.T) error {
	t.Helper()
	err := rawDB(t, town.Options{File: filepath.Join(t.TempDir(), "no", "such.db")}).PingContext(t.Context())
	if err == nil {
		t.Fatal("opened a file in a folder that is not there")
	}
	return err
}

// TestKilledConnection: an admin ends the connection in the middle of a
// transaction; the phone is told to try again, and the next write goes through.
func TestKilledConnection(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		if !p.mysql {
			return // no connection to end
		}
		tw := p.town(t, town.Size{Houses: 1})
		in := write.Intent{Township: tw.Township, Households: tw.Houses}
		visit := func(tx write.Tx) error {
			tx.Put(activity.VisitType, aVisit("visit000000A", tw.Houses[0]))
			return nil
		}
		_, err := p.DB.Write(t.Context(), in, func(tx write.Tx) error {
			id := p.number(t, "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID() AND trx_mysql_thread_id IN (SELECT id FROM information_schema.processlist WHERE db = DATABASE())")
			p.exec(t, fmt.Sprintf("KILL CONNECTION %d", id))
			return visit(tx)
		})
		wantDown(t, "killed", err)
		if seq := put(t, p.DB, in, visit); seq != 2 {
			t.Errorf("seq %d", seq)
		}
	})
}

// TestOpenSaysLittle: a DSN that cannot be read is not repeated.
func TestOpenSaysLittle(t *testing.T) {
	for _, o := range []store.Options{
		{MySQL: "root:geheim@tcp(127.0.0.1:1)", Rand: rand.Reader, Chain: noChain{}, Types: types.All()},
		{MySQL: "root:geheim@tcp(127.0.0.1:1)/x", Rand: rand.Reader, Chain: noChain{}, Types: types.All()},
		{MySQL: "root:geheim@tcp(127.0.0.1:1)/x"},
	} {
		if _, err := store.Open(t.Context(), o); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%v", err)
		}
	}
}
