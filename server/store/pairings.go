package store

import (
	"context"

	"daohu/server/pairing"
	"daohu/server/write"
)

var _ pairing.Store = (*DB)(nil)

// Pairings implements pairing.Store.
func (d *DB) Pairings(ctx context.Context, q pairing.Query) ([]*pairing.Pairing, error) {
	where, args := "`township` = ? AND `deleted_at` = 0", []any{q.Township}
	add := func(sql string, more ...any) { where, args = where+sql, append(args, more...) }
	if q.Household != "" {
		add(" AND `household` = ?", q.Household)
	}
	if q.Cadre != "" {
		add(" AND `cadre` = ?", q.Cadre)
	}
	if q.On != "" {
		add(" AND `from_day` <= ? AND (`to_day` = '' OR `to_day` > ?)", q.On, q.On)
	}
	if q.Running {
		add(" AND `to_day` = ''")
	}
	add(" AND `id` > ? ORDER BY `id`", q.After)
	if q.Limit > 0 {
		add(" LIMIT ?", q.Limit)
	}
	recs, err := d.scan(d.gorm.WithContext(ctx), pairing.Type, where, args...)
	var out []*pairing.Pairing
	for _, r := range recs {
		out = append(out, r.(*pairing.Pairing))
	}
	return out, Classify(err)
}

// Homes implements pairing.Store.
func (d *DB) Homes(ctx context.Context, township string) ([]pairing.Home, error) {
	var out []pairing.Home
	err := d.gorm.WithContext(ctx).Raw("SELECT `h`.`id`, `h`.`code`, `h`.`head`, `h`.`village`, `h`.`place`, `h`.`people`, `h`.`exit`, `h`.`plan_year`, `h`.`safety`, "+
		"(SELECT COUNT(*) FROM `pairing` AS `p` WHERE `p`.`township` = `h`.`township` AND `p`.`household` = `h`.`id` AND `p`.`to_day` = '' AND `p`.`deleted_at` = 0) AS `pairings` "+
		"FROM `household` AS `h` WHERE `h`.`township` = ? AND `h`.`kind` = '' AND `h`.`state` = '' AND `h`.`deleted_at` = 0 ORDER BY `h`.`code`, `h`.`id`", township).Scan(&out).Error
	return out, Classify(err)
}

// Cadres implements pairing.Store.
func (d *DB) Cadres(ctx context.Context, q pairing.CadreQuery) ([]pairing.Cadre, error) {
	var out []pairing.Cadre
	err := d.gorm.WithContext(ctx).Raw("SELECT `u`.`id` AS `user`, `u`.`login`, `u`.`name`, `u`.`unit`, `u`.`rank`, `u`.`tier`, `u`.`role`, `u`.`township`, `u`.`disabled_at` FROM `user` AS `u` "+
		"WHERE (`u`.`county` = ? AND `u`.`role` = 'C' AND (`u`.`township` IN ? OR `u`.`login` IN ?)) "+
		"OR EXISTS (SELECT 1 FROM `pairing` AS `p` WHERE `p`.`cadre` = `u`.`id` AND `p`.`township` IN ? AND `p`.`to_day` = '' AND `p`.`deleted_at` = 0) ORDER BY `u`.`login`",
		q.County, q.Townships, q.Logins, q.Townships).Scan(&out).Error
	return out, Classify(err)
}

// Loads implements pairing.Store.
func (d *DB) Loads(ctx context.Context, townships []string) ([]pairing.Load, error) {
	var out []pairing.Load
	err := d.gorm.WithContext(ctx).Raw("SELECT `cadre`, `township`, COUNT(*) AS `n` FROM `pairing` WHERE `township` IN ? AND `to_day` = '' AND `deleted_at` = 0 "+
		"GROUP BY `cadre`, `township` ORDER BY `cadre`, `township`", townships).Scan(&out).Error
	return out, Classify(err)
}

// PhonesOf implements pairing.Store.
func (d *DB) PhonesOf(ctx context.Context, user string) ([]write.Client, error) {
	var out []write.Client
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `client` WHERE `user` = ? ORDER BY `id`", user).Scan(&out).Error
	return out, Classify(err)
}
