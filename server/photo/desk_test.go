package photo_test

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/blob"
	"daohu/server/fault"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// deskWorld is a township with one visit and one photo row of its author.
type deskWorld struct {
	*town.Town
	t     *testing.T
	desk  *photo.Desk
	blobs *blob.Disk
	visit string
	row   photo.Photo
}

func beginDesk(t *testing.T, b *town.Base) *deskWorld {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Houses: 2})
	if err != nil {
		t.Fatal(err)
	}
	w := &deskWorld{Town: tn, t: t}
	if w.blobs, err = blob.NewDisk(filepath.Join(t.TempDir(), "photos"), b.Now()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.blobs.Close() })
	w.desk = &photo.Desk{Finder: b.DB, Scope: b.Registry, Writer: b.DB, Blobs: w.blobs}
	w.visit = w.newVisit(tn.Cadres[0].User)
	w.row = photo.Photo{Meta: record.Meta{ID: b.DB.NewID(), Household: tn.Houses[0], MadeBy: tn.Cadres[0].User, MadeAt: b.Now().UnixMilli()}, Visit: w.visit, SHA256: strings.Repeat("0a", 32), Size: 9, Mime: "image/jpeg"}
	w.put(photo.Type, &w.row)
	w.row = w.read()
	return w
}

func (w *deskWorld) put(typ *record.Type, r record.Record) {
	w.t.Helper()
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Households: w.Houses}, func(tx write.Tx) error {
		tx.Put(typ, typ.Clone(r))
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// newVisit adds a visit of an author to the first household.
func (w *deskWorld) newVisit(author string) string {
	w.t.Helper()
	id := w.DB.NewID()
	w.put(activity.VisitType, &activity.Visit{Meta: record.Meta{ID: id, Household: w.Houses[0], MadeBy: author}, Day: "2026-03-02"})
	return id
}

func (w *deskWorld) read() photo.Photo {
	w.t.Helper()
	r, err := w.DB.Find(w.t.Context(), photo.Type, []string{w.Township}, w.row.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return *r.(*photo.Photo)
}

func TestDeskRowIsTheAuthors(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := beginDesk(t, b)
		author := w.Cadres[0]
		if p, err := w.desk.Row(t.Context(), author, w.row.ID); err != nil || p != w.row {
			t.Fatalf("%+v %v", p, err)
		}
		for name, c := range map[string]struct {
			who access.Actor
			id  string
		}{
			"another cadre":   {w.Cadres[1], w.row.ID},
			"the admin":       {w.Admin, w.row.ID},
			"nobody":          {access.Actor{}, w.row.ID},
			"no such row":     {author, b.DB.NewID()},
			"not an id":       {author, "../secret"},
			"a visit's id":    {author, w.visit},
			"the author's id": {author, author.User},
		} {
			if _, err := w.desk.Row(t.Context(), c.who, c.id); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// Handed over: authorship gives the right to finish, not the assignment.
		if err := w.Pair(t.Context(), w.Houses[0], &w.Cadres[1]); err != nil {
			t.Fatal(err)
		}
		if _, err := w.desk.Row(t.Context(), author, w.row.ID); err != nil {
			t.Errorf("after the hand-over: %v", err)
		}
	})
}

func TestDeskFinish(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := beginDesk(t, b)
		s := photo.Stored{Township: w.Township, Author: w.row.MadeBy, SHA256: w.row.SHA256, State: "stored", Width: 1600, Height: 1200}
		for range 2 { // the second time changes nothing
			if err := w.desk.Finish(t.Context(), w.row.ID, s); err != nil {
				t.Fatal(err)
			}
		}
		p := w.read()
		if p.State != "stored" || p.Width != 1600 || p.Height != 1200 || p.Version != 2 || p.Seq <= w.row.Seq {
			t.Errorf("%+v", p)
		}
		other := s
		other.SHA256 = strings.Repeat("0b", 32)
		if err := w.desk.Finish(t.Context(), w.row.ID, other); !fault.Is(err, fault.NotFound) {
			t.Errorf("another file: %v", err)
		}
		other = s
		other.Township = "999999999"
		if err := w.desk.Finish(t.Context(), w.row.ID, other); !fault.Is(err, fault.NotFound) {
			t.Errorf("another township: %v", err)
		}
		p.DeletedAt = 1
		w.put(photo.Type, &p)
		if err := w.desk.Finish(t.Context(), w.row.ID, s); !fault.Is(err, fault.NotFound) {
			t.Errorf("an erased row: %v", err)
		}
	})
}

func TestDeskOpen(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := beginDesk(t, b)
		open := func(a access.Actor, size string) (string, error) {
			f, at, err := w.desk.Open(t.Context(), a, w.row.ID, size)
			if err != nil {
				return "", err
			}
			defer f.Close()
			if !at.Equal(b.Now()) {
				t.Errorf("made at %s", at)
			}
			text, err := io.ReadAll(f)
			return string(text), err
		}
		if _, err := open(w.Cadres[0], "full"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the body is on its way: %v", err)
		}
		key, thumb := photo.Keys(w.row)
		for k, text := range map[string]string{key: "large", thumb: "small"} {
			if err := w.blobs.Put(t.Context(), k, bytes.NewReader([]byte(text)), int64(len(text))); err != nil {
				t.Fatal(err)
			}
		}
		err := b.DB.SaveBody(t.Context(), photo.Body{Township: w.Township, Photo: w.row.ID, Author: w.row.MadeBy, Upload: "u1", SHA256: w.row.SHA256, Size: 9, BodyKey: key, ThumbKey: thumb, BodySize: 5, ThumbSize: 5})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []access.Actor{w.Cadres[0], w.Admin} {
			for size, want := range map[string]string{"full": "large", "thumb": "small"} {
				if got, err := open(a, size); err != nil || got != want {
					t.Errorf("role %s, %s: %q %v", a.Role, size, got, err)
				}
			}
		}
		audit := access.Actor{User: b.DB.NewID(), Role: access.Auditor, County: "999900"}
		pushOnly := w.Cadres[0]
		pushOnly.PushOnly = true
		for name, a := range map[string]access.Actor{"another cadre": w.Cadres[1], "auditor": audit, "push-only": pushOnly, "nobody": {}} {
			if got, err := open(a, "full"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s sees %q %v", name, got, err)
			}
		}
		if err := w.Pair(t.Context(), w.Houses[0], &w.Cadres[1]); err != nil {
			t.Fatal(err)
		}
		if _, err := open(w.Cadres[0], "full"); !fault.Is(err, fault.NotFound) {
			t.Errorf("after the hand-over: %v", err)
		}
		if got, err := open(w.Cadres[1], "thumb"); err != nil || got != "small" {
			t.Errorf("the next cadre: %q %v", got, err)
		}
	})
}

func TestPhotoArrival(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := beginDesk(t, b)
		arrive := func(by string, change func(p *photo.Photo), before bool) error {
			p := w.row
			change(&p)
			a := write.Arrival{By: by, Row: &p, DeviceAt: b.Now().Add(-time.Hour).UnixMilli()}
			if old := w.row; before {
				a.Before = &old
			}
			_, err := b.DB.Write(t.Context(), write.Intent{Township: w.Township, Households: w.Houses}, func(tx write.Tx) error { return photo.Arrive(tx, a) })
			return err
		}
		author := w.Cadres[0].User
		for name, c := range map[string]struct {
			by     string
			change func(p *photo.Photo)
			before bool
			code   fault.Code
		}{
			"of a visit":         {author, func(*photo.Photo) {}, false, ""},
			"of no visit":        {author, func(p *photo.Photo) { p.Visit = b.DB.NewID() }, false, fault.Invalid},
			"of another's visit": {w.Cadres[1].User, func(*photo.Photo) {}, false, fault.Invalid},
			"at another house":   {author, func(p *photo.Photo) { p.Household = w.Houses[1] }, false, fault.Invalid},
			"another note":       {author, func(p *photo.Photo) { p.Note = "屋顶" }, true, ""},
			"another file":       {author, func(p *photo.Photo) { p.SHA256 = strings.Repeat("0c", 32) }, true, fault.WrongState},
			"another size":       {author, func(p *photo.Photo) { p.Size++ }, true, fault.WrongState},
			"another kind":       {author, func(p *photo.Photo) { p.Mime = "image/png" }, true, fault.WrongState},
			"moved to a visit":   {author, func(p *photo.Photo) { p.Visit = b.DB.NewID() }, true, fault.WrongState},
		} {
			if err := arrive(c.by, c.change, c.before); (c.code == "") != (err == nil) || (err != nil && !fault.Is(err, c.code)) {
				t.Errorf("%s: %v, want %q", name, err, c.code)
			}
		}
	})
}
