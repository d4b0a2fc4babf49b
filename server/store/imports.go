package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"daohu/server/fault"
	"daohu/server/roster"
)

// BeginImport opens a run in its township. While another runs there it refuses
// with WrongState and says when to try again; one whose time is over was
// broken off, and is marked so.
func (d *DB) BeginImport(ctx context.Context, r roster.Run) error {
	r.Slot, r.State = r.Township, roster.Running
	err := d.retry(ctx, func() error {
		return d.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
			if err := g.Exec("UPDATE `import` SET `slot` = `id`, `state` = ?, `ended_at` = ? WHERE `slot` = ? AND `until_at` <= ?", roster.Broken, r.At, r.Township, r.At).Error; err != nil {
				return err
			}
			return g.Create(&r).Error
		})
	})
	if duplicate(err) {
		return &fault.Error{Code: fault.WrongState, Detail: "这个乡镇正在导入另一个文件，请等它做完再试。", Retry: 10 * time.Second, Err: err}
	}
	return Classify(err)
}

// EndImport writes down what became of a run and lets the next one begin.
func (d *DB) EndImport(ctx context.Context, r roster.Run) error {
	return Classify(d.gorm.WithContext(ctx).Exec("UPDATE `import` SET `slot` = `id`, `state` = ?, `sha256` = ?, `size` = ?, `added` = ?, `changed` = ?, `same` = ?, `errors` = ?, `warnings` = ?, `seq` = ?, `ended_at` = ? WHERE `id` = ?",
		r.State, r.SHA256, r.Size, r.Added, r.Changed, r.Same, r.Errors, r.Warnings, r.Seq, r.EndedAt, r.ID).Error)
}

// Imports lists a township's runs, newest first; at most limit.
func (d *DB) Imports(ctx context.Context, township string, limit int) ([]roster.Run, error) {
	out := []roster.Run{}
	err := d.gorm.WithContext(ctx).Raw("SELECT * FROM `import` WHERE `township` = ? ORDER BY `at` DESC, `id` DESC LIMIT ?", township, limit).Scan(&out).Error
	return out, Classify(err)
}
