package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"daohu/server/fault"
)

func open(t *testing.T) (*Disk, string) {
	t.Helper()
	dir := t.TempDir()
	d, err := NewDisk(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, dir
}

// files lists every regular file below dir.
func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDiskKeepsWhatWasPut(t *testing.T) {
	d, dir := open(t)
	ctx := context.Background()
	key := "photo/530000/ab12.jpg"
	if ok, err := d.Exists(ctx, key); ok || err != nil {
		t.Fatalf("before Put: %v %v", ok, err)
	}
	if _, _, err := d.Open(ctx, key); !fault.Is(err, fault.NotFound) {
		t.Fatalf("Open of nothing: %v", err)
	}
	for _, body := range []string{"first", "a longer second body", ""} {
		if err := d.Put(ctx, key, strings.NewReader(body), int64(len(body))); err != nil {
			t.Fatal(err)
		}
		f, n, err := d.Open(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(f)
		if string(got) != body || n != int64(len(body)) {
			t.Errorf("got %q, size %d, want %q", got, n, body)
		}
		if at, err := f.Seek(0, io.SeekStart); at != 0 || err != nil {
			t.Errorf("Seek: %d %v", at, err)
		}
		_ = f.Close()
	}
	if got := files(t, dir); len(got) != 1 || filepath.Base(got[0]) != "ab12.jpg" {
		t.Errorf("files %v, want only the body", got)
	}
	for range 2 { // the second finds nothing, which is no error
		if err := d.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	if ok, _ := d.Exists(ctx, key); ok {
		t.Error("still there after Delete")
	}
}

func TestDiskSurvivesReopening(t *testing.T) {
	d, dir := open(t)
	ctx := context.Background()
	if err := d.Put(ctx, "a/b", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, tmpDir, "1-1")
	young := filepath.Join(dir, tmpDir, "1-2")
	for _, p := range []string{old, young} {
		if err := os.WriteFile(p, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	again, err := NewDisk(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if ok, err := again.Exists(ctx, "a/b"); !ok || err != nil {
		t.Errorf("body lost: %v %v", ok, err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Error("left-over of a crash was kept")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("a file another process may be writing was removed")
	}
}

func TestDiskRefusesForeignNames(t *testing.T) {
	d, dir := open(t)
	ctx := context.Background()
	bad := []string{"", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/..", "./a", ".tmp/1", "a/.b", "A", "a b", "a\\b", "a\x00", "照片", "a:b", "-a", strings.Repeat("a", maxKey+1), strings.Repeat("a", maxKey) + "A"}
	for _, k := range bad {
		if err := d.Put(ctx, k, strings.NewReader("x"), 1); !fault.Is(err, fault.Internal) {
			t.Errorf("Put(%q): %v", k, err)
		}
		if _, _, err := d.Open(ctx, k); err == nil || fault.Is(err, fault.NotFound) {
			t.Errorf("Open(%q): %v", k, err)
		}
		if _, err := d.Exists(ctx, k); err == nil {
			t.Errorf("Exists(%q) took it", k)
		}
		if err := d.Delete(ctx, k); err == nil {
			t.Errorf("Delete(%q) took it", k)
		}
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("files made: %v", got)
	}
	for _, k := range []string{"a", "a.jpg", "a_b-c/0.d", strings.Repeat("a", maxKey)} {
		if err := CheckKey(k); err != nil {
			t.Errorf("CheckKey(%q): %v", k, err)
		}
	}
}

func TestDiskStoresWholeOrNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		r    io.Reader
		size int64
		want fault.Code
	}{
		"disk full": {context.Background(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(syscall.ENOSPC)), 8, fault.Unavailable},
		"too short": {context.Background(), strings.NewReader("half"), 8, fault.Internal},
		"too long":  {context.Background(), strings.NewReader("much too long"), 8, fault.Internal},
		"cancelled": {ctx, strings.NewReader("12345678"), 8, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			d, dir := open(t)
			if err := d.Put(context.Background(), "a/b", strings.NewReader("before"), 6); err != nil {
				t.Fatal(err)
			}
			if err := d.Put(c.ctx, "a/b", c.r, c.size); !fault.Is(err, c.want) {
				t.Errorf("Put: %v, want %s", err, c.want)
			}
			if got := files(t, dir); len(got) != 1 {
				t.Errorf("files %v, want only the earlier body", got)
			}
			f, _, err := d.Open(context.Background(), "a/b")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got, _ := io.ReadAll(f); string(got) != "before" {
				t.Errorf("the earlier body became %q", got)
			}
		})
	}
}

func TestDiskFailsCleanlyWithoutItsFolder(t *testing.T) {
	d, dir := open(t)
	if err := os.RemoveAll(filepath.Join(dir, tmpDir)); err != nil {
		t.Fatal(err)
	}
	err := d.Put(context.Background(), "a/b", strings.NewReader("x"), 1)
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("Put: %v", err)
	}
	var fe *fault.Error
	if !errors.As(err, &fe) || fe.Retry <= 0 || strings.Contains(fe.Sentence(), dir) {
		t.Errorf("not an answer for a phone: %+v", fe)
	}
}

func TestDiskDoesNotFollowLinksOut(t *testing.T) {
	d, dir := open(t)
	out := t.TempDir()
	if err := os.Symlink(out, filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(context.Background(), "a/b", strings.NewReader("x"), 1); err == nil {
		t.Error("wrote through a link out of the folder")
	}
	if got := files(t, out); len(got) != 0 {
		t.Errorf("wrote %v", got)
	}
}

func TestDiskPutsOfOneKeyAtOnce(t *testing.T) {
	d, dir := open(t)
	var wg sync.WaitGroup
	for i := range 8 {
		body := bytes.Repeat([]byte{byte('a' + i)}, 4096)
		wg.Go(func() {
			if err := d.Put(context.Background(), "k/one", bytes.NewReader(body), 4096); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f, n, err := d.Open(context.Background(), "k/one")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, _ := io.ReadAll(f)
	if n != 4096 || len(bytes.Trim(got, string(got[:1]))) != 0 {
		t.Errorf("bodies were mixed: %d bytes", n)
	}
	if left := files(t, dir); len(left) != 1 {
		t.Errorf("left over: %v", left)
	}
}
