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
	switch {
	case p.MadeBy != actor.User:
		return Photo{}, fault.New(fault.NotFound, "")
	case p.State == Erased:
		return Photo{}, fault.New(fault.Gone, "这张照片已按规定删除，不用再传。")
	}
	return *p, nil
}

// Finish writes what became of the body into the row, so that it reaches every
// phone that holds the household.
func (d *Desk) Finish(ctx context.Context, id string, s Stored) error {
	found, err := d.Finder.Find(ctx, Type, []string{s.Township}, id)
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
		if !ok || p.DeletedAt > 0 || p.SHA256 != s.SHA256 || p.State == Erased {
			return fault.New(fault.NotFound, "")
		}
		next := *p
		next.State, next.Width, next.Height = s.State, s.Width, s.Height
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
	r, err := d.Scope.Row(ctx, a, Type, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	if r.(*Photo).State == Erased {
		return nil, time.Time{}, fault.New(fault.Gone, "这张照片已按规定删除。")
	}
	b, ok, err := d.Finder.BodyOf(ctx, r.Base().Township, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	key := b.BodyKey
	if size == "thumb" {
		key = b.ThumbKey
	}
	if !ok || key == "" {
		return nil, time.Time{}, fault.New(fault.NotFound, "这张照片还没有传完。")
	}
	f, _, err := d.Blobs.Open(ctx, key)
	return f, time.UnixMilli(b.MadeAt), err
}
