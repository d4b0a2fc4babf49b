package pairing

import (
	"context"
	"time"

	"daohu/server/access"
	home "daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow"
	"daohu/server/workflow/flow"
	"daohu/server/write"
)

// Helper is a cadre as pairings show it.
type Helper struct {
	User, Name, Unit string
	Phone            record.Sealed
}

// People finds cadres.
type People interface {
	// Helper finds an enabled cadre of the county by login name; fault.NotFound.
	Helper(ctx context.Context, county, login string) (Helper, error)
}

// Service changes pairings and says how they stand. It is safe for concurrent
// use. Pair alone needs no Store, Sealer and Now.
type Service struct {
	Writer write.Writer
	People People
	Common func(ctx context.Context, township string) (string, error)
	Books  Rulebooks // nil = the built-in rules everywhere
	Store  Store
	Sealer record.Sealer
	Review Review // of proposals to pair
	Now    func() time.Time
}

// Review moves proposals along the township's workflow.
type Review interface {
	Settling(ctx context.Context, a access.Actor, p *home.Proposal, d workflow.Decision) (func(write.Tx) (*home.Proposal, flow.Move, error), error)
}

var _ Review = (*workflow.Service)(nil)

// Pair ends the pairing that runs and opens one with the cadre of that login
// on day; with cadre "" it only ends, which the rules may forbid before the
// household has left poverty (Quota.Release). Unsent work of the former cadre
// is still accepted (docs/sync-protocol.md). Codes: invalid, not-found,
// wrong-state.
func (s *Service) Pair(ctx context.Context, a access.Actor, township, household, cadre, day, reason string) (*Pairing, error) {
	done, err := s.carry(ctx, a, batch{township: township, action: "pair", cadre: "cadre", orders: []Order{{Household: household, Cadre: cadre, Day: day, Reason: reason}}})
	if err != nil {
		return nil, err
	}
	return done[0].Now, nil
}
