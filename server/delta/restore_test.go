package delta_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/household"
	"daohu/server/servertest/town"
)

// items are the households of a round's answers.
func items(all []reply) []item {
	var out []item
	for _, r := range all {
		out = append(out, r.Households...)
	}
	return out
}

func TestReconcileSendsOnlyWhatDiffers(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Houses: 10})
		p := synced(t, b, tn.Cadres[0]) // 0 2 4 6 8 and the common one
		change(t, tn, household.HouseholdType, tn.Houses[2], `{"notes":"新"}`)
		check(t, tn.Pair(t.Context(), tn.Houses[4], &tn.Cadres[1]))
		check(t, tn.Pair(t.Context(), tn.Houses[1], &tn.Cadres[0]))
		p.rows["AAAAAAAAAAAA"] = map[string]string{"household AAAAAAAAAAAA": `{"id":"AAAAAAAAAAAA"}`} // never anybody's
		p.cursor, p.digests = "", true
		all := p.round()
		var got []string
		for _, it := range items(all) {
			got = append(got, it.ID)
			if !it.Full {
				t.Errorf("%s is not whole", it.ID)
			}
		}
		if want := []string{tn.Houses[1], tn.Houses[2]}; !slices.Equal(got, want) {
			t.Errorf("sent %v, want %v", got, want)
		}
		gone := map[string]string{}
		for _, r := range p.gone {
			gone[r[0]] = r[1]
		}
		if want := map[string]string{tn.Houses[4]: tn.Cadres[1].Name, "AAAAAAAAAAAA": ""}; !maps.Equal(gone, want) {
			t.Errorf("removed %v, want %v", gone, want)
		}
		p.digests = false
		p.converged()
		if n := b.Delta.Stats().Healed.Load(); n != 0 {
			t.Errorf("%d healed: a reconcile is no bug", n)
		}
	})
}

func TestDailyDigestHeals(t *testing.T) {
	b, _ := open(t, nil)
	r := rand.New(rand.NewPCG(21, 21))
	tn := add(t, b, town.Size{Cadres: 1, Houses: 4})
	p := synced(t, b, tn.Cadres[0])
	for range 2 {
		p.send(visits(p, r, tn.Houses[3], 60, 200)...)
	}
	p.digests = true
	if all := p.round(); len(items(all)) != 0 || b.Delta.Stats().Healed.Load() != 0 {
		t.Fatalf("equal digests: %d households, %d healed", len(items(all)), b.Delta.Stats().Healed.Load())
	}
	// A row bent, a row too many, a whole household missing; and one household
	// that does not fit a page.
	bend := func(house, key string) {
		p.rows[house][key] = strings.Replace(p.rows[house][key], `"id"`, `"ID"`, 1)
	}
	bend(tn.Houses[0], "household "+tn.Houses[0])
	p.rows[tn.Houses[1]]["visit AAAAAAAAAAAA"] = `{"id":"AAAAAAAAAAAA"}`
	delete(p.rows, tn.Houses[2])
	all := p.round()
	p.digests = false
	p.converged()
	if n := b.Delta.Stats().Healed.Load(); n != 3 || len(items(all)) != 3 {
		t.Fatalf("%d households, %d healed; want 3 and 3", len(items(all)), n)
	}
	ids := p.ids(tn.Houses[3], "visit")
	delete(p.rows[tn.Houses[3]], "visit "+ids[7])
	bend(tn.Houses[3], "visit "+ids[99])
	p.digests, p.budget = true, 4096
	for i := range 100 { // a phone asks with digests until the round ends
		out := p.send()
		if !out.More {
			break
		}
		if i == 99 {
			t.Fatal("healing a large household never ends")
		}
	}
	p.digests = false
	p.converged()
}

func TestRestoredServer(t *testing.T) {
	b, file := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 2, Houses: 4})
	one, two := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[1])
	old := newPhone(t, b, tn.Cadres[1]) // a second phone of the same cadre, at the counter of the backup
	old.round()
	check(t, b.DB.Close())
	backup := file + ".backup"
	raw, err := os.ReadFile(file)
	check(t, err)
	check(t, os.WriteFile(backup, raw, 0o600))

	b = reopen(t, file, 2, nil)
	tn.Base, one.b, two.b = b, b, b
	lost := b.DB.NewID()
	mut := one.mut("visit", lost, tn.Houses[0], `{"day":"2026-03-02","text":"备份之后"}`)
	one.want(one.verdict(one.send(mut), 1), "")
	one.send()
	change(t, tn, household.HouseholdType, tn.Houses[1], `{"notes":"备份之后"}`)
	one.round()
	two.round()
	check(t, b.DB.Close())

	b = reopen(t, backup, 3, nil)
	tn.Base, one.b, two.b, old.b = b, b, b, b
	// The phone's acknowledged mutation is unknown to this server: whatever it
	// is told first, it must not go on as if nothing were.
	out := one.send()
	if out.NewClient == "" && !out.Epoch {
		t.Fatalf("acknowledged work the server never saw was not noticed: %+v", out)
	}
	one.renew(b.DB.NewID())
	for _, p := range []*phone{one, two} {
		if out = p.send(); !out.Reconcile || !out.Epoch || out.served() {
			t.Fatalf("a restored server goes on as if nothing were: %+v", out)
		}
		if again := p.send(); !again.Epoch {
			t.Fatal("asked again it forgets")
		}
	}
	if n := b.Delta.Stats().Epochs.Load(); n != 1 {
		t.Fatalf("the epoch was raised %d times", n)
	}
	if sp, err := b.DB.Space(t.Context(), tn.Township); err != nil || sp.Epoch <= 1 {
		t.Fatalf("epoch %d: %v", sp.Epoch, err)
	}
	if out = old.send(); !out.Epoch {
		t.Fatal("a phone no further than the backup must offer its journal too")
	}
	for _, p := range []*phone{one, two} {
		p.cursor, p.digests = "", true
	}
	again := `[1` + mut[strings.IndexByte(mut, ','):] // from the journal, text unchanged
	one.mid = 1
	one.sign(again)
	one.want(one.verdict(one.send(again), 1), "")
	for _, p := range []*phone{one, two} {
		p.round()
		p.digests = false
		p.converged()
	}
	if one.row(tn.Houses[0], "visit", lost) == nil {
		t.Fatal("what was written after the backup is lost")
	}
	if two.row(tn.Houses[1], "household", tn.Houses[1])["notes"] == "备份之后" {
		t.Fatal("the phone keeps what the server no longer has")
	}
}

func TestExpiredCursorReconciles(t *testing.T) {
	b, file := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 2})
	p, w := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0])
	id := b.DB.NewID()
	w.push("visit", id, tn.Houses[0], `{"day":"2026-03-02"}`)
	p.round()
	w.push("visit", id, tn.Houses[0], `null`)
	sp, err := b.DB.Space(t.Context(), tn.Township)
	check(t, err)
	db, err := sql.Open("sqlite", "file:"+file)
	check(t, err)
	defer db.Close()
	for _, s := range []string{"DELETE FROM `visit` WHERE `deleted_at` > 0", "UPDATE `space` SET `min_cursor` = `seq`"} { // tombstones past their time
		_, err := db.ExecContext(t.Context(), s)
		check(t, err)
	}
	held := maps.Clone(p.rows)
	out := p.send()
	if !out.Reconcile || out.Epoch || out.served() || len(held) != len(p.rows) {
		t.Fatalf("cursor below %d: %+v", sp.Seq, out)
	}
	p.cursor, p.digests = "", true
	p.round()
	p.digests = false
	p.converged()
	if len(p.ids(tn.Houses[0], "visit")) != 0 {
		t.Fatal("the row of a purged tombstone stays")
	}
	if out := w.send(); out.Reconcile {
		t.Fatal("a cursor at the limit is served")
	}
}

// Who lost everything so long ago that even the ended assignments are purged
// must not keep it.
func TestPurgedAssignmentsLeaveThePhone(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Houses: 2})
		p, other := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[1])
		check(t, tn.Pair(t.Context(), tn.Houses[0], &tn.Cadres[1]))
		b.Pass(181 * 24 * time.Hour)
		_, err := b.DB.Purge(t.Context())
		check(t, err)
		if body, err := b.Delta.Poll(t.Context(), p.who, p.cursor, 1, p.client, 0); err != nil || !strings.Contains(string(body), `"reconcile":true`) {
			t.Fatalf("poll: %s %v", body, err)
		}
		if out := p.send(); !out.Reconcile || out.Epoch || out.served() {
			t.Fatalf("nothing is said of what was purged: %+v", out)
		}
		p.cursor, p.digests = "", true
		p.round()
		p.digests = false
		p.converged()
		if len(p.rows) != 0 {
			t.Fatalf("still holds %v", slices.Sorted(maps.Keys(p.rows)))
		}
		if out := p.send(); out.Reconcile {
			t.Fatal("asked again and again")
		}
		if out := other.send(); !out.Reconcile {
			t.Fatal("a cursor older than the purge is served")
		}
	})
}

func TestOldSchemaPushesButIsNotServed(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 2})
	p, w := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0])
	w.push("visit", b.DB.NewID(), tn.Houses[1], `{"day":"2026-03-02"}`)
	p.schema = 0
	id, at := b.DB.NewID(), p.cursor
	good, bad := p.mut("visit", id, tn.Houses[0], `{"day":"2026-03-02"}`), p.mut("visit", b.DB.NewID(), tn.Houses[0], `{}`)
	out := p.send(good, bad)
	p.want(p.verdict(out, 1), "")
	p.want(p.verdict(out, 2), "invalid")
	if !out.Update || len(out.Households)+len(out.Tops) > 0 || out.Cursor != at {
		t.Fatalf("%+v", out)
	}
	find(t, tn, visitType, id)
	body, err := b.Delta.Poll(t.Context(), p.who, p.cursor, 0, p.client, 0)
	var poll reply
	if err != nil || json.Unmarshal(body, &poll) != nil || !poll.Update || poll.served() {
		t.Fatalf("poll: %s %v", body, err)
	}
	p.schema = 1 // the program was updated
	p.converged()
}

func TestWipeComesBeforeAnyData(t *testing.T) {
	b, file := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
	p := synced(t, b, tn.Cadres[0])
	unsent := p.mut("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`)
	p.send()
	db, err := sql.Open("sqlite", "file:"+file)
	check(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "UPDATE `client` SET `wipe` = 1 WHERE `id` = ?", p.client)
	check(t, err)
	change(t, tn, household.HouseholdType, tn.Houses[0], `{"notes":"新"}`)
	body, err := b.Delta.Poll(t.Context(), p.who, p.cursor, 1, p.client, 0)
	var poll reply
	if err != nil || json.Unmarshal(body, &poll) != nil || !poll.Wipe || poll.served() {
		t.Fatalf("poll: %s %v", body, err)
	}
	for _, cursor := range []string{p.cursor, "", "garbled"} {
		p.cursor = cursor
		if out, err := p.try(); err != nil || !out.Wipe || out.served() {
			t.Fatalf("%+v %v", out, err)
		}
	}
	out := p.send(unsent)
	if r := p.want(p.verdict(out, 1), "quarantined"); !out.Wipe || out.served() || r.Ref == "" {
		t.Fatalf("%+v", out)
	}
	kept, err := b.DB.Quarantined(t.Context(), tn.Township, "open", "", 10)
	if err != nil || len(kept) != 1 || kept[0].Why != "wiped" || strings.Contains(kept[0].Mutation, "2026-03-02") {
		t.Fatalf("kept %+v %v", kept, err)
	}
	synced(t, b, tn.Cadres[0]).converged() // another phone of the same user is not meant
}

// Two restores of one backup are two lives of the server: what a phone learnt
// in the first must not pass for the second's, whoever noticed either.
func TestRestoredTwiceFromOneBackup(t *testing.T) {
	b, file := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 2, Houses: 4})
	one, two := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[1])
	check(t, b.DB.Close())
	raw, err := os.ReadFile(file)
	check(t, err)
	clock := b.Now()
	life := func(n uint64, path string) {
		t.Helper()
		clock = clock.Add(time.Minute)
		b = reopen(t, path, n, nil)
		b.SetClock(clock.UnixMilli())
		tn.Base, one.b, two.b = b, b, b
	}
	again := func(n uint64) {
		t.Helper()
		check(t, b.DB.Close())
		path := fmt.Sprintf("%s.%d", file, n)
		check(t, os.WriteFile(path, raw, 0o600))
		life(n, path)
	}
	life(2, file)
	change(t, tn, household.HouseholdType, tn.Houses[0], `{"notes":"备份之后"}`)
	one.round()
	change(t, tn, household.HouseholdType, tn.Houses[1], `{"notes":"备份之后"}`)
	two.round()

	again(3)
	if out := one.send(); !out.Epoch {
		t.Fatalf("the first restore was not noticed: %+v", out)
	}
	one.cursor, one.digests = "", true
	one.round()
	one.digests = false
	change(t, tn, household.HouseholdType, tn.Houses[0], `{"notes":"第一次恢复之后"}`)
	one.round()
	base := one.base[tn.Houses[0]]

	again(4)
	if out := two.send(); !out.Epoch {
		t.Fatalf("the second restore was not noticed: %+v", out)
	}
	if sp, err := b.DB.Space(t.Context(), tn.Township); err != nil || sp.Seq <= base {
		t.Fatalf("the counter stands at %d, a base of the life before at %d: %v", sp.Seq, base, err)
	}
	for range 5 {
		change(t, tn, household.HouseholdType, tn.Houses[1], fmt.Sprintf(`{"notes":%q}`, b.DB.NewID()))
	}
	if out := one.send(); !out.Epoch || out.served() {
		t.Fatalf("a cursor of the life before passes for one of this: %+v", out)
	}
	one.cursor, one.digests = "", true
	one.round()
	one.digests = false
	one.converged()
}

// A phone without a cursor (disabled before its first round) learns of a
// restore by its own numbers: more of its work was acknowledged than this
// server ever saw. It is no copy of another phone, and has to offer its journal.
func TestRestoredBehindAPhoneWithoutACursor(t *testing.T) {
	b, file := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
	check(t, b.DB.Close())
	raw, err := os.ReadFile(file)
	check(t, err)
	b = reopen(t, file, 2, nil)
	tn.Base = b
	p := newPhone(t, b, tn.Cadres[0])
	p.who.PushOnly = true
	if out := p.send(p.mut("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`)); out.Last != 1 || p.cursor != "" {
		t.Fatalf("%+v", out)
	}
	check(t, b.DB.Close())
	check(t, os.WriteFile(file+".old", raw, 0o600))
	b = reopen(t, file+".old", 3, nil)
	p.b, p.who.PushOnly = b, false
	for range 2 {
		if out := p.send(); !out.Epoch || !out.Reconcile || out.NewClient != "" || out.served() {
			t.Fatalf("taken for a copied phone: %+v", out)
		}
	}
}

// A phone whose numbers show that an old database was put back by hand tells the
// server so for all others: one whose lost request the network delivers again
// afterwards looks, by its own numbers, as if nothing had been lost.
func TestRestoredByHandIsToldToAll(t *testing.T) {
	b, file := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 2, Houses: 2})
	first, other := newPhone(t, b, tn.Cadres[0]), newPhone(t, b, tn.Cadres[1])
	first.round()
	check(t, b.DB.Close())
	raw, err := os.ReadFile(file)
	check(t, err)
	b = reopen(t, file, 2, nil)
	first.b, other.b = b, b
	before := *other
	visit := other.mut("visit", b.DB.NewID(), tn.Houses[1], `{"day":"2026-03-02"}`)
	other.send(visit)
	other.round()
	for range 4 {
		first.push("visit", b.DB.NewID(), tn.Houses[0], `{"day":"2026-03-02"}`)
	}
	first.round()
	check(t, b.DB.Close())
	check(t, os.WriteFile(file+".old", raw, 0o600))
	b = reopen(t, file+".old", 3, nil)
	first.b, other.b, before.b = b, b, b
	if out := first.send(); !out.Epoch || !out.Reconcile {
		t.Fatalf("the phone that is ahead: %+v", out)
	}
	if _, err := before.try(visit); err != nil { // its answer reaches nobody
		t.Fatal(err)
	}
	if out := other.send(); !out.Epoch || !out.Reconcile || out.NewClient != "" {
		t.Errorf("the other phone goes on as if nothing were: %+v", out)
	}
}
