package delta_test

import (
	"encoding/json"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/delta"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/servertest/town"
)

// unnumbered is a mutation as a phone writes it into a file.
func unnumbered(mut string) json.RawMessage {
	return json.RawMessage("[" + mut[strings.IndexByte(mut, ',')+1:])
}

// bring lets the admin bring in changes of a phone; the states come back.
func bring(t *testing.T, b *town.Base, admin access.Actor, who access.Actor, dry bool, muts ...string) (states []string, fates []delta.Fate) {
	t.Helper()
	in := delta.Rescue{Author: who, Dry: dry}
	for _, m := range muts {
		in.Changes = append(in.Changes, unnumbered(m))
	}
	fates, err := b.Delta.Rescue(t.Context(), admin, in)
	check(t, err)
	for _, f := range fates {
		if f.Detail == "" {
			t.Errorf("no words: %+v", f)
		}
		states = append(states, f.State)
	}
	return states, fates
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestRescueOnce: a file waits in quarantine as its author's work; whether it
// comes twice, or the phone sends the same after all, before or after the
// township decided, it is there once.
func TestRescueOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house := tn.Houses[0]
		c, open := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[0])
		ids := []string{b.DB.NewID(), b.DB.NewID(), b.DB.NewID(), b.DB.NewID()}
		var muts []string
		for i, text := range []string{"要接收", "不接收", "还没定", "早就送到"} {
			muts = append(muts, c.mut("visit", ids[i], house, `{"day":"2026-03-02","text":"`+text+`"}`))
		}
		open.mid = 0
		open.want(open.verdict(open.send(strings.Replace(muts[3], "[4,", "[1,", 1)), 1), "")
		before := b.Delta.Stats().Quarantined.Load()
		states, _ := bring(t, b, tn.Admin, c.who, true, muts...)
		same(t, "dry", states, "waiting", "waiting", "waiting", "arrived")
		if kept, err := b.DB.Quarantined(t.Context(), tn.Township, "open", "", 10); err != nil || len(kept) != 0 {
			t.Fatalf("a dry run kept %d: %v", len(kept), err)
		}
		for range 2 {
			states, fates := bring(t, b, tn.Admin, c.who, false, muts...)
			same(t, "brought", states, "waiting", "waiting", "waiting", "arrived")
			if f := fates[0]; f.Type != "visit" || f.ID != ids[0] || f.Household != house || f.DeviceAt == 0 {
				t.Errorf("%+v", f)
			}
		}
		kept, err := b.DB.Quarantined(t.Context(), tn.Township, "open", "", 10)
		check(t, err)
		if len(kept) != 3 || before != b.Delta.Stats().Quarantined.Load() {
			t.Fatalf("%d wait, want 3", len(kept))
		}
		for _, q := range kept {
			if q.Why != "rescue" || q.BroughtBy != tn.Admin.User || q.User != c.who.User || q.Household != house {
				t.Errorf("%+v", q)
			}
			text, err := b.Box.Open(record.Sealed(q.Mutation))
			check(t, err)
			switch {
			case strings.Contains(text, "要接收"):
				check(t, b.Delta.Settle(t.Context(), tn.Admin, q, "take", ""))
			case strings.Contains(text, "不接收"):
				check(t, b.Delta.Settle(t.Context(), tn.Admin, q, "refuse", "这天没去"))
			}
		}
		states, fates := bring(t, b, tn.Admin, c.who, false, muts...)
		same(t, "settled", states, "arrived", "arrived", "waiting", "arrived")
		if !strings.Contains(fates[1].Detail, "这天没去") {
			t.Errorf("what was refused: %q", fates[1].Detail)
		}
		// The phone has a link again, and sends all of it.
		out := c.send(muts...)
		c.want(c.verdict(out, 1), "")
		if r := c.want(c.verdict(out, 2), "wrong-state"); !strings.Contains(r.Reason, "这天没去") {
			t.Errorf("the author hears %q", r.Reason)
		}
		c.want(c.verdict(out, 3), "quarantined")
		c.want(c.verdict(out, 4), "")
		open.converged()
		if n := len(open.ids(house, "visit")); n != 2 {
			t.Errorf("%d visits, want the one taken and the one that came by itself", n)
		}
		if v := open.row(house, "visit", ids[0]); v["by"] != c.who.User || v["text"] != "要接收" || v["state"] != "pending" {
			t.Errorf("%v", v)
		}
		if kept, _ := b.DB.Quarantined(t.Context(), tn.Township, "open", "", 10); len(kept) != 1 {
			t.Errorf("%d wait, want 1", len(kept))
		}
	})
}

// TestRescueReach: only households of the admin's township that were the
// author's; never what a household said in confidence; consent as it always
// comes; what cannot be read stops nothing.
func TestRescueReach(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, far := add(t, b, town.Size{Cadres: 2, Houses: 2}), add(t, b, town.Size{Cadres: 1, Houses: 1})
		c := synced(t, b, tn.Cadres[0])
		house, id := tn.Houses[0], b.DB.NewID()
		visit := func(house string) string {
			return c.mutAt(c.base[tn.Houses[0]], "visit", b.DB.NewID(), house, `{"day":"2026-03-02"}`)
		}
		other := tn.Houses[1] // the second cadre's
		there := c.who
		there.Household = far.Houses[0]
		login(t, far, there) // the author reaches a household there too
		muts := []string{
			visit(other), visit(far.Houses[0]), visit(b.DB.NewID()),
			c.mut("complaint", b.DB.NewID(), house, `{"text":"三个月没来","kind":"投诉"}`),
			c.mut("confirmation", b.DB.NewID(), house, `{"visit":"`+id+`","answer":"来过"}`),
			c.mut("consent", b.DB.NewID(), house, `{"answer":"given","day":"2026-03-02","who":"户主本人","edition":"2026-1"}`),
			`[1,2,"visit"]`, c.mut("nothing", b.DB.NewID(), house, `{}`), visit(house),
		}
		states, fates := bring(t, b, tn.Admin, c.who, false, muts...)
		same(t, "reach", states, "refused", "refused", "refused", "refused", "refused", "stored", "refused", "refused", "waiting")
		for i, f := range fates[:3] {
			if !strings.Contains(f.Detail, "不在您的乡镇") && !strings.Contains(f.Detail, "没有") {
				t.Errorf("%d: %q", i, f.Detail)
			}
		}
		states, _ = bring(t, b, tn.Admin, c.who, false, muts...)
		same(t, "again", states, "refused", "refused", "refused", "refused", "refused", "arrived", "refused", "refused", "waiting")
		for _, at := range []*town.Town{tn, far} {
			kept, err := b.DB.Quarantined(t.Context(), at.Township, "open", "", 10)
			check(t, err)
			if want := map[bool]int{true: 1}[at == tn]; len(kept) != want {
				t.Errorf("%s: %d wait, want %d", at.Township, len(kept), want)
			}
		}
		in := delta.Rescue{Author: c.who, Changes: make([]json.RawMessage, delta.MaxRescued+1)}
		if _, err := b.Delta.Rescue(t.Context(), tn.Admin, in); !fault.Is(err, fault.TooLarge) {
			t.Errorf("too many: %v", err)
		}
	})
}
