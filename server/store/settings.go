package store

import (
	"context"

	"daohu/server/setting"
)

var _ setting.Store = (*DB)(nil)

// Settings implements setting.Store.
func (d *DB) Settings(ctx context.Context, township, code string) ([]*setting.Setting, error) {
	common, err := d.Common(ctx, township)
	if err != nil {
		return nil, err
	}
	where, args := "`township` = ? AND `household` = ? AND `deleted_at` = 0", []any{township, common}
	if code != "" {
		where, args = where+" AND `code` = ?", append(args, code)
	}
	recs, err := d.scan(d.gorm.WithContext(ctx), setting.Type, where, args...)
	if err != nil {
		return nil, Classify(err)
	}
	out := make([]*setting.Setting, 0, len(recs))
	for _, r := range recs {
		out = append(out, r.(*setting.Setting))
	}
	return out, nil
}
