package console

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// stage is what one of the four visits (四访) is called; "" = none.
func stage(n int64) string {
	if n < 1 || n > 4 {
		return ""
	}
	return []string{"第一访 认门户", "第二访 出思路", "第三访 上措施", "第四访 见成效"}[n-1]
}

// progress is what a measure has come to.
func progress(stage string) string {
	return map[string]string{"": "计划", "wish": "心愿", "plan": "计划", "doing": "在做", "done": "做完了", "stopped": "停了"}[stage]
}

// arrived is what the household says of a measure.
func arrived(word string) string {
	return map[string]string{"": "没有问", "arrived": "到手了", "not_arrived": "没到手"}[word]
}

// flag is what a hint for the reviewer says.
func flag(word string) string {
	if w := map[string]string{"late": "送得晚", "double": "像是重复", "clock": "手机时间对不上", "content": "文字请留意", "no-consent": "没有照片同意", "day": "照片不是当天", "reused": "照片用过", "similar": "照片很像"}[word]; w != "" {
		return w
	}
	return word
}

// channel is whose phone something was tapped on.
func channel(word string) string {
	return map[string]string{"own": "用自家手机", "cadre_phone": "用干部手机"}[word]
}

// ending is a household's state.
func ending(state string) string {
	return map[string]string{"": "在册", "closed": "已关闭", "merged": "已并走", "erased": "已抹去"}[state]
}

// caseChip is the chip of a need, a complaint or a problem: open past its day it
// is overdue.
func caseChip(state, due, today string) Chip {
	switch {
	case (state == "open" || state == "doing") && due != "" && due < today:
		return Chip{"超期", "brick", "!"}
	case state == "open":
		return Chip{"等答复", "amber", "…"}
	case state == "doing":
		return Chip{"在办", "amber", "…"}
	}
	return chip(state)
}

// rightChip is the chip of a request about personal data.
func rightChip(state, due, today string) Chip {
	switch {
	case state == "open" && due >= today:
		return Chip{"还没办", "amber", "…"}
	case state == "refused":
		return Chip{"没答应", "slate", "■"}
	}
	return caseChip(state, due, today)
}

// issueChip is the chip of a line of the problem ledger.
func issueChip(state, due, today string) Chip {
	switch {
	case state == "done":
		return Chip{"等核实", "slate", "…"}
	case state == "checked":
		return Chip{"已销号", "pine", "✓"}
	case state == "open" && (due == "" || due >= today):
		return Chip{"还没办", "amber", "…"}
	}
	return caseChip(state, due, today)
}

// briefMost is how many characters of a text stand in a row of a table.
const briefMost = 60

// brief is the beginning of a text.
func brief(s string) string {
	if utf8.RuneCountInString(s) <= briefMost {
		return s
	}
	return string([]rune(s)[:briefMost]) + "…"
}

// photoState is why a photo cannot be seen.
func photoState(state string) string {
	return map[string]string{"": "照片还在路上", "bad": "照片坏了", "erased": "照片已删除", "refused": "这户不同意拍照", "withheld": "这户收回了同意"}[state]
}

// moneyWhy is why money moved.
func moneyWhy(why string) string {
	if w := map[string]string{"received": "收到", "opening": "以前已给", "allocated": "安排", "disbursed": "付到户", "whole_household_away": "全户外出，转走", "stopped": "措施停了，转走", "correction": "更正"}[why]; w != "" {
		return w
	}
	return why
}

// digits is a number to be typed again; "" for none.
func digits(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// plainYuan is an amount of fen to be typed again, in yuan; "" for none.
func plainYuan(fen int64) string {
	if fen == 0 {
		return ""
	}
	return strings.ReplaceAll(yuan(fen), ",", "")
}
