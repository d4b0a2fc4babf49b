package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/parcel"
	"daohu/server/servertest/town"
)

type user struct {
	actor    access.Actor
	disabled bool
}

type server struct {
	options town.Options
	db      *database
	nodes   [servers]*node
	clock   int64
	seed    uint64
	boots   uint64 // of nodes in the present world
	healed  int64  // by nodes that are gone
	backup  *backup
	town    *town.Town       // of the present world
	users   map[string]*user // by token, which is the user id
}

func (s *server) do(ctx context.Context, c call) (map[string]any, error) {
	if s.town == nil && c.Op != "world" && c.Op != "clock" {
		return nil, errors.New("no world yet")
	}
	switch c.Op {
	case "world":
		return s.world(ctx, c)
	case "clock":
		s.clock = c.At
		for _, n := range s.nodes {
			if n != nil {
				n.base.SetClock(c.At)
			}
		}
		return nil, nil
	case "http":
		return s.http(ctx, c)
	case "restart":
		return nil, s.restart(ctx)
	case "backup":
		return nil, s.takeBackup(ctx)
	case "restore":
		return nil, s.restore(ctx, c.Raw)
	case "disable":
		if u := s.users[c.User]; u != nil {
			u.disabled = c.On
		}
		return nil, nil
	case "scope":
		return s.scope(ctx, c)
	case "projection":
		return s.projection(ctx, c)
	case "ledger":
		return s.ledger(ctx)
	}
	return nil, s.admin(ctx, c)
}

// world begins a new township; fresh = in a database of its own. With SQLite
// it always has one. Ids depend on the seed alone.
func (s *server) world(ctx context.Context, c call) (map[string]any, error) {
	if err := s.stop(); err != nil {
		return nil, err
	}
	if c.Fresh || s.db.mysql == "" {
		if err := s.db.fresh(ctx); err != nil {
			return nil, err
		}
	}
	s.seed, s.boots, s.healed, s.backup, s.town = c.Seed, 0, 0, nil, nil
	if err := s.restart(ctx); err != nil {
		return nil, err
	}
	t, err := s.nodes[0].base.Add(ctx, town.Size{Cadres: c.Cadres, Workers: c.Workers, Houses: c.Houses})
	if err != nil {
		return nil, err
	}
	s.db.towns++
	s.town, s.users = t, map[string]*user{}
	var users []map[string]any
	for _, a := range append(append([]access.Actor{}, t.Cadres...), t.Workers...) {
		s.users[a.User] = &user{actor: a}
		users = append(users, map[string]any{"user": a.User, "role": a.Role, "token": a.User})
	}
	return map[string]any{"township": t.Township, "households": t.Houses, "common": t.Common, "users": users, "forms": []string{t.Form}}, nil
}

// killed is what a node dies of.
type killed struct{}

// http carries the sync route; the whole HTTP surface has tests of its own.
// The node may die after any statement: whatever its transaction did is gone,
// what was committed stays. And another hand may write in the middle of a pull,
// or another phone ask the other node in the middle of a push.
func (s *server) http(ctx context.Context, c call) (out map[string]any, err error) {
	if c.Node < 0 || c.Node >= servers {
		return nil, errors.New("no such node")
	}
	n, statements := s.nodes[c.Node], 0
	pulled := -1 // statements since the pull began
	n.hook = func(sql string) {
		statements++
		if statements == c.Die {
			panic(killed{})
		}
		if pulled >= 0 || strings.Contains(sql, "FROM `space` AS `s`") {
			pulled++
		}
		if c.Inner != nil && (c.Within > 0 && statements == c.Within || c.Within == 0 && pulled == c.After) {
			inner, hook := *c.Inner, n.hook
			c.Inner, n.hook = nil, nil
			reply, err := s.do(ctx, inner)
			n.hook = hook
			out = map[string]any{"inner": fmt.Sprint(err), "told": reply}
		}
	}
	asked, cancel := context.WithCancel(ctx)
	defer func() {
		cancel() // ends what a dead node left open
		n.hook = nil
		switch p := recover(); p.(type) {
		case nil:
		case killed:
			done := out // what another hand did before it died
			out, err = map[string]any{"died": true}, s.boot(ctx, c.Node)
			maps.Copy(out, done)
		default:
			panic(p)
		}
	}()
	reply, err := s.sync(asked, n, c)
	if reply != nil {
		reply["statements"] = statements
		if out != nil {
			reply["inner"], reply["told"] = out["inner"], out["told"]
		}
	}
	return reply, err
}

func (s *server) sync(ctx context.Context, n *node, c call) (map[string]any, error) {
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
		pack, _ := strconv.Atoi(q.Get("pack"))
		if body, err = n.base.Delta.Poll(ctx, actor, q.Get("cursor"), schema, q.Get("client"), pack); err == nil && body == nil {
			return map[string]any{"status": 204, "headers": map[string]string{}, "body": ""}, nil
		}
	default:
		raw := []byte(c.Body)
		if len(c.Bytes) > 0 {
			if _, raw, err = parcel.Open(c.Bytes, 1<<20); err != nil {
				break
			}
		}
		body, err = n.base.Delta.Exchange(ctx, actor, raw)
	}
	if err != nil {
		spec := fault.SpecOf(fault.CodeOf(err))
		text, _ := json.Marshal(map[string]any{"code": spec.Code, "detail": spec.Detail, "status": spec.Status})
		return map[string]any{"status": spec.Status, "headers": map[string]string{"content-type": "application/problem+json"}, "body": string(text), "cause": err.Error()}, nil
	}
	if parcel.Is(body) {
		return map[string]any{"status": 200, "headers": map[string]string{}, "body": "", "bytes": body}, nil
	}
	return map[string]any{"status": 200, "headers": map[string]string{"content-type": "application/json"}, "body": string(body)}, nil
}
