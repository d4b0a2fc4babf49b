package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"daohu/server/access"
	"daohu/server/delta"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/write"
)

type user struct {
	actor    access.Actor
	disabled bool
}

type server struct {
	base  *town.Base
	town  *town.Town       // of the present world
	users map[string]*user // by token, which is the user id
}

func (s *server) do(ctx context.Context, c call) (map[string]any, error) {
	if s.town == nil && c.Op != "world" && c.Op != "clock" {
		return nil, errors.New("no world yet")
	}
	switch c.Op {
	case "world":
		return s.world(ctx, c)
	case "clock":
		s.base.SetClock(c.At)
		return nil, nil
	case "http":
		return s.http(ctx, c)
	case "pair":
		return nil, s.pair(ctx, c)
	case "edit":
		return nil, s.edit(ctx, c)
	case "erase":
		return nil, s.erase(ctx, c)
	case "decide":
		return nil, s.decide(ctx, c)
	case "settle":
		return nil, s.settle(ctx, c)
	case "disable":
		if u := s.users[c.User]; u != nil {
			u.disabled = c.On
		}
		return nil, nil
	case "projection":
		return s.projection(ctx, c)
	case "ledger":
		return s.ledger(ctx)
	}
	return nil, fmt.Errorf("unknown op %q", c.Op)
}

func (s *server) world(ctx context.Context, c call) (map[string]any, error) {
	t, err := s.base.Add(ctx, town.Size{Cadres: c.Cadres, Workers: c.Workers, Houses: c.Houses})
	if err != nil {
		return nil, err
	}
	s.town, s.users = t, map[string]*user{}
	var users []map[string]any
	for _, a := range append(append([]access.Actor{}, t.Cadres...), t.Workers...) {
		s.users[a.User] = &user{actor: a}
		users = append(users, map[string]any{"user": a.User, "role": a.Role, "token": a.User})
	}
	return map[string]any{"township": t.Township, "households": t.Houses, "common": t.Common, "users": users, "forms": []string{t.Form}}, nil
}

// http carries the sync route; the whole HTTP surface has tests of its own.
func (s *server) http(ctx context.Context, c call) (map[string]any, error) {
	u := s.users[c.Token]
	if u == nil {
		return map[string]any{"status": 401, "headers": map[string]string{}, "body": ""}, nil
	}
	actor := u.actor
	actor.PushOnly = u.disabled
	var body []byte
	var err error
	path, err := url.Parse(c.Path)
	switch {
	case err != nil || path.Path != "/api/v1/sync":
		return map[string]any{"status": 404, "headers": map[string]string{}, "body": ""}, nil
	case c.Method == "GET":
		q := path.Query()
		schema, _ := strconv.ParseInt(q.Get("schema"), 10, 64)
		if body, err = s.base.Delta.Poll(ctx, actor, q.Get("cursor"), schema, q.Get("client")); err == nil && body == nil {
			return map[string]any{"status": 204, "headers": map[string]string{}, "body": ""}, nil
		}
	default:
		body, err = s.base.Delta.Exchange(ctx, actor, []byte(c.Body))
	}
	if err != nil {
		spec := fault.SpecOf(fault.CodeOf(err))
		text, _ := json.Marshal(map[string]any{"code": spec.Code, "detail": spec.Detail, "status": spec.Status})
		return map[string]any{"status": spec.Status, "headers": map[string]string{"content-type": "application/problem+json"}, "body": string(text), "cause": err.Error()}, nil
	}
	return map[string]any{"status": 200, "headers": map[string]string{"content-type": "application/json"}, "body": string(body)}, nil
}

func (s *server) pair(ctx context.Context, c call) error {
	for i := range s.town.Cadres {
		if s.town.Cadres[i].User == c.Cadre {
			return s.town.Pair(ctx, c.Household, &s.town.Cadres[i])
		}
	}
	return s.town.Pair(ctx, c.Household, nil)
}

// current is the projection of a row for the admin, to learn its revision.
func (s *server) current(ctx context.Context, t *record.Type, id string) (rev int64, err error) {
	r, err := s.base.DB.Find(ctx, t, []string{s.town.Township}, id)
	if err != nil {
		return 0, err
	}
	return r.Base().Version, nil
}

func typeOf(name string) *record.Type {
	for _, t := range types.All() {
		if t.Name == name {
			return t
		}
	}
	return nil
}

func (s *server) edit(ctx context.Context, c call) error {
	rev, err := s.current(ctx, household.HouseholdType, c.Household)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]json.RawMessage{c.Field: c.Value})
	if err != nil {
		return err
	}
	_, err = s.base.Registry.Change(ctx, s.town.Admin, household.HouseholdType, c.Household, rev, patch)
	return err
}

// erase makes a tombstone, as retention or a correction by the township would.
func (s *server) erase(ctx context.Context, c call) error {
	t := typeOf(c.Type)
	if t == nil {
		return fmt.Errorf("no type %q", c.Type)
	}
	r, err := s.base.DB.Find(ctx, t, []string{s.town.Township}, c.ID)
	if err != nil {
		return err
	}
	in := write.Intent{Township: s.town.Township, Actor: s.town.Admin.User, Action: "erase", Households: []string{r.Base().Household}}
	_, err = s.base.DB.Write(ctx, in, func(tx write.Tx) error {
		got, err := tx.Load(t, c.ID)
		if err != nil || got[c.ID] == nil {
			return err
		}
		next := t.Clone(got[c.ID])
		next.Base().DeletedAt = tx.Now()
		tx.Put(t, next)
		return nil
	})
	return err
}

func (s *server) decide(ctx context.Context, c call) error {
	t := typeOf("visit")
	rev, err := s.current(ctx, t, c.Visit)
	if err != nil {
		return err
	}
	_, err = s.base.Workflow.Decide(ctx, s.town.Admin, t, c.Visit, workflow.Decision{Action: c.Action, Rev: rev, Reason: c.Reason})
	return err
}

func (s *server) settle(ctx context.Context, c call) error {
	rev, err := s.current(ctx, household.ProposalType, c.Proposal)
	if err != nil {
		return err
	}
	_, err = s.base.Workflow.Settle(ctx, s.town.Admin, c.Proposal, workflow.Decision{Action: c.Action, Rev: rev, Reason: c.Reason})
	return err
}

// projection is what a user should hold, straight from the rows.
func (s *server) projection(ctx context.Context, c call) (map[string]any, error) {
	u := s.users[c.User]
	if u == nil {
		return nil, errors.New("no such user")
	}
	sp, err := s.base.DB.Space(ctx, s.town.Township)
	if err != nil {
		return nil, err
	}
	scope, err := s.base.DB.Scope(ctx, c.User, s.town.Township, 0)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, h := range scope {
		if h.SinceSeq == 0 {
			continue
		}
		rows := map[string][]string{}
		for _, t := range types.All() {
			recs, err := s.base.DB.Rows(ctx, t, delta.Select{Township: s.town.Township, Households: []string{h.Household}})
			if err != nil {
				return nil, err
			}
			for _, r := range recs {
				if r.Base().DeletedAt > 0 {
					continue
				}
				text, err := t.Project(r, h.Role, s.base.Box)
				if err != nil {
					return nil, err
				}
				if text != nil && !strings.Contains(string(text), `"idNo"`) {
					rows[t.Name] = append(rows[t.Name], string(text))
				}
			}
		}
		out[h.Household] = map[string]any{"s": sp.No, "rows": rows}
	}
	return map[string]any{"households": out}, nil
}
