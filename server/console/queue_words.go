package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"daohu/server/workflow"
)

// Kept is a change that could not be taken by itself, as it was sent.
type Kept struct {
	ID, Household, By, Why, State string
	At                            int64
	Mutation                      []json.RawMessage // number, base, type, row, household, fields, the phone's clock
}

// kind is the type of record it is about.
func (k Kept) kind() string { return k.part(2) }

func (k Kept) part(i int) string {
	var s string
	if i < len(k.Mutation) {
		_ = json.Unmarshal(k.Mutation[i], &s) // what is no text is shown as none
	}
	return s
}

func reviewKept(k Kind, it Item) (*Reviewed, error) {
	var r Kept
	if err := json.Unmarshal(it.raw, &r); err != nil {
		return nil, err
	}
	out := &Reviewed{ID: r.ID, Rev: 1, Kind: k, Open: true, State: chip("pending"), Household: r.Household, When: clock(r.At) + " 送达",
		Title: typeWord(r.kind()), Hints: []Hint{{"amber", whyWord(r.Why)}}}
	var fields map[string]any
	if len(r.Mutation) > 5 && json.Unmarshal(r.Mutation[5], &fields) == nil {
		for _, name := range sortedKeys(fields) {
			out.Changes = append(out.Changes, Change{Word: fieldWord(name), New: fieldValue(name, plain(fields[name]))})
		}
	}
	return out, nil
}

func whyWord(why string) string {
	if w := map[string]string{"late": "送到时这户已经不归他管", "push-only": "送来的账号已经停用或退出", "wiped": "送来的手机已经被抹掉", "unreadable": "这一条读不懂"}[why]; w != "" {
		return w
	}
	return why
}

func whyChip(why string) Chip { return Chip{whyWord(why), "amber", "?"} }

// flagChip is a hint of the server about a visit.
func flagChip(flag string) Chip {
	word := map[string]string{"late": "送到时已换人帮扶", "double": "同一天同一户记了两次", "clock": "手机时间对不上", "content": "文字要留意"}[flag]
	if word == "" {
		word = flag
	}
	return Chip{word, "amber", "?"}
}

func photoHint(flag string) string {
	if w := map[string]string{"no-consent": "没有记下农户同意拍照", "day": "拍照的日子和走访不同", "reused": "和另一次走访的照片是同一张", "similar": "和另一次走访的照片很像"}[flag]; w != "" {
		return w
	}
	return flag
}

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

func stageWord(stage any) string {
	n, _ := stage.(float64)
	return map[int]string{1: "第一访 认门户", 2: "第二访 出思路", 3: "第三访 上措施", 4: "第四访 见成效"}[int(n)]
}

func measureStage(stage any) string {
	s, _ := stage.(string)
	return map[string]string{"wish": "愿望", "": "计划", "plan": "计划", "doing": "正在做", "done": "已完成", "stopped": "停了"}[s]
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

// plain is a JSON value as a text.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, _ := json.Marshal(v) // it came from JSON
	return string(raw)
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// readyReasons are sentences to choose from when something is sent back.
func readyReasons() []string {
	return []string{"请写明说了什么、看到了什么。", "照片看不清，请补拍。", "日期不对，请核对后改正。", "户对不上，请核对是哪一户。", "这件事已经记过，请不要重复。"}
}
