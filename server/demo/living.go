package demo

import (
	"fmt"
	"strings"

	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/roster"
)

// living fills in how a household lives: house, way, land, bank, and last
// year's incomes, which add up to the income a head.
func (g *gen) living(h *home) {
	r := &h.row.Rec
	if h.kind == exited {
		r.Type = "脱贫户"
	}
	r.Military, r.NoLabour = g.yes(2), "否"
	if h.kind == safetyNet && !able(h.members) {
		r.NoLabour = "是"
	}
	r.HouseArea = int64(min(220, 30+g.between(14, 26)*len(h.members)))
	r.Power, r.TV, r.Toilet = "是", g.yes(96), g.yes(72)
	if h.kind == exited {
		r.Toilet = g.yes(93)
	}
	r.RoadDist = int64(g.between(0, 70) * 50)
	r.Road = g.draw([]weighted{{"水泥路", 62}, {"砂石路", 20}, {"泥土路", 14}, {"沥青路", 4}})
	r.Fuel = g.draw([]weighted{{"柴草", 34}, {"煤炭", 31}, {"清洁能源", 33}, {"其他", 2}})
	r.Farmland, r.Forest = int64(g.between(60, 1200)), int64(g.between(0, 60)*25)
	for _, some := range []struct {
		to      *int64
		percent int
		most    int
	}{{&r.Returned, 30, 500}, {&r.Orchard, 25, 400}, {&r.Pasture, 15, 800}, {&r.Pond, 4, 120}} {
		if g.chance(some.percent) {
			*some.to = int64(g.between(20, some.most))
		}
	}
	if g.chance(96) {
		r.Bank = countyName + g.one("农村商业银行", "邮政储蓄银行", "农业银行", "农村商业银行")
		h.row.BankAccount = g.account()
	}
	g.incomes(r, h.members)
}

// account is a bank account that no bank has: 19 digits from 999999, in turn.
func (g *gen) account() string {
	g.accounts++
	return fmt.Sprintf("999999%013d", g.accounts*7919) // a prime: neighbours do not look alike
}

// yes is 是 in percent of 100 cases, else 否.
func (g *gen) yes(percent int) string {
	if g.chance(percent) {
		return "是"
	}
	return "否"
}

func able(members []roster.MemberRow) bool {
	for _, m := range members {
		if m.Rec.Labour != "无劳动力" && m.Rec.Labour != "丧失劳动力" {
			return true
		}
	}
	return false
}

// incomes splits the net income of the whole household, in fen, into its
// kinds: wages where somebody works away, transfers most where nobody can.
func (g *gen) incomes(r *household.Household, members []roster.MemberRow) {
	r.IncomeYear = int64(g.today.Year() - 1)
	net, months := r.Income*int64(len(members)), int64(0)
	for _, m := range members {
		months += m.Rec.WorkMonths
	}
	share := func(lo, hi int) int64 { return net * int64(g.between(lo, hi)) / 100 / 100 * 100 } // whole yuan
	switch {
	case !able(members):
		r.Transfer = share(75, 95)
	case months > 0:
		r.Wage, r.Transfer = share(45, 65), share(5, 15)
	default:
		r.Transfer = share(12, 35)
	}
	r.Property = share(0, 2)
	left := net - r.Wage - r.Transfer - r.Property
	r.Expense = left * int64(g.between(15, 40)) / 100 / 100 * 100
	r.Business = left + r.Expense
}

// watched puts a few of the households that left under monitoring, by what
// their members bear out. A risk is either told this month, or was cleared
// more than six months after it was told (domain.md B.5, 18 and 19).
func (g *gen) watched(h *home) {
	if h.kind != exited || !g.chance(5) {
		return
	}
	r := &h.row.Rec
	r.Watch = g.draw([]weighted{{"脱贫不稳定户", 5}, {"突发严重困难户", 1}})
	r.Risks = record.ListOf(g.risks(r, h.members))
	if g.chance(40) {
		r.RiskAt, r.Cleared = g.monthStart(0).Format("2006-01"), "否"
		return
	}
	told := g.between(12, 22)
	r.RiskAt, r.Cleared = g.monthStart(-told).Format("2006-01"), "是"
	r.ClearedAt = g.monthStart(-told + g.between(8, 11)).Format("2006-01")
	r.ClearedBy = g.draw([]weighted{{"帮扶消除", 4}, {"自然消除", 1}})
}

// risks are one or two, the weightiest first.
func (g *gen) risks(r *household.Household, members []roster.MemberRow) []string {
	var fit []string
	add := func(risk string, holds bool) {
		if holds {
			fit = append(fit, risk)
		}
	}
	health, works := "", false
	for _, m := range members {
		health += m.Rec.Health
		works = works || m.Rec.Work != ""
	}
	add("因病", strings.Contains(health, "病"))
	add("因残", strings.Contains(health, "残疾"))
	add("因学", strings.Contains(r.Cause+string(r.Causes), "因学"))
	add("因务工就业不稳", works)
	add("缺劳动力", strings.Contains(r.Cause+string(r.Causes), "缺劳力"))
	if r.Watch == "突发严重困难户" {
		fit = append([]string{g.one("因意外事故", "因自然灾害")}, fit...)
	}
	if len(fit) == 0 {
		return []string{g.one("因自然灾害", "因产业项目失败")}
	}
	return fit[:g.between(1, min(2, len(fit)))]
}

// insure gives exactly one of the two health insurances [10], leaves the one
// for serious illness empty [11], and public posts to people under 70 [14].
func (g *gen) insure(p person, m *household.Member) {
	m.Insured, m.Staff, m.Extra, m.Service = "是", "否", g.yes(6), "否"
	if m.Work == "乡外县内" && p.age >= 20 && g.chance(12) { // employed where there are such employers
		m.Insured, m.Staff = "否", "是"
	}
	m.Post = "否"
	if p.age >= 18 && p.age < 66 && m.School == "" && m.Work == "" && strings.HasSuffix(m.Labour, "劳动力") && m.Labour != "无劳动力" && m.Labour != "丧失劳动力" && g.chance(7) {
		m.Post, m.Work, m.WorkMonths = "是", "乡(镇)内", 12 // [8] place and months together
	}
}

// diagnosis is what somebody suffers from, in words.
func (g *gen) diagnosis(health string) string {
	switch health {
	case "长期慢性病":
		return g.one("高血压", "糖尿病", "慢性支气管炎", "类风湿关节炎", "腰椎间盘突出", "冠心病", "慢性胃炎")
	case "患有大病":
		return g.one("尿毒症，每周透析", "脑卒中后遗症", "乳腺癌术后", "肝硬化", "风湿性心脏病", "胃癌术后")
	case "残疾":
		return g.one("右腿截肢", "双眼低视力", "听力残疾", "小儿麻痹后遗症", "智力残疾", "脊柱损伤")
	}
	return ""
}
