package pairing_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// people are the cadres a service knows, by login.
type people map[string]pairing.Helper

// errBroken is a failure that is not "no such cadre".
var errBroken = fault.New(fault.Unavailable, "")

func (p people) Helper(_ context.Context, county, login string) (pairing.Helper, error) {
	if login == "broken" {
		return pairing.Helper{}, errBroken
	}
	h, ok := p[county+"/"+login]
	if !ok {
		return h, fault.New(fault.NotFound, "")
	}
	return h, nil
}

type world struct {
	*town.Town
	t *testing.T
	s *pairing.Service
}

func begin(t *testing.T, b *town.Base, size town.Size) *world {
	t.Helper()
	tn, err := b.Add(t.Context(), size)
	check(t, err)
	known := people{}
	w := &world{tn, t, &pairing.Service{Writer: b.DB, People: known, Common: b.DB.Common, Store: b.DB, Sealer: b.Box, Review: b.Workflow, Now: b.Now}}
	for i, c := range tn.Cadres {
		phone, err := b.Box.Seal(fmt.Sprintf("1990000%04d", 100+i))
		check(t, err)
		known["999900/"+w.login(i)] = pairing.Helper{User: c.User, Name: c.Name, Unit: "镇农业站", Phone: phone}
		check(t, b.DB.Accounts().AddUser(t.Context(), account.User{ID: c.User, Version: 1, Login: w.login(i), Name: c.Name, Role: access.Cadre, County: "999900", Township: tn.Township, Unit: "镇农业站", Rank: "一般", Tier: "township", Phone: phone}))
	}
	// A household that has left poverty may be let go.
	w.change(func(h *household.Household) { h.Exit, h.ExitYear = "已脱贫", 2025 }, w.Houses...)
	return w
}

// login is that of a cadre: c-1, c-2, ... in the first town of a base.
func (w *world) login(cadre int) string {
	if n := w.Township[4:]; n != "00001" {
		return fmt.Sprintf("c-%s-%d", n, cadre+1)
	}
	return fmt.Sprintf("c-%d", cadre+1)
}

// change writes fields of households that only the server sets.
func (w *world) change(f func(h *household.Household), houses ...string) {
	w.t.Helper()
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Action: "test", Households: houses}, func(tx write.Tx) error {
		got, err := tx.Load(household.HouseholdType, houses...)
		for _, r := range got {
			h := *r.(*household.Household)
			f(&h)
			tx.Put(household.HouseholdType, &h)
		}
		return err
	})
	check(w.t, err)
}

func (w *world) pair(house int, cadre, day, reason string) (*pairing.Pairing, error) {
	return w.s.Pair(w.t.Context(), w.Admin, w.Township, w.Houses[house], cadre, day, reason)
}

// rows are the pairings of a household, oldest first, as "cadre from-to reason".
func (w *world) rows(house int) []string {
	w.t.Helper()
	var out []string
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Households: []string{w.Houses[house]}}, func(tx write.Tx) error {
		out = nil
		rs, err := tx.Of(pairing.Type, w.Houses[house])
		for _, r := range rs {
			p := r.(*pairing.Pairing)
			out = append(out, p.From+" "+p.Name+" "+p.To+" "+p.Reason)
		}
		return err
	})
	check(w.t, err)
	slices.Sort(out)
	return out
}

// holds says who holds a household now, and who the common one.
func (w *world) holds(user string) (houses []int, common bool) {
	w.t.Helper()
	for i, h := range w.Houses {
		tw, err := w.DB.Held(w.t.Context(), user, h)
		check(w.t, err)
		if tw == w.Township {
			houses = append(houses, i)
		}
	}
	tw, err := w.DB.Held(w.t.Context(), user, w.Common)
	check(w.t, err)
	return houses, tw != ""
}

func (w *world) want(cadre int, common bool, houses ...int) {
	w.t.Helper()
	got, c := w.holds(w.Cadres[cadre].User)
	if !slices.Equal(got, houses) || c != common {
		w.t.Errorf("cadre %d holds %v, common %v; want %v, %v", cadre+1, got, c, houses, common)
	}
}

func TestHandOver(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 3, Houses: 4}) // cadre 1: 0 and 3, cadre 2: 1, cadre 3: 2
		w.want(0, true, 0, 3)
		out, err := w.pair(0, "c-2", "2026-03-02", "调动")
		check(t, err)
		if out.Cadre != w.Cadres[1].User || out.From != "2026-03-02" || out.To != "" || out.Unit != "镇农业站" || out.MadeBy != w.Admin.User {
			t.Errorf("%+v", out)
		}
		if plain, err := b.Box.Open(out.Phone); err != nil || plain != "19900000101" {
			t.Errorf("telephone: %q %v", plain, err)
		}
		if got, want := w.rows(0), []string{"2026-01-01 干部1 2026-03-02 调动", "2026-03-02 干部2  "}; !slices.Equal(got, want) {
			t.Errorf("rows %q, want %q", got, want)
		}
		w.want(0, true, 3)
		w.want(1, true, 0, 1)

		// The same again changes nothing, not even with another day.
		before, err := b.DB.Space(t.Context(), w.Township)
		check(t, err)
		again, err := w.pair(0, "c-2", "2026-02-01", "")
		check(t, err)
		after, err := b.DB.Space(t.Context(), w.Township)
		if err != nil || again.ID != out.ID || after.Seq != before.Seq || len(w.rows(0)) != 2 {
			t.Errorf("%+v, seq %d then %d, %v", again, before.Seq, after.Seq, err)
		}

		// With the last household everything in the township goes.
		_, err = w.pair(3, "c-3", "2026-03-03", "")
		check(t, err)
		w.want(0, false)
		if tws, err := b.DB.HeldTownships(t.Context(), w.Cadres[0].User); err != nil || len(tws) != 0 {
			t.Errorf("still in %v %v", tws, err)
		}
		// And comes back with the next.
		_, err = w.pair(1, "c-1", "2026-03-03", "")
		check(t, err)
		w.want(0, true, 1)
		w.want(1, true, 0)
		w.want(2, true, 2, 3)
	})
}

func TestPairingEnds(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 1})
		out, err := w.pair(0, "", "2026-03-02", "脱贫")
		check(t, err)
		if out != nil {
			t.Errorf("ended, but %+v", out)
		}
		if got := w.rows(0); !slices.Equal(got, []string{"2026-01-01 干部1 2026-03-02 脱贫"}) {
			t.Errorf("%q", got)
		}
		w.want(0, false)
		if houses, common := w.holds(w.Workers[0].User); len(houses) != 1 || !common {
			t.Errorf("the village worker lost %v, %v", houses, common)
		}
		if _, err = w.pair(0, "", "2026-03-05", ""); err != nil || len(w.rows(0)) != 1 {
			t.Errorf("ending nothing: %v %q", err, w.rows(0))
		}
		_, err = w.pair(0, "c-1", "2026-03-02", "") // the same day, the same cadre: a new pairing
		check(t, err)
		w.want(0, true, 0)
	})
}

func TestPairRefuses(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 2, Houses: 2})
		w.Admin.County = "999900"
		w.change(func(h *household.Household) { h.Exit = "未脱贫" }, w.Houses[0])
		before := w.rows(0)
		for _, c := range []struct {
			name, cadre, day, reason string
			code                     fault.Code
		}{
			{"before the running one began", "c-2", "2025-12-31", "", fault.Invalid},
			{"ended before it began", "", "2025-12-31", "", fault.Invalid},
			{"no day", "c-2", "", "", fault.Invalid},
			{"not a day", "c-2", "2026-02-30", "", fault.Invalid},
			{"a slip in the year", "c-2", "2062-03-02", "", fault.Invalid},
			{"a long reason", "c-2", "2026-03-02", strings.Repeat("长", 201), fault.Invalid},
			{"before the household has left poverty", "", "2026-03-02", "", fault.WrongState},
			{"unknown cadre", "c-9", "2026-03-02", "", fault.Invalid},
			{"the accounts cannot be read", "broken", "2026-03-02", "", fault.Unavailable},
		} {
			if out, err := w.pair(0, c.cadre, c.day, c.reason); !fault.Is(err, c.code) {
				t.Errorf("%s: %+v %v", c.name, out, err)
			}
		}
		foreign := access.Actor{User: "admin0000009", Role: access.Township, County: "999800", Township: w.Township}
		if _, err := w.s.Pair(t.Context(), foreign, w.Township, w.Houses[0], "c-2", "2026-03-02", ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("a cadre of another county: %v", err)
		}
		for _, id := range []string{w.Common, b.DB.NewID()} {
			if _, err := w.s.Pair(t.Context(), w.Admin, w.Township, id, "c-2", "2026-03-02", ""); !fault.Is(err, fault.NotFound) {
				t.Errorf("not a household: %v", err)
			}
		}
		if _, err := w.s.Pair(t.Context(), w.Admin, "999999999", w.Houses[0], "c-2", "2026-03-02", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("no such township: %v", err)
		}
		if got := w.rows(0); !slices.Equal(got, before) {
			t.Errorf("refused, but now %q", got)
		}
		w.want(0, true, 0)
		w.want(1, true, 1)
	})
}

// TestSourcesStayApart: what a village worker holds by the village does not
// go with a pairing, nor the other way round; the common household stays as
// long as anything does.
func TestSourcesStayApart(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 3})
		assign := func(role, source, who string, houses ...string) {
			t.Helper()
			_, err := b.DB.Write(t.Context(), write.Intent{Township: w.Township, Households: append([]string{w.Common}, w.Houses...)}, func(tx write.Tx) error {
				return pairing.Assign(tx, w.Common, role, source, map[string][]string{who: houses})
			})
			check(t, err)
		}
		cadre := w.Cadres[0].User
		assign("V", pairing.SourceVillage, cadre, w.Houses[0], w.Houses[1])
		_, err := w.pair(0, "", "2026-03-02", "")
		check(t, err)
		w.want(0, true, 0, 1, 2) // 0 by the village, 1 by both, 2 by pairing
		assign("V", pairing.SourceVillage, cadre, w.Houses[1])
		w.want(0, true, 1, 2)
		assign("V", pairing.SourceVillage, cadre)
		w.want(0, true, 1, 2)
		for i := 1; i < 3; i++ {
			_, err := w.pair(i, "", "2026-03-02", "")
			check(t, err)
		}
		w.want(0, false)
	})
}
