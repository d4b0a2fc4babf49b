package demo

import (
	"fmt"

	"daohu/server/roster"
)

// SharedCadre is the county cadre who is paired in both townships.
const SharedCadre = "cadre-157"

// cadres makes n cadres with logins from cadre-<first>; the last county of
// them come from the county, the others from the township. No two share a name.
func (g *gen) cadres(first, n, county int, townshipName string) []roster.CadreRow {
	out := make([]roster.CadreRow, n)
	for i := range out {
		c := roster.CadreRow{Login: fmt.Sprintf("cadre-%03d", first+i), Name: g.worker(), Role: "C", Phone: g.phone()}
		if i >= n-county {
			c.Tier = roster.TierCounty
			c.Unit = countyName + g.one("农业农村局", "教育局", "林业局", "水务局", "卫生健康局", "交通运输局", "民政局", "自然资源局", "住房建设局", "文化馆")
			c.Rank = g.draw([]weighted{{"副处", 1}, {"正科", 4}, {"副科", 6}, {"一般", 14}})
		} else {
			c.Tier = roster.TierTownship
			c.Unit = townshipName + g.one("党政办公室", "扶贫工作站", "农业服务中心", "财政所", "林业站", "水务站", "卫生院", "中心学校", "司法所", "文化站", "社会事务办")
			c.Rank = g.draw([]weighted{{"正科", 1}, {"副科", 4}, {"一般", 35}})
		}
		out[i] = c
	}
	return out
}

// workers makes one village worker for each village, logins from
// village-<first>.
func (g *gen) workers(first int, list []place) []roster.CadreRow {
	var out []roster.CadreRow
	for i, p := range list {
		out = append(out, roster.CadreRow{
			Login: fmt.Sprintf("village-%02d", first+i), Name: g.worker(), Unit: p.name + "村民委员会", Tier: roster.TierVillage,
			Rank: g.one("村支书", "村主任", "驻村队员"), Phone: g.phone(), Role: "V", Village: p.code,
		})
	}
	return out
}

// worker is the name of a grown person that no other cadre has.
func (g *gen) worker() string {
	for {
		n := g.name(g.surname(), g.chance(62), 40)
		if !g.workerNames[n] {
			g.workerNames[n] = true
			return n
		}
	}
}

// shares gives every cadre of n two or three households, many in all; which
// ones get three is drawn.
func (g *gen) shares(n, many int) []int {
	out := make([]int, n)
	for i, at := range g.r.Perm(n) {
		out[at] = many / n
		if i < many%n {
			out[at]++
		}
	}
	return out
}

// pair gives each household of homes planned for this year to one cadre:
// neighbours to the same one. shares[i] households go to logins[i].
func (g *gen) pair(homes []home, logins []string, shares []int) []roster.PairingRow {
	var out []roster.PairingRow
	cadre, left := 0, shares[0]
	for i := range homes {
		if homes[i].kind != thisYear {
			continue
		}
		for left == 0 {
			cadre++
			left = shares[cadre]
		}
		left--
		from := g.monthStart(-visitMonths-1).AddDate(0, 0, g.r.IntN(20))
		out = append(out, roster.PairingRow{House: homes[i].row.Rec.Code, Cadre: logins[cadre], From: from.Format("2006-01-02")})
	}
	return out
}
