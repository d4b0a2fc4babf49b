package api

import (
	"daohu/server/access"
	"daohu/server/account"
	"encoding/json"
)

type wechatLogin struct {
	Code string `json:"code" minLength:"1" maxLength:"200" doc:"what wx.login gave"`
	Bind string `json:"bind,omitempty" maxLength:"40" doc:"one-time code from the admin, the first time"`
	// Phone takes the place of Bind where the township knows the number.
	Phone string `json:"phone,omitempty" maxLength:"200" doc:"instead of bind: what the phone-number button gave, the first time"`
}

type passwordLogin struct {
	Name     string `json:"name" minLength:"1" maxLength:"64" doc:"login name"`
	Password string `json:"password" minLength:"1" maxLength:"200"`
	TOTP     string `json:"totp,omitempty" maxLength:"12" doc:"code of the authenticator app, for those who have one"`
}

type cardLogin struct {
	Card string `json:"card" minLength:"1" maxLength:"100" doc:"token of the household's card"`
	PIN  string `json:"pin" minLength:"1" maxLength:"12"`
}

// Me is who a session belongs to.
type Me struct {
	User      string `json:"user" doc:"user id"`
	Name      string `json:"name"`
	Role      string `json:"role" enum:"H,C,V,T,K,A" doc:"H household, C cadre, V village worker, T township admin, K county admin, A auditor"`
	County    string `json:"county" doc:"area code"`
	Township  string `json:"township,omitempty" doc:"area code; absent for K and A"`
	Area      string `json:"area,omitempty" doc:"village code of a village worker"`
	Household string `json:"household,omitempty" doc:"household id of a household's login"`
	PushOnly  bool   `json:"pushOnly,omitempty" doc:"the session serves only to hand in what the phone still holds"`
}

// Login is a log-in that succeeded.
type Login struct {
	Token   string `json:"token" doc:"send it as Authorization: Bearer"`
	UntilAt int64  `json:"untilAt" doc:"Unix ms; a phone's moves on while it is used"`
	Me      Me     `json:"me"`
}

func meOf(a access.Actor) Me {
	return Me{User: a.User, Name: a.Name, Role: string(a.Role), County: a.County, Township: a.Township, Area: a.Area, Household: a.Household, PushOnly: a.PushOnly}
}

func loggedIn(l account.Login, err error) (*Login, error) {
	if err != nil {
		return nil, err
	}
	me := meOf(l.User.Actor())
	me.PushOnly = l.PushOnly
	return &Login{Token: l.Token, UntilAt: l.ExpiresAt, Me: me}, nil
}

func (a *API) loginWeChat(c *call, in *wechatLogin) (*Login, error) {
	if in.Phone != "" {
		return loggedIn(a.deps.Accounts.LoginPhone(c.r.Context(), in.Code, in.Phone))
	}
	return loggedIn(a.deps.Accounts.LoginWeChat(c.r.Context(), in.Code, in.Bind))
}

func (a *API) loginPassword(c *call, in *passwordLogin) (*Login, error) {
	return loggedIn(a.deps.Accounts.LoginPassword(c.r.Context(), in.Name, in.Password, in.TOTP, c.gin.ClientIP()))
}

func (a *API) loginCard(c *call, in *cardLogin) (*Login, error) {
	return loggedIn(a.deps.Accounts.LoginCard(c.r.Context(), in.Card, in.PIN, c.gin.ClientIP()))
}

func (a *API) logout(c *call, _ *none) (*none, error) {
	return nil, a.deps.Accounts.Logout(c.r.Context(), c.token)
}

func (a *API) me(c *call, _ *none) (*Me, error) {
	m := meOf(c.actor)
	return &m, nil
}

func (a *API) my(c *call, _ *none) (*My, error) {
	m, err := a.deps.Own.My(c.r.Context(), c.actor)
	if err != nil {
		return nil, err
	}
	for _, list := range []*[]json.RawMessage{&m.Helpers, &m.Visits, &m.Measures, &m.Needs, &m.Deliveries, &m.Cards, &m.Clips} {
		*list = some(*list)
	}
	return &m, nil
}

// some makes a missing list an empty one, so that JSON has [] and not null.
func some[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
