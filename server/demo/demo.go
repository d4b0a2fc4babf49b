// Package demo makes the demonstration data: two invented townships of one
// invented county, the first with exactly the figures of the township plan
// (product.md rows 1 to 3, 8, 9 and 13), clean by the rules of domain.md B.5.
//
// Nobody in it exists: names are put together at random, ID numbers begin with
// 999999, and so do bank accounts; telephones begin with 199 0000.
package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"daohu/server/roster"
)

// gen is the state of one run. Everything drawn comes from r, in one order:
// the same seed and day give the same books.
type gen struct {
	r           *rand.Rand
	today       time.Time
	numbers     map[string]bool // first 17 characters of the ID numbers given
	workerNames map[string]bool
	phones      int
	accounts    int
}

// Townships returns the demo township and the second one, whose cadre
// SharedCadre works in both. Years and ages follow from today, of which only
// the date counts: this year's households are planned for today's year, the
// four exit cohorts are of the four years before, and each paired household
// has a visit in every one of the eleven months before the running one.
func Townships(seed uint64, today time.Time) []*roster.Book {
	y, m, d := today.Date()
	const stream = 0x6461_6f68_75 // "daohu": PCG wants a second word
	g := &gen{r: rand.New(rand.NewPCG(seed, stream)), today: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), numbers: map[string]bool{}, workerNames: map[string]bool{}}
	first := g.first()
	return []*roster.Book{first, g.second(first)}
}

// first: 25 county and 132 township cadres, two or three households each.
func (g *gen) first() *roster.Book {
	list := villages()
	b := &roster.Book{Areas: g.areas(Township, townshipName, list)}
	homes := g.settle(b, Township, townshipName, list, planCohorts())
	cadres := g.cadres(1, 157, 25, townshipName)
	b.Pairings = g.pair(homes, logins(cadres), g.shares(len(cadres), 373))
	b.Cadres = append(cadres, g.workers(1, list)...)
	b.Visits = g.visits(b.Pairings)
	b.Measures = g.measures(homes)
	b.Settle()
	return b
}

// second: eight cadres of its own and the shared one, who has three of the 22
// households planned for this year.
func (g *gen) second(first *roster.Book) *roster.Book {
	list := secondVillages()
	b := &roster.Book{Areas: g.areas(SecondTownship, secondName, list)}
	homes := g.settle(b, SecondTownship, secondName, list, secondCohorts())
	cadres := g.cadres(201, 8, 2, secondName)
	for _, c := range first.Cadres {
		if c.Login == SharedCadre {
			cadres = append(cadres, c)
		}
	}
	b.Pairings = g.pair(homes, logins(cadres), append(g.shares(8, 19), 3))
	b.Cadres = append(cadres, g.workers(51, list)...)
	b.Visits = g.visits(b.Pairings)
	b.Settle()
	return b
}

// settle makes the households, gives codes and puts them into b.
func (g *gen) settle(b *roster.Book, township, name string, list []place, cohorts []cohort) []home {
	homes := g.homes(list, cohorts)
	for i := range homes {
		h := &homes[i]
		code := fmt.Sprintf("%s%05d", township, i+1)
		h.row.Rec.Code = code
		h.row.Rec.Address = fmt.Sprintf("%s%s%s%s%d号", countyName, name, list[h.village].name, h.row.Group, i+1)
		b.Households = append(b.Households, h.row)
		for j := range h.members {
			h.members[j].House = code
			h.members[j].Rec.Code = fmt.Sprintf("%s%02d", code, j+1)
		}
		b.Members = append(b.Members, h.members...)
	}
	return homes
}

func logins(cadres []roster.CadreRow) []string {
	out := make([]string, len(cadres))
	for i, c := range cadres {
		out[i] = c.Login
	}
	return out
}

// phone gives 199 0000 0000 to 199 0000 9999 in turn, and begins again when
// they are used up: two old neighbours may well share a telephone.
func (g *gen) phone() string {
	g.phones++
	return fmt.Sprintf("1990000%04d", g.phones%10_000)
}
