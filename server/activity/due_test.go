package activity_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// rhythm stands for the township's document.
type rhythm string

func (r rhythm) Current(context.Context, string, string) ([]byte, error) { return []byte(r), nil }

const monthly rhythm = `{"edition":1,"every":"month","count":1}`

// visit stores one visit.
func (d *desk) visit(house, day, state string) {
	d.t.Helper()
	_, err := d.DB.Write(d.t.Context(), write.Intent{Township: d.Township, Action: "sync", Households: []string{house}}, func(tx write.Tx) error {
		tx.Put(activity.VisitType, &activity.Visit{Meta: record.Meta{ID: tx.NewID(), Household: house, MadeBy: d.Cadres[0].User}, Day: day, State: state})
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestDueList(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Houses: 6}) // paired from 2026-01-01 on
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{tn, t}
		h := tn.Houses
		d.visit(h[0], "2026-03-31", "pending")
		d.visit(h[1], "2026-02-27", "approved")
		d.visit(h[2], "2026-03-01", "rejected")
		d.visit(h[2], "2026-01-15", "approved")
		d.visit(h[3], "2026-04-01", "pending") // after the window
		d.visit(h[4], "2026-02-27", "approved")
		if err := tn.Pair(t.Context(), h[4], nil); err != nil {
			t.Fatal(err)
		}
		l := &activity.DueList{Store: b.DB, Settings: monthly}
		ids := func(who string, all bool) (out []string) {
			t.Helper()
			due, from, to, err := l.List(t.Context(), tn.Township, who, "2026-03-15", all)
			if err != nil || from != "2026-03-01" || to != "2026-03-31" {
				t.Fatalf("%s to %s, %v", from, to, err)
			}
			for _, x := range due {
				out = append(out, x.Household)
			}
			return out
		}
		never := []string{h[3], h[5]}
		slices.Sort(never)
		if got, want := ids("", false), append(never, h[2], h[1]); !slices.Equal(got, want) {
			t.Errorf("missing %v, want %v", got, want)
		}
		if got, want := ids("", true), append(slices.Clone(never), h[2], h[1], h[0]); !slices.Equal(got, want) {
			t.Errorf("all %v, want %v", got, want)
		}
		// Cadre 2 holds the households with an odd index.
		if got, want := ids(tn.Cadres[1].User, false), append(slices.Clone(never), h[1]); !slices.Equal(got, want) {
			t.Errorf("of one cadre %v, want %v", got, want)
		}
		if _, _, _, err := l.List(t.Context(), tn.Township, "", "März", false); !fault.Is(err, fault.Invalid) {
			t.Errorf("a day that is none: %v", err)
		}
		if due, _, _, err := l.List(t.Context(), tn.Township, "", "2025-12-15", true); err != nil || len(due) != 0 {
			t.Errorf("before the pairings began: %v %v", due, err)
		}
	})
}

// TestDueListIsComputed: against a count of our own, for random visits.
func TestDueListIsComputed(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 1))
		tn, err := b.Add(t.Context(), town.Size{Cadres: 3, Houses: 12})
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{tn, t}
		type visit struct{ house, day, state string }
		var made []visit
		for range 60 {
			v := visit{tn.Houses[r.IntN(12)], fmt.Sprintf("2026-%02d-%02d", 1+r.IntN(6), 1+r.IntN(28)), []string{"pending", "approved", "returned", "rejected"}[r.IntN(4)]}
			d.visit(v.house, v.day, v.state)
			made = append(made, v)
		}
		l := &activity.DueList{Store: b.DB, Settings: rhythm(`{"edition":1,"every":"quarter","count":2}`)}
		due, from, to, err := l.List(t.Context(), tn.Township, "", "2026-05-01", true)
		if err != nil || len(due) != 12 {
			t.Fatalf("%d households, %v", len(due), err)
		}
		last := ""
		for _, x := range due {
			want := activity.Due{Household: x.Household, Want: 2}
			for _, v := range made {
				if v.house == x.Household && v.state != "rejected" && v.day <= to {
					if want.Last = max(want.Last, v.day); v.day >= from {
						want.Done++
					}
				}
			}
			if x != want || x.Last < last {
				t.Errorf("%+v, want %+v, after %s", x, want, last)
			}
			last = x.Last
		}
	})
}

// TestClosedHouseholdsAreNotDue: nor those of another township.
func TestClosedHouseholdsAreNotDue(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 2})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 3}); err != nil {
			t.Fatal(err)
		}
		_, err = b.DB.Write(t.Context(), write.Intent{Township: tn.Township, Action: "pair", Households: []string{tn.Houses[0], tn.Common}}, func(tx write.Tx) error {
			rows, err := tx.Of(pairing.Type, tn.Houses[0])
			if err != nil {
				return err
			}
			tx.Put(pairing.Type, pairing.Close(rows[0].(*pairing.Pairing), "2026-03-01", "销户"))
			return pairing.Materialise(tx, tn.Common, tn.Houses[0])
		})
		if err != nil {
			t.Fatal(err)
		}
		l := &activity.DueList{Store: b.DB, Settings: monthly}
		due, _, _, err := l.List(t.Context(), tn.Township, "", "2026-03-15", true)
		if err != nil || len(due) != 1 || due[0].Household != tn.Houses[1] {
			t.Errorf("%v %v", due, err)
		}
	})
}
