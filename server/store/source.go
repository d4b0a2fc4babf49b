package store

import (
	"context"

	"daohu/server/quality"
)

// AddSource keeps the figures of another source beside those there are.
func (d *DB) AddSource(ctx context.Context, s quality.Source) error {
	return Classify(d.retryGivenUp(ctx, func() error { return d.gorm.WithContext(ctx).Create(&s).Error }))
}

// Sources are the figures other sources gave of a township, latest entered first.
func (d *DB) Sources(ctx context.Context, township string) ([]quality.Source, error) {
	var out []quality.Source
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `source_figures` WHERE `township` = ? ORDER BY `at` DESC, `id` DESC", township).Scan(&out).Error
	return out, Classify(err)
}
