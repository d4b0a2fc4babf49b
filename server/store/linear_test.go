package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// attempt is one call on one household's notes: set them to next if their version
// is rev; without next only read.
type attempt struct {
	rev  int64
	next string
}

// outcome is what the caller was told.
type outcome struct {
	rev   int64
	text  string
	stale bool
}

// register is a household as it ought to be.
type register struct {
	rev  int64
	text string
}

// notesModel says what a compare-and-set register may answer.
func notesModel(first register) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(state, input, output any) (bool, any) {
			s, in, out := state.(register), input.(attempt), output.(outcome)
			switch {
			case in.next == "":
				return out.rev == s.rev && out.text == s.text, s
			case out.stale:
				return in.rev != s.rev, s
			}
			return in.rev == s.rev && out.rev == s.rev+1, register{s.rev + 1, in.next}
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
	}
}

// TestLinearizable: 64 writers make 200 compare-and-sets each over 32
// households through write.Writer, reading beside. The history of each
// household must be that of one register, in one order that agrees with time.
func TestLinearizable(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		const writers, times, houses = 64, 200, 32
		tw := p.town(t, town.Size{Houses: houses})
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		from := time.Now()
		h := &histories{from: from, ops: make([][]porcupine.Operation, houses)}
		var wg sync.WaitGroup
		var won, stale atomic.Int64
		for w := range writers {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(w)))
				seen := make([]int64, houses)
				for n := range times {
					i := r.IntN(houses)
					if seen[i] == 0 || r.IntN(3) == 0 {
						seen[i] = h.read(t, tw, w, i)
					}
					out := h.set(t, tw, w, i, attempt{seen[i], fmt.Sprintf("%d-%d", w, n)})
					if out.stale {
						stale.Add(1)
						seen[i] = 0
					} else {
						won.Add(1)
						seen[i] = out.rev
					}
				}
			})
		}
		wg.Wait()
		took := time.Since(from)
		if won.Load()+stale.Load() != writers*times || won.Load() < writers*times/10 {
			t.Errorf("%d won, %d stale", won.Load(), stale.Load())
		}
		n := 0
		for i, ops := range h.ops {
			n += len(ops)
			switch res := porcupine.CheckOperationsTimeout(notesModel(register{1, "<路&\u2028远>"}), ops, time.Minute); res {
			case porcupine.Illegal:
				t.Errorf("household %d: no order explains its %d operations", i, len(ops))
			case porcupine.Unknown:
				t.Errorf("household %d: not decided within a minute", i)
			}
		}
		t.Logf("figure: %s: %d operations of %d writers over %d households, %d set, %d stale, in %.1f s: every history linearizable", t.Name(), n, writers, houses, won.Load(), stale.Load(), took.Seconds())
	})
}

// histories are the operations on each household, in Unix time of one clock.
type histories struct {
	from time.Time
	mu   sync.Mutex
	ops  [][]porcupine.Operation
}

func (h *histories) note(w, i int, in attempt, out outcome, call time.Duration) {
	op := porcupine.Operation{ClientId: w, Input: in, Output: out, Call: int64(call), Return: int64(time.Since(h.from))}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops[i] = append(h.ops[i], op)
}

// read looks at a household as the console does and returns its revision.
func (h *histories) read(t *testing.T, tw *town.Town, w, i int) int64 {
	call := time.Since(h.from)
	got, err := findHouse(t.Context(), tw, tw.Houses[i])
	if err != nil {
		t.Error(err)
		return 1
	}
	h.note(w, i, attempt{}, outcome{rev: got.Version, text: got.Notes}, call)
	return got.Version
}

// set is one compare-and-set. What the database gave up for good (four times
// in a row) was not done and is asked for again.
func (h *histories) set(t *testing.T, tw *town.Town, w, i int, in attempt) outcome {
	for {
		call := time.Since(h.from)
		out, err := compareAndSet(t.Context(), tw, tw.Houses[i], in)
		switch {
		case fault.Is(err, fault.Unavailable) && t.Context().Err() == nil:
			continue
		case fault.Is(err, fault.Stale):
			out = outcome{stale: true}
		case err != nil:
			t.Error(err)
			return outcome{stale: true}
		}
		h.note(w, i, in, out, call)
		return out
	}
}

func compareAndSet(ctx context.Context, tw *town.Town, id string, in attempt) (outcome, error) {
	var out outcome
	_, err := tw.DB.Write(ctx, write.Intent{Township: tw.Township, Households: []string{id}}, func(tx write.Tx) error {
		h, err := houseOf(tx, id)
		if err != nil {
			return err
		}
		if h.Version != in.rev {
			return fault.New(fault.Stale, "")
		}
		h.Notes, out = in.next, outcome{rev: in.rev + 1, text: in.next}
		tx.Put(household.HouseholdType, h)
		return nil
	})
	return out, err
}
