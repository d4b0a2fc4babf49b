package store

import (
	"context"

	"gorm.io/gorm"

	"daohu/server/outbox"
	"daohu/server/write"
)

var (
	_ outbox.Queue  = (*DB)(nil)
	_ outbox.Grants = (*DB)(nil)
	_ outbox.Rows   = (*DB)(nil)
	_ outbox.Users  = (*Accounts)(nil)
)

// Unsent implements outbox.Queue.
func (d *DB) Unsent(ctx context.Context, now int64, limit int) ([]write.Outbox, error) {
	var out []write.Outbox
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `outbox` WHERE `state` = ? AND `due_at` <= ? AND `lease_at` <= ? ORDER BY `due_at`, `id` LIMIT ?", write.OutboxOpen, now, now, limit).Scan(&out).Error
	return out, Classify(err)
}

// Lease implements outbox.Queue.
func (d *DB) Lease(ctx context.Context, o *write.Outbox, until int64) (bool, error) {
	n, err := d.changed(ctx, "UPDATE `outbox` SET `lease_at` = ?, `tries` = `tries` + 1 WHERE `id` = ? AND `state` = ? AND `tries` = ? AND `lease_at` = ?", until, o.ID, write.OutboxOpen, o.Tries, o.LeaseAt)
	if n == 1 {
		o.LeaseAt, o.Tries = until, o.Tries+1
	}
	return n == 1, err
}

const finish = "UPDATE `outbox` SET `state` = ?, `code` = ?, `due_at` = ?, `lease_at` = 0 WHERE `id` = ? AND `state` = ? AND `tries` = ?"

// Finish implements outbox.Queue.
func (d *DB) Finish(ctx context.Context, o write.Outbox) (bool, error) {
	n, err := d.changed(ctx, finish, o.State, o.Code, o.DueAt, o.ID, write.OutboxOpen, o.Tries)
	return n == 1, err
}

// Spread implements outbox.Queue.
func (d *DB) Spread(ctx context.Context, o write.Outbox, more []write.Outbox) (bool, error) {
	done := false
	err := d.retry(ctx, func() error {
		return d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
			n, err := ran(g.Exec(finish, o.State, o.Code, o.DueAt, o.ID, write.OutboxOpen, o.Tries))
			if done = n == 1; err != nil || !done || len(more) == 0 {
				return err
			}
			for i := range more {
				more[i].ID = d.NewID()
			}
			return g.CreateInBatches(more, 200).Error
		})
	})
	return done, Classify(err)
}

// OutboxCounts implements outbox.Queue.
func (d *DB) OutboxCounts(ctx context.Context) (map[string]int64, error) {
	var rows []struct {
		State string
		N     int64
	}
	err := d.gorm.WithContext(ctx).Raw("SELECT `state`, COUNT(*) AS `n` FROM `outbox` WHERE `state` IN ? GROUP BY `state`", []string{write.OutboxOpen, write.OutboxDead}).Scan(&rows).Error
	out := map[string]int64{}
	for _, r := range rows {
		out[r.State] = r.N
	}
	return out, Classify(err)
}

// AddGrants implements outbox.Grants.
func (d *DB) AddGrants(ctx context.Context, user, template string, n, most int64) error {
	for {
		got, err := d.changed(ctx, "UPDATE `subscription` SET `left` = CASE WHEN `left` + ? > ? THEN ? ELSE `left` + ? END WHERE `user` = ? AND `template` = ?", n, most, most, n, user, template)
		if err != nil || got == 1 {
			return err
		}
		_, err = d.changed(ctx, "INSERT INTO `subscription` (`user`, `template`, `left`) VALUES (?, ?, ?)", user, template, min(n, most))
		if !duplicate(err) { // else somebody made the row meanwhile
			return err
		}
	}
}

// TakeGrant implements outbox.Grants.
func (d *DB) TakeGrant(ctx context.Context, user, template string) (bool, error) {
	n, err := d.changed(ctx, "UPDATE `subscription` SET `left` = `left` - 1 WHERE `user` = ? AND `template` = ? AND `left` > 0", user, template)
	return n == 1, err
}

// DropGrants implements outbox.Grants.
func (d *DB) DropGrants(ctx context.Context, user, template string) error {
	_, err := d.changed(ctx, "UPDATE `subscription` SET `left` = 0 WHERE `user` = ? AND `template` = ?", user, template)
	return err
}

// GrantsOf implements outbox.Grants.
func (d *DB) GrantsOf(ctx context.Context, user string) ([]outbox.Grant, error) {
	var out []outbox.Grant
	err := d.gorm.WithContext(ctx).Raw("SELECT `user`, `template`, `left` FROM `subscription` WHERE `user` = ? ORDER BY `template`", user).Scan(&out).Error
	return out, Classify(err)
}

// Subscribers implements outbox.Grants.
func (d *DB) Subscribers(ctx context.Context, township, template string) ([]string, error) {
	var out []string
	err := d.gorm.WithContext(ctx).Raw("SELECT `u`.`id` FROM `subscription` AS `s` JOIN `user` AS `u` ON `u`.`id` = `s`.`user` WHERE `s`.`template` = ? AND `s`.`left` > 0 AND `u`.`township` = ? AND `u`.`disabled_at` = 0 ORDER BY `u`.`id`", template, township).Scan(&out).Error
	return out, Classify(err)
}
