package pairing_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

func (w *world) handover(in pairing.Handover) (*pairing.HandoverResult, error) {
	return w.s.Handover(w.t.Context(), w.Admin, w.Township, in)
}

// seen turns the answer of a dry run into what is sent back.
func seen(r *pairing.HandoverResult) []pairing.Transfer {
	var out []pairing.Transfer
	for _, m := range r.Households {
		out = append(out, pairing.Transfer{Household: m.Household, To: m.To, Seen: m.Seen})
	}
	return out
}

// fields are the names of what is wrong, and the sentences.
func fields(err error) string {
	f, _ := errors.AsType[*fault.Error](err)
	if f == nil {
		return fmt.Sprint(err)
	}
	out := string(f.Code)
	for _, x := range f.Fields {
		out += " " + x.Name + "/" + x.Code + "=" + x.Detail
	}
	return out
}

func (w *world) seq() int64 {
	w.t.Helper()
	sp, err := w.DB.Space(w.t.Context(), w.Township)
	check(w.t, err)
	return sp.Seq
}

// account changes a cadre's account.
func (w *world) account(cadre int, f func(u *account.User)) {
	w.t.Helper()
	u, err := w.DB.Accounts().FindUser(w.t.Context(), account.ByID, w.Cadres[cadre].User)
	check(w.t, err)
	f(&u)
	check(w.t, w.DB.Accounts().SaveUser(w.t.Context(), u))
}

// disable takes a cadre's account out of use.
func (w *world) disable(cadre int) {
	w.t.Helper()
	w.account(cadre, func(u *account.User) { u.DisabledAt = 1 })
	delete(w.s.People.(people), "999900/"+w.login(cadre))
}

// TestHandOverAll: all households of a cadre, dry and then for certain, in one
// transaction.
func TestHandOverAll(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 3, Houses: 9}) // cadre 1: 0 3 6, cadre 2: 1 4 7, cadre 3: 2 5 8
		in := pairing.Handover{From: "c-1", To: "c-2", Day: "2026-03-02", Reason: "调离", Dry: true}
		before := w.seq()
		dry, err := w.handover(in)
		check(t, err)
		if dry.Done || len(dry.Households) != 3 || w.seq() != before {
			t.Fatalf("a dry run changes something, or says too little: %+v", dry)
		}
		w.want(0, true, 0, 3, 6)
		if f, to := dry.From, dry.To[0]; len(dry.To) != 1 || f.Before != 3 || f.After != 0 || f.Was != pairing.Over || f.Is != pairing.Under || to.Login != "c-2" || to.Before != 3 || to.After != 6 || to.Is != pairing.Over {
			t.Errorf("quota of a dry run: %+v %+v", dry.From, dry.To)
		}
		// Without what was seen it is not carried out.
		in.Dry = false
		if _, err := w.handover(in); !strings.Contains(fields(err), "households/required") {
			t.Errorf("no households: %s", fields(err))
		}
		in.Households = seen(dry)
		in.Households[1].Seen = ""
		if _, err := w.handover(in); !strings.Contains(fields(err), "households[1].seen/required") {
			t.Errorf("not seen: %s", fields(err))
		}
		in.Households = seen(dry)
		done, err := w.handover(in)
		check(t, err)
		if !done.Done || w.seq() != before+1 {
			t.Errorf("%d transactions: %+v", w.seq()-before, done)
		}
		if f, to := done.From, done.To[0]; f.After != 0 || to.After != 6 || f.Before != 3 || to.Before != 3 {
			t.Errorf("quota afterwards: %+v %+v", done.From, done.To)
		}
		w.want(0, false)
		w.want(1, true, 0, 1, 3, 4, 6, 7)
		if got, want := w.rows(3), []string{"2026-01-01 干部1 2026-03-02 调离", "2026-03-02 干部2  "}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		// Once more: that was seen before.
		if _, err := w.handover(in); !fault.Is(err, fault.Stale) {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.handover(pairing.Handover{From: "c-1", To: "c-2", Day: "2026-03-02", Dry: true}); !strings.Contains(fields(err), "from/not-allowed") {
			t.Errorf("nothing to hand over: %v", err)
		}
	})
}

// TestHandOverToSeveral: some of the households of a disabled cadre, by 户编号,
// to whoever is named; households that are odd say so.
func TestHandOverToSeveral(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 3, Houses: 12}) // cadre 1: 0 3 6 9
		w.disable(0)
		w.addPairing(3, 2) // twice: with cadre 1 and cadre 3
		w.addPairing(6, 1) // with cadre 1, and with the one who takes over
		in := pairing.Handover{From: "c-1", To: "c-2", Day: "2026-03-02", Dry: true, Households: []pairing.Transfer{{Household: "H00001", To: "c-3"}, {Household: w.Houses[3]}, {Household: "H00007"}}}
		dry, err := w.handover(in)
		check(t, err)
		if rows := dry.Households; rows[0].Words != "" || !strings.Contains(rows[1].Words, "另一位干部") || !strings.Contains(rows[2].Words, "已经和接手的干部结对") || rows[0].Code != "H00001" || rows[0].Head != "户主1" {
			t.Errorf("%+v", rows)
		}
		in.Dry, in.Households = false, seen(dry)
		_, err = w.handover(in)
		check(t, err)
		w.want(0, true, 9)
		if got := w.rows(3); !slices.Equal(got, []string{"2026-01-01 干部1 2026-03-02 ", "2026-01-05 干部3 2026-03-02 ", "2026-03-02 干部2  "}) {
			t.Errorf("paired twice: %q", got)
		}
		if got := w.rows(6); !slices.Equal(got, []string{"2026-01-01 干部1 2026-03-02 ", "2026-01-05 干部2  "}) {
			t.Errorf("paired with both: %q", got)
		}
		w.want(1, true, 1, 3, 4, 6, 7, 10)
		w.want(2, true, 0, 2, 5, 8, 11)
	})
}

// addPairing opens a second pairing beside what runs, as an old import could.
func (w *world) addPairing(house, cadre int) {
	w.t.Helper()
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Action: "test", Households: []string{w.Houses[house], w.Common}}, func(tx write.Tx) error {
		c := w.Cadres[cadre]
		tx.Put(pairing.Type, pairing.Open(tx.NewID(), w.Houses[house], "", tx.Now(), c.User, c.Name, "", "", "2026-01-05"))
		return pairing.Materialise(tx, w.Common, w.Houses[house])
	})
	check(w.t, err)
}

// TestHandOverRefused: everything wrong is named with its place, and nothing
// moves.
func TestHandOverRefused(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 3, Houses: 6}) // cadre 1: 0 3
		other, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 1})
		check(t, err)
		w.change(func(h *household.Household) { h.State = "closed" }, w.Houses[3])
		before := w.seq()
		row := func(h, to string) pairing.Transfer { return pairing.Transfer{Household: h, To: to} }
		for name, c := range map[string]struct {
			in   pairing.Handover
			want []string
		}{
			"nobody hands over": {pairing.Handover{From: "c-9", To: "c-2"}, []string{"from/not-allowed"}},
			"nobody takes over": {pairing.Handover{From: "c-1"}, []string{"households[0].to/required", "households[1].to/required"}},
			"to himself":        {pairing.Handover{From: "c-1", To: "c-1"}, []string{"households[0].to/not-allowed"}},
			"an unknown one":    {pairing.Handover{From: "c-1", To: "c-7"}, []string{"households[0].to/not-allowed", "households[1].to/not-allowed"}},
			"a bad day":         {pairing.Handover{From: "c-1", To: "c-2", Day: "2026-02-30"}, []string{"households[0].day/format"}},
			"before it began":   {pairing.Handover{From: "c-1", To: "c-2", Day: "2025-02-01"}, []string{"households[", "].day/range=户 H00001"}},
			"each its own": {pairing.Handover{From: "c-1", To: "c-2", Households: []pairing.Transfer{row(w.Houses[1], ""), row(w.Houses[3], ""), row("nowhere", "c-3"), row(other.Houses[0], ""), row(w.Common, ""), row("H00001", ""), row("H00001", "c-3")}}, []string{
				"invalid", "households[0].household/not-allowed=户 H00002：这一户现在不是和这位干部结对。", "households[1].household/not-allowed=户 H00004：这一户已经销户", "households[2].household/not-allowed",
				"households[3].household/not-allowed", "households[4].household/not-allowed", "households[6].household/not-allowed=户 H00001：这一户写了两次。"}},
		} {
			c.in.Dry = true
			if c.in.Day == "" {
				c.in.Day = "2026-03-02"
			}
			_, err := w.handover(c.in)
			for _, want := range c.want {
				if !strings.Contains(fields(err), want) {
					t.Errorf("%s: %q lacks %q", name, fields(err), want)
				}
			}
			if strings.Contains(fields(err), "households[5]") {
				t.Errorf("%s: the one that is right is named: %s", name, fields(err))
			}
		}
		if w.seq() != before {
			t.Error("something was written")
		}
		// An administrator of another county finds nobody here.
		far := w.Admin
		far.County = "999800"
		if _, err := w.s.Handover(t.Context(), far, other.Township, pairing.Handover{From: "c-1", To: "c-2", Day: "2026-03-02", Dry: true}); !strings.Contains(fields(err), "from/not-allowed") {
			t.Errorf("of another county: %v", err)
		}
	})
}

// TestHandOverIsAllOrNothing: who changed one household meanwhile makes the
// whole hand-over stale; the household is named.
func TestHandOverIsAllOrNothing(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 3, Houses: 9})
		in := pairing.Handover{From: "c-1", To: "c-2", Day: "2026-03-02", Dry: true}
		dry, err := w.handover(in)
		check(t, err)
		_, err = w.pair(3, "c-3", "2026-03-02", "")
		check(t, err)
		in.Dry, in.Households = false, seen(dry)
		_, err = w.handover(in)
		if got := fields(err); !fault.Is(err, fault.Stale) || strings.Count(got, "户 H") != 1 || !strings.Contains(got, "户 H00004：这一户的结对刚被别人改过") {
			t.Errorf("%s", got)
		}
		w.want(0, true, 0, 6)
		w.want(1, true, 1, 4, 7)
		w.want(2, true, 2, 3, 5, 8)
	})
}

// TestTwoAdminsAtOnce: of two hand-overs of overlapping households one wins,
// and nothing of the other happens.
func TestTwoAdminsAtOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		const rounds = 5
		for range rounds {
			w := begin(t, b, town.Size{Cadres: 3, Houses: 12})
			var plans []pairing.Handover
			for i, span := range [][2]int{{0, 3}, {1, 4}} { // of the four households of cadre 1
				in := pairing.Handover{From: w.login(0), To: w.login(i + 1), Day: "2026-03-02", Dry: true}
				for _, h := range []int{0, 3, 6, 9}[span[0]:span[1]] {
					in.Households = append(in.Households, pairing.Transfer{Household: w.Houses[h]})
				}
				dry, err := w.handover(in)
				check(t, err)
				in.Dry, in.Households = false, seen(dry)
				plans = append(plans, in)
			}
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i, in := range plans {
				wg.Go(func() { _, errs[i] = w.handover(in) })
			}
			wg.Wait()
			won := 0
			if errs[0] != nil {
				won = 1
			}
			if errs[won] != nil || !fault.Is(errs[1-won], fault.Stale) {
				t.Fatalf("%v, %v", errs[0], errs[1])
			}
			got := map[int][]int{}
			for c := range w.Cadres {
				got[c], _ = w.holds(w.Cadres[c].User)
			}
			want := map[int][]int{0: {9}, 1: {0, 1, 3, 4, 6, 7, 10}, 2: {2, 5, 8, 11}}
			if won == 1 {
				want = map[int][]int{0: {0}, 1: {1, 4, 7, 10}, 2: {2, 3, 5, 6, 8, 9, 11}}
			}
			for c := range w.Cadres {
				if !slices.Equal(got[c], want[c]) {
					t.Errorf("hand-over %d won, cadre %d holds %v, want %v", won+1, c+1, got[c], want[c])
				}
			}
			for i := range w.Houses {
				if rows := w.rows(i); slices.ContainsFunc(rows, func(r string) bool { return strings.Count(r, "2026-03-02") > 1 }) || len(rows) > 2 {
					t.Errorf("household %d: %q", i, rows)
				}
			}
		}
	})
}

// TestUnsentWorkIsSaid: what is known of the former cadre's phones.
func TestUnsentWorkIsSaid(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 2, Houses: 2})
		now := b.Now().UnixMilli()
		for _, c := range []write.Client{
			{ID: "phone0000001", User: w.Cadres[0].User, Unsent: 3, OldestAt: now - 5, SeenAt: now - 1000},
			{ID: "phone0000002", User: w.Cadres[0].User, SeenAt: now - (9 * 24 * time.Hour).Milliseconds()},
			{ID: "phone0000003", User: w.Cadres[0].User, SeenAt: now},
			{ID: "phone0000004", User: w.Cadres[0].User},
			{ID: "phone0000005", User: w.Cadres[1].User, Unsent: 7, SeenAt: now},
		} {
			_, err := b.DB.Client(t.Context(), c.ID, c.User)
			check(t, err)
			_, err = b.DB.Write(t.Context(), write.Intent{Township: w.Township, Client: c.ID}, func(tx write.Tx) error {
				tx.Client().Unsent, tx.Client().OldestAt, tx.Client().SeenAt = c.Unsent, c.OldestAt, c.SeenAt
				return nil
			})
			check(t, err)
		}
		say := func() []pairing.Phone {
			dry, err := w.handover(pairing.Handover{From: "c-1", To: "c-2", Day: "2026-03-02", Dry: true})
			check(t, err)
			return dry.Phones
		}
		got := say()
		if len(got) != 4 || got[0].Unsent != 3 || got[0].OldestAt != now-5 || got[0].SeenAt != now-1000 {
			t.Fatalf("%+v", got)
		}
		for i, want := range []string{"还有 3 条没有送到。移交后 30 天内送到，走访仍会收下", "9 天没有联系", "", "还没有同步过"} {
			if !strings.Contains(got[i].Words, want) || (want == "") != (got[i].Words == "") {
				t.Errorf("phone %d: %q", i+1, got[i].Words)
			}
		}
		w.disable(0)
		if got = say(); !strings.Contains(got[0].Words, "另存待查") {
			t.Errorf("of a disabled cadre: %q", got[0].Words)
		}
	})
}

// TestSharedCadre: a cadre at home in one township hands over what she has in
// another; what she has at home stays, and both count for the quota.
func TestSharedCadre(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		home, here := begin(t, b, town.Size{Cadres: 1, Houses: 2}), begin(t, b, town.Size{Cadres: 1, Houses: 3})
		here.s.People.(people)["999900/c-1"] = home.s.People.(people)["999900/c-1"]
		for i := range 2 {
			_, err := here.pair(i, "c-1", "2026-03-01", "")
			check(t, err)
		}
		in := pairing.Handover{From: "c-1", To: here.login(0), Day: "2026-03-02", Dry: true}
		dry, err := here.handover(in)
		check(t, err)
		in.Dry, in.Households = false, seen(dry)
		done, err := here.handover(in)
		check(t, err)
		if len(done.Households) != 2 || done.From.Before != 4 || done.From.After != 2 || done.To[0].Before != 1 || done.To[0].After != 3 {
			t.Errorf("%+v %+v", done.From, done.To)
		}
		home.want(0, true, 0, 1)
		here.want(0, true, 0, 1, 2)
		if tws, err := b.DB.HeldTownships(t.Context(), home.Cadres[0].User); err != nil || !slices.Equal(tws, []string{home.Township}) {
			t.Errorf("still in %v %v", tws, err)
		}
		// Of a township where she has nothing any more, she is still found by login.
		if _, err := here.handover(pairing.Handover{From: "c-1", To: here.login(0), Day: "2026-03-02", Dry: true}); !strings.Contains(fields(err), "没有正在结对的户") {
			t.Errorf("%v", err)
		}
	})
}
