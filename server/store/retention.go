package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/retention"
	"daohu/server/write"
)

var _ retention.Store = (*DB)(nil)

// forget carries out write.Forget inside the transaction.
func (t *tx) forget(f *write.Forget) error {
	for _, typ := range slices.Sorted(maps.Keys(f.Rows)) {
		for part := range slices.Chunk(f.Rows[typ], 500) {
			if fields := f.Fields[typ]; len(fields) > 0 {
				if err := t.g.Exec("UPDATE `history` SET `old` = '', `new` = '' WHERE `township` = ? AND `type` = ? AND `row` IN ? AND `field` IN ?", t.in.Township, typ, part, fields).Error; err != nil {
					return err
				}
			}
			if err := t.g.Exec("UPDATE `step` SET `reason` = '' WHERE `township` = ? AND `type` = ? AND `row` IN ? AND `to` <> ?", t.in.Township, typ, part, write.ErasedState).Error; err != nil {
				return err
			}
		}
	}
	if !f.Quarantine {
		return nil
	}
	return t.g.Exec("DELETE FROM `quarantine` WHERE `township` = ? AND `household` = ?", t.in.Township, f.Household).Error
}

// due says of which table a rule speaks and which rows are due; the
// placeholders all take the rule's moment, Unix ms.
type due struct{ table, where string }

// dues are the rows a rule speaks of, where these are whole rows.
func (d *DB) dues(what string) []due {
	switch what {
	case retention.Logins:
		return []due{{"session", "`expires_at` < ? OR (`revoked_at` > 0 AND `revoked_at` < ?)"}}
	case retention.Quarantine:
		return []due{{"quarantine", "`state` <> 'open' AND `settled_at` < ?"}}
	case retention.Looks:
		return []due{{"access_log", "`at` < ?"}}
	case retention.Exports:
		return []due{{"export", "`at` < ?"}}
	case retention.Outbox:
		return []due{{write.Outbox{}.TableName(), "`state` <> 'open' AND `made_at` < ?"}}
	case retention.Tombstones:
		list := []due{{write.Grant{}.TableName(), "`ended_at` > 0 AND `ended_at` < ?"}, {write.Receipt{}.TableName(), "`at` < ?"}}
		for _, t := range d.opt.Types {
			list = append(list, due{t.Name, "`deleted_at` > 0 AND `deleted_at` < ?"})
		}
		return list
	}
	return nil
}

// Due implements retention.Store.
func (d *DB) Due(ctx context.Context, what string, before int64) (int64, error) {
	var all int64
	for _, u := range d.dues(what) {
		var n int64
		if err := d.gorm.WithContext(ctx).Raw("SELECT COUNT(*) FROM `"+u.table+"` WHERE "+u.where, repeat(before, u.where)...).Scan(&n).Error; err != nil {
			return 0, Classify(err)
		}
		all += n
	}
	return all, nil
}

// Drop implements retention.Store.
func (d *DB) Drop(ctx context.Context, what string, before int64) (int64, error) {
	if what == retention.Tombstones || what == retention.Logins {
		return 0, fmt.Errorf("store: %s is purged elsewhere", what)
	}
	var all int64
	for _, u := range d.dues(what) {
		if what == retention.Looks || what == retention.Exports { // bound to the accounts' chain
			if err := d.Forget(ctx, u.table, before); err != nil {
				return all, err
			}
		}
		err := d.retryGivenUp(ctx, func() error {
			res := d.gorm.WithContext(ctx).Exec("DELETE FROM `"+u.table+"` WHERE "+u.where, repeat(before, u.where)...)
			all += res.RowsAffected
			return res.Error
		})
		if err != nil {
			return all, Classify(err)
		}
	}
	return all, nil
}

// repeat gives every placeholder of where the same value.
func repeat(v int64, where string) []any {
	var out []any
	for _, c := range where {
		if c == '?' {
			out = append(out, v)
		}
	}
	return out
}

// lapsed are the households that have ended: when, and whether something came
// after their data was erased.
const lapsed = "SELECT `h`.`township`, `h`.`id` FROM `household` AS `h` WHERE `h`.`state` <> '' AND `h`.`kind` = '' AND `h`.`deleted_at` = 0 AND "

// endedBefore holds for a household whose last ending was before a moment.
const endedBefore = "(SELECT MAX(`s`.`at`) FROM `step` AS `s` WHERE `s`.`township` = `h`.`township` AND `s`.`type` = 'household' AND `s`.`row` = `h`.`id` AND `s`.`to` IN ('closed', 'merged')) < ?"

// Lapsed implements retention.Store.
func (d *DB) Lapsed(ctx context.Context, what string, before int64, limit int) ([]retention.House, error) {
	var out []retention.House
	query := lapsed + "((`h`.`erased_at` = 0 AND " + endedBefore + ") OR (`h`.`erased_at` > 0 AND `h`.`last_seq` > `h`.`seq`))"
	if what == retention.Photos {
		query = lapsed + endedBefore + " AND EXISTS (SELECT 1 FROM `photo` AS `p` WHERE `p`.`township` = `h`.`township` AND `p`.`household` = `h`.`id` AND `p`.`state` <> '" + photo.Erased + "')"
	}
	err := d.gorm.WithContext(ctx).Raw(query+" ORDER BY `h`.`township`, `h`.`id` LIMIT ?", before, limit).Scan(&out).Error
	return out, Classify(err)
}

// unwanted are the states of photos whose picture is not kept: one that was
// refused while its bytes were arriving has a body for a moment.
func unwanted() []string { return []string{photo.Erased, photo.Refused} }

// Bodies implements retention.Store.
func (d *DB) Bodies(ctx context.Context, limit int) ([]photo.Body, error) {
	var out []photo.Body
	err := d.gorm.WithContext(ctx).Raw("SELECT `b`.`township`, `b`.`photo`, `b`.`body_key`, `b`.`thumb_key` FROM `photo_body` AS `b` LEFT JOIN `photo` AS `p` ON `p`.`township` = `b`.`township` AND `p`.`id` = `b`.`photo` WHERE `p`.`id` IS NULL OR `p`.`state` IN ? LIMIT ?", unwanted(), limit).Scan(&out).Error
	return out, Classify(err)
}

// Shared implements retention.Store.
func (d *DB) Shared(ctx context.Context, b photo.Body) (bool, error) {
	var n int64
	err := d.gorm.WithContext(ctx).Raw("SELECT COUNT(*) FROM `photo_body` AS `b` JOIN `photo` AS `p` ON `p`.`township` = `b`.`township` AND `p`.`id` = `b`.`photo` WHERE `b`.`township` = ? AND `b`.`body_key` = ? AND `b`.`photo` <> ? AND `p`.`state` NOT IN ?",
		b.Township, b.BodyKey, b.Photo, unwanted()).Scan(&n).Error
	return n > 0, Classify(err)
}

// DropBody implements retention.Store.
func (d *DB) DropBody(ctx context.Context, b photo.Body) error {
	return Classify(d.gorm.WithContext(ctx).Exec("DELETE FROM `photo_body` WHERE `township` = ? AND `photo` = ?", b.Township, b.Photo).Error)
}

// Logins implements retention.LoginStore.
func (d *DB) Logins(ctx context.Context, limit int) ([]string, error) {
	var out []string
	err := d.gorm.WithContext(ctx).Raw("SELECT `u`.`id` FROM `user` AS `u` JOIN `household` AS `h` ON `h`.`township` = `u`.`township` AND `h`.`id` = `u`.`household` WHERE `h`.`erased_at` > 0 AND (`u`.`disabled_at` = 0 OR `u`.`name` <> ?) LIMIT ?", record.Erased, limit).Scan(&out).Error
	return out, Classify(err)
}
