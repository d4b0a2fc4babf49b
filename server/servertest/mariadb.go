package servertest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// MariaDBOptions chooses the server. The zero value is the setting that was
// the default until MariaDB 11.6.
type MariaDBOptions struct {
	// Snapshot turns innodb_snapshot_isolation ON: a locking read of a row
	// changed since the transaction's snapshot fails with error 1020 instead
	// of silently seeing the newer row.
	Snapshot bool
}

// shared holds the servers of this process, by setting; they end with it.
var shared = map[bool]func() (*Service, error){
	false: sync.OnceValues(func() (*Service, error) {
		return StartMariaDB(context.Background(), MariaDBOptions{})
	}),
	true: sync.OnceValues(func() (*Service, error) {
		return StartMariaDB(context.Background(), MariaDBOptions{Snapshot: true})
	}),
}

// MariaDB gives the test a fresh, empty utf8mb4 database, dropped when the
// test ends, and returns its DSN for github.com/go-sql-driver/mysql. The DSN
// carries no parameters on purpose: those the product needs it must set.
func MariaDB(t testing.TB, o MariaDBOptions) string {
	t.Helper()
	root := rootDSN(t, o)
	db, err := open(root)
	if err != nil {
		t.Fatalf("MariaDB: %v", err)
	}
	defer db.Close()
	if err := checkSnapshot(t.Context(), db, o); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 6)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	name := "daohu_" + hex.EncodeToString(b)
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name+" CHARACTER SET utf8mb4"); err != nil {
		t.Fatalf("MariaDB: %v", err)
	}
	t.Cleanup(func() { drop(t, root, name) })
	cfg, err := mysql.ParseDSN(root)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DBName = name
	return cfg.FormatDSN()
}

// rootDSN finds or starts the server and returns its DSN without a database.
func rootDSN(t testing.TB, o MariaDBOptions) string {
	t.Helper()
	env := EnvMariaDB
	if o.Snapshot {
		env = EnvSnapshot
	}
	if dsn := os.Getenv(env); dsn != "" {
		return dsn
	}
	if _, err := find("mariadbd"); err != nil {
		missing(t, "mariadbd", err)
	}
	s, err := shared[o.Snapshot]()
	if err != nil {
		t.Fatalf("MariaDB: %v", err)
	}
	return s.DSN()
}

// drop removes a database. A transaction the test left open would block it,
// so it waits 5 s at most and then only says so: the server is thrown away.
func drop(t testing.TB, root, name string) {
	db, err := open(root)
	if err != nil {
		t.Logf("drop %s: %v", name, err)
		return
	}
	defer db.Close()
	// One string, one connection: the limit must hold for the DROP.
	conn, err := db.Conn(context.Background())
	if err == nil {
		defer conn.Close()
		_, err = conn.ExecContext(context.Background(), "SET SESSION lock_wait_timeout = 5")
	}
	if err == nil {
		_, err = conn.ExecContext(context.Background(), "DROP DATABASE "+name)
	}
	if err != nil {
		t.Logf("drop %s: %v", name, err)
	}
}

// DSN is that of root without a database; root of a test server has no
// password. Empty for a service that is no MariaDB.
func (s *Service) DSN() string {
	if s.Name != "mariadbd" {
		return ""
	}
	return "root@tcp(" + s.Addr + ")/"
}

// StartMariaDB starts a server of the caller's own in a temp folder. Tests
// that only need a database use MariaDB; this is for those that stop it.
func StartMariaDB(ctx context.Context, o MariaDBOptions) (*Service, error) {
	return begin(ctx, func(ctx context.Context, dir, addr string) (*Service, error) {
		data := filepath.Join(dir, "data")
		if err := InstallMariaDB(ctx, data); err != nil {
			return nil, err
		}
		return runMariaDB(ctx, dir, data, addr, o)
	})
}

// InstallMariaDB fills data, which must not exist, with the tables of an empty
// server.
func InstallMariaDB(ctx context.Context, data string) error {
	install, err := find("mariadb-install-db")
	if err != nil {
		return err
	}
	args := append(dataArgs(data, filepath.Dir(data)), "--auth-root-authentication-method=normal", "--skip-test-db")
	if out, err := exec.CommandContext(ctx, install, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	return nil
}

// ResumeMariaDB starts a server on data that InstallMariaDB made and that
// outlive it: Stop is kill -9, and the next server recovers. addr is
// 127.0.0.1:port, "" = a free one.
func ResumeMariaDB(ctx context.Context, data, addr string, o MariaDBOptions) (*Service, error) {
	return begin(ctx, func(ctx context.Context, dir, free string) (*Service, error) {
		if addr != "" {
			free = addr
		}
		return runMariaDB(ctx, dir, data, free, o)
	})
}

// runMariaDB starts a server and waits until it answers.
func runMariaDB(ctx context.Context, dir, data, addr string, o MariaDBOptions) (*Service, error) {
	bin, err := find("mariadbd")
	if err != nil {
		return nil, err
	}
	s, err := launch(dir, addr, slices.Concat([]string{bin}, dataArgs(data, dir), serverArgs(addr, o)))
	if err != nil {
		return nil, err
	}
	return s, s.await(ctx, func(ctx context.Context) error { return s.greet(ctx, o) })
}

// dataArgs say where a server keeps its tables and what it makes for a moment.
// A starting mariadbd removes the temporary tables it finds in tmpdir, those
// of another server too: each needs its own.
func dataArgs(data, tmp string) []string {
	args := []string{
		"--no-defaults", "--datadir=" + data, "--tmpdir=" + tmp, "--skip-name-resolve",
		"--innodb-log-file-size=48M", "--aria-log-file-size=8M", "--loose-innodb-flush-method=nosync",
	}
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	return args
}

// serverArgs are the settings of a server that lives for one run: little
// memory, and commits that survive the server's death but need not survive
// the machine's (innodb_flush_log_at_trx_commit=2, no fsync).
func serverArgs(addr string, o MariaDBOptions) []string {
	_, port, _ := net.SplitHostPort(addr)
	snapshot := "OFF"
	if o.Snapshot {
		snapshot = "ON"
	}
	return []string{
		"--bind-address=127.0.0.1", "--port=" + port, "--socket=m.sock", "--pid-file=m.pid",
		"--skip-log-bin", "--character-set-server=utf8mb4", "--max-connections=300",
		"--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=2",
		"--innodb-use-native-aio=0", "--performance-schema=OFF", "--key-buffer-size=1M",
		"--loose-innodb-snapshot-isolation=" + snapshot,
	}
}

// greet asks a starting server for its version and its isolation setting.
func (s *Service) greet(ctx context.Context, o MariaDBOptions) error {
	db, err := open(s.DSN())
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&s.Version); err != nil {
		return err
	}
	return checkSnapshot(ctx, db, o)
}

// checkSnapshot makes sure the server has the setting the test is about. The
// variable came with MariaDB 10.6.18, 10.11.8 and 11.4.2; a server without it
// behaves as OFF.
func checkSnapshot(ctx context.Context, db *sql.DB, o MariaDBOptions) error {
	var name, value string
	err := db.QueryRowContext(ctx, "SHOW GLOBAL VARIABLES LIKE 'innodb_snapshot_isolation'").Scan(&name, &value)
	if err != nil && err != sql.ErrNoRows {
		return err
	}
	if on := strings.EqualFold(value, "ON"); on != o.Snapshot {
		return fmt.Errorf("innodb_snapshot_isolation is %q, the test needs on=%v", value, o.Snapshot)
	}
	return nil
}

// open is sql.Open with the driver's own log off: attempts to reach a server
// that is still starting are no news.
func open(dsn string) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	cfg.Logger = &mysql.NopLogger{}
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}
