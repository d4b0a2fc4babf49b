package main

import (
	"context"

	"daohu/server/activity"
	"daohu/server/delta"
	"daohu/server/form"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
)

// ledger is everything the township's tables say about what phones sent.
func (s *server) ledger(ctx context.Context) (map[string]any, error) {
	out := map[string]any{}
	houses := append([]string{s.town.Common}, s.town.Houses...)
	for key, t := range map[string]*record.Type{"visits": activity.VisitType, "responses": form.ResponseType} {
		recs, err := s.base.DB.Rows(ctx, t, delta.Select{Township: s.town.Township, Households: houses})
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
	props, err := s.base.DB.Page(ctx, household.ProposalType, registry.PageQuery{Township: s.town.Township, Limit: 100000})
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, r := range props {
		p := r.(*household.Proposal)
		mine, err := s.base.Box.Open(p.Mine)
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
		list, err := s.base.DB.Quarantined(ctx, s.town.Township, state, "", 100000)
		if err != nil {
			return err
		}
		for _, q := range list {
			text, err := s.base.Box.Open(record.Sealed(q.Mutation))
			if err != nil {
				return err
			}
			qs = append(qs, map[string]any{"id": q.ID, "user": q.User, "household": q.Household, "mutation": text})
		}
	}
	out["quarantine"] = qs
	hs, err := s.base.DB.Histories(ctx, s.town.Township)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, h := range hs {
		list = append(list, map[string]any{"type": h.Type, "row": h.Row, "field": h.Field, "old": h.Old, "new": h.New, "by": h.By})
	}
	out["history"] = list
	return nil
}
