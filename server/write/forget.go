package write

// Forget empties what is said beside the rows of one household: in the
// history of their fields, in the reasons of workflow steps and in
// quarantine. Added to a transaction (Tx.Add), it takes effect with the rows
// that Erase emptied, all or nothing.
type Forget struct {
	Household string
	Rows      map[string][]string // record ids by type: whose history and steps
	Fields    map[string][]string // wire names by type: of which fields
	// Quarantine: everything kept in quarantine for the household goes too.
	Quarantine bool
}

// ErasedState is the state a step leads to that records an erasure; the reason
// of such a step stays.
const ErasedState = "erased"
