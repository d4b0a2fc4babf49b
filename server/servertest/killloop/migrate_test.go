package killloop

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"daohu/server/servertest"
)

// migration is `daohu migrate` on a database, as an operator runs it.
func migration(t *testing.T, dsn string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	name, err := binary()
	must(t, err)
	key := sha256.Sum256([]byte("kill loop"))
	c := exec.Command(name, "migrate")
	c.Env = []string{"DAOHU_DATA=" + t.TempDir(), "DAOHU_DB=" + dsn, "DAOHU_KEY=" + hex.EncodeToString(key[:])}
	var said bytes.Buffer
	c.Stderr = &said
	return c, &said
}

// TestMigrationKilled kills `daohu migrate` at random moments: it is run again
// until it ends, and leaves the schema of a migration nobody killed (F17). Only
// the wait for the dead one's lease, 30 s, is spared.
func TestMigrationKilled(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("DAOHU_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	t.Logf("DAOHU_SEED=%d", seed)
	dice := rand.New(rand.NewPCG(seed, 2))
	calm := servertest.MariaDB(t, servertest.MariaDBOptions{})
	c, said := migration(t, calm)
	from := time.Now()
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	whole := time.Since(from)
	want := shapeOf(t, calm)
	n, killed := kills(t, 10), 0
	for killed < n {
		dsn := servertest.MariaDB(t, servertest.MariaDBOptions{})
		for done := false; !done; {
			c, said := migration(t, dsn)
			must(t, c.Start())
			late := time.AfterFunc(time.Duration(dice.Int64N(int64(whole))), func() { _ = c.Process.Kill() })
			err := c.Wait()
			late.Stop()
			if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == -1 {
				killed++
				spare(t, dsn)
			} else if err != nil {
				t.Fatalf("after %d kills: %v\n%s", killed, err, said)
			} else {
				done = true
			}
		}
		if got := shapeOf(t, dsn); got != want {
			t.Fatalf("after %d kills the schema is another", killed)
		}
	}
	t.Logf("figure: daohu migrate killed %d times within %.1f s each: always finished by the next run, the schema the same", killed, whole.Seconds())
}

// spare ends the dead migrator's lease.
func spare(t *testing.T, dsn string) {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	must(t, err)
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "UPDATE goose_lock SET lease_expires_at = now(6) - INTERVAL 1 SECOND WHERE locked"); err != nil && !strings.Contains(err.Error(), "1146") {
		t.Fatal(err)
	}
}

// shapeOf is every column and index of a database, and its versions.
func shapeOf(t *testing.T, dsn string) string {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	must(t, err)
	defer func() { _ = db.Close() }()
	var out strings.Builder
	for _, q := range []string{
		"SELECT CONCAT_WS(' ', table_name, ordinal_position, column_name, column_type, is_nullable, column_default, collation_name, extra) FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position",
		"SELECT CONCAT_WS(' ', table_name, index_name, non_unique, seq_in_index, column_name) FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index",
		"SELECT version_id FROM goose_db_version ORDER BY id",
	} {
		rows, err := db.QueryContext(t.Context(), q)
		must(t, err)
		for rows.Next() {
			var line string
			must(t, rows.Scan(&line))
			out.WriteString(line + "\n")
		}
		must(t, rows.Err())
	}
	return out.String()
}
