package api

import (
	"context"
	"net/http"

	"daohu/server/access"
	"daohu/server/outbox"
)

// Subscriptions counts which reminders the caller said yes to (outbox.Desk).
type Subscriptions interface {
	List(ctx context.Context, a access.Actor) ([]outbox.Subscription, error)
	// Accept adds n. Code: wrong-state (the operator has no such template).
	Accept(ctx context.Context, a access.Actor, template string, n int64) error
}

var _ Subscriptions = (*outbox.Desk)(nil)

func (a *API) subscriptionRoutes() []Route {
	const path, who = "/api/v1/me/subscriptions", "HCVT"
	return []Route{
		{Method: http.MethodGet, Path: path, Roles: who, Scope: Self, Doc: "Reminders the phone may ask its user about, and how many are left.", end: typed(a.subscriptions)},
		{Method: http.MethodPost, Path: path, Roles: who, Scope: Self, Body: small, Doc: "Count reminders the user said yes to in wx.requestSubscribeMessage, up to 20.", end: typed(a.subscribe)},
	}
}

// SubscriptionList is what a phone may ask its user about.
type SubscriptionList struct {
	Rows []outbox.Subscription `json:"rows" doc:"empty: this server sends no reminders"`
}

type subscribing struct {
	Template string `json:"template" enum:"returned,answered,notice"`
	N        int64  `json:"n" minimum:"1" maximum:"10"`
}

func (a *API) subscriptions(c *call, _ *none) (*SubscriptionList, error) {
	rows, err := a.deps.Subscriptions.List(c.r.Context(), c.actor)
	return &SubscriptionList{some(rows)}, err
}

func (a *API) subscribe(c *call, in *subscribing) (*SubscriptionList, error) {
	if err := a.deps.Subscriptions.Accept(c.r.Context(), c.actor, in.Template, in.N); err != nil {
		return nil, err
	}
	return a.subscriptions(c, nil)
}
