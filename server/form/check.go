package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"daohu/server/edition"
	"daohu/server/fault"
	"daohu/server/form/logic"
	"daohu/server/record"
)

// What the server counts, as conditions name it. Of these a topic's Aware may
// speak of the first three, of the topic alone; Pass of all, of the paper.
const (
	VarScore   = "@score"   // points reached
	VarFull    = "@full"    // points of the items that were asked
	VarPercent = "@percent" // whole percent of them, cut; missing when Full is 0
	VarFailing = "@failing" // items whose Met does not hold
	VarMissing = "@missing" // items asked for and left open
)

// problems checks the whole paper and brings its answers and conditions into
// canonical form.
func (p *Paper) problems() []fault.Field {
	c := &checker{topics: map[string]bool{}, items: map[string]*Item{}}
	c.text("title", p.Title, maxTitle)
	if len(p.Topics) > MaxTopics {
		c.add("topics", "too-long", fmt.Sprintf("最多 %d 个主题。", MaxTopics))
	}
	for i, t := range p.Topics {
		at := fmt.Sprintf("topics.%d", i)
		c.key(at+".key", t.Key, maxKey, c.topics)
		c.text(at+".name", t.Name, maxName)
		if t.Card != "" {
			c.key(at+".card", t.Card, maxCode, nil)
		}
	}
	if n := len(p.Items); n == 0 || n > MaxItems {
		c.add("items", "range", fmt.Sprintf("题目要有 1 到 %d 道。", MaxItems))
	}
	seen := map[string]bool{}
	for i := range p.Items {
		it := &p.Items[i]
		at := fmt.Sprintf("items.%d", i)
		c.key(at+".key", it.Key, maxKey, seen)
		c.item(at, it)
		it.visible = c.condition(at+".visible_if", &it.VisibleIf) // knows the items before it only
		c.items[it.Key] = it
	}
	for i := range p.Items {
		it := &p.Items[i]
		at := fmt.Sprintf("items.%d", i)
		it.requiredIf, it.meet = c.condition(at+".required_if", &it.RequiredIf), c.condition(at+".met", &it.Met)
	}
	for i := range p.Topics {
		p.Topics[i].aware = c.condition(fmt.Sprintf("topics.%d.aware", i), &p.Topics[i].Aware, VarScore, VarFull, VarPercent)
	}
	p.pass = c.condition("pass", &p.Pass, VarScore, VarFull, VarPercent, VarFailing, VarMissing)
	return c.bad
}

// checker gathers what is wrong with a paper.
type checker struct {
	topics map[string]bool
	items  map[string]*Item // that a condition may speak of
	bad    []fault.Field
}

func (c *checker) add(name, code, detail string) {
	c.bad = append(c.bad, fault.Field{Name: name, Code: code, Detail: place(name) + detail})
}

// place says in Chinese where in a paper a dotted name points, as the
// beginning of a sentence; "" for the paper itself.
func place(name string) string {
	words := map[string]string{
		"title": "标题", "key": "代号", "name": "名称", "card": "卡片", "kind": "题型", "label": "文字", "options": "选项", "answer": "答案", "points": "分值",
		"topic": "主题", "required": "必答", "required_if": "必答条件", "visible_if": "出现条件", "met": "达到条件", "aware": "知晓条件", "pass": "通过条件",
	}
	nth := map[string]string{"items": "第 %d 题", "topics": "第 %d 个主题", "options": "第 %d 个选项"}
	var b strings.Builder
	parts := strings.Split(name, ".")
	for i := 0; i < len(parts); i++ {
		n, err := 0, errors.New("")
		if i+1 < len(parts) {
			n, err = strconv.Atoi(parts[i+1])
		}
		switch {
		case err == nil && nth[parts[i]] != "":
			fmt.Fprintf(&b, nth[parts[i]], n+1)
			i++
		case words[parts[i]] != "":
			if b.Len() > 0 {
				b.WriteString("的")
			}
			b.WriteString(words[parts[i]])
		}
	}
	if b.Len() > 0 {
		b.WriteString("：")
	}
	return b.String()
}

// text checks words shown to people: there must be some, of at most n runes.
func (c *checker) text(name, s string, n int64) {
	if s == "" {
		c.add(name, "required", "这里不能空着。")
		return
	}
	if p := (record.Field{Name: name, Kind: record.Text, Max: n}).CheckText(s); p != nil {
		c.add(p.Name, p.Code, p.Detail)
	}
}

// key checks the form of a key and, unless seen is nil, that it is new there.
func (c *checker) key(name, s string, n int, seen map[string]bool) {
	if !edition.IsKey(s, n) {
		c.add(name, "format", fmt.Sprintf("代号要用小写字母、数字和短横线，最多 %d 个。", n))
		return
	}
	if seen[s] {
		c.add(name, "not-allowed", "代号重复了。")
	}
	if seen != nil {
		seen[s] = true
	}
}

func (c *checker) item(at string, it *Item) {
	if !slices.Contains([]Kind{Single, Multiple, YesNo, Number, Date, Words, Photo, Note}, it.Kind) {
		c.add(at+".kind", "not-allowed", "没有这种题型。")
		return
	}
	c.text(at+".label", it.Label, maxLabel)
	c.options(at+".options", it)
	c.photo(at+".label", it)
	if it.Kind == Note && (it.Required || len(it.RequiredIf)+len(it.Met) > 0) {
		c.add(at+".required", "not-allowed", "说明不用回答，不能要求必答或达到。")
	}
	if it.Topic != "" && !c.topics[it.Topic] {
		c.add(at+".topic", "unknown", "没有这个主题。")
	}
	if it.Points < 0 || it.Points > MaxPoints {
		c.add(at+".points", "range", fmt.Sprintf("分值要在 0 到 %d 之间。", MaxPoints))
	}
	if it.Points > 0 && it.Topic == "" {
		c.add(at+".topic", "required", "有分值的题要写明主题。")
	}
	if (it.Points > 0) != (len(it.Answer) > 0) {
		c.add(at+".answer", "required", "有分值就要有答案，有答案就要有分值。")
		return
	}
	if len(it.Answer) == 0 {
		return
	}
	right, err := it.canonical(it.Answer)
	if err != nil || right == "" || it.Kind == Words || it.Kind == Photo {
		c.add(at+".answer", "not-allowed", "答案和题型或选项对不上。")
		return
	}
	it.Answer = json.RawMessage(right)
}

// photo keeps people out of the pictures a paper asks for (product rule 4).
func (c *checker) photo(at string, it *Item) {
	if it.Kind != Photo {
		return
	}
	for _, word := range []string{"身份证", "证件", "户口本", "户口簿", "银行卡", "社保卡", "医保卡", "残疾证", "人脸", "脸部", "面部", "正脸", "头像", "大头照", "半身照", "自拍", "肖像", "合影", "合照", "全家福", "手持"} {
		if strings.Contains(it.Label, word) {
			c.add(at, "not-allowed", "照片只拍东西，不拍人脸和证件（“"+word+"”）。")
			return
		}
	}
}

func (c *checker) options(at string, it *Item) {
	if it.Kind != Single && it.Kind != Multiple {
		if len(it.Options) > 0 {
			c.add(at, "not-allowed", "这种题型没有选项。")
		}
		return
	}
	if n := len(it.Options); n < 2 || n > MaxOptions {
		c.add(at, "range", fmt.Sprintf("选项要有 2 到 %d 个。", MaxOptions))
	}
	seen := map[string]bool{}
	for i, o := range it.Options {
		c.key(fmt.Sprintf("%s.%d.key", at, i), o.Key, maxKey, seen)
		c.text(fmt.Sprintf("%s.%d.label", at, i), o.Label, maxLabel)
	}
}

// condition reads one condition, if there is one, and writes it back in
// canonical form. It may speak of the items known so far and of counted.
func (c *checker) condition(at string, raw *json.RawMessage, counted ...string) *logic.Expr {
	if len(*raw) == 0 {
		return nil
	}
	e, err := logic.Parse(*raw)
	if err != nil {
		if le, ours := errors.AsType[*logic.Error](err); ours {
			c.add(at, le.Code, le.Sentence())
		}
		return nil
	}
	*raw = e.Encode()
	for _, s := range e.Check(func(name string) (logic.Var, bool) {
		if slices.Contains(counted, name) {
			return logic.Var{Type: logic.Number}, true
		}
		it := c.items[name]
		if it == nil {
			return logic.Var{}, false
		}
		return it.variable()
	}) {
		c.add(at, "not-allowed", s)
	}
	return e
}

// variable is what a condition may expect of an answer to it; no photo and no
// note can be spoken of.
func (it *Item) variable() (logic.Var, bool) {
	var keys []string
	for _, o := range it.Options {
		keys = append(keys, o.Key)
	}
	switch it.Kind {
	case Single:
		return logic.Var{Type: logic.Text, Among: keys}, true
	case Multiple:
		return logic.Var{Type: logic.Set, Among: keys}, true
	case YesNo:
		return logic.Var{Type: logic.Text, Among: []string{Yes, No}}, true
	case Number:
		return logic.Var{Type: logic.Number}, true
	case Date:
		return logic.Var{Type: logic.Day}, true
	case Words:
		return logic.Var{Type: logic.Text}, true
	}
	return logic.Var{}, false
}

// isDay reports whether s is a calendar day such as 2026-01-31.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
