package store

import (
	"context"

	"gorm.io/gorm"

	money "daohu/server/ledger"
)

var _ money.Store = (*DB)(nil)

// Funds implements ledger.Store.
func (d *DB) Funds(ctx context.Context, township string) ([]*money.Fund, error) {
	return rowsOf[*money.Fund](ctx, d, money.FundType, "`township` = ? AND `deleted_at` = 0 ORDER BY `day`, `id`", township)
}

// Entries implements ledger.Store.
func (d *DB) Entries(ctx context.Context, q money.Query) ([]*money.Entry, error) {
	return rowsOf[*money.Entry](ctx, d, money.EntryType, "`township` = ? AND `fund` = ? AND `deleted_at` = 0 AND (`seq` > ? OR (`seq` = ? AND `id` > ?)) ORDER BY `seq`, `id` LIMIT ?",
		q.Township, q.Fund, q.AfterSeq, q.AfterSeq, q.AfterID, q.Limit)
}

// Ledger reads the whole money of a township as of one moment: its funds, their
// entries, and what measures say they were given, in fen by id.
func (d *DB) Ledger(ctx context.Context, township string) (funds []*money.Fund, entries []*money.Entry, given map[string]int64, err error) {
	given = map[string]int64{}
	err = d.snapshot(ctx, func(g *gorm.DB) error {
		fs, err := d.scan(g, money.FundType, "`township` = ? AND `deleted_at` = 0 ORDER BY `day`, `id`", township)
		if err != nil {
			return err
		}
		es, err := d.scan(g, money.EntryType, "`township` = ? ORDER BY `seq`, `id`", township)
		if err != nil {
			return err
		}
		for _, r := range fs {
			funds = append(funds, r.(*money.Fund))
		}
		for _, r := range es {
			entries = append(entries, r.(*money.Entry))
		}
		var rows []struct {
			ID    string
			Given int64
		}
		err = g.Raw("SELECT `id`, `given` FROM `measure` WHERE `township` = ? AND `given` <> 0", township).Scan(&rows).Error
		for _, r := range rows {
			given[r.ID] = r.Given
		}
		return err
	})
	return funds, entries, given, Classify(err)
}
