package casework

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Query is one page of cases, by the day they are due and id.
type Query struct {
	Township          string
	States            []string
	Before            string // only what is due before this day; "" = any
	AfterDue, AfterID string // where the page begins; "" = at the beginning
	Limit             int
}

// Store reads cases.
type Store interface {
	// Cases reads live rows of a type that has state and due.
	Cases(ctx context.Context, t *record.Type, q Query) ([]record.Record, error)
}

// Rows judges reach and shows rows (registry.Service).
type Rows interface {
	// Row reads one row within reach; fault.NotFound for what may not be seen.
	Row(ctx context.Context, a access.Actor, t *record.Type, id string) (record.Record, error)
	// Show gives a row as the actor may see it; nil = not at all.
	Show(t *record.Type, r record.Record, a access.Actor) (json.RawMessage, error)
}

// Desk is where the township and the county settle cases. It is safe for
// concurrent use.
type Desk struct {
	Store  Store
	Rows   Rows
	Writer write.Writer
	Sealer record.Sealer
	Rules  Rules
	Now    func() time.Time
}

// Ask says which cases to list. Township is within reach.
type Ask struct {
	Township string
	State    string // open, overdue, or a state; "" = open
	After    string // Page.Next of the page before
	Limit    int
}

// Page is one page of cases as the caller may see them.
type Page struct {
	Rows  []json.RawMessage `json:"rows" doc:"by the day they are due"`
	Next  string            `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
	Today string            `json:"today" doc:"the server's day: what is due before it is overdue"`
	Sure  bool              `json:"sure" doc:"false: a deadline of this page lies in a year whose holidays are not published; only weekends were counted"`
}

// states are the states each word of a list stands for.
func states(t *record.Type, word string) ([]string, bool) {
	if word == "" || word == "overdue" {
		word = Open
	}
	f, _ := t.Field("state")
	for _, s := range f.Enum {
		switch {
		case s == word && t == IssueType && s == Open:
			return []string{Open, Doing}, true
		case s == word:
			return []string{s}, true
		}
	}
	return nil, false
}

// List pages through the cases of a township. Code: invalid.
func (d *Desk) List(ctx context.Context, a access.Actor, t *record.Type, ask Ask) (Page, error) {
	today := calendar.At(d.Now().UnixMilli())
	out := Page{Rows: []json.RawMessage{}, Today: today.String(), Sure: true}
	in, ok := states(t, ask.State)
	if !ok {
		return out, fault.Bad(fault.Field{Name: "state", Code: "not-allowed", Detail: "没有这种状态。"})
	}
	q := Query{Township: ask.Township, States: in, Limit: ask.Limit + 1}
	q.AfterDue, q.AfterID, _ = strings.Cut(ask.After, "_")
	if ask.State == "overdue" {
		q.Before = out.Today
	}
	recs, err := d.Store.Cases(ctx, t, q)
	if err != nil {
		return out, err
	}
	if len(recs) > ask.Limit {
		recs = recs[:ask.Limit]
		last := recs[ask.Limit-1]
		out.Next = dueOf(t, last) + "_" + last.Base().ID
	}
	c, err := d.Rules.Calendar(nil)
	if err != nil {
		return out, err
	}
	for _, r := range recs {
		text, err := d.Rows.Show(t, r, a)
		if err != nil {
			return out, err
		}
		if text == nil {
			continue
		}
		out.Rows = append(out.Rows, text)
		if due, err := calendar.ParseDay(dueOf(t, r)); err == nil && t != IssueType && !c.Sure(calendar.At(r.Base().MadeAt), due) {
			out.Sure = false
		}
	}
	return out, nil
}

func dueOf(t *record.Type, r record.Record) string {
	f, _ := t.Field("due")
	return t.Get(r, f)
}

// change is a compare-and-set of one row at revision rev: under the lock of
// its household, with its history and, when the state moves, a step. set
// changes next. Codes: not-found, stale and what set gives.
func (d *Desk) change(ctx context.Context, a access.Actor, t *record.Type, id, action, reason string, rev int64, set func(tx write.Tx, next, row record.Record) error) (json.RawMessage, error) {
	found, err := d.Rows.Row(ctx, a, t, id)
	if err != nil {
		return nil, err
	}
	m := found.Base()
	var next record.Record
	in := write.Intent{Township: m.Township, Actor: a.User, Action: action, Households: []string{m.Household}}
	_, err = d.Writer.Write(ctx, in, func(tx write.Tx) error {
		got, err := tx.Load(t, id)
		if err != nil {
			return err
		}
		row := got[id]
		switch {
		case row == nil || row.Base().DeletedAt > 0:
			return fault.New(fault.NotFound, "")
		case row.Base().Version != rev:
			return fault.New(fault.Stale, "")
		}
		next = t.Clone(row)
		if err := set(tx, next, row); err != nil {
			return err
		}
		for _, f := range t.Fields {
			old, now := t.Get(row, f), t.Get(next, f)
			if old == now {
				continue
			}
			tx.Add(&write.History{Household: m.Household, Type: t.Name, Row: id, Field: f.Name, Old: old, New: now, By: a.User, At: tx.Now()})
			if f.Name == "state" {
				tx.Add(&write.Step{Type: t.Name, Row: id, Rev: rev, From: old, To: now, By: a.User, Reason: reason, At: tx.Now()})
			}
		}
		tx.Put(t, next)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.Rows.Show(t, next, a)
}

// Dispatch gives a need to a cadre or village worker who holds the household;
// user "" takes it back. Codes: not-found, stale, invalid, wrong-state.
func (d *Desk) Dispatch(ctx context.Context, a access.Actor, id string, rev int64, user string) (json.RawMessage, error) {
	return d.change(ctx, a, NeedType, id, "dispatch", "", rev, func(tx write.Tx, next, row record.Record) error {
		next.(*Need).Owner = user
		return d.Rules.Need(tx, write.Arrival{By: a.User, Role: string(a.Role), Row: next, Before: row})
	})
}

// Close closes a need or a complaint, with a reason the household reads. A
// complaint is answered first. Codes: not-found, stale, invalid, wrong-state.
func (d *Desk) Close(ctx context.Context, a access.Actor, t *record.Type, id string, rev int64, reason string) (json.RawMessage, error) {
	if err := words("reason", reason, 200); err != nil {
		return nil, err
	}
	sealed, err := d.Sealer.Seal(reason)
	if err != nil {
		return nil, err
	}
	said := reason
	if t.Private != nil {
		said = "" // a step is not encrypted
	}
	return d.change(ctx, a, t, id, "close", said, rev, func(tx write.Tx, next, row record.Record) error {
		day := calendar.At(tx.Now()).String()
		switch n := next.(type) {
		case *Need:
			if n.State == Closed {
				return fault.New(fault.WrongState, "")
			}
			n.State, n.Closed, n.Words = Closed, day, reason
		case *Complaint:
			if n.State != Answered {
				return fault.New(fault.WrongState, "先答复，再办结。")
			}
			n.State, n.Closed, n.Words = Closed, day, sealed
		}
		return nil
	})
}

// Answer answers a complaint, or writes the answer anew until it is closed.
// Codes: not-found, stale, invalid, wrong-state.
func (d *Desk) Answer(ctx context.Context, a access.Actor, id string, rev int64, text string) (json.RawMessage, error) {
	if err := words("answer", text, 500); err != nil {
		return nil, err
	}
	sealed, err := d.Sealer.Seal(text)
	if err != nil {
		return nil, err
	}
	return d.change(ctx, a, ComplaintType, id, "answer", "", rev, func(tx write.Tx, next, row record.Record) error {
		n := next.(*Complaint)
		if n.State == Closed {
			return fault.New(fault.WrongState, "")
		}
		n.State, n.Answer, n.AnsweredBy = Answered, sealed, a.User
		if n.AnsweredAt == 0 {
			n.AnsweredAt = tx.Now()
		}
		return nil
	})
}

// Check settles an issue that is said to be done: "pass" checks it, "return"
// gives it back with words. Codes: not-found, stale, invalid, wrong-state,
// own-record.
func (d *Desk) Check(ctx context.Context, a access.Actor, id, action string, rev int64, reason string) (json.RawMessage, error) {
	to := map[string]string{"pass": Checked, "return": Doing}[action]
	if to == "" {
		return nil, fault.Bad(fault.Field{Name: "action", Code: "not-allowed", Detail: "只能销号或退回。"})
	}
	if action == "return" || reason != "" {
		if err := words("reason", reason, 200); err != nil {
			return nil, err
		}
	}
	return d.change(ctx, a, IssueType, id, action, reason, rev, func(tx write.Tx, next, row record.Record) error {
		n := next.(*Issue)
		if n.State != Done {
			return fault.New(fault.WrongState, "")
		}
		n.State, n.Words = to, reason
		return d.Rules.Issue(tx, write.Arrival{By: a.User, Role: string(a.Role), Row: next, Before: row})
	})
}

// words checks a text of an admin that somebody is to read.
func words(name, s string, limit int64) error {
	if strings.TrimSpace(s) == "" {
		return fault.Bad(fault.Field{Name: name, Code: "required", Detail: "这一项必须填，对方会看到。"})
	}
	if p := (record.Field{Name: name, Max: limit}).CheckText(s); p != nil {
		return fault.Bad(fault.Field(*p))
	}
	return nil
}

// Words are the codes of the ledger and the clocks.
func (d *Desk) Words(context.Context) (Book, error) {
	b, err := d.Rules.Book(nil)
	if err != nil {
		return Book{}, err
	}
	return *b, nil
}
