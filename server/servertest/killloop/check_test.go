package killloop

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"daohu/server/app"
	"daohu/server/store"
)

// check compares what is new since it last looked with the database, in one
// snapshot and past the product: acknowledged batches, decisions and photos
// are there; the batch under way is there whole or not at all, and the
// phone's counter says which; the township's counter is its last audit line.
// Everybody's requests must have ended.
func (w *world) check(when string) {
	w.t.Helper()
	tx, err := w.raw.BeginTx(w.t.Context(), &sql.TxOptions{ReadOnly: true})
	must(w.t, err)
	defer func() { _ = tx.Rollback() }()
	for _, p := range w.phones {
		for ; p.checked < len(p.batches) && p.batches[p.checked].acked; p.checked++ {
			w.whole(tx, p, p.batches[p.checked], when)
		}
		if p.checked < len(p.batches) {
			w.halves(tx, p, p.batches[p.checked], when)
		}
	}
	for _, id := range w.desk.fresh {
		if n := w.number(tx, "SELECT COUNT(*) FROM `visit` JOIN `step` ON `step`.`township` = `visit`.`township` AND `step`.`row` = `visit`.`id` WHERE `visit`.`township` = ? AND `visit`.`id` = ? AND `state` = 'approved' AND `to` = 'approved'", w.township, id); n != 1 {
			w.t.Errorf("%s: an acknowledged approval of %s is there %d times", when, id, n)
		}
	}
	w.desk.fresh = nil
	seq := w.number(tx, "SELECT `seq` FROM `space` WHERE `township` = ?", w.township)
	last := w.number(tx, "SELECT MAX(`audit`.`seq`) FROM `audit` JOIN `space` ON `space`.`no` = `audit`.`space` WHERE `township` = ?", w.township)
	lines := w.number(tx, "SELECT COUNT(*) FROM `audit` JOIN `space` ON `space`.`no` = `audit`.`space` WHERE `township` = ?", w.township)
	if seq != last || lines != seq {
		w.t.Errorf("%s: the counter is %d, the last audit line %d, of %d", when, seq, last, lines)
	}
}

// whole: every row of an acknowledged batch, as it was sent.
func (w *world) whole(tx *sql.Tx, p *phone, b *batch, when string) {
	for id, text := range b.rows {
		if got := w.row(tx, id, b); got != text {
			w.t.Errorf("%s: LOST %s of batch %d of %s: %q", when, id, b.top, p.client, got)
		}
	}
	for house, notes := range b.notes {
		n := w.number(tx, "SELECT COUNT(*) FROM `history` WHERE `township` = ? AND `type` = 'household' AND `row` = ? AND `field` = 'notes' AND `new` = ?", w.township, house, notes)
		if n != 1 {
			w.t.Errorf("%s: notes %q of an acknowledged batch are in history %d times", when, notes, n)
		}
	}
	if b.stored {
		w.stored(tx, b, when)
	}
}

// row is the text of a visit, or the SHA-256 of a photo.
func (w *world) row(tx *sql.Tx, id string, b *batch) string {
	query := "SELECT `text` FROM `visit` WHERE `township` = ? AND `id` = ? AND `deleted_at` = 0"
	if id == b.photo {
		query = "SELECT `sha256` FROM `photo` WHERE `township` = ? AND `id` = ? AND `deleted_at` = 0"
	}
	var text string
	if err := tx.QueryRow(query, w.township, id).Scan(&text); err != nil && err != sql.ErrNoRows {
		w.t.Fatal(err)
	}
	return text
}

// halves: a batch nobody acknowledged is there whole, with the phone's counter
// at its end, or has left nothing.
func (w *world) halves(tx *sql.Tx, p *phone, b *batch, when string) {
	there := 0
	for id := range b.rows {
		if w.row(tx, id, b) != "" {
			there++
		}
	}
	var last int64
	if err := tx.QueryRow("SELECT `last_mid` FROM `client` WHERE `id` = ?", p.client).Scan(&last); err != nil && err != sql.ErrNoRows {
		w.t.Fatal(err)
	}
	if whole := there == len(b.rows); there != 0 && !whole || whole != (last == b.top) {
		w.t.Errorf("%s: HALF: %d of %d rows of batch %d, the phone's counter is %d", when, there, len(b.rows), b.top, last)
	}
}

// stored: the row says so, and both pictures are on the disk, not empty.
func (w *world) stored(tx *sql.Tx, b *batch, when string) {
	var state, body, thumb string
	err := tx.QueryRow("SELECT `state`, `body_key`, `thumb_key` FROM `photo` JOIN `photo_body` ON `photo_body`.`township` = `photo`.`township` AND `photo_body`.`photo` = `photo`.`id` WHERE `photo`.`township` = ? AND `id` = ?", w.township, b.photo).Scan(&state, &body, &thumb)
	if err != nil || state != "stored" {
		w.t.Errorf("%s: an acknowledged photo is %q: %v", when, state, err)
		return
	}
	for _, key := range []string{body, thumb} {
		if !w.onDisk(key) {
			w.t.Errorf("%s: %s is noted and not there", when, key)
		}
	}
}

// onDisk looks for a body where blob.Disk lays it.
func (w *world) onDisk(key string) bool {
	sum := sha256.Sum256([]byte(key))
	info, err := os.Stat(filepath.Join(w.conf.Data, "photos", filepath.Dir(key), hex.EncodeToString(sum[:1]), filepath.Base(key)))
	return err == nil && info.Size() > 0
}

func (w *world) number(tx *sql.Tx, query string, args ...any) int64 {
	w.t.Helper()
	var n int64
	if err := tx.QueryRow(query, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// sum is what was acknowledged in all.
type sum struct{ batches, rows, photos, decisions int }

func (s sum) String() string {
	return fmt.Sprintf("%d pushes with %d rows, %d photos and %d decisions acknowledged", s.batches, s.rows, s.photos, s.decisions)
}

// finish compares everything once more when all work is acknowledged: all of
// it is there, nothing else is, nothing twice, and every row is as the audit
// log says (daohu audit verify).
func (w *world) finish() (s sum) {
	w.t.Helper()
	for _, p := range w.phones {
		p.checked = 0
	}
	for id := range w.desk.decided {
		w.desk.fresh = append(w.desk.fresh, id)
	}
	w.check("at the end")
	s.decisions = len(w.desk.decided)
	want := map[string]int{}
	for _, p := range w.phones {
		for _, b := range p.batches {
			if !b.acked {
				w.t.Errorf("batch %d of %s was never acknowledged", b.top, p.client)
			}
			s.batches, s.rows = s.batches+1, s.rows+len(b.rows)
			want["visit"] += len(b.rows)
			if b.photo != "" {
				want["visit"]--
				want["photo"]++
			}
			if b.stored {
				s.photos++
			}
			want["notes"] += len(b.notes)
		}
	}
	for what, query := range map[string]string{
		"visit": "SELECT COUNT(*) FROM `visit` WHERE `township` = ? AND `text` LIKE '走访 ____________ %'",
		"photo": "SELECT COUNT(*) FROM `photo` WHERE `township` = ?",
		"notes": "SELECT COUNT(*) FROM `history` WHERE `township` = ? AND `field` = 'notes'",
	} {
		var n int
		must(w.t, w.raw.QueryRowContext(w.t.Context(), query, w.township).Scan(&n))
		if n != want[what] {
			w.t.Errorf("%s: %d in the database, %d were made: lost or doubled", what, n, want[what])
		}
	}
	if odd := w.seen.odd(); odd != "" {
		w.t.Errorf("answers: %s", odd)
	}
	w.verify()
	return s
}

// verify is daohu audit verify: it recomputes the chain and every row's mark.
func (w *world) verify() {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	a, err := app.New(ctx, app.Options{Config: w.conf, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Rand: rand.Reader})
	must(w.t, err)
	defer func() { must(w.t, a.Close()) }()
	all, err := a.Audit(ctx, store.Audit{})
	must(w.t, err)
	var bad []string
	for _, v := range all {
		for _, f := range v.Findings {
			bad = append(bad, fmt.Sprintf("%+v", f))
		}
	}
	if len(all) < 1 || len(bad) > 0 {
		w.t.Errorf("audit: %d chains, findings: %s", len(all), strings.Join(bad, "\n"))
	}
}
