package app

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"daohu/server/config"
	"daohu/server/fault"
	"daohu/server/seal"
	"daohu/server/store"
)

// The files of a backup folder.
const (
	manifestFile = "manifest.json"
	sumFile      = "manifest.sum"
	tableDir     = "tables"
	photoDir     = "photos"
	backupFormat = 1
)

// Manifest describes a backup. Its own hash, and a seal made with DAOHU_KEY,
// stand beside it in manifest.sum.
type Manifest struct {
	Format    int    `json:"format"`
	Program   string `json:"program"`
	CreatedAt int64  `json:"createdAt"` // Unix ms
	Created   string `json:"created"`   // the same for people, Asia/Shanghai
	store.Dumped
	Files   []BackupFile `json:"files"`
	Missing []string     `json:"missing,omitempty"` // photos the database names that are not in the store
}

// BackupFile is one file of a backup.
type BackupFile struct {
	Path   string `json:"path"` // from the backup folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Rows is the number of rows in all tables.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Bytes is the size of all files.
func (m Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// Backup writes a consistent copy into the new folder dir while the server
// runs: the database in one snapshot, then the photos it names. The folder
// gets its name last: a backup that was cut short is called dir.partial. No
// key is in it.
func (a *App) Backup(ctx context.Context, dir string, say func(stage string, done, total int)) (Manifest, error) {
	now := a.opt.Now()
	m := Manifest{Format: backupFormat, Program: Version(), CreatedAt: now.UnixMilli(), Created: now.In(shanghai).Format(time.RFC3339)}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return m, errors.Join(fmt.Errorf("%s exists already; a backup needs a new folder", dir), err)
	}
	part := filepath.Clean(dir) + ".partial"
	if err := os.RemoveAll(part); err != nil {
		return m, err
	}
	for _, d := range []string{part, filepath.Join(part, tableDir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return m, err
		}
	}
	root, err := os.OpenRoot(part)
	if err != nil {
		return m, err
	}
	defer root.Close()
	out := &shelf{root: root}
	m.Dumped, err = a.DB.Dump(ctx, func(table string) (io.WriteCloser, error) {
		say("数据", len(out.files), 0)
		return out.create(tablePath(table), true)
	})
	if err != nil {
		return m, err
	}
	if m.Missing, err = a.copyPhotos(ctx, m.Bodies, out, say); err != nil {
		return m, err
	}
	m.Files = out.files
	if err := m.write(root, a.Box); err != nil {
		return m, err
	}
	return m, errors.Join(root.Close(), os.Rename(part, filepath.Clean(dir)), syncDir(filepath.Dir(filepath.Clean(dir))))
}

func (a *App) copyPhotos(ctx context.Context, keys []string, out *shelf, say func(string, int, int)) (missing []string, err error) {
	for i, key := range keys {
		say("照片", i, len(keys))
		r, _, err := a.blobs.Open(ctx, key)
		if fault.Is(err, fault.NotFound) {
			missing = append(missing, key)
			continue
		}
		if err != nil {
			return nil, err
		}
		w, err := out.create(path.Join(photoDir, key), false)
		if err == nil {
			_, err = io.Copy(w, r)
			err = errors.Join(err, w.Close())
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// write stores the manifest, and last the file that proves it whole.
func (m Manifest) write(root *os.Root, box *seal.Box) error {
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	out := &shelf{root: root}
	for _, f := range []struct {
		name string
		text []byte
	}{{manifestFile, raw}, {sumFile, sums(raw, box)}} {
		w, err := out.create(f.name, false)
		if err != nil {
			return err
		}
		_, err = w.Write(f.text)
		if err := errors.Join(err, w.Close()); err != nil {
			return err
		}
	}
	return nil
}

// sums is the text of manifest.sum: a hash against damage and, made with the
// key, one against forgery.
func sums(manifest []byte, box *seal.Box) []byte {
	h := sha256.Sum256(manifest)
	return fmt.Appendf(nil, "sha256 %s\nsealed %s\n", hex.EncodeToString(h[:]), box.Chain("backup manifest", manifest))
}

// sealAt is where the part of manifest.sum that depends on the key begins.
const sealAt = len("sha256 ") + 2*sha256.Size + len("\nsealed ")

// shelf makes files in a backup folder and notes their hashes.
type shelf struct {
	root  *os.Root
	files []BackupFile
}

// shelved hashes what goes to the disk.
type shelved struct {
	s    *shelf
	f    *os.File
	gz   *gzip.Writer // nil = not compressed
	sum  interface{ Sum([]byte) []byte }
	to   io.Writer
	path string
}

func (s *shelf) create(name string, compress bool) (io.WriteCloser, error) {
	if err := s.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	w := &shelved{s: s, f: f, sum: h, to: io.MultiWriter(f, h), path: name}
	if compress {
		w.gz = gzip.NewWriter(w.to)
		w.to = w.gz
	}
	return w, nil
}

func (w *shelved) Write(p []byte) (int, error) { return w.to.Write(p) }

// Close makes the file durable and notes it.
func (w *shelved) Close() error {
	var err error
	if w.gz != nil {
		err = w.gz.Close()
	}
	info, serr := w.f.Stat()
	if err = errors.Join(err, serr, w.f.Sync(), w.f.Close()); err == nil {
		w.s.files = append(w.s.files, BackupFile{w.path, info.Size(), hex.EncodeToString(w.sum.Sum(nil))})
	}
	return err
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Boxes are one Box per key, the present one first: what was made with an
// older key is still recognised.
func Boxes(c config.Config) ([]*seal.Box, error) {
	var out []*seal.Box
	for _, k := range c.Keys {
		b, err := seal.New(seal.Key{ID: k.ID, Bytes: k.Bytes()})
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}
