package store

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"

	"daohu/server/area"
	"daohu/server/delta"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/roster"
	"daohu/server/workflow"
	"daohu/server/write"
)

var (
	_ registry.Store  = (*DB)(nil)
	_ workflow.Store  = (*DB)(nil)
	_ area.Store      = (*DB)(nil)
	_ roster.Registry = (*DB)(nil)
)

// Space returns the counter row of a township.
func (d *DB) Space(ctx context.Context, township string) (delta.Space, error) {
	var s delta.Space
	err := d.gorm.WithContext(ctx).Raw("SELECT `no`, `township`, `county`, `common`, `seq`, `epoch`, `min_cursor` FROM `space` WHERE `township` = ?", township).Take(&s).Error
	return s, notFound(err)
}

// OpenSpace makes the counter row of a new township.
func (d *DB) OpenSpace(ctx context.Context, township, county, common string) error {
	err := d.gorm.WithContext(ctx).Exec("INSERT INTO `space` (`township`, `county`, `common`, `seq`, `epoch`, `min_cursor`, `audit_head`) VALUES (?, ?, ?, 0, 1, 0, '')", township, county, common).Error
	if duplicate(err) {
		return fault.Wrap(fault.IDTaken, err)
	}
	return Classify(err)
}

// Common is the id of the township's pseudo-household.
func (d *DB) Common(ctx context.Context, township string) (string, error) {
	s, err := d.Space(ctx, township)
	return s.Common, err
}

// Townships of a county, by code.
func (d *DB) CountyTownships(ctx context.Context, county string) ([]string, error) {
	var out []string
	err := d.gorm.WithContext(ctx).Raw("SELECT `township` FROM `space` WHERE `county` = ? ORDER BY `township`", county).Scan(&out).Error
	return out, Classify(err)
}

// Held says in which township the principal holds the household now; "" = not.
func (d *DB) Held(ctx context.Context, principal, household string) (string, error) {
	var out string
	err := d.gorm.WithContext(ctx).Raw("SELECT `township` FROM `assignment` WHERE `principal` = ? AND `household` = ? AND `until_seq` = 0 LIMIT 1", principal, household).Scan(&out).Error
	return out, Classify(err)
}

// HeldTownships are the townships the principal holds anything in now.
func (d *DB) HeldTownships(ctx context.Context, principal string) ([]string, error) {
	var out []string
	err := d.gorm.WithContext(ctx).Raw("SELECT DISTINCT `township` FROM `assignment` WHERE `principal` = ? AND `until_seq` = 0 ORDER BY `township`", principal).Scan(&out).Error
	return out, Classify(err)
}

// EverTownships are those the principal has or had anything in.
func (d *DB) EverTownships(ctx context.Context, principal string) ([]string, error) {
	var out []string
	err := d.gorm.WithContext(ctx).Raw("SELECT DISTINCT `township` FROM `assignment` WHERE `principal` = ?", principal).Scan(&out).Error
	return out, Classify(err)
}

// Find reads one row by id in the given townships.
func (d *DB) Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error) {
	if len(townships) == 0 {
		return nil, fault.New(fault.NotFound, "")
	}
	recs, err := d.scan(d.gorm.WithContext(ctx), t, "`township` IN ? AND `id` = ?", townships, id)
	if err != nil {
		return nil, Classify(err)
	}
	if len(recs) == 0 || recs[0].Base().DeletedAt > 0 {
		return nil, fault.New(fault.NotFound, "")
	}
	return recs[0], nil
}

// Page reads live rows of a township by id.
func (d *DB) Page(ctx context.Context, t *record.Type, q registry.PageQuery) ([]record.Record, error) {
	where, args := "`township` = ? AND `deleted_at` = 0", []any{q.Township}
	if q.Household != "" {
		where, args = where+" AND `household` = ?", append(args, q.Household)
	}
	if q.State != "" {
		if _, ok := t.Field("state"); !ok {
			return nil, fault.Bad(fault.Field{Name: "state", Code: "unknown", Detail: "这种记录没有状态。"})
		}
		where, args = where+" AND `state` = ?", append(args, q.State)
	}
	where, args = where+" AND `id` > ? ORDER BY `id` LIMIT ?", append(args, q.After, q.Limit)
	recs, err := d.scan(d.gorm.WithContext(ctx), t, where, args...)
	return recs, Classify(err)
}

// Body reads a small body by its hash.
func (d *DB) Body(ctx context.Context, townships []string, sha string) (write.Blob, error) {
	if len(townships) == 0 {
		return write.Blob{}, fault.New(fault.NotFound, "")
	}
	var b write.Blob
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `body` WHERE `township` IN ? AND `sha256` = ? LIMIT 1", townships, sha).Take(&b).Error
	return b, notFound(err)
}

// Live reads the rows of t that are no tombstones: of the households given, or,
// with none, of the whole township.
func (d *DB) Live(ctx context.Context, t *record.Type, township string, households ...string) ([]record.Record, error) {
	g := d.gorm.WithContext(ctx)
	if len(households) == 0 {
		recs, err := d.scan(g, t, "`township` = ? AND `deleted_at` = 0 ORDER BY `household`, `id`", township)
		return recs, Classify(err)
	}
	var out []record.Record
	for part := range slices.Chunk(households, 500) {
		recs, err := d.scan(g, t, "`township` = ? AND `household` IN ? AND `deleted_at` = 0 ORDER BY `household`, `id`", township, part)
		if err != nil {
			return nil, Classify(err)
		}
		out = append(out, recs...)
	}
	return out, nil
}

// Quarantined lists kept mutations of a township by id.
func (d *DB) Quarantined(ctx context.Context, township, state, after string, limit int) ([]write.Quarantine, error) {
	var out []write.Quarantine
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `quarantine` WHERE `township` = ? AND `state` = ? AND `id` > ? ORDER BY `id` LIMIT ?", township, state, after, limit).Scan(&out).Error
	return out, Classify(err)
}

// QuarantinedOne reads one kept mutation.
func (d *DB) QuarantinedOne(ctx context.Context, township, id string) (write.Quarantine, error) {
	var q write.Quarantine
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `quarantine` WHERE `township` = ? AND `id` = ?", township, id).Take(&q).Error
	return q, notFound(err)
}

// Area reads one place.
func (d *DB) Area(ctx context.Context, code string) (area.Area, error) {
	var a area.Area
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `area` WHERE `code` = ?", code).Take(&a).Error
	return a, notFound(err)
}

// Under lists the places directly below parent, by code.
func (d *DB) Under(ctx context.Context, parent string) ([]area.Area, error) {
	var out []area.Area
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `area` WHERE `parent` = ? ORDER BY `code`", parent).Scan(&out).Error
	return out, Classify(err)
}

// PutAreas adds places or writes over those with the same code.
func (d *DB) PutAreas(ctx context.Context, areas []area.Area) error {
	return Classify(d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
		for _, a := range areas {
			up := g.Exec("UPDATE `area` SET `parent` = ?, `level` = ?, `name` = ?, `township` = ?, `poor` = ?, `exit_plan` = ?, `exit_year` = ?, `profile` = ? WHERE `code` = ?",
				a.Parent, a.Level, a.Name, a.Township, a.Poor, a.ExitPlan, a.ExitYear, a.Profile, a.Code)
			if up.Error == nil && up.RowsAffected == 0 {
				up = g.Create(&a)
			}
			if up.Error != nil {
				return errors.Join(up.Error)
			}
		}
		return nil
	}))
}

// HouseholdIDs are the ids of a township's households by 户编号.
func (d *DB) HouseholdIDs(ctx context.Context, township string) (map[string]string, error) {
	var rows []struct{ Code, ID string }
	err := d.gorm.WithContext(ctx).Raw("SELECT `code`, `id` FROM `household` WHERE `township` = ? AND `kind` = ''", township).Scan(&rows).Error
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Code] = r.ID
	}
	return out, Classify(err)
}

// Histories is every overwritten value of a township, oldest first.
func (d *DB) Histories(ctx context.Context, township string) ([]write.History, error) {
	var out []write.History
	err := d.gorm.WithContext(ctx).Raw(historyRows+"WHERE `township` = ? ORDER BY `no`", township).Scan(&out).Error
	return out, Classify(err)
}
