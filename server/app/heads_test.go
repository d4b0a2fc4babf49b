package app

import (
	"strings"
	"testing"
	"time"
)

// TestDailyHeads: once a day the log says how far every chain has come.
func TestDailyHeads(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	said := func() int { return strings.Count(f.log.String(), "audit head") }
	chains := len(f.Towns) + 1 // the accounts have one
	for i, step := range []time.Duration{0, time.Minute, 24 * time.Hour, time.Hour} {
		f.Pass(step)
		f.minutely(t.Context())
		if want := []int{chains, chains, 2 * chains, 2 * chains}[i]; said() != want {
			t.Errorf("step %d: %d lines, want %d", i, said(), want)
		}
	}
	heads, err := f.DB.Heads(t.Context())
	f.must(err)
	for _, h := range heads {
		if h.Hash == "" || !strings.Contains(f.log.String(), h.Hash) {
			t.Errorf("the end of %s is not in the log", h.Township)
		}
	}
}
