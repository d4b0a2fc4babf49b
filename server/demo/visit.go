package demo

import (
	"cmp"
	"slices"
	"time"

	"daohu/server/activity"
	"daohu/server/roster"
)

// visitMonths is how many whole months of visits there are: the year's twelve
// without the running month, in which every visit is still due.
const visitMonths = 11

// monthStart is the first day of the month that lies n months from today's.
func (g *gen) monthStart(n int) time.Time {
	return time.Date(g.today.Year(), g.today.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
}

// visits makes one visit a month for every pairing.
func (g *gen) visits(pairings []roster.PairingRow) []roster.VisitRow {
	var out []roster.VisitRow
	for m := range visitMonths {
		start := g.monthStart(m - visitMonths)
		for _, p := range pairings {
			d := start.AddDate(0, 0, g.r.IntN(27))
			if d.Weekday() == time.Sunday {
				d = d.AddDate(0, 0, 1)
			}
			stage := int64(1 + 4*m/visitMonths)
			out = append(out, roster.VisitRow{House: p.House, Cadre: p.Cadre, Rec: activity.Visit{Day: d.Format("2006-01-02"), Stage: stage, Text: g.words(stage)}})
		}
	}
	slices.SortStableFunc(out, func(a, b roster.VisitRow) int { return cmp.Compare(a.Rec.Day, b.Rec.Day) })
	return out
}

// words puts a visit's text together from a beginning, what was done in this
// stage and what comes next.
func (g *gen) words(stage int64) string {
	begin := g.one("上午到户，户主在家。", "下午到户，老人在家带孩子。", "傍晚到户，一家人刚从地里回来。", "雨天到户，路不好走。", "赶场天到户，等了一会儿才见到人。", "到户时家里正在做饭。", "和村干部一起到户。", "到户坐了半个多小时。")
	var done, next string
	switch stage {
	case 1:
		done = g.one("认了门，互留了电话，说明了今后由我来帮。", "核对了家里人口、在校和务工的情况。", "看了住房、水管和电线，问了看病和上学。", "讲了口袋书里的教育、医疗和住房政策。", "把家里的地、牲口和存粮都看了一遍。", "问了去年的收入，帮着一笔一笔算。")
		next = g.one("下月来谈怎么发展。", "医保的事回去问清楚再告诉。", "水管漏水，已告诉村里。", "孩子的补助回去查一下。", "家里愿意多种一点烤烟，先记下。")
	case 2:
		done = g.one("一起算了账，觉得养牛比养猪稳当。", "商量把坡上的玉米改种核桃和药材。", "问了儿子愿不愿意学厨师，说想去。", "家里想贷一点款养羊，讲了贷款的用途和期限。", "谈了秋后外出务工的打算，担心老人没人照看。", "看了圈舍，够养两头母牛，要补一下屋顶。")
		next = g.one("回去把养殖项目的条件弄清楚。", "请农技员下周来看地。", "报名表已带来，等回话。", "和村里商量公益岗位。", "把打算写进帮扶计划。")
	case 3:
		done = g.one("两头能繁母牛已经进圈，看了耳标。", "核桃苗发下来了，一起栽了一上午。", "帮着交了危房改造的材料。", "培训班报上名，本月开课。", "联系好县里的用工，谈了工钱和住处。", "带去兽医打了疫苗，讲了怎么喂。")
		next = g.one("下月看长势。", "补助到账后来核对。", "提醒按时复查拿药。", "圈舍的水泥地月底打好。", "开学前再来看学费的事。")
	default:
		done = g.one("母牛产了小牛，母子都好。", "今年玉米收得好，卖了一部分。", "务工工资每月都寄回来，看了存折。", "新屋住进去了，水电都通。", "补助都到了账，一笔一笔对过。", "孩子在校稳定，成绩有进步。")
		next = g.one("收入够线，等村里评议。", "打算再添一头牛。", "过冬的煤和粮都备好了。", "还差一个厕所，下月动工。", "户主说日子比去年宽裕。")
	}
	return begin + done + next
}
