package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"daohu/server/account"
	"daohu/server/fault"
)

// Accounts keeps users, sessions, one-time codes and login attempts. None of
// them is synced: they do not go through Write and carry no seq.
type Accounts struct{ db *DB }

var (
	_ account.Users    = (*Accounts)(nil)
	_ account.Sessions = (*Accounts)(nil)
	_ account.Codes    = (*Accounts)(nil)
	_ account.Attempts = (*Accounts)(nil)
	_ account.Janitor  = (*Accounts)(nil)
	_ account.Factors  = (*Accounts)(nil)
)

// Accounts returns the account tables of d.
func (d *DB) Accounts() *Accounts { return &Accounts{d} }

const (
	userColumns = "`user`.`id`, `user`.`version`, `user`.`login`, `user`.`name`, `user`.`role`, `user`.`county`, `user`.`township`, `user`.`area`, `user`.`household`, `user`.`unit`, `user`.`rank`, `user`.`phone`, " +
		"`user`.`password_hash`, `user`.`pin_hash`, `user`.`card_hash`, `user`.`openid`, `user`.`disabled_at`, `user`.`created_at`, `user`.`tier`"
	sessionColumns = "`id`, `user`, `kind`, `created_at`, `expires_at`, `revoked_at`"
	codeColumns    = "`hash`, `user`, `purpose`, `created_at`, `expires_at`, `used_at`"
)

// taken says that a unique key refused a row. The database's own words repeat
// the value, so they are not passed on.
func taken(what string) error {
	return fault.Wrap(fault.IDTaken, errors.New("store: another "+what+" has the same unique value"))
}

// exec runs a statement that changes rows and returns how many it matched.
func (a *Accounts) exec(ctx context.Context, what, sql string, args ...any) (int64, error) {
	n, err := a.db.changed(ctx, sql, args...)
	if duplicate(err) {
		return 0, taken(what)
	}
	return n, err
}

// changed runs one statement, again when the database gives it up, and says
// how many rows it met. A duplicate comes back as it is.
func (d *DB) changed(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = d.retryGivenUp(ctx, func() error {
		res := d.gorm.WithContext(ctx).Exec(sql, args...)
		n = res.RowsAffected
		return res.Error
	})
	if duplicate(err) {
		return 0, err
	}
	return n, Classify(err)
}

// retryGivenUp is retry for statements in which a duplicate is an answer and
// not a lost race.
func (d *DB) retryGivenUp(ctx context.Context, f func() error) error {
	var dup error
	err := d.retry(ctx, func() error {
		if dup = f(); duplicate(dup) {
			return nil
		}
		return dup
	})
	if err == nil {
		err = dup
	}
	return err
}

// change runs f in one transaction; with how many rows it changed it gives the
// line for the accounts' chain, or none when that is 0.
func (a *Accounts) change(ctx context.Context, what, action, table, key string, f func(g *gorm.DB) (int64, error)) (n int64, err error) {
	err = a.inTx(ctx, what, func(g *gorm.DB) error {
		var err error
		if n, err = f(g); err != nil || n == 0 {
			return err
		}
		return a.db.did(g, deed{actor: by(g), action: action, rows: map[string][]string{table: {key}}})
	})
	return n, err
}

// ran is what a statement that changes rows matched.
func ran(res *gorm.DB) (int64, error) { return res.RowsAffected, res.Error }

// AddUser implements account.Users.
func (a *Accounts) AddUser(ctx context.Context, u account.User) error {
	_, err := a.change(ctx, "user", "user-add", u.TableName(), u.ID, func(g *gorm.DB) (int64, error) {
		return ran(g.Exec("INSERT INTO `user` (`id`, `version`, `login`, `name`, `role`, `county`, `township`, `area`, `household`, `unit`, `rank`, `phone`, `password_hash`, `pin_hash`, `card_hash`, `openid`, `disabled_at`, `created_at`, `tier`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			u.ID, u.Version, u.Login, u.Name, u.Role, u.County, u.Township, u.Area, u.Household, u.Unit, u.Rank, u.Phone, u.PasswordHash, u.PinHash, u.CardHash, u.OpenID, u.DisabledAt, u.CreatedAt, u.Tier))
	})
	return err
}

// FindUser implements account.Users.
func (a *Accounts) FindUser(ctx context.Context, by account.Lookup, value string) (account.User, error) {
	var where string
	switch by {
	case account.ByID:
		where = "`user`.`id` = ?"
	case account.ByLogin:
		where = "`user`.`login` = ?"
	case account.ByOpenID:
		where = "`user`.`openid` = ?"
	case account.ByCard:
		where = "`user`.`card_hash` = ?"
	case account.ByHousehold:
		where = "`user`.`household` = ?"
	default:
		return account.User{}, fmt.Errorf("store: no lookup of users by %q", by)
	}
	var u account.User
	err := a.db.gorm.WithContext(ctx).Raw("SELECT "+userColumns+" FROM `user` WHERE "+where, value).Take(&u).Error
	return u, notFound(err)
}

// SaveUser implements account.Users.
func (a *Accounts) SaveUser(ctx context.Context, u account.User) error {
	return a.inTx(ctx, "user", func(g *gorm.DB) error {
		was, err := a.userTexts(g, u.ID)
		if err != nil {
			return err
		}
		n, err := ran(g.Exec("UPDATE `user` SET `version` = `version` + 1, `name` = ?, `role` = ?, `county` = ?, `township` = ?, `area` = ?, `household` = ?, `unit` = ?, `rank` = ?, `phone` = ?, `password_hash` = ?, `pin_hash` = ?, `card_hash` = ?, `openid` = ?, `disabled_at` = ? WHERE `id` = ? AND `version` = ?",
			u.Name, u.Role, u.County, u.Township, u.Area, u.Household, u.Unit, u.Rank, u.Phone, u.PasswordHash, u.PinHash, u.CardHash, u.OpenID, u.DisabledAt, u.ID, u.Version))
		if err == nil && n == 0 {
			err = fault.New(fault.Stale, "")
		}
		if err != nil {
			return err
		}
		is, err := a.userTexts(g, u.ID)
		if err != nil {
			return err
		}
		changed := []string{}
		for col, text := range is {
			if was[col] != text && col != "version" {
				changed = append(changed, col)
			}
		}
		slices.Sort(changed)
		return a.db.did(g, deed{actor: by(g), action: "user-change", rows: map[string][]string{u.TableName(): {u.ID}}, also: map[string][]string{columnsKey: changed}})
	})
}

// userTexts is a user's row, locked, as texts by column.
func (a *Accounts) userTexts(g *gorm.DB, id string) (map[string]string, error) {
	out := map[string]string{}
	err := boundTable(account.User{}.TableName()).each(a.db, g, " WHERE `id` = ?"+a.db.forUpdate(), []any{id}, func(s shape, _ string, texts []string) error {
		for i, c := range s.cols {
			out[c] = texts[i]
		}
		return nil
	})
	return out, err
}

// ListUsers implements account.Users.
func (a *Accounts) ListUsers(ctx context.Context, f account.Filter) ([]account.User, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	sql, args := "SELECT "+userColumns+" FROM `user` WHERE `user`.`login` > ?", []any{f.After}
	if f.County != "" {
		sql, args = sql+" AND `user`.`county` = ?", append(args, f.County)
	}
	if f.Township != "" {
		sql, args = sql+" AND `user`.`township` = ?", append(args, f.Township)
	}
	if f.Role != "" {
		sql, args = sql+" AND `user`.`role` = ?", append(args, f.Role)
	}
	var us []account.User
	err := a.db.gorm.WithContext(ctx).Raw(sql+" ORDER BY `user`.`login` LIMIT ?", append(args, min(f.Limit, 1000))...).Scan(&us).Error
	return us, Classify(err)
}

// AddSession implements account.Sessions.
func (a *Accounts) AddSession(ctx context.Context, s account.Session) error {
	_, err := a.exec(ctx, "session", "INSERT INTO `session` ("+sessionColumns+") VALUES (?, ?, ?, ?, ?, ?)", s.ID, s.User, s.Kind, s.CreatedAt, s.ExpiresAt, s.RevokedAt)
	return err
}

// FindSession implements account.Sessions: one statement, so that the session
// and its user are of the same moment.
func (a *Accounts) FindSession(ctx context.Context, id string) (account.Session, account.User, error) {
	var row struct {
		account.User
		Kind  account.Kind `gorm:"column:s_kind"`
		Made  int64        `gorm:"column:s_created_at"`
		Ends  int64        `gorm:"column:s_expires_at"`
		Taken int64        `gorm:"column:s_revoked_at"`
	}
	err := a.db.gorm.WithContext(ctx).Raw("SELECT "+userColumns+", `session`.`kind` AS `s_kind`, `session`.`created_at` AS `s_created_at`, `session`.`expires_at` AS `s_expires_at`, `session`.`revoked_at` AS `s_revoked_at` "+
		"FROM `session` JOIN `user` ON `user`.`id` = `session`.`user` WHERE `session`.`id` = ?", id).Take(&row).Error
	s := account.Session{ID: id, User: row.ID, Kind: row.Kind, CreatedAt: row.Made, ExpiresAt: row.Ends, RevokedAt: row.Taken}
	return s, row.User, notFound(err)
}

// ExtendSession implements account.Sessions.
func (a *Accounts) ExtendSession(ctx context.Context, id string, expiresAt int64) error {
	// A session that has just been ended must stay so: one that logged out
	// expires at that very moment, which is not after it.
	_, err := a.exec(ctx, "session", "UPDATE `session` SET `expires_at` = ? WHERE `id` = ? AND `revoked_at` = 0 AND `expires_at` < ? AND `expires_at` > ?", expiresAt, id, expiresAt, a.db.now())
	return err
}

// ExpireSession implements account.Sessions.
func (a *Accounts) ExpireSession(ctx context.Context, id string, at int64) error {
	_, err := a.exec(ctx, "session", "UPDATE `session` SET `expires_at` = ? WHERE `id` = ? AND `expires_at` > ?", at, id, at)
	return err
}

// RevokeSession implements account.Sessions.
func (a *Accounts) RevokeSession(ctx context.Context, id string, at int64) error {
	_, err := a.change(ctx, "session", "revoke", account.Session{}.TableName(), id, func(g *gorm.DB) (int64, error) {
		return ran(g.Exec("UPDATE `session` SET `revoked_at` = ? WHERE `id` = ? AND `revoked_at` = 0", at, id))
	})
	return err
}

// OpenSessions implements account.Sessions.
func (a *Accounts) OpenSessions(ctx context.Context, user string, now int64) ([]account.Session, error) {
	var ss []account.Session
	err := a.db.gorm.WithContext(ctx).Raw("SELECT "+sessionColumns+" FROM `session` WHERE `user` = ? AND `expires_at` > ? AND `revoked_at` = 0 ORDER BY `created_at`, `id`", user, now).Scan(&ss).Error
	return ss, Classify(err)
}

// inTx runs f in one transaction, again when the database gives it up.
func (a *Accounts) inTx(ctx context.Context, what string, f func(g *gorm.DB) error) error {
	err := a.db.retryGivenUp(ctx, func() error { return a.db.gorm.WithContext(ctx).Transaction(f) })
	if duplicate(err) {
		return taken(what)
	}
	return Classify(err)
}

// AddCode implements account.Codes.
func (a *Accounts) AddCode(ctx context.Context, c account.Code) error {
	return a.inTx(ctx, "code", func(g *gorm.DB) error {
		var hashes []string
		if err := g.Raw("SELECT `hash` FROM `onetime` WHERE `user` = ? AND `used_at` = 0 AND `purpose` = ?", c.User, c.Purpose).Scan(&hashes).Error; err != nil {
			return err
		}
		if len(hashes) > 0 {
			if err := g.Exec("DELETE FROM `onetime` WHERE `hash` IN ? AND `used_at` = 0", hashes).Error; err != nil {
				return err
			}
		}
		if err := g.Exec("INSERT INTO `onetime` ("+codeColumns+") VALUES (?, ?, ?, ?, ?, ?)", c.Hash, c.User, c.Purpose, c.CreatedAt, c.ExpiresAt, c.UsedAt).Error; err != nil {
			return err
		}
		return a.db.did(g, deed{actor: by(g), action: "code", rows: map[string][]string{c.TableName(): append(hashes, c.Hash)}})
	})
}

// FindCode implements account.Codes.
func (a *Accounts) FindCode(ctx context.Context, hash string) (account.Code, error) {
	var c account.Code
	err := a.db.gorm.WithContext(ctx).Raw("SELECT "+codeColumns+" FROM `onetime` WHERE `hash` = ?", hash).Take(&c).Error
	return c, notFound(err)
}

// BindCode implements account.Codes.
func (a *Accounts) BindCode(ctx context.Context, b account.Binding) error {
	return a.inTx(ctx, "user", func(g *gorm.DB) error {
		code := g.Exec("UPDATE `onetime` SET `used_at` = ? WHERE `hash` = ? AND `user` = ? AND `purpose` = ? AND `used_at` = 0 AND `expires_at` > ?", b.At, b.Code, b.User, account.Bind, b.At)
		if code.Error == nil && code.RowsAffected == 0 {
			return fault.New(fault.Gone, "")
		}
		if code.Error != nil {
			return code.Error
		}
		user := g.Exec("UPDATE `user` SET `openid` = ?, `version` = `version` + 1 WHERE `id` = ? AND `version` = ?", b.OpenID, b.User, b.Version)
		if user.Error == nil && user.RowsAffected == 0 {
			return fault.New(fault.Stale, "")
		}
		if user.Error != nil {
			return user.Error
		}
		return a.db.did(g, deed{actor: by(g), action: "bind", rows: map[string][]string{account.Code{}.TableName(): {b.Code}, account.User{}.TableName(): {b.User}}})
	})
}

// TakeAttempt implements account.Attempts. The condition stands in the UPDATE,
// so that the database, not a read before it, keeps the limit.
func (a *Accounts) TakeAttempt(ctx context.Context, at account.Attempt, limit int64) (bool, error) {
	for range attempts {
		n, err := a.exec(ctx, "attempt", "UPDATE `attempt` SET `n` = `n` + 1 WHERE `subject` = ? AND `started_at` = ? AND `n` < ?", at.Subject, at.StartedAt, limit)
		if err != nil || n > 0 {
			return err == nil, err
		}
		_, err = a.exec(ctx, "attempt", "INSERT INTO `attempt` (`subject`, `started_at`, `n`, `expires_at`) VALUES (?, ?, 1, ?)", at.Subject, at.StartedAt, at.ExpiresAt)
		if !fault.Is(err, fault.IDTaken) {
			return err == nil, err
		}
		// The row is there: at its limit, or made by another a moment ago.
		var have int64
		if err := a.db.gorm.WithContext(ctx).Raw("SELECT `n` FROM `attempt` WHERE `subject` = ? AND `started_at` = ?", at.Subject, at.StartedAt).Scan(&have).Error; err != nil {
			return false, Classify(err)
		}
		if have >= limit {
			return false, nil
		}
	}
	return false, nil
}

// RefundAttempt implements account.Attempts.
func (a *Accounts) RefundAttempt(ctx context.Context, subject string, startedAt int64) error {
	_, err := a.exec(ctx, "attempt", "UPDATE `attempt` SET `n` = `n` - 1 WHERE `subject` = ? AND `started_at` = ? AND `n` > 0", subject, startedAt)
	return err
}

// ClearAttempts implements account.Attempts.
func (a *Accounts) ClearAttempts(ctx context.Context, subject string) error {
	_, err := a.exec(ctx, "attempt", "DELETE FROM `attempt` WHERE `subject` = ?", subject)
	return err
}

// PurgeAccounts implements account.Janitor.
func (a *Accounts) PurgeAccounts(ctx context.Context, now, sessionsBefore int64) (int64, error) {
	var all int64
	for _, s := range []struct {
		sql    string
		before int64
	}{
		{"DELETE FROM `attempt` WHERE `expires_at` < ?", now},
		{"DELETE FROM `onetime` WHERE `expires_at` < ?", now},
		{"DELETE FROM `session` WHERE `expires_at` < ?", sessionsBefore},
		{"DELETE FROM `session` WHERE `revoked_at` > 0 AND `revoked_at` < ?", sessionsBefore},
	} {
		n, err := a.exec(ctx, "row", s.sql, s.before)
		if err != nil {
			return all, err
		}
		all += n
	}
	return all, nil
}
