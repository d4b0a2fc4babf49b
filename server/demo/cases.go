package demo

import "daohu/server/casework"

// Need is one need of the demo: House counts the paired households from 0, Age
// is how many days ago it was said. With an Answer it was given a day later.
type Need struct {
	House              int
	Age                int
	ByCadre            bool // found at a visit; else said by the household
	Kind, Text, Answer string
	Rating             string
}

// Needs are the first township's: open, answered, and one long overdue.
func Needs() []Need {
	return []Need{
		{House: 0, Age: 1, Kind: "饮水", Text: "水管冻裂了，两天没有水。"},
		{House: 1, Age: 0, Kind: "看病", Text: "慢病药吃完了，不知道在哪里开。"},
		{House: 2, Age: 25, Kind: "上学", Text: "孩子的补助上学期没有到。"},
		{House: 3, Age: 30, ByCadre: true, Kind: "住房", Text: "屋顶漏雨，想问能不能修。", Answer: "村里看过了，已报镇里，排在下个月。", Rating: "基本满意"},
		{House: 4, Age: 12, Kind: "就业", Text: "想在附近找活干。", Answer: "镇上的公益岗位下周报名，我来带您去。", Rating: "满意"},
		{House: 5, Age: 9, ByCadre: true, Kind: "产业", Text: "牛病了，想请兽医来看。", Answer: "兽医明天到村里。"},
	}
}

// Issue is one line of the demo's ledger; House as in Need, -1 = of the
// township as a whole. DueIn is the deadline in days from today.
type Issue struct {
	House, DueIn int
	casework.Issue
}

// Issues are the six problems and five causes that the township plan names,
// in our words and without its figures, and two lines of single households.
func Issues() []Issue {
	line := func(house, due int, category, cause, state, subject, measure, result, source string) Issue {
		return Issue{house, due, casework.Issue{Category: category, Cause: cause, State: state, Subject: subject, Measure: measure, Result: result, Source: source}}
	}
	return []Issue{
		line(-1, 30, "education-aid", "school", casework.Doing, "有的学校资助名单没有对上在册户", "镇里和学校逐户核对名单，差的补报。", "", "排查"),
		line(-1, 20, "population", "floating", casework.Doing, "老人两头住，家里人口总在变", "每月走访时核对一次常住人口。", "", "排查"),
		line(-1, -10, "house-fund", "motivation", casework.Open, "领了危改资金，房子还没有动工", "逐户约定动工日子，村里跟着看。", "", "排查"),
		line(-1, 60, "illness", "medical-cost", casework.Doing, "家里有大病人的户容易返贫", "对照名单落实大病报销和救助。", "", "自查"),
		line(-1, 90, "self-reliance", "motivation", casework.Open, "有的户等着给，不愿意自己干", "结对干部带去看做得好的户，先从小养殖做起。", "", "走访"),
		line(-1, 15, "sanitation", "habit", casework.Done, "有的户院坝和厨房不干净", "每周末村里一起打扫，干部带头。", "上个月打扫了四次，已经好多了。", "走访"),
		line(3, 25, "house-fund", "", casework.Doing, "屋顶漏雨，排在下个月修", "请村里先盖雨布。", "", "走访"),
		line(6, -3, "illness", "medical-cost", casework.Doing, "看病的钱没有报下来", "带齐单据去镇卫生院问。", "", "群众反映"),
	}
}

// Suggestion is the one 建议 of the demo; it names nobody.
const Suggestion = "希望赶场天在村里也能交医保。"

// What a household asks for about its own data, and what the auditor found.
const (
	Asker   = "户主"
	Asked   = "想要一份家里的资料，看看记得对不对。"
	Audited = "家里人口和户口本上的对不上，请核对。"
)
