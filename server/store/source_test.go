package store_test

import (
	"slices"
	"testing"

	"daohu/server/quality"
)

// TestSourcesAreAdded: one beside the other, latest first, township by township.
func TestSourcesAreAdded(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		one := quality.Source{ID: "source00000A", Township: "999900101", Name: "县扶贫办", Day: "2026-01-31", Households: 1899, People: 8403, By: "user0000000A", Who: "某人", At: 1}
		two, far := one, one
		two.ID, two.People, two.At = "source00000B", 8640, 2
		far.ID, far.Township = "source00000C", "999900102"
		for _, s := range []quality.Source{one, two, far} {
			if err := p.DB.AddSource(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		got, err := p.DB.Sources(t.Context(), one.Township)
		if err != nil || !slices.Equal(got, []quality.Source{two, one}) {
			t.Errorf("%+v %v", got, err)
		}
		if err := p.DB.AddSource(t.Context(), one); err == nil {
			t.Error("an id was taken twice: the first source is written over")
		}
	})
}
