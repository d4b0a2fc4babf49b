package store

import (
	"context"
	"slices"
)

// LivingNumbers are those of the given blind indexes that a living member of
// the township has. Someone who moved away and is registered anew elsewhere
// has two rows with one number, of which only one is living.
func (d *DB) LivingNumbers(ctx context.Context, township string, indexes []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range slices.Chunk(indexes, 500) {
		var got []string
		err := d.gorm.WithContext(ctx).Raw("SELECT `id_index` FROM `member` WHERE `township` = ? AND `id_index` IN ? AND `id_index` <> '' AND `left` = '' AND `deleted_at` = 0", township, part).Scan(&got).Error
		if err != nil {
			return nil, Classify(err)
		}
		for _, g := range got {
			out[g] = true
		}
	}
	return out, nil
}
