package photo

import (
	_ "embed"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/setting"
	"daohu/server/write"
)

// Consent is one statement of a household about pictures being taken and kept.
// A statement is never changed; the latest one holds. It is asked for once; the
// household takes it back whenever it likes, on its own phone or by word of
// mouth. docs/compliance.md says what follows from each answer.
type Consent struct {
	record.Meta
	Answer  string `json:"answer" rec:"required,enum=given|refused|withdrawn"`
	Day     string `json:"day" rec:"required,day" doc:"the day it was said, Asia/Shanghai"`
	Member  string `json:"member" rec:"id" doc:"member who said it; empty = see who"`
	Who     string `json:"who" rec:"max=30" doc:"who said it, in words, such as 户主的儿子"`
	Edition string `json:"edition" rec:"required,max=20" doc:"edition of the text that was read out: the setting consent"`
	Channel string `json:"channel" rec:"server,enum=own|cadre_phone" doc:"whose phone it was tapped on"`
}

// The answers.
const (
	Given     = "given"
	Declined  = "refused"
	Withdrawn = "withdrawn"
)

// No reports whether pictures of the household may not be taken.
func (c *Consent) No() bool { return c.Answer != Given }

// ConsentType is the declaration of Consent. Like what else a household says it
// waits in no quarantine, and nobody who noted it can take it back.
var ConsentType = record.Of[Consent]("consent", record.Policy{
	Class: record.Author, Readers: "HCVTA", Creators: "HCV",
	Doc:     "What a household says of pictures.",
	Private: func(record.Record) string { return "" },
	Check: func(r record.Record) []record.Problem {
		if c := r.(*Consent); c.Member == "" && strings.TrimSpace(c.Who) == "" {
			return []record.Problem{{Name: "who", Code: "required", Detail: "请写明是谁说的。"}}
		}
		return nil
	},
})

// Latest is the statement that holds, nil when there is none. Of two that
// arrived together the one against pictures holds.
func Latest(rows []record.Record) *Consent {
	var out *Consent
	for _, r := range rows {
		c := r.(*Consent)
		if c.DeletedAt > 0 {
			continue
		}
		if out == nil || later(c, out) {
			out = c
		}
	}
	return out
}

func later(c, than *Consent) bool {
	if a, b := c.arrived(), than.arrived(); a != b {
		return a > b
	}
	return c.No() && !than.No() || c.No() == than.No() && c.ID > than.ID
}

// arrived orders statements; those of this transaction have no seq yet.
func (c *Consent) arrived() int64 {
	if c.Seq == 0 {
		return 1<<63 - 1
	}
	return c.Seq
}

// Agree is the rule of statements: they stand as they were made, and a cadre's
// note of an agreement does not undo a refusal that its phone had not seen, nor
// one the household made on its own phone. Pictures follow at once: with a
// refusal those on their way are not taken any more and those stored are shown
// to the household and the township only; with an agreement these are shown to
// all again.
func Agree(tx write.Tx, a write.Arrival) error {
	c := a.Row.(*Consent)
	if a.Before != nil {
		return fault.New(fault.Forbidden, "记下的同意书不能改，有变化请再记一条。")
	}
	own := access.Role(a.Role) == access.Household
	if c.Channel = activity.ChannelCadre; own {
		c.Channel = activity.ChannelOwn
	}
	if err := lives(tx, c); err != nil {
		return err
	}
	said, err := tx.Of(ConsentType, c.Household)
	if err != nil {
		return err
	}
	if now := Latest(said); now != nil && now.No() && !c.No() && !own {
		if now.Channel == activity.ChannelOwn {
			return fault.New(fault.WrongState, "农户在自己手机上表示了不同意，只能由农户自己改回来。")
		}
		if now.arrived() > a.Base && now.MadeBy != a.By {
			return fault.New(fault.WrongState, "农户刚表示过不同意，请同步后再问一次。")
		}
	}
	return follow(tx, c)
}

// lives refuses a member of another household.
func lives(tx write.Tx, c *Consent) error {
	if c.Member == "" {
		return nil
	}
	got, err := tx.Load(household.MemberType, c.Member)
	if err != nil {
		return err
	}
	if m := got[c.Member]; m == nil || m.Base().Household != c.Household || m.Base().DeletedAt > 0 {
		return fault.Bad(fault.Field{Name: "member", Code: "not-allowed", Detail: "这个人不在这一户。"})
	}
	return nil
}

// follow moves the household's pictures with its newest statement.
func follow(tx write.Tx, c *Consent) error {
	rows, err := tx.Of(Type, c.Household)
	if err != nil {
		return err
	}
	to := map[string]string{Withheld: stored}
	if c.No() {
		to = map[string]string{"": Refused, stored: Withheld}
	}
	for _, r := range rows {
		p := *r.(*Photo)
		next, moves := to[p.State]
		if !moves || p.DeletedAt > 0 {
			continue
		}
		p.State = next
		tx.Put(Type, &p)
	}
	return nil
}

// CodeConsent is the kind of setting that holds the text read out: Text.
const CodeConsent = "consent"

// Text is what is read out to a household before the first picture.
type Text struct {
	Edition string   `json:"edition"` // noted with every statement, at most 20 characters
	Title   string   `json:"title"`
	Lines   []string `json:"lines"` // short sentences, read out one by one
}

//go:embed consent.json
var shippedText []byte

// ParseText reads the document strictly. Code: invalid.
func ParseText(raw []byte) (Text, error) {
	var t Text
	if err := activity.Strictly(raw, &t); err != nil {
		return t, err
	}
	if n := utf8.RuneCountInString(t.Edition); n == 0 || n > 20 {
		return t, fault.Bad(fault.Field{Name: "edition", Code: "format", Detail: "要写明是哪一版，1 到 20 个字。"})
	}
	if t.Title == "" || len(t.Lines) == 0 || len(t.Lines) > 12 {
		return t, fault.Bad(fault.Field{Name: "lines", Code: "format", Detail: "要有标题，内容 1 到 12 句。"})
	}
	for _, l := range t.Lines {
		if n := utf8.RuneCountInString(l); n == 0 || n > 60 {
			return t, fault.Bad(fault.Field{Name: "lines", Code: "format", Detail: "每句 1 到 60 个字。"})
		}
	}
	return t, nil
}

// ConsentKind is the text as a kind of setting.
func ConsentKind() (setting.Kind, error) {
	t, err := ParseText(shippedText)
	if err != nil {
		return setting.Kind{}, err
	}
	body, err := json.Marshal(t)
	return setting.Kind{Code: CodeConsent, Title: "照片同意书", Check: func(raw []byte) error { _, err := ParseText(raw); return err },
		Shipped: []setting.Document{{Name: "default", Title: t.Title, Body: body}}}, err
}
