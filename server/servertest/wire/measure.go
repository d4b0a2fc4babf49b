package wire

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"

	"daohu/server/parcel"
)

// Figure is one count beside the most it may be. Counts hardly differ from run
// to run: ids and places are random, what is counted is not.
type Figure struct {
	Key    string // in bench.json
	What   string
	Got    int64
	Target int64
}

// Measure counts everything of design sync.md 8 that is a count: on SQLite, in
// folders below dir, with the phone's compiled program.
func Measure(ctx context.Context, program, dir string) ([]Figure, error) {
	m := &meter{ctx: ctx, program: program, dir: dir}
	m.small()
	m.large()
	return m.out, m.err
}

// meter does one step after the other until one fails.
type meter struct {
	ctx          context.Context
	program, dir string
	sites        int
	out          []Figure
	err          error
}

func (m *meter) say(key, what string, got, target int64) {
	if m.err == nil {
		m.out = append(m.out, Figure{key, what, got, target})
	}
}

func (m *meter) do(err error) bool {
	if m.err == nil {
		m.err = err
	}
	return m.err == nil
}

// on runs f with a new server and ends it.
func (m *meter) on(size Size, f func(*Site)) {
	if m.err != nil {
		return
	}
	m.sites++
	s, err := Serve(m.ctx, Options{Size: size, Dir: filepath.Join(m.dir, fmt.Sprint("site", m.sites))})
	if !m.do(err) {
		return
	}
	f(s)
	m.do(s.Close())
}

// phone runs f with a phone on a line of its own.
func (m *meter) phone(s *Site, who Account, f func(*Phone, *Link)) {
	if m.err != nil {
		return
	}
	k, err := Open(s.Addr)
	if !m.do(err) {
		return
	}
	defer k.Close()
	p, err := Start(m.ctx, m.program, "http://"+k.Addr, who)
	if m.do(err) {
		defer p.Close()
		f(p, k)
	}
}

// sync must end well.
func (m *meter) sync(p *Phone, op string) (r Report) {
	if m.err != nil {
		return r
	}
	r, err := p.Do(op)
	if m.do(err) && (r.State != "done" || r.Outcomes != 0) {
		m.do(fmt.Errorf("%s: %+v", op, r))
	}
	return r
}

// first is a first sync; the rows are the demo's own, 4.6 people a household
// with every column.
func (m *meter) first(s *Site, p *Phone, k *Link, houses int) (Count, Report) {
	r := m.sync(p, "sync")
	f := m.facts(p)
	if m.err == nil && len(f.Households) != houses+1 {
		m.do(fmt.Errorf("%d households held, want %d", len(f.Households), houses+1))
	}
	return k.Count(), r
}

func (m *meter) facts(p *Phone) (f Facts) {
	if m.err == nil {
		f, m.err = p.Facts()
	}
	return f
}

// polls asks for nothing new: by the phone over HTTP/1.1, warm over HTTP/2.
func (m *meter) polls(s *Site, p *Phone, k *Link) (h1, h2, queries int64) {
	m.sync(p, "poll")
	before, asked := k.Count(), s.Statements()
	if r := m.sync(p, "poll"); m.err == nil && r.Requests != 1 {
		m.do(fmt.Errorf("a poll of %d requests", r.Requests))
	}
	h1, queries = k.Count().Since(before).Sum(), s.Statements()-asked
	if m.err == nil {
		f := m.facts(p)
		h2, m.err = warm(s, f)
	}
	return h1, h2, queries
}

// warm is the dearest of five polls over HTTP/2 after the first three.
func warm(s *Site, f Facts) (most int64, err error) {
	k, err := Open(s.Addr)
	if err != nil {
		return 0, err
	}
	defer k.Close()
	c := Polls()
	defer c.CloseIdleConnections()
	for i := range 8 {
		before := k.Count()
		status, _, err := Poll(c, k.Addr, s.Cadre, f)
		if err != nil || status != http.StatusNoContent || k.Count().Conns != 1 {
			return 0, fmt.Errorf("a poll: status %d, %d connections: %w", status, k.Count().Conns, err)
		}
		if n := k.Count().Since(before).Sum(); i >= 3 {
			most = max(most, n)
		}
	}
	return most, nil
}

// small is a cadre of 20 households: the first page, which makes a phone
// usable, is all there is; then changes of others, then a day.
func (m *meter) small() {
	m.on(Size{20, 6}, func(s *Site) {
		m.phone(s, s.Cadre, func(p *Phone, k *Link) {
			n, r := m.first(s, p, k, 20)
			m.say("first20_bytes", "first sync, 20 households x 6 visits, bytes", n.Sum(), 10<<10)
			m.say("first20_round_trips", "first sync, 20 households x 6 visits, round trips", int64(r.Requests), 1)
			h1, h2, queries := m.polls(s, p, k)
			m.say("poll_h1_bytes", "no-change poll, HTTP/1.1, bytes", h1, 750)
			m.say("poll_h2_bytes", "no-change poll, warm HTTP/2, bytes", h2, 80)
			m.say("poll_queries", "no-change poll, queries", queries, 2)
			m.phone(s, s.Worker, func(other *Phone, _ *Link) {
				m.sync(other, "sync")
				m.changes(s, p, other, 1, "changed_one_bytes", 310)
				m.sync(p, "sync")
				m.changes(s, p, other, 10, "changed_ten_bytes", 120)
				m.day(p, k)
				m.photo(p, k)
			})
		})
	})
}

// changes is what a record changed by somebody else costs, compressed.
func (m *meter) changes(s *Site, p, other *Phone, n int64, key string, target int64) {
	if m.err != nil || !m.do(other.Others(int(n))) {
		return
	}
	m.sync(other, "sync")
	status, body, err := Poll(Polls(), s.Addr, s.Cadre, m.facts(p))
	if m.do(err) && (status != http.StatusOK || !parcel.Is(body)) {
		m.do(fmt.Errorf("a poll with changes: status %d", status))
	}
	m.say(key, fmt.Sprintf("changed record pulled, of %d, bytes each", n), int64(len(body))/n, target)
}

// day sends a cadre's day and fetches the ten changes that wait, in one
// request.
func (m *meter) day(p *Phone, k *Link) {
	if m.err != nil || !m.do(p.Day(4)) {
		return
	}
	before := k.Count()
	r := m.sync(p, "sync")
	if m.err == nil && r.Acked != 8 {
		m.do(fmt.Errorf("a day: %+v", r))
	}
	n := k.Count().Since(before)
	m.say("day_bytes", fmt.Sprintf("a day, bytes (%d up, %d down)", n.Up, n.Down), n.Sum(), 4096)
	m.say("day_round_trips", "a day, round trips", int64(r.Requests), 1)
}

// large is a cadre of 300.
func (m *meter) large() {
	m.on(Size{300, 6}, func(s *Site) {
		m.phone(s, s.Cadre, func(p *Phone, k *Link) {
			n, r := m.first(s, p, k, 300)
			m.say("first300_bytes", "first sync, 300 households x 6 visits, bytes", n.Sum(), 160<<10)
			m.say("first300_pages", "first sync, 300 households x 6 visits, pages", int64(r.Requests), 14)
		})
	})
	m.on(Size{300, 24}, func(s *Site) {
		m.phone(s, s.Cadre, func(p *Phone, k *Link) {
			m.first(s, p, k, 300)
			if m.err != nil {
				return
			}
			stored, err := p.Stored()
			m.do(err)
			m.say("stored_bytes", "phone storage, 300 households x 24 visits, bytes", int64(stored.Total), 1_600_000)
			m.say("stored_key_bytes", "largest key of it, bytes", int64(stored.Largest), 256<<10)
			h1, h2, queries := m.polls(s, p, k)
			m.say("poll_large_h1_bytes", "no-change poll after that, HTTP/1.1, bytes", h1, 750)
			m.say("poll_large_h2_bytes", "no-change poll after that, warm HTTP/2, bytes", h2, 80)
			m.say("poll_large_queries", "no-change poll after that, queries", queries, 2)
		})
	})
}
