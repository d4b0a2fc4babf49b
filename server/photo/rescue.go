package photo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/tus/tusd/v2/pkg/handler"

	"daohu/server/access"
	"daohu/server/fault"
)

// Brought is a picture out of a file that a phone wrote.
type Brought struct {
	Township, Author string // the author's user id
	Photo            string // id of its row
	SHA256           string // of Body, as the row announces it
	Body             []byte // the file as the phone would send it
	Announced        bool   // the row waits in quarantine with this hash and size
}

// The fates of a brought picture.
const (
	BroughtStored  = "stored"  // it belongs to a row that is there
	BroughtWaiting = "waiting" // its row waits; the bytes rest as an upload, 7 days at most
	BroughtThere   = "there"   // the server had it
)

// Bring takes the whole of a picture that no phone will send. Dry only says
// what would become of it. Codes: checksum (the bytes are others), too-large,
// not-found (nothing announced it), gone (it is not wanted any more), bad-image,
// unavailable.
func (u *Uploads) Bring(ctx context.Context, b Brought, dry bool) (string, error) {
	if len(b.Body) > MaxFile {
		return "", fault.New(fault.TooLarge, "")
	}
	if sum := sha256.Sum256(b.Body); hex.EncodeToString(sum[:]) != b.SHA256 {
		return "", fault.New(fault.Checksum, "")
	}
	row, err := u.cfg.Rows.Row(ctx, access.Actor{User: b.Author}, b.Photo)
	switch {
	case fault.Is(err, fault.NotFound) && b.Announced:
		row = Photo{SHA256: b.SHA256, Size: int64(len(b.Body))}
		row.Township, row.MadeBy, row.ID = b.Township, b.Author, b.Photo
		if dry {
			return BroughtWaiting, nil
		}
		return BroughtWaiting, u.park(ctx, row, b.Body)
	case err != nil:
		return "", err
	case row.Township != b.Township || row.MadeBy != b.Author || row.DeletedAt > 0 || row.SHA256 != b.SHA256 || row.Size != int64(len(b.Body)):
		return "", fault.New(fault.NotFound, "")
	case row.State == bad:
		return "", fault.New(fault.BadImage, "")
	case row.State != "":
		return BroughtThere, nil
	case dry:
		return BroughtStored, nil
	}
	if err := u.park(ctx, row, b.Body); err != nil {
		return "", err
	}
	return BroughtStored, u.heal(ctx, UploadID(row))
}

// Land finishes what Bring kept for a row that has come out of quarantine;
// nothing was kept, or it rested too long: no failure.
func (u *Uploads) Land(ctx context.Context, author, id string) error {
	row, err := u.cfg.Rows.Row(ctx, access.Actor{User: author}, id)
	if err == nil {
		err = u.heal(ctx, UploadID(row))
	}
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return nil
	}
	return err
}

// park keeps body as the upload of row, all of it there and none of it looked
// at yet; what a phone had sent of it goes.
func (u *Uploads) park(ctx context.Context, row Photo, body []byte) error {
	id := UploadID(row)
	return u.locked(ctx, id, func() error {
		if err := u.remove(id); err != nil {
			return fault.Wrap(fault.Unavailable, err)
		}
		up, err := u.files.NewUpload(ctx, handler.FileInfo{ID: id, Size: row.Size, MetaData: rowMeta(row)})
		if err == nil {
			_, err = up.WriteChunk(ctx, 0, bytes.NewReader(body))
		}
		if err != nil {
			return fault.Wrap(fault.Unavailable, err)
		}
		return nil
	})
}
