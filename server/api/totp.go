package api

import (
	"context"

	"daohu/server/account"
	"daohu/server/qrcode"
)

// Settings is what people set for themselves (account.Service).
type Settings interface {
	// StartTOTP makes a second factor, shown once. Code: wrong-state (there is one).
	StartTOTP(ctx context.Context, user string) (account.Enrolment, error)
	// ConfirmTOTP turns it on. Codes: wrong-state, invalid, too-many.
	ConfirmTOTP(ctx context.Context, user, code string) error
	// SavePhone keeps the number behind WeChat's getPhoneNumber code.
	SavePhone(ctx context.Context, user, code string) error
	// ChangePassword ends the console's sessions. Codes: invalid, too-many.
	ChangePassword(ctx context.Context, user, old, password string) error
	Sessions(ctx context.Context, user string) ([]account.Session, error)
	// EndOthers ends the user's sessions but that of token.
	EndOthers(ctx context.Context, user, token string) error
}

var _ Settings = (*account.Service)(nil)

// TOTP is a second factor to be put into an authenticator app.
type TOTP struct {
	URL    string `json:"url" doc:"otpauth, for a QR code; shown only now"`
	Secret string `json:"secret" doc:"base32, to be typed in; shown only now"`
	QR     []byte `json:"qr" doc:"url as a QR code: PNG, base64"`
}

type totpCode struct {
	Code string `json:"code" minLength:"1" maxLength:"12" doc:"6 digits of the authenticator app"`
}

type phoneCode struct {
	Code string `json:"code" minLength:"1" maxLength:"200" doc:"what WeChat's getPhoneNumber gave"`
}

func (a *API) startTOTP(c *call, _ *none) (*TOTP, error) {
	e, err := a.deps.Settings.StartTOTP(c.r.Context(), c.actor.User)
	if err != nil {
		return nil, err
	}
	picture, err := qrcode.PNG(e.URL)
	if err != nil {
		return nil, err
	}
	return &TOTP{e.URL, e.Secret, picture}, nil
}

func (a *API) confirmTOTP(c *call, in *totpCode) (*none, error) {
	return nil, a.deps.Settings.ConfirmTOTP(c.r.Context(), c.actor.User, in.Code)
}

func (a *API) savePhone(c *call, in *phoneCode) (*none, error) {
	return nil, a.deps.Settings.SavePhone(c.r.Context(), c.actor.User, in.Code)
}

type newPassword struct {
	Old      string `json:"old" minLength:"1" maxLength:"200"`
	Password string `json:"password" minLength:"1" maxLength:"200"`
}

func (a *API) changePassword(c *call, in *newPassword) (*none, error) {
	return nil, a.deps.Settings.ChangePassword(c.r.Context(), c.actor.User, in.Old, in.Password)
}

// OpenSession is one log-in of the caller that has not ended.
type OpenSession struct {
	Kind  string `json:"kind" doc:"phone or console"`
	Since int64  `json:"since" doc:"Unix ms"`
	Until int64  `json:"until" doc:"when it ends if it is not used, Unix ms"`
	Here  bool   `json:"here" doc:"the session that asks"`
}

// OpenSessions are all of them.
type OpenSessions struct {
	Rows []OpenSession `json:"rows"`
}

func (a *API) sessions(c *call, _ *none) (*OpenSessions, error) {
	open, err := a.deps.Settings.Sessions(c.r.Context(), c.actor.User)
	out := &OpenSessions{Rows: []OpenSession{}}
	for _, s := range open {
		out.Rows = append(out.Rows, OpenSession{string(s.Kind), s.CreatedAt, s.ExpiresAt, s.Here(c.token)})
	}
	return out, err
}

type ending struct {
	Others bool `json:"others" doc:"all but the one that asks; false ends none"`
}

func (a *API) endOthers(c *call, in *ending) (*none, error) {
	if !in.Others {
		return nil, nil
	}
	return nil, a.deps.Settings.EndOthers(c.r.Context(), c.actor.User, c.token)
}
