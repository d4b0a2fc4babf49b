// Package registry is what online callers read and write of the synced
// records, and the one place that judges what lies in a caller's reach.
package registry

import (
	"context"
	"encoding/json"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/record"
	"daohu/server/write"
)

// PageQuery is one page of live rows of one type in one township, by id.
type PageQuery struct {
	Township  string
	Household string // "" = all
	State     string // "" = any
	After     string // id; "" = from the beginning
	Limit     int
}

// Store reads rows.
type Store interface {
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
	Page(ctx context.Context, t *record.Type, q PageQuery) ([]record.Record, error)
	Body(ctx context.Context, townships []string, sha256 string) (write.Blob, error)
	Reaches
	Accesses
	Finder
	Past
	Trails
	// Sounds are the live recordings of a township that play what a hash names.
	Sounds(ctx context.Context, township, sha256 string) ([]*booklet.Clip, error)
}

// Reaches says who holds what.
type Reaches interface {
	// Held is the township in which principal holds household now; "" = not.
	Held(ctx context.Context, principal, household string) (string, error)
	HeldTownships(ctx context.Context, principal string) ([]string, error)
	CountyTownships(ctx context.Context, county string) ([]string, error)
	Common(ctx context.Context, township string) (string, error)
}

// Service answers online callers. It is safe for concurrent use.
type Service struct {
	Store  Store
	Writer write.Writer
	Sealer Sealer
	Types  []*record.Type        // the first is the household
	Rules  map[string]write.Rule // by type name; nil = none
	NewID  func() string
	// Guesses limits searches by ID number that find nobody; nil = no limit.
	Guesses Guesses
}

// Guesses counts guesses (account.Service).
type Guesses interface {
	// Guess counts one of user's; found takes it back. Code: too-many.
	Guess(ctx context.Context, user string) (found func(context.Context), err error)
}

// Sealer seals and makes blind indexes.
type Sealer interface {
	record.Sealer
	Index(plain string) string
	// Indexes are those under every key: what a row of an older key may have.
	Indexes(plain string) []string
}

var missing = fault.New(fault.NotFound, "")

// townships are those the actor may look into at all.
func (s *Service) townships(ctx context.Context, a access.Actor) ([]string, error) {
	switch {
	case a.PushOnly || a.User == "":
		return nil, nil
	case a.Role.In("KA"):
		return s.Store.CountyTownships(ctx, a.County)
	case a.Role == access.Township:
		return []string{a.Township}, nil
	}
	return s.Store.HeldTownships(ctx, a.User)
}

// House is a household within reach.
type House struct{ ID, Township string }

// Reach finds a household the actor may look at: an open assignment for H, C
// and V, the home township for T, any township of the county for K and A.
// Everything else fails with fault.NotFound, as if it did not exist.
func (s *Service) Reach(ctx context.Context, a access.Actor, household string) (House, error) {
	if !record.IsID(household) || a.PushOnly || a.User == "" {
		return House{}, missing
	}
	if a.Role.Syncs() {
		tw, err := s.Store.Held(ctx, a.User, household)
		if err != nil || tw == "" {
			return House{}, orMissing(err)
		}
		return House{household, tw}, nil
	}
	tws, err := s.townships(ctx, a)
	if err != nil {
		return House{}, err
	}
	r, err := s.Store.Find(ctx, s.Types[0], tws, household)
	if err != nil {
		return House{}, err
	}
	return House{household, r.Base().Township}, nil
}

func orMissing(err error) error {
	if err != nil {
		return err
	}
	return missing
}

// ReachTownship allows the townships of the actor's reach.
func (s *Service) ReachTownship(ctx context.Context, a access.Actor, township string) (string, error) {
	tws, err := s.townships(ctx, a)
	if err != nil {
		return "", err
	}
	if township == "" && len(tws) > 0 && !a.Role.In("KA") {
		return tws[0], nil
	}
	for _, tw := range tws {
		if tw == township {
			return tw, nil
		}
	}
	return "", missing
}

// Show gives a row as the actor may see it: nil when the role may not, or when
// the row is private and about the actor.
func (s *Service) Show(t *record.Type, r record.Record, a access.Actor) (json.RawMessage, error) {
	if t.Private != nil && t.Private(r) == a.User {
		return nil, nil
	}
	return t.Project(r, string(a.Role), s.Sealer)
}

// project is Show; what may not be seen is not found.
func (s *Service) project(t *record.Type, r record.Record, a access.Actor) (json.RawMessage, error) {
	b, err := s.Show(t, r, a)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, missing
	}
	return b, nil
}

// Row reads one row of a type the actor's role may see, within its reach.
func (s *Service) Row(ctx context.Context, a access.Actor, t *record.Type, id string) (record.Record, error) {
	if !a.Role.In(t.Readers) {
		return nil, missing
	}
	r, err := s.find(ctx, a, t, id)
	if err != nil {
		return nil, err
	}
	if t.Hidden != nil && t.Hidden(r, string(a.Role)) || t.Private != nil && t.Private(r) == a.User {
		return nil, missing
	}
	return r, nil
}

// find reads one row within the actor's reach.
func (s *Service) find(ctx context.Context, a access.Actor, t *record.Type, id string) (record.Record, error) {
	if !record.IsID(id) {
		return nil, missing
	}
	tws, err := s.townships(ctx, a)
	if err != nil {
		return nil, err
	}
	r, err := s.Store.Find(ctx, t, tws, id)
	if err != nil {
		return nil, err
	}
	if a.Role.Syncs() {
		if _, err := s.Reach(ctx, a, r.Base().Household); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Get returns one row.
func (s *Service) Get(ctx context.Context, a access.Actor, t *record.Type, id string) (json.RawMessage, error) {
	r, err := s.find(ctx, a, t, id)
	if err != nil {
		return nil, err
	}
	return s.project(t, r, a)
}

// List returns a page of rows the actor may see, and where the next begins
// ("" = nowhere). Township and household were judged by Reach.
func (s *Service) List(ctx context.Context, a access.Actor, t *record.Type, q PageQuery) ([]json.RawMessage, string, error) {
	limit := q.Limit
	q.Limit++
	recs, err := s.Store.Page(ctx, t, q)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(recs) > limit {
		recs = recs[:limit]
		next = recs[limit-1].Base().ID
	}
	rows := []json.RawMessage{}
	for _, r := range recs {
		b, err := s.Show(t, r, a)
		if err != nil {
			return nil, "", err
		}
		if b != nil {
			rows = append(rows, b)
		}
	}
	return rows, next, nil
}

// hears refuses the sound of recordings the actor does not see: an approved
// one for households, one that was not taken back for everyone else.
func (s *Service) hears(ctx context.Context, a access.Actor, b write.Blob) error {
	clips, err := s.Store.Sounds(ctx, b.Township, b.SHA256)
	if err != nil {
		return err
	}
	for _, c := range clips {
		if !booklet.ClipType.Hidden(c, string(a.Role)) {
			return nil
		}
	}
	return missing
}

// Body returns a small body of the townships in reach. What an exam keeps to
// the server is not there for anybody.
func (s *Service) Body(ctx context.Context, a access.Actor, sha256 string) (string, []byte, error) {
	tws, err := s.townships(ctx, a)
	if err != nil {
		return "", nil, err
	}
	b, err := s.Store.Body(ctx, tws, sha256)
	switch {
	case err != nil:
		return "", nil, err
	case b.Mime == form.KeyMime:
		return "", nil, missing
	case b.Mime == booklet.ClipMime:
		if err := s.hears(ctx, a, b); err != nil {
			return "", nil, err
		}
	}
	return b.Mime, b.Body, nil
}
