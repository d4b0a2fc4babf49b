// Package outbox does what has to be done outside the database because of a
// change: reminders to phones (WeChat's one-time subscription messages) and
// WeChat's check of what people wrote. Watch stores a row in the transaction of
// the cause, a Worker does it after the commit, at least once
// (docs/adr/0021-outbox.md).
//
// A reminder says what kind of thing, what became of it and the day; the words
// are fixed here. No name, address or word of a person is in it.
package outbox

import (
	"context"
	"encoding/json"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Kinds of rows.
const (
	kindMessage = "message" // one reminder to one person
	kindNotice  = "notice"  // a notice was published: makes a message for everyone who asked for one
	kindCheck   = "check"   // of what somebody wrote
)

// Causes of reminders, each with a template of its own.
const (
	Returned = "returned" // a record was returned or rejected, a proposal refused: to its author
	Answered = "answered" // a need was answered: to the household's login
	Notice   = "notice"   // a public notice went up: to whoever asked for it
)

// Template is one of the operator's message templates at WeChat.
type Template struct {
	ID     string            // WeChat's
	Page   string            // of the mini-program that a tap opens; "" = none
	Fields map[string]string // WeChat's field, such as thing1, to what it shows: what, result, words, day
}

// Templates are the operator's templates by cause; none = no reminders.
type Templates map[string]Template

// body is what a message says, sealed in its row.
type body struct {
	Cause  string `json:"cause"`
	What   string `json:"what"`
	Result string `json:"result"`
	Words  string `json:"words"`
	Day    string `json:"day"`
	House  string `json:"house,omitempty"` // whose login it is for, when it names no user
}

func (b body) seal(s record.Sealer) (record.Sealed, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return "", err
	}
	return s.Seal(string(raw))
}

func open(s record.Sealer, sealed record.Sealed) (b body, err error) {
	text, err := s.Open(sealed)
	if err == nil {
		err = json.Unmarshal([]byte(text), &b)
	}
	return b, err
}

// data gives the values of a template's fields.
func (b body) data(t Template) map[string]string {
	values := map[string]string{"what": b.What, "result": b.Result, "words": b.Words, "day": b.Day}
	out := map[string]string{}
	for field, value := range t.Fields {
		out[field] = values[value]
	}
	return out
}

// WeChat is what rows are done with.
type WeChat interface {
	// Subscribe sends one subscription message. Codes: forbidden (the person
	// takes no more of them), not-found (no such openid), unavailable, too-many.
	Subscribe(ctx context.Context, openid, template, page string, data map[string]string) error
	// Risky asks whether a text of at most TextRunes is taken for risky. Codes:
	// not-found, gone (the person was not in the mini-program lately),
	// unavailable, too-many.
	Risky(ctx context.Context, openid, text string) (bool, error)
}

// TextRunes is the longest text WeChat checks at once.
const TextRunes = 2500

// Grant is how many messages of one cause somebody said yes to.
type Grant struct {
	User     string `gorm:"primaryKey"`
	Template string `gorm:"primaryKey"` // the cause
	Left     int64  // 0 to MostGrants
}

// TableName is the table of Grant.
func (Grant) TableName() string { return "subscription" }

// MostGrants is how many grants of one cause are kept for a person: more
// reminders than that nobody has asked for knowingly.
const MostGrants = 20

// Queue keeps the rows.
type Queue interface {
	// Unsent lists open rows that are due and nobody has, the oldest first.
	Unsent(ctx context.Context, now int64, limit int) ([]write.Outbox, error)
	// Lease takes a row as it was read until a moment, for one more try;
	// false: somebody was faster.
	Lease(ctx context.Context, o *write.Outbox, until int64) (bool, error)
	// Finish stores State, Code and DueAt and ends the lease; false: the lease
	// had run out and another worker has the row.
	Finish(ctx context.Context, o write.Outbox) (bool, error)
	// Spread finishes a row and adds others, all or nothing.
	Spread(ctx context.Context, o write.Outbox, more []write.Outbox) (bool, error)
	// OutboxCounts counts the rows that are not done, by state.
	OutboxCounts(ctx context.Context) (map[string]int64, error)
}

// Grants keeps the grants.
type Grants interface {
	// AddGrants adds n, up to most in all.
	AddGrants(ctx context.Context, user, template string, n, most int64) error
	// TakeGrant takes one, if there is one.
	TakeGrant(ctx context.Context, user, template string) (bool, error)
	// DropGrants forgets all.
	DropGrants(ctx context.Context, user, template string) error
	GrantsOf(ctx context.Context, user string) ([]Grant, error)
	// Subscribers lists the users of a township with a grant left.
	Subscribers(ctx context.Context, township, template string) ([]string, error)
}

// Users finds whom a message is for.
type Users interface {
	FindUser(ctx context.Context, by account.Lookup, value string) (account.User, error)
}

// Subscription is one cause a phone may ask its user about.
type Subscription struct {
	Cause    string `json:"template" doc:"returned, answered or notice"`
	Template string `json:"id" doc:"WeChat's id of the template, for wx.requestSubscribeMessage"`
	Left     int64  `json:"left" doc:"messages the user said yes to and has not had yet"`
}

// Desk counts what users said yes to. It is safe for concurrent use.
type Desk struct {
	Grants    Grants
	Templates Templates
}

// List gives the causes the operator has a template for; none = no reminders.
func (d *Desk) List(ctx context.Context, a access.Actor) ([]Subscription, error) {
	have, err := d.Grants.GrantsOf(ctx, a.User)
	if err != nil {
		return nil, err
	}
	left := map[string]int64{}
	for _, g := range have {
		left[g.Template] = g.Left
	}
	out := []Subscription{}
	for _, cause := range []string{Returned, Answered, Notice} {
		if t, ok := d.Templates[cause]; ok {
			out = append(out, Subscription{cause, t.ID, left[cause]})
		}
	}
	return out, nil
}

// Accept adds n grants of a cause that the user said yes to on the phone, up
// to MostGrants. Code: wrong-state, where the operator has no such template.
func (d *Desk) Accept(ctx context.Context, a access.Actor, cause string, n int64) error {
	if _, ok := d.Templates[cause]; !ok {
		return fault.New(fault.WrongState, "这台服务器没有开通这种提醒。")
	}
	return d.Grants.AddGrants(ctx, a.User, cause, n, MostGrants)
}
