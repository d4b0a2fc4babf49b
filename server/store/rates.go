package store

import (
	"context"

	"daohu/server/form"
	"daohu/server/form/rate"
)

var (
	_ form.Store = (*DB)(nil)
	_ rate.Store = (*DB)(nil)
)

// Quizzes implements rate.Store.
func (d *DB) Quizzes(ctx context.Context, township string) ([]*form.Form, error) {
	return rowsOf[*form.Form](ctx, d, form.Type, "`township` = ? AND `kind` = 'quiz' AND `state` <> 'draft' AND `deleted_at` = 0", township)
}

// Responses implements rate.Store.
func (d *DB) Responses(ctx context.Context, township, from, until string) ([]*form.Response, error) {
	return rowsOf[*form.Response](ctx, d, form.ResponseType, "`township` = ? AND `deleted_at` = 0 AND `day` >= ? AND `day` <= ?", township, from, until)
}

// RateHomes implements rate.Store.
func (d *DB) RateHomes(ctx context.Context, township string) ([]rate.Home, error) {
	var out []rate.Home
	err := d.gorm.WithContext(ctx).Raw("SELECT `id`, `village` FROM `household` WHERE `township` = ? AND `kind` = '' AND `state` = '' AND `deleted_at` = 0", township).Scan(&out).Error
	return out, Classify(err)
}
