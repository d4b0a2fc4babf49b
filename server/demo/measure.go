package demo

import (
	"cmp"
	"slices"

	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/roster"
)

// CowFen is what a household gets for two cows: 10 000 yuan, in fen.
const CowFen = 1_000_000

// FundName and FundSource are of the invented fund the cows are paid from.
const (
	FundName   = "产业帮扶资金（示例）"
	FundSource = "县级财政（示例）"
)

// answers is a measure for a cause that cows do not answer.
var answers = map[string]measure.Measure{
	"因病":     {Kind: "健康帮扶", What: "家庭医生签约，帮办慢病药和报销"},
	"因残":     {Kind: "健康帮扶", What: "帮办残疾人补贴，送辅助用具"},
	"因学":     {Kind: "教育帮扶", What: "对接学校资助，帮办申请"},
	"交通条件落后": {Kind: "基础设施建设", What: "入户路硬化"},
}

// measures gives every household planned for this year its cows, and a measure
// for each cause that cows do not answer; and the same to one household of next
// year, which gets the money of one that is wholly away. The cows are paid by
// the ledger afterwards. Nothing is drawn.
func (g *gen) measures(homes []home) []roster.MeasureRow {
	var out []roster.MeasureRow
	n, later := 0, true
	for i := range homes {
		h := &homes[i]
		if h.kind != thisYear && !(h.kind == nextYear && later) {
			continue
		}
		later = later && h.kind != nextYear
		out = append(out, g.cows(h, n))
		for _, cause := range h.causes() {
			m, open := answers[cause]
			if !open || slices.ContainsFunc(out, func(r roster.MeasureRow) bool { return r.House == h.row.Rec.Code && r.Rec.Kind == m.Kind }) {
				continue
			}
			m.From, m.Stage, m.Agreement, m.AgreedDay = g.day(-5, n), measure.Doing, measure.Agreed, g.day(-6, n)
			out = append(out, roster.MeasureRow{House: h.row.Rec.Code, Rec: m})
		}
		n++
	}
	slices.SortStableFunc(out, func(a, b roster.MeasureRow) int { return cmp.Compare(a.House, b.House) })
	return out
}

// causes are the main cause and the others.
func (h *home) causes() []string {
	var others []string
	_ = record.List(h.row.Rec.Causes).Into(&others) // made here
	return append([]string{h.row.Rec.Cause}, others...)
}

// day is one of the first 25 days of the month n months from today's.
func (g *gen) day(n, i int) string {
	return g.monthStart(n).AddDate(0, 0, i%25).Format("2006-01-02")
}

// cows are two breeding cows; of the nth household in three the first calf is
// born.
func (g *gen) cows(h *home, n int) roster.MeasureRow {
	m := measure.Measure{Kind: "产业帮扶", What: "购买能繁母牛", From: g.day(-4, n), Amount: CowFen, Quantity: 2, Unit: "头", Stage: measure.Doing,
		Fund: FundName, Agreement: measure.Agreed, AgreedDay: g.day(-5, n)}
	if h.kind == thisYear && n%3 == 0 {
		m.Stage, m.Result, m.YieldQuantity, m.YieldUnit, m.YieldDay = measure.Done, "母牛产了小牛，母子都好", 1, "头", g.day(-1, n)
	}
	if h.kind == thisYear && n%3 < 2 {
		m.Arrived, m.ArrivedDay = measure.Arrived, g.day(-3, n)
	}
	return roster.MeasureRow{House: h.row.Rec.Code, Rec: m}
}

// Away names the household of b whose money goes to another one because
// everybody has left, and that other one, by 户编号. The first has cows and
// nothing else.
func Away(b *roster.Book) (from, to string) {
	plan, n, cows := map[string]int64{}, map[string]int{}, map[string]measure.Measure{}
	first := int64(0)
	for _, h := range b.Households {
		plan[h.Rec.Code] = h.Rec.PlanYear
	}
	for _, m := range b.Measures {
		n[m.House]++
		if m.Rec.Amount == CowFen {
			cows[m.House] = m.Rec
			if first == 0 || plan[m.House] < first {
				first = plan[m.House]
			}
		}
	}
	for _, m := range b.Measures {
		switch {
		case plan[m.House] > first:
			to = m.House
		case n[m.House] == 1 && cows[m.House].Stage == measure.Doing && cows[m.House].Arrived == "":
			from = m.House
		}
	}
	return from, to
}
