package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"daohu/server/roster"
)

// Change is one member who came or left during the last year, as somebody who
// holds the household would propose it.
type Change struct {
	House  string            // 户编号
	Author string            // 工号: the household's cadre, else the village worker
	Member string            // 人编号 of who left; "" = somebody came
	Left   string            // why
	Day    string            // first day the person counts, or no longer counts
	Came   *roster.MemberRow // who came, with number and 人编号; nil = somebody left
}

// The changes of the plan: 334 people in 286 households (product.md row 6). As
// many come as leave in each cohort, so that the plan's other figures hold
// before and after. That fixes the rest: households where one comes and one
// leaves, and pairs of households in one of which somebody comes and in the
// other somebody leaves.
const (
	changedPeople = 334
	changedHouses = 286
	comeAndGo     = changedPeople - changedHouses // households with both
)

// Changes draws the plan's member changes for the first township's book, by
// cohort and 户编号. Nobody who leaves is the head, the reason for a cause, or
// the last who can work: the book stays clean with each of them.
func Changes(b *roster.Book, seed uint64, today time.Time) ([]Change, error) {
	y, m, d := today.Date()
	const stream = 0x6368_616e_6765 // "change"
	c := &changer{gen: &gen{r: rand.New(rand.NewPCG(seed, stream)), today: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), numbers: map[string]bool{}},
		members: map[string][]roster.MemberRow{}, author: map[string]string{}}
	workers := map[string]string{}
	for _, w := range b.Cadres {
		if w.Role == "V" {
			workers[w.Village] = w.Login
		}
	}
	for _, h := range b.Households {
		c.author[h.Rec.Code] = workers[h.Rec.Village]
	}
	for _, p := range b.Pairings {
		c.author[p.House] = p.Cadre
	}
	for _, p := range b.Members {
		c.members[p.House] = append(c.members[p.House], p)
		c.numbers[p.IDNo[:17]] = true
	}
	return c.all(b)
}

// changer is the state of one Changes.
type changer struct {
	*gen
	members map[string][]roster.MemberRow
	author  map[string]string // by 户编号
	out     []Change
}

func (c *changer) all(b *roster.Book) ([]Change, error) {
	cohorts, most := c.cohorts(b)
	pairs, both, seen := changedPeople/2, 0, 0
	for i, list := range cohorts {
		// Shares by number of households, rounded so that the sums come out.
		seen += len(list)
		upTo := pairs * seen / most
		n := upTo - len(c.out)/2
		bothTo := comeAndGo * seen / most
		if err := c.cohort(list, n, bothTo-both); err != nil {
			return nil, fmt.Errorf("demo: cohort %d: %w", i, err)
		}
		both = bothTo
	}
	slices.SortStableFunc(c.out, func(x, y Change) int { return cmp.Compare(x.House, y.House) })
	return c.out, nil
}

// cohorts are the households that the plan counts together, in a drawn order.
func (c *changer) cohorts(b *roster.Book) (out [][]roster.HouseRow, all int) {
	type key struct {
		exit, plan int64
		safety     bool
	}
	by := map[key][]roster.HouseRow{}
	var keys []key
	for _, h := range b.Households {
		k := key{h.Rec.ExitYear, h.Rec.PlanYear, h.Rec.Safety}
		if by[k] == nil {
			keys = append(keys, k)
		}
		by[k] = append(by[k], h)
	}
	slices.SortFunc(keys, func(x, y key) int { return cmp.Or(cmp.Compare(x.exit, y.exit), cmp.Compare(x.plan, y.plan)) })
	for _, k := range keys {
		list := by[k]
		c.r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		out = append(out, list)
	}
	return out, len(b.Households)
}

// cohort makes pairs of one who comes and one who leaves, both of them in one
// household, the others in two.
func (c *changer) cohort(list []roster.HouseRow, pairs, both int) error {
	come, leave := pairs-both, pairs-both
	for _, h := range list {
		leaving, canLeave := c.leaver(h)
		coming, canCome := c.comer(h)
		switch {
		case both > 0 && canLeave && canCome:
			c.out = append(c.out, leaving, coming)
			both--
		case leave > 0 && canLeave:
			c.out = append(c.out, leaving)
			leave--
		case come > 0 && canCome:
			c.out = append(c.out, coming)
			come--
		}
	}
	if both+come+leave > 0 {
		return fmt.Errorf("%d households with both, %d who come and %d who leave are missing", both, come, leave)
	}
	return nil
}

// leaver finds who may leave a household, and why.
func (c *changer) leaver(h roster.HouseRow) (Change, bool) {
	people := c.members[h.Rec.Code]
	for i, m := range people {
		why := c.whyLeave(m)
		rest := slices.Delete(slices.Clone(people), i, i+1)
		if why == "" || able(people) && !able(rest) {
			continue
		}
		return Change{House: h.Rec.Code, Author: c.author[h.Rec.Code], Member: m.Rec.Code, Left: why, Day: c.day(30, 330).Format(time.DateOnly)}, true
	}
	return Change{}, false
}

// whyLeave is "" for people who stay: heads, pupils, and those whose illness
// is why the household is poor.
func (c *changer) whyLeave(m roster.MemberRow) string {
	age := c.age(m)
	switch r := m.Rec; {
	case r.Relation == "户主" || r.School != "" || r.Health != "健康":
		return ""
	case age >= 68:
		return "去世"
	case r.Relation == "之女" && age >= 20 && age <= 32:
		return "外嫁"
	case r.Relation == "之兄弟姐妹" && age >= 20:
		return "户籍迁出"
	}
	return ""
}

func (c *changer) age(m roster.MemberRow) int {
	born, err := time.Parse("20060102", m.IDNo[6:14])
	if err != nil {
		return 0
	}
	n := c.today.Year() - born.Year()
	if born.AddDate(n, 0, 0).After(c.today) {
		n--
	}
	return n
}

// day lies between the given numbers of days before today.
func (c *changer) day(from, to int) time.Time { return c.today.AddDate(0, 0, -c.between(from, to)) }

// comer makes somebody who joins a household: a newborn, a bride, or a child
// that was left out when the household was registered (漏登补录).
func (c *changer) comer(h roster.HouseRow) (Change, bool) {
	people := c.members[h.Rec.Code]
	head, bride, mother := people[0], false, false
	var son roster.MemberRow
	for _, m := range people {
		age := c.age(m)
		switch {
		case m.Rec.Relation == "户主":
			head = m
		case m.Rec.Relation == "之儿媳":
			bride = true
		case m.Rec.Relation == "之子" && age >= 22 && age <= 36 && m.Rec.Health == "健康":
			son = m
		}
		mother = mother || (m.Rec.Relation == "户主" || m.Rec.Relation == "配偶") && m.Rec.Sex == "女" && age >= 20 && age <= 42
	}
	age, surname := c.age(head), []rune(head.Rec.Name)[0]
	switch {
	case son.IDNo != "" && !bride && c.chance(60):
		return c.came(h, head, person{relation: "之儿媳", age: max(20, c.age(son)-c.between(0, 3)), surname: c.surname()}, "婚入", c.day(30, 300)), true
	case son.IDNo != "" && bride && c.chance(70):
		return c.born(h, head, "之孙子", "之孙女", surname), true
	case mother && c.chance(70):
		return c.born(h, head, "之子", "之女", surname), true
	case age >= 48 && age <= 75:
		return c.omitted(h, head, "之孙子", "之孙女", surname, min(14, age-42)), true
	case age >= 26 && age < 48:
		return c.omitted(h, head, "之子", "之女", surname, min(14, age-22)), true
	}
	return Change{}, false
}

func (c *changer) born(h roster.HouseRow, head roster.MemberRow, boy, girl string, surname rune) Change {
	day := c.day(20, 320)
	p := person{relation: girl, male: c.chance(52), surname: surname}
	if p.male {
		p.relation = boy
	}
	out := c.came(h, head, p, "出生", day)
	out.Came.Rec.Birth, out.Came.IDNo = day.Format("2006-01"), c.number(day, p.male)
	return out
}

func (c *changer) omitted(h roster.HouseRow, head roster.MemberRow, boy, girl string, surname rune, oldest int) Change {
	p := person{relation: girl, male: c.chance(52), surname: surname, age: c.between(2, oldest)}
	if p.male {
		p.relation = boy
	}
	return c.came(h, head, p, "漏登补录", c.day(30, 330))
}

func (c *changer) came(h roster.HouseRow, head roster.MemberRow, p person, why string, day time.Time) Change {
	row := c.member(p, head.Rec.Ethnic)
	row.House = h.Rec.Code
	row.Rec.Code = fmt.Sprintf("%s%02d", h.Rec.Code, len(c.members[h.Rec.Code])+1)
	row.Rec.Joined, row.Rec.JoinedDay = why, day.Format(time.DateOnly)
	return Change{House: h.Rec.Code, Author: c.author[h.Rec.Code], Day: row.Rec.JoinedDay, Came: &row}
}
