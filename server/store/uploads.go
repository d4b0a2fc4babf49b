package store

import (
	"context"

	"daohu/server/photo"
)

var _ photo.Bodies = (*DB)(nil)

const bodyColumns = "`township`, `photo`, `author`, `upload`, `sha256`, `size`, `body_key`, `thumb_key`, `body_size`, `thumb_size`, `width`, `height`, `made_at`, `updated_at`"

// BodyOf returns where the stored picture of a photo row lies.
func (d *DB) BodyOf(ctx context.Context, township, id string) (photo.Body, bool, error) {
	return d.body(ctx, "`township` = ? AND `photo` = ?", township, id)
}

// BodyByUpload returns the body that came through an upload.
func (d *DB) BodyByUpload(ctx context.Context, upload string) (photo.Body, bool, error) {
	return d.body(ctx, "`upload` = ?", upload)
}

// BodyByContent returns one body of the author with that hash: which one does
// not matter, they share their files.
func (d *DB) BodyByContent(ctx context.Context, township, author, sha256 string) (photo.Body, bool, error) {
	return d.body(ctx, "`township` = ? AND `author` = ? AND `sha256` = ?", township, author, sha256)
}

func (d *DB) body(ctx context.Context, where string, args ...any) (photo.Body, bool, error) {
	var out []photo.Body
	err := d.gorm.WithContext(ctx).Raw("SELECT "+bodyColumns+" FROM `photo_body` WHERE "+where+" LIMIT 1", args...).Scan(&out).Error
	if err != nil || len(out) == 0 {
		return photo.Body{}, false, Classify(err)
	}
	return out[0], true, nil
}

// SaveBody stores b, replacing an earlier body of the same photo; MadeAt of a
// replaced one stays.
func (d *DB) SaveBody(ctx context.Context, b photo.Body) error {
	changed, err := d.replaceBody(ctx, b)
	if changed || err != nil {
		return err
	}
	now := d.now()
	err = d.gorm.WithContext(ctx).Exec("INSERT INTO `photo_body` ("+bodyColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		b.Township, b.Photo, b.Author, b.Upload, b.SHA256, b.Size, b.BodyKey, b.ThumbKey, b.BodySize, b.ThumbSize, b.Width, b.Height, now, now).Error
	if duplicate(err) { // another request was faster, or the upload belongs to another photo
		if changed, rerr := d.replaceBody(ctx, b); changed || rerr != nil {
			return rerr
		}
	}
	return Classify(err)
}

// replaceBody reports whether there was a body of the photo to replace.
func (d *DB) replaceBody(ctx context.Context, b photo.Body) (bool, error) {
	res := d.gorm.WithContext(ctx).Exec("UPDATE `photo_body` SET `author` = ?, `upload` = ?, `sha256` = ?, `size` = ?, `body_key` = ?, `thumb_key` = ?, `body_size` = ?, `thumb_size` = ?, `width` = ?, `height` = ?, `updated_at` = ? WHERE `township` = ? AND `photo` = ?",
		b.Author, b.Upload, b.SHA256, b.Size, b.BodyKey, b.ThumbKey, b.BodySize, b.ThumbSize, b.Width, b.Height, d.now(), b.Township, b.Photo)
	return res.RowsAffected > 0, Classify(res.Error)
}
