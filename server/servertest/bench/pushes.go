package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"daohu/server/access"
	"daohu/server/servertest/town"
)

// pushes compares phones that push one visit each time with the statements of
// such a push sent by database/sql alone, into one township and into twenty.
func pushes(ctx context.Context, b *board, d database) error {
	for _, towns := range []int{1, 20} {
		ours, bare, statements, err := pushRates(ctx, d, towns)
		if err != nil {
			return err
		}
		if towns == 1 {
			b.note("push_statements_"+d.name, d.name+": statements of a push, its pull included", statements)
			b.keep["pushes_per_s_"+d.name] = round(ours)
			b.ratio("push_vs_limit_"+d.name, d.name+": pushes/s into one township beside the same SQL", ours, bare, 0.5)
		} else {
			b.ratio("push20_vs_limit_"+d.name, d.name+": pushes/s into twenty townships beside the same SQL", ours, bare, 0.5)
		}
	}
	return nil
}

// households of one cadre, as many as in quality.md's township. With few, the
// visits of one household would grow as no household's do, and the check for
// double entries, which reads them, would be what is timed.
const households = 13

// writer is one phone that pushes.
type writer struct {
	mu             sync.Mutex
	town           *town.Town
	who            access.Actor
	client, cursor string
	acked          string
	mid, seq       int64
	trace          []string // the statements of a push
}

func pushRates(ctx context.Context, d database, towns int) (ours, bare float64, statements int, err error) {
	dsn, dir, err := d.fresh(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	var log atomic.Pointer[[]string]
	var mu sync.Mutex
	file := filepath.Join(dir, "daohu.db")
	base, err := town.Open(ctx, town.Options{MySQL: dsn, File: file, Trace: func(s string) {
		if l := log.Load(); l != nil {
			mu.Lock()
			*l = append(*l, s)
			mu.Unlock()
		}
	}})
	if err != nil {
		return 0, 0, 0, err
	}
	defer base.DB.Close()
	raw, err := second(dsn, file)
	if err != nil {
		return 0, 0, 0, err
	}
	defer raw.Close()
	writers, err := newWriters(ctx, base, towns)
	if err != nil {
		return 0, 0, 0, err
	}
	for range 2 { // the second push confirms the first: every later one is like it
		trace := []string{}
		log.Store(&trace)
		if err := writers[0].push(ctx); err != nil {
			return 0, 0, 0, err
		}
		log.Store(nil)
		statements = len(trace)
		if err := replayable(trace); err != nil {
			return 0, 0, 0, err
		}
		writers[0].town.Pass(1000)
		for _, w := range writers {
			w.trace = trace
		}
	}
	ours, bare, err = compare(ctx, raw, writers)
	return ours, bare, statements, err
}

func newWriters(ctx context.Context, base *town.Base, towns int) ([]*writer, error) {
	var out []*writer
	for range towns {
		cadres := max(clients/towns, 1)
		t, err := base.Add(ctx, town.Size{Cadres: cadres, Houses: households * cadres})
		if err != nil {
			return nil, err
		}
		for _, who := range t.Cadres {
			w := &writer{town: t, who: who, client: base.DB.NewID(), acked: `[0,""]`}
			if w.cursor, err = settle(ctx, base.Delta, who, w.client); err != nil {
				return nil, err
			}
			out = append(out, w)
		}
	}
	return out, nil
}

// compare lets both sides take turns.
func compare(ctx context.Context, raw *sql.DB, writers []*writer) (ours, bare float64, err error) {
	var next atomic.Int64
	each := func(f func(*writer) error) (float64, error) {
		return rate(func() error {
			w := writers[int(next.Add(1))%len(writers)]
			w.mu.Lock()
			defer w.mu.Unlock()
			return f(w)
		})
	}
	var a, c []float64
	for range rounds {
		n, err := each(func(w *writer) error { return w.push(ctx) })
		if err != nil {
			return 0, 0, err
		}
		m, err := each(func(w *writer) error { return w.replay(ctx, raw) })
		if err != nil {
			return 0, 0, err
		}
		a, c = append(a, n), append(c, m)
	}
	return median(a), median(c), nil
}

// house is one of the writer's households, in turn.
func (w *writer) house() string {
	var mine []string
	for i, h := range w.town.Houses {
		if w.town.Cadres[i%len(w.town.Cadres)].User == w.who.User {
			mine = append(mine, h)
		}
	}
	return mine[int(w.mid)%len(mine)]
}

func (w *writer) push(ctx context.Context) error {
	w.mid++
	text := fmt.Sprintf(`%d,"visit",%q,%q,{"day":"2026-03-01","stage":1,"text":"上午到户，户主在家。两头能繁母牛已经进圈，看了耳标。下月看长势。","met":["户主"]},%d]`,
		w.seq, w.town.DB.NewID(), w.house(), w.town.Now().UnixMilli()+w.mid)
	e, err := post(ctx, w.town.Delta, w.who, w.client, w.cursor, w.acked, fmt.Sprintf("[%d,%s", w.mid, text))
	if err == nil && e.Last != w.mid {
		err = fmt.Errorf("push %d: last %d", w.mid, e.Last)
	}
	w.cursor, w.acked = e.Cursor, fmt.Sprintf(`[%d,%q]`, w.mid, hash("["+text))
	return err
}

// hash is docs/sync-protocol.md's hash of a mutation.
func hash(text string) string {
	a := fnv.New32a()
	a.Write([]byte(text))
	h := uint32(0x01000193)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return fmt.Sprintf("%08x%08x", a.Sum32(), h)
}

// begins and ends name the transaction inside a push.
const ends = "UPDATE `space` SET `audit_head`"

func begins(trace []string) int {
	is := func(s string) bool { return strings.HasPrefix(s, "SELECT * FROM `client`") }
	first := slices.IndexFunc(trace, is)
	if first < 0 {
		return -1
	}
	if next := slices.IndexFunc(trace[first+1:], is); next >= 0 {
		return first + 1 + next
	}
	return -1
}

func replayable(trace []string) error {
	end := slices.IndexFunc(trace, func(s string) bool { return strings.HasPrefix(s, ends) })
	if begin := begins(trace); begin < 0 || end < begin {
		return errors.New("a push is no longer one transaction from the client's row to the audit head: mend replay.go")
	}
	return nil
}
