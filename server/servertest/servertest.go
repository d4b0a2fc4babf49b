// Package servertest gives tests the real services: a MariaDB with a fresh
// database, a Redis of their own. Nothing here is a stand-in, and nothing
// here is linked into the product.
//
// Where the services come from, in this order:
//
//  1. DAOHU_TEST_MARIADB and DAOHU_TEST_MARIADB_SNAPSHOT, the DSNs of two
//     running servers (deploy/test/with-services.sh sets them, so that all
//     packages of one run share two servers);
//  2. a mariadbd found on this machine, started once per test process;
//  3. none: the test is skipped, or fails when DAOHU_TEST_FULL is 1, as it is
//     under make test.
package servertest

import (
	"os"
	"testing"
)

// Environment variables read here and set by deploy/test/with-services.sh.
const (
	EnvMariaDB  = "DAOHU_TEST_MARIADB"          // DSN without a database name; snapshot isolation OFF
	EnvSnapshot = "DAOHU_TEST_MARIADB_SNAPSHOT" // the same with innodb_snapshot_isolation ON
	EnvRedis    = "DAOHU_TEST_REDIS"            // host:port of a running Redis
	EnvFull     = "DAOHU_TEST_FULL"             // "1": a missing service is a failure, not a skip
)

// Full reports whether this is the full run, in which nothing may be skipped.
func Full() bool { return os.Getenv(EnvFull) == "1" }

// missing ends the test for want of a service: it fails in the full run and
// is skipped otherwise, so that go test works on a machine with Go alone.
func missing(t testing.TB, what string, err error) {
	t.Helper()
	if Full() {
		t.Fatalf("%s is needed in the full run: %v", what, err)
		return
	}
	t.Skipf("%s is not on this machine (run deploy/test/install.sh): %v", what, err)
}
