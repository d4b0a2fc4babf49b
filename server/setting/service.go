package setting

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Store reads settings.
type Store interface {
	// Settings are the editions of one kind in a township, or with code "" of
	// all kinds, in no order.
	Settings(ctx context.Context, township, code string) ([]*Setting, error)
	Body(ctx context.Context, townships []string, sha256 string) (write.Blob, error)
	Common(ctx context.Context, township string) (string, error)
}

// Service reads and publishes settings. It is safe for concurrent use.
type Service struct {
	Store  Store
	Writer write.Writer
	Kinds  []Kind
}

// Shown is the document that holds in a township.
type Shown struct {
	Code    string          `json:"code"`
	Title   string          `json:"title" doc:"of the kind"`
	Name    string          `json:"name" doc:"of the document"`
	Edition int64           `json:"edition" doc:"of the township's own document; 0 = the one that ships"`
	Reason  string          `json:"reason,omitempty" doc:"why it was published"`
	Body    json.RawMessage `json:"body"`
	Shipped []Choice        `json:"shipped" doc:"documents that ship with the program, to publish by name"`
}

// Choice is a document that ships with the program.
type Choice struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

func (s *Service) kind(code string) (Kind, error) {
	for _, k := range s.Kinds {
		if k.Code == code {
			return k, nil
		}
	}
	return Kind{}, fault.New(fault.NotFound, "没有这种设置。")
}

// Current returns the document of a kind that holds in a township: its own
// latest, else the first that ships. Code: not-found (no such kind).
func (s *Service) Current(ctx context.Context, township, code string) ([]byte, error) {
	shown, err := s.Show(ctx, township, code)
	return shown.Body, err
}

// Show returns the document that holds with what is known of it.
func (s *Service) Show(ctx context.Context, township, code string) (Shown, error) {
	k, err := s.kind(code)
	if err != nil {
		return Shown{}, err
	}
	rows, err := s.Store.Settings(ctx, township, code)
	if err != nil {
		return Shown{}, err
	}
	return s.show(ctx, township, k, rows)
}

// List returns the document of every kind.
func (s *Service) List(ctx context.Context, township string) ([]Shown, error) {
	rows, err := s.Store.Settings(ctx, township, "")
	if err != nil {
		return nil, err
	}
	out := []Shown{}
	for _, k := range s.Kinds {
		shown, err := s.show(ctx, township, k, rows)
		if err != nil {
			return nil, err
		}
		out = append(out, shown)
	}
	return out, nil
}

func (s *Service) show(ctx context.Context, township string, k Kind, rows []*Setting) (Shown, error) {
	out := Shown{Code: k.Code, Title: k.Title, Name: k.Shipped[0].Title, Body: k.Shipped[0].Body}
	for _, d := range k.Shipped {
		out.Shipped = append(out.Shipped, Choice{d.Name, d.Title})
	}
	now := published(rows, k.Code)
	if now == nil {
		return out, nil
	}
	b, err := s.Store.Body(ctx, []string{township}, now.SHA256)
	if err != nil {
		return Shown{}, err
	}
	out.Name, out.Edition, out.Reason, out.Body = now.Title, now.Edition, now.Reason, b.Body
	return out, nil
}

// published is the edition of a kind that holds; nil = none.
func published(rows []*Setting, code string) *Setting {
	var now *Setting
	for _, r := range rows {
		if r.Code == code && r.State == Published && r.DeletedAt == 0 && (now == nil || r.Edition > now.Edition) {
			now = r
		}
	}
	return now
}

// Change is a document to publish.
type Change struct {
	Edition int64           // that the caller saw; 0 = the one that ships
	Use     string          // name of a document that ships; "" = Body
	Body    json.RawMessage // the document itself
	Title   string          // of Body; "" = the kind's
	Reason  string          // required
}

// Publish makes a document hold in a township from now on and archives the one
// before: a compare-and-set on the edition. The caller's reach and role were
// judged. Codes: invalid, stale, not-found.
func (s *Service) Publish(ctx context.Context, a access.Actor, township, code string, c Change) (Shown, error) {
	k, err := s.kind(code)
	if err != nil {
		return Shown{}, err
	}
	doc, err := k.document(c)
	if err != nil {
		return Shown{}, err
	}
	common, err := s.Store.Common(ctx, township)
	if err != nil {
		return Shown{}, err
	}
	in := write.Intent{Township: township, Actor: a.User, Action: "setting", Households: []string{common}}
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		rows, err := tx.Of(Type, common)
		if err != nil {
			return err
		}
		have := make([]*Setting, 0, len(rows))
		last := int64(0)
		for _, r := range rows {
			one := r.(*Setting)
			have = append(have, one)
			if one.Code == code {
				last = max(last, one.Edition)
			}
		}
		seen := int64(0)
		if now := published(have, code); now != nil {
			seen = now.Edition
			old := *now
			old.State = Archived
			tx.Put(Type, &old)
		}
		if seen != c.Edition {
			return fault.New(fault.Stale, "")
		}
		Put(tx, record.Meta{ID: tx.NewID(), Household: common, MadeBy: a.User, MadeAt: tx.Now()}, k.Code, last+1, doc, c.Reason)
		return nil
	})
	if err != nil {
		return Shown{}, err
	}
	return s.Show(ctx, township, code)
}

// Put queues one edition and its body, inside the transaction of its caller.
func Put(tx write.Tx, m record.Meta, code string, edition int64, d Document, reason string) {
	tx.Put(Type, &Setting{Meta: m, Code: code, Edition: edition, Title: d.Title, SHA256: write.Keep(tx, Mime, d.Body), Size: int64(len(d.Body)), State: Published, Reason: reason})
}

// document is what a change publishes, checked.
func (k Kind) document(c Change) (Document, error) {
	bad := func(name, code, detail string) (Document, error) {
		return Document{}, fault.Bad(fault.Field{Name: name, Code: code, Detail: detail})
	}
	for _, name := range []string{"reason", "title"} {
		f, _ := Type.Field(name)
		if p := f.CheckText(map[string]string{"reason": c.Reason, "title": c.Title}[name]); p != nil {
			return Document{}, fault.Bad(fault.Field(*p))
		}
	}
	if strings.TrimSpace(c.Reason) == "" {
		return bad("reason", "required", "请写明为什么改。")
	}
	if c.Use != "" {
		if len(c.Body) > 0 {
			return bad("body", "not-allowed", "选了现成的，就不要再写内容。")
		}
		i := slices.IndexFunc(k.Shipped, func(d Document) bool { return d.Name == c.Use })
		if i < 0 {
			return bad("use", "not-allowed", "没有这份现成的设置。")
		}
		return k.Shipped[i], nil
	}
	if len(c.Body) == 0 {
		return bad("body", "required", "请写上设置的内容。")
	}
	var buf bytes.Buffer
	if err := json.Compact(&buf, c.Body); err != nil || !utf8.Valid(c.Body) {
		return bad("body", "format", "设置的内容不是完整的 JSON。")
	}
	if buf.Len() > most {
		return bad("body", "too-long", "设置的内容太长。")
	}
	if err := k.Check(buf.Bytes()); err != nil {
		if f, ours := errors.AsType[*fault.Error](err); ours {
			return Document{}, f
		}
		return Document{}, &fault.Error{Code: fault.Invalid, Err: err, Fields: []fault.Field{{Name: "body", Code: "format", Detail: "设置的内容不对。"}}}
	}
	return Document{Title: cmp.Or(c.Title, k.Title), Body: buf.Bytes()}, nil
}
