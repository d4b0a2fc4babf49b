package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daohu/server/workflow"
)

// flagChip is a hint of the server about a visit.
func flagChip(word string) Chip { return Chip{flag(word), "amber", "?"} }

// clockHint says whether the phone's clock lay in the time that can be shown.
func clockHint(r reviewedRow, arrived int64) Hint {
	if slices.Contains(r.Flags, "clock") {
		said := "手机时间 " + clock(r.DeviceAt)
		if r.CheckinAt > 0 {
			said += "，签到 " + clock(r.CheckinAt)
		}
		return Hint{"amber", said + "，可证明的是 " + clock(r.WindowAt) + " 到 " + clock(arrived) + " 之间"}
	}
	return Hint{"pine", "手机时间可信"}
}

func checkedIn(at int64) string {
	if at == 0 {
		return ""
	}
	return clock(at) + " 到户签到"
}

func confirmed(c workflow.Confirmed) Hint {
	h := Hint{"pine", "农户回执：" + c.Answer}
	if c.Answer != "来过" {
		h.Tone = "amber"
	}
	if c.Text != "" {
		h.Text += "，“" + c.Text + "”"
	}
	if c.Channel == "cadre_phone" {
		h.Text += "（在干部手机上点的）"
	}
	return h
}

func agreement(a string) string {
	return map[string]string{"agreed": "同意", "objected": "不同意"}[a]
}

// fieldValue is a field's value in words.
func fieldValue(name, value string) string {
	switch name {
	case "income", "amount", "wage", "business", "property", "transfer", "expense", "yieldAmount":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return yuan(n) + " 元"
		}
	case "checkinAt", "deviceAt":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return clock(n)
		}
	case "lat", "lng":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return fmt.Sprintf("%.4f°", float64(n)/1e6)
		}
	}
	if list := []string{}; strings.HasPrefix(value, "[") && json.Unmarshal([]byte(value), &list) == nil {
		return joined(list)
	}
	switch value {
	case "true":
		return "是"
	case "false":
		return "否"
	}
	return day(value)
}

// readyReasons are sentences to choose from when something is sent back.
func readyReasons() []string {
	return []string{"请写明说了什么、看到了什么。", "照片看不清，请补拍。", "日期不对，请核对后改正。", "户对不上，请核对是哪一户。", "这件事已经记过，请不要重复。"}
}
