package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/record"
)

// Cases is where needs, the problem ledger and complaints are settled online
// (casework.Desk). Rows are judged by the service: fault.NotFound for what the
// caller may not see. rev is the revision the caller saw.
type Cases interface {
	// List pages through the cases of a township within reach. Code: invalid.
	List(ctx context.Context, a access.Actor, t *record.Type, ask casework.Ask) (casework.Page, error)
	// Dispatch gives a need to who is to answer it; user "" takes it back.
	// Codes: invalid, stale, wrong-state.
	Dispatch(ctx context.Context, a access.Actor, id string, rev int64, user string) (json.RawMessage, error)
	// Close closes a need or a complaint. Codes: invalid, stale, wrong-state.
	Close(ctx context.Context, a access.Actor, t *record.Type, id string, rev int64, reason string) (json.RawMessage, error)
	// Answer answers a complaint. Codes: invalid, stale, wrong-state.
	Answer(ctx context.Context, a access.Actor, id string, rev int64, text string) (json.RawMessage, error)
	// Check takes pass, return. Codes: invalid, stale, own-record, wrong-state.
	Check(ctx context.Context, a access.Actor, id, action string, rev int64, reason string) (json.RawMessage, error)
	// Words are the codes of the ledger and the clocks.
	Words(ctx context.Context) (casework.Book, error)
}

var _ Cases = (*casework.Desk)(nil)

// caseRoutes are the routes of Cases. What a cadre or village worker writes
// comes through sync.
func (a *API) caseRoutes() []Route {
	get, post, list := http.MethodGet, http.MethodPost, []string{"township", "state", "after", "limit"}
	need, issue, complaint := casework.NeedType, casework.IssueType, casework.ComplaintType
	return []Route{
		{Method: get, Path: "/api/v1/needs", Roles: "TKA", Scope: Area, Doc: "Needs of a township by the day they are due: open, overdue, answered, closed.", Query: list, end: typed(a.cases(need))},
		{Method: post, Path: "/api/v1/needs/:id/dispatch", Roles: "T", Scope: Row, Body: small, Doc: "Give a need to a cadre or village worker who holds the household.", end: typed(a.dispatchNeed)},
		{Method: post, Path: "/api/v1/needs/:id/close", Roles: "T", Scope: Row, Body: small, Doc: "Close a need, with a reason the household reads.", end: typed(a.closeCase(need))},
		{Method: get, Path: "/api/v1/issues", Roles: "TKA", Scope: Area, Doc: "The problem ledger of a township by deadline: open, overdue, doing, done, checked.", Query: list, end: typed(a.cases(issue))},
		{Method: get, Path: "/api/v1/issues/words", Roles: "CVTKA", Scope: None, Doc: "Categories and causes of the ledger, and the clocks in working days.", end: typed(a.caseWords)},
		{Method: post, Path: "/api/v1/issues/:id/check", Roles: "T", Scope: Row, Body: small, Doc: "Check a problem that is said to be solved, or give it back.", end: typed(a.checkIssue)},
		{Method: get, Path: "/api/v1/complaints", Roles: "TKA", Scope: Area, Doc: "Complaints of a township by the day they are due: open, overdue, answered, closed.", Query: list, end: typed(a.cases(complaint))},
		{Method: post, Path: "/api/v1/complaints/:id/answer", Roles: "TK", Scope: Row, Body: small, Doc: "Answer a complaint.", end: typed(a.answerComplaint)},
		{Method: post, Path: "/api/v1/complaints/:id/close", Roles: "TK", Scope: Row, Body: small, Doc: "Close a complaint that was answered.", end: typed(a.closeCase(complaint))},
	}
}

type dispatchAsk struct {
	Rev  int64  `json:"rev" minimum:"1" doc:"revision of the need the admin saw"`
	User string `json:"user,omitempty" maxLength:"12" doc:"user id; absent = nobody in particular"`
}

type closeAsk struct {
	Rev    int64  `json:"rev" minimum:"1" doc:"revision the admin saw"`
	Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"shown to the household"`
}

type answerAsk struct {
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the complaint the admin saw"`
	Answer string `json:"answer" minLength:"1" maxLength:"500" doc:"shown to the household"`
}

type checkAsk struct {
	Action string `json:"action" enum:"pass,return"`
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the issue the admin saw"`
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"needed to give it back"`
}

func (a *API) cases(t *record.Type) func(c *call, _ *none) (*casework.Page, error) {
	return func(c *call, _ *none) (*casework.Page, error) {
		q, err := c.query()
		if err != nil {
			return nil, err
		}
		out, err := a.deps.Cases.List(c.r.Context(), c.actor, t, casework.Ask{Township: c.township, State: q.State, After: q.After, Limit: q.Limit})
		return &out, err
	}
}

func (a *API) dispatchNeed(c *call, in *dispatchAsk) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	if in.User != "" && !record.IsID(in.User) {
		return nil, fault.Bad(fault.Field{Name: "user", Code: "format", Detail: "编号的格式不对。"})
	}
	return row(a.deps.Cases.Dispatch(c.r.Context(), c.actor, id, in.Rev, in.User))
}

func (a *API) closeCase(t *record.Type) func(c *call, in *closeAsk) (*json.RawMessage, error) {
	return func(c *call, in *closeAsk) (*json.RawMessage, error) {
		id, err := c.pathID()
		if err != nil {
			return nil, err
		}
		return row(a.deps.Cases.Close(c.r.Context(), c.actor, t, id, in.Rev, in.Reason))
	}
}

func (a *API) answerComplaint(c *call, in *answerAsk) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Cases.Answer(c.r.Context(), c.actor, id, in.Rev, in.Answer))
}

func (a *API) checkIssue(c *call, in *checkAsk) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Cases.Check(c.r.Context(), c.actor, id, in.Action, in.Rev, in.Reason))
}

func (a *API) caseWords(c *call, _ *none) (*casework.Book, error) {
	b, err := a.deps.Cases.Words(c.r.Context())
	return &b, err
}
