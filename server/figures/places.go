package figures

import (
	"context"

	"daohu/server/access"
	"daohu/server/area"
	"daohu/server/fault"
)

// Place is an area as choices and headings name it.
type Place struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Level    string `json:"level" enum:"county,township,village"`
	Poor     string `json:"poor,omitempty" doc:"poor or deep_poor; absent = an ordinary village"`
	ExitPlan int64  `json:"exitPlan,omitempty" doc:"year the village is to leave the list"`
	ExitYear int64  `json:"exitYear,omitempty" doc:"year it left"`
}

// Places are an area within the actor's reach and those right below it, by
// code: a township and its villages, or, for K and A, the county and its
// townships. "" is the widest the actor reaches. Code: not-found.
func (s *Service) Places(ctx context.Context, a access.Actor, code string) ([]Place, error) {
	at, _, err := s.within(ctx, a, code)
	if err != nil {
		return nil, err
	}
	if at.Level == area.Village {
		return nil, fault.New(fault.NotFound, "")
	}
	below, err := s.Store.Under(ctx, at.Code)
	if err != nil {
		return nil, err
	}
	out := []Place{place(at)}
	for _, b := range below {
		if b.Level == area.Township || b.Level == area.Village {
			out = append(out, place(b))
		}
	}
	return out, nil
}

func place(a area.Area) Place {
	return Place{Code: a.Code, Name: a.Name, Level: a.Level, Poor: a.Poor, ExitPlan: a.ExitPlan, ExitYear: a.ExitYear}
}
