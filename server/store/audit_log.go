package store

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"daohu/server/access"
	"daohu/server/write"
)

// Log lists lines of a township's audit log, the latest first. Lines about
// types in hidden leave their rows out; a line of nothing else is left out
// whole. next is Before of the next page; 0 = there is none.
func (d *DB) Log(ctx context.Context, q write.LogQuery, hidden map[string]bool) (lines []write.LogLine, next int64, err error) {
	for len(lines) < q.Limit {
		raw, err := d.logPart(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		for _, l := range raw {
			q.Before = l.Seq
			line, shown, err := l.line(q, hidden)
			if err != nil {
				return nil, 0, err
			}
			if shown {
				if lines = append(lines, line); len(lines) == q.Limit {
					return lines, q.Before, nil
				}
			}
		}
		if len(raw) < q.Limit {
			return lines, 0, nil
		}
	}
	return lines, q.Before, nil
}

// logged is one line as it is stored.
type logged struct {
	Seq, At                                int64
	Actor, Login, Name, Role, Action, Rows string
}

func (d *DB) logPart(ctx context.Context, q write.LogQuery) ([]logged, error) {
	where, args := []string{"`s`.`township` = ?"}, []any{q.Township}
	for _, c := range []struct {
		on    bool
		sql   string
		value any
	}{
		{q.Before > 0, "`a`.`seq` < ?", q.Before},
		{q.Action != "", "`a`.`action` = ?", q.Action},
		{q.From > 0, "`a`.`at` >= ?", q.From},
		{q.To > 0, "`a`.`at` < ?", q.To},
		{q.Type != "", "`a`.`rows` LIKE ?", `%"` + q.Type + `":[%`},
		{q.Row != "", "`a`.`rows` LIKE ?", `%"` + q.Row + ` %`},
	} {
		if c.on {
			where, args = append(where, c.sql), append(args, c.value)
		}
	}
	if q.Actor != "" {
		where, args = append(where, "(`a`.`actor` = ? OR `a`.`actor` = (SELECT `id` FROM `user` WHERE `login` = ?))"), append(args, q.Actor, q.Actor)
	}
	var out []logged
	err := d.gorm.WithContext(ctx).Raw("SELECT `a`.`seq`, `a`.`at`, `a`.`actor`, COALESCE(`u`.`login`, '') AS `login`, COALESCE(`u`.`name`, '') AS `name`, COALESCE(`u`.`role`, '') AS `role`, `a`.`action`, `a`.`rows`"+
		" FROM `space` AS `s` JOIN `audit` AS `a` ON `a`.`space` = `s`.`no` LEFT JOIN `user` AS `u` ON `u`.`id` = `a`.`actor`"+
		" WHERE "+strings.Join(where, " AND ")+" ORDER BY `a`.`seq` DESC LIMIT ?", append(args, q.Limit)...).Scan(&out).Error
	return out, Classify(err)
}

// line reads a stored line; shown is false when nothing of it may be seen, or
// what was looked for is not in what may.
func (l logged) line(q write.LogQuery, hidden map[string]bool) (out write.LogLine, shown bool, err error) {
	out = write.LogLine{Seq: l.Seq, At: l.At, By: l.Actor, Login: l.Login, Name: l.Name, Action: l.Action, Rows: []write.LogRow{}}
	if l.Role == string(access.Household) { // a person's name is not for everyone who reads the log
		out.Name = ""
	}
	var all map[string][]string
	if err := json.Unmarshal([]byte(l.Rows), &all); err != nil {
		return out, false, err
	}
	private, found := false, q.Row == "" && (q.Type == "" || !hidden[q.Type])
	for _, typ := range slices.Sorted(maps.Keys(all)) {
		if private = private || hidden[typ]; hidden[typ] || strings.ContainsAny(typ, "~+-") { // what is no row
			continue
		}
		for _, text := range all[typ] {
			part := strings.Split(text, " ")
			row := write.LogRow{Type: typ, ID: part[0], Gone: len(part) > 3 && part[3] == deadMark}
			if len(part) > 1 {
				if row.Rev, err = strconv.ParseInt(part[1], 10, 64); err != nil {
					return out, false, err
				}
			}
			found = found || row.ID == q.Row
			out.Rows = append(out.Rows, row)
		}
	}
	return out, found && (len(out.Rows) > 0 || !private), nil
}
