package app

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// flushRedis empties the fixture's Redis, past the program.
func (f *fixture) flushRedis() {
	f.Helper()
	c, err := net.Dial("tcp", f.Config.Redis.Reveal())
	f.must(err)
	defer func() { _ = c.Close() }()
	f.must(c.SetDeadline(time.Now().Add(10 * time.Second)))
	_, err = fmt.Fprint(c, "FLUSHALL\r\n")
	f.must(err)
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
		f.Fatalf("FLUSHALL: %q %v", line, err)
	}
}

// TestLimitsWithoutRedis: whoever can empty Redis gains no try, and nobody is
// logged out (quality.md A11, F3): the limits are counted in SQL.
func TestLimitsWithoutRedis(t *testing.T) {
	f := newFixture(t, fixtureOptions{MariaDB: true})
	card, pin, err := f.Accounts.IssueCard(t.Context(), f.User("household-1-0").ID)
	f.must(err)
	wrong := map[bool]string{true: "111111", false: "000000"}[pin == "000000"]
	session := f.Token("admin-1")
	counts := map[string]map[int]int{"pin": {}, "password": {}}
	for n := range 30 {
		f.flushRedis()
		a := f.Do("POST", "", "/api/v1/login/household", map[string]string{"card": card, "pin": wrong}, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n))
		counts["pin"][a.Status]++
		a = f.Do("POST", "", "/api/v1/login/password", map[string]string{"name": "county-1", "password": "wrong-mima-1"}, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n))
		counts["password"][a.Status]++
		if a := f.Do("GET", session, "/api/v1/me", nil); a.Status != http.StatusOK {
			t.Fatalf("logged out: %d %s", a.Status, a.Body)
		}
	}
	for what, got := range counts {
		if got[http.StatusUnauthorized] != 10 || got[http.StatusTooManyRequests] != 20 {
			t.Errorf("%s: %v, want 10 looked at", what, got)
		}
	}
	fixtureFigure(t, "Redis emptied before each of 30 tries: 10 PINs and 10 passwords looked at, 0 logged out")
}
