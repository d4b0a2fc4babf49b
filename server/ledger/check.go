package ledger

import (
	"fmt"
	"maps"
	"slices"
)

// Balances adds entries up: what every account of every fund received less
// what it gave, in fen, by fund and account.
func Balances(entries []*Entry) map[string]map[string]int64 {
	out := map[string]map[string]int64{}
	for _, e := range entries {
		if out[e.Fund] == nil {
			out[e.Fund] = map[string]int64{}
		}
		out[e.Fund][e.Debit] += e.Fen
		out[e.Fund][e.Credit] -= e.Fen
	}
	return out
}

// Check compares the funds and what measures say was given with the entries,
// and says in English what does not fit; given holds fen by measure id. In a
// ledger that fits every fen received lies in exactly one place.
func Check(funds []*Fund, entries []*Entry, given map[string]int64) ([]string, error) {
	var out []string
	wrong := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	sums, paid := Balances(entries), map[string]int64{}
	for _, e := range entries {
		if e.Fen <= 0 || e.Debit == e.Credit || e.Version != 1 || e.DeletedAt > 0 {
			wrong("entry %s: moves nothing, or was changed", e.ID)
		}
	}
	for _, f := range funds {
		have := sums[f.ID]
		delete(sums, f.ID)
		list, err := f.accounts()
		if err != nil {
			return nil, err
		}
		said := map[string]int64{Source: -f.Total, Free: f.Free}
		for _, a := range list {
			said[a.Account] = a.Left
			if a.Left < 0 {
				wrong("fund %s: %s is overspent by %d fen", f.ID, a.Account, -a.Left)
			}
		}
		for account, fen := range have {
			if id := measureOf(account); id != "" {
				said[account] = fen // compared with the measures below
				if paid[id] += fen; fen < 0 {
					wrong("fund %s: %s gave more than it received", f.ID, account)
				}
			}
		}
		if f.Free < 0 {
			wrong("fund %s: overspent by %d fen", f.ID, -f.Free)
		}
		sum := int64(0)
		for _, account := range union(have, said) {
			if have[account] != said[account] {
				wrong("fund %s: %s holds %d fen, its entries say %d", f.ID, account, said[account], have[account])
			}
			sum += said[account]
		}
		if sum != 0 {
			wrong("fund %s: %d fen lie nowhere", f.ID, -sum)
		}
	}
	for _, fund := range slices.Sorted(maps.Keys(sums)) {
		wrong("fund %s: there are entries and no such fund", fund)
	}
	for _, id := range union(paid, given) {
		if paid[id] != given[id] {
			wrong("measure %s: given %d fen, its entries say %d", id, given[id], paid[id])
		}
	}
	return out, nil
}

func union(a, b map[string]int64) []string {
	out := slices.Collect(maps.Keys(a))
	out = slices.AppendSeq(out, maps.Keys(b))
	slices.Sort(out)
	return slices.Compact(out)
}
