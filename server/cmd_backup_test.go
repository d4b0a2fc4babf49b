package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/glebarez/go-sqlite"
	_ "github.com/go-sql-driver/mysql"

	"daohu/server/demo"
	"daohu/server/servertest"
)

// TestOperatorsDisaster: backup, loss of the machine, restore and audit at the
// command line, on both databases and from one to the other.
func TestOperatorsDisaster(t *testing.T) {
	mariadb := func(t *testing.T) string { return servertest.MariaDB(t, servertest.MariaDBOptions{}) }
	t.Run("sqlite", func(t *testing.T) { disaster(t, "", "") })
	t.Run("mariadb", func(t *testing.T) { disaster(t, mariadb(t), mariadb(t)) })
	t.Run("sqlite to mariadb", func(t *testing.T) { disaster(t, "", mariadb(t)) })
}

func disaster(t *testing.T, before, after string) {
	s := newShell(t, before)
	dir := filepath.Join(t.TempDir(), "backup")
	s.has(s.run(1, "backup", dir), "nothing to back up")
	s.run(0, "migrate")
	s.run(0, "import", book(t, nil))
	s.has(s.run(0, "audit", "verify"), "0 findings", "nothing was changed")
	s.has(s.run(0, "backup", dir), "DAOHU_KEY IS NOT IN THIS BACKUP", "content", demo.SecondTownship)
	s.has(s.run(1, "backup", dir), "exists already")
	heads := filepath.Join(t.TempDir(), "heads")
	if err := os.WriteFile(heads, []byte(s.run(0, "audit", "head")), 0o600); err != nil {
		t.Fatal(err)
	}
	s.has(s.run(1, "restore", dir), "not empty")

	key := s.env["DAOHU_KEY"]
	n := newShell(t, after)
	n.env["DAOHU_KEY"] = strings.Repeat("ab0c", 16)
	n.has(n.run(1, "restore", dir), "another DAOHU_KEY", "nothing was written")
	n.env["DAOHU_KEY"] = key
	n.has(n.run(0, "restore", dir), "is whole", "restored", "0 findings")
	n.has(n.run(1, "restore", dir), "not empty")
	n.has(n.run(0, "audit", "verify", "--heads", heads), "nothing was changed")
	n.has(n.run(0, "audit", "verify", "--township", demo.SecondTownship), "0 findings")
	n.has(n.run(1, "audit", "verify", "--township", "1"), "there is no township 1")
	n.has(n.run(1, "audit", "verify", "--heads", "main.go"), "no line of")

	tamper(t, n, after)
	out := n.run(1, "audit", "verify")
	n.has(out, "FOUND", "member", "changed behind the program's back")
	if strings.Contains(out, "涂改") || strings.Contains(out, "999999") {
		t.Errorf("personal data in\n%s", out)
	}
}

func tamper(t *testing.T, s *shell, dsn string) {
	t.Helper()
	driver := "mysql"
	if dsn == "" {
		driver, dsn = "sqlite", "file:"+filepath.Join(s.env["DAOHU_DATA"], "daohu.db")
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "UPDATE `member` SET `name` = '涂改'"); err != nil {
		t.Fatal(err)
	}
}
