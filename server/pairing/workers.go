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
