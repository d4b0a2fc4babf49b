package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"daohu/server/servertest/town"
)

// history times no-change polls and pushes of one phone in process while the
// township's history grows to `most` rows, then while the database gets more
// townships. Queries are counted and must not grow.
func history(ctx context.Context, b *board, d database, most int) error {
	dsn, dir, err := d.fresh(ctx)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "daohu.db")
	var statements atomic.Int64
	base, err := town.Open(ctx, town.Options{MySQL: dsn, File: file, Trace: func(string) { statements.Add(1) }})
	if err != nil {
		return err
	}
	defer base.DB.Close()
	raw, err := second(dsn, file)
	if err != nil {
		return err
	}
	defer raw.Close()
	ws, err := newWriters(ctx, base, 1)
	if err != nil {
		return err
	}
	w := ws[0]
	have := 0
	for rows := 10_000; rows <= most; rows *= 10 {
		if err := fill(ctx, raw, w.town, have, rows); err != nil {
			return err
		}
		have = rows
		if err := look(ctx, b, d, w, &statements, fmt.Sprintf("%d_rows", rows)); err != nil {
			return err
		}
	}
	for n, towns := 1, 10; towns <= 100; towns *= 10 {
		for ; n < towns; n++ {
			if _, err := base.Add(ctx, town.Size{Cadres: 1, Houses: 2}); err != nil {
				return err
			}
		}
		if err := look(ctx, b, d, w, &statements, fmt.Sprintf("%d_townships", towns)); err != nil {
			return err
		}
	}
	return nil
}

// look times one phone.
func look(ctx context.Context, b *board, d database, w *writer, statements *atomic.Int64, when string) error {
	if err := w.push(ctx); err != nil {
		return err
	}
	asked := statements.Load()
	const times = 200
	var polls, pushes []float64
	for range times {
		began := time.Now()
		body, err := w.town.Delta.Poll(ctx, w.who, w.cursor, 1, w.client, 1)
		if err != nil || body != nil {
			return fmt.Errorf("a poll that should find nothing: %q %w", body, err)
		}
		polls = append(polls, float64(time.Since(began).Microseconds()))
	}
	b.count("poll_queries_"+d.name+"_"+when, d.name+", "+strings.ReplaceAll(when, "_", " ")+": queries of a no-change poll", (statements.Load()-asked)/times, 2)
	for range times / 10 {
		began := time.Now()
		if err := w.push(ctx); err != nil {
			return err
		}
		pushes = append(pushes, float64(time.Since(began).Microseconds()))
	}
	b.note("poll_us_"+d.name+"_"+when, "  its median, microseconds in process", median(polls))
	b.note("push_us_"+d.name+"_"+when, "  a push of one visit, median, microseconds in process", median(pushes))
	return nil
}

// fill adds visits to the township until it has n, past the product: as many
// as that would take it an hour.
func fill(ctx context.Context, db *sql.DB, t *town.Town, have, n int) error {
	const each = 500
	one := "(?, ?, ?, 1, 1, 0, ?, 1, '2025-01-01', 1, '上午到户，户主在家。', '', '', 0, 0, 0, 0, '', 'approved', '', '', 0, 0, '')"
	all := "INSERT INTO `visit` (`township`, `household`, `id`, `seq`, `version`, `deleted_at`, `made_by`, `made_at`, `day`, `stage`, `text`, `met`, `needs`, `checkin_at`, `lat`, `lng`, `accuracy`, `coord`, `state`, `words`, `flags`, `device_at`, `window_at`, `burden`) VALUES " +
		strings.Repeat(one+", ", each-1) + one
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	q, err := tx.PrepareContext(ctx, all)
	if err != nil {
		return err
	}
	defer q.Close()
	for k := have; k < n; k += each {
		var args []any
		for i := range each {
			// Households beside the phone's own: a township is larger than one cadre.
			args = append(args, t.Township, fmt.Sprintf("house%07d", (k+i)%3000), fmt.Sprintf("visit%07d", k+i), t.Admin.User)
		}
		if _, err := q.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
