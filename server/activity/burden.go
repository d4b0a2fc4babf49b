package activity

import (
	"context"
	"slices"

	"daohu/server/write"
)

// The things the burden meter counts (product.md rule 12): how much work the
// system makes, never how much a person does.
const (
	BurdenSeconds = "seconds"
	BurdenTaps    = "taps"
	BurdenFields  = "fields"
)

// burdens are the places of Visit.Burden and the largest value of each that is
// told apart: seconds are counted in steps of five, up to an hour.
var burdens = [...]struct {
	what      string
	step, max int64
}{{BurdenSeconds, 5, 3600}, {BurdenTaps, 1, 500}, {BurdenFields, 1, 200}}

// tally moves what a phone counted while a visit was written into the totals
// of the township and the month, and out of the row: nothing of it is kept for
// a person or a visit.
func tally(tx write.Tx, v *Visit) {
	var counted []int64
	if v.Burden.Into(&counted) == nil {
		for i, n := range counted {
			if i < len(burdens) && n > 0 {
				b := burdens[i]
				tx.Add(&write.Burden{Month: v.Day[:7], What: b.what, Value: min(n/b.step*b.step, b.max)})
			}
		}
	}
	v.Burden = ""
}

// Count is how often one value was counted.
type Count struct {
	Value int64
	N     int64
}

// BurdenStore reads the totals.
type BurdenStore interface {
	// Burden reads the counts of the months from to to, by What and value.
	Burden(ctx context.Context, township, from, to string) (map[string][]Count, error)
}

// Median of values, each with how often it was counted: the lower middle one.
// ok is false under ten: so few would speak of persons.
func Median(counts []Count) (median, n int64, ok bool) {
	slices.SortFunc(counts, func(a, b Count) int { return int(a.Value - b.Value) })
	for _, c := range counts {
		n += c.N
	}
	if n < leastCounted {
		return 0, n, false
	}
	seen := int64(0)
	for _, c := range counts {
		if seen += c.N; 2*seen >= n {
			return c.Value, n, true
		}
	}
	return 0, n, false
}

// leastCounted is how many visits a median speaks of at the least.
const leastCounted = 10
