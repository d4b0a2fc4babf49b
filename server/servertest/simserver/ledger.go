package main

import (
	"context"
	"errors"
	"strings"

	"daohu/server/activity"
	"daohu/server/delta"
	"daohu/server/form"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/types"
)

// ledger is everything the township's tables say about what phones sent.
func (s *server) ledger(ctx context.Context) (map[string]any, error) {
	out := map[string]any{}
	houses := append([]string{s.town.Common}, s.town.Houses...)
	for key, t := range map[string]*record.Type{"visits": activity.VisitType, "responses": form.ResponseType} {
		recs, err := s.town.DB.Rows(ctx, t, delta.Select{Township: s.town.Township, Households: houses})
		if err != nil {
			return nil, err
		}
		list := []map[string]any{}
		for _, r := range recs {
			m := r.Base()
			row := map[string]any{"id": m.ID, "by": m.MadeBy, "household": m.Household, "deleted": m.DeletedAt > 0, "seq": m.Seq}
			if v, ok := r.(*activity.Visit); ok {
				row["text"], row["state"] = v.Text, v.State
			}
			list = append(list, row)
		}
		out[key] = list
	}
	props, err := s.town.DB.Page(ctx, household.ProposalType, registry.PageQuery{Township: s.town.Township, Limit: 100000})
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, r := range props {
		p := r.(*household.Proposal)
		mine, err := s.town.Box.Open(p.Mine)
		if err != nil {
			return nil, err
		}
		list = append(list, map[string]any{"id": p.ID, "by": p.MadeBy, "target": p.Target, "row": p.Row, "field": p.Field, "mine": mine, "state": p.State})
	}
	out["proposals"] = list
	return out, s.rest(ctx, out)
}

// rest adds the tables without a place in the walk.
func (s *server) rest(ctx context.Context, out map[string]any) error {
	qs := []map[string]any{}
	for _, state := range []string{"open", "taken", "refused"} {
		list, err := s.town.DB.Quarantined(ctx, s.town.Township, state, "", 100000)
		if err != nil {
			return err
		}
		for _, q := range list {
			text, err := s.town.Box.Open(record.Sealed(q.Mutation))
			if err != nil {
				return err
			}
			qs = append(qs, map[string]any{"id": q.ID, "user": q.User, "household": q.Household, "mutation": text})
		}
	}
	out["quarantine"] = qs
	hs, err := s.town.DB.Histories(ctx, s.town.Township)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, h := range hs {
		list = append(list, map[string]any{"type": h.Type, "row": h.Row, "field": h.Field, "old": h.Old, "new": h.New, "by": h.By})
	}
	out["history"] = list
	healed := s.healed
	for _, n := range s.nodes {
		healed += n.base.Delta.Stats().Healed.Load()
	}
	out["healed"] = healed
	return nil
}

// scope is what a user holds now.
func (s *server) scope(ctx context.Context, c call) (map[string]any, error) {
	scope, err := s.town.DB.Scope(ctx, c.User, s.town.Township, 0)
	ids := []string{}
	for _, h := range scope {
		if h.SinceSeq > 0 {
			ids = append(ids, h.Household)
		}
	}
	return map[string]any{"households": ids}, err
}

// projection is what a user should hold, straight from the rows.
func (s *server) projection(ctx context.Context, c call) (map[string]any, error) {
	if s.users[c.User] == nil {
		return nil, errors.New("no such user")
	}
	sp, err := s.town.DB.Space(ctx, s.town.Township)
	if err != nil {
		return nil, err
	}
	scope, err := s.town.DB.Scope(ctx, c.User, s.town.Township, 0)
	if err != nil {
		return nil, err
	}
	role, ids, rows := map[string]string{}, []string{}, map[string]map[string][]string{}
	for _, h := range scope {
		if h.SinceSeq > 0 {
			role[h.Household], rows[h.Household] = h.Role, map[string][]string{}
			ids = append(ids, h.Household)
		}
	}
	for _, t := range types.All() {
		recs, err := s.town.DB.Rows(ctx, t, delta.Select{Township: s.town.Township, Households: ids})
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			m := r.Base()
			if m.DeletedAt > 0 {
				continue
			}
			text, err := t.Project(r, role[m.Household], s.town.Box)
			if err != nil {
				return nil, err
			}
			if text != nil && !strings.Contains(string(text), `"idNo"`) {
				rows[m.Household][t.Name] = append(rows[m.Household][t.Name], string(text))
			}
		}
	}
	out := map[string]any{}
	for _, id := range ids {
		out[id] = map[string]any{"s": sp.No, "rows": rows[id]}
	}
	return map[string]any{"households": out}, nil
}
