package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/workflow"
)

// Inbox is what waits for the township admin, and decisions on many rows at
// once (workflow.Service).
type Inbox interface {
	// Inbox lists rows of a reviewed type. Codes: invalid, bad-request.
	Inbox(ctx context.Context, a access.Actor, t *record.Type, ask workflow.Ask) (workflow.Page, error)
	// DecideAll judges every row by itself; those that may be decided are, in
	// one transaction. Code: invalid.
	DecideAll(ctx context.Context, a access.Actor, t *record.Type, b workflow.Batch) (workflow.Outcome, error)
	// UndoAll takes the caller's own decisions of the last seconds back.
	UndoAll(ctx context.Context, a access.Actor, t *record.Type, rows []workflow.Mark) (workflow.Outcome, error)
}

var _ Inbox = (*workflow.Service)(nil)

type batchDecision struct {
	Type   string          `json:"type,omitempty" maxLength:"20" doc:"a reviewed type; absent = visit"`
	Action string          `json:"action" minLength:"1" maxLength:"32" doc:"a move of the township's workflow: approve, return, reject, object"`
	Reason string          `json:"reason,omitempty" maxLength:"200" doc:"shown to the authors; needed to return and reject"`
	Dry    bool            `json:"dry,omitempty" doc:"only say what would become of each row"`
	Rows   []workflow.Mark `json:"rows" minItems:"1" maxItems:"200"`
}

type batchUndo struct {
	Type string          `json:"type,omitempty" maxLength:"20" doc:"a reviewed type; absent = visit"`
	Rows []workflow.Mark `json:"rows" minItems:"1" maxItems:"200" doc:"at the revisions the decision answered with"`
}

type undoAsk struct {
	Rev int64 `json:"rev" minimum:"1" doc:"revision the decision answered with"`
}

func (a *API) inboxRoutes() []Route {
	get, post := http.MethodGet, http.MethodPost
	filters := []string{"township", "type", "state", "village", "cadre", "from", "to", "flag", "household", "after", "limit"}
	return []Route{
		{Method: get, Path: "/api/v1/inbox", Roles: "T", Scope: Township, Doc: "Rows of a reviewed type (default: visit), or proposals (type=proposal), that wait for a decision (or are in state), the longest waiting first, and how much waits in all.", Query: filters, end: typed(a.inbox)},
		{Method: post, Path: "/api/v1/inbox/decisions", Roles: "T", Scope: Township, Body: small, Doc: "Decide on many rows at once; each is named with what became of it, or, dry, would.", end: typed(a.decideAll)},
		{Method: post, Path: "/api/v1/inbox/undo", Roles: "T", Scope: Township, Body: small, Doc: "Take one's own decisions back, within 10 seconds.", end: typed(a.undoAll)},
	}
}

func (a *API) inbox(c *call, _ *none) (*workflow.Page, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	t, err := a.queued(c.gin.Query("type"))
	if err != nil {
		return nil, err
	}
	of := c.gin.Query
	ask := workflow.Ask{Township: c.township, State: q.State, Household: of("household"), Village: of("village"), Author: of("cadre"),
		From: of("from"), To: of("to"), Flag: of("flag"), After: q.After, Limit: q.Limit}
	if len(ask.Village) > 16 || len(ask.Author) > 64 {
		return nil, fault.New(fault.BadRequest, "")
	}
	out, err := a.deps.Inbox.Inbox(c.r.Context(), c.actor, t, ask)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func (a *API) decideAll(c *call, in *batchDecision) (*workflow.Outcome, error) {
	t, err := a.reviewed(in.Type)
	if err != nil {
		return nil, err
	}
	return told(a.deps.Inbox.DecideAll(c.r.Context(), c.actor, t, workflow.Batch{Action: in.Action, Reason: in.Reason, Rows: in.Rows, Dry: in.Dry}))
}

func (a *API) undoAll(c *call, in *batchUndo) (*workflow.Outcome, error) {
	t, err := a.reviewed(in.Type)
	if err != nil {
		return nil, err
	}
	return told(a.deps.Inbox.UndoAll(c.r.Context(), c.actor, t, in.Rows))
}

// told gives the outcome, or nothing with the failure.
func told(out workflow.Outcome, err error) (*workflow.Outcome, error) {
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func (a *API) undo(c *call, in *undoAsk) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Approval.Undo(c.r.Context(), c.actor, c.route.Type, id, in.Rev))
}
