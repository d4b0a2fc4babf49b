package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"

	"daohu/migrations"
)

// ErrNewer says that the database was migrated by a newer program.
var ErrNewer = errors.New("the database belongs to a newer version of this program; start that one")

// accountsSchema is the migration that brings the accounts' audit chain, which
// begins with what is there then.
const accountsSchema = 10

// migration is one numbered file: its statements, and what the program does
// behind them in a transaction.
type migration struct {
	version    int64
	file       string
	statements []string
	then       func(g *gorm.DB) error // nil = nothing
}

// files reads the migrations of the dialect, in order.
func (d *DB) files() ([]migration, error) {
	names, err := fs.Glob(migrations.FS, d.dialect+"/*.sql")
	if err != nil {
		return nil, err
	}
	out := make([]migration, 0, len(names))
	for _, name := range names { // fs.Glob sorts
		m := migration{file: name}
		if m.version, err = goose.NumericComponent(name); err != nil {
			return nil, err
		}
		text, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			return nil, err
		}
		m.statements = migrations.Statements(string(text))
		if m.version == accountsSchema {
			m.then = d.beginAccounts
		}
		out = append(out, m)
	}
	return out, nil
}

// provider is goose with our way of running one file: goose keeps the versions
// and the lock of several replicas.
func (d *DB) provider() (*goose.Provider, error) {
	files, err := d.files()
	if err != nil {
		return nil, err
	}
	run := func(m migration) *goose.GoFunc {
		return &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error { return d.atOnce(ctx, tx, m) }}
	}
	name := database.DialectSQLite3
	if d.dialect == "mysql" {
		name = database.DialectMySQL
		run = func(m migration) *goose.GoFunc {
			return &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error { return d.stepwise(ctx, db, m) }}
		}
	}
	versions, err := database.NewStore(name, goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	for _, m := range files {
		opts = append(opts, goose.WithGoMigrations(goose.NewGoMigration(m.version, run(m), nil)))
	}
	if d.dialect == "mysql" {
		versions = zeroVersion{versions}
		// Without the locker, four of five replicas that migrate at once fail.
		locker, err := lock.NewMySQLTableLocker(lock.WithTableLockTimeout(time.Second, 120))
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithLocker(locker))
	}
	return goose.NewProvider(database.DialectCustom, d.sql, nil, append(opts, goose.WithStore(versions))...)
}

// zeroVersion mends goose where DDL commits by itself: killed between the
// making of the version table and its first row, goose would say "missing zero
// version" for good.
type zeroVersion struct{ database.Store }

// TableExists says whether the table and its first row are there.
func (z zeroVersion) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	var n int64
	err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+z.Tablename()+" WHERE version_id = 0").Scan(&n)
	if mysqlError(err, noSuchTable) {
		return false, nil
	}
	return n > 0, err
}

// CreateVersionTable makes the table unless only its first row is missing.
func (z zeroVersion) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	err := z.Store.CreateVersionTable(ctx, db)
	if mysqlError(err, tableExists) {
		return nil
	}
	return err
}

// Migrate brings the schema up to this program's version, step by step; it
// may be run again after an interruption.
func (d *DB) Migrate(ctx context.Context) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	if err := d.refuseNewer(ctx, p); err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// CheckSchema fails unless the schema is exactly this program's version.
func (d *DB) CheckSchema(ctx context.Context) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	if err := d.refuseNewer(ctx, p); err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return err
	}
	if pending {
		return errors.New("the database is older than this program; run `daohu migrate`")
	}
	return nil
}

func (d *DB) refuseNewer(ctx context.Context, p *goose.Provider) error {
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("store: reading the schema version: %w", err)
	}
	src := p.ListSources()
	if len(src) > 0 && have > src[len(src)-1].Version {
		return fmt.Errorf("%w (schema %d, this program knows %d)", ErrNewer, have, src[len(src)-1].Version)
	}
	return nil
}
