package demo

import (
	"fmt"

	"daohu/server/area"
)

// The invented places. Codes begin with 99, which GB/T 2260 gives to no
// province.
const (
	County         = "999901"
	Township       = "999901101" // the township of the plan's figures
	SecondTownship = "999901102"
	countyName     = "岭安县"
	townshipName   = "云坪镇"
	secondName     = "石榕乡"
	profile        = "alleviation-2016" // the terminology of the plan's time
)

// place is a village as the generator needs it.
type place struct {
	code, name string
	groups     []string
	poor       string
	listed     bool // poor village: plan holds
	plan       int  // years from today's year to the one it is to leave in
	out        bool // it left as planned
	// weight says how many households of a kind live here relative to others.
	weight [kinds]int
}

// villages of the demo township. The six poor ones are those of the plan
// (domain.md A.3): two left last year, two are to leave this year, two, deep
// poor, next year.
func villages() []place {
	v := func(no int, name string, w [kinds]int) place {
		return place{code: fmt.Sprintf("%s%03d", Township, 200+no), name: name, weight: w}
	}
	poor := func(p place, kind string, plan int) place {
		p.poor, p.plan, p.out, p.listed = kind, plan, plan < 0, true
		return p
	}
	return []place{
		poor(v(1, "冲子村", [kinds]int{22, 2, 2, 6}), "poor", -1),
		poor(v(2, "河畔村", [kinds]int{20, 2, 2, 6}), "poor", -1),
		poor(v(3, "平丰村", [kinds]int{6, 24, 4, 9}), "poor", 0),
		poor(v(4, "朱家坡村", [kinds]int{6, 22, 5, 9}), "poor", 0),
		poor(v(5, "坪子村", [kinds]int{4, 6, 26, 13}), "deep_poor", 1),
		poor(v(6, "岩头村", [kinds]int{4, 6, 25, 14}), "deep_poor", 1),
		v(7, "茶园村", [kinds]int{8, 7, 6, 8}),
		v(8, "新桥村", [kinds]int{7, 7, 6, 7}),
		v(9, "大湾村", [kinds]int{7, 6, 7, 8}),
		v(10, "龙潭村", [kinds]int{6, 6, 6, 7}),
		v(11, "石板村", [kinds]int{5, 6, 6, 7}),
		v(12, "青杠村", [kinds]int{5, 6, 5, 6}),
	}
}

func secondVillages() []place {
	return []place{
		{code: SecondTownship + "201", name: "月亮坪村", weight: [kinds]int{3, 3, 3, 3}},
		{code: SecondTownship + "202", name: "枫香村", weight: [kinds]int{3, 3, 3, 3}},
	}
}

// areas gives every village three to six groups (寨) and returns the tree from
// the county down.
func (g *gen) areas(township, name string, list []place) []area.Area {
	out := []area.Area{
		{Code: County, Level: area.County, Name: countyName},
		{Code: township, Parent: County, Level: area.Township, Name: name, Profile: profile},
	}
	var groups []area.Area
	for i := range list {
		p := &list[i]
		a := area.Area{Code: p.code, Parent: township, Level: area.Village, Name: p.name, Poor: p.poor}
		if p.listed {
			a.ExitPlan = int64(g.today.Year() + p.plan)
		}
		if p.out {
			a.ExitYear = a.ExitPlan
		}
		out = append(out, a)
		names := []string{"大寨", "上寨", "下寨", "新寨", "老寨", "岩脚寨", "河边寨", "坡上寨", "田坝寨", "水井寨", "麻窝寨", "箐口寨"}
		g.r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		p.groups = names[:g.between(3, 6)]
		for j, n := range p.groups {
			groups = append(groups, area.Area{Code: fmt.Sprintf("%s%02d", p.code, j+1), Parent: p.code, Level: area.Group, Name: n})
		}
	}
	return append(out, groups...)
}
