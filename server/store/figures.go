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
	err := g.Raw("SELECT `id`, `code`, `head`, `village`, `people`, `exit`, `plan_year`, `exit_year`, `safety`, "+
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

// openVisits are the visits to open households that were not rejected, as
// Houses counts them.
const openVisits = "FROM `visit` AS `v` JOIN `household` AS `h` ON `h`.`township` = `v`.`township` AND `h`.`household` = `v`.`household` AND `h`.`id` = `v`.`household` AND `h`.`kind` = '' AND `h`.`state` = '' AND `h`.`deleted_at` = 0 " +
	"WHERE `v`.`township` = ? AND `v`.`deleted_at` = 0 AND `v`.`state` <> 'rejected'"

// MonthVisits implements figures.Store.
func (d *DB) MonthVisits(ctx context.Context, township, village, from, to string) ([]figures.MonthVisits, error) {
	where, args := "", []any{township, from + "-01", to + "-31"}
	if village != "" {
		where, args = " AND `h`.`village` = ?", append(args, village)
	}
	var out []figures.MonthVisits
	err := d.gorm.WithContext(ctx).Raw("SELECT SUBSTR(`v`.`day`, 1, 7) AS `month`, COUNT(*) AS `visits`, COUNT(DISTINCT `v`.`household`) AS `households` "+openVisits+
		" AND `v`.`day` >= ? AND `v`.`day` <= ?"+where+" GROUP BY SUBSTR(`v`.`day`, 1, 7)", args...).Scan(&out).Error
	return out, Classify(err)
}

// VillagePoints implements figures.Store. Two systems of coordinates are not
// mixed: the one with more visits is taken.
func (d *DB) VillagePoints(ctx context.Context, township string) ([]figures.Point, error) {
	var all []struct {
		Village  string
		Visits   int64
		Lat, Lng float64
	}
	err := d.gorm.WithContext(ctx).Raw("SELECT `h`.`village` AS `village`, COUNT(*) AS `visits`, AVG(`v`.`lat`) AS `lat`, AVG(`v`.`lng`) AS `lng` "+openVisits+
		" AND `v`.`coord` <> '' GROUP BY `h`.`village`, `v`.`coord` ORDER BY `h`.`village`, COUNT(*) DESC", township).Scan(&all).Error
	var out []figures.Point
	for _, p := range all {
		if len(out) == 0 || out[len(out)-1].Village != p.Village {
			out = append(out, figures.Point{Village: p.Village, Visits: p.Visits, Lat: int64(p.Lat), Lng: int64(p.Lng)})
		}
	}
	return out, Classify(err)
}
