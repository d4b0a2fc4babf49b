package wire

import (
	"errors"
	"fmt"
	"testing"

	"daohu/server/parcel"
	"daohu/server/servertest"
)

// figure prints a measured number beside its target and fails above it.
func figure(t *testing.T, what string, got, target int64) {
	t.Helper()
	t.Logf("figure: %s: %d, target %d", what, got, target)
	if got > target {
		t.Errorf("%s: %d, target %d", what, got, target)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// program is the compiled phone; without its packages the test is skipped, or
// fails in the full run.
func program(t *testing.T) string {
	t.Helper()
	p, err := BuildPhone(t.Context())
	if errors.Is(err, ErrPackages) && !servertest.Full() {
		t.Skip(err)
	}
	check(t, err)
	return p
}

// site is a running server with a township.
func site(t *testing.T, size Size) *Site {
	t.Helper()
	s, err := Serve(t.Context(), Options{Size: size, Dir: t.TempDir()})
	check(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// phone is a phone on a line of its own to s.
func phone(t *testing.T, s *Site, program string, who Account) (*Phone, *Link) {
	t.Helper()
	k, err := Open(s.Addr)
	check(t, err)
	t.Cleanup(k.Close)
	p, err := Start(t.Context(), program, "http://"+k.Addr, who)
	check(t, err)
	t.Cleanup(p.Close)
	return p, k
}

// done is a sync that must end well.
func done(t *testing.T, p *Phone, op string) Report {
	t.Helper()
	r, err := p.Do(op)
	check(t, err)
	if r.State != "done" || r.Outcomes != 0 {
		t.Fatalf("%s: %+v", op, r)
	}
	return r
}

// TestFirstSync: the rows are the demo's own, 4.6 people a household with every
// column. The first page, which makes a phone usable, is the whole of the
// smaller one.
func TestFirstSync(t *testing.T) {
	node := program(t)
	for _, c := range []struct {
		Size
		bytes, trips int64
	}{{Size{20, 6}, 10 << 10, 1}, {Size{300, 6}, 160 << 10, 14}} {
		s := site(t, c.Size)
		p, k := phone(t, s, node, s.Cadre)
		r := done(t, p, "sync")
		name := fmt.Sprintf("first sync, %d households x %d visits", c.Houses, c.Visits)
		figure(t, name+", bytes", k.Count().Sum(), c.bytes)
		figure(t, name+", round trips", int64(r.Requests), c.trips)
		f, err := p.Facts()
		check(t, err)
		if len(f.Households) != c.Houses+1 {
			t.Errorf("%d households held, want %d", len(f.Households), c.Houses+1)
		}
	}
}

// TestPoll: a poll that finds nothing, by the phone over HTTP/1.1 and warm over
// HTTP/2; what it asks the database is the same after six times the history.
func TestPoll(t *testing.T) {
	node := program(t)
	var asked []int64
	for _, size := range []Size{{20, 6}, {300, 24}} {
		s := site(t, size)
		p, k := phone(t, s, node, s.Cadre)
		done(t, p, "sync")
		stored, err := p.Stored()
		check(t, err)
		if size.Houses == 300 {
			figure(t, "phone storage, 300 households x 24 visits, bytes", int64(stored.Total), 1_600_000)
			figure(t, "largest key of it, bytes", int64(stored.Largest), 256<<10)
		}
		done(t, p, "poll")
		before, queries := k.Count(), s.Statements()
		if r := done(t, p, "poll"); r.Requests != 1 {
			t.Fatalf("%+v", r)
		}
		figure(t, "no-change poll, HTTP/1.1, bytes", k.Count().Since(before).Sum(), 750)
		asked = append(asked, s.Statements()-queries)
		figure(t, "no-change poll, queries", asked[len(asked)-1], 2)
		f, err := p.Facts()
		check(t, err)
		figure(t, "no-change poll, warm HTTP/2, bytes", warm(t, s, f), 80)
	}
	if asked[0] != asked[1] {
		t.Errorf("queries of a poll: %v", asked)
	}
}

// warm is the dearest of five polls over HTTP/2 after the first three.
func warm(t *testing.T, s *Site, f Facts) (most int64) {
	k, err := Open(s.Addr)
	check(t, err)
	defer k.Close()
	c := Polls()
	defer c.CloseIdleConnections()
	for i := range 8 {
		before := k.Count()
		status, _, _, err := Poll(c, k.Addr, s.Cadre, f)
		check(t, err)
		if status != 204 {
			t.Fatalf("status %d", status)
		}
		if n := k.Count().Since(before).Sum(); i >= 3 {
			most = max(most, n)
		}
	}
	if n := k.Count().Conns; n != 1 {
		t.Errorf("%d connections", n)
	}
	return most
}

// TestChangedRecord: what a record changed by somebody else costs, alone and
// in tens, compressed.
func TestChangedRecord(t *testing.T) {
	node := program(t)
	s := site(t, Size{20, 6})
	p, _ := phone(t, s, node, s.Cadre)
	other, _ := phone(t, s, node, s.Worker)
	for _, n := range []int64{1, 10} {
		done(t, p, "sync")
		done(t, other, "sync")
		check(t, other.Others(int(n)))
		done(t, other, "sync")
		f, err := p.Facts()
		check(t, err)
		status, body, h, err := Poll(Polls(), s.Addr, s.Cadre, f)
		check(t, err)
		if status != 200 || !parcel.Is(body) {
			t.Fatalf("%d %v", status, h)
		}
		target := int64(120)
		if n == 1 {
			target = 310
		}
		figure(t, fmt.Sprintf("changed record pulled, of %d, bytes each", n), int64(len(body))/n, target)
	}
}

// TestDay: a cadre's day goes out and the changes of others come in by one
// request.
func TestDay(t *testing.T) {
	node := program(t)
	s := site(t, Size{20, 6})
	p, k := phone(t, s, node, s.Cadre)
	other, _ := phone(t, s, node, s.Worker)
	done(t, p, "sync")
	done(t, other, "sync")
	check(t, other.Others(10))
	done(t, other, "sync")
	check(t, p.Day(4))
	before := k.Count()
	r := done(t, p, "sync")
	if r.Acked != 8 {
		t.Errorf("%+v", r)
	}
	n := k.Count().Since(before)
	t.Logf("figure: a day: %d up, %d down", n.Up, n.Down)
	figure(t, "a day, bytes", n.Sum(), 4096)
	figure(t, "a day, round trips", int64(r.Requests), 1)
}
