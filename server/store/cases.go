package store

import (
	"context"

	"daohu/server/casework"
	"daohu/server/record"
)

var _ casework.Store = (*DB)(nil)

// Cases reads live rows by state, the day they are due and id.
func (d *DB) Cases(ctx context.Context, t *record.Type, q casework.Query) ([]record.Record, error) {
	where, args := "`township` = ? AND `state` IN ? AND `deleted_at` = 0", []any{q.Township, q.States}
	if q.Before != "" { // what has no deadline is never late
		where, args = where+" AND `due` < ? AND `due` <> ''", append(args, q.Before)
	}
	if q.AfterID != "" {
		where, args = where+" AND (`due` > ? OR (`due` = ? AND `id` > ?))", append(args, q.AfterDue, q.AfterDue, q.AfterID)
	}
	recs, err := d.scan(d.gorm.WithContext(ctx), t, where+" ORDER BY `due`, `id` LIMIT ?", append(args, q.Limit)...)
	return recs, Classify(err)
}
