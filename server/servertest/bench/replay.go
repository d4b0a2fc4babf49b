package main

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// values are what the placeholders of a push's statements stand for; the key
// is a column, or table and column where that says more.
type values map[string]any

// replay sends the statements of a push, with a new row and the next number.
func (w *writer) replay(ctx context.Context, db *sql.DB) (err error) {
	w.mid++
	v := w.values()
	begin := begins(w.trace)
	var tx *sql.Tx
	var on interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	} = db
	for i, s := range w.trace {
		if i == begin {
			if tx, err = db.BeginTx(ctx, nil); err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }() // after a commit it does nothing
			on = tx
		}
		args := v.of(s)
		if !strings.HasPrefix(s, "SELECT") {
			res, err := on.ExecContext(ctx, s, args...)
			if err != nil {
				return err
			}
			if strings.Contains(s, "LAST_INSERT_ID") {
				v["seq"], _ = res.LastInsertId()
			}
		} else if err := read(ctx, on.QueryContext, s, args, v); err != nil {
			return err
		}
		if strings.HasPrefix(s, ends) {
			if err := tx.Commit(); err != nil {
				return err
			}
			on = db
		}
	}
	w.seq, _ = v["seq"].(int64)
	w.acked = fmt.Sprintf(`[%d,%q]`, w.mid, v["hash"])
	return nil
}

// read takes in every row and remembers the counter.
func read(ctx context.Context, query func(context.Context, string, ...any) (*sql.Rows, error), s string, args []any, v values) error {
	rows, err := query(ctx, s, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(names))
	for i := range into {
		into[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if strings.Contains(s, "`audit_head` FROM `space`") {
			for i, n := range names {
				v[map[string]string{"seq": "seq", "no": "space"}[n]] = *into[i].(*any)
			}
		}
	}
	return rows.Err()
}

func (w *writer) values() values {
	now := time.Now().UnixMilli()
	id := w.town.DB.NewID()
	v := values{
		"client.id": w.client, "client": w.client, "principal": w.who.User, "household": w.house(), "township": w.town.Township,
		"id": id, "row": id, "hash": hash(id), "mid": w.mid, "last_mid": w.mid, "acked_mid": w.mid - 1, "schema": 1, "unsent": 0, "oldest_at": 0, "seen_at": now,
		"wipe": false, "seq": w.seq, "since.seq": w.seq, "last_seq": w.seq, "version": 1, "deleted_at": 0, "made_by": w.who.User, "made_at": now, "day": "2026-03-01", "stage": 1,
		"text": "上午到户，户主在家。两头能繁母牛已经进圈，看了耳标。下月看长势。", "met": `["户主"]`, "checkin_at": 0, "lat": 0, "lng": 0, "accuracy": 0, "state": "pending",
		"device_at": now, "window_at": now, "at": now, "actor": w.who.User, "action": "sync", "rows": 1, "until_seq": 0, "space": 1, "no": 1,
	}
	v["audit_head"] = hash(id) + hash(id) + hash(id) + hash(id)
	return v
}

var (
	mark   = regexp.MustCompile("`([a-z_]+)`(?:\\.`([a-z_]+)`)?|\\?")
	insert = regexp.MustCompile("^INSERT (?:IGNORE )?INTO `([a-z_]+)` \\(([^)]*)\\)")
)

// of finds the values of a statement's placeholders: for an INSERT by its list
// of columns, else by the column named last before each.
func (v values) of(s string) []any {
	var out []any
	if m := insert.FindStringSubmatch(s); m != nil {
		columns := strings.Split(strings.NewReplacer("`", "", " ", "").Replace(m[2]), ",")
		for i := range strings.Count(s, "?") {
			out = append(out, v.at(m[1], columns[i%len(columns)]))
		}
		return out
	}
	column := ""
	for _, m := range mark.FindAllStringSubmatchIndex(s, -1) {
		switch {
		case s[m[0]:m[1]] == "?":
			table := ""
			if strings.Contains(s[:m[0]], "`client` SET") || strings.HasPrefix(s, "SELECT * FROM `client`") || strings.HasSuffix(s[:m[0]], "`c`.`id` = ") {
				table = "client"
			}
			if column == "seq" && strings.HasSuffix(s[:m[0]], "> ") { // what came after the phone's cursor
				table = "since"
			}
			out = append(out, v.at(table, column))
		case m[4] >= 0:
			column = s[m[4]:m[5]]
		default:
			column = s[m[2]:m[3]]
		}
	}
	return out
}

func (v values) at(table, column string) any {
	if table == "audit" && column == "hash" {
		return v["audit_head"]
	}
	if x, ok := v[table+"."+column]; ok {
		return x
	}
	if column == "last_seq" {
		return v["seq"]
	}
	if x, ok := v[column]; ok {
		return x
	}
	return ""
}
