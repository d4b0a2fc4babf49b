package figures_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/figures"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// TestEveryCellEqualsItsRows: two townships of random households, some closed,
// some in no village; county, townships and villages are counted by hand from
// the rows and compared cell by cell.
func TestEveryCellEqualsItsRows(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 7))
		s := &figures.Service{Store: b.DB}
		county := access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
		must(t, b.DB.PutAreas(t.Context(), []area.Area{{Code: "999900", Level: area.County, Name: "县"}}))
		var all figures.Sums
		for range 2 {
			tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 24})
			must(t, err)
			villages := []string{tn.Village, tn.Village[:len(tn.Village)-1] + "2", "999999999999"}
			must(t, b.DB.PutAreas(t.Context(), []area.Area{{Code: tn.Township, Parent: "999900", Level: area.Township, Name: "乡", Township: tn.Township},
				{Code: villages[0], Parent: tn.Township, Level: area.Village, Name: "一村", Township: tn.Township}, {Code: villages[1], Parent: tn.Township, Level: area.Village, Name: "二村", Township: tn.Township}}))
			want := map[string]figures.Sums{villages[0]: {}, villages[1]: {}}
			var sum figures.Sums
			for i, id := range tn.Houses {
				h, visits := scramble(t, tn, r, id, i, villages[r.IntN(3)])
				if h.State != "" {
					continue
				}
				one := figures.Of(figures.House{People: h.People, Exit: h.Exit, PlanYear: h.PlanYear, Safety: h.Safety, Paired: true, Watched: h.Watch != "" && h.Cleared != "是", Visits: visits}, 2026)
				w := want[h.Village]
				w.Add(one)
				want[h.Village] = w
				sum.Add(one)
			}
			all.Add(sum)
			admin := access.Actor{User: b.DB.NewID(), Role: access.Township, County: "999900", Township: tn.Township}
			for _, a := range []access.Actor{admin, county} {
				d, err := s.Drill(t.Context(), a, tn.Township, 2026, "2026-03")
				must(t, err)
				if !reflect.DeepEqual(d.Total, sum) || len(d.Lines) != len(want) {
					t.Fatalf("township: %d lines of %d\n%+v\nwant\n%+v", len(d.Lines), len(want), d.Total, sum)
				}
				for _, l := range d.Lines {
					if !reflect.DeepEqual(l.Sums, want[l.Code]) {
						t.Errorf("village %s\n%+v\nwant\n%+v", l.Code, l.Sums, want[l.Code])
					}
				}
				agree(t, s, a, tn.Township)
				for _, v := range villages[:2] {
					agree(t, s, a, v)
					d, err := s.Drill(t.Context(), a, v, 2026, "2026-03")
					must(t, err)
					if !reflect.DeepEqual(d.Total, want[v]) || int64(len(d.Lines)) != want[v].All.Households {
						t.Errorf("village %s: %d lines, %+v", v, len(d.Lines), d.Total)
					}
					for _, l := range d.Lines {
						if (l.Name != "") != (a.Role == access.Township) || l.All.Households != 1 {
							t.Errorf("%s sees %+v", a.Role, l)
						}
					}
				}
			}
		}
		d, err := s.Drill(t.Context(), county, "", 2026, "2026-03")
		must(t, err)
		if d.Level != area.County || len(d.Lines) != 2 || !reflect.DeepEqual(d.Total, all) {
			t.Errorf("county: %d lines\n%+v\nwant\n%+v", len(d.Lines), d.Total, all)
		}
		agree(t, s, county, "")
	})
}

// agree holds what is told of an area in other ways to its cells: the cohorts
// by year, and the visits month by month.
func agree(t *testing.T, s *figures.Service, a access.Actor, code string) {
	t.Helper()
	months, err := s.Year(t.Context(), a, code, "2026-05")
	must(t, err)
	if len(months.Months) != 12 || months.Months[0].Month != "2025-06" {
		t.Errorf("months %+v", months.Months)
	}
	for i, m := range months.Months {
		if i < 8 { // no visit is made before February
			if m.Visits != 0 || m.Households != 0 {
				t.Errorf("%+v", m)
			}
			continue
		}
		d, err := s.Drill(t.Context(), a, code, 2026, m.Month)
		must(t, err)
		if m.Visits != d.Total.Visits || m.Households != d.Total.Visited.Households {
			t.Errorf("%q in %s: %+v, %d visits of %d households", code, m.Month, m, d.Total.Visits, d.Total.Visited.Households)
		}
		var left, plans figures.Cell
		for _, c := range d.Exits {
			left.Households, left.People = left.Households+c.Households, left.People+c.People
		}
		if left != d.Total.Exited {
			t.Errorf("%q: exited by year %+v, together %+v", code, d.Exits, d.Total.Exited)
		}
		for _, c := range d.Plans {
			plans.Households, plans.People = plans.Households+c.Households, plans.People+c.People
			if want := map[int64]figures.Cell{2026: d.Total.ThisYear, 2027: d.Total.NextYear}[c.Year]; c.Year == 2026 && c.Cell != want || c.Year == 2027 && c.Cell != want {
				t.Errorf("%q: planned for %+v, want %+v", code, c, want)
			}
		}
		if plans.Households > d.Total.Not.Households {
			t.Errorf("%q: %+v planned of %+v", code, plans, d.Total.Not)
		}
	}
}

// TestPoints: a village is a point once ten visits noted where they were, in
// the middle of them; fewer would be somebody's door.
func TestPoints(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 2})
		must(t, err)
		must(t, b.DB.PutAreas(t.Context(), []area.Area{{Code: tn.Township, Parent: "999900", Level: area.Township, Name: "乡", Township: tn.Township}, {Code: tn.Village, Parent: tn.Township, Level: area.Village, Name: "一村", Township: tn.Township}}))
		s, admin := &figures.Service{Store: b.DB}, access.Actor{User: b.DB.NewID(), Role: access.Township, County: "999900", Township: tn.Township}
		for n := int64(1); n <= figures.PointFrom; n++ {
			_, err := b.DB.Write(t.Context(), write.Intent{Township: tn.Township, Action: "change", Households: tn.Houses}, func(tx write.Tx) error {
				tx.Put(activity.VisitType, &activity.Visit{Meta: record.Meta{ID: tx.NewID(), Household: tn.Houses[0]}, Day: "2026-03-01", State: "approved", Lat: 26_000_000 + 2*n, Lng: 104_000_000, Coord: "gcj02"})
				tx.Put(activity.VisitType, &activity.Visit{Meta: record.Meta{ID: tx.NewID(), Household: tn.Houses[1]}, Day: "2026-03-01", State: "rejected", Lat: 1, Lng: 1, Coord: "wgs84"})
				return nil
			})
			must(t, err)
			got, err := s.Year(t.Context(), admin, "", "2026-03")
			must(t, err)
			if n < figures.PointFrom && len(got.Points) > 0 || n == figures.PointFrom && !reflect.DeepEqual(got.Points, []figures.Point{{Village: tn.Village, Name: "一村", Lat: 26_000_011, Lng: 104_000_000, Visits: n}}) {
				t.Errorf("after %d visits: %+v", n, got.Points)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scramble makes something random of a household and tells its visits in March.
func scramble(t *testing.T, tn *town.Town, r *rand.Rand, id string, i int, village string) (household.Household, int64) {
	t.Helper()
	var out household.Household
	visits := int64(0)
	_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Action: "change", Households: []string{id}}, func(tx write.Tx) error {
		got, err := tx.Load(household.HouseholdType, id)
		if err != nil {
			return err
		}
		h := *got[id].(*household.Household)
		h.Village, h.People, h.Code = village, int64(1+r.IntN(8)), fmt.Sprintf("H%03d", i)
		h.Exit = []string{"", "未脱贫", "已脱贫", "返贫", "预脱贫"}[r.IntN(5)]
		h.ExitYear = int64(2023 + r.IntN(3))
		h.PlanYear, h.Safety = int64(2025+r.IntN(4)), r.IntN(4) == 0
		h.Watch, h.Cleared = []string{"", "边缘易致贫户"}[r.IntN(2)], []string{"", "否", "是"}[r.IntN(3)]
		h.State = []string{"", "", "", "closed", "merged"}[r.IntN(5)]
		tx.Put(household.HouseholdType, &h)
		out, visits = h, 0
		for range r.IntN(4) {
			v := &activity.Visit{Meta: record.Meta{ID: tx.NewID(), Household: id}, Day: fmt.Sprintf("2026-0%d-%02d", 2+r.IntN(3), []int{1, 15, 28}[r.IntN(3)]), State: []string{"pending", "approved", "rejected"}[r.IntN(3)]}
			if r.IntN(6) == 0 {
				v.DeletedAt = 1
			}
			tx.Put(activity.VisitType, v)
			if v.Day[:7] == "2026-03" && v.State != "rejected" && v.DeletedAt == 0 {
				visits++
			}
		}
		return nil
	})
	must(t, err)
	return out, visits
}

// TestDrillReach: nobody counts what is not theirs.
func TestDrillReach(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		s := &figures.Service{Store: b.DB}
		tn, err := b.Add(t.Context(), town.Size{Houses: 1})
		must(t, err)
		must(t, b.DB.PutAreas(t.Context(), []area.Area{{Code: "999900", Level: area.County, Name: "县"}, {Code: "888800", Level: area.County, Name: "邻县"},
			{Code: tn.Township, Parent: "999900", Level: area.Township, Name: "乡", Township: tn.Township}, {Code: tn.Village, Parent: tn.Township, Level: area.Village, Name: "村", Township: tn.Township},
			{Code: tn.Village + "01", Parent: tn.Village, Level: area.Group, Name: "一组", Township: tn.Township}}))
		who := func(role access.Role, county, township string) access.Actor {
			return access.Actor{User: b.DB.NewID(), Role: role, County: county, Township: township}
		}
		pushOnly := who(access.Township, "999900", tn.Township)
		pushOnly.PushOnly = true
		for _, c := range []struct {
			a    access.Actor
			code string
			ok   bool
		}{
			{who(access.Township, "999900", tn.Township), "", true}, {who(access.Township, "999900", tn.Township), tn.Village, true},
			{who(access.Township, "999900", tn.Township), "999900", false}, {who(access.Township, "999900", "999999999"), tn.Township, false},
			{who(access.County, "999900", ""), tn.Village, true}, {who(access.Auditor, "999900", ""), "999900", true},
			{who(access.County, "888800", ""), tn.Township, false}, {who(access.County, "888800", ""), "999900", false}, {who(access.Auditor, "888800", ""), tn.Village, false},
			{who(access.Cadre, "999900", tn.Township), tn.Township, false}, {pushOnly, tn.Township, false}, {access.Actor{}, tn.Township, false},
			{who(access.County, "999900", ""), tn.Village + "01", false}, {who(access.County, "999900", ""), "123456", false},
		} {
			if _, err := s.Drill(t.Context(), c.a, c.code, 2026, "2026-03"); (err == nil) != c.ok || err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s of %s%s at %q: %v", c.a.Role, c.a.County, c.a.Township, c.code, err)
			}
		}
	})
}
