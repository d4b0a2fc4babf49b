package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"daohu/server/account"
	"daohu/server/booklet"
	"daohu/server/demo"
	"daohu/server/record"
	"daohu/server/roster"
	"daohu/server/types"
	"daohu/server/workflow"
	"daohu/server/write"
)

// demoBooklet gives every household of the demo's first township the booklet,
// by its cadre or a worker of its village.
func (a *App) demoBooklet(ctx context.Context, b *roster.Book, got *Imported) error {
	by, err := a.demoGivers(ctx, b, got.Township)
	if err != nil {
		return err
	}
	rows := slices.Clone(b.Households)
	slices.SortFunc(rows, func(x, y roster.HouseRow) int { return strings.Compare(x.Rec.Code, y.Rec.Code) })
	in := write.Intent{Township: got.Township, Action: "demo"}
	for _, r := range rows {
		in.Households = append(in.Households, got.IDs[r.Rec.Code])
	}
	today := a.opt.Now().In(shanghai)
	_, err = a.DB.Write(ctx, in, func(tx write.Tx) error {
		for i, r := range rows {
			age, d := demo.Delivery(i)
			at := today.AddDate(0, 0, -age)
			d.Meta = record.Meta{ID: tx.NewID(), Household: got.IDs[r.Rec.Code], MadeBy: by(r), MadeAt: at.UnixMilli()}
			d.Day = at.Format(time.DateOnly)
			tx.Put(booklet.DeliveryType, &d)
		}
		return nil
	})
	return err
}

// demoGivers says who gives a household its booklet: user ids.
func (a *App) demoGivers(ctx context.Context, b *roster.Book, township string) (func(roster.HouseRow) string, error) {
	users, err := a.workers(ctx, township, nil)
	if err != nil {
		return nil, err
	}
	id, village, cadre := map[string]string{}, map[string]string{}, map[string]string{}
	for _, u := range users {
		id[u.Login] = u.ID
		if u.Role == "V" && (village[u.Area] == "" || u.ID < village[u.Area]) {
			village[u.Area] = u.ID
		}
	}
	for _, r := range b.Pairings {
		if r.To == "" {
			cadre[r.House] = id[r.Cadre]
		}
	}
	return func(r roster.HouseRow) string {
		if c := cadre[r.Rec.Code]; c != "" {
			return c
		}
		return village[r.Rec.Village]
	}, nil
}

// demoRecording gives the demo's first township a recording of a card, as any
// comes to be: a village worker's phone announces it and sends the sound, the
// admin approves it.
func (a *App) demoRecording(ctx context.Context, got *Imported) error {
	worker, err := a.Accounts.User(ctx, account.ByLogin, "village-01")
	if err != nil {
		return err
	}
	admin, err := a.Accounts.User(ctx, account.ByLogin, "admin")
	if err != nil {
		return err
	}
	common, err := a.DB.Common(ctx, got.Township)
	if err != nil {
		return err
	}
	card, dialect, sound := demo.Recording()
	id, sum := a.DB.NewID(), sha256.Sum256(sound)
	push, err := json.Marshal(map[string]any{"cursor": "", "schema": types.Schema, "client": a.DB.NewID(), "acked": []any{0, ""}, "unsent": []int{0, 0}, "muts": []any{
		[]any{1, 0, booklet.ClipType.Name, id, common, map[string]any{"card": card, "dialect": dialect, "sha256": hex.EncodeToString(sum[:]), "size": len(sound)}, a.opt.Now().UnixMilli()}}})
	if err != nil {
		return err
	}
	if _, err := a.Delta.Exchange(ctx, worker.Actor(), push); err != nil {
		return err
	}
	row, err := (&booklet.Recorder{Store: a.DB, Writer: a.DB}).Take(ctx, worker.Actor(), id, sound)
	if err != nil {
		return err
	}
	_, err = a.Workflow.Decide(ctx, admin.Actor(), booklet.ClipType, id, workflow.Decision{Action: "approve", Rev: row.Version})
	return err
}
