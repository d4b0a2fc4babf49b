package registry

import (
	"fmt"
	"strings"

	"daohu/server/activity"
	"daohu/server/booklet"
	"daohu/server/casework"
	"daohu/server/measure"
	"daohu/server/pairing"
)

// MyWords are the rows of a household's page in plain sentences (明白卡): who
// helps, what, how much, did it arrive, whom to call.
type MyWords struct {
	Helpers    []string `json:"helpers"`
	Visits     []string `json:"visits"`
	Measures   []string `json:"measures"`
	Needs      []string `json:"needs"`
	Deliveries []string `json:"deliveries"`
}

func say[R any](rows []R, f func(R) string) []string {
	out := []string{}
	for _, r := range rows {
		out = append(out, f(r))
	}
	return out
}

func sayHelper(p *pairing.Pairing, phone string) string {
	out := "帮您家的是" + p.Name
	if p.Unit != "" {
		out += "，" + p.Unit + "的"
	}
	out += "。"
	if phone == "" {
		return out + "电话还没有登记，请问村干部。"
	}
	return out + "有事打电话：" + phone + "。"
}

func sayVisit(v *activity.Visit) string {
	out := sayDay(v.Day) + "来过您家。"
	if v.Text != "" {
		out += "记的是：" + ended(v.Text)
	}
	return out
}

func sayMeasure(m *measure.Measure) string {
	out := m.Kind + "：" + ended(m.What)
	if m.What == "" {
		out = ended(m.Kind)
	}
	if m.Quantity > 0 {
		out += fmt.Sprintf("一共%d%s。", m.Quantity, m.Unit)
	}
	out += sayMoney(m.Amount, m.Given) + map[string]string{measure.Wish: "这是您家的愿望，还没有定。", "": "已经定了，还没有开始。", measure.Plan: "已经定了，还没有开始。",
		measure.Doing: "正在办。", measure.Done: "已经办好。", measure.Stopped: "不办了。"}[m.Stage]
	if m.Result != "" {
		out += ended(m.Result)
	}
	if m.State != "approved" {
		out += "镇里还在核对。"
	}
	return out
}

// sayMoney tells of a sum, in fen, and of what of it has arrived.
func sayMoney(amount, given int64) string {
	switch {
	case amount == 0 && given == 0:
		return ""
	case amount == 0:
		return "已经给了" + yuan(given) + "。"
	case given == 0:
		return "计划给" + yuan(amount) + "，钱还没有到。"
	case given < amount:
		return "计划给" + yuan(amount) + "，已经给了" + yuan(given) + "，还差" + yuan(amount-given) + "。"
	}
	return "计划给" + yuan(amount) + "，已经给了" + yuan(given) + "，钱到齐了。"
}

// yuan writes fen as people say it: 10000 元, 12.50 元.
func yuan(fen int64) string {
	if fen%100 == 0 {
		return fmt.Sprintf("%d元", fen/100)
	}
	return fmt.Sprintf("%d.%02d元", fen/100, fen%100)
}

func sayNeed(n *casework.Need) string {
	out := "说过的难处：" + ended(n.Text)
	switch {
	case n.Answer != "":
		out += "答复是：" + ended(n.Answer)
	case n.State == casework.Open && n.Due != "":
		out += "最晚" + sayDay(n.Due) + "答复您。"
	}
	if n.State == casework.Closed {
		out += "已经办结。"
	}
	return out
}

func sayDelivery(d *booklet.Delivery) string {
	out := sayDay(d.Day) + map[string]string{"上门": "送来了口袋书", "电话": "打电话讲了口袋书", "入户讲解": "到家里讲了口袋书", "自取": "取走了口袋书"}[d.Way] + fmt.Sprintf("（第%d版）。", d.Edition)
	switch d.Receipt {
	case "收到":
		out += "您说收到了。"
	case "没收到":
		out += "您说没有收到。"
	}
	return out
}

// sayDay writes 2026-03-02 as 2026年3月2日.
func sayDay(day string) string {
	var y, m, d int
	if _, err := fmt.Sscanf(day, "%d-%d-%d", &y, &m, &d); err != nil {
		return day
	}
	return fmt.Sprintf("%d年%d月%d日", y, m, d)
}

// ended closes a sentence somebody wrote.
func ended(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, "。") || strings.HasSuffix(s, "！") || strings.HasSuffix(s, "？") {
		return s
	}
	return s + "。"
}
