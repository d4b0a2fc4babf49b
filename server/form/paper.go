package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"daohu/server/fault"
	"daohu/server/record"
)

// Bounds of a paper. MaxSize keeps it within a few answers of a slow link;
// MaxItems is the longest list a Response takes (its answers field); the
// topics fit its weak field.
const (
	MaxSize    = 64 << 10 // bytes of the encoded paper
	MaxItems   = 60
	MaxTopics  = 20
	MaxOptions = 10
	MaxPoints  = 100 // of one item
	maxKey     = 16  // characters of a key
	maxCode    = 32  // characters of a card's code
	maxTitle   = 60  // runes, as Form.Title
	maxName    = 20  // runes of a topic's name
	maxLabel   = 200 // runes of a question, an option or an answer in words
)

// Kind says how an item is answered.
type Kind string

// The kinds of item, and what an answer to each looks like on the wire.
const (
	Single   Kind = "single"   // one option key
	Multiple Kind = "multiple" // a list of option keys, in any order
	YesNo    Kind = "yesno"    // Yes or No
	Number   Kind = "number"   // a whole number below 2^53, not negative
	Date     Kind = "date"     // 2026-01-31
	Words    Kind = "text"     // free text; never carries points
)

// The two answers of a YesNo item.
const (
	Yes = "yes"
	No  = "no"
)

// Paper is the body a Form row names by SHA256: the questions of one version.
// Once published its bytes never change; a new text is a new edition.
type Paper struct {
	Title  string  `json:"title"`
	Topics []Topic `json:"topics"`
	Items  []Item  `json:"items"`
}

// Topic is what some items are about, and the card that explains it.
type Topic struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Card string `json:"card,omitempty"` // code of the booklet card to explain again; "" = none
}

// Item is one question.
type Item struct {
	Key     string   `json:"key"`
	Kind    Kind     `json:"kind"`
	Label   string   `json:"label"`
	Options []Option `json:"options,omitempty"` // Single and Multiple only
	// Answer is the right answer in canonical JSON; empty = the item has none
	// and carries no points.
	Answer json.RawMessage `json:"answer,omitempty"`
	Points int64           `json:"points,omitempty"` // 0 = not scored
	Topic  string          `json:"topic,omitempty"`  // topic key; needed when scored
	// Required is for the phone, which asks for the item in plain words. The
	// server takes an answer without it: saving never fails (product rule 1).
	Required bool `json:"required,omitempty"`
}

// Option is one choice of an item.
type Option struct {
	Key   string `json:"key"`
	Label string `json:"label"`
}

// ParsePaper reads a paper strictly. Unknown or repeated keys, wrong kinds of
// value, answers and topics that do not exist and anything over its bound are
// refused with one field error each: fault.TooLarge, BadRequest or Invalid.
func ParsePaper(body []byte) (*Paper, error) {
	if len(body) > MaxSize {
		return nil, fault.New(fault.TooLarge, "题目太多或太长，请分成几份。")
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, fault.New(fault.BadRequest, "题目文件的格式不对。")
	}
	p, err := decodePaper(body)
	if err != nil {
		return nil, fault.Wrap(fault.BadRequest, err)
	}
	if bad := p.problems(); len(bad) > 0 {
		return nil, fault.Bad(bad...)
	}
	return p, nil
}

// Encode returns the paper's canonical bytes: what its SHA256 is taken of.
// Equal papers give equal bytes; a paper that ParsePaper would refuse is
// refused here too.
func (p *Paper) Encode() ([]byte, error) {
	q := Paper{Title: p.Title, Topics: p.Topics, Items: slices.Clone(p.Items)}
	if bad := q.problems(); len(bad) > 0 {
		return nil, fault.Bad(bad...)
	}
	if q.Topics == nil {
		q.Topics = []Topic{} // the key is always a list
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(q); err != nil {
		return nil, fault.Wrap(fault.Internal, err)
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(body) > MaxSize {
		return nil, fault.New(fault.TooLarge, "题目太多或太长，请分成几份。")
	}
	return body, nil
}

// problems checks the whole paper and brings its answers into canonical form.
func (p *Paper) problems() []fault.Field {
	c := &checker{topics: map[string]bool{}}
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
		at := fmt.Sprintf("items.%d", i)
		c.key(at+".key", p.Items[i].Key, maxKey, seen)
		c.item(at, &p.Items[i])
	}
	return c.bad
}

// checker gathers what is wrong with a paper.
type checker struct {
	topics map[string]bool
	bad    []fault.Field
}

func (c *checker) add(name, code, detail string) {
	c.bad = append(c.bad, fault.Field{Name: name, Code: code, Detail: detail})
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
	if !isKey(s, n) {
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
	if !slices.Contains([]Kind{Single, Multiple, YesNo, Number, Date, Words}, it.Kind) {
		c.add(at+".kind", "not-allowed", "没有这种题型。")
		return
	}
	c.text(at+".label", it.Label, maxLabel)
	c.options(at+".options", it)
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
	if err != nil || right == "" || it.Kind == Words {
		c.add(at+".answer", "not-allowed", "答案和题型或选项对不上。")
		return
	}
	it.Answer = json.RawMessage(right)
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

// isKey reports whether s is a key: lower-case letters, digits and dashes, at
// most n, beginning with a letter.
func isKey(s string, n int) bool {
	if s == "" || len(s) > n || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}

// isDay reports whether s is a calendar day such as 2026-01-31.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
