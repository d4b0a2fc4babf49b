package booklet

import (
	"context"
	"fmt"
	"strings"

	"daohu/server/access"
	"daohu/server/edition"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/terms"
	"daohu/server/workflow"
	"daohu/server/write"
)

// mime is the media type of a card's text.
const mime = "text/markdown; charset=utf-8"

// maxCode is the longest code of a card, as the code of a form.
const maxCode = 32

// Store reads cards.
type Store interface {
	// Find reads one row by id; fault.NotFound outside the townships.
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
	Body(ctx context.Context, townships []string, sha256 string) (write.Blob, error)
	Common(ctx context.Context, township string) (string, error)
}

// Service is the township admin's desk for cards: drafts, editions, the
// archive. It is safe for concurrent use.
type Service struct {
	Store  Store
	Writer write.Writer
	Terms  terms.Source // the words of each township
}

// Entry is a card handed in. Without ID it is a new draft; with ID and Rev it
// takes the place of that draft; with ID and no Rev it is a new draft that may
// be sent twice.
type Entry struct {
	ID       string
	Rev      int64
	Code     string
	Topic    string
	Title    string
	Order    int64
	Text     string // Markdown, at most MaxSize bytes
	From     string // first day it holds; "" = always has
	Until    string // last day; "" = open
	Audience []string
}

// Master is a card as its makers see it.
type Master struct {
	ID       string   `json:"id"`
	Rev      int64    `json:"rev"`
	Code     string   `json:"code"`
	Edition  int64    `json:"edition" doc:"0 = a draft"`
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Order    int64    `json:"order"`
	State    string   `json:"state" doc:"draft, pending, published, archived"`
	Words    string   `json:"words,omitempty" doc:"of the admin who returned it"`
	From     string   `json:"from"`
	Until    string   `json:"until"`
	Audience []string `json:"audience" doc:"docs/booklet.md; empty = all households"`
	Text     string   `json:"text" doc:"Markdown as written"`
	HTML     string   `json:"html" doc:"as households see it, with the township's words"`
	Plain    string   `json:"plain" doc:"as it is read aloud"`
	Unknown  []string `json:"unknown,omitempty" doc:"words in {{ }} the township has no term for: such a card is not taken for approval"`
}

// check says all that can be checked without the township. Codes: invalid,
// too-large.
func (e Entry) check() error {
	var bad []fault.Field
	if !edition.IsKey(e.Code, maxCode) {
		bad = append(bad, fault.Field{Name: "code", Code: "format", Detail: "卡片代号要用小写字母、数字和短横线，最多 32 个。"})
	}
	if e.ID != "" && !record.IsID(e.ID) {
		bad = append(bad, fault.Field{Name: "id", Code: "format", Detail: "编号的格式不对。"})
	}
	if e.Order < 0 || e.Order > 999 {
		bad = append(bad, fault.Field{Name: "order", Code: "range", Detail: "排列的顺序要在 0 到 999 之间。"})
	}
	for _, f := range []struct{ name, value string }{{"topic", e.Topic}, {"title", e.Title}, {"from", e.From}, {"until", e.Until}} {
		d, _ := Type.Field(f.name)
		if p := d.CheckText(f.value); p != nil {
			bad = append(bad, fault.Field(*p))
		}
	}
	if strings.TrimSpace(e.Title) == "" {
		bad = append(bad, fault.Field{Name: "title", Code: "required", Detail: "请写上标题。"})
	}
	if strings.TrimSpace(e.Text) == "" {
		bad = append(bad, fault.Field{Name: "text", Code: "required", Detail: "请写上卡片的文字。"})
	}
	if e.From != "" && e.Until != "" && e.Until < e.From {
		bad = append(bad, fault.Field{Name: "until", Code: "range", Detail: "结束的日子不能早于开始的日子。"})
	}
	if bad = append(bad, checkAudience(e.Audience)...); bad != nil {
		return fault.Bad(bad...)
	}
	_, err := Render([]byte(e.Text))
	return err
}

// keep queues the text and fills the card.
func (e Entry) keep(tx write.Tx, c *Card) {
	c.Code, c.Topic, c.Title, c.Order, c.From, c.Until = e.Code, e.Topic, e.Title, e.Order, e.From, e.Until
	if c.Audience = ""; len(e.Audience) > 0 {
		c.Audience = record.ListOf(e.Audience)
	}
	c.SHA256, c.Size = write.Keep(tx, mime, []byte(e.Text)), int64(len(e.Text))
}

// Save keeps a draft of the township. Codes: invalid, too-large, id-taken, and
// for one that is there: not-found, stale, wrong-state (it was published).
func (s *Service) Save(ctx context.Context, a access.Actor, township string, e Entry) (Master, error) {
	if err := e.check(); err != nil {
		return Master{}, err
	}
	return s.moved(ctx, a, township, "card-draft", func(tx write.Tx, common string) (*Card, error) {
		return s.desk().Save(tx, a, common, e.ID, e.Rev, func(c *Card) { e.keep(tx, c) }, func(now, want *Card) bool {
			x, y := *now, *want
			x.Meta, y.Meta = record.Meta{}, record.Meta{}
			return x == y
		})
	})
}

// Submit hands the author's draft, seen at rev, to another admin for approval.
// Codes: not-found, stale, wrong-state, forbidden (somebody else's draft),
// invalid (words in {{ }} the township has no term for).
func (s *Service) Submit(ctx context.Context, a access.Actor, township, id string, rev int64) (Master, error) {
	words, err := s.Words(ctx, township)
	if err != nil {
		return Master{}, err
	}
	return s.moved(ctx, a, township, "card-submit", func(tx write.Tx, _ string) (*Card, error) {
		c, err := s.desk().Take(tx, id, rev, edition.Draft)
		if err != nil {
			return nil, err
		}
		if c.MadeBy != a.User {
			return nil, fault.New(fault.Forbidden, "草稿由起草的人交审。")
		}
		if err := c.readable(tx, words); err != nil {
			return nil, err
		}
		tx.Add(&write.Step{Type: Type.Name, Row: id, Rev: rev, From: c.State, To: workflow.Pending, By: a.User, At: tx.Now()})
		c.State, c.Words = workflow.Pending, ""
		tx.Put(Type, c)
		return c, nil
	})
}

// readable refuses a text that cannot be shown to households: with words in
// {{ }} the township has no term for.
func (c *Card) readable(tx write.Tx, words map[string]string) error {
	text, err := tx.Body(c.SHA256)
	if err != nil {
		return err
	}
	if unknown := Unknown(text, words); unknown != nil {
		return fault.Bad(fault.Field{Name: "text", Code: "unknown", Detail: fmt.Sprintf("用词表里没有“%s”，请改掉再交。", unknown[0])})
	}
	_, err = Render(Fill(text, words))
	return err
}

// Approved is the effect of approving a card: it becomes the next edition of
// its code, and the edition before goes to the archive.
func (s *Service) Approved(ctx context.Context, township string) (workflow.Effect, error) {
	words, err := s.Words(ctx, township)
	if err != nil {
		return nil, err
	}
	return func(tx write.Tx, row record.Record) ([]record.Record, error) {
		c := row.(*Card)
		if err := c.readable(tx, words); err != nil { // the township's words may have changed since
			return nil, err
		}
		return s.desk().Next(tx, c.Household, c, nil)
	}, nil
}

// Words are the terms a township goes by; of "" those that ship.
func (s *Service) Words(ctx context.Context, township string) (map[string]string, error) {
	if township != "" {
		p, err := terms.Of(ctx, s.Terms, township)
		return p.Words, err
	}
	doc, err := terms.Named("")
	if err != nil {
		return nil, err
	}
	p, err := terms.Parse(doc.Body)
	return p.Words, err
}

// Archive takes a published card, seen at rev, out of use; a draft is thrown
// away. Codes: not-found, stale, wrong-state.
func (s *Service) Archive(ctx context.Context, a access.Actor, township, id string, rev int64) (Master, error) {
	return s.moved(ctx, a, township, "card-archive", func(tx write.Tx, _ string) (*Card, error) {
		c, err := s.desk().Take(tx, id, rev, edition.Draft, workflow.Pending, edition.Published)
		if err == nil {
			s.desk().Archive(tx, c)
		}
		return c, err
	})
}

// moved runs one step of the desk and shows the card as it is then.
func (s *Service) moved(ctx context.Context, a access.Actor, township, action string, step func(tx write.Tx, common string) (*Card, error)) (Master, error) {
	var out *Card
	err := s.desk().Write(ctx, a, township, action, func(tx write.Tx, common string) (err error) {
		out, err = step(tx, common)
		return err
	})
	if err != nil {
		return Master{}, err
	}
	return s.show(ctx, township, out)
}

// Preview shows a card of any state. Code: not-found.
func (s *Service) Preview(ctx context.Context, township, id string) (Master, error) {
	r, err := s.Store.Find(ctx, Type, []string{township}, id)
	if err != nil {
		return Master{}, err
	}
	return s.show(ctx, township, r.(*Card))
}

func (s *Service) show(ctx context.Context, township string, c *Card) (Master, error) {
	words, err := s.Words(ctx, township)
	if err != nil {
		return Master{}, err
	}
	b, err := s.Store.Body(ctx, []string{township}, c.SHA256)
	if err != nil {
		return Master{}, err
	}
	filled := Fill(b.Body, words)
	html, err := Render(filled)
	if err != nil {
		return Master{}, err
	}
	return Master{ID: c.ID, Rev: c.Version, Code: c.Code, Edition: c.Edition, Topic: c.Topic, Title: c.Title, Order: c.Order, State: c.State, Words: c.Words,
		From: c.From, Until: c.Until, Audience: append([]string{}, c.conditions()...), Text: string(b.Body), HTML: html, Plain: Plain(string(filled)), Unknown: Unknown(b.Body, words)}, nil
}

// desk is what cards have in common with other documents.
func (s *Service) desk() edition.Desk[Card, *Card] {
	return edition.Desk[Card, *Card]{Type: Type, Writer: s.Writer, Common: s.Store.Common, Frozen: "已经发布的卡片不能再改，请另做一张。", Waits: workflow.Pending}
}
