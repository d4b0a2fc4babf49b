package photo_test

import (
	"testing"
	"time"

	"daohu/server/fault"
	"daohu/server/photo"
)

func brought(body []byte, announced bool) photo.Brought {
	return photo.Brought{Township: where, Author: me, Photo: newRow, SHA256: hash(body), Body: body, Announced: announced}
}

// bring brings b and fails unless it ends so.
func (w *world) bring(b photo.Brought, dry bool, want string, code fault.Code) {
	w.t.Helper()
	got, err := w.up.Bring(w.t.Context(), b, dry)
	if got != want || (code == "") != (err == nil) || code != "" && !fault.Is(err, code) {
		w.t.Errorf("got %q %v, want %q %q", got, err, want, code)
	}
}

// TestBringBeforeItsRow: a picture whose row waits in quarantine rests, and is
// there when the row is; twice is once; whatever the phone had begun goes.
func TestBringBeforeItsRow(t *testing.T) {
	w := setUp(t)
	body := picture(t, 21)
	w.bring(brought(body, false), false, "", fault.NotFound)
	w.bring(brought(body, true), true, photo.BroughtWaiting, "")
	if err := w.up.Land(t.Context(), me, newRow); err != nil {
		t.Errorf("nothing was brought: %v", err)
	}
	p := w.row(newRow, me, body)
	at := w.want(w.create(me, newRow, body, body[:100]), 201, "").header.Get("Location") // the phone began
	w.rows.mu.Lock()
	delete(w.rows.all, newRow) // and its row waits in quarantine
	w.rows.mu.Unlock()
	for range 2 {
		w.bring(brought(body, true), false, photo.BroughtWaiting, "")
	}
	w.row(newRow, me, body) // taken
	for range 2 {
		if err := w.up.Land(t.Context(), me, newRow); err != nil {
			t.Fatal(err)
		}
	}
	w.stored(p, body)
	w.bring(brought(body, true), false, photo.BroughtThere, "")
	if w.rows.calls != 1 {
		t.Errorf("finished %d times", w.rows.calls)
	}
	if r := w.want(w.head(me, at), 200, ""); r.offset(t) != p.Size { // the phone has a link again
		t.Errorf("%+v", r)
	}
}

// TestBringToItsRow: the row is there and only the body is missing.
func TestBringToItsRow(t *testing.T) {
	w := setUp(t)
	body, wrong := picture(t, 22), picture(t, 23)
	p := w.row(newRow, me, body)
	b := brought(body, false)
	b.SHA256 = hash(wrong)
	w.bring(b, false, "", fault.Checksum)
	w.bring(brought(wrong, true), false, "", fault.NotFound) // of another picture
	b = brought(body, true)
	b.Author = other
	w.bring(b, false, "", fault.NotFound)
	b = brought(body, true)
	b.Township = "530103"
	w.bring(b, false, "", fault.NotFound)
	w.bring(brought(make([]byte, photo.MaxFile+1), true), false, "", fault.TooLarge)
	w.bring(brought(body, false), true, photo.BroughtStored, "")
	if s := w.rows.state(newRow); s != "" {
		t.Fatalf("a dry run made it %q", s)
	}
	w.bring(brought(body, false), false, photo.BroughtStored, "")
	w.stored(p, body)

	junk := []byte("not a picture at all")
	w.row(newRow, me, junk)
	w.bring(brought(junk, false), false, photo.BroughtStored, fault.BadImage)
	w.bring(brought(junk, false), false, "", fault.BadImage)
}

// TestBroughtIsForgotten: what nobody took in 7 days goes, like any upload.
func TestBroughtIsForgotten(t *testing.T) {
	w := setUp(t)
	body := picture(t, 24)
	w.bring(brought(body, true), false, photo.BroughtWaiting, "")
	late := time.Now().Add(8 * 24 * time.Hour)
	if n, err := w.up.Reap(t.Context(), late.UnixMilli()); err != nil || n != 1 {
		t.Fatalf("%d forgotten: %v", n, err)
	}
	w.row(newRow, me, body)
	if err := w.up.Land(t.Context(), me, newRow); err != nil || w.rows.state(newRow) != "" {
		t.Errorf("%v, %q", err, w.rows.state(newRow))
	}
}
