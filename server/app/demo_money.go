package app

import (
	"context"
	"errors"
	"maps"
	"slices"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/calendar"
	"daohu/server/demo"
	"daohu/server/household"
	"daohu/server/ledger"
	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/roster"
	"daohu/server/write"
)

// demoMoney pays the cows of the demo's first township: one fund, set aside
// village by village, paid household by household; and then the money of one
// household that is wholly away goes to another.
func (a *App) demoMoney(ctx context.Context, b *roster.Book, got *Imported) error {
	all, err := every[*measure.Measure](ctx, a, measure.Type, got.Township)
	if err != nil {
		return err
	}
	from, to := demo.Away(b)
	away := map[string]*measure.Measure{}
	var cows []*measure.Measure
	houses := []string{}
	for _, m := range all {
		if m.Amount != demo.CowFen {
			continue
		}
		away[m.Household] = m
		if m.Household == got.IDs[to] {
			continue // is not paid from the fund
		}
		cows, houses = append(cows, m), append(houses, m.Household)
	}
	if away[got.IDs[from]] == nil || away[got.IDs[to]] == nil {
		return errors.New("the demo has no household that is wholly away, or none to get its money")
	}
	fund, err := a.demoPay(ctx, got.Township, houses, cows)
	if err != nil {
		return err
	}
	admin, err := a.Accounts.User(ctx, account.ByLogin, "admin")
	if err != nil {
		return err
	}
	actor := access.Actor{User: admin.ID, Name: admin.Name, Role: admin.Role, County: admin.County, Township: admin.Township}
	paid := away[got.IDs[from]]
	_, err = a.Ledger.Reallocate(ctx, actor, paid.ID, ledger.Transfer{Rev: paid.Version + 1, Fund: fund, To: away[got.IDs[to]].ID, Why: ledger.WholeAway,
		Move: ledger.Move{Fen: demo.CowFen, Reason: "全家外出务工，一年没有回来，和户主通过电话"}})
	return err
}

// demoPay opens the fund and pays the measures, in one transaction.
func (a *App) demoPay(ctx context.Context, township string, houses []string, cows []*measure.Measure) (fund string, err error) {
	common, err := a.DB.Common(ctx, township)
	if err != nil {
		return "", err
	}
	in := write.Intent{Township: township, Action: "demo", Households: append(houses, common)}
	_, err = a.DB.Write(ctx, in, func(tx write.Tx) error {
		homes, err := tx.Load(household.HouseholdType, houses...)
		if err != nil {
			return err
		}
		village, want := map[string]string{}, map[string]int64{}
		for _, m := range cows {
			account := "village:" + homes[m.Household].(*household.Household).Village
			village[m.ID] = account
			want[account] += demo.CowFen
		}
		book, day := ledger.NewBook(tx, common, ""), calendar.At(tx.Now()).String()
		move := func(fen int64) ledger.Entry { return ledger.Entry{Fen: fen, Day: day} }
		f := book.Open(ledger.Fund{Meta: record.Meta{}, Name: demo.FundName, Source: demo.FundSource, Year: int64(a.opt.Now().In(shanghai).Year())}, move(int64(len(cows))*demo.CowFen))
		fund = f.ID
		for _, account := range slices.Sorted(maps.Keys(want)) {
			if err := book.Allocate(f, account, move(want[account])); err != nil {
				return err
			}
		}
		for _, m := range cows {
			now, err := book.Measure(m.ID)
			if err != nil {
				return err
			}
			if err := book.Disburse(f, village[m.ID], now, move(demo.CowFen)); err != nil {
				return err
			}
		}
		return nil
	})
	return fund, err
}
