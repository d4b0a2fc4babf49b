package store_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/delta"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/write"
)

// poller reads as a pull does: the counter first, then the scope, then the
// rows of the households that moved, and remembers nothing but the counter.
type poller struct {
	db        *store.DB
	principal string
	township  string
	cursor    int64
	rounds    int
	visits    map[string]int64 // id -> seq
	houses    map[string]int64 // id -> people, as last seen
	twice     int
}

// round is one pull. Only rows up to the round's top count as seen: those
// above it must come again in the next one.
func (p *poller) round(ctx context.Context) error {
	p.rounds++
	spaces, err := p.db.Spaces(ctx, p.principal, "client000001")
	if err != nil || len(spaces) != 1 {
		return fmt.Errorf("spaces %v: %w", spaces, err)
	}
	top := spaces[0].Seq
	if top == p.cursor {
		return nil
	}
	scope, err := p.db.Scope(ctx, p.principal, p.township, p.cursor)
	if err != nil {
		return err
	}
	var changed []string
	for _, h := range scope {
		if h.SinceSeq > 0 && h.SinceSeq <= top && h.LastSeq > p.cursor {
			changed = append(changed, h.Household)
		}
	}
	for _, typ := range []*record.Type{activity.VisitType, household.HouseholdType} {
		rows, err := p.db.Rows(ctx, typ, delta.Select{Township: p.township, Households: changed, After: p.cursor})
		if err != nil {
			return err
		}
		for _, r := range rows {
			p.see(r, top)
		}
	}
	p.cursor = top
	return nil
}

func (p *poller) see(r record.Record, top int64) {
	m := r.Base()
	if m.Seq > top {
		return
	}
	switch r := r.(type) {
	case *activity.Visit:
		if _, again := p.visits[m.ID]; again {
			p.twice++
		}
		p.visits[m.ID] = m.Seq
	case *household.Household:
		p.houses[m.ID] = r.People
	}
}

// slow makes every 32nd transaction of a server hold the township's counter a
// few ms longer before it commits.
func slow() func(sql string) {
	var n atomic.Int64
	return func(sql string) {
		if strings.HasPrefix(sql, "UPDATE `space` SET `seq` = `seq` + 1") {
			if n := n.Add(1); n%32 == 0 {
				<-time.After(time.Duration(1+n/32%8) * time.Millisecond)
			}
		}
	}
}

// commitsOf is how many commits the load has: DAOHU_ORDER_COMMITS is for the
// long run on MariaDB (a million).
func commitsOf(t *testing.T, name string, usual int64) int64 {
	text := os.Getenv("DAOHU_ORDER_COMMITS")
	if text == "" || name != "mariadb" {
		return usual
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		t.Fatalf("DAOHU_ORDER_COMMITS is %q", text)
	}
	return n
}

// TestOrderUnderFire: 8 writers, on MariaDB through two servers, one of them
// with slow transactions, and a poller every 2 ms. What the poller saw must be what was committed; a cursor
// over anything but a counter held to commit misses rows here.
func TestOrderUnderFire(t *testing.T) {
	for _, c := range []struct {
		name    string
		commits int64
	}{{"sqlite", 2000}, {"mariadb", 20000}, {"mariadb snapshot", 2000}} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, c.name)
			servers := []*store.DB{p.DB, p.DB}
			if p.mysql {
				slowed := p.open
				slowed.Trace = slow()
				second, err := town.Open(t.Context(), slowed)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = second.DB.Close() })
				servers[1] = second.DB
			}
			fire(t, p, servers, commitsOf(t, c.name, c.commits))
		})
	}
}

func fire(t *testing.T, p *place, servers []*store.DB, commits int64) {
	tw := p.town(t, town.Size{Workers: 1, Houses: 120})
	from := time.Now()
	var done sync.WaitGroup
	var committed sync.Map // visit id -> seq
	var left, failed atomic.Int64
	left.Store(commits)
	for w := range 8 {
		done.Go(func() {
			for n := left.Add(-1); n >= 0 && failed.Load() == 0; n = left.Add(-1) {
				ids := []string{tw.Houses[(n*7)%120]}
				if n%8 == 0 {
					ids = append(ids, tw.Houses[(n*7+int64(w)+1)%120])
				}
				if err := commit(t.Context(), servers[w%2], tw.Township, ids, &committed); err != nil {
					failed.Add(1)
					t.Error(err)
				}
			}
		})
	}
	stop := make(chan struct{})
	go func() { done.Wait(); close(stop) }()
	poll := &poller{db: servers[1], principal: tw.Workers[0].User, township: tw.Township, visits: map[string]int64{}, houses: map[string]int64{}}
	often := time.NewTicker(2 * time.Millisecond)
	defer often.Stop()
	for running := true; running; {
		select {
		case <-stop:
			running = false // one more round sees the rest
		case <-often.C:
		}
		if err := poll.round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(from)
	want, missed := 0, 0
	committed.Range(func(id, seq any) bool {
		want++
		if poll.visits[id.(string)] != seq.(int64) {
			missed++
		}
		return true
	})
	if missed != 0 || len(poll.visits) != want || poll.twice != 0 {
		t.Errorf("%d rows committed, %d seen, %d missed, %d seen twice", want, len(poll.visits), missed, poll.twice)
	}
	for _, id := range tw.Houses {
		if h, err := findHouse(t.Context(), tw, id); err != nil || h.People != poll.houses[id] {
			t.Errorf("household %s: %d people seen, now %+v %v", id, poll.houses[id], h, err)
		}
	}
	if seq := p.number(t, "SELECT `seq` FROM `space` WHERE `township` = ?", tw.Township); seq != commits+1 {
		t.Errorf("the counter stands at %d after %d commits", seq, commits+1)
	}
	if links, _ := chain(t, p, tw.Township); links != commits+1 {
		t.Errorf("%d links verify", links)
	}
	t.Logf("figure: order on %s: %d commits of 8 writers, %d rows, %d polls, %d missed, %.0f tx/s", t.Name(), commits, want, poll.rounds, missed, float64(commits)/took.Seconds())
}

// commit makes a visit in every household and counts it there.
func commit(ctx context.Context, db *store.DB, township string, houses []string, committed *sync.Map) error {
	var made []string
	seq, err := db.Write(ctx, write.Intent{Township: township, Actor: "cadre0000001", Action: "sync", Households: houses}, func(tx write.Tx) error {
		made = nil
		for _, id := range houses {
			h, err := houseOf(tx, id)
			if err != nil {
				return err
			}
			h.People++
			tx.Put(household.HouseholdType, h)
			made = append(made, tx.NewID())
			tx.Put(activity.VisitType, aVisit(made[len(made)-1], id))
		}
		return nil
	})
	for _, id := range made {
		if err == nil {
			committed.Store(id, seq)
		}
	}
	return err
}
