package killloop

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daohu/server/servertest"
)

// TestServerKilled kills the server at random moments of random load, as often
// as kills says, on each database: nothing acknowledged is lost, nothing is
// there by half, and what was under way is there once in the end (F1).
func TestServerKilled(t *testing.T) {
	for name, dsn := range map[string]func(t *testing.T) string{
		"sqlite":  func(*testing.T) string { return "" },
		"mariadb": func(t *testing.T) string { return servertest.MariaDB(t, servertest.MariaDBOptions{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{dsn: dsn(t)})
			stop := w.work()
			n, from := kills(t, 1), time.Now()
			var slowest time.Duration
			for range n {
				w.after(1 + w.rand.IntN(150))
				w.kill()
				w.gate.Lock() // whoever had a request under way has heard of it
				up := time.Now()
				w.start()
				slowest = max(slowest, time.Since(up))
				w.check("after a kill")
				w.gate.Unlock()
				if t.Failed() {
					break
				}
			}
			stop()
			s := w.finish()
			if s.batches < n || w.seen.get(0) < n/2 {
				t.Errorf("%d pushes, %d requests cut: that was no load", s.batches, w.seen.get(0))
			}
			t.Logf("figure: server killed %d times on %s in %.0f s: %v, %d requests cut; 0 lost, 0 doubled, 0 halves; back within %.2f s", n, name, time.Since(from).Seconds(), s, w.seen.get(0), slowest.Seconds())
		})
	}
}

// killedDB is a MariaDB of the test's own, for an account without special rights.
type killedDB struct {
	t    *testing.T
	data string
	addr string
	s    *servertest.Service
}

func newKilledDB(t *testing.T) (*killedDB, string) {
	t.Helper()
	_ = servertest.MariaDB(t, servertest.MariaDBOptions{}) // ends the test where there is no server
	k := &killedDB{t: t, data: filepath.Join(t.TempDir(), "data")}
	must(t, servertest.InstallMariaDB(t.Context(), k.data))
	k.start()
	t.Cleanup(func() { k.s.Stop() })
	k.root("CREATE DATABASE daohu CHARACTER SET utf8mb4", "CREATE USER daohu@'%' IDENTIFIED BY 'x'", "GRANT ALL ON daohu.* TO daohu@'%'")
	return k, "daohu:x@tcp(" + k.addr + ")/daohu"
}

func (k *killedDB) start() {
	k.t.Helper()
	var err error
	if k.s, err = servertest.ResumeMariaDB(k.t.Context(), k.data, k.addr, servertest.MariaDBOptions{}); err != nil {
		k.t.Fatal(err)
	}
	k.addr = k.s.Addr
}

// root runs statements as the database's administrator.
func (k *killedDB) root(statements ...string) {
	k.t.Helper()
	db, err := sql.Open("mysql", k.s.DSN()+"daohu")
	if strings.HasPrefix(statements[0], "CREATE DATABASE") {
		db, err = sql.Open("mysql", k.s.DSN())
	}
	must(k.t, err)
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		if _, err := db.ExecContext(k.t.Context(), s); err != nil {
			k.t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestDatabaseKilled kills mariadbd under load and brings it back: nothing
// acknowledged is lost or doubled, whoever asks meanwhile hears 503 and when
// to come again, and pushes go through within 5 s of its return (F2).
func TestDatabaseKilled(t *testing.T) {
	t.Parallel()
	k, dsn := newKilledDB(t)
	w := newWorld(t, options{dsn: dsn})
	stop := w.work()
	n, from := kills(t, 5), time.Now()
	var slowest time.Duration
	for range n {
		w.after(1 + w.rand.IntN(150))
		k.s.Stop() // kill -9
		refused := w.seen.get(503)
		w.until503(refused + 3)
		k.start()
		answered := time.Now()
		w.untilPushed()
		slowest = max(slowest, time.Since(answered))
		w.gate.Lock()
		w.check("after a kill of mariadbd")
		w.gate.Unlock()
		if t.Failed() {
			break
		}
	}
	stop()
	s := w.finish()
	if slowest > 5*time.Second {
		t.Errorf("the first push after a return of the database took %v", slowest)
	}
	t.Logf("figure: mariadbd killed %d times in %.0f s: %v, %d answers 503, each with Retry-After; 0 lost, 0 doubled; first push %.2f s after its return at most (limit 5)", n, time.Since(from).Seconds(), s, w.seen.get(503), slowest.Seconds())
}

// TestDatabaseReadOnly: a database that takes no writes for a while refuses
// cleanly, and work goes on when it takes them again (F2).
func TestDatabaseReadOnly(t *testing.T) {
	t.Parallel()
	k, dsn := newKilledDB(t)
	w := newWorld(t, options{dsn: dsn})
	stop := w.work()
	for range 3 {
		w.after(20)
		k.root("SET GLOBAL read_only = 1")
		w.until503(w.seen.get(503) + 10)
		k.root("SET GLOBAL read_only = 0")
		w.untilPushed()
	}
	stop()
	s := w.finish()
	t.Logf("figure: database read-only 3 times: %v, %d answers 503, each with Retry-After; 0 lost, 0 doubled", s, w.seen.get(503))
}

// TestDatabaseGivesUp lets every 7th transaction end in a deadlock (1213), a
// snapshot conflict (1020) or a lock wait (1205), as the database reports
// them: they are run again, and nothing doubles (F2). A sequence counts, which
// no rollback takes back; a real deadlock is in store.TestDeadlockIsRetried.
func TestDatabaseGivesUp(t *testing.T) {
	t.Parallel()
	k, dsn := newKilledDB(t)
	w := newWorld(t, options{dsn: dsn})
	k.root("CREATE SEQUENCE tries NOCACHE",
		"CREATE TRIGGER give_up BEFORE INSERT ON `audit` FOR EACH ROW BEGIN DECLARE n BIGINT; SET n = NEXTVAL(tries); "+
			"IF n % 21 = 0 THEN SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF; "+
			"IF n % 21 = 7 THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1020; END IF; "+
			"IF n % 21 = 14 THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1205; END IF; END")
	stop := w.work()
	w.after(400)
	stop()
	k.root("DROP TRIGGER give_up")
	s := w.finish()
	var tries int
	must(t, w.raw.QueryRowContext(t.Context(), "SELECT NEXTVAL(tries)").Scan(&tries))
	if tries < 70 {
		t.Errorf("only %d transactions", tries)
	}
	t.Logf("figure: %d transactions of which every 7th was given up with 1213, 1020 or 1205: %v, %d answers 503; 0 lost, 0 doubled", tries-1, s, w.seen.get(503))
}

// until503 waits for refusals.
func (w *world) until503(n int) {
	w.t.Helper()
	w.wait("answers 503", func() bool { return w.seen.get(503) >= n })
}

// untilPushed waits for the next push that is acknowledged.
func (w *world) untilPushed() {
	w.t.Helper()
	n := w.pushed.Load()
	w.wait("a push", func() bool { return w.pushed.Load() > n })
}

func (w *world) wait(what string, ok func() bool) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			w.t.Fatalf("never came: %s\n%s", what, w.logs.text())
		}
	}
}
