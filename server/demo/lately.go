package demo

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"daohu/server/activity"
	"daohu/server/form"
	"daohu/server/roster"
)

// Work is what the phone of one cadre sends when the demo has been built:
// papers answered in the last weeks, and perhaps a visit of today.
type Work struct {
	Login   string
	Quizzes []Quiz
	Visits  []Fresh
}

// Quiz is one household's answers. Each of Answers is [item key, answer].
type Quiz struct {
	House   string // 户编号
	Day     string
	Answers [][]any
}

// Fresh is a visit of today, written Minutes ago; it waits for the township.
type Fresh struct {
	House   string // 户编号
	Minutes int
	Visit   activity.Visit
}

const (
	// quizDays is how far back papers were answered: the figures are of whole
	// months, and the running one alone may have just begun.
	quizDays = 75
	// firstOut is the first cadre that is out today, counted from 0: whoever tries
	// the accounts before finds nothing done yet.
	firstOut = 20
	// Waiting is how many visits the township leaves undecided.
	Waiting = 24
)

// unaware is how many households in a hundred do not know a topic. Three
// topics reach the target of 95 %, one does not: both states can be seen.
var unaware = map[string]int{"health": 1, "education": 1, "housing": 2, "job": 6}

// Lately is the work of the first township's cadres, by login: every paired
// household answers the paper once, and most cadres visit one household each.
// The last one sends the visit twice, as happens.
func Lately(b *roster.Book, paper *form.Paper, seed uint64, today time.Time) []Work {
	const stream = 0x6c61_7465_6c79 // "lately"
	y, m, d := today.Date()
	g := &gen{r: rand.New(rand.NewPCG(seed, stream)), today: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
	village, houses := map[string]string{}, map[string][]string{}
	for _, h := range b.Households {
		village[h.Rec.Code] = h.Rec.Village
	}
	for _, p := range b.Pairings {
		if p.To == "" {
			houses[p.Cadre] = append(houses[p.Cadre], p.House)
		}
	}
	var out []Work
	for _, login := range slices.Sorted(maps.Keys(houses)) {
		w := Work{Login: login}
		for _, h := range houses[login] {
			w.Quizzes = append(w.Quizzes, Quiz{House: h, Day: g.today.AddDate(0, 0, -g.r.IntN(quizDays)).Format(time.DateOnly), Answers: g.answers(paper)})
		}
		out = append(out, w)
	}
	for i := firstOut; i < len(out); i++ {
		w := &out[i]
		h := houses[w.Login][0]
		w.Visits = append(w.Visits, g.fresh(h, village[h]))
		if i == len(out)-1 {
			again := w.Visits[0]
			again.Minutes--
			w.Visits = append(w.Visits, again)
		}
	}
	return out
}

// fresh is a visit with check-in, and a place near the village's middle; one
// in six has none, as where no satellite is heard.
func (g *gen) fresh(house, village string) Fresh {
	v := activity.Visit{Day: g.today.Format(time.DateOnly), Stage: 4, Text: g.words(4)}
	if g.r.IntN(6) > 0 {
		lat, lng := middle(village)
		near := func() int64 { return int64(g.r.IntN(8000)) - 4000 } // some 400 m
		v.Lat, v.Lng, v.Accuracy, v.Coord = lat+near(), lng+near(), int64(10+g.r.IntN(60)), "gcj02"
	}
	return Fresh{House: house, Minutes: 2 + g.r.IntN(6), Visit: v}
}

// middle lays the villages out on a crooked grid of some 3 km, in
// micro-degrees. No real village is meant.
func middle(village string) (lat, lng int64) {
	var no int64
	if len(village) > 2 {
		_, _ = fmt.Sscanf(village[len(village)-2:], "%d", &no) // 0 = the corner
	}
	return 26_870_000 + 27_000*(no/4) + 5000*(no%3), 104_290_000 + 30_000*(no%4) + 4000*(no%5)
}

// answers fills the paper in. Who does not know a topic misses its first item.
func (g *gen) answers(p *form.Paper) (out [][]any) {
	missed := map[string]bool{}
	for _, t := range p.Topics {
		missed[t.Key] = g.r.IntN(100) < unaware[t.Key]
	}
	for _, it := range p.Items {
		if len(it.Answer) == 0 {
			continue
		}
		a := it.Answer
		if missed[it.Topic] {
			a, missed[it.Topic] = wrong(it), false
		}
		out = append(out, []any{it.Key, a})
	}
	return out
}

// wrong is another answer than the right one.
func wrong(it form.Item) json.RawMessage {
	for _, o := range it.Options {
		if raw, err := json.Marshal(o.Key); err == nil && string(raw) != string(it.Answer) {
			if it.Kind == form.Multiple {
				return json.RawMessage("[" + string(raw) + "]")
			}
			return raw
		}
	}
	if string(it.Answer) == `"yes"` {
		return json.RawMessage(`"no"`)
	}
	return json.RawMessage(`"yes"`)
}
