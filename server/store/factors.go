package store

import (
	"context"

	"gorm.io/gorm"

	"daohu/server/account"
)

// AddFactor implements account.Factors. A confirmed one stays, and its key
// refuses the new row.
func (a *Accounts) AddFactor(ctx context.Context, f account.Factor) error {
	_, err := a.change(ctx, "second factor", "factor-add", f.TableName(), f.User, func(g *gorm.DB) (int64, error) {
		if err := g.Exec("DELETE FROM `totp` WHERE `user` = ? AND `confirmed_at` = 0", f.User).Error; err != nil {
			return 0, err
		}
		return ran(g.Exec("INSERT INTO `totp` (`user`, `secret`, `created_at`, `confirmed_at`, `last_step`) VALUES (?, ?, ?, ?, ?)", f.User, f.Secret, f.CreatedAt, f.ConfirmedAt, f.LastStep))
	})
	return err
}

// FindFactor implements account.Factors.
func (a *Accounts) FindFactor(ctx context.Context, user string) (account.Factor, error) {
	var f account.Factor
	err := a.db.gorm.WithContext(ctx).Raw("SELECT `user`, `secret`, `created_at`, `confirmed_at`, `last_step` FROM `totp` WHERE `user` = ?", user).Take(&f).Error
	return f, notFound(err)
}

// UseStep implements account.Factors: the condition stands in the UPDATE, so
// that of two requests with the same code one gets in. The first use confirms
// the factor, which is a change of the account; later ones are log-ins.
func (a *Accounts) UseStep(ctx context.Context, f account.Factor, step, at int64) (bool, error) {
	const where = " WHERE `user` = ? AND `secret` = ? AND `last_step` < ?"
	n, err := a.change(ctx, "second factor", "factor-confirm", f.TableName(), f.User, func(g *gorm.DB) (int64, error) {
		return ran(g.Exec("UPDATE `totp` SET `last_step` = ?, `confirmed_at` = ?"+where+" AND `confirmed_at` = 0", step, at, f.User, f.Secret, step))
	})
	if err != nil || n > 0 {
		return n > 0, err
	}
	n, err = a.exec(ctx, "second factor", "UPDATE `totp` SET `last_step` = ?"+where, step, f.User, f.Secret, step)
	return n > 0, err
}

// DropFactor implements account.Factors.
func (a *Accounts) DropFactor(ctx context.Context, user string) error {
	_, err := a.change(ctx, "second factor", "factor-drop", account.Factor{}.TableName(), user, func(g *gorm.DB) (int64, error) {
		return ran(g.Exec("DELETE FROM `totp` WHERE `user` = ?", user))
	})
	return err
}
