package form

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"daohu/server/fault"
	"daohu/server/form/logic"
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
	Photo    Kind = "photo"    // the id of a photo row; never carries points
	Note     Kind = "note"     // words to read out; never answered
)

// The two answers of a YesNo item.
const (
	Yes = "yes"
	No  = "no"
)

// Paper is the body a Form row names by SHA256: the questions of one version.
// Once published its bytes never change; a new text is a new edition. The
// conditions are of package logic, in canonical JSON; docs/forms.md tells what
// each may speak of.
type Paper struct {
	Title  string  `json:"title"`
	Topics []Topic `json:"topics"`
	Items  []Item  `json:"items"`
	// Pass is when an answered paper passes; empty = nothing is passed or failed.
	Pass json.RawMessage `json:"pass,omitempty"`
	pass *logic.Expr
}

// Topic is what some items are about, and the card that explains it.
type Topic struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Card string `json:"card,omitempty"` // code of the booklet card to explain again; "" = none
	// Aware is when a household knows the topic (政策知晓率); empty = when every
	// scored item of it is answered rightly.
	Aware json.RawMessage `json:"aware,omitempty"`
	aware *logic.Expr
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
	Required   bool            `json:"required,omitempty"`
	RequiredIf json.RawMessage `json:"required_if,omitempty"` // as Required, while it holds
	VisibleIf  json.RawMessage `json:"visible_if,omitempty"`  // empty = always asked; speaks of earlier items only
	// Met is when the item of a checklist is met; empty = it has no say in it.
	Met                       json.RawMessage `json:"met,omitempty"`
	requiredIf, visible, meet *logic.Expr
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
		return nil, tooLong()
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, fault.New(fault.BadRequest, "题目文件的格式不对。")
	}
	p, err := decodePaper(body)
	if err != nil {
		return nil, err
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
	q := p.clone()
	if bad := q.problems(); len(bad) > 0 {
		return nil, fault.Bad(bad...)
	}
	return q.encode()
}

// Bare returns the bytes of the paper without everything that tells what is
// right: what phones get of an exam. p comes from ParsePaper.
func (p *Paper) Bare() ([]byte, error) {
	q := p.clone()
	q.Pass = nil
	for i := range q.Topics {
		q.Topics[i].Aware = nil
	}
	for i := range q.Items {
		q.Items[i].Answer, q.Items[i].Met = nil, nil
	}
	return q.encode()
}

// Scored are the keys of the topics that have points, each once.
func (p *Paper) Scored() []string {
	var out []string
	for _, it := range p.Items {
		if it.Points > 0 && !slices.Contains(out, it.Topic) {
			out = append(out, it.Topic)
		}
	}
	return out
}

func (p *Paper) clone() *Paper {
	q := *p
	q.Topics, q.Items = append([]Topic{}, p.Topics...), slices.Clone(p.Items) // topics are always a list
	return &q
}

func (p *Paper) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		return nil, fault.Wrap(fault.Internal, err)
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(body) > MaxSize {
		return nil, tooLong()
	}
	return body, nil
}

func tooLong() error { return fault.New(fault.TooLarge, "题目太多或太长，请分成几份。") }
