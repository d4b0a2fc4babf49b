package app

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"daohu/server/blob"
	"daohu/server/seal"
	"daohu/server/store"
)

// Backup is a backup that was found whole.
type Backup struct {
	Manifest
	root *os.Root
}

// ErrDamaged says that a backup is not as it was written.
var ErrDamaged = errors.New("the backup is damaged")

// ErrOtherKey says that a backup was not sealed with any key of DAOHU_KEY.
var ErrOtherKey = errors.New("the backup was made with another DAOHU_KEY, or forged: with this key its ID numbers, telephone numbers and health details cannot be read, and its audit log cannot be checked")

// OpenBackup reads every file of a backup and compares it with the manifest;
// nothing is written. With anyKey a backup of another key is taken as well:
// what is sealed in it stays closed. Close what it returns.
func OpenBackup(dir string, boxes []*seal.Box, anyKey bool) (*Backup, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	b := &Backup{root: root}
	if err := b.check(boxes, anyKey); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return b, nil
}

// Close lets go of the folder.
func (b *Backup) Close() error { return b.root.Close() }

func (b *Backup) check(boxes []*seal.Box, anyKey bool) error {
	raw, err := b.root.ReadFile(manifestFile)
	if err != nil {
		return fmt.Errorf("this is no backup: %w", err)
	}
	sum, err := b.root.ReadFile(sumFile)
	if err != nil {
		return fmt.Errorf("this is no whole backup: %w", err)
	}
	if len(boxes) == 0 {
		return errors.New("a backup is opened with a key: set DAOHU_KEY")
	}
	if want := sums(raw, boxes[0]); len(sum) != len(want) || !bytes.Equal(sum[:sealAt], want[:sealAt]) {
		return fmt.Errorf("%w: %s", ErrDamaged, manifestFile)
	}
	ours := slices.ContainsFunc(boxes, func(x *seal.Box) bool { return bytes.Equal(sums(raw, x), sum) })
	if !ours && !anyKey {
		return ErrOtherKey
	}
	if err := json.Unmarshal(raw, &b.Manifest); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, manifestFile, err)
	}
	if b.Format != backupFormat {
		return fmt.Errorf("the backup has format %d, this program reads %d", b.Format, backupFormat)
	}
	return b.checkFiles()
}

func (b *Backup) checkFiles() error {
	have := map[string]bool{}
	for _, f := range b.Files {
		r, err := b.root.Open(f.Path)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		h := sha256.New()
		n, err := io.Copy(h, r)
		if err := errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, f.Path, err)
		}
		if n != f.Size || hex.EncodeToString(h.Sum(nil)) != f.SHA256 {
			return fmt.Errorf("%w: %s is not the file that was written", ErrDamaged, f.Path)
		}
		if key, ok := strings.CutPrefix(f.Path, photoDir+"/"); ok && blob.CheckKey(key) != nil {
			return fmt.Errorf("%w: %s is no name of a photo", ErrDamaged, f.Path)
		}
		have[f.Path] = true
	}
	for _, t := range b.Tables {
		if !have[tablePath(t.Name)] {
			return fmt.Errorf("%w: table %s is missing", ErrDamaged, t.Name)
		}
	}
	return nil
}

func tablePath(name string) string { return path.Join(tableDir, name+".jsonl.gz") }

// Restore fills an empty database and the photo store from a backup: photos
// first, then the tables in one transaction, so that whatever goes wrong the
// database stays empty and Restore can be run again. It ends with the audit.
func (a *App) Restore(ctx context.Context, b *Backup, say func(stage string, done, total int)) ([]store.Verified, error) {
	if err := a.DB.NeedEmpty(ctx); err != nil {
		return nil, err
	}
	for i, f := range b.Files {
		key, ok := strings.CutPrefix(f.Path, photoDir+"/")
		if !ok {
			continue
		}
		say("照片", i, len(b.Files))
		if err := a.putPhoto(ctx, b, f, key); err != nil {
			return nil, err
		}
	}
	done := 0
	err := a.DB.Load(ctx, b.Dumped, func(table string) (io.ReadCloser, error) {
		say("数据", done, len(b.Tables))
		done++
		f, err := b.root.Open(tablePath(table))
		if err != nil {
			return nil, err
		}
		gz, err := gzip.NewReader(f)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return unzipped{gz, f}, nil
	})
	if err != nil {
		return nil, err
	}
	return a.Audit(ctx, store.Audit{})
}

func (a *App) putPhoto(ctx context.Context, b *Backup, f BackupFile, key string) error {
	r, err := b.root.Open(f.Path)
	if err != nil {
		return err
	}
	return errors.Join(a.blobs.Put(ctx, key, r, f.Size), r.Close())
}

type unzipped struct {
	*gzip.Reader
	f *os.File
}

func (u unzipped) Close() error { return errors.Join(u.Reader.Close(), u.f.Close()) }
