// Package edition is what the drafts, editions and archive of a township's
// documents have in common, whatever is in them: cards, papers. Of the editions
// of one code one is published; a draft has no edition yet.
package edition

import (
	"context"
	"slices"
	"strings"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// The states of a document.
const (
	Draft     = "draft"
	Published = "published"
	Archived  = "archived"
)

// Head is what this package reads and moves of a document.
type Head struct {
	Code    string // what stays the same across editions
	Edition *int64 // from 1; 0 = a draft
	State   *string
}

// Document is a pointer to a row with a Head.
type Document[T any] interface {
	*T
	record.Record
	Head() Head
}

// Desk moves the documents of one type. It is safe for concurrent use.
type Desk[T any, P Document[T]] struct {
	Type   *record.Type
	Writer write.Writer
	// Common is the pseudo-household of a township, with which they lie.
	Common func(ctx context.Context, township string) (string, error)
	// Frozen says that what is published does not change any more.
	Frozen string
	// Waits is the state in which a draft waits for somebody's approval; written
	// over by its author it is a draft again. "" = nobody has to approve.
	Waits string
}

// Write runs decide under the lock of the township's documents.
func (d Desk[T, P]) Write(ctx context.Context, a access.Actor, township, action string, decide func(tx write.Tx, common string) error) error {
	common, err := d.Common(ctx, township)
	if err != nil {
		return err
	}
	in := write.Intent{Township: township, Actor: a.User, Action: action, Households: []string{common}}
	_, err = d.Writer.Write(ctx, in, func(tx write.Tx) error { return decide(tx, common) })
	return err
}

// One reads a document under the lock; nil = there is none.
func (d Desk[T, P]) One(tx write.Tx, id string) (P, error) {
	got, err := tx.Load(d.Type, id)
	if err != nil || got[id] == nil {
		return nil, err
	}
	return got[id].(P), nil
}

// Open returns a copy of now to change, if it is what the caller saw and in
// one of the states. Codes: not-found, stale, wrong-state.
func (d Desk[T, P]) Open(now P, rev int64, states ...string) (P, error) {
	switch {
	case now == nil || now.Base().DeletedAt > 0:
		return nil, fault.New(fault.NotFound, "")
	case now.Base().Version != rev:
		return nil, fault.New(fault.Stale, "")
	case !slices.Contains(states, *now.Head().State):
		return nil, fault.New(fault.WrongState, d.Frozen)
	}
	c := *now
	return &c, nil
}

// Take is One and Open.
func (d Desk[T, P]) Take(tx write.Tx, id string, rev int64, states ...string) (P, error) {
	now, err := d.One(tx, id)
	if err != nil {
		return nil, err
	}
	return d.Open(now, rev, states...)
}

// Save queues a draft that fill completes: with rev 0 a new one, which may be
// sent twice under one id, else in place of the draft that was seen at rev.
// same says whether two drafts hold the same. Codes: id-taken, and as Open.
func (d Desk[T, P]) Save(tx write.Tx, a access.Actor, common, id string, rev int64, fill func(P), same func(now, want P) bool) (P, error) {
	if id == "" {
		id = tx.NewID()
	}
	now, err := d.One(tx, id)
	if err != nil {
		return nil, err
	}
	out := P(new(T))
	*out.Base() = record.Meta{ID: id, Household: common, MadeBy: a.User, MadeAt: tx.Now()}
	*out.Head().State = Draft
	if rev > 0 {
		if out, err = d.Open(now, rev, d.unpublished()...); err != nil {
			return nil, err
		}
		if d.Waits != "" && out.Base().MadeBy != a.User { // whoever approves has not written it
			return nil, fault.New(fault.Forbidden, "草稿只能由起草的人改；请退回，或者另做一份。")
		}
		*out.Head().State = Draft
	}
	fill(out)
	if rev == 0 && now != nil {
		if m := now.Base(); *now.Head().State != Draft || m.DeletedAt > 0 || m.MadeBy != a.User || !same(now, out) {
			return nil, fault.New(fault.IDTaken, "")
		}
		return now, nil
	}
	tx.Put(d.Type, out)
	return out, nil
}

// unpublished are the states of what nobody has read yet.
func (d Desk[T, P]) unpublished() []string {
	if d.Waits == "" {
		return []string{Draft}
	}
	return []string{Draft, d.Waits}
}

// Publish queues doc, a draft that Take returned, as the next edition of its
// code and archives the one before. same may refuse to follow on an earlier
// edition; nil = never.
func (d Desk[T, P]) Publish(tx write.Tx, common string, doc P, same func(P) error) error {
	ended, err := d.Next(tx, common, doc, same)
	if err != nil {
		return err
	}
	for _, r := range ended {
		tx.Put(d.Type, r)
	}
	tx.Put(d.Type, doc)
	return nil
}

// Next makes doc the next edition of its code, as Publish, and queues nothing:
// it returns the edition before, archived.
func (d Desk[T, P]) Next(tx write.Tx, common string, doc P, same func(P) error) (ended []record.Record, err error) {
	rows, err := tx.Of(d.Type, common)
	if err != nil {
		return nil, err
	}
	head := doc.Head()
	for _, r := range rows {
		c := *r.(P)
		old := P(&c)
		was := old.Head()
		if was.Code != head.Code || *was.Edition == 0 {
			continue
		}
		if same != nil {
			if err := same(old); err != nil {
				return nil, err
			}
		}
		*head.Edition = max(*head.Edition, *was.Edition)
		if *was.State == Published {
			*was.State = Archived
			ended = append(ended, old)
		}
	}
	*head.Edition++
	*head.State = Published
	return ended, nil
}

// Archive queues the end of doc, which Take returned: what was published goes
// out of use, a draft is thrown away.
func (d Desk[T, P]) Archive(tx write.Tx, doc P) {
	if head := doc.Head(); *head.Edition == 0 {
		doc.Base().DeletedAt = tx.Now()
	} else {
		*head.State = Archived
	}
	tx.Put(d.Type, doc)
}

// IsKey reports whether s can be a code: lower-case letters, digits and
// dashes, at most n, beginning with a letter.
func IsKey(s string, n int) bool {
	if s == "" || len(s) > n || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}
