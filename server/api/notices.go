package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/notice"
)

// Notices are a township's public notices. A row is projected for the caller.
type Notices interface {
	// Public lists what is up today; the township need not be anyone's own.
	Public(ctx context.Context, township string) ([]json.RawMessage, error)
	Draft(ctx context.Context, a access.Actor, township string, n notice.New) (json.RawMessage, error)
	// Publish takes days from today on. Codes: invalid, not-found, stale, wrong-state.
	Publish(ctx context.Context, a access.Actor, id string, rev, days int64) (json.RawMessage, error)
	Withdraw(ctx context.Context, a access.Actor, id string, rev int64, reason string) (json.RawMessage, error)
}

func (a *API) noticeRoutes() []Route {
	get, post := http.MethodGet, http.MethodPost
	return []Route{
		{Method: get, Path: "/api/v1/notices", Scope: None, Doc: "Public notices of a township that are up today.", Query: []string{"township"}, end: typed(a.publicNotices)},
		{Method: post, Path: "/api/v1/notices", Roles: "T", Scope: Township, Body: small, Doc: "Draft a notice; the server masks the households it lists.", end: typed(a.draftNotice)},
		{Method: post, Path: "/api/v1/notices/:id/publish", Roles: "T", Scope: Row, Body: small, Doc: "Put a draft up for a number of days; it comes down by itself.", end: typed(a.publishNotice)},
		{Method: post, Path: "/api/v1/notices/:id/withdraw", Roles: "T", Scope: Row, Body: small, Doc: "Take a notice down, or throw a draft away.", end: typed(a.withdrawNotice)},
	}
}

type newNotice struct {
	Kind       string   `json:"kind" enum:"通知,公告,公示"`
	Title      string   `json:"title" minLength:"1" maxLength:"60"`
	Text       string   `json:"text" minLength:"1" maxLength:"2000" doc:"no full names, no ID numbers, no telephones of people"`
	Hotline    string   `json:"hotline,omitempty" maxLength:"20" doc:"the office's telephone for objections"`
	Households []string `json:"households,omitempty" maxItems:"800" doc:"ids of the households it is about"`
}

type noticeTerm struct {
	Rev  int64 `json:"rev" minimum:"1"`
	Days int64 `json:"days" minimum:"1" maximum:"90" doc:"today is the first"`
}

type noticeEnd struct {
	Rev    int64  `json:"rev" minimum:"1"`
	Reason string `json:"reason" minLength:"1" maxLength:"200"`
}

func (a *API) publicNotices(c *call, _ *none) (*Page, error) {
	township := c.gin.Query("township")
	if township == "" || len(township) > 16 {
		return nil, fault.Bad(fault.Field{Name: "township", Code: "required", Detail: "请说明是哪个乡镇。"})
	}
	rows, err := a.deps.Notices.Public(c.r.Context(), township)
	return paged(rows, "", err)
}

func (a *API) draftNotice(c *call, in *newNotice) (*json.RawMessage, error) {
	return row(a.deps.Notices.Draft(c.r.Context(), c.actor, c.township, notice.New{Kind: in.Kind, Title: in.Title, Text: in.Text, Hotline: in.Hotline, Households: in.Households}))
}

func (a *API) publishNotice(c *call, in *noticeTerm) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Notices.Publish(c.r.Context(), c.actor, id, in.Rev, in.Days))
}

func (a *API) withdrawNotice(c *call, in *noticeEnd) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Notices.Withdraw(c.r.Context(), c.actor, id, in.Rev, in.Reason))
}
