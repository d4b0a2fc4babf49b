package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/registry"
)

// Registry is what online callers do with households beyond reading and
// writing rows (registry.Service).
type Registry interface {
	// Reveal answers a sealed field in plain text; the look is logged before.
	// Codes: invalid, forbidden, not-found.
	Reveal(ctx context.Context, a access.Actor, in House, k registry.Ask) (string, error)
	// Looks lists who looked at a household's sealed fields, newest first.
	Looks(ctx context.Context, in House, after string, limit int) (rows []registry.Look, next string, err error)
	// MyLooks is Looks at the caller's own household.
	MyLooks(ctx context.Context, a access.Actor, after string, limit int) (rows []registry.Look, next string, err error)
	// Search finds households in reach; more: there are others. Code: invalid.
	Search(ctx context.Context, a access.Actor, text string) (rows []registry.Found, more bool, err error)
	// End closes a household, or merges it into another, and returns its row.
	// Codes: invalid, stale, wrong-state, not-found.
	End(ctx context.Context, a access.Actor, in House, e registry.Ending) (json.RawMessage, error)
	// AsOf shows a household as it was at the end of a day. Codes: invalid, not-found.
	AsOf(ctx context.Context, a access.Actor, in House, day string) (registry.AsOf, error)
}

// registryRoutes are the routes of Registry.
func (a *API) registryRoutes() []Route {
	get, post, page := http.MethodGet, http.MethodPost, []string{"after", "limit"}
	return []Route{
		{Method: post, Path: "/api/v1/households/:id/reveal", Roles: "CVTKA", Scope: Household, Body: small, Doc: "See one sealed field in plain text, with a reason; the household sees who looked.", end: typed(a.reveal)},
		{Method: get, Path: "/api/v1/households/:id/access", Roles: "T", Scope: Household, Doc: "Who looked at the household's sealed fields, newest first.", Query: page, end: typed(a.looks)},
		{Method: get, Path: "/api/v1/my/access", Roles: "H", Scope: Self, Doc: "Who looked at the caller's own household's sealed fields, newest first.", Query: page, end: typed(a.myLooks)},
		{Method: post, Path: "/api/v1/search", Roles: "CVTKA", Scope: Self, Body: small, Doc: "Find households in reach: the beginning of a name, 户编号 or village, or a whole ID number (logged). At most 50.", end: typed(a.search)},
		{Method: post, Path: "/api/v1/households/:id/close", Roles: "T", Scope: Household, Body: small, Doc: "Close a household that is no longer there; it is never deleted.", end: typed(a.closeHousehold)},
		{Method: post, Path: "/api/v1/households/:id/reopen", Roles: "T", Scope: Household, Body: small, Doc: "Open a household again that was closed by mistake.", end: typed(a.reopenHousehold)},
		{Method: post, Path: "/api/v1/households/:id/merge", Roles: "T", Scope: Household, Body: small, Doc: "Merge a household into another of the township.", end: typed(a.mergeHousehold)},
	}
}

type revealAsk struct {
	Member string `json:"member,omitempty" maxLength:"12" doc:"member id; absent for what is the household's"`
	Field  string `json:"field" enum:"phone,bankAccount,idNo,certNo,diagnosis"`
	Reason string `json:"reason" maxLength:"200" doc:"5 to 200 characters, shown to the household; an auditor names the case (案号)"`
}

// Revealed is one sealed field in plain text.
type Revealed struct {
	Value string `json:"value" doc:"empty = nothing is stored"`
}

// Looks is one page of who looked.
type Looks struct {
	Rows []registry.Look `json:"rows"`
	Next string          `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
}

func (a *API) reveal(c *call, in *revealAsk) (*Revealed, error) {
	v, err := a.deps.Registry.Reveal(c.r.Context(), c.actor, c.house, registry.Ask(*in))
	if err != nil {
		return nil, err
	}
	return &Revealed{v}, nil
}

func (a *API) looks(c *call, _ *none) (*Looks, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	rows, next, err := a.deps.Registry.Looks(c.r.Context(), c.house, q.After, q.Limit)
	return looked(rows, next, err)
}

func (a *API) myLooks(c *call, _ *none) (*Looks, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	rows, next, err := a.deps.Registry.MyLooks(c.r.Context(), c.actor, q.After, q.Limit)
	return looked(rows, next, err)
}

func looked(rows []registry.Look, next string, err error) (*Looks, error) {
	if err != nil {
		return nil, err
	}
	return &Looks{Rows: append([]registry.Look{}, rows...), Next: next}, nil
}
