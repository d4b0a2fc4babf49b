package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/record"
	"daohu/server/types"
)

// demoMut is one change as somebody of the demo writes it on a phone.
type demoMut struct {
	t         *record.Type
	id, house string // ids
	patch     map[string]any
	at        int64 // the phone's clock, Unix ms
}

// demoPush sends changes the way every phone does, from a new phone of login.
// What is neither applied nor becomes a proposal is an error.
func (a *App) demoPush(ctx context.Context, login, township string, muts []demoMut) error {
	u, err := a.Accounts.User(ctx, account.ByLogin, login)
	if err != nil {
		return err
	}
	actor := access.Actor{User: u.ID, Name: u.Name, Role: u.Role, County: u.County, Township: u.Township, Area: u.Area}
	client, mid := a.DB.NewID(), 0
	for part := range slices.Chunk(muts, 50) { // a request carries 100 mutations or 64 KB
		space, err := a.DB.Space(ctx, township)
		if err != nil {
			return err
		}
		acked := []any{mid, ""}
		var list []any
		for _, m := range part {
			mid++
			list = append(list, []any{mid, space.Seq, m.t.Name, m.id, m.house, m.patch, m.at})
		}
		raw, err := json.Marshal(map[string]any{"cursor": "", "schema": types.Schema, "client": client, "acked": acked, "muts": list, "budget": 4096, "unsent": []int{0, 0}, "digests": []any{}})
		if err != nil {
			return err
		}
		answer, err := a.Delta.Exchange(ctx, actor, raw)
		if err != nil {
			return err
		}
		if err := allTaken(answer, mid); err != nil {
			return fmt.Errorf("the demo's %s: %w", login, err)
		}
	}
	return nil
}

// allTaken holds an answer against what was sent: everything came, and was
// applied or became a proposal.
func allTaken(answer []byte, sent int) error {
	var got struct {
		Last    int
		Results [][]any // [mid, code, reason, ref]
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return err
	}
	if got.Last != sent {
		return fmt.Errorf("%d changes sent, %d taken", sent, got.Last)
	}
	for _, r := range got.Results {
		if len(r) < 2 || r[1] != "proposal" {
			return fmt.Errorf("a change was not taken: %v", r)
		}
	}
	return nil
}
