package registry

import (
	"context"
	"encoding/json"

	"daohu/server/access"
)

// OwnData is everything that is kept about a household and that it may see
// itself, each row projected for role H (个人信息保护法 art. 45).
type OwnData struct {
	MadeAt    int64                        `json:"madeAt" doc:"Unix ms"`
	Household string                       `json:"household" doc:"household id"`
	Rows      map[string][]json.RawMessage `json:"rows" doc:"live rows by type; pictures at /api/v1/photos/{id}"`
	Looks     []Look                       `json:"looks" doc:"who looked at sealed fields, newest first"`
}

// ownPage is how many rows one statement reads for an export.
const ownPage = 500

// Export collects a household's own data.
func (s *Service) Export(ctx context.Context, a access.Actor) (OwnData, error) {
	in, err := s.Reach(ctx, a, a.Household)
	if err != nil {
		return OwnData{}, err
	}
	out := OwnData{MadeAt: s.Store.Clock(), Household: in.ID, Rows: map[string][]json.RawMessage{}, Looks: []Look{}}
	for _, t := range s.Types {
		if t.Common || !a.Role.In(t.Readers) {
			continue
		}
		rows := []json.RawMessage{}
		for q := (PageQuery{Township: in.Township, Household: in.ID, Limit: ownPage}); ; {
			page, next, err := s.List(ctx, a, t, q)
			if err != nil {
				return OwnData{}, err
			}
			rows = append(rows, page...)
			if q.After = next; next == "" {
				break
			}
		}
		out.Rows[t.Name] = rows
	}
	out.Looks, err = s.allLooks(ctx, in)
	return out, err
}
