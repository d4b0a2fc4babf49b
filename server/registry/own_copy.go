package registry

import (
	"context"
	"encoding/json"

	"daohu/server/access"
	"daohu/server/record"
)

// CopyOf collects a household's own data for an admin who hands it over on
// paper: of what the household may see itself, what the admin may see too, each
// field as the admin sees it. Numbers stay masked, a complaint that went past
// the township stays with the county: the household's own phone gives these.
func (s *Service) CopyOf(ctx context.Context, a access.Actor, household string) (OwnData, error) {
	in, err := s.Reach(ctx, a, household)
	if err != nil {
		return OwnData{}, err
	}
	out := OwnData{MadeAt: s.Store.Clock(), Household: in.ID, Rows: map[string][]json.RawMessage{}}
	for _, t := range s.Types {
		if t.Common || !access.Household.In(t.Readers) || !a.Role.In(t.Readers) {
			continue
		}
		rows := []json.RawMessage{}
		for q := (PageQuery{Township: in.Township, Household: in.ID, Limit: ownPage}); ; {
			recs, err := s.Store.Page(ctx, t, q)
			if err != nil {
				return OwnData{}, err
			}
			for _, r := range recs {
				row, err := s.shared(t, r, a)
				if err != nil {
					return OwnData{}, err
				}
				if row != nil {
					rows = append(rows, row)
				}
				q.After = r.Base().ID
			}
			if len(recs) < q.Limit {
				break
			}
		}
		out.Rows[t.Name] = rows
	}
	out.Looks, err = s.allLooks(ctx, in)
	return out, err
}

// shared is of a row what its household and the actor may both see, as the
// actor sees it; nil = nothing.
func (s *Service) shared(t *record.Type, r record.Record, a access.Actor) (json.RawMessage, error) {
	home, err := t.Project(r, string(access.Household), s.Sealer)
	if err != nil || home == nil {
		return nil, err
	}
	desk, err := s.Show(t, r, a)
	if err != nil || desk == nil {
		return nil, err
	}
	var of, seen map[string]json.RawMessage
	if err := json.Unmarshal(home, &of); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(desk, &seen); err != nil {
		return nil, err
	}
	for name := range of {
		if value, both := seen[name]; both {
			of[name] = value
		} else {
			delete(of, name)
		}
	}
	return json.Marshal(of)
}

// allLooks are all looks at sealed fields of a household, newest first.
func (s *Service) allLooks(ctx context.Context, in House) ([]Look, error) {
	out := []Look{}
	for after := ""; ; {
		page, next, err := s.Looks(ctx, in, after, ownPage)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if after = next; next == "" {
			return out, nil
		}
	}
}
