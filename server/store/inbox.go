package store

import (
	"context"
	"strings"

	"daohu/server/activity"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow"
	"daohu/server/write"
)

// beside is what stands beside a visit in the inbox: its pictures, and the
// confirmation that weighs most: from the household's own phone, the latest.
const (
	beside     = "(SELECT COUNT(*) FROM `photo` AS `p` WHERE `p`.`township` = `r`.`township` AND `p`.`visit` = `r`.`id` AND `p`.`deleted_at` = 0), COALESCE(`c`.`answer`, ''), COALESCE(`c`.`text`, ''), COALESCE(`c`.`channel`, '')"
	nothing    = "0, '', '', ''"
	since      = "COALESCE((SELECT MAX(`s`.`at`) FROM `step` AS `s` WHERE `s`.`township` = `r`.`township` AND `s`.`type` = ? AND `s`.`row` = `r`.`id`), `r`.`made_at`)"
	besideJoin = " LEFT JOIN `confirmation` AS `c` ON `c`.`township` = `r`.`township` AND `c`.`id` = (SELECT `k`.`id` FROM `confirmation` AS `k` WHERE `k`.`township` = `r`.`township` AND `k`.`visit` = `r`.`id` AND `k`.`deleted_at` = 0 ORDER BY `k`.`channel` DESC, `k`.`seq` DESC LIMIT 1)"
)

// Waiting implements workflow.Store. The queue is walked by its index; what
// stands beside a row is looked up for the rows of the page only. The village
// and the latest step are asked for row by row, so that no plan begins with the
// households and reads all that they ever had.
func (d *DB) Waiting(ctx context.Context, t *record.Type, q workflow.Query) ([]workflow.Waiting, error) {
	more, join := nothing, ""
	if t == activity.VisitType {
		more, join = beside, besideJoin
	}
	where, args := queueWhere(q)
	query := "SELECT `r`.`" + strings.Join(t.Columns(), "`, `r`.`") + "`, COALESCE(`h`.`code`, ''), COALESCE(`h`.`head`, ''), COALESCE(`h`.`village`, ''), COALESCE(`h`.`place`, ''), COALESCE(`u`.`name`, ''), COALESCE(`u`.`login`, ''), " + since + ", " + more +
		" FROM `" + t.Name + "` AS `r` LEFT JOIN `household` AS `h` ON `h`.`township` = `r`.`township` AND `h`.`household` = `r`.`household` AND `h`.`id` = `r`.`household`" +
		" LEFT JOIN `user` AS `u` ON `u`.`id` = `r`.`made_by`" + join + " WHERE " + where + " ORDER BY `r`.`made_at`, `r`.`id` LIMIT ?"
	rows, err := d.gorm.WithContext(ctx).Raw(query, append(append([]any{t.Name}, args...), q.Limit)...).Rows()
	if err != nil {
		return nil, Classify(err)
	}
	defer rows.Close()
	var out []workflow.Waiting
	for rows.Next() {
		w := workflow.Waiting{Row: t.New()}
		var c workflow.Confirmed
		into := append(t.Pointers(w.Row), &w.About.Code, &w.About.Head, &w.About.Village, &w.About.Place, &w.About.Author, &w.About.Login, &w.About.Since, &w.About.Photos, &c.Answer, &c.Text, &c.Channel)
		if err := rows.Scan(into...); err != nil {
			return nil, Classify(err)
		}
		if c.Answer != "" {
			w.About.Confirmation = &c
		}
		w.About.ID, w.About.At = w.Row.Base().ID, w.Row.Base().MadeAt
		out = append(out, w)
	}
	return out, Classify(rows.Err())
}

// queueWhere is the condition of a query on the inbox.
func queueWhere(q workflow.Query) (string, []any) {
	where, args := []string{"`r`.`township` = ?", "`r`.`state` = ?", "`r`.`deleted_at` = 0"}, []any{q.Township, q.State}
	if q.AfterID != "" {
		where, args = append(where, "(`r`.`made_at` > ? OR (`r`.`made_at` = ? AND `r`.`id` > ?))"), append(args, q.AfterAt, q.AfterAt, q.AfterID)
	}
	for _, c := range []struct {
		on    bool
		sql   string
		value any
	}{
		{q.Household != "", "`r`.`household` = ?", q.Household},
		{q.Village != "", "(SELECT `v`.`village` FROM `household` AS `v` WHERE `v`.`township` = `r`.`township` AND `v`.`household` = `r`.`household` AND `v`.`id` = `r`.`household`) = ?", q.Village},
		{q.From != "", "`r`.`day` >= ?", q.From},
		{q.To != "", "`r`.`day` <= ?", q.To},
		{q.FromAt != 0, "`r`.`made_at` >= ?", q.FromAt},
		{q.ToAt != 0, "`r`.`made_at` < ?", q.ToAt},
		{q.Flag != "", "`r`.`flags` LIKE ?", `%"` + q.Flag + `"%`},
	} {
		if c.on {
			where, args = append(where, c.sql), append(args, c.value)
		}
	}
	if q.Author != "" {
		where, args = append(where, "(`r`.`made_by` = ? OR `r`.`made_by` = (SELECT `id` FROM `user` WHERE `login` = ?))"), append(args, q.Author, q.Author)
	}
	return strings.Join(where, " AND "), args
}

// Counts implements workflow.Store: one statement, over what waits only.
func (d *DB) Counts(ctx context.Context, township string, reviewed []*record.Type) ([]workflow.Count, error) {
	var parts []string
	var args []any
	count := func(table, rest string) {
		parts = append(parts, "SELECT '"+table+"' AS `type`, `state`, COUNT(*) AS `n` FROM `"+table+"` WHERE `township` = ? AND "+rest+" GROUP BY `state`")
		args = append(args, township)
	}
	for _, t := range reviewed {
		count(t.Name, "`state` IN ('pending', 'returned') AND `deleted_at` = 0")
	}
	count(household.ProposalType.Name, "`state` IN ('open', 'conflict') AND `deleted_at` = 0")
	count(write.Quarantine{}.TableName(), "`state` = 'open'")
	var out []workflow.Count
	err := d.gorm.WithContext(ctx).Raw(strings.Join(parts, " UNION ALL ")+" ORDER BY `type`, `state`", args...).Scan(&out).Error
	return out, Classify(err)
}

// FindAll implements workflow.Store.
func (d *DB) FindAll(ctx context.Context, t *record.Type, township string, ids []string) ([]record.Record, error) {
	recs, err := d.scan(d.gorm.WithContext(ctx), t, "`township` = ? AND `id` IN ? AND `deleted_at` = 0", township, ids)
	return recs, Classify(err)
}

// LastSteps implements write.Tx.
func (t *tx) LastSteps(typ *record.Type, ids ...string) (map[string]write.Step, error) {
	var steps []write.Step
	err := t.g.Raw("SELECT * FROM `step` WHERE `township` = ? AND `type` = ? AND `row` IN ? ORDER BY `no`", t.in.Township, typ.Name, ids).Scan(&steps).Error
	out := map[string]write.Step{}
	for _, s := range steps {
		out[s.Row] = s
	}
	return out, err
}
