package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"daohu/migrations"
)

// ErrNewer says that the database was migrated by a newer program.
var ErrNewer = errors.New("the database belongs to a newer version of this program; start that one")

func (d *DB) provider() (*goose.Provider, error) {
	sub, err := fs.Sub(migrations.FS, d.dialect)
	if err != nil {
		return nil, err
	}
	var opts []goose.ProviderOption
	dialect := database.DialectSQLite3
	if d.dialect == "mysql" {
		dialect = database.DialectMySQL
		// Without the locker, four of five replicas that migrate at once fail.
		locker, err := lock.NewMySQLTableLocker(lock.WithTableLockTimeout(time.Second, 120))
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithLocker(locker))
	}
	return goose.NewProvider(dialect, d.sql, sub, opts...)
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
	return d.up(ctx, p)
}

// accountsSchema is the migration that brings the accounts' audit chain.
const accountsSchema = 10

// up migrates; the chain begins with what is there when its migration is done.
func (d *DB) up(ctx context.Context, p *goose.Provider) error {
	have, err := p.GetDBVersion(ctx)
	if err == nil && have < accountsSchema {
		if _, err = p.UpTo(ctx, accountsSchema); err == nil {
			err = d.beginAccounts(ctx)
		}
	}
	if err == nil {
		_, err = p.Up(ctx)
	}
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
