package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gomysql "github.com/go-sql-driver/mysql"

	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/types"
)

// cutter is the line to a MariaDB. It ends at every statement that writes,
// twice: once before the server hears it, once after it took effect and before
// the answer is heard. Behind a cut nothing passes any more, as if the program
// had been killed, but what gives the migrator's lock back, which takes a
// lease's time in earnest.
type cutter struct {
	mu    sync.Mutex
	seen  map[string]int
	wrote string // the statement before a COMMIT tells commits apart
	at    string // where it was cut, "" = it was not
}

var errCut = errors.New("the line was cut")

// dial is a connection that goes through c.
func (c *cutter) dial(ctx context.Context, addr string) (net.Conn, error) {
	n, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	return &cutConn{Conn: n, c: c}, err
}

type cutConn struct {
	net.Conn
	c    *cutter
	deaf bool // the answer to come is not heard
}

// Write looks for COM_QUERY (3) behind the four bytes of a packet's head.
func (n *cutConn) Write(b []byte) (int, error) {
	if len(b) > 5 && b[3] == 0 && b[4] == 3 {
		switch n.c.verdict(string(b[5:])) {
		case -1:
			_ = n.Close()
			return 0, errCut
		case 1:
			n.deaf = true
		}
	}
	return n.Conn.Write(b)
}

func (n *cutConn) Read(b []byte) (int, error) {
	k, err := n.Conn.Read(b)
	if n.deaf && err == nil {
		_ = n.Close()
		return 0, errCut
	}
	return k, err
}

// verdict: -1 = the statement is not sent, 1 = its answer is not heard.
func (c *cutter) verdict(text string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := text
	switch word, _, _ := strings.Cut(text, " "); {
	case c.at != "": // dead
		if strings.Contains(text, "goose_lock") && word != "CREATE" || word == "START" || word == "SET" || word == "COMMIT" && strings.Contains(c.wrote, "goose_lock") {
			c.wrote = text
			return 0
		}
		return -1
	case strings.Contains(text, "goose_lock") && word != "CREATE":
		c.wrote = text
		return 0
	case word == "COMMIT":
		if strings.Contains(c.wrote, "goose_lock") {
			return 0
		}
		key = "COMMIT after " + c.wrote
	case word == "CREATE", word == "ALTER", word == "DROP", word == "RENAME", word == "INSERT", word == "UPDATE", word == "DELETE":
		c.wrote = text
	default:
		return 0
	}
	c.seen[key]++
	switch c.seen[key] {
	case 1:
		c.at = "before " + key
		return -1
	case 2:
		c.at = "after " + key
		return 1
	}
	return 0
}

// revive says where the line was cut and mends it.
func (c *cutter) revive() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.at
	c.at = ""
	return at
}

func openStill(ctx context.Context, o town.Options) (*store.DB, error) {
	return store.Open(ctx, store.Options{MySQL: o.MySQL, File: o.File, Unsafe: true, Rand: zeros{}, Chain: noChain{}, Types: types.All(), Now: func() time.Time { return town.Start }})
}

// inUse is what was there before the migrations that move rows: the ninth
// version knows users and needs.
var inUse = []string{
	"INSERT INTO user (id, version, login, name, role, county, township, area, unit, `rank`, phone, password_hash, pin_hash, disabled_at, created_at) VALUES ('user00000001', 3, 'old', '旧人', 'C', '999999', '', '', '', '', '', '', '', 0, 1)",
	"INSERT INTO session (id, user, kind, created_at, expires_at, revoked_at) VALUES ('revoked', 'user00000001', 'phone', 1, 9, 5)",
	"INSERT INTO need (township, household, id, seq, version, deleted_at, made_by, made_at, text, kind, visit, answer, closed) VALUES " +
		"('999901', 'h', 'need00000001', 1, 1, 0, '', 1, '修路', '', '', '', ''), " +
		"('999901', 'h', 'need00000002', 1, 1, 0, '', 1, '修路', '', '', '好', ''), " +
		"('999901', 'h', 'need00000003', 1, 1, 0, '', 1, '修路', '', '', '好', '2026-02-02')",
}

// atNine fills a database of the ninth version, once.
func atNine(t *testing.T, raw *sql.DB) {
	t.Helper()
	var version, users int64
	if raw.QueryRowContext(t.Context(), "SELECT MAX(version_id) FROM goose_db_version").Scan(&version) != nil || version != 9 {
		return
	}
	must(t, raw.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM user").Scan(&users))
	if users > 0 {
		return
	}
	for _, s := range inUse {
		_, err := raw.ExecContext(t.Context(), s)
		must(t, err)
	}
}

// whole describes a migrated database: every column, every index, the rows
// that were moved, the versions.
func whole(t *testing.T, o town.Options, raw *sql.DB) string {
	t.Helper()
	queries := []string{
		"SELECT CONCAT_WS(' ', table_name, ordinal_position, column_name, column_type, is_nullable, COALESCE(column_default, 'none'), COALESCE(collation_name, ''), extra) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'goose_progress' ORDER BY table_name, ordinal_position",
		"SELECT CONCAT_WS(' ', table_name, index_name, non_unique, seq_in_index, column_name) FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name <> 'goose_progress' ORDER BY table_name, index_name, seq_in_index",
	}
	if o.MySQL == "" {
		queries = []string{"SELECT COALESCE(sql, name) FROM sqlite_master ORDER BY type, name"}
	}
	queries = append(queries, "SELECT version_id FROM goose_db_version ORDER BY id", "SELECT `rows` FROM audit WHERE space = 0 ORDER BY seq", "SELECT seq FROM account_chain", "SELECT state FROM need ORDER BY id")
	var b strings.Builder
	for _, q := range queries {
		b.WriteString(strings.Join(texts(t, raw, q), "\n") + "\n")
	}
	return b.String()
}

// uninterrupted is whole of a database that nothing went wrong with: from is
// 9 for one that was in use before, 0 for an empty one.
func uninterrupted(t *testing.T, name string, from int64) string {
	t.Helper()
	o := options(t, name)
	raw := rawDB(t, o)
	inUseBefore(t, o, raw, from)
	db, err := openStill(t.Context(), o)
	must(t, err)
	defer db.Close()
	must(t, db.Migrate(t.Context()))
	return whole(t, o, raw)
}

// inUseBefore makes the database of version from; 0 leaves it empty.
func inUseBefore(t *testing.T, o town.Options, raw *sql.DB, from int64) {
	t.Helper()
	if from > 0 {
		_, err := provider(t, o).UpTo(t.Context(), from)
		must(t, err)
		atNine(t, raw)
	}
}

// TestMigrationCutAtEveryStatement migrates a database from nothing while the
// line to it is cut at every statement that writes, before it and behind it;
// every run goes on where the one before was cut.
func TestMigrationCutAtEveryStatement(t *testing.T) {
	want := uninterrupted(t, "mariadb", 9)
	o := options(t, "mariadb")
	raw := rawDB(t, o)
	c := &cutter{seen: map[string]int{}}
	gomysql.RegisterDialContext(t.Name(), c.dial)
	defer gomysql.DeregisterDialContext(t.Name())
	through := o
	through.MySQL = strings.Replace(o.MySQL, "tcp(", t.Name()+"(", 1)
	for runs := 0; ; runs++ {
		db, err := openStill(t.Context(), through)
		must(t, err)
		err = db.Migrate(t.Context())
		_ = db.Close()
		at := c.revive()
		if at == "" {
			must(t, err)
			break
		}
		if err == nil {
			t.Errorf("cut %s and content", at)
		}
		atNine(t, raw)
		if runs > 1000 {
			t.Fatalf("no progress beyond %s: %v", at, err)
		}
	}
	if got := whole(t, o, raw); got != want {
		t.Errorf("differs from an uninterrupted migration:\n%s", firstDifference(got, want))
	}
	cuts := 0
	for key, n := range c.seen {
		if n < 2 {
			t.Errorf("%d cuts at %s", n, key)
		}
		cuts += min(n, 2)
	}
	t.Logf("%d cuts at %d statements", cuts, len(c.seen))
	if len(c.seen) < 250 {
		t.Errorf("only %d statements were cut", len(c.seen))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// TestMigrationRefusesWhatIsNotItsOwn: a table that somebody else made is
// never taken for one of ours, however often it is tried, and a file that was
// changed in the middle of it is not finished.
func TestMigrationRefusesWhatIsNotItsOwn(t *testing.T) {
	o := options(t, "mariadb")
	raw := rawDB(t, o)
	exec := func(q string) {
		t.Helper()
		_, err := raw.ExecContext(t.Context(), q)
		must(t, err)
	}
	exec("CREATE TABLE session (a INT)")
	db := openStore(t, o)
	for range 3 {
		if err := db.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "0002_account.sql, step 3") {
			t.Fatalf("a foreign table: %v", err)
		}
	}
	exec("DROP TABLE session")
	exec("UPDATE goose_progress SET hash = 'x' WHERE version_id = 2")
	if err := db.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "another edition") {
		t.Fatalf("another file: %v", err)
	}
	exec("DELETE FROM goose_progress WHERE version_id = 2")
	exec("DROP TABLE user")
	must(t, db.Migrate(t.Context()), db.CheckSchema(t.Context()))
}

// images copies a SQLite file and its log aside whenever database/sql looks at
// the context, which it does before every statement: what the disk holds then
// is what kill -9 would leave.
type images struct {
	context.Context
	file, dir string
	looks     int
	known     map[[32]byte]string
	order     []string
	err       error
}

func (s *images) Done() <-chan struct{} {
	s.looks++
	var sum []byte
	parts := map[string][]byte{}
	for _, tail := range []string{"", "-wal"} {
		b, err := os.ReadFile(s.file + tail)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			s.err = err
		}
		parts[tail] = b
		h := sha256.Sum256(b)
		sum = append(sum, h[:]...)
	}
	if key := sha256.Sum256(sum); s.known[key] == "" {
		to := filepath.Join(s.dir, fmt.Sprintf("%04d.db", len(s.order)))
		for tail, b := range parts {
			s.err = errors.Join(s.err, os.WriteFile(to+tail, b, 0o600))
		}
		s.known[key] = to
		s.order = append(s.order, to)
	}
	return s.Context.Done()
}

// TestMigrationKilledOnSQLite goes on from every state in which a killed
// migration can leave the file.
func TestMigrationKilledOnSQLite(t *testing.T) {
	for from, states := range map[int64]int{0: 20, 9: 10} {
		t.Run(fmt.Sprintf("from %d", from), func(t *testing.T) {
			want := uninterrupted(t, "sqlite", from)
			o := options(t, "sqlite")
			inUseBefore(t, o, rawDB(t, o), from)
			db, err := openStill(t.Context(), o)
			must(t, err)
			s := &images{Context: t.Context(), file: o.File, dir: t.TempDir(), known: map[[32]byte]string{}}
			must(t, db.Migrate(s), s.err, db.Close())
			for _, file := range s.order {
				o := town.Options{File: file}
				db, err := openStill(t.Context(), o)
				must(t, err, db.Migrate(t.Context()))
				if got := whole(t, o, rawDB(t, o)); got != want {
					t.Errorf("%s differs:\n%s", filepath.Base(file), firstDifference(got, want))
				}
				must(t, db.Close())
			}
			t.Logf("%d looks at the file, %d states", s.looks, len(s.order))
			if s.looks < 100 || len(s.order) < states {
				t.Errorf("%d looks, %d states", s.looks, len(s.order))
			}
		})
	}
}
