package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daohu/server/fault"
)

// Past is an earlier edition of a setting that is looked at.
type Past struct {
	Row
	Text    string // the document, to be read
	Changes []Differs
	body    map[string]any
}

// Differs is one place where two editions of a document differ; "" = it is not
// there.
type Differs struct{ Place, Was, Now string }

// past opens the edition that the address names; nil = it names none.
func (s *Settings) past(v *View) (*Past, error) {
	no, err := strconv.ParseInt(v.Filter("edition"), 10, 64)
	if err != nil {
		return nil, nil
	}
	at := slices.IndexFunc(s.History, func(r Row) bool { return r.Int("edition") == no })
	if at < 0 {
		return nil, fault.New(fault.NotFound, "没有这一版。")
	}
	out := &Past{Row: s.History[at]}
	var raw json.RawMessage
	if err := v.Get("/api/v1/blobs/"+url.PathEscape(out.Row.Text("sha256")), nil, &raw); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, raw, "", "  "); err != nil {
		return nil, err
	}
	out.Text = text.String()
	if out.body, err = document(raw); err != nil {
		return nil, err
	}
	now, err := document(s.One.Body)
	out.Changes = differences(out.body, now)
	return out, err
}

// document reads a document; numbers stay as they are written.
func document(raw []byte) (out map[string]any, err error) {
	read := json.NewDecoder(bytes.NewReader(raw))
	read.UseNumber()
	return out, read.Decode(&out)
}

// differences are the places where two documents differ, by place.
func differences(was, now map[string]any) []Differs {
	a, b := map[string]string{}, map[string]string{}
	flatten("", was, a)
	flatten("", now, b)
	places := map[string]bool{}
	for place := range a {
		places[place] = true
	}
	for place := range b {
		places[place] = true
	}
	var out []Differs
	for _, place := range slices.Sorted(maps.Keys(places)) {
		x, inA := a[place]
		y, inB := b[place]
		if x != y || inA != inB {
			out = append(out, Differs{place, x, y})
		}
	}
	return out
}

// flatten notes every single value of a document by its place. A line of a list
// is named by what tells it apart, so that one put in between moves no other.
func flatten(at string, value any, into map[string]string) {
	under := func(word string) string { return strings.TrimPrefix(at+" › "+word, " › ") }
	switch x := value.(type) {
	case map[string]any:
		for name, part := range x {
			flatten(under(settingWord(name)), part, into)
		}
	case []any:
		var plain []string
		for i, part := range x {
			switch one := part.(type) {
			case map[string]any:
				flatten(under(lineName(i, one)), one, into)
			case []any:
				flatten(under(fmt.Sprintf("第 %d 行", i+1)), one, into)
			default:
				plain = append(plain, fmt.Sprint(one))
			}
		}
		if len(plain) > 0 || len(x) == 0 {
			into[at] = joined(plain)
		}
	case bool:
		into[at] = map[bool]string{true: "是", false: "否"}[x]
	default:
		into[at] = settingValue(fmt.Sprint(x))
	}
}

// settingValue is a word that documents keep in English, as people read it.
func settingValue(s string) string {
	if w := map[string]string{"none": policyWord("none"), "optional": policyWord("optional"), "either": policyWord("either"), "required": policyWord("required"),
		"month": "每月", "quarter": "每季度", "week": "每周", "year": "每年", "after-exit": "脱贫以后", "any": "随时", "this-year": "今年计划的户", "not-exited": "还没脱贫的户", "registered": "建档的户",
		"county": "县里", "township": "乡镇", "village": "村里"}[s]; w != "" {
		return w
	}
	return s
}

// lineName is what a line of a list is told apart by, else its place.
func lineName(i int, line map[string]any) string {
	for _, key := range []string{"code", "key", "name", "what", "rank", "tier", "type", "day", "from", "word", "title", "stage"} {
		switch s := line[key].(type) {
		case string:
			return "“" + s + "”"
		case json.Number:
			return "“" + s.String() + "”"
		}
	}
	return fmt.Sprintf("第 %d 行", i+1)
}

// settingWord is what a key of the documents is called; one that is not listed
// stays.
func settingWord(key string) string {
	if w := map[string]string{"edition": "内容的版次", "policy": "做法", "until": "到哪天", "reason": "原因", "every": "多久一次", "count": "几次", "source": "出处", "title": "标题", "name": "名称",
		"ranks": "职级", "households": "户数", "also": "也写作", "tiers": "来自哪里", "min": "至少", "max": "最多", "release": "什么时候能解除结对", "must": "谁该结对", "target": "目标（百分之几）",
		"terms": "用词", "profile": "方案", "days": "天数", "lines": "文字", "rules": "规则", "stages": "各访", "categories": "类别", "causes": "原因", "needDays": "需求几个工作日答复",
		"complaintDays": "投诉几个工作日答复", "steps": "步骤", "moves": "办理", "flows": "流程", "prompts": "提示", "off": "放假", "worked": "补班"}[key]; w != "" {
		return w
	}
	return key
}

// restoreSetting puts an earlier edition back, as a new one over what was seen.
func restoreSetting(v *View) (Done, error) {
	shown, err := showSettings(v)
	if err != nil {
		return Done{}, err
	}
	s, _ := shown.(*Settings)
	if s.Past == nil {
		return Done{}, fault.New(fault.BadRequest, "")
	}
	doc := s.Past.body
	if _, counted := doc["edition"].(json.Number); counted { // it counts on; one that names a year stays
		doc["edition"] = v.carried("edition") + 1
	}
	done, err := v.publish("body", doc, "title", s.Past.Row.Text("title"))
	done.To, done.Say = "/settings?code="+url.QueryEscape(v.Filter("code")), "已放回去，是新的一版。"
	return done, err
}
