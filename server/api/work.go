package api

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
)

type reviewDecision struct {
	Action string `json:"action" minLength:"1" maxLength:"32" doc:"a move of the township's workflow: approve, return, reject, object"`
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the row the admin saw"`
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"shown to the author; needed to return, reject and object"`
}

type quarantineDecision struct {
	Action string `json:"action" enum:"take,refuse"`
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"needed to refuse"`
}

type proposalDecision struct {
	Action string `json:"action" enum:"accept,refuse"`
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the proposal the admin saw"`
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"shown to the author; needed to refuse"`
}

type newPairing struct {
	Cadre  string `json:"cadre,omitempty" maxLength:"64" doc:"login name of the cadre; absent = only end the pairing"`
	Day    string `json:"day" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"the day it holds from, Asia/Shanghai"`
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"why the pairing before it ends"`
}

// reviewed finds a type with a workflow by its name; "" = visit.
func (a *API) reviewed(name string) (*record.Type, error) {
	for _, t := range a.deps.Types {
		if t.Workflow && t.Name == cmp.Or(name, "visit") {
			return t, nil
		}
	}
	return nil, fault.Bad(fault.Field{Name: "type", Code: "not-allowed", Detail: "这种记录不用审批。"})
}

// queued finds a type whose rows wait in the inbox: a reviewed one, or
// proposals, which are decided one by one.
func (a *API) queued(name string) (*record.Type, error) {
	for _, t := range a.deps.Types {
		if t.Name == name && t == household.ProposalType {
			return t, nil
		}
	}
	return a.reviewed(name)
}

func (a *API) quarantine(c *call, _ *none) (*Page, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	return paged(a.deps.Approval.Quarantine(c.r.Context(), c.actor, q))
}

func (a *API) decide(c *call, in *reviewDecision) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Approval.Decide(c.r.Context(), c.actor, c.route.Type, id, Decision{in.Action, in.Rev, in.Reason}))
}

func (a *API) decideQuarantine(c *call, in *quarantineDecision) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Approval.DecideQuarantine(c.r.Context(), c.actor, id, Decision{in.Action, 0, in.Reason}))
}

func (a *API) decideProposal(c *call, in *proposalDecision) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Approval.DecideProposal(c.r.Context(), c.actor, id, Decision{in.Action, in.Rev, in.Reason}))
}

func (a *API) pair(c *call, in *newPairing) (*json.RawMessage, error) {
	return row(a.deps.Pairing.Pair(c.r.Context(), c.actor, c.house, in.Cadre, in.Day, in.Reason))
}

func sortFields(f []fault.Field) {
	slices.SortFunc(f, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
}

// shorten keeps an echoed name short.
func shorten(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 40)])
}
