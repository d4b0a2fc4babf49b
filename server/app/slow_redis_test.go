package app

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"daohu/server/config"
	"daohu/server/servertest"
	"daohu/server/servertest/badline"
)

// TestLimitsWithASlowRedis: behind a line that takes 200 ms, and behind one
// that takes longer than is waited for, nobody is logged out, a push goes in
// once, and PINs are counted (quality.md F3).
func TestLimitsWithASlowRedis(t *testing.T) {
	for _, rtt := range []time.Duration{200 * time.Millisecond, 2 * time.Second} {
		t.Run(rtt.String(), func(t *testing.T) {
			line := &badline.Slow{Rate: 1 << 20, RTT: 0, Speed: 1}
			f := newFixture(t, fixtureOptions{MariaDB: true, Config: func(c *config.Config) {
				if err := line.Listen(servertest.Redis(t), 1); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(line.Close)
				c.Redis = config.Secret(line.Addr)
			}})
			card, pin, err := f.Accounts.IssueCard(t.Context(), f.User("household-1-0").ID)
			f.must(err)
			wrong := map[bool]string{true: "111111", false: "000000"}[pin == "000000"]
			h := f.Towns[0].Houses[0]
			session, phone := f.Token("admin-1"), f.Phone(f.Token(h.Cadre))
			line.Change(1<<20, rtt)
			var tries []int
			var slowest time.Duration
			for n := range 12 {
				from := time.Now()
				tries = append(tries, f.Do("POST", "", "/api/v1/login/household", map[string]string{"card": card, "pin": wrong}, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n)).Status)
				if a := f.Do("GET", session, "/api/v1/me", nil); a.Status != http.StatusOK {
					t.Fatalf("logged out: %d %s", a.Status, a.Body)
				}
				id := f.DB.NewID()
				phone.Send(fixtureMut{Type: "visit", ID: id, House: h.ID, Patch: map[string]any{"day": f.Today()}})
				if !slices.Contains(f.RowsOf("visit", f.Towns[0], h.ID), id) {
					t.Errorf("push %d is not there", n)
				}
				slowest = max(slowest, time.Since(from))
			}
			want := append(slices.Repeat([]int{http.StatusUnauthorized}, 10), http.StatusTooManyRequests, http.StatusTooManyRequests)
			if !slices.Equal(tries, want) {
				t.Errorf("%v, want 10 PINs looked at", tries)
			}
			fixtureFigure(t, fmt.Sprintf("Redis %v away: 10 of 12 PINs looked at, 0 logged out, 12 pushes in once; a PIN, a look and a push took %.2f s at most", rtt, slowest.Seconds()))
		})
	}
}
