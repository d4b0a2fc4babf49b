package store_test

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"daohu/migrations"
	"daohu/server/servertest/sqlgate"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/types"
)

func openStore(t *testing.T, o town.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{MySQL: o.MySQL, File: o.File, Unsafe: true, Rand: rand.Reader, Chain: noChain{}, Types: types.All()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestRefuseNewer: a database that a newer program migrated is not touched.
func TestRefuseNewer(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		if err := p.DB.CheckSchema(t.Context()); err != nil {
			t.Fatalf("right after Migrate: %v", err)
		}
		if err := p.DB.Migrate(t.Context()); err != nil {
			t.Fatalf("the second time: %v", err)
		}
		before := p.number(t, "SELECT COUNT(*) FROM goose_db_version")
		p.exec(t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		for name, err := range map[string]error{"Migrate": p.DB.Migrate(t.Context()), "CheckSchema": p.DB.CheckSchema(t.Context())} {
			if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "9999") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if after := p.number(t, "SELECT COUNT(*) FROM goose_db_version"); after != before+1 {
			t.Errorf("%d versions, want %d", after, before+1)
		}
		p.exec(t, "DELETE FROM goose_db_version WHERE version_id = 9999")
		if err := p.DB.CheckSchema(t.Context()); err != nil {
			t.Errorf("once it is gone: %v", err)
		}
	})
}

// TestOlderIsMended: every earlier version is refused by CheckSchema and
// brought up by Migrate; so is an empty database.
func TestOlderIsMended(t *testing.T) {
	for _, name := range []string{"sqlite", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			var steps []int64 // numbers need not follow each other
			for _, f := range sources(t, name) {
				n, err := strconv.ParseInt(f[:4], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				steps = append(steps, n)
			}
			if len(steps) < 3 {
				t.Fatalf("%d migrations", len(steps))
			}
			versions := steps[len(steps)-1]
			for _, at := range append([]int64{0}, steps[:len(steps)-1]...) {
				o := options(t, name)
				raw := rawDB(t, o)
				if at > 0 {
					if _, err := provider(t, o).UpTo(t.Context(), at); err != nil {
						t.Fatal(err)
					}
				}
				db := openStore(t, o)
				if err := db.CheckSchema(t.Context()); err == nil || errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "daohu migrate") {
					t.Errorf("version %d: %v", at, err)
				}
				if err := db.Migrate(t.Context()); err != nil {
					t.Fatalf("from version %d: %v", at, err)
				}
				if err := db.CheckSchema(t.Context()); err != nil {
					t.Errorf("from version %d: %v", at, err)
				}
				var n int64
				if err := raw.QueryRowContext(t.Context(), "SELECT MAX(version_id) FROM goose_db_version").Scan(&n); err != nil || n != versions {
					t.Errorf("from version %d: now %d, %v", at, n, err)
				}
			}
		})
	}
}

func folder(t *testing.T, name string) fs.FS {
	t.Helper()
	sub, err := fs.Sub(migrations.FS, map[bool]string{true: "sqlite", false: "mysql"}[name == "sqlite"])
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func sources(t *testing.T, name string) []string {
	t.Helper()
	files, err := fs.Glob(folder(t, name), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func provider(t *testing.T, o town.Options) *goose.Provider {
	t.Helper()
	dialect, name := database.DialectSQLite3, "sqlite"
	if o.MySQL != "" {
		dialect, name = database.DialectMySQL, "mariadb"
	}
	p, err := goose.NewProvider(dialect, rawDB(t, o), folder(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestReplicasMigrateAtOnce: five servers that start together on an empty
// database; without the table locker four of five fail.
func TestReplicasMigrateAtOnce(t *testing.T) {
	for _, name := range []string{"mariadb", "mariadb snapshot"} {
		t.Run(name, func(t *testing.T) {
			o := options(t, name)
			errs := make(chan error, 5)
			for range 5 {
				db := openStore(t, o)
				go func() { errs <- errors.Join(db.Migrate(t.Context()), db.CheckSchema(t.Context())) }()
			}
			for range 5 {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
			var n, distinct int64
			raw := rawDB(t, o)
			if err := raw.QueryRowContext(t.Context(), "SELECT COUNT(*), COUNT(DISTINCT version_id) FROM goose_db_version").Scan(&n, &distinct); err != nil || n != distinct {
				t.Errorf("%d lines, %d versions: a migration ran twice (%v)", n, distinct, err)
			}
		})
	}
}

// TestMigrationsParse: the MySQL files stay inside MySQL 8 and TiDB, both
// dialects have the same files, and nothing ever migrates down.
func TestMigrationsParse(t *testing.T) {
	my, lite := sources(t, "mariadb"), sources(t, "sqlite")
	if strings.Join(my, " ") != strings.Join(lite, " ") {
		t.Errorf("mysql has %v, sqlite %v", my, lite)
	}
	n := 0
	for _, f := range my {
		text, err := fs.ReadFile(folder(t, "mariadb"), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range migrations.Statements(string(text)) {
			n++
			if err := sqlgate.Check(s); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s goes down", f)
		}
	}
	if n < 20 {
		t.Errorf("only %d statements", n)
	}
}
