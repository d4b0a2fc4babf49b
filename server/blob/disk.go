package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"daohu/server/fault"
)

// tmpDir holds files being written. It lies inside the root so that the
// final rename stays within one file system.
const tmpDir = ".tmp"

// Disk is a Store in a folder. A body lies at <dir of key>/<2 hex>/<base of
// key>: 256 shards keep folders small when a township has 100 000 photos.
type Disk struct {
	root folder
	next atomic.Uint64
	shut io.Closer
}

// folder is what Disk does to its folder; tests make each call fail in turn.
type folder interface {
	OpenFile(name string, flag int, perm os.FileMode) (file, error)
	MkdirAll(name string, perm os.FileMode) error
	Rename(from, to string) error
	Remove(name string) error
	Stat(name string) (fs.FileInfo, error)
	FS() fs.FS
}

// file is an open file or folder of it.
type file interface {
	io.ReadWriteSeeker
	io.Closer
	Stat() (fs.FileInfo, error)
	Sync() error
}

// rooted is the folder itself. It refuses to leave it, whatever a key or a
// link says.
type rooted struct{ *os.Root }

func (r rooted) OpenFile(name string, flag int, perm os.FileMode) (file, error) {
	f, err := r.Root.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err // and not a nil *os.File
	}
	return f, nil
}

var _ Store = (*Disk)(nil)

// NewDisk opens (and makes) the folder dir. Files that a crash left half
// written more than a day before now are removed.
func NewDisk(dir string, now time.Time) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	d := &Disk{root: rooted{root}, shut: root}
	if err = d.root.MkdirAll(tmpDir, 0o700); err == nil {
		err = d.clean(now.Add(-24 * time.Hour))
	}
	if err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("blob: %w", err)
	}
	return d, nil
}

// clean removes temporary files last written before old.
func (d *Disk) clean(old time.Time) error {
	list, err := fs.ReadDir(d.root.FS(), tmpDir)
	if err != nil {
		return err
	}
	for _, e := range list {
		if info, err := e.Info(); err == nil && info.ModTime().Before(old) {
			_ = d.root.Remove(path.Join(tmpDir, e.Name()))
		}
	}
	return nil
}

// Close lets go of the folder.
func (d *Disk) Close() error { return d.shut.Close() }

// place is where the body of key lies below the root.
func place(key string) string {
	sum := sha256.Sum256([]byte(key))
	return path.Join(path.Dir(key), hex.EncodeToString(sum[:1]), path.Base(key))
}

// Put implements Store: temporary file, fsync, rename, fsync of the folder.
func (d *Disk) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	tmp, err := d.write(ctx, r, size)
	if err != nil {
		return err
	}
	if err := d.move(tmp, place(key)); err != nil {
		_ = d.root.Remove(tmp)
		return down(err)
	}
	return nil
}

// write puts size bytes of r on the disk under a temporary name.
func (d *Disk) write(ctx context.Context, r io.Reader, size int64) (string, error) {
	f, name, err := d.temp()
	if err != nil {
		return "", down(err)
	}
	// One byte more than announced is asked for, so that a longer body shows.
	n, err := io.Copy(f, io.LimitReader(reader{ctx, r}, size+1))
	if err == nil && n != size {
		err = fault.Wrap(fault.Internal, fmt.Errorf("blob: body is not of the %d bytes announced", size))
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = d.root.Remove(name)
		return "", down(err)
	}
	return name, nil
}

// temp makes a fresh temporary file; names left by an earlier process with
// the same process id are skipped.
func (d *Disk) temp() (file, string, error) {
	for {
		name := path.Join(tmpDir, strconv.Itoa(os.Getpid())+"-"+strconv.FormatUint(d.next.Add(1), 10))
		f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
}

// move renames tmp to name and makes the new name durable.
func (d *Disk) move(tmp, name string) error {
	dir := path.Dir(name)
	_, err := d.root.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return err
	}
	if fresh {
		if err := d.root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := d.root.Rename(tmp, name); err != nil {
		return err
	}
	for {
		if err := d.sync(dir); err != nil {
			return err
		}
		if !fresh || dir == "." {
			return nil
		}
		dir = path.Dir(dir)
	}
}

func (d *Disk) sync(dir string) error {
	f, err := d.root.OpenFile(dir, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Open implements Store.
func (d *Disk) Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error) {
	if err := errors.Join(CheckKey(key), ctx.Err()); err != nil {
		return nil, 0, down(err)
	}
	f, err := d.root.OpenFile(place(key), os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fault.Wrap(fault.NotFound, err)
	}
	if err != nil {
		return nil, 0, down(err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, down(err)
	}
	return f, info.Size(), nil
}

// Exists implements Store.
func (d *Disk) Exists(ctx context.Context, key string) (bool, error) {
	if err := errors.Join(CheckKey(key), ctx.Err()); err != nil {
		return false, down(err)
	}
	_, err := d.root.Stat(place(key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, down(err)
	}
	return true, nil
}

// Delete implements Store.
func (d *Disk) Delete(ctx context.Context, key string) error {
	if err := errors.Join(CheckKey(key), ctx.Err()); err != nil {
		return down(err)
	}
	name := place(key)
	err := d.root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = d.sync(path.Dir(name))
	}
	return down(err)
}

// Walk implements Store. A file that is no body is passed over.
func (d *Disk) Walk(ctx context.Context, prefix string, visit func(Info) error) error {
	var stop error
	err := fs.WalkDir(d.root.FS(), ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // deleted meanwhile
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case p == tmpDir:
			return fs.SkipDir
		case !e.Type().IsRegular():
			return nil
		}
		key := path.Join(path.Dir(path.Dir(p)), path.Base(p))
		if CheckKey(key) != nil || place(key) != p || !strings.HasPrefix(key, prefix) {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return nil // deleted meanwhile
		}
		stop = visit(Info{Key: key, Size: info.Size(), Modified: info.ModTime()})
		return stop
	})
	if stop != nil {
		return stop
	}
	return down(err)
}

// down says that the medium failed (disk full, quota, I/O error, cancelled):
// nothing was stored and the call may be made again.
func down(err error) error {
	if err == nil {
		return nil
	}
	if _, ours := errors.AsType[*fault.Error](err); ours {
		return err
	}
	return &fault.Error{Code: fault.Unavailable, Retry: 30 * time.Second, Err: fmt.Errorf("blob: %w", err)}
}

// reader stops at a cancelled context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
