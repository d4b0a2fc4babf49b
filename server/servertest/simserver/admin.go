package main

import (
	"context"
	"encoding/json"
	"fmt"

	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/write"
)

// admin is what the township and the program's own clockwork do.
func (s *server) admin(ctx context.Context, c call) error {
	switch c.Op {
	case "pair":
		return s.pair(ctx, c)
	case "edit":
		return s.edit(ctx, c)
	case "erase":
		return s.erase(ctx, c)
	case "decide":
		return s.decide(ctx, c)
	case "settle":
		return s.settle(ctx, c)
	case "end":
		return s.end(ctx, c)
	case "wipe":
		return s.wipe(ctx, c)
	case "purge":
		_, err := s.town.DB.Purge(ctx)
		return err
	}
	return fmt.Errorf("unknown op %q", c.Op)
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
	r, err := s.town.DB.Find(ctx, t, []string{s.town.Township}, id)
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
	_, err = s.town.Registry.Change(ctx, s.town.Admin, household.HouseholdType, c.Household, rev, patch)
	return err
}

// erase makes a tombstone, as retention or a correction by the township would.
func (s *server) erase(ctx context.Context, c call) error {
	t := typeOf(c.Type)
	if t == nil {
		return fmt.Errorf("no type %q", c.Type)
	}
	r, err := s.town.DB.Find(ctx, t, []string{s.town.Township}, c.ID)
	if err != nil {
		return err
	}
	in := write.Intent{Township: s.town.Township, Actor: s.town.Admin.User, Action: "erase", Households: []string{r.Base().Household}}
	_, err = s.town.DB.Write(ctx, in, func(tx write.Tx) error {
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
	_, err = s.town.Workflow.Decide(ctx, s.town.Admin, t, c.Visit, workflow.Decision{Action: c.Action, Rev: rev, Reason: c.Reason})
	return err
}

func (s *server) settle(ctx context.Context, c call) error {
	rev, err := s.current(ctx, household.ProposalType, c.Proposal)
	if err != nil {
		return err
	}
	_, err = s.town.Workflow.Settle(ctx, s.town.Admin, c.Proposal, workflow.Decision{Action: c.Action, Rev: rev, Reason: c.Reason})
	return err
}

// end closes a household, merges it into another, or opens it again.
func (s *server) end(ctx context.Context, c call) error {
	rev, err := s.current(ctx, household.HouseholdType, c.Household)
	if err != nil {
		return err
	}
	e := registry.Ending{Rev: rev, Into: c.Into, Reopen: c.Reopen, Reason: c.Reason}
	_, err = s.town.Registry.End(ctx, s.town.Admin, registry.House{ID: c.Household, Township: s.town.Township}, e)
	return err
}

// wipe marks a phone to be erased at its next contact, or takes the mark off.
func (s *server) wipe(ctx context.Context, c call) error {
	in := write.Intent{Township: s.town.Township, Actor: s.town.Admin.User, Action: "wipe", Client: c.Client}
	_, err := s.town.DB.Write(ctx, in, func(tx write.Tx) error {
		tx.Client().Wipe = c.On
		return nil
	})
	return err
}
