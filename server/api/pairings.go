package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/pairing"
)

// Pairings is who helps whom of a township as a whole (pairing.Service).
type Pairings interface {
	// Handover moves households of one cadre to others, all or none. Codes:
	// invalid, stale.
	Handover(ctx context.Context, a access.Actor, township string, in pairing.Handover) (*pairing.HandoverResult, error)
	// Bulk pairs many households, all or none. Code: invalid.
	Bulk(ctx context.Context, a access.Actor, township string, in pairing.Bulk) (*pairing.BulkResult, error)
	// List is a page of pairings, of one cadre and on one day. Code: invalid.
	List(ctx context.Context, a access.Actor, township, cadre, on, after string, limit int) (rows []json.RawMessage, next string, err error)
	// Of is what a household ever had, newest first.
	Of(ctx context.Context, a access.Actor, township, household string) ([]json.RawMessage, error)
	// Quotas and Gaps judge the township themselves; "" = all in reach. Code:
	// not-found.
	Quotas(ctx context.Context, a access.Actor, township string) ([]pairing.TownQuota, error)
	Gaps(ctx context.Context, a access.Actor, township string) ([]pairing.TownGaps, error)
}

var _ Pairings = (*pairing.Service)(nil)

// pairingRoutes are the routes of Pairings.
func (a *API) pairingRoutes() []Route {
	get, post, town := http.MethodGet, http.MethodPost, []string{"township"}
	return []Route{
		{Method: post, Path: "/api/v1/pairings/handover", Roles: "T", Scope: Township, Body: batch, Query: town, Doc: "Hand households of one cadre over to others, all or none; run it dry first.", end: typed(a.handover)},
		{Method: post, Path: "/api/v1/pairings/bulk", Roles: "T", Scope: Township, Body: batch, Query: town, Doc: "Pair up to 2000 households, all or none.", end: typed(a.bulkPair)},
		{Method: get, Path: "/api/v1/pairings", Roles: "T", Scope: Township, Query: []string{"cadre", "on", "after", "limit"}, Doc: "Pairings of the township, past ones too: of one cadre (login), on one day (YYYY-MM-DD).", end: typed(a.listPairings)},
		{Method: get, Path: "/api/v1/households/:id/pairings", Roles: "TKA", Scope: Household, Doc: "Every pairing the household had, newest first.", end: typed(a.pairingsOf)},
		{Method: post, Path: "/api/v1/households/:id/pairing/proposal", Roles: "V", Scope: Household, Body: small, Doc: "Ask the township to pair the household with another cadre.", end: typed(a.proposePairing)},
		{Method: get, Path: "/api/v1/pairings/quota", Roles: "TK", Scope: Row, Query: town, Doc: "Cadres beside the quota by rank; the county gets numbers by township.", end: typed(a.pairingQuota)},
		{Method: get, Path: "/api/v1/pairings/gaps", Roles: "TK", Scope: Row, Query: town, Doc: "Households that should be paired and are not, are twice, or with a cadre out of use; the county gets numbers by township.", end: typed(a.pairingGaps)},
	}
}

// QuotaPage is how cadres stand to the quota, by township.
type QuotaPage struct {
	Townships []pairing.TownQuota `json:"townships"`
}

// GapPage is what is to be put right in pairings, by township.
type GapPage struct {
	Townships []pairing.TownGaps `json:"townships"`
}

func (a *API) handover(c *call, in *pairing.Handover) (*pairing.HandoverResult, error) {
	return a.deps.Pairings.Handover(c.r.Context(), c.actor, c.township, *in)
}

func (a *API) bulkPair(c *call, in *pairing.Bulk) (*pairing.BulkResult, error) {
	return a.deps.Pairings.Bulk(c.r.Context(), c.actor, c.township, *in)
}

func (a *API) listPairings(c *call, _ *none) (*Page, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	return paged(a.deps.Pairings.List(c.r.Context(), c.actor, c.township, c.gin.Query("cadre"), c.gin.Query("on"), q.After, q.Limit))
}

func (a *API) pairingsOf(c *call, _ *none) (*Page, error) {
	rows, err := a.deps.Pairings.Of(c.r.Context(), c.actor, c.house.Township, c.house.ID)
	return paged(rows, "", err)
}

type pairingWish struct {
	Cadre  string `json:"cadre" minLength:"1" maxLength:"64" doc:"login, or user id as pairings show it"`
	Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"for the township; stands with the pairing that ends"`
}

func (a *API) proposePairing(c *call, in *pairingWish) (*json.RawMessage, error) {
	return row(a.deps.Pairing.Propose(c.r.Context(), c.actor, c.house, in.Cadre, in.Reason))
}

func (a *API) pairingQuota(c *call, _ *none) (*QuotaPage, error) {
	rows, err := a.deps.Pairings.Quotas(c.r.Context(), c.actor, c.gin.Query("township"))
	if err != nil {
		return nil, err
	}
	return &QuotaPage{Townships: rows}, nil
}

func (a *API) pairingGaps(c *call, _ *none) (*GapPage, error) {
	rows, err := a.deps.Pairings.Gaps(c.r.Context(), c.actor, c.gin.Query("township"))
	if err != nil {
		return nil, err
	}
	return &GapPage{Townships: rows}, nil
}
