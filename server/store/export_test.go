package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"daohu/server/fault"
	"daohu/server/roster"
)

// TestReleases: what leaves is counted by day, actor and kind, also when many
// leave at once, and what is refused is not on record.
func TestReleases(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		release := func(i int) roster.Release {
			return roster.Release{ID: fmt.Sprintf("release%05d", i), Township: "999901101", Actor: "user00000001", Role: "T", Full: true, Day: "2026-03-02",
				Reason: "季度检查", Households: 60, People: 269, At: int64(1000 + i)}
		}
		const limit, callers = 5, 12
		var taken, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				switch err := p.DB.KeepRelease(t.Context(), release(i), limit); {
				case err == nil:
					taken.Add(1)
				case fault.Is(err, fault.TooMany):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if taken.Load() != limit || refused.Load() != callers-limit {
			t.Errorf("%d taken, %d refused", taken.Load(), refused.Load())
		}
		got, err := p.DB.Releases(t.Context(), "999901101")
		if err != nil || len(got) != limit {
			t.Fatalf("%d kept: %v", len(got), err)
		}
		places := map[int64]bool{}
		for _, r := range got {
			places[r.Place] = true
			want := release(int(r.At - 1000))
			want.Place = r.Place
			if r != want {
				t.Errorf("%+v, want %+v", r, want)
			}
		}
		if len(places) != limit || places[0] {
			t.Errorf("places %v", places)
		}
		for i, other := range []func(r *roster.Release){
			func(r *roster.Release) { r.Day = "2026-03-03" }, func(r *roster.Release) { r.Actor = "" }, func(r *roster.Release) { r.Full = false }, func(r *roster.Release) { r.Kind = roster.Sheet },
			func(r *roster.Release) { r.Day, r.Township = "2026-03-03", "999901102" },
		} {
			r := release(100 + i)
			other(&r)
			if err := p.DB.KeepRelease(t.Context(), r, limit); err != nil {
				t.Errorf("another day, actor or kind: %v", err)
			}
		}
		if all, err := p.DB.Releases(t.Context(), ""); err != nil || len(all) != limit+5 {
			t.Errorf("%d of all townships: %v", len(all), err)
		}
	})
}
