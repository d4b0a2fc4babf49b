package store

import (
	"context"

	"daohu/server/figures"
)

var _ figures.Store = (*DB)(nil)

// Houses implements figures.Store: two narrow statements, however long the
// history is.
func (d *DB) Houses(ctx context.Context, township, village, month string) ([]figures.House, error) {
	where, args := "`household`.`township` = ? AND `household`.`kind` = '' AND `household`.`state` = '' AND `household`.`deleted_at` = 0", []any{township}
	if village != "" {
		where, args = where+" AND `household`.`village` = ?", append(args, village)
	}
	g := d.gorm.WithContext(ctx)
	var out []figures.House
	err := g.Raw("SELECT `id`, `code`, `head`, `village`, `people`, `exit`, `plan_year`, `safety`, "+
		"CASE WHEN `watch` <> '' AND `cleared` <> '是' THEN 1 ELSE 0 END AS `watched`, "+
		"CASE WHEN EXISTS (SELECT 1 FROM `pairing` WHERE `pairing`.`township` = `household`.`township` AND `pairing`.`household` = `household`.`household` AND `pairing`.`to_day` = '' AND `pairing`.`deleted_at` = 0) THEN 1 ELSE 0 END AS `paired` "+
		"FROM `household` WHERE "+where+" ORDER BY `code`, `id`", args...).Scan(&out).Error
	if err != nil {
		return nil, Classify(err)
	}
	var visits []struct {
		Household string
		N         int64
	}
	err = g.Raw("SELECT `visit`.`household` AS `household`, COUNT(*) AS `n` FROM `visit` WHERE `visit`.`township` = ? AND `visit`.`day` >= ? AND `visit`.`day` <= ? AND `visit`.`deleted_at` = 0 AND `visit`.`state` <> 'rejected' GROUP BY `visit`.`household`",
		township, month+"-01", month+"-31").Scan(&visits).Error
	by := map[string]int64{}
	for _, v := range visits {
		by[v.Household] = v.N
	}
	for i := range out {
		out[i].Visits = by[out[i].ID]
	}
	return out, Classify(err)
}
