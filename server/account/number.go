package account

import (
	"context"
	"strings"

	"daohu/server/access"
	"daohu/server/fault"
)

// LoginPhone logs the owner of a WeChat account in, as LoginWeChat does. When
// the account belongs to no user yet, phoneCode, of the phone-number button,
// ties it to the one cadre or village worker for whom the township wrote that
// number down: WeChat vouches that it is the owner's. Others have a code or a
// card. A user who has a WeChat account already keeps it: numbers are given to
// new owners, and only the township knows who changed phones.
// Codes: Unbound (nobody has that number), Conflict (several have it), IDTaken
// (its user has another WeChat account), Invalid (no code of WeChat's), TooMany,
// Forbidden (disabled), and those of WeChat.
func (s *Service) LoginPhone(ctx context.Context, code, phoneCode string) (Login, error) {
	openid, err := s.wechat.Code2Session(ctx, code)
	if err != nil {
		return Login{}, err
	}
	u, err := s.users.FindUser(ctx, ByOpenID, openid)
	if fault.Is(err, fault.NotFound) {
		u, err = s.bindNumber(ctx, openid, phoneCode)
	}
	if err != nil {
		return Login{}, err
	}
	return s.enter(ctx, u)
}

// bindNumber ties openid to the user with the number behind phoneCode.
func (s *Service) bindNumber(ctx context.Context, openid, phoneCode string) (User, error) {
	attempt, err := s.take(ctx, numberLimit, openid)
	if err != nil {
		return User{}, err
	}
	number, err := s.number(ctx, phoneCode)
	if err != nil {
		return User{}, err
	}
	id, err := s.holderOf(ctx, number)
	if err != nil {
		return User{}, err
	}
	u, err := s.again(ctx, id, func(u User) error {
		switch {
		case u.DisabledAt > 0:
			return disabled()
		case u.OpenID != "" && string(u.OpenID) != openid:
			return fault.New(fault.IDTaken, "这个手机号的账号绑定的是别的微信。换了微信，请向乡镇管理员要绑定码。")
		case u.OpenID != "":
			return nil // the same log-in sent twice
		}
		u.OpenID = Optional(openid)
		return s.users.SaveUser(access.By(ctx, u.ID), u) // whoever has the number acts as its user
	})
	if fault.Is(err, fault.IDTaken) {
		if now, err2 := s.users.FindUser(ctx, ByOpenID, openid); err2 == nil { // bound by another request
			u, err = now, nil
		}
	}
	if err == nil {
		attempt.refund(ctx)
	}
	return u, err
}

// holderOf finds the one user in use with that number. Numbers are sealed, each
// differently, so all are opened: a county has a few thousand cadres, and this
// happens once for each of them.
func (s *Service) holderOf(ctx context.Context, number string) (id string, err error) {
	want, gone := digitsOf(number), false
	for _, role := range []access.Role{access.Cadre, access.Village} {
		for f := (Filter{Role: role, Limit: 1000}); ; {
			page, err := s.users.ListUsers(ctx, f)
			if err != nil {
				return "", err
			}
			for _, u := range page {
				f.After = u.Login
				if u.Phone == "" {
					continue
				}
				has, err := s.sealer.Open(u.Phone)
				switch {
				case err != nil:
					return "", err
				case digitsOf(has) != want:
				case u.DisabledAt > 0:
					gone = true
				case id != "":
					return "", fault.New(fault.Conflict, "有两个账号登记了这个手机号，分不清是哪一个。请用绑定码登录。")
				default:
					id = u.ID
				}
			}
			if len(page) < f.Limit {
				break
			}
		}
	}
	switch {
	case id != "":
		return id, nil
	case gone:
		return "", disabled()
	}
	return "", fault.New(fault.Unbound, "没有账号登记了这个手机号。请乡镇管理员核对您的号码，或者用绑定码登录。")
}

// digitsOf is a number as it is compared: people write spaces, strokes and the
// country's prefix as they like.
func digitsOf(number string) string {
	d := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	if national := strings.TrimPrefix(strings.TrimPrefix(d, "00"), "86"); len(national) == 11 {
		return national
	}
	return d
}

// number asks WeChat for the number behind a phone-number button's code.
// Codes: Invalid (not a code of WeChat's, or used: no reason to log in again),
// Unavailable.
func (s *Service) number(ctx context.Context, code string) (string, error) {
	number, err := s.wechat.PhoneNumber(ctx, code)
	if fault.Is(err, fault.BadLogin) {
		field := fault.Field{Name: "code", Code: "not-allowed", Detail: "没有取到手机号，请再点一次。"}
		return "", &fault.Error{Code: fault.Invalid, Detail: field.Detail, Fields: []fault.Field{field}, Err: err}
	}
	return number, err
}

// SavePhone asks WeChat for the number behind a phone-number button's code and
// keeps it, sealed. Codes: Invalid (no code of WeChat's), Unavailable, NotFound.
func (s *Service) SavePhone(ctx context.Context, user, code string) error {
	number, err := s.number(ctx, code)
	if err != nil {
		return err
	}
	sealed, err := s.sealer.Seal(number)
	if err != nil {
		return err
	}
	return s.change(ctx, user, func(u *User) error { u.Phone = sealed; return nil })
}
