package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/registry"
	"daohu/server/workflow"
)

// desk is a township admin at the inbox, over HTTP.
type desk struct {
	*fixture
	token string
}

func (d desk) ask(method, path string, body, into any) {
	d.Helper()
	d.Pass(time2) // the limit by user is not what is tested here
	a := d.Do(method, d.token, path, body)
	if a.Status != http.StatusOK {
		d.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	d.must(json.Unmarshal([]byte(a.Body), into))
}

func (d desk) inbox(query string) (p workflow.Page) {
	d.Helper()
	d.ask("GET", "/api/v1/inbox?"+query, nil, &p)
	return p
}

// marks are the rows of a page, at the revisions it shows.
func (d desk) marks(p workflow.Page) []workflow.Mark {
	d.Helper()
	var out []workflow.Mark
	for _, raw := range p.Rows {
		var m workflow.Mark
		d.must(json.Unmarshal(raw, &m))
		out = append(out, m)
	}
	return out
}

// TestInboxDay is a morning at the inbox: look by filters, try a batch, decide,
// find that a colleague was faster on one row, take all of it back, and decide
// one by one.
func TestInboxDay(t *testing.T) {
	both(t, func(t *testing.T, f *fixture) {
		town := f.Towns[0]
		one, two := desk{f, f.Token("admin-1")}, desk{f, ""}
		f.addUser("admin-1-b", access.Township, town, "")
		two.token = f.Token("admin-1-b")
		ids := map[int]string{}
		for i, h := range town.Houses {
			ids[i] = f.DB.NewID()
			f.Pass(time.Second)
			f.Phone(f.Token(h.Cadre)).Send(fixtureMut{Type: "visit", ID: ids[i], House: h.ID, Patch: map[string]any{"day": fmt.Sprintf("2026-03-0%d", i+1), "text": "到户"}},
				fixtureMut{Type: "confirmation", ID: f.DB.NewID(), House: h.ID, Patch: map[string]any{"visit": ids[i], "answer": "来过"}},
				fixtureMut{Type: "photo", ID: f.DB.NewID(), House: h.ID, Patch: matrixPhoto(ids[i], matrixJPEG(i), "")})
		}
		for query, want := range map[string][]int{
			"": {0, 1, 2, 3}, "village=" + town.Township + "202": {3}, "cadre=cadre-1-1": {2, 3}, "cadre=" + f.User("cadre-1-0").ID: {0, 1}, "from=2026-03-03": {2, 3},
			"to=2026-03-01": {0}, "household=" + town.Houses[2].ID: {2}, "flag=late": {}, "state=approved&from=2026-03-01": {}, "type=measure": {}, "limit=2": {0, 1},
		} {
			page := one.inbox(query)
			var got []string
			for _, a := range page.About {
				got = append(got, a.ID)
			}
			var shall []string
			for _, i := range want {
				shall = append(shall, ids[i])
			}
			if strings.Join(got, " ") != strings.Join(shall, " ") || len(page.Rows) != len(want) {
				t.Errorf("%q: %v, want %v", query, got, shall)
			}
			if fmt.Sprint(page.Counts) != "[{visit pending 4}]" {
				t.Errorf("%q: counts %v", query, page.Counts)
			}
		}
		page := one.inbox("limit=200")
		if a := page.About[3]; a.Code != town.Houses[3].Code || a.Login != "cadre-1-1" || a.Author == "" || a.Head == "" || a.Photos != 1 || a.Confirmation == nil || *a.Confirmation != (workflow.Confirmed{Answer: "来过", Channel: "cadre_phone"}) {
			t.Errorf("%+v", a)
		}
		if next := one.inbox("limit=2&after=" + one.inbox("limit=2").Next); len(next.Rows) != 2 || next.About[0].ID != ids[2] || next.Next != "" {
			t.Errorf("%+v", next)
		}

		decide := func(d desk, body map[string]any) (o workflow.Outcome) {
			d.ask("POST", "/api/v1/inbox/decisions", body, &o)
			return o
		}
		all := map[string]any{"action": "return", "reason": "请写明谈了什么", "rows": one.marks(page), "dry": true}
		if dry := decide(one, all); dry.N != 4 || !dry.Dry {
			t.Fatalf("%+v", dry)
		}
		if o := decide(two, map[string]any{"action": "approve", "rows": one.marks(page)[1:2]}); o.N != 1 { // a colleague is faster
			t.Fatalf("%+v", o)
		}
		all["dry"] = false
		done := decide(one, all)
		if done.N != 3 || done.Rows[1].Code != "stale" || !strings.Contains(done.Rows[1].Detail, "改过") || done.Until != f.Now().UnixMilli()+10_000 {
			t.Fatalf("%+v", done)
		}
		if p := one.inbox("state=returned"); len(p.Rows) != 3 || !strings.Contains(string(p.Rows[0]), "请写明谈了什么") || fmt.Sprint(p.Counts) != "[{visit returned 3}]" {
			t.Fatalf("%+v", p)
		}
		var rows []workflow.Mark
		for _, v := range done.Rows {
			rows = append(rows, workflow.Mark{ID: v.ID, Rev: max(v.Rev, 1)})
		}
		var back workflow.Outcome
		if one.ask("POST", "/api/v1/inbox/undo", map[string]any{"rows": rows}, &back); back.N != 3 || back.Rows[1].Code != "stale" {
			t.Fatalf("%+v", back)
		}
		one.oneByOne(ids[0])
	})
}

// oneByOne approves one row, takes it back, and does so again too late.
func (d desk) oneByOne(id string) {
	d.Helper()
	path := "/api/v1/records/visit/" + id
	var v struct {
		State string
		Rev   int64
	}
	for _, wait := range []time.Duration{6 * time.Second, 9 * time.Second} {
		d.ask("GET", path, nil, &v)
		d.ask("POST", path+"/decision", map[string]any{"action": "approve", "rev": v.Rev}, &v)
		d.Pass(wait) // and two seconds for the limit
		if a := d.Do("POST", d.token, path+"/undo", map[string]any{"rev": v.Rev}); wait < 9*time.Second {
			if d.must(json.Unmarshal([]byte(a.Body), &v)); a.Status != http.StatusOK || v.State != "pending" {
				d.Fatalf("%d %s", a.Status, a.Body)
			}
		} else if a.Status != http.StatusOK {
			d.Fatalf("nine seconds: %d %s", a.Status, a.Body)
		}
	}
	d.ask("GET", path, nil, &v)
	d.ask("POST", path+"/decision", map[string]any{"action": "approve", "rev": v.Rev}, &v)
	d.Pass(10*time.Second + time.Millisecond)
	if p := d.Do("POST", d.token, path+"/undo", map[string]any{"rev": v.Rev}).Problem(); p.Status != http.StatusConflict || p.Code != "wrong-state" || !strings.Contains(p.Detail, "10 秒") {
		d.Fatalf("too late: %+v", p)
	}
}

// TestAmendmentKeepsBothTexts: an approved visit stays approved while its
// author's correction waits, and its history shows both texts, who wrote them
// and who agreed.
func TestAmendmentKeepsBothTexts(t *testing.T) {
	both(t, func(t *testing.T, f *fixture) {
		h, admin := f.Towns[0].Houses[0], desk{f, f.Token("admin-1")}
		phone, id := f.Phone(f.Token(h.Cadre)), f.DB.NewID()
		path := "/api/v1/records/visit/" + id
		phone.Send(fixtureMut{Type: "visit", ID: id, House: h.ID, Patch: map[string]any{"day": f.Today(), "text": "头一稿"}})
		var row struct{ State, Text string }
		admin.ask("POST", path+"/decision", map[string]any{"action": "approve", "rev": 1}, &row)
		for _, c := range []struct{ action, text, words, now string }{{"refuse", "不实的一稿", "与农户说的不一样", "头一稿"}, {"accept", "改好的一稿", "", "改好的一稿"}} {
			f.Pass(time.Minute)
			if _, codes := phone.Push(fixtureMut{Type: "visit", ID: id, House: h.ID, Patch: map[string]any{"text": c.text}}); codes[0] != "proposal" {
				t.Fatalf("%s: %v", c.text, codes)
			}
			if n := fmt.Sprint(admin.inbox("").Counts); n != "[{proposal open 1}]" {
				t.Errorf("what waits: %s", n)
			}
			var open struct {
				Rows []struct{ ID, Target, Row, Mine string }
			}
			admin.ask("GET", "/api/v1/records/proposal?state=open", nil, &open)
			if len(open.Rows) != 1 || open.Rows[0].Row != id || open.Rows[0].Mine != c.text {
				t.Fatalf("%+v", open)
			}
			var settled struct{ State string }
			admin.ask("POST", "/api/v1/proposals/"+open.Rows[0].ID+"/decision", map[string]any{"action": c.action, "rev": 1, "reason": c.words}, &settled)
			if admin.ask("GET", path, nil, &row); row.State != "approved" || row.Text != c.now {
				t.Fatalf("after %s: %+v", c.action, row)
			}
			if a, _ := phone.Push(); !strings.Contains(a.Body, `"state":"`+settled.State+`"`) || c.words != "" && !strings.Contains(a.Body, c.words) || settled.State == "accepted" && !strings.Contains(a.Body, c.text) {
				t.Errorf("the phone hears %s", a.Body)
			}
		}
		var past struct{ Rows []registry.HistoryEvent }
		admin.ask("GET", path+"/history", nil, &past)
		var got []string
		for _, e := range past.Rows {
			got = append(got, strings.Join([]string{e.What, e.From + ">" + e.To, e.Old + ">" + e.New}, " "))
		}
		if strings.Join(got, "; ") != "made > >; reviewed pending>approved >; changed > 头一稿>改好的一稿" {
			t.Errorf("history %q", got)
		}
		if last := past.Rows[len(past.Rows)-1]; last.By != f.User(h.Cadre).ID || last.Agreed != f.User("admin-1").ID {
			t.Errorf("%+v", last)
		}
	})
}
