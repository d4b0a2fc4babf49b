package delta_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"daohu/server/servertest"
	"daohu/server/servertest/town"
)

// TestReplays offers the same mutations again and again, word for word, side
// by side, and under other client ids; every row is there once, as the first
// one made it (quality.md A5). In the full run it is 100 000 times.
func TestReplays(t *testing.T) {
	const batch = 100 // mutations a request
	rounds := 10
	if servertest.Full() {
		rounds = 1000
	}
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
		p := synced(t, b, tn.Cadres[0])
		house, muts, ids := tn.Houses[0], []string{}, []string{}
		for n := range batch {
			ids = append(ids, b.DB.NewID())
			muts = append(muts, p.mut("visit", ids[n], house, fmt.Sprintf(`{"day":"2026-03-02","text":"第 %d 次"}`, n)))
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range rounds / 4 {
					if out, err := p.try(muts...); err != nil || out.Last != batch || out.NewClient != "" {
						t.Errorf("last %d, new client %q, %v", out.Last, out.NewClient, err)
						return
					}
				}
			})
		}
		wg.Wait()
		for range rounds - rounds/4*4 {
			if _, err := p.try(muts...); err != nil {
				t.Fatal(err)
			}
		}
		q := newPhone(t, b, tn.Cadres[0]) // a copy of the journal under a new name
		for range 2 {
			if out, err := q.try(muts...); err != nil || out.Last != batch {
				t.Fatalf("last %d, %v", out.Last, err)
			}
		}
		if n := p.count(house); n != batch {
			t.Fatalf("%d visits, want %d", n, batch)
		}
		// The same number with another body is another phone's; the same id in
		// another household is taken.
		p.mid = 0
		forged := p.mut("visit", b.DB.NewID(), house, `{"day":"2026-03-01","text":"别的内容"}`)
		if out, err := p.try(forged); err != nil || out.NewClient == "" {
			t.Errorf("another body under the same number: %+v %v", out, err)
		}
		other := newPhone(t, b, tn.Cadres[0])
		other.want(other.push("visit", ids[0], tn.Houses[1], `{"day":"2026-03-01"}`), "id-taken")
		if n, m := p.count(house), p.count(tn.Houses[1]); n != batch || m != 0 {
			t.Errorf("%d and %d visits", n, m)
		}
		if !strings.Contains(synced(t, b, tn.Cadres[0]).rows[house]["visit "+ids[batch-1]], "第 99 次") {
			t.Error("a row is not as it was first made")
		}
		t.Logf("figure: %d replays of %d mutations, %d rows", rounds*batch+2*batch, batch, batch)
	})
}
