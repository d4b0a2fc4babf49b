package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/registry"
	"daohu/server/retention"
)

// Erasure is what persons may ask for about their own data
// (retention.Service, registry.Service).
type Erasure interface {
	// Erase empties the personal data of a household that has ended, or of a
	// member who has left, and returns the row. Codes: invalid, stale,
	// wrong-state, not-found.
	Erase(ctx context.Context, a access.Actor, in House, k retention.Ask) (json.RawMessage, error)
	// ErasePhoto erases one picture for good and returns its row. Codes:
	// invalid, not-found.
	ErasePhoto(ctx context.Context, a access.Actor, id, reason string) (json.RawMessage, error)
	// Export is the caller's own household's data.
	Export(ctx context.Context, a access.Actor) (registry.OwnData, error)
}

// erasureRoutes are the routes of Erasure.
func (a *API) erasureRoutes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/api/v1/households/:id/erase", Roles: "T", Scope: Household, Body: small, Doc: "Erase the personal data of a household that was closed or merged, or of one member who has left.", end: typed(a.erase)},
		{Method: http.MethodGet, Path: "/api/v1/my/export", Roles: "H", Scope: Self, Doc: "Everything kept about the caller's own household that it may see.", end: typed(a.myExport)},
	}
}

type erasing struct {
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the household, or of the member, that the admin saw"`
	Member string `json:"member,omitempty" maxLength:"12" doc:"member id of one who has left; absent = the whole household"`
	Reason string `json:"reason" maxLength:"200" doc:"at least 5 characters; who asked and when, without names and numbers: it stays"`
}

func (a *API) erase(c *call, in *erasing) (*json.RawMessage, error) {
	return row(a.deps.Erasure.Erase(c.r.Context(), c.actor, c.house, retention.Ask(*in)))
}

func (a *API) myExport(c *call, _ *none) (*registry.OwnData, error) {
	d, err := a.deps.Erasure.Export(c.r.Context(), c.actor)
	if err != nil {
		return nil, err
	}
	return &d, nil
}
