package badline

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"testing"

	"daohu/server/servertest"
	"daohu/server/servertest/wire"
)

// pusher is a phone on a line that does as it is told, and what it has written.
type pusher struct {
	*wire.Phone
	t     *testing.T
	line  *Line
	place *place
	homes []string
	redis string
	wrote map[string]bool // ids of visits
}

func newPusher(t *testing.T, s *place, node, redis string) *pusher {
	t.Helper()
	line, err := OpenLine(s.Addr)
	check(t, err)
	t.Cleanup(line.Close)
	p, err := wire.Start(t.Context(), node, "http://"+line.Addr, s.Cadre)
	check(t, err)
	t.Cleanup(p.Close)
	w := &pusher{Phone: p, t: t, line: line, place: s, redis: redis, wrote: map[string]bool{}}
	w.sync("done")
	f, err := p.Facts()
	check(t, err)
	w.homes = f.Households[1:]
	return w
}

// write saves a visit on the phone. Now and then it empties Redis: 600
// requests a minute are all that one user may make, and we make more.
func (p *pusher) write() {
	p.t.Helper()
	if len(p.wrote)%50 == 0 {
		c, err := new(net.Dialer).DialContext(p.t.Context(), "tcp", p.redis)
		check(p.t, err)
		_, err = fmt.Fprint(c, "FLUSHALL\r\n")
		check(p.t, err)
		_, err = bufio.NewReader(c).ReadString('\n')
		check(p.t, errors.Join(err, c.Close()))
	}
	id, err := p.ID()
	check(p.t, err)
	check(p.t, p.Save(wire.Visit(id, p.homes[len(p.wrote)%len(p.homes)], 0)))
	p.wrote[id] = true
}

// sync must end in one of these ways, and nothing of ours may be returned.
func (p *pusher) sync(states ...string) {
	p.t.Helper()
	r, err := p.Do("sync")
	check(p.t, err)
	for _, s := range states {
		if r.State == s && r.Outcomes == 0 {
			return
		}
	}
	p.t.Fatalf("%+v, want %v", r, states)
}

// once compares what was written with what the server has: every visit is there
// once, was written by one transaction, and the phone waits for nothing.
func (p *pusher) once(what string) {
	p.t.Helper()
	f, err := p.Facts()
	check(p.t, err)
	if f.Unsent != 0 {
		p.t.Errorf("%s: %d unsent", what, f.Unsent)
	}
	rows, err := p.place.raw.QueryContext(p.t.Context(), "SELECT id, version FROM visit WHERE made_by = ?", p.place.Cadre.User)
	check(p.t, err)
	defer func() { _ = rows.Close() }()
	have := map[string]int64{}
	for rows.Next() {
		var id string
		var version int64
		check(p.t, rows.Scan(&id, &version))
		have[id] = version
	}
	check(p.t, rows.Err())
	for id := range p.wrote {
		if have[id] != 1 {
			p.t.Errorf("%s: visit %s is at version %d", what, id, have[id])
		}
	}
	if n := p.place.number(p.t, "SELECT COUNT(*) FROM proposal") + p.place.number(p.t, "SELECT COUNT(*) FROM quarantine"); n != 0 {
		p.t.Errorf("%s: %d proposals and waiting changes", what, n)
	}
}

// TestCutAtEveryByte pushes a visit over a line that ends after k bytes of the
// request, for every k, then after k bytes of the answer; then doubled, late
// and repeated requests: every visit is there exactly once (F7). On MariaDB
// every 23rd byte.
func TestCutAtEveryByte(t *testing.T) {
	node := program(t)
	for name, c := range map[string]struct {
		mysql  func() string
		stride int
	}{
		"sqlite":  {func() string { return "" }, 1},
		"mariadb": {func() string { return servertest.MariaDB(t, servertest.MariaDBOptions{}) }, 23},
	} {
		t.Run(name, func(t *testing.T) {
			redis := servertest.Redis(t)
			p := newPusher(t, site(t, wire.Options{Size: wire.Size{Houses: 20, Visits: 2}, MySQL: c.mysql(), Redis: redis}), node, redis)
			cuts := [2]int{}
			for k := 1; ; k += c.stride { // k-1 bytes of the request
				p.write()
				p.line.Next(Fate{Up: k})
				p.sync("offline")
				up, down := p.line.Lengths()
				p.sync("done")
				cuts[0]++
				if k > up {
					if down == 0 {
						t.Errorf("the whole request, %d bytes, had no answer", up)
					}
					break
				}
			}
			p.once("cut requests")
			for k := 1; ; k += c.stride {
				p.write()
				p.line.Next(Fate{Down: k})
				p.sync("offline", "done") // with its last byte the answer is whole
				_, down := p.line.Lengths()
				p.sync("done")
				cuts[1]++
				if k > down {
					break
				}
			}
			p.once("cut answers")
			p.disorder(30)
			t.Logf("figure: %s: a push cut at %d places of its request and %d of its answer, 30 each doubled, late, repeated: %d visits, each there once", name, cuts[0], cuts[1], len(p.wrote))
			if c.stride == 1 && (cuts[0] < 400 || cuts[1] < 150) {
				t.Errorf("only %v cuts", cuts)
			}
		})
	}
}

// disorder doubles, delays and repeats n requests each.
func (p *pusher) disorder(n int) {
	p.t.Helper()
	for i := range n {
		p.write()
		p.line.Next(Fate{Twice: true})
		p.sync("done", "busy") // the twin may hold the phone's row
		p.sync("done")
		p.once(fmt.Sprintf("doubled %d", i))
		for range 2 { // two held back, heard in the wrong order after a third
			p.write()
			p.line.Next(Fate{Late: true})
			p.sync("offline")
		}
		p.sync("done")
		check(p.t, p.line.Release())
		p.sync("done")
		p.once(fmt.Sprintf("late %d", i))
		p.write()
		p.line.Next(Fate{Echo: true})
		p.sync("done")
		p.once(fmt.Sprintf("repeated %d", i))
	}
}
