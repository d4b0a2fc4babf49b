package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-sql-driver/mysql"

	"daohu/server/servertest/town"
	"daohu/server/store"
)

// servers is how many stateless servers share the database.
const servers = 2

// node is one server process: what it holds in memory is gone when it dies.
type node struct {
	base *town.Base
	hook func(sql string) // called after every statement; nil = nothing is listened to
}

// database is where the nodes keep everything, and how to get another one.
type database struct {
	dir   string // of the SQLite files
	mysql string // DSN of the first database; "" = SQLite
	name  string // file or DSN of the present one
	made  int    // databases made beside the first
	towns int64  // townships of the present one
}

// backup is one moment of the database.
type backup struct {
	dumped store.Dumped
	tables map[string][]byte
	raw    []byte // the SQLite file as it was
}

// mysqlOf is the DSN of the present database, "" for SQLite.
func (d *database) mysqlOf() string {
	if d.mysql == "" {
		return ""
	}
	return d.name
}

// fresh makes an empty database with the program's schema the present one. An
// SQLite file is copied from a template that was migrated once.
func (d *database) fresh(ctx context.Context) error {
	old := d.name
	d.made++
	d.towns = 0
	if d.mysql == "" {
		if err := d.copyTemplate(ctx); err != nil || old == "" {
			return err
		}
		return removeFiles(old)
	}
	cfg, err := mysql.ParseDSN(d.mysql)
	if err != nil {
		return err
	}
	cfg.DBName = fmt.Sprintf("%s_%d_%d", cfg.DBName, os.Getpid(), d.made)
	if err := d.exec(ctx, "CREATE DATABASE `"+cfg.DBName+"` CHARACTER SET utf8mb4"); err != nil {
		return err
	}
	d.name = cfg.FormatDSN()
	return d.drop(ctx, old)
}

func (d *database) copyTemplate(ctx context.Context) error {
	template := filepath.Join(d.dir, "template.db")
	if _, err := os.Stat(template); errors.Is(err, os.ErrNotExist) {
		b, err := town.Open(ctx, town.Options{File: template})
		if err != nil {
			return err
		}
		if err := b.DB.Close(); err != nil { // the last connection writes the log back
			return err
		}
	}
	raw, err := os.ReadFile(template)
	if err != nil {
		return err
	}
	d.name = filepath.Join(d.dir, fmt.Sprintf("sim%d.db", d.made))
	return os.WriteFile(d.name, raw, 0o600)
}

func removeFiles(file string) error {
	for _, tail := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(file + tail); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// drop removes a database this program made; the first one is not its own.
func (d *database) drop(ctx context.Context, dsn string) error {
	if dsn == "" || dsn == d.mysql {
		return nil
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return err
	}
	return d.exec(ctx, "DROP DATABASE `"+cfg.DBName+"`")
}

func (d *database) exec(ctx context.Context, statement string) error {
	db, err := sql.Open("mysql", d.mysql)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// end removes what this program made.
func (d *database) end(ctx context.Context) error {
	if d.mysql == "" {
		return os.RemoveAll(d.dir)
	}
	return d.drop(ctx, d.name)
}

// boot starts node i on the present database, after ending what runs there.
func (s *server) boot(ctx context.Context, i int) error {
	if err := s.halt(i); err != nil {
		return err
	}
	s.boots++
	n := &node{}
	o := s.options
	o.MySQL, o.File, o.Towns = s.db.mysqlOf(), s.db.name, s.db.towns
	o.Seed = s.seed ^ s.boots*0x9e3779b97f4a7c15
	o.Trace = func(sql string) {
		if n.hook != nil {
			n.hook(sql)
		}
	}
	var err error
	if n.base, err = town.Open(ctx, o); err != nil {
		return err
	}
	n.base.SetClock(s.clock)
	s.nodes[i] = n
	if s.town != nil && i == 0 {
		s.town.Base = n.base
	}
	return nil
}

// halt ends node i, if it runs.
func (s *server) halt(i int) error {
	n := s.nodes[i]
	if n == nil {
		return nil
	}
	s.nodes[i] = nil
	s.healed += n.base.Delta.Stats().Healed.Load()
	return n.base.DB.Close()
}

// restart boots every node anew.
func (s *server) restart(ctx context.Context) error {
	for i := range s.nodes {
		if err := s.boot(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) stop() error {
	var all error
	for i := range s.nodes {
		all = errors.Join(all, s.halt(i))
	}
	return all
}

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

// takeBackup keeps the present moment, as the backup command would, and for
// SQLite the file itself.
func (s *server) takeBackup(ctx context.Context) error {
	b := &backup{tables: map[string][]byte{}}
	kept := map[string]*buffer{}
	var err error
	b.dumped, err = s.nodes[0].base.DB.Dump(ctx, func(table string) (io.WriteCloser, error) {
		kept[table] = &buffer{}
		return kept[table], nil
	})
	if err != nil {
		return err
	}
	for table, w := range kept {
		b.tables[table] = w.Bytes()
	}
	if s.db.mysql == "" {
		if err := s.stop(); err != nil {
			return err
		}
		if b.raw, err = os.ReadFile(s.db.name); err != nil {
			return err
		}
		if err := s.restart(ctx); err != nil {
			return err
		}
	}
	s.backup = b
	return nil
}

// restore goes back to the backup: by the restore command's way, or, raw, by
// putting the old file in place as somebody might who knows no better.
func (s *server) restore(ctx context.Context, raw bool) error {
	b := s.backup
	if b == nil || raw && b.raw == nil {
		return errors.New("there is no such backup")
	}
	if err := s.stop(); err != nil {
		return err
	}
	towns := s.db.towns
	if err := s.db.fresh(ctx); err != nil {
		return err
	}
	s.db.towns = towns
	if raw {
		if err := os.WriteFile(s.db.name, b.raw, 0o600); err != nil {
			return err
		}
		return s.restart(ctx)
	}
	if err := s.boot(ctx, 0); err != nil {
		return err
	}
	err := s.nodes[0].base.DB.Load(ctx, b.dumped, func(table string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b.tables[table])), nil
	})
	if err != nil {
		return err
	}
	return s.restart(ctx)
}
