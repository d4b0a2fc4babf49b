package console

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"daohu/server/calendar"
	"daohu/server/record"
)

// Chip is a state: always the same word, colour and icon, as on the phone
// (miniprogram/src/data/words.ts); never colour alone.
type Chip struct{ Word, Tone, Icon string }

// chip is the chip of a state as the API names it.
func chip(state string) Chip {
	switch state {
	case "approved", "accepted", "done", "checked", "answered", "open", "published":
		return Chip{map[string]string{"accepted": "已采纳", "done": "已办", "checked": "已核实", "answered": "已答复", "open": "在用", "published": "已发布"}[state], "pine", "✓"}.or("已通过")
	case "returned":
		return Chip{"退回", "brick", "↩"}
	case "rejected", "refused":
		return Chip{"未通过", "brick", "✕"}
	case "overdue":
		return Chip{"超期", "brick", "!"}
	case "conflict":
		return Chip{"冲突", "brick", "⇄"}
	case "draft":
		return Chip{"草稿", "slate", "✎"}
	case "pending":
		return Chip{"待审", "slate", "…"}
	case "closed", "archived", "withdrawn", "disabled":
		return Chip{map[string]string{"closed": "已关闭", "archived": "已归档", "withdrawn": "已撤下", "disabled": "已停用"}[state], "slate", "■"}
	}
	return Chip{state, "slate", "·"}
}

func (c Chip) or(word string) Chip {
	if c.Word == "" {
		c.Word = word
	}
	return c
}

// roles are what the roles are called.
func role(letter string) string {
	return map[string]string{"H": "农户", "C": "帮扶干部", "V": "村干部", "T": "乡镇管理员", "K": "县级管理员", "A": "审计"}[letter]
}

// typeWord is what a type of record is called.
func typeWord(name string) string {
	if w := map[string]string{"visit": "走访", "photo": "照片", "response": "政策问答", "need": "需求", "confirmation": "农户回执", "measure": "帮扶措施",
		"delivery": "口袋书发放", "household": "农户资料", "member": "家庭成员", "clip": "录音", "consent": "照片同意", "issue": "问题", "complaint": "投诉建议",
		"proposal": "改动申请", "quarantine": "待处理的改动", "pairing": "结对", "notice": "公示", "card": "口袋书", "form": "题目", "fund": "资金", "entry": "资金流水",
		"setting": "规则", "datarequest": "资料请求", "finding": "审计发现"}[name]; w != "" {
		return w
	}
	return name
}

// clock is an instant of Unix ms in the programme's time; "" for none.
func clock(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(calendar.Zone()).Format("2006-01-02 15:04")
}

// day is a day (2006-01-02) as people write it; what is none stays as it is.
func day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}

// yuan is an amount of fen in yuan, with groups of three: 1,234.50.
func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	s := strconv.FormatInt(fen/100, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if fen%100 != 0 {
		s += fmt.Sprintf(".%02d", fen%100)
	}
	return sign + s
}

// count is a number with groups of three.
func count(n int64) string { return yuan(n * 100) }

// list is a list's words for a choice, the empty word first.
func list(name string) ([]Option, error) {
	l, err := record.FindList(name)
	if err != nil {
		return nil, err
	}
	out := []Option{{Word: "请选择"}}
	for _, i := range l.Items {
		out = append(out, Option{Value: i.Word, Word: i.Word})
	}
	return out, nil
}

// joined is a list as a sentence's part: a、b、c.
func joined(values []string) string { return strings.Join(values, "、") }

// asJSON is what a chart reads from its element.
func asJSON(v any) (string, error) {
	raw, err := json.Marshal(v)
	return string(raw), err
}

// functions are what templates can say beside html/template's own.
func functions(assets func(string) (string, error)) template.FuncMap {
	return template.FuncMap{
		"asset": assets, "chip": chip, "role": role, "typeWord": typeWord, "fieldWord": fieldWord, "time": clock, "day": day, "yuan": yuan,
		"count": count, "runWord": runWord, "fateChip": fateChip, "policyWord": policyWord, "burdenWord": burdenWord, "auditWord": auditWord, "paperKind": paperKind, "itemKind": itemKind, "number": func(place int) int { return place + 1 }, "before": func(place int) int { return max(place-1, 0) }, "ticked": func(on bool) string { return map[bool]string{true: "1"}[on] }, "audience": audience, "list": list, "joined": joined, "fieldOf": fieldOf,
		"stage": stage, "photoState": photoState, "tier": tier, "called": called, "moneyWhy": moneyWhy, "digits": digits, "plainYuan": plainYuan, "progress": progress, "arrived": arrived, "flag": flag, "channel": channel, "ending": ending, "caseChip": caseChip, "rightChip": rightChip, "rightKind": rightKind, "pageOf": pageOf, "issueChip": issueChip, "brief": brief, "json": asJSON,
		"options": func(pairs ...string) []Option {
			var out []Option
			for i := 0; i+1 < len(pairs); i += 2 {
				out = append(out, Option{Value: pairs[i], Word: pairs[i+1]})
			}
			return out
		},
		"dict": func(pairs ...any) map[string]any {
			out := map[string]any{}
			for i := 0; i+1 < len(pairs); i += 2 {
				out[fmt.Sprint(pairs[i])] = pairs[i+1]
			}
			return out
		},
	}
}

// fieldWord is what a field of a record is called, as on the phone.
func fieldWord(name string) string {
	if w := fieldWords()[name]; w != "" {
		return w
	}
	return name
}

// fieldOf is what a field of a type is called: "member.idNo".
func fieldOf(name string) string {
	of, field, _ := strings.Cut(name, ".")
	if of == "measure" {
		return "帮扶措施"
	}
	return map[string]string{"household": "户", "member": "成员"}[of] + "：" + fieldWord(field)
}

func fieldWords() map[string]string {
	return map[string]string{
		"address": "家庭住址", "phone": "联系电话", "notes": "备注", "danger": "是否危房", "water": "安全饮水", "class": "户属性", "cause": "主要致贫原因", "causes": "其他致贫原因",
		"standard": "识别标准", "income": "人均纯收入", "watch": "监测对象类别", "risks": "返贫风险", "name": "姓名", "sex": "性别", "birth": "出生年月", "relation": "与户主关系",
		"education": "文化程度", "school": "在校状况", "labour": "劳动技能", "work": "务工情况", "workMonths": "务工月数", "health": "健康状况", "insured": "居民医保", "pension": "养老",
		"left": "减少原因", "leftDay": "减少日期", "joined": "增加原因", "joinedDay": "增加日期", "houseArea": "住房面积", "power": "生活用电", "tv": "广播电视", "toilet": "卫生厕所",
		"met": "见到的人", "needs": "发现的需要", "checkinAt": "到户签到", "lat": "纬度", "lng": "经度", "accuracy": "误差（米）", "coord": "坐标系",
		"month": "月份", "year": "年份", "flag": "提示", "login": "账号", "role": "身份", "rank": "职级",
		"road": "入户路", "roadDist": "距主干路", "fuel": "主要燃料", "type": "户类型", "*": "新增",
		"code": "编号", "village": "村编号", "place": "村和寨", "exit": "脱贫标志", "exitYear": "脱贫年度", "planYear": "计划脱贫年度", "safety": "政策兜底", "noLabour": "整户无劳动力兜底",
		"military": "军烈属", "riskAt": "识别时间", "cleared": "风险已消除", "clearedAt": "消除时间", "clearedBy": "消除方式", "incomeYear": "收入年度", "wage": "工资性收入",
		"business": "经营收入", "property": "财产性收入", "transfer": "转移性收入", "expense": "经营支出", "bank": "开户银行", "bankAccount": "银行账号", "farmland": "耕地", "forest": "林地",
		"returned": "退耕还林", "orchard": "林果", "pasture": "牧草地", "pond": "水面", "idNo": "证件号码", "ethnic": "民族", "staff": "职工医保", "serious": "大病保险", "extra": "商业补充医保",
		"post": "公益性岗位", "service": "现役军人", "certNo": "残疾证号", "diagnosis": "病情", "head": "户主", "people": "人口", "state": "状态", "erasedAt": "抹去的时间",
		"reason": "原因", "into": "并到哪一户", "day": "日期", "action": "怎么办", "rev": "版本", "households": "户数", "q": "找农户", "what": "做什么", "kind": "类别", "from": "从哪天", "to": "到哪天",
		"text": "内容", "rating": "农户觉得", "closed": "办结日期", "answeredBy": "谁答复的", "answeredAt": "第一次答复", "words": "审批的话", "doneBy": "谁办的", "checkedBy": "谁核实的", "checkedAt": "什么时候核实",
		"given": "已给金额", "movedIn": "转来金额", "movedOut": "转走金额", "agreement": "农户同意吗", "objection": "农户的话", "agreedBy": "用谁的手机说的", "agreedDay": "哪天说的", "arrived": "到手了吗",
		"arrivedBy": "用谁的手机说的", "arrivedDay": "哪天到手", "yieldQuantity": "产出数量", "yieldUnit": "产出单位", "yieldAmount": "收益", "yieldDay": "算到哪天", "resultVisit": "见成效的走访",
		"amount": "计划金额", "quantity": "数量", "unit": "单位", "stage": "走到哪一步", "result": "结果", "answer": "答复", "category": "类别", "subject": "问题", "measure": "怎么解决",
		"due": "期限", "owner": "谁来办", "source": "来源", "fen": "金额", "account": "用在哪里", "fund": "资金", "why": "为什么", "cadre": "干部", "asker": "谁来要的", "way": "方式", "settledBy": "谁办的", "settledAt": "什么时候办的", "severity": "有多要紧", "about": "关于", "receipt": "收到没有", "channel": "用谁的手机", "visit": "走访", "score": "答对", "full": "满分", "weak": "再讲一讲", "deviceAt": "手机上写完", "takenAt": "拍照时间", "edition": "版次", "file": "表格文件", "rows": "表格里的行",
	}
}
