package api

import (
	"context"

	"daohu/server/account"
)

// Settings is what people set for themselves (account.Service).
type Settings interface {
	// StartTOTP makes a second factor, shown once. Code: wrong-state (there is one).
	StartTOTP(ctx context.Context, user string) (account.Enrolment, error)
	// ConfirmTOTP turns it on. Codes: wrong-state, invalid, too-many.
	ConfirmTOTP(ctx context.Context, user, code string) error
	// SavePhone keeps the number behind WeChat's getPhoneNumber code.
	SavePhone(ctx context.Context, user, code string) error
}

var _ Settings = (*account.Service)(nil)

// TOTP is a second factor to be put into an authenticator app.
type TOTP struct {
	URL    string `json:"url" doc:"otpauth, for a QR code; shown only now"`
	Secret string `json:"secret" doc:"base32, to be typed in; shown only now"`
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
	return &TOTP{e.URL, e.Secret}, nil
}

func (a *API) confirmTOTP(c *call, in *totpCode) (*none, error) {
	return nil, a.deps.Settings.ConfirmTOTP(c.r.Context(), c.actor.User, in.Code)
}

func (a *API) savePhone(c *call, in *phoneCode) (*none, error) {
	return nil, a.deps.Settings.SavePhone(c.r.Context(), c.actor.User, in.Code)
}
