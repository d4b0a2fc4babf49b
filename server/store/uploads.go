package store

import (
	"context"
	"strings"

	"daohu/server/photo"
)

var (
	_ photo.Bodies = (*DB)(nil)
	_ photo.Finder = (*DB)(nil)
)

const bodyColumns = "`township`, `photo`, `author`, `upload`, `sha256`, `size`, `body_key`, `thumb_key`, `body_size`, `thumb_size`, `width`, `height`, `dhash`, `made_at`, `updated_at`"

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

// BodyKnown reports whether any body has its picture or thumbnail under key.
// The two lie beside each other, so that one index answers for both.
func (d *DB) BodyKnown(ctx context.Context, key string) (bool, error) {
	whole := key
	if stem, thumb := strings.CutSuffix(key, "-s.jpg"); thumb {
		whole = stem + ".jpg"
	}
	_, ok, err := d.body(ctx, "`body_key` IN (?, ?) AND (`body_key` = ? OR `thumb_key` = ?)", whole, key, key, key)
	return ok, err
}

// alikeLatest is how many of an author's latest pictures a new one is compared
// with: three years of a cadre with 13 households and 4 pictures a month each.
const alikeLatest = 2000

// Alike implements photo.Finder.
func (d *DB) Alike(ctx context.Context, b photo.Body) ([]photo.Alike, error) {
	const rows = "SELECT `b`.`photo`, `p`.`visit`, `p`.`household`, `b`.`sha256`, `b`.`dhash` FROM `photo_body` AS `b` JOIN `photo` AS `p` ON `p`.`township` = `b`.`township` AND `p`.`id` = `b`.`photo` WHERE `p`.`deleted_at` = 0 AND `b`.`township` = ? AND `b`.`photo` <> ? AND "
	var out []photo.Alike
	for _, q := range []struct {
		where string
		value string
		limit int
	}{{"`b`.`sha256` = ?", b.SHA256, 20}, {"`b`.`dhash` = ?", b.Print, 20}, {"`b`.`author` = ? ORDER BY `b`.`made_at` DESC", b.Author, alikeLatest}} {
		if q.value == "" {
			continue
		}
		var part []photo.Alike
		if err := d.gorm.WithContext(ctx).Raw(rows+q.where+" LIMIT ?", b.Township, b.Photo, q.value, q.limit).Scan(&part).Error; err != nil {
			return nil, Classify(err)
		}
		out = append(out, part...)
	}
	return out, nil
}

// Bodiless implements photo.Finder.
func (d *DB) Bodiless(ctx context.Context, townships []string, author string, before int64, limit int) ([]*photo.Photo, error) {
	if len(townships) == 0 {
		return nil, nil
	}
	recs, err := d.scan(d.gorm.WithContext(ctx), photo.Type, "`township` IN ? AND `made_by` = ? AND `state` = '' AND `deleted_at` = 0 AND `made_at` < ? ORDER BY `made_at`, `id` LIMIT ?", townships, author, before, limit)
	if err != nil {
		return nil, Classify(err)
	}
	out := make([]*photo.Photo, 0, len(recs))
	for _, r := range recs {
		out = append(out, r.(*photo.Photo))
	}
	return out, nil
}

// SaveBody stores b, replacing an earlier body of the same photo; MadeAt of a
// replaced one stays.
func (d *DB) SaveBody(ctx context.Context, b photo.Body) error {
	changed, err := d.replaceBody(ctx, b)
	if changed || err != nil {
		return err
	}
	now := d.now()
	err = d.gorm.WithContext(ctx).Exec("INSERT INTO `photo_body` ("+bodyColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		b.Township, b.Photo, b.Author, b.Upload, b.SHA256, b.Size, b.BodyKey, b.ThumbKey, b.BodySize, b.ThumbSize, b.Width, b.Height, b.Print, now, now).Error
	if duplicate(err) { // another request was faster, or the upload belongs to another photo
		if changed, rerr := d.replaceBody(ctx, b); changed || rerr != nil {
			return rerr
		}
	}
	return Classify(err)
}

// replaceBody reports whether there was a body of the photo to replace.
func (d *DB) replaceBody(ctx context.Context, b photo.Body) (bool, error) {
	res := d.gorm.WithContext(ctx).Exec("UPDATE `photo_body` SET `author` = ?, `upload` = ?, `sha256` = ?, `size` = ?, `body_key` = ?, `thumb_key` = ?, `body_size` = ?, `thumb_size` = ?, `width` = ?, `height` = ?, `dhash` = ?, `updated_at` = ? WHERE `township` = ? AND `photo` = ?",
		b.Author, b.Upload, b.SHA256, b.Size, b.BodyKey, b.ThumbKey, b.BodySize, b.ThumbSize, b.Width, b.Height, b.Print, d.now(), b.Township, b.Photo)
	return res.RowsAffected > 0, Classify(res.Error)
}
