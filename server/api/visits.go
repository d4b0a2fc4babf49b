package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
)

// Visits answers what is to be visited and how much work the records make. The
// township was judged by Scope.
type Visits interface {
	// Due is one page of paired households with visits missing in the month or
	// quarter of day ("" = today), the longest unvisited first: those the
	// caller holds for C and V, all of the township for T.
	Due(ctx context.Context, a access.Actor, q Query, day string, all bool) (DueList, error)
	// Compliance is what the compliance page of a township shows.
	Compliance(ctx context.Context, township, from, to string) (Compliance, error)
}

// DueList is a page of households to visit.
type DueList struct {
	From string   `json:"from" doc:"first day of the month or quarter"`
	To   string   `json:"to" doc:"its last day"`
	Rows []DueRow `json:"rows"`
	More int      `json:"more" doc:"households after this page"`
	Next string   `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
}

// DueRow is one household.
type DueRow struct {
	Household json.RawMessage `json:"household" doc:"projected for the caller's role"`
	Last      string          `json:"last,omitempty" doc:"day of the latest visit; absent = none"`
	Done      int64           `json:"done" doc:"visits in the window"`
	Want      int64           `json:"want" doc:"visits asked for"`
}

// Compliance is what shows that the system asks for no more than it may.
type Compliance struct {
	Township string       `json:"township"`
	Evidence EvidenceNow  `json:"evidence"`
	Burden   []BurdenLine `json:"burden" doc:"of the system, never of a person"`
	From     string       `json:"from" doc:"first month counted"`
	To       string       `json:"to" doc:"last month counted"`
}

// EvidenceNow is the evidence policy that holds today.
type EvidenceNow struct {
	Policy string `json:"policy" enum:"none,optional,either,required"`
	Reason string `json:"reason,omitempty" doc:"why it is required"`
	Until  string `json:"until,omitempty" doc:"last day it is required"`
	Ended  bool   `json:"ended,omitempty" doc:"it was required until then and has ended by itself"`
}

// BurdenLine is the median of one thing counted while a visit is written.
type BurdenLine struct {
	What   string `json:"what" enum:"seconds,taps,fields"`
	Visits int64  `json:"visits" doc:"counted; under ten no median is shown"`
	Median *int64 `json:"median,omitempty"`
}

func (a *API) visitRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/api/v1/due", Roles: "CVT", Scope: Township, Doc: "Households to visit this month, the longest unvisited first.", Query: []string{"township", "day", "all", "after", "limit"}, end: typed(a.due)},
		{Method: http.MethodGet, Path: "/api/v1/compliance", Roles: "TKA", Scope: Area, Doc: "The evidence policy that holds and how much work a visit makes.", Query: []string{"township", "from", "to"}, end: typed(a.compliance)},
	}
}

func (a *API) due(c *call, _ *none) (*DueList, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	list, err := a.deps.Visits.Due(c.r.Context(), c.actor, q, c.gin.Query("day"), c.gin.Query("all") == "1")
	if err != nil {
		return nil, err
	}
	return &list, nil
}

func (a *API) compliance(c *call, _ *none) (*Compliance, error) {
	page, err := a.deps.Visits.Compliance(c.r.Context(), c.township, c.gin.Query("from"), c.gin.Query("to"))
	if err != nil {
		return nil, err
	}
	return &page, nil
}
