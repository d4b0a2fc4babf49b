package main

import (
	"strings"
	"testing"

	"daohu/server/demo"
	"daohu/server/servertest"
)

// TestOperatorsRotation: a change of keys at the command line, as
// docs/operations.md tells it, on both databases.
func TestOperatorsRotation(t *testing.T) {
	for name, dsn := range map[string]string{"sqlite": "", "mariadb": servertest.MariaDB(t, servertest.MariaDBOptions{})} {
		t.Run(name, func(t *testing.T) {
			s := newShell(t, dsn)
			old := "1:" + s.env["DAOHU_KEY"]
			fresh := "2027:" + strings.Repeat("ab0c", 16)
			s.run(0, "migrate")
			s.run(0, "import", book(t, nil))
			s.run(0, "user", "add", "town-admin", "--name=管理员", "--role=T", "--county="+demo.County, "--township="+demo.SecondTownship)
			s.has(s.run(0, "doctor"), "note  key 1: seals;", "one of each column opened")
			s.has(s.run(0, "rekey"), "0 values sealed anew with key 1, 0 could not be")
			s.has(s.run(0, "audit", "verify"), "accounts: ", "head\taccounts\t", "nothing was changed")

			list := s.run(0, "audit", "accounts")
			s.has(list, "\t-\tuser-add\t{\"user\":[")
			if n := strings.Count(list, "\n"); strings.Contains(list, "town-admin") || n < 2 || strings.Count(s.run(0, "audit", "accounts", "--after=1"), "\n") != n-1 {
				t.Errorf("%d lines:\n%s", n, list)
			}

			s.env["DAOHU_KEY"] = fresh + "," + old
			s.has(s.run(0, "doctor"), "note  key 2027: seals; 0 values", "note  key 1: ", "run `daohu rekey` before it is dropped", "member.id_no")
			s.has(s.run(0, "rekey", "--dry-run"), "member.id_no\tkey 1\t", "values are not sealed with key 2027. Nothing was changed.")
			s.has(s.run(0, "rekey"), "sealed anew with key 2027, 0 could not be", "key 1 is replaced: take it out of DAOHU_KEY")
			out := s.run(0, "rekey")
			s.has(out, "0 values sealed anew")
			if strings.Contains(out, "is replaced") {
				t.Errorf("replaced twice:\n%s", out)
			}
			s.has(s.run(0, "doctor"), "note  key 1: nothing in the database needs it: it may be taken out")

			s.env["DAOHU_KEY"] = fresh
			s.has(s.run(0, "audit", "verify"), "nothing was changed")
			s.has(s.run(0, "doctor"), "note  key 2027: seals;")
			for _, wrong := range []string{old, old + "," + fresh} {
				s.env["DAOHU_KEY"] = wrong
				s.has(s.run(1, "doctor"), "FAIL  connections", "begins with a key that was replaced")
			}
			s.env["DAOHU_KEY"] = "2027:" + strings.Repeat("ab0d", 16) // typed wrongly from the paper
			s.has(s.run(1, "doctor"), "FAIL  key 2027", "does not open what is sealed with it", "FAIL  keys")
			s.env["DAOHU_KEY"] = "lost:" + strings.Repeat("ab0d", 16)
			s.has(s.run(1, "doctor"), "FAIL  key 2027", "is not in DAOHU_KEY: they cannot be read")
			s.has(s.run(1, "rekey"), "0 values sealed anew with key lost", "not everything could be sealed anew")
			s.has(s.run(1, "audit", "verify"), "DAOHU_KEY is not the key they were written with")
		})
	}
}
