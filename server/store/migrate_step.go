package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	gomysql "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
)

// Errors of MySQL and MariaDB that say a statement's effect is there already,
// or what it needs is not.
const (
	tableExists   = 1050
	unknownTable  = 1051 // DROP TABLE
	columnExists  = 1060
	keyExists     = 1061
	cannotDrop    = 1091 // no such column or key
	noSuchTable   = 1146
	unknownColumn = 1054 // RENAME COLUMN
)

func mysqlError(err error, numbers ...uint16) bool {
	e, ok := errors.AsType[*gomysql.MySQLError](err)
	return ok && slices.Contains(numbers, e.Number)
}

// done reports whether err says that a statement begun before has had its
// effect.
func done(err error) bool {
	return mysqlError(err, tableExists, unknownTable, columnExists, keyExists, cannotDrop, noSuchTable, unknownColumn)
}

// atOnce runs a file inside goose's transaction: SQLite takes DDL back.
func (d *DB) atOnce(ctx context.Context, tx *sql.Tx, m migration) error {
	for i, s := range m.statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return m.failed(i+1, err)
		}
	}
	if m.then == nil {
		return nil
	}
	return m.failed(len(m.statements)+1, m.then(d.over(ctx, tx)))
}

// over is gorm on a transaction that database/sql began.
func (d *DB) over(ctx context.Context, tx *sql.Tx) *gorm.DB {
	g := d.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	g.Statement.ConnPool = tx
	return g
}

func (m migration) failed(step int, err error) error {
	if err != nil {
		err = fmt.Errorf("%s, step %d: %w", m.file, step, err)
	}
	return err
}

// progress is how far a file has come on a database where DDL commits by
// itself: steps before no are done, no itself was begun and perhaps done. 0 =
// none was begun. hash is over the texts of all of them.
type progress struct {
	no   int
	hash string
}

const progressTable = "CREATE TABLE IF NOT EXISTS goose_progress (" +
	"version_id BIGINT NOT NULL, no BIGINT NOT NULL, hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, PRIMARY KEY (version_id))"

// stepwise runs a file on MySQL or MariaDB, where it cannot be one
// transaction. Before a statement that changes tables its number is noted, so
// that after a kill at most one may have been done without our knowledge: that
// one is run again, and "is there already" then means done. What changes rows
// is one transaction with its number.
func (d *DB) stepwise(ctx context.Context, db *sql.DB, m migration) error {
	if _, err := db.ExecContext(ctx, progressTable); err != nil {
		return err
	}
	at, err := m.resume(ctx, db)
	if err != nil {
		return err
	}
	for n := max(1, at.no); n <= len(m.statements); n++ {
		if err := m.failed(n, m.step(ctx, db, n, at.no == n)); err != nil {
			return err
		}
	}
	last := len(m.statements) + 1
	if m.then == nil || at.no == last {
		return nil
	}
	return m.failed(last, m.whole(ctx, db, last, func(tx *sql.Tx) error { return m.then(d.over(ctx, tx)) }))
}

// resume reads how far the file has come. What was run must be what this
// program would have run.
func (m migration) resume(ctx context.Context, db *sql.DB) (progress, error) {
	var p progress
	err := db.QueryRowContext(ctx, "SELECT no, hash FROM goose_progress WHERE version_id = ?", m.version).Scan(&p.no, &p.hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = db.ExecContext(ctx, "INSERT INTO goose_progress (version_id, no, hash) VALUES (?, 0, '')", m.version)
	case err == nil && (p.no > len(m.statements)+1 || p.hash != m.hash(p.no)):
		err = fmt.Errorf("%s: another edition of this file was begun, and interrupted at step %d; finish it with the program that began it", m.file, p.no)
	}
	return p, err
}

// hash is over the first n steps. "" = none.
func (m migration) hash(n int) string {
	if n == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(m.statements[:min(n, len(m.statements))], "\x00")))
	return hex.EncodeToString(sum[:])
}

// step runs statement n; again says that it was begun before.
func (m migration) step(ctx context.Context, db *sql.DB, n int, again bool) error {
	s := m.statements[n-1]
	if !definition(s) {
		if again { // its number was committed with it
			return nil
		}
		return m.whole(ctx, db, n, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, s)
			return err
		})
	}
	if !again {
		if err := m.note(ctx, db, n-1, n); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, s)
	switch {
	case again && done(err):
		return nil
	case !again && done(err): // it was never ours: the next run must not take it for done
		return errors.Join(err, m.note(ctx, db, n, n-1))
	}
	return err
}

// definition: the statement changes tables and commits by itself.
func definition(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	return slices.Contains([]string{"CREATE", "ALTER", "DROP", "RENAME"}, strings.ToUpper(word))
}

// whole runs step n and notes it in one transaction.
func (m migration) whole(ctx context.Context, db *sql.DB, n int, f func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err = m.note(ctx, tx, n-1, n); err == nil {
		err = f(tx)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// note moves the progress by compare-and-set: a second migrator, which the
// lock should keep away, ends here.
func (m migration) note(ctx context.Context, db interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, from, to int) error {
	r, err := db.ExecContext(ctx, "UPDATE goose_progress SET no = ?, hash = ? WHERE version_id = ? AND no = ?", to, m.hash(to), m.version, from)
	if err != nil {
		return err
	}
	if rows, err := r.RowsAffected(); err != nil || rows != 1 {
		return errors.Join(err, errors.New("another process migrates this database"))
	}
	return nil
}
