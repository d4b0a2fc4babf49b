package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/delta"
	"daohu/server/form"
	"daohu/server/household"
	"daohu/server/record"
)

// all reads every live row of a type in the township.
func (s *site) all(t *record.Type) []record.Record {
	s.t.Helper()
	var ids []string
	for _, id := range s.ids {
		ids = append(ids, id)
	}
	recs, err := s.DB.Rows(s.t.Context(), t, delta.Select{Township: s.where, Households: ids})
	if err != nil {
		s.t.Fatal(err)
	}
	return recs
}

// made counts the rows of a type that came after the import.
func (s *site) made(t *record.Type) int {
	n := len(s.all(t))
	if t == activity.VisitType {
		n -= len(s.book.Visits)
	}
	return n
}

// TestMainJob is the product's main job from one end to the other.
func TestMainJob(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		house := s.paired("cadre-201", 0)
		s.user("household-1", access.Household, house)
		c, admin, home := s.login("cadre-201"), s.login("admin"), s.login("household-1")

		// The first sync brings exactly the cadre's households, equal to the
		// projection of the server's rows, byte for byte.
		pages := c.sync()
		if got, want := held(pages), s.projection(c.user); !maps.Equal(got, want) {
			t.Fatalf("first sync: %d rows, projection %d", len(got), len(want))
		}
		formID := ""
		for id := range rowsIn(pages, "form") {
			formID = id
		}

		// Recorded without signal: a visit with check-in, a quiz, a photo.
		pic := picture(t)
		sum := sha256.Sum256(pic)
		visit, response, photo := s.DB.NewID(), s.DB.NewID(), s.DB.NewID()
		muts := []string{
			c.mutation("visit", visit, house, map[string]any{"day": "2026-03-02", "stage": 2, "text": "记：屋顶漏雨，想养牛", "met": []string{"户主"}, "checkinAt": 1, "lat": 26870000, "lng": 104290000, "accuracy": 15, "coord": "gcj02"}),
			c.mutation("response", response, house, map[string]any{"form": formID, "visit": visit, "day": "2026-03-02", "answers": [][]any{}}),
			c.mutation("photo", photo, house, map[string]any{"visit": visit, "sha256": hex.EncodeToString(sum[:]), "size": len(pic), "mime": "image/jpeg"}),
		}
		for range 2 { // the answer is lost on the way, twice
			if code, out, _ := c.do("POST", "/api/v1/sync", c.request(muts...)); code != 200 {
				t.Fatalf("%d %s", code, out)
			}
		}
		pages = c.sync(muts...)
		if v := rowsIn(pages, "visit")[visit]; v["state"] != "pending" || rowsIn(pages, "response")[response]["full"] == nil {
			t.Fatalf("the third answer lacks what was written: %v", pages)
		}
		if n, m := s.made(activity.VisitType), s.made(form.ResponseType); n != 1 || m != 1 {
			t.Fatalf("%d visits, %d responses, want one of each", n, m)
		}
		c.upload(photo, pic)
		if p := rowsIn(c.sync(), "photo")[photo]; p["state"] != "stored" || p["width"] != float64(640) {
			t.Fatalf("photo row %v", p)
		}
		code, thumb, h := c.do("GET", "/api/v1/photos/"+photo+"?size=thumb", nil)
		if code != 200 || h.Get("Content-Type") != "image/jpeg" || len(thumb) > 30<<10 {
			t.Fatalf("thumbnail: %d, %d bytes", code, len(thumb))
		}

		// The admin returns it with a reason; the next sync shows it.
		var inbox struct{ Rows []map[string]any }
		admin.want(200, "GET", "/api/v1/inbox", nil, &inbox)
		if len(inbox.Rows) != 1 || inbox.Rows[0]["id"] != visit {
			t.Fatalf("inbox %v", inbox.Rows)
		}
		rev := inbox.Rows[0]["rev"]
		admin.want(200, "POST", "/api/v1/records/visit/"+visit+"/decision", map[string]any{"action": "return", "rev": rev, "reason": "请补一张屋里的照片"}, nil)
		admin.want(409, "POST", "/api/v1/records/visit/"+visit+"/decision", map[string]any{"action": "approve", "rev": rev}, nil)
		if v := rowsIn(c.sync(), "visit")[visit]; v["state"] != "returned" || v["words"] != "请补一张屋里的照片" {
			t.Fatalf("the return did not reach the phone: %v", v)
		}

		// Corrected, approved.
		fixed := c.sync(c.mutation("visit", visit, house, map[string]any{"text": "记：屋顶漏雨，想养牛，屋里已拍"}))
		if own := fixed[0].Own[0][3].(map[string]any); own["state"] != "pending" || own["words"] != nil {
			t.Fatalf("own %v", own)
		}
		admin.want(200, "GET", "/api/v1/inbox", nil, &inbox)
		admin.want(200, "POST", "/api/v1/records/visit/"+visit+"/decision", map[string]any{"action": "approve", "rev": inbox.Rows[0]["rev"]}, nil)
		if v := rowsIn(c.sync(), "visit")[visit]; v["state"] != "approved" {
			t.Fatalf("%v", v)
		}

		// The household reads its page and its booklet.
		var my struct{ Household, Helpers, Visits, Cards json.RawMessage }
		home.want(200, "GET", "/api/v1/my", nil, &my)
		if !strings.Contains(string(my.Visits), visit) || strings.Contains(string(my.Household), "idNo") || !strings.Contains(string(my.Helpers), `"phone":"199`) {
			t.Fatalf("my page: %s %s", my.Helpers, my.Visits)
		}
		var cards []struct{ Title, SHA256 string }
		if err := json.Unmarshal(my.Cards, &cards); err != nil || len(cards) < 8 {
			t.Fatalf("%d cards: %v", len(cards), err)
		}
		code, html, _ := home.do("GET", "/api/v1/blobs/"+cards[0].SHA256+"?as=html", nil)
		if code != 200 || !strings.Contains(string(html), "<") || strings.Contains(string(html), "<script") {
			t.Fatalf("card: %d %s", code, html)
		}
	})
}

// TestThreeDaysThrice: three cadres' days, each sent three times at once.
func TestThreeDaysThrice(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		const visits = 4
		done := make(chan func(), 3)
		for _, login := range []string{"cadre-201", "cadre-202", "cadre-203"} {
			c := s.login(login)
			formID := ""
			for id := range rowsIn(c.sync(), "form") {
				formID = id
			}
			house := s.paired(login, 0)
			var muts []string
			for i := range visits {
				v := s.DB.NewID()
				muts = append(muts, c.mutation("visit", v, house, map[string]any{"day": fmt.Sprintf("2026-03-%02d", i+2), "text": fmt.Sprintf("记 %d", i)}),
					c.mutation("response", s.DB.NewID(), house, map[string]any{"form": formID, "visit": v, "day": "2026-03-02", "answers": [][]any{}}))
			}
			req := c.request(muts...)
			go func() { c.parallel(3, req); done <- func() { c.sync(muts...) } }()
		}
		for range 3 {
			(<-done)()
		}
		if v, r := s.made(activity.VisitType), s.made(form.ResponseType); v != 3*visits || r != 3*visits {
			t.Fatalf("%d visits and %d responses, want %d of each", v, r, 3*visits)
		}
	})
}

// TestPairingMovesWithUnsentWork: nothing of the old cadre's work is lost, and
// both phones end right.
func TestPairingMovesWithUnsentWork(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		house := s.paired("cadre-201", 0)
		a, b, admin := s.login("cadre-201"), s.login("cadre-202"), s.login("admin")
		a.sync()
		b.sync()
		visit := s.DB.NewID()
		muts := []string{ // written before the hand-over, not sent yet
			a.mutation("visit", visit, house, map[string]any{"day": "2026-03-02", "text": "记：移交前写的"}),
			a.mutation("household", house, house, map[string]any{"address": "坪子村三组路口"}),
		}
		admin.want(200, "POST", "/api/v1/households/"+house+"/pairing", map[string]any{"cadre": "cadre-202", "day": "2026-12-31", "reason": "调整分工"}, nil)
		pages := a.sync(muts...)
		codes := map[string]int{}
		for _, r := range pages[0].Results {
			codes[r[1].(string)]++
		}
		if codes["late"] != 1 || codes["proposal"] != 1 {
			t.Fatalf("results %v", pages[0].Results)
		}
		if len(pages[0].Removed) != 1 || pages[0].Removed[0][0] != house || pages[0].Removed[0][1] == "" {
			t.Fatalf("removed %v", pages[0].Removed)
		}
		got := b.sync()
		v := rowsIn(got, "visit")[visit]
		if v["text"] != "记：移交前写的" || fmt.Sprint(v["flags"]) != "[late]" {
			t.Fatalf("the new cadre sees %v", v)
		}
		for _, p := range rowsIn(got, "proposal") {
			admin.want(200, "POST", "/api/v1/proposals/"+p["id"].(string)+"/decision", map[string]any{"action": "accept", "rev": 1}, nil)
		}
		if h := rowsIn(b.sync(), household.HouseholdType.Name)[house]; h["address"] != "坪子村三组路口" {
			t.Fatalf("%v", h)
		}
		code, _, _ := a.do("GET", "/api/v1/records/household/"+house, nil)
		if code != 404 {
			t.Fatalf("the old cadre still reads the household: %d", code)
		}
	})
}
