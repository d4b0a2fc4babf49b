package delta_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/registry"
	"daohu/server/servertest/town"
)

// dweller is a log-in of the first household.
func dweller(t *testing.T, b *town.Base, tn *town.Town) access.Actor {
	t.Helper()
	home := access.Actor{User: b.DB.NewID(), Role: access.Household, County: "999900", Township: tn.Township, Household: tn.Houses[0]}
	login(t, tn, home)
	return home
}

// TestRowsThatLieAnywhere: the problem ledger lies with households and with
// the pseudo-household alike; whole, changed, in parts and by digest every
// phone holds exactly what its role may see.
func TestRowsThatLieAnywhere(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 2})
		home := dweller(t, b, tn)
		c, other, v, h := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[1]), synced(t, b, tn.Workers[0]), synced(t, b, home)
		r := rand.New(rand.NewPCG(3, 3))
		for i := range 60 { // more than a page of 4 KB holds
			in := registry.House{Township: tn.Township}
			if i%3 == 0 {
				in.ID = tn.Houses[0]
			}
			_, err := b.Registry.Make(t.Context(), tn.Admin, casework.IssueType, in, "", fmt.Appendf(nil, `{"category":"other","subject":"问题%d","text":"%s"}`, i, words(r, 150)))
			check(t, err)
		}
		for _, p := range []*phone{c, other, v, h} {
			p.budget = 4096
			p.converged()
			p.digests = true
			p.converged()
			p.digests = false
		}
		for name, x := range map[string]struct {
			p           *phone
			common, own int
		}{"cadre": {c, 40, 20}, "other cadre": {other, 40, 0}, "village": {v, 40, 20}, "household": {h, 0, 0}} {
			if n := [2]int{len(x.p.ids(tn.Common, "issue")), len(x.p.ids(tn.Houses[0], "issue"))}; n != [2]int{x.common, x.own} {
				t.Errorf("%s holds %v issues, want %d and %d", name, n, x.common, x.own)
			}
		}
		if n := b.Delta.Stats().Healed.Load(); n != 0 {
			t.Errorf("%d households had to be healed", n)
		}
	})
}

// TestNeedOnPhones: a need goes round by its fields; what the server sets
// reaches the phone that wrote it in the same answer.
func TestNeedOnPhones(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 1})
		home := dweller(t, b, tn)
		house := tn.Houses[0]
		c, v, h := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0]), synced(t, b, home)
		id, said := b.DB.NewID(), b.DB.NewID()
		h.want(h.push("need", id, house, `{"text":"缺水"}`), "")
		if row := h.row(house, "need", id); row["due"] != "2026-03-09" || row["state"] != "open" {
			t.Errorf("the household's phone has %v", row)
		}
		h.want(h.push("complaint", said, house, `{"text":"三个月没来","kind":"投诉"}`), "")
		if row := h.row(house, "complaint", said); row["text"] != "三个月没来" || row["due"] == nil {
			t.Errorf("the household's phone has %v", row)
		}
		c.round()
		c.want(c.push("need", id, house, `{"answer":"明天来看","rating":"满意"}`), "forbidden")
		c.want(c.push("need", id, house, `{"answer":"明天来看"}`), "")
		if row := c.row(house, "need", id); row["answeredBy"] != tn.Cadres[0].User || row["state"] != "answered" {
			t.Errorf("the cadre's phone has %v", row)
		}
		h.round()
		h.want(h.push("need", id, house, `{"rating":"满意"}`), "")
		for _, p := range []*phone{c, v, h} {
			p.converged()
		}
		for name, p := range map[string]*phone{"cadre": c, "village": v} {
			if p.row(house, "need", id)["rating"] != "满意" {
				t.Errorf("%s does not see the rating", name)
			}
			if strings.Contains(fmt.Sprint(p.rows), "complaint") || strings.Contains(fmt.Sprint(p.rows), said) {
				t.Errorf("%s holds the complaint", name)
			}
		}
	})
}
