package app

import (
	"testing"

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
