package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/registry"
	"daohu/server/roster"
)

// Rights is where persons' requests about their own data are kept and settled
// (casework.Rights). Rows are judged by the service.
type Rights interface {
	Record(ctx context.Context, a access.Actor, township, house string, in casework.RightAsk) (json.RawMessage, error)
	Settle(ctx context.Context, a access.Actor, id, action string, rev int64, answer string) (json.RawMessage, error)
	Erase(ctx context.Context, a access.Actor, id string, rev int64, reason string) (json.RawMessage, error)
	// CopyData logs the copy before it gives it out.
	CopyData(ctx context.Context, a access.Actor, id string) (registry.OwnData, roster.Note, error)
}

// Findings is where an auditor's findings are written and settled
// (casework.Findings). Rows are judged by the service.
type Findings interface {
	Find(ctx context.Context, a access.Actor, in casework.FindingAsk) (json.RawMessage, error)
	AnswerFinding(ctx context.Context, a access.Actor, id string, rev int64, text string) (json.RawMessage, error)
	SettleFinding(ctx context.Context, a access.Actor, id, action string, rev int64, reason string) (json.RawMessage, error)
}

var _ Findings = (*casework.Findings)(nil)

// rightRoutes are the routes of Rights and Findings.
func (a *API) rightRoutes() []Route {
	get, post, list := http.MethodGet, http.MethodPost, []string{"township", "state", "after", "limit"}
	return []Route{
		{Method: get, Path: "/api/v1/datarequests", Roles: "TKA", Scope: Area, Doc: "Requests of persons about their own data by the day they are due: open, overdue, done, refused.", Query: list, end: typed(a.cases(casework.DataRequestType))},
		{Method: post, Path: "/api/v1/households/:id/datarequests", Roles: "T", Scope: Household, Body: small, Doc: "Write down what a household asks for about its own data.", end: typed(a.recordRight)},
		{Method: post, Path: "/api/v1/datarequests/:id/answer", Roles: "T", Scope: Row, Body: small, Doc: "Answer a request: done, or refused with the reason.", end: typed(a.settleRight)},
		{Method: post, Path: "/api/v1/datarequests/:id/erase", Roles: "T", Scope: Row, Body: small, Doc: "Erase what a request asks to have erased, by another admin than who wrote it down.", end: typed(a.eraseRight)},
		{Method: post, Path: "/api/v1/datarequests/:id/copy", Roles: "T", Scope: Row, Body: small, Doc: "The household's own data, as the caller may see it, to be handed over. Logged.", end: typed(a.copyRight)},
		{Method: get, Path: "/api/v1/findings", Roles: "TKA", Scope: Area, Doc: "Findings of auditors by the day an answer is due: open, overdue, answered, closed.", Query: list, end: typed(a.cases(casework.FindingType))},
		{Method: post, Path: "/api/v1/findings", Roles: "A", Scope: Row, Body: small, Doc: "Write a finding about a record in reach.", end: typed(a.find)},
		{Method: post, Path: "/api/v1/findings/:id/answer", Roles: "T", Scope: Row, Body: small, Doc: "Answer a finding.", end: typed(a.answerFinding)},
		{Method: post, Path: "/api/v1/findings/:id/settle", Roles: "A", Scope: Row, Body: small, Doc: "Close a finding, or give the answer back.", end: typed(a.settleFinding)},
	}
}

type rightAsk struct {
	Kind   string `json:"kind" enum:"copy,correction,erasure"`
	Asker  string `json:"asker" minLength:"1" maxLength:"50" doc:"who asked"`
	Way    string `json:"way" enum:"当面,电话,书面,委托"`
	Member string `json:"member,omitempty" maxLength:"12" doc:"member it is about; absent = the whole household"`
	Text   string `json:"text,omitempty" maxLength:"500"`
	Day    string `json:"day" minLength:"10" maxLength:"10" doc:"day it was received"`
}

type rightAnswer struct {
	Action string `json:"action" enum:"done,refused"`
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the request the admin saw"`
	Answer string `json:"answer" minLength:"1" maxLength:"500" doc:"what the person was told"`
}

type rightErasing struct {
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the request the admin saw"`
	Reason string `json:"reason" maxLength:"200" doc:"at least 5 characters; who asked and when, without names and numbers: it stays"`
}

type findingAsk struct {
	About    string `json:"about" minLength:"1" maxLength:"32" doc:"type of the record"`
	Row      string `json:"row" minLength:"12" maxLength:"12" doc:"id of the record"`
	Severity string `json:"severity" enum:"轻微,一般,严重"`
	Text     string `json:"text" minLength:"1" maxLength:"500"`
}

type findingAnswer struct {
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the finding the admin saw"`
	Answer string `json:"answer" minLength:"1" maxLength:"500"`
}

type findingSettle struct {
	Action string `json:"action" enum:"close,return"`
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the finding the auditor saw"`
	Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"shown to the township"`
}

// DataCopy is a household's own data, to be handed over.
type DataCopy struct {
	registry.OwnData
	Note SheetNote `json:"note" doc:"stands at its foot"`
}

func (a *API) recordRight(c *call, in *rightAsk) (*json.RawMessage, error) {
	return row(a.deps.Rights.Record(c.r.Context(), c.actor, c.house.Township, c.house.ID, casework.RightAsk(*in)))
}

func (a *API) settleRight(c *call, in *rightAnswer) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Rights.Settle(c.r.Context(), c.actor, id, in.Action, in.Rev, in.Answer))
}

func (a *API) eraseRight(c *call, in *rightErasing) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Rights.Erase(c.r.Context(), c.actor, id, in.Rev, in.Reason))
}

func (a *API) copyRight(c *call, _ *none) (*DataCopy, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	data, note, err := a.deps.Rights.CopyData(c.r.Context(), c.actor, id)
	if err != nil {
		return nil, err
	}
	return &DataCopy{OwnData: data, Note: SheetNote{ID: note.ID, Who: note.Who, At: note.At}}, nil
}

func (a *API) find(c *call, in *findingAsk) (*json.RawMessage, error) {
	return row(a.deps.Findings.Find(c.r.Context(), c.actor, casework.FindingAsk(*in)))
}

func (a *API) answerFinding(c *call, in *findingAnswer) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Findings.AnswerFinding(c.r.Context(), c.actor, id, in.Rev, in.Answer))
}

func (a *API) settleFinding(c *call, in *findingSettle) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Findings.SettleFinding(c.r.Context(), c.actor, id, in.Action, in.Rev, in.Reason))
}
