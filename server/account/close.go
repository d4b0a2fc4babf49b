package account

import (
	"context"

	"daohu/server/record"
)

// CloseLogin takes an account out of use for good: disabled, every session
// ended (not even push-only is left), name and telephone, WeChat, card and passwords gone. Id and login
// stay, so that what it did can still be told apart. Codes: NotFound.
func (s *Service) CloseLogin(ctx context.Context, user string) error {
	err := s.change(ctx, user, func(u *User) error {
		if u.DisabledAt == 0 {
			u.DisabledAt = s.now().UnixMilli()
		}
		u.Name, u.Unit, u.Rank = record.Erased, "", ""
		u.Phone, u.PasswordHash, u.PinHash, u.CardHash, u.OpenID = "", "", "", "", ""
		return nil
	})
	if err != nil {
		return err
	}
	open, err := s.Sessions(ctx, user)
	for _, se := range open {
		if err == nil {
			err = s.sessions.ExpireSession(ctx, se.ID, s.now().UnixMilli())
		}
		s.forget(ctx, se.ID)
	}
	return err
}
