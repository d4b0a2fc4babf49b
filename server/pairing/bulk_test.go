package pairing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/servertest/town"
)

func (w *world) bulk(dry bool, rows ...pairing.BulkRow) (*pairing.BulkResult, error) {
	return w.s.Bulk(w.t.Context(), w.Admin, w.Township, pairing.Bulk{Rows: rows, Reason: "重新分工", Dry: dry})
}

// TestBulk: what is new, moved and the same, by id and by 户编号, in one
// transaction.
func TestBulk(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 2, Houses: 4}) // cadre 1: 0 2
		_, err := w.pair(3, "", "2026-03-02", "")
		check(t, err)
		rows := []pairing.BulkRow{{Household: "H00001", Cadre: "c-2", Day: "2026-03-02"}, {Household: w.Houses[1], Cadre: "c-2", Day: "2026-03-01"}, {Household: "H00004", Cadre: "c-1", Day: "2026-03-02"}}
		before := w.seq()
		for _, dry := range []bool{true, false} {
			got, err := w.bulk(dry, rows...)
			check(t, err)
			if got.Done == dry || got.Moved != 1 || got.New != 1 || got.Same != 1 || got.Rows[0].State != "moved" || !slices.Equal(got.Rows[0].Was, []string{"干部1"}) || got.Rows[1].State != "same" || got.Rows[2].State != "new" || got.Rows[2].Household != w.Houses[3] {
				t.Errorf("dry %v: %+v", dry, got)
			}
			if want := before + map[bool]int64{true: 0, false: 1}[dry]; w.seq() != want {
				t.Errorf("dry %v: seq %d, want %d", dry, w.seq(), want)
			}
		}
		w.want(0, true, 2, 3)
		w.want(1, true, 0, 1)
		if got := w.rows(0); !slices.Equal(got, []string{"2026-01-01 干部1 2026-03-02 重新分工", "2026-03-02 干部2  "}) {
			t.Errorf("%q", got)
		}
	})
}

// TestBulkNamesEveryFault: rows and fields, and nothing of the list happens.
func TestBulkNamesEveryFault(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 2, Houses: 4})
		before := w.seq()
		row := func(h, cadre, day string) pairing.BulkRow {
			return pairing.BulkRow{Household: h, Cadre: cadre, Day: day}
		}
		good := row("H00001", "c-2", "2026-03-02")
		_, err := w.bulk(false, good, row("H00009", "c-2", "2026-03-02"), row("H00002", "c-1", "2025-12-31"), good)
		if got := fields(err); !fault.Is(err, fault.Invalid) || strings.Contains(got, "rows[0]") || !strings.Contains(got, "rows[1].household/not-allowed=没有这一户") ||
			!strings.Contains(got, "rows[2].day/range=户 H00002：日期早于") || !strings.Contains(got, "rows[3].household/not-allowed=户 H00001：这一户写了两次。") {
			t.Errorf("%s", got)
		}
		_, err = w.bulk(true, good, row("H00002", "c-8", "2026-03-02"), row("H00003", "c-2", "yesterday"), row("H00004", "c-8", "2026-03-02"))
		if got := fields(err); strings.Contains(got, "rows[0]") || !strings.Contains(got, "rows[1].cadre/not-allowed") || !strings.Contains(got, "rows[2].day/format") || !strings.Contains(got, "rows[3].cadre/not-allowed") {
			t.Errorf("%s", got)
		}
		if _, err = w.bulk(false, good, row("H00002", "", "2026-03-02")); !strings.Contains(fields(err), "rows[1].cadre/required") { // would only end
			t.Errorf("%s", fields(err))
		}
		if w.seq() != before {
			t.Error("something was written")
		}
	})
}

// TestBulkOfATownship: the largest list the route takes.
func TestBulkOfATownship(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 10, Houses: 2000})
		var rows []pairing.BulkRow
		for i, h := range w.Houses {
			rows = append(rows, pairing.BulkRow{Household: h, Cadre: w.login((i + 1) % 10), Day: "2026-03-02"})
		}
		before, began := w.seq(), time.Now()
		got, err := w.bulk(false, rows...)
		check(t, err)
		took := time.Since(began)
		if got.Moved != 2000 || w.seq() != before+1 {
			t.Errorf("%d moved in %d transactions", got.Moved, w.seq()-before)
		}
		for c := range w.Cadres {
			held, err := b.DB.Loads(t.Context(), []string{w.Township})
			check(t, err)
			if i := slices.IndexFunc(held, func(l pairing.Load) bool { return l.Cadre == w.Cadres[c].User }); i < 0 || held[i].N != 200 {
				t.Errorf("cadre %d: %v", c+1, held)
			}
		}
		if tw, err := b.DB.Held(t.Context(), w.Cadres[1].User, w.Houses[0]); err != nil || tw == "" {
			t.Errorf("not held: %v", err)
		}
		t.Logf("2000 pairings moved in %v (target 5 s)", took.Round(time.Millisecond))
		if took > 15*time.Second {
			t.Errorf("2000 pairings took %v: three times the target", took)
		}
	})
}

// TestWhoWasPairedOnADay: a pairing holds from its day until the day the next
// begins.
func TestWhoWasPairedOnADay(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 2, Houses: 3}) // cadre 1: 0 2
		_, err := w.pair(0, "c-2", "2026-02-10", "")
		check(t, err)
		_, err = w.pair(0, "c-1", "2026-02-20", "")
		check(t, err)
		list := func(cadre, on, after string, limit int) ([]string, string) {
			t.Helper()
			rows, next, err := w.s.List(t.Context(), w.Admin, w.Township, cadre, on, after, limit)
			check(t, err)
			var out []string
			for _, raw := range rows {
				for i, h := range w.Houses {
					if strings.Contains(string(raw), h) {
						out = append(out, fmt.Sprint(i))
					}
				}
			}
			slices.Sort(out)
			return out, next
		}
		for _, c := range []struct {
			cadre, on string
			want      []string
		}{
			{"c-1", "2025-12-31", nil}, {"c-1", "2026-01-01", []string{"0", "2"}}, {"c-1", "2026-02-09", []string{"0", "2"}}, {"c-1", "2026-02-10", []string{"2"}}, {"c-2", "2026-02-10", []string{"0", "1"}},
			{"c-2", "2026-02-20", []string{"1"}}, {"c-1", "2026-02-20", []string{"0", "2"}}, {"", "2026-02-15", []string{"0", "1", "2"}}, {"c-1", "", []string{"0", "0", "2"}},
		} {
			if got, next := list(c.cadre, c.on, "", 10); !slices.Equal(got, c.want) || next != "" {
				t.Errorf("%s on %s: %v, want %v", c.cadre, c.on, got, c.want)
			}
		}
		var all []string
		for next := ""; ; {
			got, n := list("", "", next, 2)
			if all, next = append(all, got...), n; n == "" {
				break
			}
		}
		if slices.Sort(all); !slices.Equal(all, []string{"0", "0", "0", "1", "2"}) {
			t.Errorf("page by page: %v", all)
		}
		for _, bad := range [][2]string{{"c-1", "2026-02-30"}, {"nobody", ""}} {
			if _, _, err := w.s.List(t.Context(), w.Admin, w.Township, bad[0], bad[1], "", 10); !fault.Is(err, fault.Invalid) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		// A household's own history, newest first; the auditor sees no telephone.
		for role, phone := range map[access.Role]bool{access.Township: true, access.Auditor: false} {
			a := w.Admin
			a.Role = role
			rows, err := w.s.Of(t.Context(), a, w.Township, w.Houses[0])
			check(t, err)
			var from []string
			for _, raw := range rows {
				_, rest, _ := strings.Cut(string(raw), `"from":"`)
				from = append(from, rest[:10])
			}
			if !slices.Equal(from, []string{"2026-02-20", "2026-02-10", "2026-01-01"}) || strings.Contains(string(rows[0]), `"19900000100"`) != phone {
				t.Errorf("%s: %s", role, rows)
			}
		}
	})
}

// TestReports: cadres beside the table and households without, by township.
func TestReports(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w, far := begin(t, b, town.Size{Cadres: 4, Houses: 8}), begin(t, b, town.Size{Cadres: 1, Houses: 1}) // cadre 1: 0 4, 2: 1 5, 3: 2 6, 4: 3 7
		w.change(func(h *household.Household) { h.Exit, h.PlanYear = "未脱贫", 2026 }, w.Houses[0], w.Houses[1], w.Houses[2])
		for cadre, rank := range []string{"副科", "", "厅级"} {
			w.account(cadre, func(u *account.User) { u.Rank = rank })
		}
		// Cadre 1 has a third household in the other township: over.
		other := w.s.People.(people)["999900/c-1"]
		far.s.People.(people)["999900/c-1"] = other
		_, err := far.pair(0, "c-1", "2026-03-02", "")
		check(t, err)
		w.disable(3)
		w.addPairing(5, 0)                                                  // and a fourth: household 5 has two
		_, err = w.s.Bulk(t.Context(), w.Admin, w.Township, pairing.Bulk{}) // an empty list is no failure
		check(t, err)
		w.s.Books = books{w.Township: strings.Replace(string(pairing.BuiltinQuota()), "after-exit", "any", 1)}
		_, err = w.pair(1, "", "2026-03-02", "")
		check(t, err)

		quotas, err := w.s.Quotas(t.Context(), w.Admin, "")
		check(t, err)
		q := quotas[0]
		if len(quotas) != 1 || q.Township != w.Township || q.Cadres != 3 || q.Over != 1 || q.NoRank != 1 || q.OtherRank != 1 || q.Met+q.Under != 0 || q.Edition != "sample-54321" {
			t.Errorf("%+v", q)
		}
		if len(q.Rows) != 3 || q.Rows[0].Login != "c-1" || q.Rows[0].Here != 3 || q.Rows[0].All != 4 || q.Rows[0].Words != "副科应结对 2 户，现在 4 户。" || q.Rows[1].Words != "没有填职级，没法比。" || q.Rows[2].Finding != pairing.OtherRank {
			t.Errorf("%+v", q.Rows)
		}
		gaps, err := w.s.Gaps(t.Context(), w.Admin, "")
		check(t, err)
		g := gaps[0]
		if g.Year != 2026 || g.Must != (pairing.Tally{Households: 3, People: 3}) || g.Paired.Households != 2 || g.Unpaired.Households != 1 || g.Twice != 1 || g.Lost != 2 {
			t.Errorf("%+v", g)
		}
		if len(g.UnpairedRows) != 1 || g.UnpairedRows[0].Code != "H00002" || g.TwiceRows[0].Code != "H00006" || g.TwiceRows[0].Pairings != 2 || g.LostRows[0].Code != "H00004" || g.LostRows[1].Code != "H00008" || g.LostRows[0].Login != "c-4" {
			t.Errorf("%+v %+v %+v", g.UnpairedRows, g.TwiceRows, g.LostRows)
		}

		// The county sees the numbers of both, and no names.
		county := access.Actor{User: "county000001", Role: access.County, County: "999900"}
		quotas, err = w.s.Quotas(t.Context(), county, "")
		check(t, err)
		gaps, err = w.s.Gaps(t.Context(), county, "")
		check(t, err)
		if len(quotas) != 2 || len(gaps) != 2 || quotas[0].Over != 1 || quotas[1].Cadres != 2 || gaps[0].Lost != 2 || gaps[1].Must.Households != 0 {
			t.Errorf("%+v %+v", quotas, gaps)
		}
		if text := fmt.Sprint(quotas, gaps); strings.Contains(text, "c-1") || strings.Contains(text, "干部") || strings.Contains(text, "户主") {
			t.Errorf("names for the county: %s", text)
		}
		if one, err := w.s.Quotas(t.Context(), county, far.Township); err != nil || len(one) != 1 || one[0].Township != far.Township {
			t.Errorf("%+v %v", one, err)
		}
		for _, c := range []struct {
			who  access.Actor
			town string
		}{{w.Admin, far.Township}, {county, "999999999"}, {w.Cadres[0], ""}, {access.Actor{User: "county000002", Role: access.County, County: "999800"}, w.Township}, {access.Actor{}, ""}} {
			_, err1 := w.s.Quotas(t.Context(), c.who, c.town)
			_, err2 := w.s.Gaps(t.Context(), c.who, c.town)
			if !fault.Is(err1, fault.NotFound) || !fault.Is(err2, fault.NotFound) {
				t.Errorf("%+v %s: %v %v", c.who, c.town, err1, err2)
			}
		}
	})
}

// TestOwnRules: a township's own document decides there, and only there.
func TestOwnRules(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 2, Houses: 2})
		w.change(func(h *household.Household) { h.Exit = "预脱贫" }, w.Houses...)
		if _, err := w.pair(0, "", "2026-03-02", ""); !fault.Is(err, fault.WrongState) || !strings.Contains(fields(err), "wrong-state") {
			t.Errorf("let go before it left poverty: %v", err)
		}
		if _, err := w.pair(0, "c-2", "2026-03-02", ""); err != nil {
			t.Errorf("with a successor: %v", err)
		}
		own := strings.NewReplacer("after-exit", "any", "this-year", "not-exited", `"sample-54321"`, `"ours-1"`).Replace(string(pairing.BuiltinQuota()))
		w.s.Books = books{w.Township: own}
		if _, err := w.pair(0, "", "2026-03-02", ""); err != nil {
			t.Errorf("by own rules: %v", err)
		}
		gaps, err := w.s.Gaps(t.Context(), w.Admin, "")
		check(t, err)
		if gaps[0].Must.Households != 2 || gaps[0].Unpaired.Households != 1 {
			t.Errorf("%+v", gaps)
		}
		if q, err := w.s.Quota(t.Context(), w.Township); err != nil || q.Edition != "ours-1" {
			t.Errorf("%+v %v", q, err)
		}
		if q, err := w.s.Quota(t.Context(), "999900009"); err != nil || q.Edition != "sample-54321" {
			t.Errorf("another township: %+v %v", q, err)
		}
		w.s.Books = books{w.Township: `{"edition":"broken"}`}
		if _, err := w.pair(1, "c-2", "2026-03-02", ""); err == nil {
			t.Error("paired by a document that cannot be read")
		}
	})
}
