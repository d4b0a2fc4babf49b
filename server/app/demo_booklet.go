package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"daohu/server/booklet"
	"daohu/server/demo"
	"daohu/server/record"
	"daohu/server/roster"
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
