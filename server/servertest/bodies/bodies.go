// Package bodies is the one suite that every store of bodies passes, and a
// real S3 server in the process to pass it on.
package bodies

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"daohu/server/blob"
	"daohu/server/blob/s3"
	"daohu/server/fault"
)

// BadKeys are names that no store may take: ways out of the folder, hidden
// files, what is not ASCII, what is too long.
func BadKeys() []string {
	return []string{"", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/..", "./a", ".tmp/1", "a/.b", "A", "a b", "a\\b", "a\x00", "照片",
		"a:b", "-a", "a?b", "a%2fb", "a#b", strings.Repeat("a", 151)}
}

// S3 starts a server with one empty bucket; the options reach it.
func S3(t testing.TB) s3.Options {
	t.Helper()
	back := s3mem.New()
	if err := back.CreateBucket("daohu"); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(gofakes3.New(back, gofakes3.WithTimeSkewLimit(0)).Server())
	t.Cleanup(srv.Close)
	return s3.Options{Endpoint: strings.TrimPrefix(srv.URL, "http://"), Bucket: "daohu", Key: "AKIDTEST", Secret: "not-a-secret", Plain: true, Tries: 1}
}

// Suite tries a store that open makes empty.
func Suite(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Run("keeps", func(t *testing.T) { keeps(t, open(t)) })
	t.Run("foreign names", func(t *testing.T) { foreign(t, open(t)) })
	t.Run("whole or nothing", func(t *testing.T) { whole(t, open(t)) })
	t.Run("walk", func(t *testing.T) { walk(t, open(t)) })
	t.Run("at once", func(t *testing.T) { atOnce(t, open(t)) })
}

func put(t *testing.T, s blob.Store, key, body string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
}

// Read reads the body of key, "" and false when there is none.
func Read(t testing.TB, s blob.Store, key string) ([]byte, bool) {
	t.Helper()
	f, n, err := s.Open(t.Context(), key)
	if fault.Is(err, fault.NotFound) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil || int64(len(b)) != n {
		t.Fatalf("%s: %d bytes of %d, %v", key, len(b), n, err)
	}
	return b, true
}

func keeps(t *testing.T, s blob.Store) {
	ctx, key := t.Context(), "photo/530000/ab12.jpg"
	if ok, err := s.Exists(ctx, key); ok || err != nil {
		t.Fatalf("before Put: %v %v", ok, err)
	}
	if _, _, err := s.Open(ctx, key); !fault.Is(err, fault.NotFound) {
		t.Fatalf("Open of nothing: %v", err)
	}
	for _, body := range []string{"first", "a longer second body"} {
		put(t, s, key, body)
		if got, ok := Read(t, s, key); !ok || string(got) != body {
			t.Errorf("got %q, want %q", got, body)
		}
	}
	put(t, s, key, "0123456789")
	f, _, err := s.Open(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := f.Seek(4, io.SeekStart); at != 4 || err != nil {
		t.Errorf("Seek: %d %v", at, err)
	}
	if rest, _ := io.ReadAll(f); string(rest) != "456789" {
		t.Errorf("after Seek: %q", rest)
	}
	_ = f.Close()
	for range 2 { // the second finds nothing, which is no error
		if err := s.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	if ok, _ := s.Exists(ctx, key); ok {
		t.Error("still there after Delete")
	}
}

func foreign(t *testing.T, s blob.Store) {
	ctx := t.Context()
	for _, k := range BadKeys() {
		if err := s.Put(ctx, k, strings.NewReader("x"), 1); !fault.Is(err, fault.Internal) {
			t.Errorf("Put(%q): %v", k, err)
		}
		if _, _, err := s.Open(ctx, k); !fault.Is(err, fault.Internal) {
			t.Errorf("Open(%q): %v", k, err)
		}
		if _, err := s.Exists(ctx, k); !fault.Is(err, fault.Internal) {
			t.Errorf("Exists(%q): %v", k, err)
		}
		if err := s.Delete(ctx, k); !fault.Is(err, fault.Internal) {
			t.Errorf("Delete(%q): %v", k, err)
		}
	}
	if all := Keys(t, s); len(all) != 0 {
		t.Errorf("made: %v", all)
	}
	put(t, s, strings.Repeat("a", 150), "x")
}

func whole(t *testing.T, s blob.Store) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	broken := errors.New("the sender broke off")
	put(t, s, "a/b", "before")
	for name, c := range map[string]struct {
		ctx  context.Context
		r    io.Reader
		size int64
		want fault.Code
	}{
		"broken":    {t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), 8, fault.Unavailable},
		"too short": {t.Context(), strings.NewReader("half"), 8, fault.Internal},
		"too long":  {t.Context(), strings.NewReader("much too long"), 8, fault.Internal},
		"cancelled": {gone, strings.NewReader("12345678"), 8, fault.Unavailable},
	} {
		err := s.Put(c.ctx, "a/b", c.r, c.size)
		if !fault.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		var fe *fault.Error
		if c.want == fault.Unavailable && (!errors.As(err, &fe) || fe.Retry <= 0) {
			t.Errorf("%s does not say when to come again: %v", name, err)
		}
	}
	if got, _ := Read(t, s, "a/b"); string(got) != "before" {
		t.Errorf("the earlier body became %q", got)
	}
	if all := Keys(t, s); !slices.Equal(all, []string{"a/b"}) {
		t.Errorf("left over: %v", all)
	}
	if _, err := s.Exists(gone, "a/b"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("asked with an ended context: %v", err)
	}
}

// Keys lists every body of a store.
func Keys(t testing.TB, s blob.Store) (out []string) {
	t.Helper()
	err := s.Walk(t.Context(), "", func(i blob.Info) error {
		out = append(out, i.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func walk(t *testing.T, s blob.Store) {
	want := []string{"other/1/a.jpg", "photo/1/a-s.jpg", "photo/1/a.jpg", "photo/2/b.jpg", "top"}
	start := time.Now().Add(-time.Minute)
	for _, k := range want {
		put(t, s, k, k)
	}
	if got := Keys(t, s); !slices.Equal(got, want) {
		t.Errorf("all: %v", got)
	}
	n := 0
	err := s.Walk(t.Context(), "photo/", func(i blob.Info) error {
		n++
		if !strings.HasPrefix(i.Key, "photo/") || i.Size != int64(len(i.Key)) || i.Modified.Before(start) {
			t.Errorf("%+v", i)
		}
		return nil
	})
	if n != 3 || err != nil {
		t.Errorf("%d of 3 below photo/, %v", n, err)
	}
	stop := errors.New("enough")
	if err := s.Walk(t.Context(), "", func(blob.Info) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	for _, k := range want {
		if err := s.Delete(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if got := Keys(t, s); len(got) != 0 {
		t.Errorf("after deleting all: %v", got)
	}
}

func atOnce(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	for i := range 8 {
		body := bytes.Repeat([]byte{byte('a' + i)}, 4096)
		wg.Go(func() {
			if err := s.Put(t.Context(), "k/one", bytes.NewReader(body), 4096); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, _ := Read(t, s, "k/one")
	if len(got) != 4096 || len(bytes.Trim(got, string(got[:1]))) != 0 {
		t.Errorf("bodies were mixed: %d bytes", len(got))
	}
	if all := Keys(t, s); len(all) != 1 {
		t.Errorf("left over: %v", all)
	}
}
