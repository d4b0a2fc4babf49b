package store_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
	"daohu/server/write"
)

// queue is a township with visits that wait, of which each test knows
// everything: number i is to household i%3, by author i%2, of day i+1.
type queue struct {
	*place
	tw  *town.Town
	ids []string
}

func newQueue(t *testing.T, p *place, n int) *queue {
	q := &queue{place: p, tw: p.town(t, town.Size{Cadres: 2, Houses: 3})}
	for i, a := range q.tw.Cadres {
		p.exec(t, "INSERT INTO `user` (`id`, `version`, `login`, `name`, `role`, `county`, `township`, `area`, `unit`, `rank`, `phone`, `password_hash`, `pin_hash`, `created_at`, `disabled_at`) VALUES (?, 1, ?, ?, 'C', '999900', ?, '', '', '', '', '', '', 0, 0)", a.User, fmt.Sprintf("cadre-%d", i), fmt.Sprintf("干部%d", i), q.tw.Township)
	}
	for i := range n {
		v := &activity.Visit{Meta: record.Meta{ID: p.DB.NewID(), Household: q.tw.Houses[i%3], MadeBy: q.tw.Cadres[i%2].User, MadeAt: 1000 + int64(i/2)}, Day: fmt.Sprintf("2026-03-%02d", i+1), State: workflow.Pending}
		if flag := []string{"", "late", "double", "clock"}[i%4]; flag != "" {
			v.Flags = record.ListOf([]string{"other", flag})
		}
		q.put(t, activity.VisitType, v)
		q.ids = append(q.ids, v.ID)
	}
	p.exec(t, "UPDATE `household` SET `village` = '999900000202' WHERE `id` = ?", q.tw.Houses[2])
	return q
}

func (q *queue) put(t *testing.T, typ *record.Type, r record.Record) {
	t.Helper()
	put(t, q.DB, write.Intent{Township: q.tw.Township, Households: []string{r.Base().Household}}, func(tx write.Tx) error { tx.Put(typ, typ.Clone(r)); return nil })
}

// list is the numbers of the visits in a page.
func (q *queue) list(t *testing.T, ask workflow.Ask) (string, workflow.Page) {
	t.Helper()
	if ask.Township = q.tw.Township; ask.Limit == 0 {
		ask.Limit = 50
	}
	page, err := q.Workflow.Inbox(t.Context(), q.tw.Admin, activity.VisitType, ask)
	if err != nil || len(page.Rows) != len(page.About) {
		t.Fatalf("%+v: %v, %d rows, %d beside them", ask, err, len(page.Rows), len(page.About))
	}
	var out []string
	for i, a := range page.About {
		if !strings.Contains(string(page.Rows[i]), `"id":"`+a.ID+`"`) {
			t.Fatalf("row %d is not %s: %s", i, a.ID, page.Rows[i])
		}
		for n, id := range q.ids {
			if id == a.ID {
				out = append(out, fmt.Sprint(n))
			}
		}
	}
	return strings.Join(out, " "), page
}

func TestInboxFilters(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		q := newQueue(t, p, 12)
		other := p.town(t, town.Size{Cadres: 1, Houses: 1})
		q.put(t, activity.VisitType, &activity.Visit{Meta: record.Meta{ID: p.DB.NewID(), Household: q.tw.Houses[0], DeletedAt: 5}, Day: "2026-03-01", State: workflow.Pending})
		put(t, p.DB, write.Intent{Township: other.Township, Households: other.Houses}, func(tx write.Tx) error {
			tx.Put(activity.VisitType, &activity.Visit{Meta: record.Meta{ID: tx.NewID(), Household: other.Houses[0]}, Day: "2026-03-01", State: workflow.Pending})
			return nil
		})
		if _, err := q.Workflow.Decide(t.Context(), q.tw.Admin, activity.VisitType, q.ids[11], workflow.Decision{Action: "return", Rev: 1, Reason: "补"}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			ask  workflow.Ask
			want string
		}{
			{workflow.Ask{Household: q.tw.Houses[1]}, "1 4 7 10"},
			{workflow.Ask{Village: "999900000202"}, "2 5 8"},
			{workflow.Ask{Village: "999900000203"}, ""},
			{workflow.Ask{Author: "cadre-1"}, "1 3 5 7 9"},
			{workflow.Ask{Author: q.tw.Cadres[0].User}, "0 2 4 6 8 10"},
			{workflow.Ask{Author: "nobody"}, ""},
			{workflow.Ask{From: "2026-03-10"}, "9 10"},
			{workflow.Ask{From: "2026-03-02", To: "2026-03-04"}, "1 2 3"},
			{workflow.Ask{Flag: "double"}, "2 6 10"},
			{workflow.Ask{Flag: "late", Author: "cadre-1", Village: "999900000202"}, "5"},
			{workflow.Ask{State: "returned"}, "11"},
			{workflow.Ask{State: "approved"}, ""},
		} {
			if got := sorted(first(q.list(t, c.ask))); got != sorted(c.want) {
				t.Errorf("%+v: %s, want %s", c.ask, got, c.want)
			}
		}
		for name, bad := range map[string]workflow.Ask{"state": {State: "gossip"}, "flag": {Flag: "other"}, "from": {From: "2026-02-30"}, "to": {To: "gestern"}, "household": {Household: "short"}} {
			bad.Township, bad.Limit = q.tw.Township, 5
			if _, err := q.Workflow.Inbox(t.Context(), q.tw.Admin, activity.VisitType, bad); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "["+name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, after := range []string{"x", "12", "12_short", "_" + q.ids[0], "9999999999999999999_" + q.ids[0]} {
			if _, err := q.Workflow.Inbox(t.Context(), q.tw.Admin, activity.VisitType, workflow.Ask{Township: q.tw.Township, After: after, Limit: 5}); !fault.Is(err, fault.BadRequest) {
				t.Errorf("after %q: %v", after, err)
			}
		}
	})
}

func first(s string, _ workflow.Page) string { return s }

// sorted orders numbers of one page: two that arrived in the same millisecond
// stand by their ids, which are drawn.
func sorted(s string) string {
	n := map[int]bool{}
	for _, w := range strings.Fields(s) {
		var i int
		_, _ = fmt.Sscan(w, &i)
		n[i] = true
	}
	return fmt.Sprint(n)
}

// TestInboxPages: the oldest first, each row once, also while rows are decided
// and arrive between two pages.
func TestInboxPages(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		q := newQueue(t, p, 11)
		var got []string
		after, last := "", int64(0)
		for n := 0; ; n++ {
			nums, page := q.list(t, workflow.Ask{Limit: 3, After: after})
			got = append(got, strings.Fields(nums)...)
			for _, a := range page.About {
				if a.At < last {
					t.Errorf("%d after %d", a.At, last)
				}
				last = a.At
			}
			if n == 1 { // what was shown is decided, and more arrives, also long ago by its day
				if _, err := q.Workflow.Decide(t.Context(), q.tw.Admin, activity.VisitType, page.About[2].ID, workflow.Decision{Action: "approve", Rev: 1}); err != nil {
					t.Fatal(err)
				}
				q.put(t, activity.VisitType, &activity.Visit{Meta: record.Meta{ID: p.DB.NewID(), Household: q.tw.Houses[0], MadeAt: 5000}, Day: "2025-01-01", State: workflow.Pending})
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if sorted(strings.Join(got, " ")) != sorted("0 1 2 3 4 5 6 7 8 9 10") || len(got) != 11 {
			t.Fatalf("pages held %v", got)
		}
	})
}

// TestInboxShowsWhatIsBeside: place, author, pictures, and the confirmation of
// the household's own phone before the one from the cadre's.
func TestInboxShowsWhatIsBeside(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		q := newQueue(t, p, 2)
		house, by := q.tw.Houses[0], q.tw.Cadres[0].User
		for i, dead := range []int64{0, 0, 7} {
			q.put(t, photo.Type, &photo.Photo{Meta: record.Meta{ID: p.DB.NewID(), Household: house, MadeBy: by, DeletedAt: dead}, Visit: q.ids[0], SHA256: strings.Repeat("a", 64), Size: int64(i)})
		}
		for _, c := range []activity.Confirmation{{Answer: "没来过", Channel: "own", Text: "旧的"}, {Answer: "来过", Channel: "own", Text: "给了药"}, {Answer: "有事", Channel: "cadre_phone"}, {Answer: "有事", Channel: "own", Meta: record.Meta{DeletedAt: 9}}} {
			c.ID, c.Household, c.Visit = p.DB.NewID(), house, q.ids[0]
			q.put(t, activity.ConfirmationType, &c)
		}
		q.put(t, activity.ConfirmationType, &activity.Confirmation{Meta: record.Meta{ID: p.DB.NewID(), Household: q.tw.Houses[1]}, Visit: q.ids[1], Answer: "来过", Channel: "cadre_phone"})
		_, page := q.list(t, workflow.Ask{})
		for _, a := range page.About {
			want := workflow.About{ID: q.ids[0], Code: "H00001", Head: "户主1", Village: q.tw.Village, Place: "坪子村一组", Author: "干部0", Login: "cadre-0", At: 1000, Since: 1000, Due: "1970-01-08", Overdue: true, Photos: 2}
			said := workflow.Confirmed{Answer: "来过", Text: "给了药", Channel: "own"}
			if a.ID == q.ids[1] {
				want.ID, want.Code, want.Head, want.Author, want.Login, want.Photos = q.ids[1], "H00002", "户主2", "干部1", "cadre-1", 0
				said = workflow.Confirmed{Answer: "来过", Channel: "cadre_phone"}
			}
			if a.Confirmation == nil || *a.Confirmation != said {
				t.Errorf("confirmation %+v, want %+v", a.Confirmation, said)
			}
			if a.Confirmation = nil; a != want {
				t.Errorf("%+v, want %+v", a, want)
			}
		}

		// Of a measure the day is that of its arrival, in Shanghai.
		m := &measure.Measure{Meta: record.Meta{ID: p.DB.NewID(), Household: house, MadeAt: 1772380800000}, Kind: "搬迁", State: workflow.Pending} // 2026-03-02 00:00 there
		q.put(t, measure.Type, m)
		for _, c := range []struct {
			from, to string
			n        int
		}{{"2026-03-02", "2026-03-02", 1}, {"", "2026-03-01", 0}, {"2026-03-03", "", 0}} {
			page, err := q.Workflow.Inbox(t.Context(), q.tw.Admin, measure.Type, workflow.Ask{Township: q.tw.Township, From: c.from, To: c.to, Limit: 5})
			if err != nil || len(page.Rows) != c.n {
				t.Errorf("%+v: %d measures, %v", c, len(page.Rows), err)
			}
		}
		if _, err := q.Workflow.Inbox(t.Context(), q.tw.Admin, measure.Type, workflow.Ask{Township: q.tw.Township, Flag: "late", Limit: 5}); !fault.Is(err, fault.Invalid) {
			t.Errorf("measures carry no flags: %v", err)
		}
		put(t, p.DB, write.Intent{Township: q.tw.Township, Households: []string{house}}, func(tx write.Tx) error {
			tx.Put(household.ProposalType, &household.Proposal{Meta: record.Meta{ID: tx.NewID(), Household: house}, State: "open"})
			tx.Put(household.ProposalType, &household.Proposal{Meta: record.Meta{ID: tx.NewID(), Household: house}, State: "accepted"})
			tx.Add(&write.Quarantine{ID: tx.NewID(), Household: house, State: "open"})
			return nil
		})
		_, page = q.list(t, workflow.Ask{Flag: "late"}) // counts know no filter
		if got := fmt.Sprint(page.Counts); got != "[{measure pending 1} {proposal open 1} {quarantine open 1} {visit pending 2}]" {
			t.Errorf("counts %s", got)
		}
		for _, state := range []string{"", "accepted"} { // proposals wait in the same queue
			got, err := q.Workflow.Inbox(t.Context(), q.tw.Admin, household.ProposalType, workflow.Ask{Township: q.tw.Township, State: state, Limit: 5})
			if err != nil || len(got.Rows) != 1 || got.About[0].Head != "户主1" || (got.About[0].Due != "") != (state == "") {
				t.Errorf("proposals %q: %+v, %v", state, got, err)
			}
		}
	})
}

// TestInboxCostsTwoStatements, however much was decided before: the page comes
// from the index of the queue, in its order, and so do the counts.
func TestInboxCostsTwoStatements(t *testing.T) {
	for _, name := range []string{"sqlite", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Pointer[[]string]
			o := options(t, name)
			o.Trace = func(sql string) {
				if l := asked.Load(); l != nil {
					*l = append(*l, sql)
				}
			}
			b, err := town.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.DB.Close() })
			p := &place{Base: b, raw: rawDB(t, o), mysql: name != "sqlite"}
			q := newQueue(t, p, 12)
			for range 20 { // a history many times the queue
				put(t, p.DB, write.Intent{Township: q.tw.Township, Households: q.tw.Houses}, func(tx write.Tx) error {
					for i := range 100 {
						m := func() record.Meta {
							return record.Meta{ID: tx.NewID(), Household: q.tw.Houses[i%3], MadeBy: q.tw.Cadres[i%2].User, MadeAt: int64(i)}
						}
						v := &activity.Visit{Meta: m(), Day: "2025-01-01", State: workflow.Approved}
						tx.Put(activity.VisitType, v)
						tx.Put(photo.Type, &photo.Photo{Meta: m(), Visit: v.ID})
						tx.Put(activity.ConfirmationType, &activity.Confirmation{Meta: m(), Visit: v.ID, Answer: "来过"})
					}
					return nil
				})
			}
			if p.mysql {
				p.exec(t, "ANALYZE TABLE `visit`, `photo`, `confirmation`, `household`, `user`")
			}
			for _, ask := range []workflow.Ask{{}, {Village: q.tw.Village}, {Author: "cadre-1"}, {Flag: "late", From: "2026-03-01"}, {After: "1001_" + q.ids[0]}} {
				list := []string{}
				asked.Store(&list)
				q.list(t, ask)
				asked.Store(nil)
				if len(list) != 2 {
					t.Errorf("%+v: %d statements: %q", ask, len(list), list)
				}
				for _, sql := range list {
					q.walksQueue(t, sql)
				}
			}
		})
	}
}

// bindings are values for the placeholders of the inbox's statements, by the
// column each is compared with.
var bindings = regexp.MustCompile("(?:`(\\w+)` (?:=|>=|<=|>|<|LIKE)|(LIMIT)|(\\)) =) \\?")

func (q *queue) bind(sql string) []any {
	var out []any
	for _, m := range bindings.FindAllStringSubmatch(sql, -1) {
		out = append(out, map[string]any{"township": q.tw.Township, "state": "pending", "made_at": 1001, "id": q.ids[0], "made_by": q.tw.Cadres[0].User,
			"login": "cadre-1", "day": "2026-03-01", "flags": `%"late"%`, "LIMIT": 51, ")": q.tw.Village}[m[1]+m[2]+m[3]])
	}
	return out
}

// walksQueue holds the plan of a statement against what is wanted of it: the
// visits are found through the index of the queue, few of them, in its order.
func (q *queue) walksQueue(t *testing.T, sql string) {
	t.Helper()
	found := false
	for _, at := range q.plan(t, sql, q.bind(sql)...) {
		line := fmt.Sprint(at)
		switch table := at["table"]; {
		case !q.mysql:
			found = found || strings.Contains(at["detail"], "visit_queue")
			if strings.Contains(at["detail"], "SCAN r") || strings.Contains(at["detail"], "SCAN visit") || at["parent"] == "0" && strings.Contains(at["detail"], "B-TREE FOR ORDER BY") && !strings.Contains(sql, "UNION ALL") {
				t.Errorf("%s in %.60s", line, sql)
			}
		case table == "r" || table == "visit":
			n, _ := strconv.Atoi(at["rows"])
			if found = at["key"] == "visit_queue"; !found || n > 50 || strings.Contains(at["Extra"], "filesort") {
				t.Errorf("%s in %.60s", line, sql)
			}
		case table == "p" || table == "k":
			if at["key"] == "" {
				t.Errorf("%s in %.60s", line, sql)
			}
		}
	}
	if !found {
		t.Errorf("the queue is not walked: %s", sql)
	}
}
