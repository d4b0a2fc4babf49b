package servertest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

// need lets a test that starts its own services follow the common rule.
func need(t testing.TB, program string) {
	t.Helper()
	if _, err := find(program); err != nil {
		missing(t, program, err)
	}
}

func TestMariaDBGivesEachTestItsOwnDatabase(t *testing.T) {
	for _, o := range []MariaDBOptions{{}, {Snapshot: true}} {
		t.Run(fmt.Sprintf("snapshot=%v", o.Snapshot), func(t *testing.T) {
			var first string
			t.Run("one", func(t *testing.T) {
				first = MariaDB(t, o)
				use(t, first, "CREATE TABLE x (a INT)")
			})
			second := MariaDB(t, o)
			if first == second {
				t.Fatal("two tests got one database")
			}
			use(t, second, "CREATE TABLE x (a VARCHAR(9))", "INSERT INTO x VALUES ('到户')")
			db := openDB(t, second)
			var runes, charset = 0, ""
			err := db.QueryRow("SELECT CHAR_LENGTH(a), CHARSET(a) FROM x").Scan(&runes, &charset)
			if err != nil || runes != 2 || charset != "utf8mb4" {
				t.Fatalf("%d %s %v", runes, charset, err)
			}
			if err := openDB(t, first).Ping(); err == nil || !strings.Contains(err.Error(), "Unknown database") {
				t.Fatalf("the first database is still there: %v", err)
			}
		})
	}
}

// The two settings must differ in what they are for: a locking read after a
// concurrent commit.
func TestSnapshotIsolationSettingsDiffer(t *testing.T) {
	for _, o := range []MariaDBOptions{{}, {Snapshot: true}} {
		dsn := MariaDB(t, o)
		use(t, dsn, "CREATE TABLE x (id INT PRIMARY KEY, n INT)", "INSERT INTO x VALUES (1, 0)")
		db := openDB(t, dsn)
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := tx.QueryRow("SELECT n FROM x WHERE id = 1").Scan(&n); err != nil {
			t.Fatal(err)
		}
		use(t, dsn, "UPDATE x SET n = 1 WHERE id = 1")
		err = tx.QueryRow("SELECT n FROM x WHERE id = 1 FOR UPDATE").Scan(&n)
		_ = tx.Rollback()
		if refused := err != nil && strings.Contains(err.Error(), "1020"); refused != o.Snapshot {
			t.Errorf("snapshot=%v: locking read gave %d, %v", o.Snapshot, n, err)
		}
	}
}

func TestMariaDBRefusesTheWrongServer(t *testing.T) {
	db := openDB(t, MariaDB(t, MariaDBOptions{}))
	if err := checkSnapshot(t.Context(), db, MariaDBOptions{Snapshot: true}); err == nil {
		t.Fatal("a server with the setting OFF passed for ON")
	}
}

func TestServicesUseTheGivenServers(t *testing.T) {
	t.Setenv(EnvMariaDB, "somebody@tcp(192.0.2.1:3306)/")
	if got := rootDSN(t, MariaDBOptions{}); got != "somebody@tcp(192.0.2.1:3306)/" {
		t.Fatal(got)
	}
}

func TestRedisIsPrivateAndEmpty(t *testing.T) {
	a, b := Redis(t), Redis(t)
	if a == b {
		t.Fatal("two callers share a Redis")
	}
	if got := ask(t, a, "SET k v"); got != "+OK" {
		t.Fatal(got)
	}
	if got := ask(t, b, "EXISTS k"); got != ":0" {
		t.Fatal(got)
	}
}

func TestStopEndsTheServiceAndRemovesItsFolder(t *testing.T) {
	need(t, "redis-server")
	s, err := StartRedis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Version == "" {
		t.Error("no version")
	}
	s.Stop()
	s.Stop()
	if c, err := net.Dial("tcp", s.Addr); err == nil {
		_ = c.Close()
		t.Error("still listening")
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder left: %v", err)
	}
}

// TestMariaDBComesBackWithItsData: what was committed is there after kill -9.
func TestMariaDBComesBackWithItsData(t *testing.T) {
	need(t, "mariadbd")
	data := filepath.Join(t.TempDir(), "data")
	if err := InstallMariaDB(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	addr := ""
	for n := range 3 {
		s, err := ResumeMariaDB(t.Context(), data, addr, MariaDBOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Stop()
		addr = s.Addr
		use(t, s.DSN(), "CREATE DATABASE IF NOT EXISTS d", "CREATE TABLE IF NOT EXISTS d.x (a INT)", "INSERT INTO d.x VALUES (1)")
		var rows int
		if err := openDB(t, s.DSN()).QueryRow("SELECT COUNT(*) FROM d.x").Scan(&rows); err != nil || rows != n+1 {
			t.Fatalf("start %d: %d rows, %v", n, rows, err)
		}
		s.Stop()
	}
}

// TestHoldAndDie is the other half of TestServicesDieWithTheirOwner: run in a
// process of its own, it starts a Redis, says where, and waits to be killed.
func TestHoldAndDie(t *testing.T) {
	if os.Getenv("DAOHU_TEST_HOLD") == "" {
		return
	}
	s, err := StartRedis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("held", s.Addr, s.dir)
	<-t.Context().Done()
	select {}
}

func TestServicesDieWithTheirOwner(t *testing.T) {
	need(t, "redis-server")
	cmd := exec.Command(os.Args[0], "-test.run=^TestHoldAndDie$")
	cmd.Env = append(os.Environ(), "DAOHU_TEST_HOLD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addr, dir string
	if _, err := fmt.Fscanf(out, "held %s %s\n", &addr, &dir); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, addr, "PING"); got != "+PONG" {
		t.Fatal(got)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	until(t, "the folder is gone", func() bool {
		_, err := os.Stat(dir)
		return errors.Is(err, os.ErrNotExist)
	})
	if c, err := net.Dial("tcp", addr); err == nil {
		_ = c.Close()
		t.Error("still listening after its owner was killed")
	}
}

func TestAServiceThatCannotStartSaysWhy(t *testing.T) {
	dir := t.TempDir()
	s, err := launch(dir, "127.0.0.1:1", []string{"sh", "-c", "echo the disk is full; exit 3"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.await(t.Context(), func(context.Context) error { return errors.New("not yet") })
	if !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("got %v", err)
	}
	s.Stop()
}

// fake records how a test was ended.
type fake struct {
	testing.TB
	ended string
}

func (f *fake) Helper()               {}
func (f *fake) Fatalf(string, ...any) { f.ended += "failed " }
func (f *fake) Skipf(string, ...any)  { f.ended += "skipped " }

func TestAMissingServiceFailsOnlyTheFullRun(t *testing.T) {
	for env, want := range map[string]string{"": "skipped ", "0": "skipped ", "1": "failed "} {
		t.Setenv(EnvFull, env)
		f := &fake{TB: t}
		missing(f, "mariadbd", errors.New("not found"))
		if f.ended != want {
			t.Errorf("%s=%q: %s", EnvFull, env, f.ended)
		}
	}
}

// BenchmarkStart prints what a package pays that starts its own services.
func BenchmarkStart(b *testing.B) {
	b.Run("mariadb", func(b *testing.B) { benchStart(b, "mariadbd", startDefault) })
	b.Run("redis", func(b *testing.B) { benchStart(b, "redis-server", StartRedis) })
}

func startDefault(ctx context.Context) (*Service, error) {
	return StartMariaDB(ctx, MariaDBOptions{})
}

func benchStart(b *testing.B, program string, start func(context.Context) (*Service, error)) {
	need(b, program)
	for b.Loop() {
		s, err := start(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		s.Stop()
		b.StartTimer()
	}
}

func openDB(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// use runs statements on a connection of its own.
func use(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	db := openDB(t, dsn)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// ask sends one inline command to a Redis and returns the first answer line.
func ask(t testing.TB, addr, command string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var line string
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(c, &line); err != nil {
		t.Fatal(err)
	}
	return line
}

// until waits for a condition, at most startLimit.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for end := time.Now().Add(startLimit); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("never came true: %s", what)
		}
	}
}
