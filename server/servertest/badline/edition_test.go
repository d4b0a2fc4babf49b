package badline

import (
	"fmt"
	"path/filepath"
	"testing"

	"daohu/server/servertest/wire"
)

// edition starts a phone whose program is another edition (edition.cjs).
func edition(t *testing.T, s *place, node, name string, who wire.Account) *wire.Phone {
	t.Helper()
	t.Setenv("EDITION", name)
	t.Setenv("TABLES", filepath.Join(wire.Root(), "miniprogram", "build", "src", "data", "tables.js"))
	t.Setenv("NODE_OPTIONS", "--require="+filepath.Join(wire.Root(), "server", "servertest", "badline", "edition.cjs"))
	p, err := wire.Start(t.Context(), node, "http://"+s.Addr, who)
	check(t, err)
	t.Cleanup(p.Close)
	return p
}

// columns is one row, by column; how it is numbered is left out.
func (p *place) columns(t *testing.T, table, id string) map[string]string {
	t.Helper()
	rows, err := p.raw.QueryContext(t.Context(), "SELECT * FROM `"+table+"` WHERE id = ?", id)
	check(t, err)
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	check(t, err)
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	out := map[string]string{}
	for rows.Next() {
		check(t, rows.Scan(into...))
		for i, n := range names {
			out[n] = fmt.Sprint(values[i])
		}
	}
	check(t, rows.Err())
	for _, n := range []string{"seq", "version", "last_seq"} {
		delete(out, n)
	}
	return out
}

// TestEditions is the matrix of phones that are older or newer than the server,
// which is what an upgrade, or a rollback, meets: no sync fails, all work is
// taken, nothing the phone does not know is wiped, and phones of this edition
// beside it converge (F16).
func TestEditions(t *testing.T) {
	node := program(t)
	syncs := 0
	for _, name := range []string{"ancient", "older", "same", "newer"} {
		t.Run(name, func(t *testing.T) {
			s := site(t, wire.Options{Size: wire.Size{Houses: 20, Visits: 2}})
			other := edition(t, s, node, "same", s.Worker)
			state := "done"
			p := edition(t, s, node, name, s.Cadre)
			if name == "ancient" {
				state = "update"
				p = edition(t, s, node, "same", s.Cadre) // fetched while it was served
			}
			ask := func(who *wire.Phone, want string, acked, outcomes int) {
				t.Helper()
				r, err := who.Do("sync")
				check(t, err)
				if syncs++; r.State != want || r.Acked != acked || r.Outcomes != outcomes {
					t.Fatalf("%+v, want %s, %d acknowledged, %d back", r, want, acked, outcomes)
				}
			}
			ask(p, "done", 0, 0)
			ask(other, "done", 0, 0)
			f, err := p.Facts()
			check(t, err)
			home := f.Households[len(f.Households)-1]
			if name == "ancient" {
				p = edition(t, s, node, name, s.Cadre)
			}
			check(t, other.Others(4))
			ask(other, "done", 4, 0)
			before := s.columns(t, "household", home)
			if name == "ancient" { // a phone that was never served: it only hands in
				id, err := p.ID()
				check(t, err)
				check(t, p.Save(wire.Visit(id, home, 0)))
				ask(p, state, 1, 0)
			} else {
				check(t, p.Day(2))
				check(t, p.Save(wire.Change{Type: "household", ID: home, Household: home, Patch: map[string]any{"address": "新址"}}))
				ask(p, state, 5, 0)
				before["address"] = "新址"
			}
			if after := s.columns(t, "household", home); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("more was written than was sent:\n%v\n%v", before, after)
			}
			if name == "newer" { // what this server does not know comes back, alone
				known, err := p.ID()
				check(t, err)
				unknown, err := p.ID()
				check(t, err)
				odd := wire.Visit(unknown, home, 1)
				odd.Patch["mood"] = "好"
				check(t, p.Save(odd, wire.Visit(known, home, 2), wire.Change{Type: "future", ID: unknown, Household: home, Patch: map[string]any{"text": "x"}}))
				ask(p, state, 3, 2)
				if len(s.columns(t, "visit", known)) == 0 || len(s.columns(t, "visit", unknown)) > 0 {
					t.Error("the wrong one was taken")
				}
			}
			ask(other, "done", 0, 0)
			for range 3 {
				ask(p, state, 0, 0)
			}
			want := map[string]int64{"ancient": 1, "older": 2, "same": 2, "newer": 3}[name] + 2
			if n := s.number(t, "SELECT COUNT(*) FROM visit") - 40; n != want {
				t.Errorf("%d new visits, want %d", n, want)
			}
		})
	}
	t.Logf("figure: phones of 4 editions beside one of the server's: %d syncs, 0 failed", syncs)
}
