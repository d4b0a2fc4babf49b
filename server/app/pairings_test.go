package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/app"
	"daohu/server/demo"
	"daohu/server/household"
	"daohu/server/pairing"
)

// twenty gives a cadre twenty households, all at once, and returns their ids.
func (s *site) twenty(admin *person, cadre string) []string {
	s.t.Helper()
	var rows []map[string]any
	var out []string
	for i, h := range s.book.Households[:20] {
		code := h.Rec.Code
		if i%2 == 0 {
			code = s.ids[code] // by id or by 户编号
		}
		rows = append(rows, map[string]any{"household": code, "cadre": cadre, "day": today()})
		out = append(out, s.ids[h.Rec.Code])
	}
	var got pairing.BulkResult
	admin.want(200, "POST", "/api/v1/pairings/bulk", map[string]any{"rows": rows}, &got)
	if !got.Done || got.New+got.Moved+got.Same != 20 {
		s.t.Fatalf("%+v", got)
	}
	return out
}

// TestHandOverTwentyWithUnsentWork: a cadre who leaves has written in each of
// twenty households and sent nothing. The hand-over says so; what arrives
// afterwards, three times, is kept once and marked late; every phone ends with
// exactly what it should hold.
func TestHandOverTwentyWithUnsentWork(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		admin, old := s.login("admin"), s.login("cadre-201")
		houses := s.twenty(admin, "cadre-201")
		heirs := map[string]*person{"cadre-202": s.login("cadre-202"), "cadre-203": s.login("cadre-203")}
		mine := old.sync()
		if got, want := held(mine), s.projection(old.user); !maps.Equal(got, want) || len(rowsIn(mine, "household")) < 21 { // and the common one
			t.Fatalf("the old cadre holds %d rows, want %d", len(got), len(want))
		}
		for _, p := range heirs {
			p.sync()
		}
		var muts, visits []string
		for i, h := range houses {
			id := s.DB.NewID()
			visits = append(visits, id)
			muts = append(muts, old.mutation("visit", id, h, map[string]any{"day": today(), "text": fmt.Sprintf("记：没送到的第 %d 条", i)}))
		}
		word := old.request() // the phone says what it holds, and sends nothing
		word["unsent"] = []int64{20, time.Now().UnixMilli()}
		old.want(200, "POST", "/api/v1/sync", word, nil)

		ask := map[string]any{"from": "cadre-201", "to": "cadre-202", "day": today(), "reason": "调离", "dry": true}
		var plan pairing.HandoverResult
		admin.want(200, "POST", "/api/v1/pairings/handover", ask, &plan)
		if len(plan.Phones) != 1 || plan.Phones[0].Unsent != 20 || !strings.Contains(plan.Phones[0].Words, "还有 20 条没有送到") || len(plan.Households) != plan.From.Before {
			t.Fatalf("%+v", plan)
		}
		var rows []map[string]any
		for i, m := range plan.Households {
			to := "cadre-202"
			if i%2 == 1 {
				to = "cadre-203"
			}
			rows = append(rows, map[string]any{"household": m.Household, "to": to, "seen": m.Seen})
		}
		ask["dry"], ask["households"] = false, rows
		var done pairing.HandoverResult
		admin.want(200, "POST", "/api/v1/pairings/handover", ask, &done)
		if !done.Done || done.From.After != 0 || len(done.To) != 2 || done.To[0].Login != "cadre-202" {
			t.Fatalf("%+v", done)
		}
		admin.want(409, "POST", "/api/v1/pairings/handover", ask, nil)

		// The link is bad: what was written comes three times.
		for range 2 {
			old.want(200, "POST", "/api/v1/sync", old.request(muts...), nil)
		}
		pages := old.sync(muts...)
		late, removed := 0, 0
		for _, r := range pages[0].Results {
			if r[1] == "late" {
				late++
			}
		}
		for _, p := range pages {
			removed += len(p.Removed) // the households, and the common one
		}
		if late != 20 || removed != len(rows)+1 || s.made(activity.VisitType) != 20 {
			t.Fatalf("%d late, %d removed of %d, %d visits: %v", late, removed, len(rows), s.made(activity.VisitType), pages[0].Results)
		}
		if left := s.projection(old.user); len(left) != 0 {
			t.Errorf("the old cadre still reaches %d rows", len(left))
		}
		found := map[string]bool{}
		for login, p := range heirs {
			got := p.sync()
			for id, v := range rowsIn(got, "visit") {
				if slices.Contains(visits, id) {
					if found[id] || fmt.Sprint(v["flags"]) != "[late]" {
						t.Errorf("%s sees %v", login, v)
					}
					found[id] = true
				}
			}
			fresh := s.login(login) // a new phone, from nothing: the same as the server's rows
			if got, want := held(fresh.sync()), s.projection(p.user); !maps.Equal(got, want) {
				t.Errorf("%s holds %d rows, want %d", login, len(got), len(want))
			}
		}
		if len(found) != 20 {
			t.Errorf("%d of 20 visits reached the new cadres", len(found))
		}
	})
}

// TestDemoPairings: the second township's figures by the routes; the county
// reads numbers and no names.
func TestDemoPairings(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		admin := s.login("admin")
		_, err := s.AddUser(t.Context(), account.NewUser{Login: "county", Name: "县管理员", Role: access.County, County: demo.County, OpenID: "wx:county"})
		if err != nil {
			t.Fatal(err)
		}
		county := s.login("county")
		var gaps struct{ Townships []pairing.TownGaps }
		var quota struct{ Townships []pairing.TownQuota }
		admin.want(200, "GET", "/api/v1/pairings/gaps", nil, &gaps)
		admin.want(200, "GET", "/api/v1/pairings/quota", nil, &quota)
		figures, err := s.Figures(t.Context(), s.where, 0)
		if err != nil {
			t.Fatal(err)
		}
		g, q := gaps.Townships[0], quota.Townships[0]
		if want := (pairing.Tally(figures.ThisYear.Figures)); g.Must != want || g.Paired != want || want.Households != 22 || g.Unpaired.Households != 0 || g.Twice != 0 || g.Lost != 0 {
			t.Errorf("gaps %+v, figures %+v", g, want)
		}
		if q.Cadres != 9 || q.Met+q.Under+q.Over+q.NoRank+q.OtherRank != 9 || len(q.Rows) != 9-q.Met || !slices.IsSortedFunc(q.Rows, func(x, y pairing.CadreLoad) int { return strings.Compare(x.Login, y.Login) }) {
			t.Errorf("quota %+v", q)
		}
		// A gap, a household that is paired twice, a cadre who left.
		house := s.paired("cadre-201", 0)
		for _, r := range s.all(household.HouseholdType) {
			if h := r.(*household.Household); h.Exit == "已脱贫" {
				admin.want(200, "POST", "/api/v1/households/"+h.ID+"/pairing", map[string]any{"cadre": "cadre-208", "day": today()}, nil)
				admin.want(204, "POST", "/api/v1/households/"+h.ID+"/pairing", map[string]any{"day": today()}, nil)
				break
			}
		}
		admin.want(409, "POST", "/api/v1/households/"+house+"/pairing", map[string]any{"day": today(), "reason": "不管了"}, nil) // 不脱贫不脱钩
		u, err := s.Accounts.User(t.Context(), account.ByLogin, "cadre-208")
		if err != nil {
			t.Fatal(err)
		}
		admin.want(204, "POST", "/api/v1/users/"+u.ID+"/disable", map[string]any{"on": true}, nil)
		admin.want(200, "GET", "/api/v1/pairings/gaps", nil, &gaps)
		if g = gaps.Townships[0]; g.Lost == 0 || len(g.LostRows) != g.Lost || g.LostRows[0].Login != "cadre-208" || g.LostRows[0].Name == "" {
			t.Errorf("%+v", g)
		}
		// The pairings of that household: as it was, by day.
		var list struct{ Rows []map[string]any }
		admin.want(200, "GET", "/api/v1/households/"+house+"/pairings", nil, &list)
		if len(list.Rows) != 1 || list.Rows[0]["household"] != nil && list.Rows[0]["household"] != house {
			t.Errorf("%+v", list.Rows)
		}
		admin.want(200, "GET", "/api/v1/pairings?cadre=cadre-201&on="+today(), nil, &list)
		if len(list.Rows) < 2 {
			t.Errorf("%+v", list.Rows)
		}
		for _, path := range []string{"/api/v1/pairings/gaps", "/api/v1/pairings/quota?township=" + s.where} {
			var raw json.RawMessage
			county.want(200, "GET", path, nil, &raw)
			if text := string(raw); !strings.Contains(text, `"township":"`+s.where+`"`) || strings.Contains(text, "cadre-") || strings.Contains(text, `Rows"`) || strings.Contains(text, `"rows"`) {
				t.Errorf("%s as the county: %s", path, text)
			}
		}
		county.want(403, "GET", "/api/v1/pairings", nil, nil)
	})
}

// today is the day in Shanghai.
func today() string { return time.Now().In(app.Shanghai()).Format(time.DateOnly) }

// TestVillageProposesAPairing: the village asks, the township accepts, and the
// phones of both cadres hear of it.
func TestVillageProposesAPairing(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		house, admin := s.paired("cadre-201", 0), s.login("admin")
		old, next := s.login("cadre-201"), s.login("cadre-202")
		old.sync()
		next.sync()
		var village *person
		for _, c := range s.book.Cadres {
			if c.Role != "V" || village != nil {
				continue
			}
			if p := s.login(c.Login); rowsIn(p.sync(), "household")[house] != nil {
				village = p
			}
		}
		if village == nil {
			t.Fatal("no village worker holds the household")
		}
		var asked map[string]any
		village.want(200, "POST", "/api/v1/households/"+house+"/pairing/proposal", map[string]any{"cadre": "cadre-202", "reason": "住得近"}, &asked)
		if p := rowsIn(village.sync(), "proposal")[asked["id"].(string)]; p["state"] != "open" || p["target"] != "pairing" || p["reason"] != "住得近" {
			t.Fatalf("on the village's phone: %v", p)
		}
		old.want(403, "POST", "/api/v1/households/"+house+"/pairing/proposal", map[string]any{"cadre": "cadre-202", "reason": "住得近"}, nil)
		path := "/api/v1/proposals/" + asked["id"].(string) + "/decision"
		admin.want(200, "GET", "/api/v1/records/proposal/"+asked["id"].(string), nil, &asked) // as the township sees it, with its revision
		admin.want(409, "POST", path, map[string]any{"action": "accept", "rev": 7}, nil)
		admin.want(200, "POST", path, map[string]any{"action": "accept", "rev": asked["rev"], "reason": "同意"}, &asked)
		if asked["state"] != "accepted" {
			t.Errorf("%v", asked)
		}
		if pages := old.sync(); len(pages[0].Removed) != 1 || pages[0].Removed[0][0] != house {
			t.Errorf("the old cadre's phone keeps %v", pages[0].Removed)
		}
		if rowsIn(next.sync(), "household")[house] == nil {
			t.Error("the new cadre's phone was not given the household")
		}
		if p := rowsIn(village.sync(), "proposal")[asked["id"].(string)]; p["state"] != "accepted" {
			t.Errorf("on the village's phone: %v", p)
		}
	})
}
