package app

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fixtureMoving are the tables that requests without effect may write to:
// sessions, counted tries, what is known of a phone, and the log of imports.
var fixtureMoving = []string{"session", "attempt", "onetime", "client", "result", "import", "sqlite_sequence", "goose_db_version"}

// fingerprint is the number of rows and a hash of every table that holds
// records: equal before and after means that nothing was written, not even
// half. It reads the SQLite file past the program.
func (f *fixture) fingerprint() string {
	f.Helper()
	db, err := sql.Open("sqlite", filepath.Join(f.Config.Data, "daohu.db"))
	f.must(err)
	defer func() { _ = db.Close() }()
	names := f.column(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
	var out []string
	for _, name := range names {
		if !slices.Contains(fixtureMoving, name) {
			out = append(out, f.tablePrint(db, name))
		}
	}
	return strings.Join(out, "\n")
}

func (f *fixture) column(db *sql.DB, query string) []string {
	f.Helper()
	rows, err := db.QueryContext(f.Context(), query)
	f.must(err)
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var s string
		f.must(rows.Scan(&s))
		out = append(out, s)
	}
	f.must(rows.Err())
	return out
}

func (f *fixture) tablePrint(db *sql.DB, name string) string {
	f.Helper()
	rows, err := db.QueryContext(f.Context(), "SELECT * FROM `"+name+"`")
	f.must(err)
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	f.must(err)
	values, to := make([]any, len(cols)), make([]any, len(cols))
	for i := range values {
		to[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		f.must(rows.Scan(to...))
		lines = append(lines, fmt.Sprint(values))
	}
	f.must(rows.Err())
	slices.Sort(lines)
	return fmt.Sprintf("%s: %d rows %x", name, len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))))
}

// fixtureDiff names the tables that differ.
func fixtureDiff(before, after string) string {
	var out []string
	b := strings.Split(before, "\n")
	for _, line := range strings.Split(after, "\n") {
		if !slices.Contains(b, line) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// fixtureFigure prints a figure of a test that has not failed.
func fixtureFigure(t testing.TB, format string, a ...any) {
	t.Helper()
	if !t.Failed() {
		t.Logf("figure: "+format, a...)
	}
}
