package store

import (
	"context"

	"gorm.io/gorm"

	"daohu/server/registry"
)

// Clock is the store's time in Unix ms.
func (d *DB) Clock() int64 { return d.now() }

// LogAccess stores looks at sealed fields, all or none.
func (d *DB) LogAccess(ctx context.Context, looks []registry.Access) error {
	if len(looks) == 0 {
		return nil
	}
	w := deed{actor: looks[0].User, action: "look"} // all of one request
	var ids []string
	for _, l := range looks {
		ids = append(ids, l.ID)
	}
	w.rows = map[string][]string{registry.Access{}.TableName(): ids}
	return Classify(d.retryGivenUp(ctx, func() error {
		return d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
			if err := g.Create(looks).Error; err != nil {
				return err
			}
			return d.did(g, w)
		})
	}))
}

// AccessPage reads looks at a household, newest first, with the names of who
// looked and whose the field is.
func (d *DB) AccessPage(ctx context.Context, township, household, after string, limit int) ([]registry.Seen, error) {
	where, args := "`a`.`township` = ? AND `a`.`household` = ?", []any{township, household}
	if after != "" {
		var last registry.Access
		err := d.gorm.WithContext(ctx).Raw("SELECT `id`, `at` FROM `access_log` WHERE `township` = ? AND `household` = ? AND `id` = ?", township, household, after).Take(&last).Error
		if err != nil {
			return nil, notFound(err)
		}
		where, args = where+" AND (`a`.`at` < ? OR (`a`.`at` = ? AND `a`.`id` < ?))", append(args, last.At, last.At, last.ID)
	}
	var out []registry.Seen
	err := d.gorm.WithContext(ctx).Raw("SELECT `a`.`id`, `a`.`township`, `a`.`household`, `a`.`member`, `a`.`field`, `a`.`user`, `a`.`role`, `a`.`reason`, `a`.`at`, "+
		"COALESCE(`u`.`name`, '') AS `name`, COALESCE(`u`.`unit`, '') AS `unit`, COALESCE(`m`.`name`, '') AS `person` "+
		"FROM `access_log` AS `a` LEFT JOIN `user` AS `u` ON `u`.`id` = `a`.`user` "+
		"LEFT JOIN `member` AS `m` ON `m`.`township` = `a`.`township` AND `m`.`household` = `a`.`household` AND `m`.`id` = `a`.`member` "+
		"WHERE "+where+" ORDER BY `a`.`at` DESC, `a`.`id` DESC LIMIT ?", append(args, limit)...).Scan(&out).Error
	return out, Classify(err)
}
