package badline

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	_ "github.com/glebarez/go-sqlite"
	_ "github.com/go-sql-driver/mysql"

	"daohu/server/servertest"
	"daohu/server/servertest/phonebuild"
	"daohu/server/servertest/wire"
)

// speed is how much faster than in the field these links are played: rates,
// latencies and the phone's own clock and timeouts by the same factor. What
// machines compute is not, so that times here are rather too long.
const speed = 20

// seed of the dice, DAOHU_SEED gives another.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(18)
	if text := os.Getenv("DAOHU_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		check(t, err)
	}
	t.Logf("DAOHU_SEED=%d", seed)
	return seed
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// built compiles the phone once for all tests of the package.
var built = sync.OnceValues(func() (string, error) { return wire.BuildPhone(context.Background()) })

func program(t *testing.T) string {
	t.Helper()
	p, err := built()
	if errors.Is(err, phonebuild.ErrPackages) && !servertest.Full() {
		t.Skip(err)
	}
	check(t, err)
	return p
}

// place is a running server and a way past it into its database.
type place struct {
	*wire.Site
	raw *sql.DB
}

func site(t *testing.T, o wire.Options) *place {
	t.Helper()
	o.Dir = t.TempDir()
	s, err := wire.Serve(t.Context(), o)
	check(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	driver, dsn := "sqlite", "file:"+filepath.Join(o.Dir, "daohu.db")+"?_pragma=busy_timeout(10000)"
	if o.MySQL != "" {
		driver, dsn = "mysql", o.MySQL
	}
	raw, err := sql.Open(driver, dsn)
	check(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	return &place{s, raw}
}

// number runs a query that gives one number.
func (p *place) number(t *testing.T, query string, args ...any) (n int64) {
	t.Helper()
	check(t, p.raw.QueryRowContext(t.Context(), query, args...).Scan(&n))
	return n
}

// far is a phone at the other end of a slow line, and the meter before it.
type far struct {
	*wire.Phone
	line  *Slow
	meter *wire.Link
}

// at puts a phone of who behind the line.
func at(t *testing.T, s *place, node string, who wire.Account, line *Slow) *far {
	t.Helper()
	t.Setenv("HURRY", strconv.Itoa(line.Speed))
	t.Setenv("NODE_OPTIONS", "--require="+filepath.Join(wire.Root(), "server", "servertest", "badline", "hurry.cjs"))
	check(t, line.Listen(s.Addr, seedOf(t)))
	t.Cleanup(line.Close)
	meter, err := wire.Open(line.Addr)
	check(t, err)
	t.Cleanup(meter.Close)
	p, err := wire.Start(t.Context(), node, "http://"+meter.Addr, who)
	check(t, err)
	t.Cleanup(p.Close)
	return &far{p, line, meter}
}

// cost is what it took until a sync was done.
type cost struct {
	requests, tries int
	bytes           int64
	took            time.Duration // of the line
}

// done syncs, again after every try that failed for want of a link, until all
// is sent and fetched.
func (f *far) done(t *testing.T, tries int) (c cost) {
	t.Helper()
	before, from := f.meter.Count(), time.Now()
	for {
		r, err := f.Do("sync")
		check(t, err)
		c.requests += r.Requests
		c.tries++
		if r.State == "done" {
			break
		}
		if r.State != "offline" || c.tries >= tries {
			t.Fatalf("after %d tries: %+v", c.tries, r)
		}
	}
	c.bytes, c.took = f.meter.Count().Since(before).Sum(), time.Since(from)*time.Duration(f.line.Speed)
	return c
}

func (c cost) String() string {
	return fmt.Sprintf("%d bytes, %d requests, %d tries, %.0f s of the line", c.bytes, c.requests, c.tries, c.took.Seconds())
}

// TestSlowLinks: first syncs and a cadre's day at 20, 64 and 128 kbit/s with
// 600 ms there and back.
func TestSlowLinks(t *testing.T) {
	node := program(t)
	for _, houses := range []int{20, 300} {
		s := site(t, wire.Options{Size: wire.Size{Houses: houses, Visits: 6}})
		for _, kbit := range []int64{20, 64, 128} {
			p := at(t, s, node, s.Cadre, &Slow{Rate: kbit * 1000 / 8, RTT: 600 * time.Millisecond, Speed: speed})
			t.Logf("figure: first sync, %d households, at %d kbit/s: %v", houses, kbit, p.done(t, 3))
			facts, err := p.Facts()
			check(t, err)
			if len(facts.Households) != houses+1 {
				t.Errorf("%d households held", len(facts.Households))
			}
			if houses == 20 {
				check(t, p.Day(4))
				day := p.done(t, 1)
				t.Logf("figure: a day, 4 visits and 4 quizzes, at %d kbit/s: %v", kbit, day)
				if day.requests != 1 {
					t.Errorf("%d requests for a day", day.requests)
				}
			}
		}
	}
}

// TestVisitOnTheWorstLink: 20 kbit/s, 3 s there and back, 3 of 10 exchanges
// cut: a visit is sent in at most 3 KB by one request, and by two on average
// when some are cut; all arrive once.
func TestVisitOnTheWorstLink(t *testing.T) {
	node := program(t)
	s := site(t, wire.Options{Size: wire.Size{Houses: 20, Visits: 6}})
	line := &Slow{Rate: 20 * 1000 / 8, RTT: 3 * time.Second, Speed: speed}
	p := at(t, s, node, s.Cadre, line)
	p.done(t, 3)
	facts, err := p.Facts()
	check(t, err)
	homes := facts.Households[1:]
	visit := func(i int) {
		id, err := p.ID()
		check(t, err)
		check(t, p.Save(wire.Visit(id, homes[i%len(homes)], i)))
	}
	visit(0)
	calm := p.done(t, 1)
	t.Logf("figure: a visit at 20 kbit/s and 3 s: %v", calm)
	if calm.bytes > 3<<10 || calm.requests > 2 {
		t.Errorf("%v", calm)
	}
	line.mu.Lock()
	line.Cut = 3
	line.mu.Unlock()
	const visits = 30
	var sum cost
	asked, broken := line.Asked.Load(), line.Broken.Load()
	for i := range visits {
		visit(1 + i)
		c := p.done(t, 20)
		sum.requests, sum.tries, sum.bytes, sum.took = sum.requests+c.requests, sum.tries+c.tries, sum.bytes+c.bytes, sum.took+c.took
	}
	asked, broken = line.Asked.Load()-asked, line.Broken.Load()-broken
	t.Logf("figure: %d visits, %d of %d exchanges cut: %d bytes and %.2f requests a visit, %.0f s each", visits, broken, asked, sum.bytes/visits, float64(sum.requests)/visits, sum.took.Seconds()/visits)
	if sum.bytes > visits*3<<10 || sum.requests > visits*2 || broken*10 < asked*2 {
		t.Errorf("%v for %d visits, %d of %d exchanges cut", sum, visits, broken, asked)
	}
	if n := s.number(t, "SELECT COUNT(*) FROM visit"); n != 20*6+visits+1 {
		t.Errorf("%d visits at the server, want %d", n, 20*6+visits+1)
	}
}

// TestThinnestLink: a link that passes 16 KB in the 60 s a request may take
// gets on, with a phone that was used to a good one: what waits goes out, and
// the rest of a first sync comes in.
func TestThinnestLink(t *testing.T) {
	node := program(t)
	s := site(t, wire.Options{Size: wire.Size{Houses: 100, Visits: 6}})
	line := &Slow{Rate: 1 << 20, RTT: 50 * time.Millisecond, Speed: 2 * speed}
	p := at(t, s, node, s.Cadre, line)
	p.done(t, 3)
	check(t, p.Day(60)) // weeks without a link
	line.Change(16<<10/60, 600*time.Millisecond)
	t.Logf("figure: 60 visits and quizzes at 16 KB a minute: %v", p.done(t, 12))
	if n := s.number(t, "SELECT COUNT(*) FROM visit"); n != 660 {
		t.Errorf("%d visits at the server, want 660", n)
	}
	q := at(t, s, node, s.Worker, &Slow{Rate: 16 << 10 / 60, RTT: 600 * time.Millisecond, Speed: 2 * speed})
	t.Logf("figure: first sync of 100 households at 16 KB a minute: %v", q.done(t, 12))
	if f, err := q.Facts(); err != nil || len(f.Households) != 101 {
		t.Errorf("%d households held, %v", len(f.Households), err)
	}
}
