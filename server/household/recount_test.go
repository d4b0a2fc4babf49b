package household_test

import (
	"errors"
	"testing"

	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// recount changes the members of a household, counts, and returns its row.
func recount(t *testing.T, tn *town.Town, house string, change func(tx write.Tx, head *household.Member)) household.Household {
	t.Helper()
	_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: tn.Houses}, func(tx write.Tx) error {
		rs, err := tx.Of(household.MemberType, house)
		if err != nil {
			return err
		}
		for _, r := range rs {
			if m := *r.(*household.Member); m.Relation == household.HeadRelation {
				change(tx, &m)
			}
		}
		return household.Recount(tx, house)
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := tn.DB.Find(t.Context(), household.HouseholdType, []string{tn.Township}, house)
	if err != nil {
		t.Fatal(err)
	}
	return *r.(*household.Household)
}

func TestRecount(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 2})
		if err != nil {
			t.Fatal(err)
		}
		house := tn.Houses[0]
		want := func(h household.Household, head string, people int64) {
			t.Helper()
			if h.Head != head || h.People != people {
				t.Errorf("head %q, %d people; want %q, %d", h.Head, h.People, head, people)
			}
		}
		h := recount(t, tn, house, func(write.Tx, *household.Member) {})
		if want(h, "户主1", 1); h.Version != 1 {
			t.Error("nothing changed, but the household was written")
		}
		son := &household.Member{Meta: record.Meta{ID: b.DB.NewID(), Household: house}, Name: "儿子", Relation: "长子"}
		want(recount(t, tn, house, func(tx write.Tx, _ *household.Member) { tx.Put(household.MemberType, household.MemberType.Clone(son)) }), "户主1", 2)
		want(recount(t, tn, house, func(tx write.Tx, m *household.Member) { m.Name = "新名"; tx.Put(household.MemberType, m) }), "新名", 2)
		// The head dies: nobody is head until a proposal says who is.
		want(recount(t, tn, house, func(tx write.Tx, m *household.Member) { m.Left = "去世"; tx.Put(household.MemberType, m) }), "", 1)
		want(recount(t, tn, house, func(tx write.Tx, m *household.Member) {
			m.Left, m.DeletedAt = "", tx.Now()
			tx.Put(household.MemberType, m)
		}), "", 1)
		want(recount(t, tn, tn.Houses[1], func(write.Tx, *household.Member) {}), "户主2", 1)
	})
}

func TestRecountOfNothing(t *testing.T) {
	broken := errors.New("broken")
	if err := household.Recount(&failing{err: broken}, "AAAAAAAAAAAA"); !errors.Is(err, broken) {
		t.Errorf("a read that fails: %v", err)
	}
	if err := household.Recount(&failing{}, "AAAAAAAAAAAA"); err != nil {
		t.Errorf("no such household: %v", err)
	}
}

// failing answers reads with nothing or an error; a Put would panic.
type failing struct {
	write.Tx
	err error
}

func (f *failing) Of(*record.Type, ...string) ([]record.Record, error) { return nil, f.err }

func (f *failing) Load(*record.Type, ...string) (map[string]record.Record, error) {
	return nil, f.err
}
