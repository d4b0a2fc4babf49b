package store

import (
	"context"

	"daohu/server/activity"
	"daohu/server/write"
)

var (
	_ activity.BurdenStore = (*DB)(nil)
	_ activity.DueStore    = (*DB)(nil)
)

// addBurden adds what phones counted to the township's totals, one statement a
// value. It runs while the township's counter is held, so that two
// transactions never wait for each other's rows.
func (t *tx) addBurden() error {
	on := " ON CONFLICT (`township`, `month`, `what`, `value`) DO UPDATE SET `n` = `n` + 1"
	if t.db.dialect == "mysql" {
		on = " ON DUPLICATE KEY UPDATE `n` = `n` + 1"
	}
	for _, row := range t.side {
		b, ok := row.(*write.Burden)
		if !ok {
			continue
		}
		if err := t.g.Exec("INSERT INTO `burden` (`township`, `month`, `what`, `value`, `n`) VALUES (?, ?, ?, ?, 1)"+on, t.in.Township, b.Month, b.What, b.Value).Error; err != nil {
			return err
		}
	}
	return nil
}

// Burden implements activity.BurdenStore.
func (d *DB) Burden(ctx context.Context, township, from, to string) (map[string][]activity.Count, error) {
	var rows []struct {
		What     string
		Value, N int64
	}
	err := d.gorm.WithContext(ctx).Raw("SELECT `what`, `value`, SUM(`n`) AS `n` FROM `burden` WHERE `township` = ? AND `month` >= ? AND `month` <= ? GROUP BY `what`, `value`", township, from, to).Scan(&rows).Error
	out := map[string][]activity.Count{}
	for _, r := range rows {
		out[r.What] = append(out[r.What], activity.Count{Value: r.Value, N: r.N})
	}
	return out, Classify(err)
}

// Paired implements activity.DueStore.
func (d *DB) Paired(ctx context.Context, township, principal string) ([]activity.Standing, error) {
	where, args := "`pairing`.`township` = ?", []any{township}
	if principal != "" {
		where, args = where+" AND EXISTS (SELECT 1 FROM `assignment` WHERE `assignment`.`principal` = ? AND `assignment`.`township` = `pairing`.`township` AND `assignment`.`household` = `pairing`.`household` AND `assignment`.`until_seq` = 0)", append(args, principal)
	}
	var out []activity.Standing
	err := d.gorm.WithContext(ctx).Raw("SELECT `household`.`id` AS `household`, MIN(`pairing`.`from_day`) AS `since` FROM `pairing` "+
		"JOIN `household` ON `household`.`township` = `pairing`.`township` AND `household`.`household` = `pairing`.`household` "+
		"WHERE "+where+" AND `pairing`.`to_day` = '' AND `pairing`.`deleted_at` = 0 AND `household`.`state` = '' GROUP BY `household`.`id`", args...).Scan(&out).Error
	return out, Classify(err)
}

// Visits implements activity.DueStore.
func (d *DB) Visits(ctx context.Context, township, from, to string) (map[string]activity.Visited, error) {
	var rows []struct {
		Household, Last string
		N               int64
	}
	err := d.gorm.WithContext(ctx).Raw("SELECT `household`, MAX(`day`) AS `last`, SUM(CASE WHEN `day` >= ? THEN 1 ELSE 0 END) AS `n` FROM `visit` "+
		"WHERE `township` = ? AND `deleted_at` = 0 AND `state` <> 'rejected' AND `day` <= ? GROUP BY `household`", from, township, to).Scan(&rows).Error
	out := map[string]activity.Visited{}
	for _, r := range rows {
		out[r.Household] = activity.Visited{Last: r.Last, N: r.N}
	}
	return out, Classify(err)
}
