// Package store keeps everything in SQL: MySQL/MariaDB, or SQLite in the
// embedded mode. It is the only package that knows gorm.
//
// All statements are plain SQL that reads the same in both dialects but for
// the multi-row upsert; each one parses as MySQL 8 and TiDB (a test feeds
// every statement run by the suite to that grammar).
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	gosqlite "github.com/glebarez/go-sqlite"
	"github.com/glebarez/sqlite"
	gomysql "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"daohu/server/fault"
	"daohu/server/record"
)

// Options say how to open a store. The zero value of a field is its default.
type Options struct {
	// MySQL is a DSN as go-sql-driver/mysql takes it; "" = SQLite.
	MySQL string
	// File is the SQLite file; its folder is made.
	File string
	// Unsafe turns off waiting for the disk: for tests and for building the
	// demo aside, never for data that anyone would miss.
	Unsafe bool
	Now    func() time.Time // default: time.Now
	Rand   io.Reader        // ids; required
	Chain  Chainer          // audit links; required
	Sealer Sealer           // opens what rows hold sealed; nil = nothing is opened or sealed anew
	Types  []*record.Type   // the synced types; required
	// Trace is called with every SQL statement before it runs (tests); nil = no trace.
	Trace func(sql string)
}

// DB is an open store. It is safe for concurrent use.
type DB struct {
	gorm    *gorm.DB
	sql     *sql.DB
	dialect string // mysql or sqlite
	opt     Options
	house   *record.Type
}

// Open connects; it does not migrate.
func Open(ctx context.Context, opt Options) (*DB, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Rand == nil || opt.Chain == nil || len(opt.Types) == 0 {
		return nil, errors.New("store: Rand, Chain and Types are required")
	}
	d := &DB{opt: opt, dialect: "sqlite", house: opt.Types[0]}
	var dial gorm.Dialector
	var err error
	if opt.MySQL != "" {
		d.dialect = "mysql"
		if d.sql, err = openMySQL(opt.MySQL); err == nil {
			dial = mysql.New(mysql.Config{Conn: d.sql, SkipInitializeWithVersion: true})
		}
	} else {
		if d.sql, err = openSQLite(opt.File, opt.Unsafe); err == nil {
			dial = &sqlite.Dialector{Conn: d.sql}
		}
	}
	if err != nil {
		return nil, err
	}
	if err := d.sql.PingContext(ctx); err != nil {
		_ = d.sql.Close()
		return nil, fmt.Errorf("store: cannot reach the database: %w", err)
	}
	d.gorm, err = gorm.Open(dial, &gorm.Config{
		SkipDefaultTransaction: true, Logger: logger.Discard, DisableAutomaticPing: true, TranslateError: false,
		NowFunc: opt.Now,
	})
	if err == nil && opt.Trace != nil {
		err = trace(d.gorm, opt.Trace)
	}
	if err != nil {
		_ = d.sql.Close()
		return nil, err
	}
	return d, nil
}

// openMySQL sets READ COMMITTED by statement on every new connection: MariaDB
// 10.11 does not know the DSN variable, and at its default isolation it loses
// updates silently.
func openMySQL(dsn string) (*sql.DB, error) {
	cfg, err := gomysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("store: DAOHU_DB is not a MySQL DSN such as user:password@tcp(127.0.0.1:3306)/daohu")
	}
	cfg.Loc, cfg.ParseTime, cfg.InterpolateParams, cfg.ClientFoundRows = time.UTC, true, true, true // goose's table lock reads times
	cfg.Logger = &gomysql.NopLogger{}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["innodb_lock_wait_timeout"] = "5"
	if err := cfg.Apply(gomysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return nil, err
	}
	c, err := gomysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(readCommitted{c})
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(16)
	db.SetConnMaxLifetime(10 * time.Minute)
	return db, nil
}

type readCommitted struct{ driver.Connector }

func (r readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// openSQLite uses write-ahead logging and takes the write lock at BEGIN:
// SQLite drops FOR UPDATE, so the whole file is the lock.
func openSQLite(file string, unsafe bool) (*sql.DB, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	sync := "FULL"
	if unsafe {
		sync = "OFF"
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + sync + ")", "foreign_keys(0)", "cache_size(-16000)", "secure_delete(1)"}} // what was erased is written over in the file
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	return db, nil
}

func trace(g *gorm.DB, f func(string)) error {
	before := func(db *gorm.DB) { f(db.Statement.SQL.String()) }
	return errors.Join(
		g.Callback().Raw().After("gorm:raw").Register("daohu:trace", before),
		g.Callback().Row().After("gorm:row").Register("daohu:trace", before),
		g.Callback().Query().After("gorm:query").Register("daohu:trace", before),
		g.Callback().Create().After("gorm:create").Register("daohu:trace", before),
		g.Callback().Update().After("gorm:update").Register("daohu:trace", before),
		g.Callback().Delete().After("gorm:delete").Register("daohu:trace", before),
	)
}

// Close closes the connections.
func (d *DB) Close() error { return d.sql.Close() }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return Classify(d.sql.PingContext(ctx)) }

// Dialect is mysql or sqlite.
func (d *DB) Dialect() string { return d.dialect }

func (d *DB) now() int64 { return d.opt.Now().UnixMilli() }

// Classify turns the errors of a database that is down, overloaded or out of
// space into fault.Unavailable; other errors come back as they are.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ours := errors.AsType[*fault.Error](err); ours {
		return err
	}
	if down(err) || retryable(err) {
		return &fault.Error{Code: fault.Unavailable, Retry: 5 * time.Second, Err: err}
	}
	return err
}

// closed is the text of database/sql's unexported errDBClosed (Go 1.26): a
// request that arrives while the program stops.
const closed = "sql: database is closed"

func down(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, gomysql.ErrInvalidConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	if err.Error() == closed {
		return true
	}
	if _, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok {
		return true
	}
	if e, ok := errors.AsType[*gomysql.MySQLError](err); ok {
		switch e.Number {
		case 1021, 1026, 1030, 1037, 1040, 1041, 1053, 1114, 1152, 1158, 1159, 1160, 1161, 1290, 1836, 1927, 3100, 4031:
			return true // disk full, out of memory, too many connections, shutdown, connection ended, net errors, read-only
		}
	}
	if e, ok := errors.AsType[*gosqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case 8, 10, 13, 14: // READONLY, IOERR, FULL, CANTOPEN: https://www.sqlite.org/rescode.html
			return true
		}
	}
	return false
}

// retryable: deadlock, lock wait timeout, snapshot conflict (MariaDB), busy.
func retryable(err error) bool {
	if e, ok := errors.AsType[*gomysql.MySQLError](err); ok {
		return e.Number == 1213 || e.Number == 1205 || e.Number == 1020
	}
	if e, ok := errors.AsType[*gosqlite.Error](err); ok {
		return e.Code()&0xff == 5 || e.Code()&0xff == 6 // BUSY, LOCKED
	}
	return false
}

// duplicate: a unique key says no.
func duplicate(err error) bool {
	if e, ok := errors.AsType[*gomysql.MySQLError](err); ok {
		return e.Number == 1062
	}
	if e, ok := errors.AsType[*gosqlite.Error](err); ok {
		return e.Code() == 1555 || e.Code() == 2067 // CONSTRAINT_PRIMARYKEY, CONSTRAINT_UNIQUE
	}
	return false
}

// newID makes an id of 12 characters from 72 random bits. A random source
// that fails is a machine nobody should write on: the error becomes an id
// that no table accepts.
func newID(r io.Reader) string {
	var b [9]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}
