package store

import (
	"context"
	"slices"

	"daohu/server/record"
	"daohu/server/write"
)

// historyRows reads rows of write.History; what to read and in which order
// comes behind it.
const historyRows = "SELECT `township`, `household`, `type`, `row`, `field`, `seq`, `old`, `new`, `by`, `at`, `device_at` FROM `history` "

// Overwritten is every overwritten value of these rows, oldest first.
func (d *DB) Overwritten(ctx context.Context, t *record.Type, township string, rows []string) ([]write.History, error) {
	var out []write.History
	for part := range slices.Chunk(rows, 500) {
		var got []write.History
		err := d.gorm.WithContext(ctx).Raw(historyRows+"WHERE `township` = ? AND `type` = ? AND `row` IN ? ORDER BY `no`", township, t.Name, part).Scan(&got).Error
		if err != nil {
			return nil, Classify(err)
		}
		out = append(out, got...)
	}
	return out, nil
}
