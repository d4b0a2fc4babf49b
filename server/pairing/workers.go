package pairing

import (
	"maps"
	"slices"

	"daohu/server/write"
)

// AssignWorkers makes the village workers who hold the given households
// exactly those listed for each, inside the transaction that makes the
// households or moves them to another village. What the workers hold elsewhere
// is not touched. common is locked like the households.
func AssignWorkers(tx write.Tx, common string, workers map[string][]string) error {
	want := map[[2]string]bool{}
	for h, users := range workers {
		for _, u := range users {
			want[[2]string{u, h}] = true
		}
	}
	have, err := tx.Grants(slices.Sorted(maps.Keys(workers))...)
	if err != nil {
		return err
	}
	return apply(tx, common, "V", SourceVillage, want, have)
}

// Regrant gives a household back to the village workers and to its own login
// that held it when it ended, inside the transaction that opens it again; a
// cadre comes by a new pairing.
func Regrant(tx write.Tx, common, household string) error {
	grants, err := tx.Grants(household)
	if err != nil {
		return err
	}
	last := int64(0)
	for _, g := range grants {
		last = max(last, g.UntilSeq)
	}
	for source, role := range map[string]string{SourceVillage: "V", SourceSelf: "H"} {
		want := map[[2]string]bool{}
		for _, g := range grants {
			if g.Source == source && g.UntilSeq == last && last > 0 {
				want[[2]string{g.Principal, household}] = true
			}
		}
		if err := apply(tx, common, role, source, want, nil); err != nil {
			return err
		}
	}
	return nil
}
