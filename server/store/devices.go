package store

import (
	"context"

	"daohu/server/account/staff"
)

var _ staff.PhoneStore = (*DB)(nil)

const phoneColumns = "`client`.`id`, `client`.`user`, `client`.`last_mid`, `client`.`acked_mid`, `client`.`schema`, `client`.`unsent`, `client`.`oldest_at`, `client`.`seen_at`, `client`.`wipe`, " +
	"`user`.`login`, `user`.`name`, `user`.`role`, `user`.`county`, `user`.`township`"

// Phones implements staff.PhoneStore.
func (d *DB) Phones(ctx context.Context, township, after string, limit int) ([]staff.Phone, error) {
	var out []staff.Phone
	err := d.gorm.WithContext(ctx).Raw("SELECT "+phoneColumns+" FROM `user` JOIN `client` ON `client`.`user` = `user`.`id` "+
		"WHERE `user`.`township` = ? AND `client`.`id` > ? ORDER BY `client`.`id` LIMIT ?", township, after, limit).Scan(&out).Error
	return out, Classify(err)
}

// UserPhones implements staff.PhoneStore.
func (d *DB) UserPhones(ctx context.Context, user string) ([]staff.Phone, error) {
	var out []staff.Phone
	err := d.gorm.WithContext(ctx).Raw("SELECT "+phoneColumns+" FROM `client` JOIN `user` ON `user`.`id` = `client`.`user` WHERE `client`.`user` = ? ORDER BY `client`.`id`", user).Scan(&out).Error
	return out, Classify(err)
}

// Phone implements staff.PhoneStore.
func (d *DB) Phone(ctx context.Context, id string) (staff.Phone, error) {
	var p staff.Phone
	err := d.gorm.WithContext(ctx).Raw("SELECT "+phoneColumns+" FROM `client` JOIN `user` ON `user`.`id` = `client`.`user` WHERE `client`.`id` = ?", id).Take(&p).Error
	return p, notFound(err)
}
