package store

import (
	"context"

	"daohu/server/booklet"
)

// Sounds implements registry.Store.
func (d *DB) Sounds(ctx context.Context, township, sha256 string) ([]*booklet.Clip, error) {
	recs, err := d.scan(d.gorm.WithContext(ctx), booklet.ClipType, "`township` = ? AND `sound` = ? AND `deleted_at` = 0", township, sha256)
	if err != nil {
		return nil, Classify(err)
	}
	out := make([]*booklet.Clip, len(recs))
	for i, r := range recs {
		out[i] = r.(*booklet.Clip)
	}
	return out, nil
}
