package photo

import (
	"context"
	"io"
	"time"

	"daohu/server/access"
	"daohu/server/blob"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Finder reads photo rows.
type Finder interface {
	// Find reads a live row in one of the townships; fault.NotFound.
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
	// EverTownships are those the principal has or had assignments in.
	EverTownships(ctx context.Context, principal string) ([]string, error)
	// BodyOf says where the stored picture of a row lies.
	BodyOf(ctx context.Context, township, id string) (Body, bool, error)
	// Alike lists stored pictures to compare b with, at most a few thousand:
	// the latest of the same author, and those of the township with the same
	// file or print; not b itself.
	Alike(ctx context.Context, b Body) ([]Alike, error)
	// Bodiless lists the author's rows whose body has not come since before
	// (Unix ms), the oldest first.
	Bodiless(ctx context.Context, townships []string, author string, before int64, limit int) ([]*Photo, error)
}

// Alike is a stored picture that may show what another does.
type Alike struct {
	Photo, Visit, Household string
	SHA256                  string `gorm:"column:sha256"`
	Print                   string `gorm:"column:dhash"`
}

// Scope judges whether the actor may see a row now.
type Scope interface {
	Row(ctx context.Context, a access.Actor, t *record.Type, id string) (record.Record, error)
}

// Desk joins photo rows with their bodies. It is safe for concurrent use.
type Desk struct {
	Finder Finder
	Scope  Scope
	Writer write.Writer
	Blobs  blob.Store
}

var _ Rows = (*Desk)(nil)

// Row returns the actor's own row, whoever holds the household by now.
func (d *Desk) Row(ctx context.Context, actor access.Actor, id string) (Photo, error) {
	if !record.IsID(id) || actor.User == "" {
		return Photo{}, fault.New(fault.NotFound, "")
	}
	tws, err := d.Finder.EverTownships(ctx, actor.User)
	if err != nil {
		return Photo{}, err
	}
	r, err := d.Finder.Find(ctx, Type, tws, id)
	if err != nil {
		return Photo{}, err
	}
	p := r.(*Photo)
	if p.MadeBy != actor.User {
		return Photo{}, fault.New(fault.NotFound, "")
	}
	return *p, takes(p.State)
}

// Finish writes what became of the body into the row, so that it reaches every
// phone that holds the household.
func (d *Desk) Finish(ctx context.Context, id string, s Stored) error {
	found, err := d.Finder.Find(ctx, Type, []string{s.Township}, id)
	if err != nil {
		return err
	}
	flag, twin, err := d.twin(ctx, found.(*Photo), s)
	if err != nil {
		return err
	}
	in := write.Intent{Township: s.Township, Actor: s.Author, Action: "photo", Households: []string{found.Base().Household}}
	_, err = d.Writer.Write(ctx, in, func(tx write.Tx) error {
		got, err := tx.Load(Type, id)
		if err != nil {
			return err
		}
		p, ok := got[id].(*Photo)
		if !ok || p.DeletedAt > 0 || p.SHA256 != s.SHA256 {
			return fault.New(fault.NotFound, "")
		}
		if err := takes(p.State); err != nil {
			return err
		}
		next := *p
		if next.Width, next.Height = s.Width, s.Height; p.State != Withheld {
			next.State = s.State
		}
		if flag != "" {
			next.Flags, next.Twin = flagged(next.Flags, flag), twin
		}
		if next != *p {
			tx.Put(Type, &next)
		}
		return nil
	})
	return err
}

// Open opens a stored picture, size thumb or full, for someone who may see its
// row now; fault.NotFound while the body is on its way.
func (d *Desk) Open(ctx context.Context, a access.Actor, id, size string) (io.ReadSeekCloser, time.Time, error) {
	b, err := d.seen(ctx, a, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	key := b.BodyKey
	if size == "thumb" {
		key = b.ThumbKey
	}
	f, _, err := d.Blobs.Open(ctx, key)
	return f, time.UnixMilli(b.MadeAt), err
}

// seen says where a picture lies to someone who may see it now.
func (d *Desk) seen(ctx context.Context, a access.Actor, id string) (Body, error) {
	r, err := d.Scope.Row(ctx, a, Type, id)
	if err != nil {
		return Body{}, err
	}
	switch s := r.(*Photo).State; {
	case s == Erased:
		return Body{}, fault.New(fault.Gone, "这张照片已按规定删除。")
	case s == Refused:
		return Body{}, fault.New(fault.Gone, "这户不同意留照片，没有收这张。")
	case s == Withheld && a.Role.In("CV"):
		return Body{}, fault.New(fault.Gone, "这户收回了同意，照片只给农户自己和乡镇看。")
	}
	b, ok, err := d.Finder.BodyOf(ctx, r.Base().Township, id)
	if err == nil && (!ok || b.BodyKey == "" || b.ThumbKey == "") {
		err = fault.New(fault.NotFound, "这张照片还没有传完。")
	}
	return b, err
}

// Waiting lists the caller's own photos whose bodies have not come for days, so
// that she can look whether a phone still holds them. None is ever deleted for
// it. At most 200, the oldest first.
func (d *Desk) Waiting(ctx context.Context, a access.Actor, now time.Time, days int) ([]*Photo, error) {
	if a.User == "" || a.PushOnly {
		return nil, nil
	}
	tws, err := d.Finder.EverTownships(ctx, a.User)
	if err != nil {
		return nil, err
	}
	return d.Finder.Bodiless(ctx, tws, a.User, now.Add(-time.Duration(days)*24*time.Hour).UnixMilli(), 200)
}
