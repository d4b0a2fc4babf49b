package ledger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"daohu/server/access"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/ledger"
	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// world is a township whose households each have an approved measure planned
// for 10 000 yuan.
type world struct {
	*town.Town
	t        *testing.T
	money    *ledger.Service
	measures []string
}

const cows = 1_000_000 // fen: two cows

func begin(t *testing.T, b *town.Base, houses int) *world {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: houses})
	check(t, err)
	w := &world{Town: tn, t: t, money: &ledger.Service{Store: b.DB, Rows: b.Registry, Writer: b.DB}}
	check(t, b.DB.PutAreas(t.Context(), []area.Area{{Code: tn.Village, Parent: tn.Township, Level: area.Village, Name: "坪子村", Township: tn.Township}}))
	w.write(func(tx write.Tx) error {
		for _, h := range tn.Houses {
			m := &measure.Measure{Meta: record.Meta{ID: tx.NewID(), Household: h, MadeBy: tn.Cadres[0].User}, Kind: "产业帮扶", What: "购买能繁母牛", Amount: cows, Quantity: 2, Unit: "头", State: "approved"}
			w.measures = append(w.measures, m.ID)
			tx.Put(measure.Type, m)
		}
		return nil
	})
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write changes rows past every rule but the writer's.
func (w *world) write(f func(tx write.Tx) error) {
	w.t.Helper()
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Action: "test", Households: append([]string{w.Common}, w.Houses...)}, f)
	check(w.t, err)
}

func (w *world) measure(id string) *measure.Measure {
	w.t.Helper()
	r, err := w.DB.Find(w.t.Context(), measure.Type, []string{w.Township}, id)
	check(w.t, err)
	return r.(*measure.Measure)
}

func (w *world) fund(fen int64) ledger.View {
	w.t.Helper()
	got, err := w.money.Open(w.t.Context(), w.Admin, w.Township, ledger.New{Name: "产业资金", Source: "县财政", Year: 2026, Move: ledger.Move{Fen: fen}})
	check(w.t, err)
	return got.Fund
}

func (w *world) village() string { return "village:" + w.Village }

func (w *world) allocate(f ledger.View, account string, fen int64) ledger.View {
	w.t.Helper()
	got, err := w.money.Allocate(w.t.Context(), w.Admin, f.ID, f.Rev, account, ledger.Move{Fen: fen})
	check(w.t, err)
	return got.Fund
}

func (w *world) pay(f, id, account string, fen int64) (ledger.Moved, error) {
	return w.money.Disburse(w.t.Context(), w.Admin, id, ledger.Payment{Rev: w.measure(id).Version, Fund: f, Account: account, Move: ledger.Move{Fen: fen}})
}

func (w *world) move(f, from, to, account, why, reason string, fen int64) (ledger.Moved, error) {
	return w.money.Reallocate(w.t.Context(), w.Admin, from, ledger.Transfer{Rev: w.measure(from).Version, Fund: f, To: to, Account: account, Why: why, Move: ledger.Move{Fen: fen, Reason: reason}})
}

// sums reads everything and checks that it adds up.
func (w *world) sums() (ledger.Sums, []*ledger.Entry) {
	w.t.Helper()
	ctx := w.t.Context()
	funds, err := w.DB.Funds(ctx, w.Township)
	check(w.t, err)
	var entries []*ledger.Entry
	for _, f := range funds {
		for seq, id := int64(0), ""; ; {
			rows, next, err := w.money.Entries(ctx, w.Admin, f.ID, seq, id, 7)
			check(w.t, err)
			if entries = append(entries, rows...); next == nil {
				break
			}
			seq, id = next.Seq, next.ID
		}
	}
	given := map[string]int64{}
	for _, id := range w.measures {
		given[id] = w.measure(id).Given
	}
	wrong, err := ledger.Check(funds, entries, given)
	check(w.t, err)
	if len(wrong) > 0 {
		w.t.Fatalf("does not add up: %q", wrong)
	}
	sums, err := w.money.Funds(ctx, w.Township)
	check(w.t, err)
	if sums.Total != sums.Free+sums.Left+sums.Given {
		w.t.Fatalf("%+v", sums)
	}
	return sums, entries
}

// TestMoneyFromSourceToHousehold: 10 000 yuan go the whole way, and on to
// another household when the first is wholly away.
func TestMoneyFromSourceToHousehold(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, 3)
		f := w.fund(2 * cows)
		f = w.allocate(f, w.village(), cows+cows/2)
		a, to := w.measures[0], w.measures[1]
		got, err := w.pay(f.ID, a, w.village(), cows)
		check(t, err)
		if got.Given != cows || got.Rev != 2 || got.Fund.Free != cows/2 || got.Fund.Left != cows/2 || got.Fund.Given != cows {
			t.Fatalf("%+v", got)
		}
		if _, err := w.move(f.ID, a, to, "", ledger.WholeAway, "全户外出务工，一年没有回来", cows); err != nil {
			t.Fatal(err)
		}
		if m := w.measure(a); m.Given != 0 || m.MovedOut != cows || m.Stage != measure.Stopped || m.Result == "" {
			t.Errorf("the household that left: %+v", m)
		}
		if m := w.measure(to); m.Given != cows || m.MovedIn != cows || m.Stage != "" {
			t.Errorf("the household that gets it: %+v", m)
		}
		sums, entries := w.sums()
		if sums.Total != 2*cows || sums.Given != cows || len(entries) != 4 {
			t.Errorf("%+v, %d entries", sums, len(entries))
		}
		var why []string
		for _, e := range entries {
			why = append(why, e.Why)
			if e.MadeBy != w.Admin.User || e.Day != "2026-03-02" {
				t.Errorf("%+v", e)
			}
		}
		if !slices.Equal(why, []string{"received", "allocated", "disbursed", "whole_household_away"}) {
			t.Errorf("%v", why)
		}
		hs, err := w.DB.Histories(t.Context(), w.Township)
		check(t, err)
		said := map[string]bool{}
		for _, h := range hs {
			said[h.Type+"."+h.Field+" "+h.Old+">"+h.New] = true
		}
		for _, want := range []string{"measure.given >1000000", "measure.given 1000000>", "measure.stage >stopped", "fund.free 2000000>500000"} {
			if !said[want] {
				t.Errorf("no history of %s", want)
			}
		}
		v, err := b.DB.Verify(t.Context(), verifyAll(w))
		check(t, err)
		for _, one := range v {
			if len(one.Findings) > 0 {
				t.Errorf("the audit finds %v", one.Findings)
			}
		}
	})
}

// TestRefusals: what may not move does not, and nothing is left behind by it.
func TestRefusals(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, 3)
		f := w.fund(3 * cows)
		old := f.Rev
		f = w.allocate(f, "township", 2*cows)
		f = w.allocate(f, "project:养牛", cows/2)
		a, to := w.measures[0], w.measures[1]
		paid, err := w.pay(f.ID, a, "township", cows)
		check(t, err)
		f = paid.Fund
		w.state(w.measures[2], func(m *measure.Measure) { m.State = "pending" })
		before, entries := w.sums()
		ctx, cadre := t.Context(), w.Cadres[0]
		other := begin(t, b, 1)
		foreign := other.fund(cows)
		odd := access.Actor{User: b.DB.NewID(), Role: access.Township, County: "999900", Township: other.Township}
		allocate := func(rev int64, account string, fen int64) func() error {
			return func() error {
				_, err := w.money.Allocate(ctx, w.Admin, f.ID, rev, account, ledger.Move{Fen: fen})
				return err
			}
		}
		pay := func(fund, id, account string, fen int64) func() error {
			return func() error { _, err := w.pay(fund, id, account, fen); return err }
		}
		move := func(to, account, why, reason string, fen int64) func() error {
			return func() error { _, err := w.move(f.ID, a, to, account, why, reason, fen); return err }
		}
		for name, c := range map[string]struct {
			do   func() error
			want fault.Code
		}{
			"more than the fund has":     {allocate(f.Rev, "township", cows/2+1), fault.Invalid},
			"an older revision":          {allocate(old, "township", 1), fault.Stale},
			"a village elsewhere":        {allocate(f.Rev, other.village(), 1), fault.Invalid},
			"no account":                 {allocate(f.Rev, "source", 1), fault.Invalid},
			"a nameless project":         {allocate(f.Rev, "project: ", 1), fault.Invalid},
			"nothing":                    {allocate(f.Rev, "township", 0), fault.Invalid},
			"less than nothing":          {allocate(f.Rev, "township", -1), fault.Invalid},
			"overspent":                  {pay(f.ID, to, "project:养牛", cows/2+1), fault.Invalid},
			"what was not set aside":     {pay(f.ID, to, w.village(), 1), fault.Invalid},
			"past the plan":              {pay(f.ID, a, "township", 1), fault.Invalid},
			"waits for review":           {pay(f.ID, w.measures[2], "township", 1), fault.WrongState},
			"another township's fund":    {pay(foreign.ID, to, "township", 1), fault.Invalid},
			"no reason code":             {move(to, "", "", "去外地了", 1), fault.Invalid},
			"no words":                   {move(to, "", ledger.WholeAway, " ", 1), fault.Invalid},
			"disbursed is no reason":     {move(to, "", ledger.Disbursed, "去外地了", 1), fault.Invalid},
			"to nobody":                  {move("", "", ledger.WholeAway, "去外地了", 1), fault.Invalid},
			"to two":                     {move(to, "township", ledger.WholeAway, "去外地了", 1), fault.Invalid},
			"to itself":                  {move(a, "", ledger.Correction, "记错", 1), fault.Invalid},
			"more than it got":           {move(to, "", ledger.WholeAway, "去外地了", cows+1), fault.Invalid},
			"to one that waits":          {move(w.measures[2], "", ledger.WholeAway, "去外地了", 1), fault.WrongState},
			"to another township":        {move(other.measures[0], "", ledger.WholeAway, "去外地了", 1), fault.Invalid},
			"stopped, which it is not":   {move("", "township", ledger.Ended, "停了", 1), fault.WrongState},
			"back to what was never set": {move("", w.village(), ledger.Correction, "记错", 1), fault.Invalid},
			"seen before": {func() error {
				_, err := w.money.Disburse(ctx, w.Admin, a, ledger.Payment{Rev: 1, Fund: f.ID, Account: "township", Move: ledger.Move{Fen: 1}})
				return err
			}, fault.Stale},
			"tomorrow": {func() error {
				_, err := w.money.Allocate(ctx, w.Admin, f.ID, f.Rev, "township", ledger.Move{Fen: 1, Day: "2026-03-03"})
				return err
			}, fault.Invalid},
			"no source": {func() error {
				_, err := w.money.Open(ctx, w.Admin, w.Township, ledger.New{Name: "x", Move: ledger.Move{Fen: 1}})
				return err
			}, fault.Invalid},
			"a cadre looks": {func() error { _, _, err := w.money.Entries(ctx, cadre, f.ID, 0, "", 9); return err }, fault.NotFound},
			"another township's T": {func() error {
				_, err := w.money.Allocate(ctx, odd, f.ID, f.Rev, "township", ledger.Move{Fen: 1})
				return err
			}, fault.NotFound},
			"another township's pays": {func() error {
				_, err := w.money.Disburse(ctx, odd, a, ledger.Payment{Rev: 2, Fund: foreign.ID, Account: "township", Move: ledger.Move{Fen: 1}})
				return err
			}, fault.NotFound},
		} {
			if err := c.do(); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		after, now := w.sums()
		if fmt.Sprint(after) != fmt.Sprint(before) || len(now) != len(entries) {
			t.Errorf("something moved: %+v, was %+v", after, before)
		}
		if _, err := w.move(f.ID, a, "", "township", ledger.Correction, "记错了户", cows); err != nil {
			t.Fatal(err)
		}
		if m := w.measure(a); m.Given != 0 || m.MovedOut != 0 || m.Stage != "" {
			t.Errorf("a correction: %+v", m)
		}
		w.sums()
	})
}

// state changes a measure past every rule.
func (w *world) state(id string, f func(m *measure.Measure)) {
	w.t.Helper()
	w.write(func(tx write.Tx) error {
		got, err := tx.Load(measure.Type, id)
		if err == nil {
			f(got[id].(*measure.Measure))
			tx.Put(measure.Type, got[id])
		}
		return err
	})
}

// TestOpeningTwiceMakesOneFund: the same id and words again answer with the
// fund that is there.
func TestOpeningTwiceMakesOneFund(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, 1)
		n := ledger.New{ID: b.DB.NewID(), Name: "产业资金", Source: "县财政", Year: 2026, Move: ledger.Move{Fen: 5}}
		for range 2 {
			if got, err := w.money.Open(t.Context(), w.Admin, w.Township, n); err != nil || got.Fund.ID != n.ID || got.Fund.Rev != 1 {
				t.Fatalf("%+v %v", got, err)
			}
		}
		n.Fen = 6
		if _, err := w.money.Open(t.Context(), w.Admin, w.Township, n); !fault.Is(err, fault.IDTaken) {
			t.Errorf("more money under the same id: %v", err)
		}
		if sums, entries := w.sums(); sums.Total != 5 || len(entries) != 1 {
			t.Errorf("%+v", sums)
		}
	})
}

// TestNobodyOverspends: twelve admins pay at once out of what is enough for
// five; exactly five households are paid.
func TestNobodyOverspends(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, 12)
		f := w.allocate(w.fund(6*cows), "township", 5*cows)
		var paid, refused atomic.Int64
		var all sync.WaitGroup
		for _, id := range w.measures {
			all.Go(func() {
				switch _, err := w.money.Disburse(context.WithoutCancel(t.Context()), w.Admin, id, ledger.Payment{Rev: 1, Fund: f.ID, Account: "township", Move: ledger.Move{Fen: cows}}); {
				case err == nil:
					paid.Add(1)
				case fault.Is(err, fault.Invalid):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		sums, _ := w.sums()
		if paid.Load() != 5 || refused.Load() != 7 || sums.Left != 0 || sums.Free != cows || sums.Given != 5*cows {
			t.Errorf("%d paid, %d refused, %+v", paid.Load(), refused.Load(), sums)
		}
	})
}

// TestSumsAlwaysEqual makes random movements, most of them possible, and adds
// everything up after each few of them.
func TestSumsAlwaysEqual(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	town.Each(t, func(t *testing.T, b *town.Base) {
		w, r := begin(t, b, 5), rand.New(rand.NewPCG(seed, 1))
		funds := []ledger.View{w.fund(3 * cows), w.fund(cows), w.fund(7)}
		accounts := []string{"township", w.village(), "project:养牛"}
		one := func(n int64) int64 { return 1 + r.Int64N(n) }
		pick := func() string { return w.measures[r.IntN(len(w.measures))] }
		type lies struct {
			fund    int
			measure string
		}
		var paid []lies
		total, done := int64(4*cows+7), map[string]int{}
		for step := range 120 {
			i, account := r.IntN(len(funds)), accounts[r.IntN(3)]
			f := funds[i]
			var got ledger.Moved
			var err error
			id, from := pick(), pick()
			what := []string{"allocate", "pay", "pay", "on", "back"}[r.IntN(5)]
			if n := len(paid); n > 0 && what != "allocate" && what != "pay" { // where there is something to move on
				at := paid[r.IntN(n)]
				i, from = at.fund, at.measure
				f = funds[i]
			}
			switch what {
			case "allocate":
				got, err = w.money.Allocate(t.Context(), w.Admin, f.ID, f.Rev, account, ledger.Move{Fen: one(max(1, f.Total/4))})
			case "pay":
				got, err = w.pay(f.ID, id, account, one(cows/5))
			case "on":
				got, err = w.move(f.ID, from, id, "", []string{ledger.WholeAway, ledger.Correction, ledger.Ended}[r.IntN(3)], "试", one(1000))
			case "back":
				got, err = w.move(f.ID, from, "", account, ledger.Correction, "试", one(1000))
			}
			switch {
			case err == nil:
				done[what]++
				funds[i] = got.Fund
				if what == "pay" {
					paid = append(paid, lies{i, id})
				}
			case !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.WrongState):
				t.Fatalf("seed %d, step %d, %s: %v", seed, step, what, err)
			}
			if step%10 == 9 {
				if sums, _ := w.sums(); sums.Total != total {
					t.Fatalf("seed %d, step %d: %+v", seed, step, sums)
				}
			}
		}
		if done["allocate"] == 0 || done["pay"] == 0 { // the rest needs luck
			t.Errorf("seed %d: only %v moved", seed, done)
		}
	})
}
