package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// both runs f on the embedded services and on MariaDB and Redis.
func both(t *testing.T, f func(t *testing.T, x *fixture)) {
	for name, o := range map[string]fixtureOptions{"embedded": {}, "mariadb": {MariaDB: true}} {
		t.Run(name, func(t *testing.T) { f(t, newFixture(t, o)) })
	}
}

// TestConfirmations: what a household says of a visit reaches the township and
// never the cadre, whichever phone it was tapped on.
func TestConfirmations(t *testing.T) {
	both(t, func(t *testing.T, x *fixture) {
		h := x.Towns[0].Houses[0]
		cadre, admin := x.Token(h.Cadre), x.Token("admin-1")
		visit, own, there := x.DB.NewID(), x.DB.NewID(), x.DB.NewID()
		phone := x.Phone(cadre)
		phone.Send(fixtureMut{Type: "visit", ID: visit, House: h.ID, Patch: map[string]any{"day": x.Today()}},
			fixtureMut{Type: "confirmation", ID: there, House: h.ID, Patch: map[string]any{"visit": visit, "answer": "没来过", "text": "只在村口见过"}})
		says := map[string]any{"visit": visit, "answer": "有事", "text": "想修路"}
		if wechatFake := x.Config.DB.Reveal() == ""; wechatFake { // households log in by WeChat or card
			home := x.Phone(x.Token("household-1-0"))
			home.Send(fixtureMut{Type: "confirmation", ID: own, House: h.ID, Patch: says})
			home.Send(fixtureMut{Type: "confirmation", ID: own, House: h.ID, Patch: map[string]any{"answer": "来过"}}) // a household may say it anew
			if a := x.Do("GET", home.Token, "/api/v1/records/confirmation/"+own, nil); a.Status != 200 || !strings.Contains(a.Body, `"answer":"来过"`) || !strings.Contains(a.Body, `"channel":"own"`) {
				t.Errorf("its own: %d %s", a.Status, a.Body)
			}
		}
		a := x.Do("GET", admin, "/api/v1/records/confirmation?household="+h.ID, nil)
		if a.Status != 200 || !strings.Contains(a.Body, "只在村口见过") || !strings.Contains(a.Body, `"channel":"cadre_phone"`) {
			t.Errorf("the township: %d %s", a.Status, a.Body)
		}
		// The cadre neither reads, changes nor takes it back, by sync or online.
		for _, patch := range []map[string]any{{"answer": "来过"}, nil} {
			_, codes := phone.Push(fixtureMut{Type: "confirmation", ID: there, House: h.ID, Patch: patch})
			if codes[0] != "forbidden" {
				t.Errorf("the cadre's change %v: %v", patch, codes)
			}
		}
		for _, path := range []string{"/api/v1/records/confirmation?household=" + h.ID, "/api/v1/records/confirmation/" + there} {
			if a := x.Do("GET", cadre, path, nil); a.Status != http.StatusForbidden {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
		}
		for login, token := range map[string]string{"cadre": cadre, "village": x.Token("village-1")} {
			pull, _ := x.Phone(token).Push()
			if strings.Contains(pull.Body, "村口") || strings.Contains(pull.Body, "想修路") || strings.Contains(pull.Body, "cadre_phone") {
				t.Errorf("%s pulls it: %s", login, pull.Body)
			}
		}
		other := x.Towns[0].Houses[1].ID
		_, codes := phone.Push(fixtureMut{Type: "confirmation", ID: x.DB.NewID(), House: other, Patch: says})
		if len(codes) != 1 || codes[0] != "invalid" {
			t.Errorf("of another household's visit: %v", codes)
		}
	})
}

// TestBurdenMeter: what phones counted becomes totals once, and leaves no
// trace in a row, a history or a pull; under ten no median is shown.
func TestBurdenMeter(t *testing.T) {
	both(t, func(t *testing.T, x *fixture) {
		h := x.Towns[0].Houses[0]
		phone, admin := x.Phone(x.Token(h.Cadre)), x.Token("admin-1")
		medians := func() map[string][2]int64 {
			t.Helper()
			a := x.Do("GET", admin, "/api/v1/compliance", nil)
			var page struct {
				Burden []struct {
					What   string
					Visits int64
					Median *int64
				}
			}
			if a.Status != 200 || json.Unmarshal([]byte(a.Body), &page) != nil || len(page.Burden) != 3 {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			out := map[string][2]int64{}
			for _, l := range page.Burden {
				if out[l.What] = [2]int64{l.Visits, -1}; l.Median != nil {
					out[l.What] = [2]int64{l.Visits, *l.Median}
				}
			}
			return out
		}
		for i := range 11 {
			x.Pass(time.Hour)
			m := fixtureMut{Type: "visit", ID: x.DB.NewID(), House: h.ID, Patch: map[string]any{"day": x.Today(), "burden": []int{20 + i, 7, 3}}}
			phone.Send(m)
			x.Pass(time.Second)
			x.Phone(phone.Token).Push(m)                                                                                                      // offered again by a copied phone
			phone.Send(fixtureMut{Type: "visit", ID: m.ID, House: h.ID, Patch: map[string]any{"text": "改过", "burden": []int{999, 999, 999}}}) // a correction counts nothing
			if i == 8 {
				if got := medians(); got["seconds"] != [2]int64{9, -1} {
					t.Errorf("after nine: %v", got)
				}
			}
		}
		if got, want := fmt.Sprint(medians()), fmt.Sprint(map[string][2]int64{"seconds": {11, 25}, "taps": {11, 7}, "fields": {11, 3}}); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		a, _ := x.Phone(phone.Token).Push()
		list := x.Do("GET", admin, "/api/v1/records/visit?household="+h.ID, nil)
		if strings.Contains(a.Body+list.Body, "burden") {
			t.Errorf("a visit keeps it: %s", list.Body)
		}
		hist, err := x.DB.Histories(t.Context(), x.Towns[0].Township)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range hist {
			if e.Field == "burden" {
				t.Errorf("the history keeps it: %+v", e)
			}
		}
	})
}

// TestEvidencePolicy: the county requires evidence with a reason and an end;
// a visit without any is saved and approved all the same, and the end comes.
func TestEvidencePolicy(t *testing.T) {
	both(t, func(t *testing.T, x *fixture) {
		h, town := x.Towns[0].Houses[0], x.Towns[0].Township
		county, admin := x.Token("county-1"), x.Token("admin-1")
		until := x.Now().In(shanghai).AddDate(0, 1, 0).Format(time.DateOnly)
		path := "/api/v1/settings/evidence?township=" + town
		publish := func(policy map[string]any, want int) {
			t.Helper()
			if a := x.Do("POST", county, path, map[string]any{"edition": 0, "reason": "县里统一要求", "body": policy}); a.Status != want {
				t.Fatalf("%v: %d %s", policy, a.Status, a.Body)
			}
		}
		publish(map[string]any{"edition": 1, "policy": "required"}, 422)
		publish(map[string]any{"edition": 1, "policy": "required", "reason": "危房改造要留照片", "until": until}, 200)
		now := func() string {
			t.Helper()
			return x.Do("GET", admin, "/api/v1/compliance", nil).Body
		}
		if got := now(); !strings.Contains(got, `"policy":"required","reason":"危房改造要留照片","until":"`+until) {
			t.Errorf("%s", got)
		}
		visit := x.DB.NewID()
		x.Phone(x.Token(h.Cadre)).Send(fixtureMut{Type: "visit", ID: visit, House: h.ID, Patch: map[string]any{"day": x.Today()}})
		if a := x.Do("POST", admin, "/api/v1/records/visit/"+visit+"/decision", map[string]any{"action": "approve", "rev": 1}); a.Status != 200 {
			t.Errorf("a visit without evidence: %d %s", a.Status, a.Body)
		}
		x.Pass(40 * 24 * time.Hour)
		admin = x.FreshToken("admin-1")
		if got := now(); !strings.Contains(got, `"policy":"optional"`) || !strings.Contains(got, `"ended":true`) {
			t.Errorf("after the end: %s", got)
		}
	})
}

// TestDuePages: the township pages through all paired households, each once,
// the longest unvisited first; a cadre sees only its own; a visit takes its
// household off the list.
func TestDuePages(t *testing.T) {
	both(t, func(t *testing.T, x *fixture) {
		admin, h := x.Token("admin-1"), x.Towns[0].Houses[0]
		pages := func(token, query string) (ids []string, last string) {
			t.Helper()
			for after := ""; ; {
				a := x.Do("GET", token, "/api/v1/due?limit=3"+query+after, nil)
				var page struct {
					Rows []struct {
						Household struct{ ID string }
						Last      string
						Done      int
					}
					More int
					Next string
				}
				if a.Status != 200 || json.Unmarshal([]byte(a.Body), &page) != nil || (page.Next == "") != (page.More == 0) {
					t.Fatalf("%d %s", a.Status, a.Body)
				}
				for _, r := range page.Rows {
					if r.Last < last {
						t.Errorf("%s after %s", r.Last, last)
					}
					ids, last = append(ids, r.Household.ID), r.Last
				}
				if page.Next == "" {
					return ids, last
				}
				after = "&after=" + page.Next
			}
		}
		all, _ := pages(admin, "")
		if len(all) != len(x.Towns[0].Houses) {
			t.Errorf("%d of %d households", len(all), len(x.Towns[0].Houses))
		}
		mine, _ := pages(x.Token(h.Cadre), "")
		if len(mine) != 2 || !strings.Contains(strings.Join(mine, " "), h.ID) { // the fixture's cadres have two each
			t.Errorf("a cadre: %v", mine)
		}
		x.Phone(x.Token(h.Cadre)).Send(fixtureMut{Type: "visit", ID: x.DB.NewID(), House: h.ID, Patch: map[string]any{"day": x.Today()}})
		if left, _ := pages(x.Token(h.Cadre), ""); len(left) != 1 || left[0] == h.ID {
			t.Errorf("visited, and still due: %v", left)
		}
		if every, last := pages(admin, "&all=1"); len(every) != len(all) || every[len(every)-1] != h.ID || last != x.Today() {
			t.Errorf("with those that are done: %v, last %s", every, last)
		}
		if a := x.Do("GET", admin, "/api/v1/due?after="+x.Towns[1].Houses[0].ID, nil); a.Status != http.StatusBadRequest {
			t.Errorf("after one that is not on it: %d %s", a.Status, a.Body)
		}
	})
}
