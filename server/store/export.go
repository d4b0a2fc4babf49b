package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"daohu/server/fault"
	"daohu/server/roster"
)

// KeepRelease records that something leaves the system and gives it its place
// among the actor's of the day; with limit of the kind there already it
// refuses (fault.TooMany) and records nothing. The unique key keeps two at
// once from taking the same place.
func (d *DB) KeepRelease(ctx context.Context, r roster.Release, limit int64) error {
	var err error
	// A race for a place is lost at most once for each place: as many as the
	// smallest limit has would use up all attempts of one retry.
	for range 4 {
		if err = d.keepRelease(ctx, r, limit); !duplicate(err) {
			break
		}
	}
	if fault.Is(err, fault.TooMany) {
		return err
	}
	return Classify(err)
}

func (d *DB) keepRelease(ctx context.Context, r roster.Release, limit int64) error {
	return d.retry(ctx, func() error {
		return d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
			var last int64
			if err := g.Raw("SELECT COALESCE(MAX(`place`), 0) FROM `export` WHERE `day` = ? AND `actor` = ? AND `full` = ? AND `kind` = ?", r.Day, r.Actor, r.Full, r.Kind).Scan(&last).Error; err != nil {
				return err
			}
			if last >= limit {
				return fault.New(fault.TooMany, fmt.Sprintf("今天已经导出 %d 次，请明天再来。", last))
			}
			if err := g.Exec("INSERT INTO `export` (`id`, `township`, `actor`, `role`, `full`, `day`, `place`, `reason`, `households`, `people`, `at`, `kind`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
				r.ID, r.Township, r.Actor, r.Role, r.Full, r.Day, last+1, r.Reason, r.Households, r.People, r.At, r.Kind).Error; err != nil {
				return err
			}
			return d.did(g, deed{actor: r.Actor, action: "export", rows: map[string][]string{r.TableName(): {r.ID}}})
		})
	})
}

// Releases lists what left the system of a township, oldest
// first; "" = of all townships.
func (d *DB) Releases(ctx context.Context, township string) ([]roster.Release, error) {
	var out []roster.Release
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `export` WHERE ? = '' OR `township` = ? ORDER BY `at`, `day`, `place`", township, township).Scan(&out).Error
	return out, Classify(err)
}
