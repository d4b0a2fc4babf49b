package photo

import (
	"context"
	"fmt"
	"strings"

	"daohu/server/blob"
	"daohu/server/fault"
)

// orphanAge is how old a stored picture must be to be taken for forgotten: a
// day longer than its upload may rest.
const orphanAge = keep + keep/7

// bodyLock names the lock under which a picture is stored, adopted by another
// row, or swept away.
func bodyLock(key string) string {
	return "body-" + derive(32, "lock", key)
}

// brake is how many unknown files stop Sweep when they are also more than a
// tenth of all old ones: then it is not the files that are wrong but the place,
// such as a bucket that belongs to another database.
const brake = 10

// Sweep deletes stored pictures that no row speaks of: the server stopped
// between storing one and noting it, and the phone never came back. It returns
// how many files went. now is Unix ms. It
// deletes nothing and fails when far too much is unknown.
func (u *Uploads) Sweep(ctx context.Context, now int64) (int, error) {
	var lost []string
	seen := 0
	err := u.cfg.Blobs.Walk(ctx, "photo/", func(i blob.Info) error {
		if now-i.Modified.UnixMilli() < orphanAge.Milliseconds() {
			return nil
		}
		seen++
		known, err := u.cfg.Bodies.BodyKnown(ctx, i.Key)
		if err == nil && !known {
			lost = append(lost, i.Key)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	if len(lost) > brake && 10*len(lost) > seen {
		return 0, fmt.Errorf("photo: %d of %d stored files are unknown to this database; is the bucket or folder another server's? nothing was removed", len(lost), seen)
	}
	done := 0
	for _, key := range lost {
		whole := strings.Replace(key, "-s.jpg", ".jpg", 1) // the lock of the pair
		err := u.locked(ctx, bodyLock(whole), func() error {
			// Asked again under the lock: it may have been stored anew.
			known, err := u.cfg.Bodies.BodyKnown(ctx, key)
			if err != nil || known {
				return err
			}
			done++
			return u.cfg.Blobs.Delete(ctx, key)
		})
		if err != nil && !fault.Is(err, fault.NotFound) {
			return done, err
		}
	}
	return done, nil
}
