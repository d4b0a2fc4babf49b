package household

import (
	"daohu/server/write"
)

// Recount brings what a household's row says about its members (the head's
// name, how many live there) in step with the member rows, inside the
// transaction that changes them.
func Recount(tx write.Tx, id string) error {
	members, err := tx.Of(MemberType, id)
	if err != nil {
		return err
	}
	got, err := tx.Load(HouseholdType, id)
	if err != nil {
		return err
	}
	h, ok := got[id].(*Household)
	if !ok {
		return nil
	}
	next := *h
	next.Head, next.People = "", 0
	for _, r := range members {
		m := r.(*Member)
		if m.DeletedAt > 0 || m.Left != "" {
			continue
		}
		next.People++
		if m.Relation == HeadRelation {
			next.Head = m.Name
		}
	}
	if next.Head != h.Head || next.People != h.People {
		tx.Put(HouseholdType, &next)
	}
	return nil
}

// HeadRelation is the relation of the head of household to itself (AAB006 01).
const HeadRelation = "户主"
