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
	root *os.Root // refuses to leave the folder, whatever a key or a link says
	next atomic.Uint64
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
	d := &Disk{root: root}
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
func (d *Disk) Close() error { return d.root.Close() }

// file is where the body of key lies below the root.
func file(key string) string {
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
	if err := d.place(tmp, file(key)); err != nil {
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
func (d *Disk) temp() (*os.File, string, error) {
	for {
		name := path.Join(tmpDir, strconv.Itoa(os.Getpid())+"-"+strconv.FormatUint(d.next.Add(1), 10))
		f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
}

// place renames tmp to name and makes the new name durable.
func (d *Disk) place(tmp, name string) error {
	dir := path.Dir(name)
	_, err := d.root.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
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
	f, err := d.root.Open(dir)
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
	f, err := d.root.Open(file(key))
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
	_, err := d.root.Stat(file(key))
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
	name := file(key)
	err := d.root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = d.sync(path.Dir(name))
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
