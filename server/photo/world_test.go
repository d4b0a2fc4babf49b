package photo_test

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/blob"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/store"
)

const (
	path   = "/api/v1/uploads"
	me     = "cadre0000001"
	other  = "cadre0000002"
	where  = "530102"
	newRow = "AAAAAAAAAAAA"
)

// rows is the caller's side: the photo rows.
type rows struct {
	mu     sync.Mutex
	all    map[string]photo.Photo
	calls  int
	broken error // what Finish answers
}

func (r *rows) Row(_ context.Context, _ access.Actor, id string) (photo.Photo, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.all[id]
	if !ok {
		return p, fault.New(fault.NotFound, "")
	}
	return p, nil
}

func (r *rows) Finish(_ context.Context, id string, s photo.Stored) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return r.broken
	}
	p := r.all[id]
	if p.MadeBy != s.Author || p.Township != s.Township || p.SHA256 != s.SHA256 {
		return errors.New("finished the wrong row")
	}
	p.State, p.Width, p.Height = s.State, s.Width, s.Height
	r.all[id] = p
	r.calls++
	return nil
}

func (r *rows) state(id string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[id].State
}

func (r *rows) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = err
}

type world struct {
	t     *testing.T
	dir   string
	rows  *rows
	db    *store.DB
	blobs blob.Store
	up    *photo.Uploads
	srv   *httptest.Server
	now   func() time.Time
}

type noChain struct{}

func (noChain) Chain(string, []byte) string {
	return "0000000000000000000000000000000000000000000000000000000000000000"
}

func setUp(t *testing.T) *world { return setUpIn(t, t.TempDir(), nil) }

// setUpIn keeps uploads under way in dir, and the pictures too unless there is
// a store for them.
func setUpIn(t *testing.T, dir string, kept blob.Store) *world {
	t.Helper()
	w := &world{t: t, dir: dir, rows: &rows{all: map[string]photo.Photo{}}, now: time.Now, blobs: kept}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.db, err = store.Open(t.Context(), store.Options{File: filepath.Join(t.TempDir(), "t.db"), Unsafe: true, Rand: crand.Reader, Chain: noChain{}, Types: []*record.Type{household.HouseholdType}})
	must(err)
	t.Cleanup(func() { _ = w.db.Close() })
	must(w.db.Migrate(t.Context()))
	if kept == nil {
		disk, err := blob.NewDisk(filepath.Join(w.dir, "photos"), time.Now())
		must(err)
		t.Cleanup(func() { _ = disk.Close() })
		w.blobs = disk
	}
	w.start()
	return w
}

// start is also a restart after a crash: only the disk is kept.
func (w *world) start() {
	w.t.Helper()
	var err error
	w.up, err = photo.NewUploads(photo.UploadsConfig{
		Dir: filepath.Join(w.dir, "uploads"), Path: path, Rows: w.rows, Bodies: w.db, Blobs: w.blobs, Images: photo.NewProcessor(0),
		Actor: func(r *http.Request) access.Actor { return access.Actor{User: r.Header.Get("User"), Township: where} },
		Fail: func(out http.ResponseWriter, r *http.Request, err error) {
			if fault.Is(err, fault.Internal) {
				w.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
			}
			out.Header().Set("Content-Type", "application/problem+json")
			out.WriteHeader(fault.SpecOf(fault.CodeOf(err)).Status)
			_, _ = io.WriteString(out, string(fault.CodeOf(err)))
		},
		Now: func() time.Time { return w.now() },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.srv = httptest.NewServer(w.up)
	w.t.Cleanup(w.srv.Close)
}

// row announces a photo of user with that content.
func (w *world) row(id, user string, body []byte) photo.Photo {
	p := photo.Photo{SHA256: hash(body), Size: int64(len(body)), Mime: "image/jpeg"}
	p.ID, p.MadeBy, p.Township = id, user, where
	w.rows.mu.Lock()
	defer w.rows.mu.Unlock()
	w.rows.all[id] = p
	return p
}

func hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// picture is a JPEG of roughly 40 KB with content of its own.
func picture(t *testing.T, seed uint64) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 5))
	img := image.NewGray(image.Rect(0, 0, 200, 200))
	for i := range img.Pix {
		img.Pix[i] = byte(rng.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) offset(t *testing.T) int64 {
	t.Helper()
	n, err := strconv.ParseInt(r.header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		t.Fatalf("no offset in %+v", r)
	}
	return n
}

// ask sends one request as user; head is a list of name, value.
func (w *world) ask(user, method, url string, body io.Reader, head ...string) reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.srv.URL+url, body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("User", user)
	req.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	res, err := w.srv.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatalf("%s %s: reading the answer: %v", method, url, err)
	}
	return reply{res.StatusCode, res.Header, string(b)}
}

func meta(id, sum string) string {
	e := base64.StdEncoding.EncodeToString
	return "photo " + e([]byte(id)) + ",sha256 " + e([]byte(sum))
}

func (w *world) create(user, id string, body, first []byte) reply {
	w.t.Helper()
	head := []string{"Upload-Length", strconv.Itoa(len(body)), "Upload-Metadata", meta(id, hash(body))}
	if first == nil {
		return w.ask(user, "POST", path, nil, head...)
	}
	return w.ask(user, "POST", path, bytes.NewReader(first), append(head, "Content-Type", "application/offset+octet-stream")...)
}

func (w *world) patch(user, url string, offset int64, chunk []byte) reply {
	w.t.Helper()
	return w.ask(user, "POST", url, bytes.NewReader(chunk), "X-HTTP-Method-Override", "PATCH",
		"Upload-Offset", strconv.FormatInt(offset, 10), "Content-Type", "application/offset+octet-stream")
}

func (w *world) head(user, url string) reply {
	w.t.Helper()
	return w.ask(user, "POST", url, nil, "X-HTTP-Method-Override", "HEAD")
}

func (w *world) want(r reply, status int, code fault.Code) reply {
	w.t.Helper()
	if r.status != status || code != "" && r.body != string(code) {
		w.t.Fatalf("got %d %q, want %d %q", r.status, r.body, status, code)
	}
	return r
}

// stored fails unless the photo is stored and differs from what was sent.
func (w *world) stored(p photo.Photo, sent []byte) {
	w.t.Helper()
	if s := w.rows.state(p.ID); s != "stored" {
		w.t.Fatalf("row state %q", s)
	}
	b, ok, err := w.db.BodyOf(w.t.Context(), where, p.ID)
	if err != nil || !ok {
		w.t.Fatalf("no body: %v", err)
	}
	key, small := photo.Keys(p)
	if b.BodyKey != key || b.ThumbKey != small {
		w.t.Errorf("keys %s %s, want %s %s", b.BodyKey, b.ThumbKey, key, small)
	}
	for _, k := range []string{key, small} {
		f, n, err := w.blobs.Open(w.t.Context(), k)
		if err != nil {
			w.t.Fatal(err)
		}
		got, _ := io.ReadAll(f)
		_ = f.Close()
		if _, err := jpeg.Decode(bytes.NewReader(got)); err != nil || bytes.Equal(got, sent) || n == 0 {
			w.t.Errorf("%s: %v, %d bytes", k, err, n)
		}
	}
	w.left(0)
}

// left fails unless so many files of uploads under way are there.
func (w *world) left(n int) {
	w.t.Helper()
	list, err := os.ReadDir(filepath.Join(w.dir, "uploads"))
	if err != nil || len(list) != n {
		w.t.Errorf("%d files under way (%v), want %d", len(list), err, n)
	}
}
