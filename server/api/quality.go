package api

import (
	"context"
	"net/http"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/quality"
)

// Quality looks for what cannot be right in a township's registry.
type Quality interface {
	// Findings checks every open household, of one village or of all (""). The
	// county is told counts only.
	Findings(ctx context.Context, a access.Actor, township, village string) (quality.Findings, error)
	// Reconciled puts the township's figures beside those of other sources. The
	// county is told no names.
	Reconciled(ctx context.Context, a access.Actor, township string) (quality.Reconciliation, error)
	// AddSource keeps the figures of another source. Code: invalid.
	AddSource(ctx context.Context, a access.Actor, s quality.Source) error
}

// qualityRoutes are the routes of Quality.
func (a *API) qualityRoutes() []Route {
	const path, reconcile = "/api/v1/quality", "/api/v1/quality/reconcile"
	return []Route{
		{Method: http.MethodGet, Path: path, Roles: "TK", Scope: Area, Time: slow, Doc: "What the data-quality rules find in a township, by village and rule; the county sees counts only.", Query: []string{"township", "village"}, end: typed(a.findings)},
		{Method: http.MethodGet, Path: reconcile, Roles: "TK", Scope: Area, Doc: "A township's own figures beside those of other sources; all are kept.", Query: []string{"township"}, end: typed(a.reconciled)},
		{Method: http.MethodPost, Path: reconcile, Roles: "T", Scope: Township, Body: small, Doc: "Keep the figures that another source gives of the township.", end: typed(a.addSource)},
	}
}

type newSource struct {
	Name       string `json:"name" minLength:"1" maxLength:"60" doc:"of the source"`
	Day        string `json:"day" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"the day its figures are of, Asia/Shanghai"`
	Households int64  `json:"households" minimum:"0" maximum:"10000000"`
	People     int64  `json:"people" minimum:"0" maximum:"100000000"`
}

func (a *API) findings(c *call, _ *none) (*quality.Findings, error) {
	village := c.gin.Query("village")
	if len(village) > 16 {
		return nil, fault.New(fault.BadRequest, "")
	}
	f, err := a.deps.Quality.Findings(c.r.Context(), c.actor, c.township, village)
	return &f, err
}

func (a *API) reconciled(c *call, _ *none) (*quality.Reconciliation, error) {
	r, err := a.deps.Quality.Reconciled(c.r.Context(), c.actor, c.township)
	return &r, err
}

func (a *API) addSource(c *call, in *newSource) (*quality.Reconciliation, error) {
	s := quality.Source{Township: c.township, Name: in.Name, Day: in.Day, Households: in.Households, People: in.People}
	if err := a.deps.Quality.AddSource(c.r.Context(), c.actor, s); err != nil {
		return nil, err
	}
	return a.reconciled(c, nil)
}
