package photo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"daohu/server/access"
	"daohu/server/fault"
)

// beforeCreate names the upload and notes whose it is: the phone's own
// metadata is not kept.
func (u *Uploads) beforeCreate(e handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	t, ok := e.Context.Value(stepKey{}).(*step)
	if !ok || t.id == "" {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, handler.ErrUploadRejectedByServer
	}
	return handler.HTTPResponse{}, handler.FileInfoChanges{ID: t.id, MetaData: rowMeta(t.row)}, nil
}

// rowMeta is what an upload remembers of its row.
func rowMeta(p Photo) handler.MetaData {
	return handler.MetaData{"photo": p.ID, "sha256": p.SHA256, "author": p.MadeBy, "township": p.Township}
}

// afterLastByte runs under the lock of the upload.
func (u *Uploads) afterLastByte(e handler.HookEvent) (handler.HTTPResponse, error) {
	err := u.complete(e.Context, e.Upload.ID)
	if err == nil {
		return handler.HTTPResponse{}, nil
	}
	if t, ok := e.Context.Value(stepKey{}).(*step); ok {
		t.err = err
	}
	return handler.HTTPResponse{}, handler.ErrUploadStoppedByServer
}

// complete turns the bytes of upload id into a stored photo. Each step may be
// repeated, and the bytes stay until the last one is done: after a crash
// anywhere the next question of the phone finishes the rest.
func (u *Uploads) complete(ctx context.Context, id string) error {
	up, err := u.files.GetUpload(ctx, id)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err)
	}
	info, err := up.GetInfo(ctx)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err)
	}
	b, err := u.store(ctx, up, info)
	switch {
	case fault.Is(err, fault.BadImage):
		m := info.MetaData
		note := Stored{Township: m["township"], Author: m["author"], SHA256: m["sha256"], State: bad}
		if ferr := u.cfg.Rows.Finish(ctx, m["photo"], note); ferr != nil {
			return ferr
		}
	case fault.Is(err, fault.Checksum):
	case err != nil:
		return err
	default:
		err = u.finish(ctx, b)
		if err != nil && !fault.Is(err, fault.Gone) { // not wanted any more: the bytes go
			return err
		}
	}
	if terr := u.files.AsTerminatableUpload(up).Terminate(ctx); terr != nil && err == nil {
		err = fault.Wrap(fault.Unavailable, terr)
	}
	return err
}

// store verifies the file and puts picture, thumbnail and the note about
// them in place.
func (u *Uploads) store(ctx context.Context, up handler.Upload, info handler.FileInfo) (Body, error) {
	rc, err := up.GetReader(ctx)
	if err != nil {
		return Body{}, fault.Wrap(fault.Unavailable, err)
	}
	defer rc.Close()
	f, ok := rc.(io.ReadSeeker)
	if !ok {
		return Body{}, fault.Wrap(fault.Internal, errors.New("photo: upload cannot be read twice"))
	}
	m := info.MetaData
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return Body{}, fault.Wrap(fault.Unavailable, err)
	}
	if n != info.Size || hex.EncodeToString(sum.Sum(nil)) != m["sha256"] {
		return Body{}, fault.New(fault.Checksum, "")
	}
	res, err := u.cfg.Images.Process(ctx, f, n)
	if err != nil {
		return Body{}, err
	}
	row := Photo{SHA256: m["sha256"]}
	row.Township, row.MadeBy, row.ID = m["township"], m["author"], m["photo"]
	b := Body{Township: row.Township, Photo: row.ID, Author: row.MadeBy, Upload: info.ID, SHA256: row.SHA256, Size: n,
		BodySize: int64(len(res.JPEG)), ThumbSize: int64(len(res.Thumb)), Width: int64(res.Width), Height: int64(res.Height)}
	b.Print = res.Print
	b.BodyKey, b.ThumbKey = Keys(row)
	return b, u.locked(ctx, bodyLock(b.BodyKey), func() error { return u.place(ctx, b, res) })
}

// place puts both pictures into the store, then notes where they lie, so that
// no note ever speaks of a picture that is not there.
func (u *Uploads) place(ctx context.Context, b Body, res Result) error {
	if err := u.cfg.Blobs.Put(ctx, b.ThumbKey, bytes.NewReader(res.Thumb), b.ThumbSize); err != nil {
		return err
	}
	if err := u.cfg.Blobs.Put(ctx, b.BodyKey, bytes.NewReader(res.JPEG), b.BodySize); err != nil {
		return err
	}
	return u.cfg.Bodies.SaveBody(ctx, b)
}

// live reads the state of an upload under way: fault.NotFound when there is
// none, fault.Gone when it rested too long.
func (u *Uploads) live(ctx context.Context, id string) (handler.FileInfo, error) {
	if !uploadName(id) {
		return handler.FileInfo{}, fault.New(fault.NotFound, "")
	}
	up, err := u.files.GetUpload(ctx, id)
	// A full disk leaves the note of a new upload empty or in part. Such an
	// upload never began: the next attempt writes over it.
	if _, half := errors.AsType[*json.SyntaxError](err); half || errors.Is(err, handler.ErrNotFound) {
		return handler.FileInfo{}, fault.Wrap(fault.NotFound, err)
	}
	if err != nil {
		return handler.FileInfo{}, fault.Wrap(fault.Unavailable, err)
	}
	if u.touched(id).Before(u.cfg.Now().Add(-keep)) {
		return handler.FileInfo{}, fault.New(fault.Gone, "")
	}
	info, err := up.GetInfo(ctx)
	return info, err
}

// settled is live after a writer on an older connection was made to stop (or
// to finish the last step), so that the state does not change any more.
func (u *Uploads) settled(ctx context.Context, id string) (info handler.FileInfo, err error) {
	if info, err = u.live(ctx, id); err != nil {
		return info, err
	}
	err = u.locked(ctx, id, func() (err error) {
		info, err = u.live(ctx, id)
		return err
	})
	return info, err
}

// own returns the state of an upload, under way or done, to its author;
// everyone else learns nothing. With settle, older writers are stopped first.
func (u *Uploads) own(ctx context.Context, a access.Actor, id string, settle bool) (handler.FileInfo, error) {
	info, err := u.live(ctx, id)
	if err == nil && info.MetaData["author"] != a.User {
		return info, fault.New(fault.NotFound, "")
	}
	if err == nil && settle {
		info, err = u.settled(ctx, id)
	}
	if err == nil && info.Offset >= info.Size {
		return info, u.heal(ctx, id)
	}
	if !fault.Is(err, fault.NotFound) || !uploadName(id) {
		return info, err
	}
	b, ok, err := u.cfg.Bodies.BodyByUpload(ctx, id)
	if err == nil && (!ok || b.Author != a.User) {
		err = fault.New(fault.NotFound, "")
	}
	return handler.FileInfo{ID: id, Size: b.Size, Offset: b.Size}, err
}

// heal finishes an upload all of whose bytes are there. It goes on when the
// phone hangs up: the work would only have to be done again.
func (u *Uploads) heal(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), network)
	defer cancel()
	return u.locked(ctx, id, func() error {
		info, err := u.live(ctx, id)
		if fault.Is(err, fault.NotFound) {
			return nil // another request was faster
		}
		if err != nil || info.Offset < info.Size {
			return err
		}
		return u.complete(ctx, id)
	})
}

// locked runs f while it alone holds name.
func (u *Uploads) locked(ctx context.Context, name string, f func() error) error {
	lock, err := u.cfg.Locker.NewLock(name)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err)
	}
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	if err := lock.Lock(wait, func() {}); err != nil {
		return fault.Wrap(fault.Unavailable, err)
	}
	defer func() { _ = lock.Unlock() }()
	return f()
}

// uploadName reports whether id is one that UploadID makes.
func uploadName(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}

// touched is when one of the two files of an upload was last written.
func (u *Uploads) touched(id string) (at time.Time) {
	for _, name := range []string{id, id + ".info"} {
		if st, err := os.Stat(filepath.Join(u.cfg.Dir, name)); err == nil && st.ModTime().After(at) {
			at = st.ModTime()
		}
	}
	return at
}

// Reap forgets the uploads that rested for 7 days before now (Unix ms) and
// returns how many. Files that are no uploads are left alone.
func (u *Uploads) Reap(ctx context.Context, now int64) (int, error) {
	list, err := os.ReadDir(u.cfg.Dir)
	if err != nil {
		return 0, fmt.Errorf("photo: %w", err)
	}
	old := time.UnixMilli(now).Add(-keep)
	done := 0
	for _, e := range list {
		id := strings.TrimSuffix(e.Name(), ".info")
		if !uploadName(id) || !u.touched(id).Before(old) {
			continue
		}
		err := u.locked(ctx, id, func() error {
			at := u.touched(id)
			if at.IsZero() || !at.Before(old) {
				return nil // gone with its other file, or in use again
			}
			done++
			return u.remove(id)
		})
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// remove deletes both files, bytes first: without them there is no upload.
func (u *Uploads) remove(id string) error {
	for _, name := range []string{id, id + ".info"} {
		if err := os.Remove(filepath.Join(u.cfg.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("photo: %w", err)
		}
	}
	return nil
}
