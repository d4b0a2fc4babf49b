package store

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// KeepTombstones is how long tombstones, ended assignments and receipts are
// kept (design: sync.md 5.11). A phone whose cursor is older reconciles.
const KeepTombstones = 180 * 24 * time.Hour

// purgeBatch is how many rows one statement deletes, so that no lock is held long.
const purgeBatch = 1000

// Purge forgets what no phone within KeepTombstones can need, township by
// township, and returns how many rows went. The lowest cursor served rises
// first: a phone that reads while rows go is told to reconcile.
func (d *DB) Purge(ctx context.Context) (int64, error) {
	before := d.opt.Now().Add(-KeepTombstones).UnixMilli()
	var spaces []struct {
		No       int64
		Township string
	}
	g := d.gorm.WithContext(ctx)
	if err := g.Raw("SELECT `no`, `township` FROM `space` ORDER BY `no`").Scan(&spaces).Error; err != nil {
		return 0, Classify(err)
	}
	var gone int64
	for _, s := range spaces {
		var seq int64
		if err := g.Raw("SELECT COALESCE(MAX(`seq`), 0) FROM `audit` WHERE `space` = ? AND `at` < ?", s.No, before).Scan(&seq).Error; err != nil {
			return gone, Classify(err)
		}
		if seq == 0 {
			continue
		}
		if err := g.Exec("UPDATE `space` SET `min_cursor` = ? WHERE `no` = ? AND `min_cursor` < ?", seq, s.No, seq).Error; err != nil {
			return gone, Classify(err)
		}
		for _, t := range d.opt.Types {
			n, err := d.drain(g, "DELETE FROM `"+t.Name+"` WHERE `township` = ? AND `id` IN ?", "SELECT `id` FROM `"+t.Name+"` WHERE `township` = ? AND `deleted_at` > 0 AND `seq` <= ? LIMIT ?", s.Township, seq)
			if gone += n; err != nil {
				return gone, err
			}
		}
		ended := g.Exec("DELETE FROM `assignment` WHERE `township` = ? AND `until_seq` > 0 AND `until_seq` <= ?", s.Township, seq)
		if gone += ended.RowsAffected; ended.Error != nil {
			return gone, Classify(ended.Error)
		}
		told := g.Exec("DELETE FROM `receipt` WHERE `township` = ? AND `at` < ?", s.Township, before)
		if gone += told.RowsAffected; told.Error != nil {
			return gone, Classify(told.Error)
		}
	}
	return gone, nil
}

// drain deletes the rows a query finds, a batch at a time.
func (d *DB) drain(g *gorm.DB, del, find, township string, seq int64) (int64, error) {
	var gone int64
	for {
		var ids []string
		if err := g.Raw(find, township, seq, purgeBatch).Scan(&ids).Error; err != nil || len(ids) == 0 {
			return gone, Classify(err)
		}
		up := g.Exec(del, township, ids)
		if gone += up.RowsAffected; up.Error != nil {
			return gone, Classify(up.Error)
		}
	}
}
