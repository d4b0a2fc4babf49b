package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"daohu/server/activity"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest"
	"daohu/server/servertest/sqlgate"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// place is one database of the suite with a second, plain way into it: what
// the store wrote is judged by SQL that the store did not make.
type place struct {
	*town.Base
	raw   *sql.DB
	open  town.Options // opens the same database once more
	mysql bool
}

// each runs f on SQLite and on MariaDB with innodb_snapshot_isolation OFF and
// ON. Every statement the store runs must parse as MySQL 8 / TiDB; on SQLite
// all but the one whose tail is its own, the upsert.
func each(t *testing.T, f func(t *testing.T, p *place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, newPlace(t, "sqlite")) })
	for _, name := range []string{"mariadb", "mariadb snapshot"} {
		t.Run(name, func(t *testing.T) { f(t, newPlace(t, name)) })
	}
}

// options names a fresh, empty database: sqlite, mariadb or mariadb snapshot.
func options(t *testing.T, name string) town.Options {
	t.Helper()
	if name == "sqlite" {
		return town.Options{File: filepath.Join(t.TempDir(), "s.db"), Seed: 7}
	}
	return town.Options{MySQL: servertest.MariaDB(t, servertest.MariaDBOptions{Snapshot: name == "mariadb snapshot"}), Seed: 7}
}

func newPlace(t *testing.T, name string) *place {
	t.Helper()
	p := &place{open: options(t, name), mysql: name != "sqlite"}
	first := p.open
	first.Trace = p.gate(t)
	b, err := town.Open(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.DB.Close() })
	p.Base, p.raw, p.open.Seed = b, rawDB(t, p.open), 8
	return p
}

// gate holds every statement against the grammar of MySQL 8 and TiDB.
func (p *place) gate(t *testing.T) func(sql string) {
	var seen sync.Map
	return func(sql string) {
		if _, dup := seen.LoadOrStore(sql, true); dup || !p.mysql && strings.Contains(sql, "ON CONFLICT") {
			return
		}
		if err := sqlgate.Check(sql); err != nil {
			t.Errorf("%v: %s", err, sql)
		}
	}
}

func rawDB(t *testing.T, o town.Options) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+o.File+"?_pragma=busy_timeout(10000)"
	if o.MySQL != "" {
		driver, dsn = "mysql", o.MySQL
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (p *place) town(t *testing.T, size town.Size) *town.Town {
	t.Helper()
	tw, err := p.Add(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	return tw
}

// plan is how the database would run a query: its rows by column.
func (p *place) plan(t *testing.T, query string, args ...any) (out []map[string]string) {
	t.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if p.mysql {
		explain = "EXPLAIN "
	}
	rows, err := p.raw.QueryContext(t.Context(), explain+query, args...)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer rows.Close()
	names, err := rows.Columns()
	for err == nil && rows.Next() {
		cells, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		at := map[string]string{}
		if err = rows.Scan(into...); err == nil {
			for i, n := range names {
				at[n] = cells[i].String
			}
			out = append(out, at)
		}
	}
	if err = errors.Join(err, rows.Err()); err != nil {
		t.Fatal(err)
	}
	return out
}

// number runs a query that gives one number.
func (p *place) number(t *testing.T, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := p.raw.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (p *place) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := p.raw.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// counts says how many rows every table holds, and how far the counter is:
// equal before and after means that a transaction left nothing.
func (p *place) counts(t *testing.T, township string) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables(t, p) {
		fmt.Fprintf(&b, "%s %d, ", table, p.number(t, "SELECT COUNT(*) FROM `"+table+"`"))
	}
	var head string
	var seq, last, versions int64
	err := p.raw.QueryRowContext(t.Context(), "SELECT `seq`, `audit_head` FROM `space` WHERE `township` = ?", township).Scan(&seq, &head)
	if err == nil {
		err = p.raw.QueryRowContext(t.Context(), "SELECT SUM(`last_seq`), SUM(`version`) FROM `household` WHERE `township` = ?", township).Scan(&last, &versions)
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "seq %d head %s last %d versions %d", seq, head, last, versions)
	return b.String()
}

// put writes through the store and returns the seq.
func put(t *testing.T, w write.Writer, in write.Intent, decide func(tx write.Tx) error) int64 {
	t.Helper()
	seq, err := w.Write(t.Context(), in, decide)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func aVisit(id, house string) *activity.Visit {
	return &activity.Visit{Meta: record.Meta{ID: id, Household: house, MadeBy: "cadre0000001", MadeAt: 1}, Day: "2026-03-02", State: "pending", Met: record.ListOf([]string{"户主1"})}
}

// houseOf loads a locked household inside a transaction.
func houseOf(tx write.Tx, id string) (*household.Household, error) {
	got, err := tx.Load(household.HouseholdType, id)
	if err != nil {
		return nil, err
	}
	h, ok := got[id].(*household.Household)
	if !ok {
		return nil, fmt.Errorf("household %s is missing", id)
	}
	return h, nil
}

func findHouse(ctx context.Context, tw *town.Town, id string) (*household.Household, error) {
	r, err := tw.DB.Find(ctx, household.HouseholdType, []string{tw.Township}, id)
	if err != nil {
		return nil, err
	}
	return r.(*household.Household), nil
}
