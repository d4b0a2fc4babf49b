package household

import (
	"daohu/server/write"
)

// Recount brings what households' rows say about their members (the head's
// name, how many live there) in step with the member rows, inside the
// transaction that changes them.
func Recount(tx write.Tx, ids ...string) error {
	members, err := tx.Of(MemberType, ids...)
	if err != nil {
		return err
	}
	got, err := tx.Load(HouseholdType, ids...)
	if err != nil {
		return err
	}
	heads, people := map[string]string{}, map[string]int64{}
	for _, r := range members {
		m := r.(*Member)
		if m.DeletedAt > 0 || m.Left != "" {
			continue
		}
		people[m.Household]++
		if m.Relation == HeadRelation {
			heads[m.Household] = m.Name
		}
	}
	for _, id := range ids {
		h, ok := got[id].(*Household)
		if !ok || h.Head == heads[id] && h.People == people[id] {
			continue
		}
		next := *h
		next.Head, next.People = heads[id], people[id]
		tx.Put(HouseholdType, &next)
	}
	return nil
}

// HeadRelation is the relation of the head of household to itself (AAB006 01).
const HeadRelation = "户主"
