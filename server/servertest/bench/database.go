package main

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"

	_ "github.com/glebarez/go-sqlite" // the driver the product has
	"github.com/go-sql-driver/mysql"

	"daohu/server/servertest"
)

// database is where new, empty databases come from.
type database struct {
	name  string // sqlite or mariadb
	dir   string
	maria *servertest.Service // nil = SQLite
}

// fresh makes an empty place: a DSN, or "" and a folder for SQLite.
func (d database) fresh(ctx context.Context) (dsn, dir string, err error) {
	if dir, err = os.MkdirTemp(d.dir, "bench"); err != nil || d.maria == nil {
		return "", dir, err
	}
	name := filepath.Base(dir)
	root, err := sql.Open("mysql", d.maria.DSN())
	if err != nil {
		return "", "", err
	}
	defer root.Close()
	if _, err := root.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4"); err != nil {
		return "", "", err
	}
	cfg, err := mysql.ParseDSN(d.maria.DSN())
	if err != nil {
		return "", "", err
	}
	cfg.DBName = name
	return cfg.FormatDSN(), dir, nil
}

// second opens a way in past the product, set up as the product's own is: the
// limits use it.
func second(dsn, file string) (*sql.DB, error) {
	if dsn == "" {
		q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(OFF)", "foreign_keys(0)", "cache_size(-16000)", "secure_delete(1)"}}
		db, err := sql.Open("sqlite", "file:"+file+"?"+q.Encode())
		if err == nil {
			db.SetMaxOpenConns(8)
			db.SetMaxIdleConns(8)
		}
		return db, err
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	cfg.InterpolateParams = true
	cfg.Params = map[string]string{"tx_isolation": "'READ-COMMITTED'"}
	db, err := sql.Open("mysql", cfg.FormatDSN())
	if err == nil {
		db.SetMaxOpenConns(32)
		db.SetMaxIdleConns(16)
	}
	return db, err
}
