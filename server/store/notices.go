package store

import (
	"context"

	"daohu/server/area"
	"daohu/server/notice"
)

var _ notice.Store = (*DB)(nil)

// Up implements notice.Store.
func (d *DB) Up(ctx context.Context, township string) ([]*notice.Notice, error) {
	where, args := "`state` = ? AND `deleted_at` = 0", []any{notice.Published}
	if township != "" {
		where, args = where+" AND `township` = ?", append(args, township)
	}
	recs, err := d.scan(d.gorm.WithContext(ctx), notice.Type, where+" ORDER BY `from_day` DESC, `id`", args...)
	if err != nil {
		return nil, Classify(err)
	}
	out := make([]*notice.Notice, 0, len(recs))
	for _, r := range recs {
		out = append(out, r.(*notice.Notice))
	}
	return out, nil
}

// Villages implements notice.Store.
func (d *DB) Villages(ctx context.Context, township string) (map[string]string, error) {
	list, err := d.Under(ctx, township)
	out := map[string]string{}
	for _, a := range list {
		if a.Level == area.Village {
			out[a.Code] = a.Name
		}
	}
	return out, err
}
