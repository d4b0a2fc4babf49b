package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/types"
	"daohu/server/write"
)

// TestOneSeqPerTransaction: rows of several types and households, history and
// grants of one transaction carry one seq; nothing else carries it.
func TestOneSeqPerTransaction(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Cadres: 1, Houses: 3})
		a, b, other := tw.Houses[0], tw.Houses[1], tw.Houses[2]
		before, err := p.DB.Space(t.Context(), tw.Township)
		if err != nil {
			t.Fatal(err)
		}
		p.Pass(1234567)
		seq := put(t, p.DB, write.Intent{Township: tw.Township, Actor: "user00000001", Action: "sync", Households: []string{b, a, b}}, func(tx write.Tx) error {
			h, err := houseOf(tx, a)
			if err != nil {
				return err
			}
			old := h.Notes
			h.Notes = "水源 <&>\u2028😀"
			tx.Put(household.HouseholdType, h)
			tx.Put(activity.VisitType, aVisit("visit000000A", a))
			tx.Put(activity.VisitType, aVisit("visit000000B", b))
			tx.Add(&write.History{Household: a, Type: "household", Row: a, Field: "notes", Old: old, New: h.Notes, By: "user00000001", At: tx.Now()})
			tx.Add(&write.Step{Type: "visit", Row: "visit000000A", To: "pending", At: tx.Now()})
			tx.Grant(write.Grant{Principal: "village00001", Household: b, Role: "V", Source: "village"})
			seen, err := tx.Changed(household.HouseholdType, a, 0)
			if err == nil && (len(seen) != 1 || seen[0].New != h.Notes) {
				err = fmt.Errorf("the transaction does not see its own history: %v", seen)
			}
			return err
		})
		if seq != before.Seq+1 {
			t.Fatalf("seq %d after %d", seq, before.Seq)
		}
		carry := map[string]int64{}
		for _, typ := range types.All() {
			if n := p.number(t, "SELECT COUNT(*) FROM `"+typ.Name+"` WHERE `seq` = ?", seq); n > 0 {
				carry[typ.Name] = n
			}
		}
		if fmt.Sprint(carry) != "map[household:1 visit:2]" {
			t.Errorf("rows with the seq: %v", carry)
		}
		for query, want := range map[string]int64{
			"SELECT COUNT(*) FROM `history` WHERE `seq` = ?":                                            1,
			"SELECT COUNT(*) FROM `assignment` WHERE `since_seq` = ?":                                   1,
			"SELECT COUNT(*) FROM `audit` WHERE `seq` = ?":                                              1,
			"SELECT COUNT(*) FROM `household` WHERE `last_seq` = ?":                                     2,
			"SELECT COUNT(*) FROM `space` WHERE `seq` = ?":                                              1,
			"SELECT COUNT(*) FROM `step` WHERE `row` = 'visit000000A' AND ? > 0":                        1,
			"SELECT COUNT(*) FROM `visit` WHERE `seq` = ? AND `version` = 1 AND `township` <> ''":       2,
			"SELECT COUNT(*) FROM `household` WHERE `seq` = ? AND `version` = 2 AND `last_seq` = `seq`": 1,
		} {
			if got := p.number(t, query, seq); got != want {
				t.Errorf("%s: %d, want %d", query, got, want)
			}
		}
		if h, err := findHouse(t.Context(), tw, other); err != nil || h.LastSeq != before.Seq || h.Version != 1 {
			t.Errorf("an untouched household moved: %+v %v", h, err)
		}
		if h, err := findHouse(t.Context(), tw, a); err != nil || h.Notes != "水源 <&>\u2028😀" {
			t.Errorf("text came back as %q, %v", h.Notes, err)
		}
	})
}

// TestNothingSyncedNoSeq: a transaction without rows moves no counter and
// adds no link.
func TestNothingSyncedNoSeq(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Houses: 1})
		seq := put(t, p.DB, write.Intent{Township: tw.Township, Households: tw.Houses}, func(tx write.Tx) error {
			tx.Add(&write.Quarantine{ID: "quarantine01", State: "open"})
			return nil
		})
		if seq != 0 {
			t.Errorf("seq %d", seq)
		}
		if n := p.number(t, "SELECT COUNT(*) FROM `audit`"); n != 1 {
			t.Errorf("%d links", n)
		}
		if q, err := p.DB.QuarantinedOne(t.Context(), tw.Township, "quarantine01"); err != nil || q.Township != tw.Township {
			t.Errorf("%+v %v", q, err)
		}
	})
}

// TestAuditChain recomputes every link from what the log holds; the last one
// is the township's head, and one changed value breaks it.
func TestAuditChain(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw, beside := p.town(t, town.Size{Cadres: 2, Houses: 4}), p.town(t, town.Size{Cadres: 1, Houses: 2})
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				in := []*town.Town{tw, beside}[i%2]
				if err := in.Pair(t.Context(), in.Houses[i%len(in.Houses)], &tw.Cadres[i%2]); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, in := range []*town.Town{tw, beside} {
			n, last := chain(t, p, in.Township)
			var head string
			if err := p.raw.QueryRowContext(t.Context(), "SELECT `audit_head` FROM `space` WHERE `township` = ?", in.Township).Scan(&head); err != nil {
				t.Fatal(err)
			}
			if seq := p.number(t, "SELECT `seq` FROM `space` WHERE `township` = ?", in.Township); n != seq || n < 11 {
				t.Errorf("%d links, counter %d", n, seq)
			}
			if last == "" || last != head {
				t.Errorf("last link %s, head %s", last, head)
			}
		}
		p.exec(t, "UPDATE `audit` SET `actor` = 'someoneelse0' WHERE `seq` = 3")
		if n, _ := chain(t, p, tw.Township); n != 2 {
			t.Errorf("a changed link verified: %d", n)
		}
	})
}

// chain returns how many links verify from the beginning, and the last of them.
func chain(t *testing.T, p *place, township string) (n int64, last string) {
	t.Helper()
	rows, err := p.raw.QueryContext(t.Context(), "SELECT a.`space`, a.`seq`, a.`at`, a.`actor`, a.`action`, a.`rows`, a.`hash` FROM `audit` a JOIN `space` s ON s.`no` = a.`space` WHERE s.`township` = ? ORDER BY a.`seq`", township)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var no, seq, at int64
		var actor, action, touched, hash string
		if err := rows.Scan(&no, &seq, &at, &actor, &action, &touched, &hash); err != nil {
			t.Fatal(err)
		}
		entry, err := json.Marshal([]any{no, seq, at, actor, action, touched})
		if err != nil {
			t.Fatal(err)
		}
		if seq != n+1 || p.Box.Chain(last, entry) != hash {
			return n, last
		}
		if strings.Contains(touched, "户主") || strings.Contains(touched, "干部") {
			t.Errorf("a name in the log: %s", touched)
		}
		n, last = n+1, hash
	}
	return n, last
}

// TestNewHouseholdNumbers: writers that make households at the same time each
// get a number of their own, without gaps.
// TestIDTaken: an id that lies in another household is refused, and nothing of
// the transaction is left: no row, counter, link, side row or phone counter.
func TestIDTaken(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Houses: 2})
		client, err := p.DB.Client(t.Context(), "client000001", "user00000001")
		if err != nil {
			t.Fatal(err)
		}
		put(t, p.DB, write.Intent{Township: tw.Township, Households: tw.Houses[:1]}, func(tx write.Tx) error {
			tx.Put(activity.VisitType, aVisit("visit000000A", tw.Houses[0]))
			return nil
		})
		before := p.counts(t, tw.Township)
		runs := 0
		_, err = p.DB.Write(t.Context(), write.Intent{Township: tw.Township, Client: client.ID, Households: tw.Houses[1:]}, func(tx write.Tx) error {
			runs++
			tx.Client().LastMid = 9
			tx.Put(household.MemberType, &household.Member{Meta: record.Meta{ID: tx.NewID(), Household: tw.Houses[1]}, Name: "丙"})
			tx.Put(activity.VisitType, aVisit("visit000000A", tw.Houses[1]))
			tx.Add([]*write.Result{{Client: client.ID, Mid: 9}})
			tx.Add(&write.Blob{SHA256: strings.Repeat("c", 64), Body: []byte("x")})
			tx.Add(&write.History{Household: tw.Houses[1], Type: "visit", Row: "visit000000A", Field: "text"})
			tx.Grant(write.Grant{Principal: "someone00001", Household: tw.Houses[1], Role: "C", Source: "pairing"})
			return nil
		})
		if !fault.Is(err, fault.IDTaken) || runs < 2 {
			t.Errorf("after %d runs: %v", runs, err)
		}
		if after := p.counts(t, tw.Township); after != before {
			t.Errorf("something was left:\n%s\n%s", before, after)
		}
		if c, err := p.DB.Client(t.Context(), client.ID, "user00000001"); err != nil || c != client {
			t.Errorf("the phone's counters moved: %+v %v", c, err)
		}
		if r, err := p.DB.Find(t.Context(), activity.VisitType, []string{tw.Township}, "visit000000A"); err != nil || r.Base().Household != tw.Houses[0] {
			t.Errorf("the first row: %+v %v", r, err)
		}
	})
}

// TestMisuse: what decide must not do fails and leaves nothing, and so does
// every error of its own, which comes back unchanged.
func TestMisuse(t *testing.T) {
	mine := errors.New("mine")
	refusal := fault.New(fault.OwnRecord, "")
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Houses: 2})
		in := write.Intent{Township: tw.Township, Households: tw.Houses[:1]}
		nowhere, stranger := in, in
		nowhere.Township, stranger.Client = "000000001", "stranger0001"
		queue := func(tx write.Tx) {
			tx.Put(activity.VisitType, aVisit("visit000000A", tw.Houses[0]))
			tx.Add(&write.Quarantine{ID: "quarantine01", State: "open"})
		}
		for _, c := range []struct {
			name   string
			in     write.Intent
			is     error
			code   fault.Code
			decide func(tx write.Tx) error
		}{
			{"an error", in, mine, fault.Internal, func(tx write.Tx) error { queue(tx); return mine }},
			{"a refusal", in, refusal, fault.OwnRecord, func(tx write.Tx) error { queue(tx); return refusal }},
			{"outside the locked households", in, nil, fault.Internal, func(tx write.Tx) error {
				queue(tx)
				tx.Put(activity.VisitType, aVisit("visit000000B", tw.Houses[1]))
				return nil
			}},
			{"an id that is none", in, nil, fault.Internal, func(tx write.Tx) error {
				queue(tx)
				tx.Put(activity.VisitType, aVisit("short", tw.Houses[0]))
				return nil
			}},
			{"an unknown kind of row", in, nil, fault.Internal, func(tx write.Tx) error { queue(tx); tx.Add(42); return nil }},
			{"a township that is not there", nowhere, nil, fault.NotFound, func(tx write.Tx) error {
				tx.Grant(write.Grant{Principal: "someone00001", Household: tw.Houses[0]})
				return nil
			}},
			{"a phone that is not there", stranger, nil, fault.NotFound, func(tx write.Tx) error { queue(tx); return nil }},
		} {
			before := p.counts(t, tw.Township)
			seq, err := p.DB.Write(t.Context(), c.in, c.decide)
			if err == nil || seq != 0 || fault.CodeOf(err) != c.code || c.is != nil && err != c.is {
				t.Errorf("%s: %d %v", c.name, seq, err)
			}
			if after := p.counts(t, tw.Township); after != before {
				t.Errorf("%s left something:\n%s\n%s", c.name, before, after)
			}
		}
		// A panic in decide must give the locks back as well.
		func() {
			defer func() { _ = recover() }()
			_, _ = p.DB.Write(t.Context(), in, func(write.Tx) error { panic("a bug") })
		}()
		put(t, p.DB, in, func(tx write.Tx) error { queue(tx); return nil })
	})
}

// TestDeadlockIsRetried makes a real deadlock: a foreign transaction holds a
// quarantined row and wants the household, decide holds the household and
// wants the row. The foreign one weighs more, so the database ends ours.
// TestLostRaceForAnID: two transactions make the same id in two households;
// the one that comes second is decided again and then sees the first.
// TestNoLostUpdate: 64 writers, each compare-and-sets the same row until it
// has won once, and beside them 64 that count under the lock. MariaDB's own
// default isolation loses about one in twenty of these.
// TestResultsArePruned: what the phone has confirmed goes, but the row of the
// last confirmed mutation stays: its hash tells two phones apart.
func TestResultsArePruned(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Houses: 1})
		var ids [2]string
		for i := range ids {
			ids[i] = fmt.Sprintf("client00000%d", i)
			if _, err := p.DB.Client(t.Context(), ids[i], "user00000001"); err != nil {
				t.Fatal(err)
			}
			put(t, p.DB, write.Intent{Township: tw.Township, Client: ids[i]}, func(tx write.Tx) error {
				tx.Client().LastMid = 5
				var rs []*write.Result
				for mid := range int64(5) {
					rs = append(rs, &write.Result{Client: ids[i], Mid: mid + 1, Hash: fmt.Sprintf("%016d", mid+1), Code: []string{"", "late"}[mid%2]})
				}
				tx.Add(rs)
				return nil
			})
		}
		ack := func(mid int64) {
			put(t, p.DB, write.Intent{Township: tw.Township, Client: ids[0]}, func(tx write.Tx) error {
				tx.Client().AckedMid = mid
				return nil
			})
		}
		for _, c := range []struct {
			ack  int64
			mids string
		}{{0, "1 2 3 4 5"}, {3, "3 4 5"}, {3, "3 4 5"}, {5, "5"}} {
			ack(c.ack)
			if got := strings.Join(texts(t, p.raw, "SELECT `mid` FROM `result` WHERE `client` = ? ORDER BY `mid`", ids[0]), " "); got != c.mids {
				t.Errorf("acked %d: %s left, want %s", c.ack, got, c.mids)
			}
		}
		put(t, p.DB, write.Intent{Township: tw.Township, Client: ids[0]}, func(tx write.Tx) error {
			got, err := tx.Hashes(5)
			if err == nil && (len(got) != 1 || got[5] != fmt.Sprintf("%016d", 5)) {
				err = fmt.Errorf("hashes %v", got)
			}
			return err
		})
		if rs, err := p.DB.Results(t.Context(), ids[1], 0); err != nil || len(rs) != 2 || rs[0].Mid != 2 || rs[1].Mid != 4 {
			t.Errorf("the other phone's: %v %v", rs, err)
		}
	})
}

// TestPutAreas: places are added once and written over.
func TestPutAreas(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		for _, name := range []string{"坪子村", "坪子新村"} {
			if err := p.DB.PutAreas(t.Context(), []area.Area{{Code: "999900001201", Parent: "999900001", Level: area.Village, Name: name, Poor: "poor", ExitPlan: 2027}}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := p.DB.Under(t.Context(), "999900001")
		if err != nil || len(got) != 1 || got[0].Name != "坪子新村" || got[0].ExitPlan != 2027 {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := p.DB.Area(t.Context(), "999900001202"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

// TestHouseholdsDoNotWait: a transaction that holds some households lets
// others of the same township be written, on small and on larger tables,
// whatever way the database finds the rows.
