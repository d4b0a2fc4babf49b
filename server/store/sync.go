package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"daohu/server/delta"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/write"
)

var _ delta.Store = (*DB)(nil)

// spaces is the one query of a poll that finds nothing new. With IN in place of
// the derived table it takes a third longer on MariaDB and twice as long on
// SQLite (go run ./server/servertest/bench).
const spaces = "SELECT `s`.`no`, `s`.`township`, `s`.`county`, `s`.`common`, `s`.`seq`, `s`.`epoch`, `s`.`min_cursor`, COALESCE(`c`.`wipe`, 0) " +
	"FROM (SELECT DISTINCT `township` FROM `assignment` WHERE `principal` = ?) AS `a` " +
	"JOIN `space` AS `s` ON `s`.`township` = `a`.`township` LEFT JOIN `client` AS `c` ON `c`.`id` = ?"

// Spaces runs spaces past gorm, whose way of reading rows costs as much as all
// else a poll does.
func (d *DB) Spaces(ctx context.Context, principal, client string) (out []delta.Space, err error) {
	if d.opt.Trace != nil {
		d.opt.Trace(spaces)
	}
	rows, err := d.sql.QueryContext(ctx, spaces, principal, client)
	if err != nil {
		return nil, Classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s delta.Space
		if err := rows.Scan(&s.No, &s.Township, &s.County, &s.Common, &s.Seq, &s.Epoch, &s.MinCursor, &s.Wipe); err != nil {
			return nil, Classify(err)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b delta.Space) int { return cmp.Compare(a.No, b.No) })
	return out, Classify(rows.Err())
}

// Scope reads assignments and the numbers of their households.
func (d *DB) Scope(ctx context.Context, principal, township string, since int64) ([]delta.Holding, error) {
	var rows []struct {
		Household          string
		Role               string
		SinceSeq, UntilSeq int64
		No, LastSeq        int64
	}
	err := d.gorm.WithContext(ctx).Raw("SELECT `a`.`household`, `a`.`role`, `a`.`since_seq`, `a`.`until_seq`, `h`.`no`, `h`.`last_seq` FROM `assignment` AS `a` "+
		"JOIN `household` AS `h` ON `h`.`township` = `a`.`township` AND `h`.`household` = `a`.`household` AND `h`.`id` = `a`.`household` "+
		"WHERE `a`.`principal` = ? AND `a`.`township` = ? AND (`a`.`until_seq` = 0 OR `a`.`until_seq` > ?) ORDER BY `h`.`no`, `a`.`since_seq`", principal, township, since).Scan(&rows).Error
	var out []delta.Holding
	for _, r := range rows {
		n := len(out)
		if n == 0 || out[n-1].Household != r.Household {
			out = append(out, delta.Holding{Household: r.Household, No: r.No, LastSeq: r.LastSeq, Role: r.Role, FirstSeq: r.SinceSeq})
			n++
		}
		h := &out[n-1]
		h.FirstSeq = min(h.FirstSeq, r.SinceSeq)
		if r.UntilSeq == 0 {
			h.SinceSeq, h.Role = max(h.SinceSeq, r.SinceSeq), r.Role
		} else {
			h.UntilSeq = max(h.UntilSeq, r.UntilSeq)
		}
	}
	return out, Classify(err)
}

// Rows reads rows by key.
func (d *DB) Rows(ctx context.Context, t *record.Type, s delta.Select) ([]record.Record, error) {
	var out []record.Record
	for part := range slices.Chunk(s.Households, 500) {
		where, args := "`township` = ? AND `household` IN ? AND `seq` > ? AND `id` > ? ORDER BY `household`, `id`", []any{s.Township, part, s.After, s.AfterID}
		if s.Limit > 0 {
			where, args = where+" LIMIT ?", append(args, s.Limit)
		}
		recs, err := d.scan(d.gorm.WithContext(ctx), t, where, args...)
		if err != nil {
			return nil, Classify(err)
		}
		out = append(out, recs...)
	}
	return out, nil
}

// Keepers names the cadre of the newest open pairing of each household.
func (d *DB) Keepers(ctx context.Context, township string, households []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range slices.Chunk(households, 500) {
		var rows []struct{ Household, Name string }
		err := d.gorm.WithContext(ctx).Raw("SELECT `household`, `name` FROM `"+pairing.Type.Name+"` WHERE `township` = ? AND `household` IN ? AND `to_day` = '' AND `deleted_at` = 0 ORDER BY `seq`", township, part).Scan(&rows).Error
		if err != nil {
			return nil, Classify(err)
		}
		for _, r := range rows {
			out[r.Household] = r.Name
		}
	}
	return out, nil
}

// RaiseEpoch is a compare-and-set on the epoch: of two phones that notice the
// restore together, one raises it. The counter leaps beyond what a phone
// further ahead may have seen (era).
func (d *DB) RaiseEpoch(ctx context.Context, space, epoch, seq int64) error {
	next, above := era(d.now(), epoch, seq)
	return Classify(d.gorm.WithContext(ctx).Exec("UPDATE `space` SET `epoch` = ?, `seq` = CASE WHEN `seq` < ? THEN ? ELSE `seq` END WHERE `no` = ? AND `epoch` = ?", next, above, above, space, epoch).Error)
}

// Client finds or makes the phone's row.
func (d *DB) Client(ctx context.Context, id, user string) (write.Client, error) {
	g := d.gorm.WithContext(ctx)
	var c write.Client
	err := g.Raw("SELECT * FROM `client` WHERE `id` = ?", id).Take(&c).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return c, Classify(err)
	}
	c = write.Client{ID: id, User: user}
	err = d.retry(ctx, func() error {
		return g.Clauses(clause.OnConflict{DoNothing: true}).Create(&c).Error
	})
	if err != nil {
		return c, Classify(err)
	}
	err = g.Raw("SELECT * FROM `client` WHERE `id` = ?", id).Take(&c).Error
	return c, Classify(err)
}

// Townships looks the households up in the principal's assignments, ended
// ones too: nothing else says anything about a household to its asker.
func (d *DB) Townships(ctx context.Context, principal string, households []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range slices.Chunk(households, 500) {
		var rows []struct{ Household, Township string }
		err := d.gorm.WithContext(ctx).Raw("SELECT DISTINCT `household`, `township` FROM `assignment` WHERE `principal` = ? AND `household` IN ?", principal, part).Scan(&rows).Error
		if err != nil {
			return nil, Classify(err)
		}
		for _, r := range rows {
			out[r.Household] = r.Township
		}
	}
	return out, nil
}

// Results reads what the phone has not confirmed.
func (d *DB) Results(ctx context.Context, client string, after int64) ([]write.Result, error) {
	var out []write.Result
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `result` WHERE `client` = ? AND `mid` > ? AND `code` <> '' ORDER BY `mid`", client, after).Scan(&out).Error
	return out, Classify(err)
}
