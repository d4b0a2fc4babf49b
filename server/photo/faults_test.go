package photo_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daohu/server/blob"
	"daohu/server/blob/s3"
	"daohu/server/photo"
	"daohu/server/servertest"
	"daohu/server/servertest/bodies"
)

// dangling fails when the database speaks of a picture that is not in the store.
func (w *world) dangling(p photo.Photo, when string) {
	w.t.Helper()
	b, noted, err := w.db.BodyOf(w.t.Context(), where, p.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.rows.state(p.ID) == "stored" && !noted {
		w.t.Errorf("%s: the row says stored, no body is noted", when)
	}
	if !noted {
		return
	}
	for _, key := range []string{b.BodyKey, b.ThumbKey} {
		if _, ok := bodies.Read(w.t, w.blobs, key); !ok {
			w.t.Errorf("%s: %s is noted and not there", when, key)
		}
	}
}

// faulty breaks the request number at, in one of three ways.
type faulty struct {
	n, at int
	way   string
}

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.n++; f.n != f.at {
		return http.DefaultTransport.RoundTrip(r)
	}
	lost := errors.New("connection lost")
	switch f.way {
	case "refused":
		return nil, lost
	case "half sent":
		if r.Body != nil {
			c := r.Clone(r.Context())
			c.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, r.ContentLength/2), broken{lost}))
			_, _ = http.DefaultTransport.RoundTrip(c)
		}
		return nil, lost
	}
	if res, err := http.DefaultTransport.RoundTrip(r); err == nil { // done, but nobody hears of it
		_ = res.Body.Close()
	}
	return nil, lost
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// TestUploadWithABrokenStore breaks each request to an S3 server in turn
// (quality.md F5): the row stays, its photo pending, nothing noted is missing,
// and the same photo comes through once the store is back.
func TestUploadWithABrokenStore(t *testing.T) {
	for _, way := range []string{"refused", "half sent", "answer lost"} {
		broke := 0
		for k := 1; ; k++ {
			o := bodies.S3(t)
			f := &faulty{at: k, way: way}
			o.Transport = f
			kept, err := s3.New(o)
			if err != nil {
				t.Fatal(err)
			}
			w := setUpIn(t, t.TempDir(), kept)
			body := picture(t, uint64(k))
			p := w.row(newRow, me, body)
			r := w.create(me, newRow, body, body)
			if f.n < k {
				if r.status != 201 {
					t.Fatalf("nothing was broken: %d %s", r.status, r.body)
				}
				break
			}
			broke++
			if r.status != 503 || r.body != "unavailable" || w.rows.state(newRow) != "" {
				t.Errorf("%s, request %d: %d %s, state %q", way, k, r.status, r.body, w.rows.state(newRow))
			}
			f.at = 0
			w.dangling(p, "broken")
			if r := w.head(me, path+"/"+photo.UploadID(p)); r.status != 200 || r.offset(t) != p.Size { // not one byte again
				t.Errorf("%s, request %d: afterwards %d %s", way, k, r.status, r.body)
			}
			w.stored(p, body)
			w.dangling(p, "afterwards")
		}
		if broke < 2 {
			t.Errorf("%s: only %d requests", way, broke)
		}
		t.Logf("store %s at each of %d requests: 0 dangling, 0 sent again", way, broke)
	}
}

// TestUploadOnAFullDisk lets the disk, with uploads and pictures on it, be full
// at every step (quality.md F4).
func TestUploadOnAFullDisk(t *testing.T) {
	dir := servertest.SmallDisk(t, "512k")
	full := 0
	for free := 0; ; free += 4 << 10 {
		if free > 400<<10 {
			t.Fatal("it never fits")
		}
		for _, name := range []string{"uploads", "photos"} {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		w := setUpIn(t, dir, nil)
		body := picture(t, 21)
		p := w.row(newRow, me, body)
		filler := servertest.Fill(t, dir, free)
		r := w.create(me, newRow, body, body)
		state := w.rows.state(newRow)
		if r.status == 201 && state == "stored" {
			w.dangling(p, "with just enough")
			break
		}
		full++
		if r.status != 503 || r.body != "unavailable" || state != "" {
			t.Errorf("%d KB free: %d %s, state %q", free>>10, r.status, r.body, state)
		}
		w.dangling(p, "full")
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if r := w.create(me, newRow, body, body); r.status != 201 || r.offset(t) != p.Size {
			t.Errorf("%d KB free, afterwards: %d %s", free>>10, r.status, r.body)
		}
		w.stored(p, body)
		w.dangling(p, "afterwards")
	}
	if full < 5 {
		t.Errorf("the disk was full only %d times", full)
	}
	t.Logf("disk full at %d places: refused with 503 each time, 0 dangling, all came through afterwards", full)
}

// TestSweep: pictures nobody speaks of go once they are old, all others stay.
func TestSweep(t *testing.T) {
	for name, kept := range map[string]func(t *testing.T) blob.Store{
		"disk": func(*testing.T) blob.Store { return nil },
		"S3": func(t *testing.T) blob.Store {
			s, err := s3.New(bodies.S3(t))
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := setUpIn(t, t.TempDir(), kept(t))
			body := picture(t, 31)
			p := w.row(newRow, me, body)
			w.want(w.create(me, newRow, body, body), 201, "")
			for _, key := range []string{"photo/" + where + "/00ff.jpg", "photo/" + where + "/00ff-s.jpg", "other/00ff.jpg"} {
				if err := w.blobs.Put(t.Context(), key, strings.NewReader("x"), 1); err != nil {
					t.Fatal(err)
				}
			}
			in := func(days int) int64 { return time.Now().Add(time.Duration(days) * 24 * time.Hour).UnixMilli() }
			for _, c := range []struct{ days, want, left int }{{0, 0, 5}, {7, 0, 5}, {9, 2, 3}, {9, 0, 3}} {
				n, err := w.up.Sweep(t.Context(), in(c.days))
				if err != nil || n != c.want || len(bodies.Keys(t, w.blobs)) != c.left {
					t.Errorf("after %d days: %d gone, %v left, %v", c.days, n, bodies.Keys(t, w.blobs), err)
				}
			}
			w.stored(p, body)
			for i := range 11 { // the pictures of another server
				if err := w.blobs.Put(t.Context(), fmt.Sprintf("photo/other/%d.jpg", i), strings.NewReader("x"), 1); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := w.up.Sweep(t.Context(), in(9)); n != 0 || err == nil || len(bodies.Keys(t, w.blobs)) != 14 {
				t.Errorf("in a foreign store: %d gone, %v", n, err)
			}
		})
	}
}
