package delta_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/delta"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/servertest/town"
	"daohu/server/types"
)

func TestFirstSyncBringsExactlyTheScope(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 7})
		p := newPhone(t, b, tn.Cadres[0])
		for _, out := range p.round() {
			for _, it := range out.Households {
				if !it.Full {
					t.Errorf("household %v is not full", it.ID)
				}
				for _, m := range it.Rows["member"] {
					if strings.Contains(string(m), "idNo") {
						t.Error("an ID number reached a phone")
					}
				}
			}
		}
		want := slices.Sorted(slices.Values([]string{tn.Common, tn.Houses[0], tn.Houses[2], tn.Houses[4], tn.Houses[6]}))
		if got := slices.Sorted(maps.Keys(p.rows)); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if p.row(tn.Houses[0], "household", tn.Houses[0])["phone"] != "19900000000" {
			t.Error("the telephone of a held household is missing")
		}
		if n := len(p.ids(tn.Common, "card")); n != len(tn.Cards) {
			t.Errorf("%d cards, want %d", n, len(tn.Cards))
		}
		if w := synced(t, b, tn.Workers[0]); len(w.rows) != 8 {
			t.Errorf("the village worker holds %d households, want 7 and the common one", len(w.rows))
		}
		if out := p.send(); out.served() || out.More {
			t.Fatalf("second sync is not empty: %+v", out)
		}
		body, err := b.Delta.Poll(t.Context(), p.who, p.cursor, 1, p.client, 0)
		if err != nil || body != nil {
			t.Fatalf("poll: %s %v", body, err)
		}
		stranger := synced(t, b, access.Actor{User: b.DB.NewID(), Role: access.Cadre, County: "999900", Township: tn.Township})
		if len(stranger.rows) != 0 {
			t.Fatalf("a cadre without households holds %v", stranger.rows)
		}
	})
}

func TestOnlyRolesThatSyncMayExchange(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
	for _, role := range []access.Role{access.Township, access.County, access.Auditor, ""} {
		a := tn.Admin
		a.Role = role
		if _, err := newPhone(t, b, a).try(); !fault.Is(err, fault.Forbidden) {
			t.Errorf("role %q: %v", role, err)
		}
		if _, err := b.Delta.Poll(t.Context(), a, "", 1, b.DB.NewID(), 0); !fault.Is(err, fault.Forbidden) {
			t.Errorf("poll of role %q: %v", role, err)
		}
	}
	if _, err := b.Delta.Poll(t.Context(), tn.Cadres[0], "", 1, "short", 0); !fault.Is(err, fault.Invalid) {
		t.Errorf("poll with a wrong client id: %v", err)
	}
}

func TestDeltaCarriesOnlyWhatChanged(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 4})
		c, w := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0])
		id := b.DB.NewID()
		w.want(w.push("visit", id, tn.Houses[1], `{"day":"2026-03-02","text":"一"}`), "")
		out := c.send()
		if len(out.Households) != 1 || out.Households[0].ID != tn.Houses[1] || out.Households[0].Full {
			t.Fatalf("%+v", out.Households)
		}
		if rows := out.Households[0].Rows; len(rows) != 1 || len(rows["visit"]) != 1 {
			t.Fatalf("%v", rows)
		}
		c.converged()
		w.want(w.push("visit", id, tn.Houses[1], `null`), "")
		out = c.send()
		if got := string(out.Households[0].Rows["visit"][0]); got != fmt.Sprintf(`{"id":%q,"del":1}`, id) {
			t.Fatalf("no tombstone: %s", got)
		}
		c.converged()
		w.converged()
		if len(c.ids(tn.Houses[1], "visit")) != 0 {
			t.Fatal("the erased visit is still there")
		}
		if rows := synced(t, b, tn.Cadres[0]).ids(tn.Houses[1], "visit"); len(rows) != 0 {
			t.Fatal("a tombstone in a full household")
		}
	})
}

func TestHandOver(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Houses: 4})
		from, to := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[1])
		house := tn.Houses[0]
		from.want(from.push("visit", b.DB.NewID(), house, `{"day":"2026-03-02"}`), "")
		check(t, tn.Pair(t.Context(), house, &tn.Cadres[1]))
		out := from.send()
		if len(out.Removed) != 1 || out.Removed[0] != [2]string{house, tn.Cadres[1].Name} {
			t.Fatalf("removed %v", out.Removed)
		}
		from.converged()
		out = to.send()
		if len(out.Households) != 1 || !out.Households[0].Full || len(out.Households[0].Rows["visit"]) != 1 {
			t.Fatalf("no backfill: %+v", out.Households)
		}
		to.converged()

		// Back again before the first one asks: replaced as a whole, not removed.
		check(t, tn.Pair(t.Context(), house, &tn.Cadres[0]))
		from.round()
		check(t, tn.Pair(t.Context(), house, &tn.Cadres[1]))
		check(t, tn.Pair(t.Context(), house, &tn.Cadres[0]))
		out = from.send()
		if len(out.Removed) != 0 || len(out.Households) != 1 || !out.Households[0].Full {
			t.Fatalf("re-grant: removed %v, %+v", out.Removed, out.Households)
		}
		from.converged()
		to.converged()

		// Nobody holds it now: removed without a name.
		check(t, tn.Pair(t.Context(), house, nil))
		if out = from.send(); len(out.Removed) != 1 || out.Removed[0] != [2]string{house, ""} {
			t.Fatalf("removed %v", out.Removed)
		}
		// With the last household everything of the township goes.
		check(t, tn.Pair(t.Context(), tn.Houses[2], nil))
		from.round()
		if len(from.rows) != 0 {
			t.Fatalf("still held: %v", slices.Sorted(maps.Keys(from.rows)))
		}
		from.converged()
	})
}

func TestBackfillReplaces(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 2, Houses: 2})
	p, o := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[1])
	id := b.DB.NewID()
	p.push("visit", id, tn.Houses[0], `{"day":"2026-03-02"}`)
	check(t, tn.Pair(t.Context(), tn.Houses[0], &tn.Cadres[1]))
	check(t, tn.Pair(t.Context(), tn.Houses[0], &tn.Cadres[0]))
	p.want(p.push("visit", id, tn.Houses[0], `null`), "")
	// The phone slept through the erasing of a row it still thinks it has.
	p.rows[tn.Houses[0]]["visit AAAAAAAAAAAA"] = `{"id":"AAAAAAAAAAAA"}`
	check(t, tn.Pair(t.Context(), tn.Houses[0], &tn.Cadres[1]))
	check(t, tn.Pair(t.Context(), tn.Houses[0], &tn.Cadres[0]))
	p.converged()
	o.converged()
}

// TestPagingUnderAFixedTop turns pages while others write, hand over and take
// back: every round ends at the counter it began with, and what came later is
// the next round's.
func TestPagingUnderAFixedTop(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		r := rand.New(rand.NewPCG(7, 7))
		tn := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 24})
		w := synced(t, b, tn.Workers[0])
		for _, h := range tn.Houses {
			w.send(visits(w, r, h, 8, 150)...)
		}
		p := newPhone(t, b, tn.Cadres[0])
		p.budget = 4096
		top, pages := int64(0), 0
		for {
			out := p.send()
			pages++
			if top == 0 {
				top = out.Tops[0][1]
			}
			if out.Tops[0][1] != top {
				t.Fatalf("the top moved from %d to %d within a round", top, out.Tops[0][1])
			}
			if out.Tops[0][2] == 1 { // the round is over, whether or not the next begins at once
				break
			}
			i := r.IntN(len(tn.Houses))
			w.send(visits(w, r, tn.Houses[i], 1, 40)...)
			check(t, tn.Pair(t.Context(), tn.Houses[r.IntN(24)], &tn.Cadres[r.IntN(2)]))
		}
		if pages < 5 {
			t.Fatalf("only %d pages: nothing was tested", pages)
		}
		p.converged()
		w.converged()
	})
}

// TestLargeHouseholdComesInParts: rows of one household change and go while
// its parts are under way.
func TestLargeHouseholdComesInParts(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		r := rand.New(rand.NewPCG(8, 8))
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 3})
		w := synced(t, b, tn.Workers[0])
		for range 3 {
			w.send(visits(w, r, tn.Houses[1], 40, 200)...)
		}
		p := newPhone(t, b, tn.Cadres[0])
		p.budget = 4096
		parts := 0
		for more := true; more; {
			out := p.send()
			for _, it := range out.Households {
				if it.Cont || it.More {
					parts++
				}
				if it.ID != tn.Houses[1] && (it.Cont || it.More) {
					t.Errorf("the small household %s came in parts", it.ID)
				}
			}
			if parts == 2 {
				ids := w.ids(tn.Houses[1], "visit")
				w.send(w.mut("visit", ids[0], tn.Houses[1], `null`), w.mut("visit", ids[len(ids)-1], tn.Houses[1], `null`), w.mut("visit", ids[1], tn.Houses[1], `{"text":"改了"}`))
			}
			more = out.More
		}
		if parts < 4 {
			t.Fatalf("%d parts", parts)
		}
		p.converged()
		if n := len(p.ids(tn.Houses[1], "visit")); n != 118 {
			t.Fatalf("%d visits, want 118", n)
		}
		// Handed over in the middle: the staged parts lead to nothing.
		q := newPhone(t, b, tn.Cadres[0])
		q.budget = 4096
		for len(q.staged) == 0 {
			q.send()
		}
		check(t, tn.Pair(t.Context(), tn.Houses[1], nil))
		for q.send().More {
		}
		q.staged = map[string]map[string]string{}
		q.converged()
	})
}

// visits makes mutations for n visits whose text does not compress well.
func visits(p *phone, r *rand.Rand, house string, n, runes int) []string {
	var out []string
	for range n {
		out = append(out, p.mut("visit", p.b.DB.NewID(), house, fmt.Sprintf(`{"day":"2026-03-02","text":"%s"}`, words(r, runes))))
	}
	return out
}

// words is a text that compresses badly.
func words(r *rand.Rand, runes int) string {
	text := make([]rune, runes)
	for i := range text {
		text[i] = rune(0x4e00 + r.IntN(0x5000))
	}
	return string(text)
}

func TestBudgetIsKeptWithinAQuarter(t *testing.T) {
	b, _ := open(t, nil)
	r := rand.New(rand.NewPCG(9, 9))
	tn := add(t, b, town.Size{Cadres: 1, Houses: 40})
	p := synced(t, b, tn.Cadres[0])
	for i, h := range tn.Houses {
		p.send(visits(p, r, h, 1+i%7, 120)...)
	}
	p.send(visits(p, r, tn.Houses[3], 60, 120)...)
	for _, budget := range []int{4096, 12288, 65536} {
		q := newPhone(t, b, tn.Cadres[0])
		q.budget = budget
		for i, out := range q.round() {
			var raw []byte
			for _, it := range out.Households {
				for _, rows := range it.Rows {
					for _, text := range rows {
						raw = append(raw, text...)
					}
				}
			}
			if n := deflated(t, raw); n > budget+budget/4 {
				t.Errorf("budget %d, page %d: %d bytes compressed", budget, i, n)
			}
		}
		q.converged()
	}
}

func TestCursorIsShort(t *testing.T) {
	b, _ := open(t, nil)
	r := rand.New(rand.NewPCG(10, 10))
	tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
	p := synced(t, b, tn.Cadres[0])
	for range 2 {
		p.send(visits(p, r, tn.Houses[1], 60, 200)...)
	}
	if len(p.cursor) > 22 {
		t.Errorf("finished cursor of %d characters", len(p.cursor))
	}
	q := newPhone(t, b, tn.Cadres[0])
	q.budget = 4096
	inside := false
	for q.send().More {
		inside = inside || len(q.staged) > 0
		if len(q.cursor) > 48 {
			t.Errorf("unfinished cursor of %d characters", len(q.cursor))
		}
	}
	if !inside || len(q.cursor) > 22 {
		t.Errorf("inside %v, finished cursor of %d characters", inside, len(q.cursor))
	}
}

func TestForgedCursorsReconcile(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
	p := synced(t, b, tn.Cadres[0])
	raw, err := base64.RawURLEncoding.DecodeString(p.cursor)
	check(t, err)
	forged := []string{"x", "!!!!", p.cursor + "A", p.cursor[1:], p.cursor + "\n", base64.RawURLEncoding.EncodeToString(append(slices.Clone(raw), 0)), strings.Repeat("A", 9000)}
	for i := range raw {
		bent := slices.Clone(raw)
		bent[i] ^= 1
		forged = append(forged, base64.RawURLEncoding.EncodeToString(bent))
	}
	for _, s := range forged {
		q := newPhone(t, b, tn.Cadres[0])
		q.cursor = s
		out, err := q.try()
		if err != nil || !out.Reconcile || out.Epoch || out.served() {
			t.Fatalf("cursor %q: %+v %v", s, out, err)
		}
	}
	// Another phone's cursor is not refused, and opens nothing that is not one's own.
	stranger := newPhone(t, b, access.Actor{User: b.DB.NewID(), Role: access.Cadre, Township: tn.Township})
	stranger.cursor = p.cursor
	if stranger.round(); len(stranger.rows) != 0 {
		t.Fatal("a cursor gave rights")
	}
}

// open is a Base on a SQLite file of the test's own, for what does not depend
// on the database; every statement is counted.
func open(t *testing.T, count *atomic.Int64) (*town.Base, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "daohu.db")
	return reopen(t, file, 1, count), file
}

func reopen(t *testing.T, file string, seed uint64, count *atomic.Int64) *town.Base {
	t.Helper()
	b, err := town.Open(t.Context(), town.Options{File: file, Seed: seed, Trace: func(string) {
		if count != nil {
			count.Add(1)
		}
	}})
	check(t, err)
	t.Cleanup(func() { _ = b.DB.Close() })
	return b
}

// TestNothingChangedCostsTwoQueries, whatever the history and the size.
func TestNothingChangedCostsTwoQueries(t *testing.T) {
	var n atomic.Int64
	b, _ := open(t, &n)
	r := rand.New(rand.NewPCG(11, 11))
	tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 30})
	p := synced(t, b, tn.Cadres[0])
	cost := func(what string, most int64, f func()) {
		t.Helper()
		n.Store(0)
		f()
		if got := n.Load(); got > most {
			t.Errorf("%s: %d queries, want at most %d", what, got, most)
		}
	}
	poll := func() {
		if body, err := b.Delta.Poll(t.Context(), p.who, p.cursor, 1, p.client, 0); err != nil || body != nil {
			t.Fatalf("poll: %s %v", body, err)
		}
	}
	quiet := func() {
		if out := p.send(); out.served() || out.size > 80 {
			t.Fatalf("%d bytes: %+v", out.size, out)
		}
	}
	p.send()
	cost("poll", 1, poll)
	cost("exchange", 2, quiet)
	for i, h := range tn.Houses {
		p.send(visits(p, r, h, 20, 20)...)
		check(t, tn.Pair(t.Context(), tn.Houses[i], &tn.Cadres[0]))
	}
	for range 30 {
		change(t, tn, household.HouseholdType, tn.Houses[0], `{"notes":"`+b.DB.NewID()+`"}`)
	}
	p.round()
	p.send()
	cost("poll with history", 1, poll)
	cost("exchange with history", 2, quiet)
}

// TestAnotherWriterBetweenPushAndPull: the row this push wrote is changed by
// an admin before the pull of the same exchange reads the counter. Neither the
// own row nor the cursor may hide the newer one.
func TestAnotherWriterBetweenPushAndPull(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
	p := synced(t, b, tn.Cadres[0])
	id := b.DB.NewID()
	mut := p.mut("visit", id, tn.Houses[0], `{"day":"2026-03-02"}`)
	between := &meddler{DB: b.DB, before: func() { decide(t, tn, id, "approve", "") }}
	plain := b.Delta
	b.Delta = delta.New(delta.Config{Store: between, Types: types.All(), Rules: types.Rules(), Sealer: b.Box, Tag: b.Box.Tag, Now: b.Now,
		Jitter: func(int) int { return 0 }, Schema: types.Schema, Oldest: types.Oldest, Log: quietLog()})
	p.send(mut)
	b.Delta = plain
	p.converged()
	if got := p.row(tn.Houses[0], "visit", id)["state"]; got != "approved" {
		t.Fatalf("state %v", got)
	}
	if find(t, tn, activity.VisitType, id).(*activity.Visit).Version != 2 {
		t.Fatal("nothing happened in between")
	}
}

// TestFirstRoundSaysWhatIsLeft: page after page what is held and what is said
// to come are all that will be held. Later rounds say nothing of the kind.
func TestFirstRoundSaysWhatIsLeft(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 40})
		c, p := synced(t, b, tn.Cadres[0]), newPhone(t, b, tn.Workers[0])
		p.budget = delta.MinBudget
		var sums []int
		for out := p.send(); ; out = p.send() {
			if !out.More {
				if out.Left != 0 {
					t.Errorf("%d left of a round that ended", out.Left)
				}
				break
			}
			sums = append(sums, len(p.rows)+int(out.Left))
		}
		if want := slices.Repeat([]int{len(p.rows)}, len(sums)); len(sums) == 0 || !slices.Equal(sums, want) {
			t.Fatalf("held and left make %v, not %d each time", sums, len(p.rows))
		}
		for i, house := range tn.Houses {
			long := make([]rune, 400) // that no packing makes small
			for j := range long {
				long[j] = rune(0x4e00 + (i*7919+j*j*104729)%20000)
			}
			c.want(c.push("household", house, house, `{"notes":"`+string(long)+`"}`), "")
		}
		rounds := p.round()
		if len(rounds) < 2 {
			t.Fatal("the second round has one page only")
		}
		for _, out := range rounds {
			if out.Left != 0 {
				t.Errorf("%d left of a later round", out.Left)
			}
		}
	})
}
