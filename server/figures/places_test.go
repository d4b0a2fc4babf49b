package figures_test

import (
	"testing"

	"daohu/server/access"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/figures"
	"daohu/server/servertest/town"
)

// TestPlaces: whoever works at a desk gets the names of what lies in reach, and
// of nothing else.
func TestPlaces(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		s := &figures.Service{Store: b.DB}
		one, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 1})
		must(t, err)
		two, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 1})
		must(t, err)
		village := one.Township + "201"
		must(t, b.DB.PutAreas(t.Context(), []area.Area{{Code: "999900", Level: area.County, Name: "县"}, {Code: one.Township, Parent: "999900", Level: area.Township, Name: "乡", Township: one.Township},
			{Code: two.Township, Parent: "999900", Level: area.Township, Name: "镇", Township: two.Township}, {Code: village, Parent: one.Township, Level: area.Village, Name: "村", Township: one.Township, Poor: "poor", ExitPlan: 2027}}))
		admin := access.Actor{User: b.DB.NewID(), Role: access.Township, County: "999900", Township: one.Township}
		county := access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
		cadre := access.Actor{User: b.DB.NewID(), Role: access.Cadre, County: "999900", Township: one.Township}
		for _, c := range []struct {
			who  access.Actor
			code string
			want []string
		}{
			{admin, "", []string{one.Township, village}}, {admin, one.Township, []string{one.Township, village}}, {admin, two.Township, nil}, {admin, "999900", nil},
			{county, "", []string{"999900", one.Township, two.Township}}, {county, one.Township, []string{one.Township, village}}, {county, village, nil}, {county, "nowhere", nil},
			{cadre, "", nil}, {cadre, one.Township, nil}, {access.Actor{}, "999900", nil},
		} {
			got, err := s.Places(t.Context(), c.who, c.code)
			if c.want == nil {
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("%s of %q: %v, %v", c.who.Role, c.code, got, err)
				}
				continue
			}
			must(t, err)
			if len(got) != len(c.want) {
				t.Fatalf("%s of %q: %+v", c.who.Role, c.code, got)
			}
			for i, p := range got {
				if p.Code != c.want[i] {
					t.Errorf("%s of %q: %+v", c.who.Role, c.code, got)
				}
			}
		}
	})
}
