package form

import (
	"context"
	"encoding/json"
	"fmt"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/edition"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Store reads papers.
type Store interface {
	// Find reads one row by id; fault.NotFound outside the townships.
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
	Body(ctx context.Context, townships []string, sha256 string) (write.Blob, error)
	Common(ctx context.Context, township string) (string, error)
}

// Service is the township admin's desk for papers: drafts, editions, the
// archive. It is safe for concurrent use.
type Service struct {
	Store  Store
	Writer write.Writer
}

// Entry is a paper handed in. Without ID it is a new draft; with ID and Rev it
// takes the place of that draft; with ID and no Rev it is a new draft that may
// be sent twice.
type Entry struct {
	ID    string
	Rev   int64
	Code  string
	Kind  string
	Paper json.RawMessage
}

// Master is a paper as its makers see it, with what is right.
type Master struct {
	ID      string          `json:"id"`
	Rev     int64           `json:"rev"`
	Code    string          `json:"code"`
	Edition int64           `json:"edition" doc:"0 = a draft"`
	Title   string          `json:"title"`
	Kind    string          `json:"kind"`
	State   string          `json:"state"`
	Paper   json.RawMessage `json:"paper" doc:"docs/forms.md"`
}

// checked is a draft that was read.
type checked struct {
	Entry
	title string
	whole []byte // the paper in canonical form
	body  []byte // what phones get
	key   []byte // what only the server reads; nil = body is all
}

// read checks all that can be checked without the township.
func (d Entry) read() (*checked, error) {
	c := &checked{Entry: d}
	f, _ := Type.Field("kind")
	if p := f.CheckText(d.Kind); d.Kind == "" || p != nil {
		return nil, fault.Bad(fault.Field{Name: "kind", Code: "not-allowed", Detail: "种类要从 quiz（政策问答）、exam（考试）、checklist（清单）里选。"})
	}
	if !edition.IsKey(d.Code, maxCode) {
		return nil, fault.Bad(fault.Field{Name: "code", Code: "format", Detail: "题目代号要用小写字母、数字和短横线，最多 32 个。"})
	}
	if d.ID != "" && !record.IsID(d.ID) {
		return nil, fault.Bad(fault.Field{Name: "id", Code: "format", Detail: "编号的格式不对。"})
	}
	p, err := ParsePaper(d.Paper)
	if err != nil {
		return nil, err
	}
	c.title = p.Title
	if c.whole, err = p.Encode(); err != nil {
		return nil, err
	}
	c.body = c.whole
	if d.Kind == Exam {
		if c.body, err = p.Bare(); err != nil {
			return nil, err
		}
		c.key = append(append([]byte(`{"`+Exam+`":`), c.whole...), '}') // never the hash of a body that is served
	}
	return c, nil
}

// keep queues the bodies and fills what f says of them.
func (c *checked) keep(tx write.Tx, f *Form) {
	f.Code, f.Kind, f.Title = c.Code, c.Kind, c.title
	f.SHA256, f.Size, f.Key = write.Keep(tx, "application/json", c.body), int64(len(c.body)), ""
	if c.key != nil {
		f.Key = write.Keep(tx, KeyMime, c.key)
	}
}

// Save keeps a draft of the township. Codes: bad-request, invalid (what is
// wrong with the paper, by item and field), too-large, id-taken, and for one
// that is there: not-found, stale, wrong-state (it was published).
func (s *Service) Save(ctx context.Context, a access.Actor, township string, d Entry) (Master, error) {
	c, err := d.read()
	if err != nil {
		return Master{}, err
	}
	var out *Form
	err = s.desk().Write(ctx, a, township, "form-draft", func(tx write.Tx, common string) error {
		var err error
		out, err = s.desk().Save(tx, a, common, d.ID, d.Rev, func(f *Form) { c.keep(tx, f) }, func(now, want *Form) bool {
			return want.SHA256 == now.SHA256 && want.Key == now.Key && want.Code == now.Code && want.Kind == now.Kind
		})
		return err
	})
	if err != nil {
		return Master{}, err
	}
	return out.shown(c.whole), nil
}

// Publish makes the draft, seen at rev, the next edition of its code and
// archives the edition before. Codes: not-found, stale, wrong-state, invalid.
func (s *Service) Publish(ctx context.Context, a access.Actor, township, id string, rev int64) (Master, error) {
	var out *Form
	var paper *Paper
	err := s.desk().Write(ctx, a, township, "form-publish", func(tx write.Tx, common string) error {
		var err error
		if out, paper, err = s.take(tx, id, rev, Draft); err != nil {
			return err
		}
		if err := cards(tx, common, paper); err != nil {
			return err
		}
		return s.desk().Publish(tx, common, out, func(old *Form) error {
			if old.Kind != out.Kind {
				return fault.Bad(fault.Field{Name: "kind", Code: "not-allowed", Detail: "这个代号以前是另一种题目，请换一个代号。"})
			}
			return nil
		})
	})
	if err != nil {
		return Master{}, err
	}
	return out.encoded(paper)
}

// cards refuses topics whose card the township does not have.
func cards(tx write.Tx, common string, p *Paper) error {
	rows, err := tx.Of(booklet.Type, common)
	if err != nil {
		return err
	}
	have := map[string]bool{"": true}
	for _, r := range rows {
		c := r.(*booklet.Card)
		have[c.Code] = have[c.Code] || c.State == Published && c.DeletedAt == 0
	}
	c := &checker{}
	for i, t := range p.Topics {
		if !have[t.Card] {
			c.add(fmt.Sprintf("topics.%d.card", i), "unknown", "口袋书里没有“"+t.Card+"”这张卡片。")
		}
	}
	if c.bad != nil {
		return fault.Bad(c.bad...)
	}
	return nil
}

// Archive takes a published paper, seen at rev, out of use; a draft is thrown
// away. Phones that have not heard of it may still send answers.
// Codes: not-found, stale, wrong-state.
func (s *Service) Archive(ctx context.Context, a access.Actor, township, id string, rev int64) (Master, error) {
	var out *Form
	var paper *Paper
	err := s.desk().Write(ctx, a, township, "form-archive", func(tx write.Tx, _ string) error {
		var err error
		if out, paper, err = s.take(tx, id, rev, Draft, Published); err != nil {
			return err
		}
		s.desk().Archive(tx, out)
		return nil
	})
	if err != nil {
		return Master{}, err
	}
	return out.encoded(paper)
}

// Preview shows a paper of any state with what is right. Code: not-found.
func (s *Service) Preview(ctx context.Context, township, id string) (Master, error) {
	r, err := s.Store.Find(ctx, Type, []string{township}, id)
	if err != nil {
		return Master{}, err
	}
	f := r.(*Form)
	p, err := f.Paper(func(sha256 string) ([]byte, error) {
		b, err := s.Store.Body(ctx, []string{township}, sha256)
		return b.Body, err
	})
	if err != nil {
		return Master{}, err
	}
	return f.encoded(p)
}

// desk is what papers have in common with other documents.
func (s *Service) desk() edition.Desk[Form, *Form] {
	return edition.Desk[Form, *Form]{Type: Type, Writer: s.Writer, Common: s.Store.Common, Frozen: "已经发布的题目不能再改，请另做一份。"}
}

// take reads a form that is to change, and its paper.
func (s *Service) take(tx write.Tx, id string, rev int64, states ...string) (*Form, *Paper, error) {
	f, err := s.desk().Take(tx, id, rev, states...)
	if err != nil {
		return nil, nil, err
	}
	p, err := f.Paper(tx.Body)
	return f, p, err
}

func (f *Form) encoded(p *Paper) (Master, error) {
	whole, err := p.Encode()
	return f.shown(whole), err
}

func (f *Form) shown(whole []byte) Master {
	return Master{ID: f.ID, Rev: f.Version, Code: f.Code, Edition: f.Edition, Title: f.Title, Kind: f.Kind, State: f.State, Paper: whole}
}

// Check says what is wrong with e without keeping it. Codes as of Save.
func (e Entry) Check() (Master, error) {
	c, err := e.read()
	if err != nil {
		return Master{}, err
	}
	return Master{Code: c.Code, Title: c.title, Kind: c.Kind, State: Draft, Paper: c.whole}, nil
}
