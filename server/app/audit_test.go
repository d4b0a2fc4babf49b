package app

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daohu/server/write"
)

// TestAuditLog: what was done is listed, the latest first, page by page and by
// every filter; what a household says in confidence is nowhere in it, and a row
// changed behind the program's back is found.
func TestAuditLog(t *testing.T) {
	both(t, func(t *testing.T, f *fixture) {
		house, admin := f.Towns[0].Houses[0], f.Token("admin-1")
		phone, visits := f.Phone(f.Token(house.Cadre)), []string{}
		for range 5 {
			id := f.DB.NewID()
			visits = append(visits, id)
			phone.Send(fixtureMut{Type: "visit", ID: id, House: house.ID, Patch: map[string]any{"day": f.Today(), "text": "看望"}})
		}
		secret := f.DB.NewID()
		f.Phone(f.Token("household-1-0")).Send(fixtureMut{Type: "complaint", ID: secret, House: house.ID, Patch: map[string]any{"text": "没有来过", "kind": "投诉"}})
		if a := f.Do("POST", admin, "/api/v1/records/visit/"+visits[0]+"/decision", map[string]any{"action": "approve", "rev": 1}); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		list := func(query string) (rows []write.LogLine) {
			t.Helper()
			for next := ""; ; {
				var page struct {
					Rows []write.LogLine
					Next string
				}
				a := f.Do("GET", admin, "/api/v1/audit?"+query+"&after="+next, nil)
				if a.Status != 200 {
					t.Fatalf("%s: %d %s", query, a.Status, a.Body)
				}
				if strings.Contains(a.Body, secret) || strings.Contains(a.Body, "complaint") {
					t.Errorf("%s tells of a complaint: %s", query, a.Body)
				}
				f.must(json.Unmarshal([]byte(a.Body), &page))
				rows = append(rows, page.Rows...)
				if next = page.Next; next == "" {
					return rows
				}
			}
		}
		all := list("limit=200")
		if paged := list("limit=1"); len(paged) != len(all) || len(all) < 6 || !slices.IsSortedFunc(all, func(a, b write.LogLine) int { return int(b.Seq - a.Seq) }) {
			t.Errorf("%d lines at once, %d one by one", len(all), len(paged))
		}
		for query, want := range map[string]int{
			"by=" + house.Cadre: 5, "by=" + house.Cadre + "&row=" + visits[1]: 1, "row=" + visits[0]: 2, "row=" + secret: 0, "type=complaint": 0,
			"action=approve": 1, "action=nothing": 0, "type=visit&by=admin-1": 1, "from=" + f.Today() + "&action=approve": 1, "to=2001-01-01": 0,
		} {
			if got := list(query); len(got) != want {
				t.Errorf("%s: %d lines, want %d", query, len(got), want)
			}
		}
		if l := list("action=approve")[0]; l.Login != "admin-1" || l.Name == "" || len(l.Rows) != 1 || l.Rows[0] != (write.LogRow{Type: "visit", ID: visits[0], Rev: 2}) {
			t.Errorf("%+v", l)
		}
		for _, q := range []string{"type=secrets", "row=x", "from=2026-02-30", "after=-1", "by=" + strings.Repeat("a", 65)} {
			if a := f.Do("GET", admin, "/api/v1/audit?"+q, nil); a.Status != 422 && a.Status != 400 {
				t.Errorf("%s: %d", q, a.Status)
			}
		}
		verify := func() (c write.LogCheck) {
			t.Helper()
			a := f.Do("POST", f.Token("auditor-1"), "/api/v1/audit/verify?township="+f.Towns[0].Township, nil)
			f.must(json.Unmarshal([]byte(a.Body), &c))
			return c
		}
		if c := verify(); c.N != 0 || c.Lines < 6 || c.Rows == 0 || c.Hash == "" {
			t.Errorf("%+v", c)
		}
		if f.Config.DB != "" {
			return // the store's own tests tamper with both databases
		}
		db, err := sql.Open("sqlite", filepath.Join(f.Config.Data, "daohu.db"))
		f.must(err)
		defer func() { _ = db.Close() }()
		_, err = db.ExecContext(t.Context(), "UPDATE visit SET text = '去过' WHERE id = ?", visits[2])
		f.must(err)
		if c := verify(); c.N != 1 || c.Findings[0].Type != "visit" || c.Findings[0].ID != visits[2] {
			t.Errorf("after a change behind the program's back: %+v", c)
		}
	})
}
