package store_test

import (
	"sync/atomic"
	"testing"

	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/store"
)

func TestFactors(t *testing.T) {
	accountStores(t, func(t *testing.T, a *store.Accounts, _ *atomic.Int64) {
		ctx := t.Context()
		f := account.Factor{User: "user-----001", Secret: "k1.one", CreatedAt: 5}
		_, err := a.FindFactor(ctx, f.User)
		accountsWant(t, fault.NotFound, err)
		accountsWant(t, "", a.AddFactor(ctx, f))
		old := f
		f.Secret = "k1.two"
		accountsWant(t, "", a.AddFactor(ctx, f)) // in place of one that waits
		other := account.Factor{User: "user-----002", Secret: "k1.two", CreatedAt: 6}
		accountsWant(t, "", a.AddFactor(ctx, other))
		use := func(f account.Factor, step, at int64, want bool) {
			t.Helper()
			if ok, err := a.UseStep(ctx, f, step, at); err != nil || ok != want {
				t.Errorf("step %d: %v %v, want %v", step, ok, err, want)
			}
		}
		use(old, 7, 70, false)
		use(f, 7, 71, true)
		use(f, 7, 72, false)
		use(f, 6, 73, false)
		use(f, 8, 74, true)
		f.ConfirmedAt, f.LastStep = 71, 8
		if got, err := a.FindFactor(ctx, f.User); err != nil || got != f {
			t.Errorf("got %+v, %v", got, err)
		}
		if got, err := a.FindFactor(ctx, other.User); err != nil || got != other {
			t.Errorf("got %+v, %v", got, err)
		}
		accountsWant(t, fault.IDTaken, a.AddFactor(ctx, account.Factor{User: f.User, Secret: "k1.three"}))
		accountsWant(t, "", a.DropFactor(ctx, f.User))
		accountsWant(t, "", a.DropFactor(ctx, f.User))
		use(f, 9, 75, false)
		accountsWant(t, "", a.AddFactor(ctx, account.Factor{User: f.User, Secret: "k1.three"}))
	})
}
