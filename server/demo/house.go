package demo

import (
	"cmp"
	"fmt"
	"slices"

	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/roster"
)

// The kinds of household, by what the plan says of them.
const (
	exited   = iota // left in one of the four years before
	thisYear        // planned to leave this year; paired and visited
	nextYear
	safetyNet // 政策兜底: no labour to lift itself by
	kinds
)

// cohort is a number of households and of people that leave, or are to leave,
// together.
type cohort struct {
	kind           int
	year           int // from today's year: -4 = four years ago
	houses, people int
}

// planCohorts are the figures of the plan (product.md row 3, domain.md A.3).
// The plan gives 734 households for the last two together, and their people
// one by one; 430 and 304 are ours, for 4.1 and 2.8 people a household.
func planCohorts() []cohort {
	return []cohort{
		{exited, -4, 233, 1212}, {exited, -3, 94, 506}, {exited, -2, 196, 950}, {exited, -1, 266, 1435},
		{thisYear, 0, 373, 1930}, {nextYear, 1, 430, 1758}, {safetyNet, 2, 304, 849},
	}
}

// secondCohorts are those of the second township: 60 households, 269 people.
func secondCohorts() []cohort {
	return []cohort{{exited, -1, 24, 115}, {thisYear, 0, 22, 103}, {nextYear, 1, 10, 41}, {safetyNet, 2, 4, 10}}
}

// sizes spreads people over n households of one to most people: an even share,
// then single people moved about so that the sum stays.
func (g *gen) sizes(n, people, most int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = people / n
		if i < people%n {
			out[i]++
		}
	}
	for range 3 * n {
		a, b := g.r.IntN(n), g.r.IntN(n)
		if a != b && out[a] > 1 && out[b] < most {
			out[a]--
			out[b]++
		}
	}
	return out
}

// home is a household with its members before codes are given.
type home struct {
	kind    int
	village int // index in the township's list
	group   int
	row     roster.HouseRow
	members []roster.MemberRow
}

// homes makes the households of all cohorts, in the order of the villages.
func (g *gen) homes(list []place, cohorts []cohort) []home {
	var out []home
	for _, c := range cohorts {
		most := 8
		if c.kind == safetyNet {
			most = 5
		}
		for _, n := range g.sizes(c.houses, c.people, most) {
			out = append(out, g.home(list, c, n))
		}
	}
	slices.SortStableFunc(out, func(a, b home) int {
		return cmp.Or(cmp.Compare(a.village, b.village), cmp.Compare(a.group, b.group))
	})
	return out
}

func (g *gen) home(list []place, c cohort, n int) home {
	h := home{kind: c.kind, village: g.villageFor(list, c.kind)}
	at := list[h.village]
	h.group = g.r.IntN(len(at.groups))
	want := g.draw([]weighted{{"因病", 22}, {"因残", 9}, {"因学", 16}, {"缺技术", 20}, {"缺资金", 15}, {"缺劳力", 8}, {"缺土地", 4}, {"交通条件落后", 4}, {"自身发展动力不足", 2}})
	people := g.family(n, c.kind == safetyNet)
	g.ail(people, want)
	ethnic := g.draw([]weighted{{"汉族", 66}, {"彝族", 14}, {"苗族", 10}, {"回族", 6}, {"布依族", 4}})
	for _, p := range people {
		h.members = append(h.members, g.member(p, ethnic))
	}
	h.row = roster.HouseRow{Group: at.groups[h.group], Phone: g.phone(), Rec: household.Household{
		Village: at.code, Standard: g.draw([]weighted{{"国家标准", 93}, {"省定标准", 7}}),
		Safety: c.kind == safetyNet, Danger: "否", Water: "是", Exit: "未脱贫", Class: g.class(c.kind, h.members),
	}}
	h.row.Rec.Cause, h.row.Rec.Causes = g.causes(want, h.members)
	g.outlook(&h, int64(g.today.Year()+c.year))
	g.living(&h)
	g.watched(&h)
	return h
}

// outlook is when the household left or is to leave, its income, and what
// house and water are like.
func (g *gen) outlook(h *home, year int64) {
	r := &h.row.Rec
	switch h.kind {
	case exited: // safe water, safe house [23], income above any watch line [24]
		r.Exit, r.ExitYear = "已脱贫", year
		r.Income = int64(g.between(750_000, 1_500_000))
		return
	case thisYear:
		r.Income = int64(g.between(330_000, 690_000))
	default:
		r.Income = int64(g.between(200_000, 390_000))
	}
	r.PlanYear = year
	r.Danger = g.draw([]weighted{{"否", 88}, {"C级", 9}, {"D级", 3}})
	r.Water = g.draw([]weighted{{"是", 93}, {"否", 7}})
}

func (g *gen) villageFor(list []place, kind int) int {
	sum := 0
	for _, p := range list {
		sum += p.weight[kind]
	}
	n := g.r.IntN(sum)
	for i, p := range list {
		if n -= p.weight[kind]; n < 0 {
			return i
		}
	}
	return 0
}

// ail makes the illness or disability that the main cause speaks of, and lets
// some of the old be ill besides.
func (g *gen) ail(people []person, cause string) {
	var grown []int
	for i, p := range people {
		if p.age >= 22 && p.health == "" {
			grown = append(grown, i)
		}
	}
	if len(grown) > 0 {
		p := &people[grown[g.r.IntN(len(grown))]]
		switch cause {
		case "因病":
			p.health = g.one("患有大病", "长期慢性病", "长期慢性病")
		case "因残":
			p.health = "残疾"
		}
	}
	for i := range people {
		if people[i].age >= 60 && people[i].health == "" && g.chance(14) {
			people[i].health = "长期慢性病"
		}
	}
}

// causes keeps the wanted main cause where the members bear it out [20, 21]
// and adds up to two others that they bear out too.
func (g *gen) causes(want string, members []roster.MemberRow) (string, record.List) {
	able, fits := 0, map[string]bool{"缺技术": true, "缺资金": true, "缺土地": true, "交通条件落后": true, "自身发展动力不足": true}
	for _, m := range members {
		switch m.Rec.Health {
		case "残疾":
			fits["因残"] = true
		case "患有大病", "长期慢性病":
			fits["因病"] = true
		}
		if s := m.Rec.School; s != "" && s != "学龄前儿童" && s != "学前教育" {
			fits["因学"] = true
		}
		if m.Rec.Labour == "普通劳动力" || m.Rec.Labour == "技能劳动力" {
			able++
		}
	}
	fits["缺劳力"] = able <= 1
	main := want
	if !fits[main] {
		main = g.one("缺技术", "缺资金")
	}
	var others []string
	for _, c := range []string{"因病", "因残", "因学", "缺劳力", "缺技术", "缺资金"} {
		if len(others) < 2 && c != main && fits[c] && g.chance(30) {
			others = append(others, c)
		}
	}
	if len(others) == 0 {
		return main, ""
	}
	return main, record.ListOf(others)
}

// class is 低保 or 五保 wherever nobody can work [22].
func (g *gen) class(kind int, members []roster.MemberRow) string {
	able, old := false, true
	for _, m := range members {
		able = able || (m.Rec.Labour != "无劳动力" && m.Rec.Labour != "丧失劳动力")
		old = old && m.Rec.Birth < fmt.Sprintf("%d", g.today.Year()-60)
	}
	switch {
	case !able && old && len(members) == 1:
		return "五保贫困户"
	case !able || kind == safetyNet:
		return "低保贫困户"
	}
	return g.draw([]weighted{{"一般贫困户", 78}, {"低保贫困户", 22}})
}
