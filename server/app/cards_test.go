package app

import (
	"encoding/json"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/setting"
	"daohu/server/write"
)

// TestGivenCountsHouseholdsOnce: open households with the current edition of
// the booklet, however many say they gave it.
func TestGivenCountsHouseholdsOnce(t *testing.T) {
	a := plain(t)
	settled(t, a, func(tx write.Tx) {
		give := func(h household.Household, editions ...int64) {
			id := putHouse(tx, h)
			for _, e := range editions {
				d := booklet.Delivery{Meta: record.Meta{ID: tx.NewID(), Household: id}, Day: "2026-03-01", Way: "上门", Edition: max(e, -e)}
				if e < 0 {
					d.DeletedAt = 1
				}
				tx.Put(booklet.DeliveryType, &d)
			}
		}
		give(household.Household{Code: "H1"}, 1, 1)
		give(household.Household{Code: "H2"}, 1, 2)
		give(household.Household{Code: "H3"}, 2, 2)
		give(household.Household{Code: "H4"})
		give(household.Household{Code: "H5"}, -1)
		give(household.Household{Code: "H6", State: "closed"}, 1, 2)
	})
	check := func(want Given) {
		t.Helper()
		got, err := a.Figures(t.Context(), testTownship, 0)
		if err != nil || got.Given != want {
			t.Errorf("%+v %v, want %+v", got.Given, err, want)
		}
	}
	check(Given{Edition: 1, Title: "政策口袋书", Households: 2})
	if _, err := a.PublishSetting(t.Context(), testTownship, booklet.Code, setting.Change{Body: []byte(`{"edition":2,"title":"新的一版"}`), Reason: "换新版"}); err != nil {
		t.Fatal(err)
	}
	check(Given{Edition: 2, Title: "新的一版", Households: 2})
}

// TestCardOfTwoAdmins: a card that one admin wrote and another approved is on
// the household's page and with the cadre; before, and approved by its author, it
// is with neither.
func TestCardOfTwoAdmins(t *testing.T) {
	both(t, func(t *testing.T, f *fixture) {
		writer, house := f.Token("admin-1"), f.Towns[0].Houses[0]
		f.addUser("second-1", access.Township, f.Towns[0], "")
		second := f.Token("second-1")
		cadre := f.Token(house.Cadre)
		step := func(token, path string, body map[string]any, status int) (m struct {
			ID    string
			Rev   int64
			State string
			Code  string
		}) {
			t.Helper()
			a := f.Do("POST", token, path, body)
			if a.Status != status {
				t.Fatalf("%s: %d %s", path, a.Status, a.Body)
			}
			f.must(json.Unmarshal([]byte(a.Body), &m))
			return m
		}
		seen := func() bool {
			t.Helper()
			here := strings.Contains(f.Do("GET", f.Token("household-1-0"), "/api/v1/my", nil).Body, "村口的水")
			if there := strings.Contains(f.Do("GET", cadre, "/api/v1/records/card?limit=200", nil).Body, "村口的水"); here != there {
				t.Errorf("the household sees it: %v, the cadre: %v", here, there)
			}
			return here
		}
		draft := step(writer, "/api/v1/cards", map[string]any{"code": "village-water", "title": "村口的水", "text": "水管坏了打电话。"}, 200)
		waits := step(writer, "/api/v1/cards/"+draft.ID+"/submit", map[string]any{"rev": draft.Rev}, 200)
		decide := "/api/v1/records/card/" + draft.ID + "/decision"
		if own := step(writer, decide, map[string]any{"action": "approve", "rev": waits.Rev}, 403); own.Code != "own-record" || seen() {
			t.Errorf("one's own: %+v", own)
		}
		if done := step(second, decide, map[string]any{"action": "approve", "rev": waits.Rev}, 200); done.State != "published" || !seen() {
			t.Errorf("%+v", done)
		}
	})
}
