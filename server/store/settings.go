package store

import (
	"context"

	"daohu/server/record"
	"daohu/server/setting"
)

var _ setting.Store = (*DB)(nil)

// Settings implements setting.Store.
func (d *DB) Settings(ctx context.Context, township, code string) ([]*setting.Setting, error) {
	common, err := d.Common(ctx, township)
	if err != nil {
		return nil, err
	}
	where, args := "`township` = ? AND `household` = ? AND `deleted_at` = 0", []any{township, common}
	if code != "" {
		where, args = where+" AND `code` = ?", append(args, code)
	}
	return rowsOf[*setting.Setting](ctx, d, setting.Type, where, args...)
}

// rowsOf reads rows of one type as what they are.
func rowsOf[R record.Record](ctx context.Context, d *DB, t *record.Type, where string, args ...any) ([]R, error) {
	recs, err := d.scan(d.gorm.WithContext(ctx), t, where, args...)
	if err != nil {
		return nil, Classify(err)
	}
	out := make([]R, 0, len(recs))
	for _, r := range recs {
		out = append(out, r.(R))
	}
	return out, nil
}

// Document implements write.Tx.
func (t *tx) Document(code string) ([]byte, error) {
	var rows []struct{ Body []byte }
	err := t.g.Raw("SELECT `body`.`body` AS `body` FROM `setting` JOIN `body` ON `body`.`township` = `setting`.`township` AND `body`.`sha256` = `setting`.`sha256` "+
		"WHERE `setting`.`township` = ? AND `setting`.`code` = ? AND `setting`.`state` = ? AND `setting`.`deleted_at` = 0 ORDER BY `setting`.`edition` DESC LIMIT 1",
		t.in.Township, code, setting.Published).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0].Body, nil
}
