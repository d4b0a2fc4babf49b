package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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

// failing makes the call number at, counted over folder and files, fail.
type failing struct {
	folder
	n, at int
	err   error
}

func (f *failing) next() error {
	if f.n++; f.n == f.at {
		return f.err
	}
	return nil
}

func (f *failing) OpenFile(name string, flag int, perm os.FileMode) (file, error) {
	if err := f.next(); err != nil {
		return nil, err
	}
	g, err := f.folder.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return failingFile{g, f, flag&os.O_WRONLY != 0}, nil
}

func (f *failing) MkdirAll(name string, perm os.FileMode) error {
	if err := f.next(); err != nil {
		return err
	}
	return f.folder.MkdirAll(name, perm)
}

func (f *failing) Rename(from, to string) error {
	if err := f.next(); err != nil {
		return err
	}
	return f.folder.Rename(from, to)
}

func (f *failing) Stat(name string) (fs.FileInfo, error) {
	if err := f.next(); err != nil {
		return nil, err
	}
	return f.folder.Stat(name)
}

type failingFile struct {
	file
	f       *failing
	written bool // closing what was only read loses nothing
}

// Write writes half of p before it fails.
func (g failingFile) Write(p []byte) (int, error) {
	if err := g.f.next(); err != nil {
		n, _ := g.file.Write(p[:len(p)/2])
		return n, err
	}
	return g.file.Write(p)
}

func (g failingFile) Sync() error {
	if err := g.f.next(); err != nil {
		return err
	}
	return g.file.Sync()
}

func (g failingFile) Close() error {
	if !g.written {
		return g.file.Close()
	}
	if err := g.f.next(); err != nil {
		_ = g.file.Close()
		return err
	}
	return g.file.Close()
}

// TestDiskFailsAtEveryCall lets the medium fail at each call of a Put in turn:
// what is there afterwards is the body before or the new one, whole, nothing
// lies about, and the next Put succeeds.
func TestDiskFailsAtEveryCall(t *testing.T) {
	for _, bad := range []error{syscall.ENOSPC, syscall.EIO} {
		for _, key := range []string{"old/b", "new/c"} { // a folder that is there, and one that is not
			k := 1
			for ; ; k++ {
				d, dir := open(t)
				if err := d.Put(t.Context(), "old/b", strings.NewReader("before"), 6); err != nil {
					t.Fatal(err)
				}
				broken := &failing{folder: d.root, at: k, err: bad}
				d.root = broken
				err := d.Put(t.Context(), key, strings.NewReader("afterwards"), 10)
				if broken.n < k { // it needs fewer calls
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				if !fault.Is(err, fault.Unavailable) || !errors.Is(err, bad) {
					t.Errorf("%s, call %d: %v", bad, k, err)
				}
				broken.at = 0
				check := func(when string, allowed ...string) {
					t.Helper()
					got := "(none)"
					if f, _, err := d.Open(t.Context(), key); err == nil {
						b, _ := io.ReadAll(f)
						_, got = f.Close(), string(b)
					}
					for _, a := range allowed {
						if got == a {
							return
						}
					}
					t.Errorf("%s at call %d of %s, %s: %q", bad, k, key, when, got)
				}
				was := map[string]string{"old/b": "before", "new/c": "(none)"}[key]
				check("after the failure", was, "afterwards")
				for _, f := range files(t, dir) {
					if strings.Contains(f, tmpDir) {
						t.Errorf("%s at call %d: %s was left", bad, k, f)
					}
				}
				if err := d.Put(t.Context(), key, strings.NewReader("afterwards"), 10); err != nil {
					t.Errorf("%s at call %d, once more: %v", bad, k, err)
				}
				check("once more", "afterwards")
			}
			if k < 8 {
				t.Errorf("only %d calls were seen", k)
			}
			t.Logf("%s: %d calls of a Put into %s failed in turn", bad, k-1, key)
		}
	}
}
