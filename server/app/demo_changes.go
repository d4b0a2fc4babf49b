package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/demo"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow"
)

// demoChanges carries out the demo's member changes as people would: cadres and
// village workers propose them from their phones, the township's admin accepts
// each proposal, and gives whoever came the codes and numbers that only an
// admin may write.
func (a *App) demoChanges(ctx context.Context, list []demo.Change, got *Imported, say func(string, int, int)) error {
	admin, err := a.Accounts.User(ctx, account.ByLogin, "admin")
	if err != nil {
		return err
	}
	w := &changing{App: a, township: got.Township, houses: got.IDs, members: map[string]string{}, came: map[string]demo.Change{},
		admin: access.Actor{User: admin.ID, Name: admin.Name, Role: admin.Role, County: admin.County, Township: admin.Township}}
	all, err := every[*household.Member](ctx, a, household.MemberType, got.Township)
	if err != nil {
		return err
	}
	for _, m := range all {
		w.members[m.Code] = m.ID
	}
	if err := w.propose(ctx, list); err != nil {
		return err
	}
	return w.settle(ctx, len(list), say)
}

// changing is the state of one demoChanges.
type changing struct {
	*App
	township string
	admin    access.Actor
	houses   map[string]string      // ids by 户编号
	members  map[string]string      // ids by 人编号
	came     map[string]demo.Change // by id of the member who is to come
}

// propose sends everybody's changes from a phone of their own.
func (w *changing) propose(ctx context.Context, list []demo.Change) error {
	by := map[string][]demo.Change{}
	var authors []string
	for _, c := range list {
		if by[c.Author] == nil {
			authors = append(authors, c.Author)
		}
		by[c.Author] = append(by[c.Author], c)
	}
	slices.Sort(authors)
	for _, login := range authors {
		var muts []demoMut
		for _, c := range by[login] {
			id, patch := w.members[c.Member], map[string]any{"left": c.Left, "leftDay": c.Day}
			if c.Came != nil {
				id = w.DB.NewID()
				w.came[id] = c
				patch = proposed(&c.Came.Rec)
			}
			muts = append(muts, demoMut{household.MemberType, id, w.houses[c.House], patch, w.opt.Now().UnixMilli()})
		}
		if err := w.demoPush(ctx, login, w.township, muts); err != nil {
			return err
		}
	}
	return nil
}

// proposed are the fields of a new member that a phone may fill in.
func proposed(m *household.Member) map[string]any {
	out := map[string]any{}
	for _, f := range household.MemberType.Fields {
		v := household.MemberType.Get(m, f)
		if v == "" || f.Class != record.Propose && f.Class != record.Merge {
			continue
		}
		out[f.Name] = v
		if f.Kind == record.Int {
			out[f.Name] = json.Number(v)
		}
	}
	return out
}

// settle accepts every open proposal, those of one member together.
func (w *changing) settle(ctx context.Context, want int, say func(string, int, int)) error {
	open, err := every[*household.Proposal](ctx, w.App, household.ProposalType, w.township)
	if err != nil {
		return err
	}
	slices.SortFunc(open, func(x, y *household.Proposal) int {
		return cmp.Or(strings.Compare(x.Household, y.Household), strings.Compare(x.Row, y.Row), strings.Compare(x.Field, y.Field))
	})
	people := map[string]bool{}
	for i, p := range open {
		if _, err := w.Workflow.Settle(ctx, w.admin, p.ID, workflow.Decision{Action: "accept", Rev: p.Version, Reason: "已核对户口簿"}); err != nil {
			return fmt.Errorf("member change of the demo (%s): %w", p.Field, err)
		}
		people[p.Row] = true
		if c, isNew := w.came[p.Row]; isNew {
			patch, err := json.Marshal(map[string]string{"code": c.Came.Rec.Code, "idNo": c.Came.IDNo})
			if err != nil {
				return err
			}
			if _, err := w.Registry.Change(ctx, w.admin, household.MemberType, p.Row, 1, patch); err != nil {
				return err
			}
		}
		say("人员变动", i+1, len(open))
	}
	if len(people) != want {
		return fmt.Errorf("the demo has changes of %d people, want %d", len(people), want)
	}
	return nil
}
