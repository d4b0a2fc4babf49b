package api

import (
	"context"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/account/staff"
	"daohu/server/qrcode"
)

// Users looks after the users of the caller's area (staff.Service). Whoever is
// out of reach is fault.NotFound.
type Users interface {
	List(ctx context.Context, a access.Actor, q staff.Query) (rows []staff.User, next string, err error)
	// Make adds a user. Codes: forbidden (a role not below the caller's),
	// not-found, invalid.
	Make(ctx context.Context, a access.Actor, n account.NewUser) (staff.User, error)
	Code(ctx context.Context, a access.Actor, id string) (code string, expiresAt int64, err error)
	// Card is for households' logins: invalid for others.
	Card(ctx context.Context, a access.Actor, id string) (token, pin string, err error)
	// Disable refuses while a phone of the user may hold unsent work, unless
	// anyway. Code: wrong-state, with what is unsent in its fields.
	Disable(ctx context.Context, a access.Actor, id string, on, anyway bool) error
	Revoke(ctx context.Context, a access.Actor, id string) error
}

var _ Users = (*staff.Service)(nil)

// UserPage is a page of users.
type UserPage struct {
	Rows []staff.User `json:"rows"`
	Next string       `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
}

type newUser struct {
	Login     string `json:"login" minLength:"2" maxLength:"40" doc:"2 to 40 of a-z 0-9 : . _ -"`
	Name      string `json:"name" minLength:"1" maxLength:"50"`
	Role      string `json:"role" enum:"H,C,V,T,A" doc:"below the caller's own"`
	Township  string `json:"township,omitempty" maxLength:"16" doc:"area code; absent = the caller's own"`
	Area      string `json:"area,omitempty" maxLength:"16" doc:"village code of a village worker"`
	Household string `json:"household,omitempty" maxLength:"12" doc:"household id of a household's login"`
	Unit      string `json:"unit,omitempty" maxLength:"60"`
	Rank      string `json:"rank,omitempty" maxLength:"30"`
	Tier      string `json:"tier,omitempty" enum:"county,township,village" doc:"where a cadre comes from"`
	Phone     string `json:"phone,omitempty" maxLength:"20"`
}

// BindCode ties the next WeChat account that gives it to the user.
type BindCode struct {
	Code    string `json:"code" doc:"shown only now"`
	UntilAt int64  `json:"untilAt" doc:"Unix ms"`
	QR      []byte `json:"qr" doc:"the code as a QR code to scan with wx.scanCode: PNG, base64"`
}

// NewCard is what a household logs in with.
type NewCard struct {
	Token string `json:"token" doc:"for the printed code; shown only now"`
	PIN   string `json:"pin" doc:"to be told to the household; shown only now"`
	URL   string `json:"url,omitempty" doc:"address of the household's page, for the card; absent while DAOHU_PUBLIC_URL is not set"`
	QR    []byte `json:"qr,omitempty" doc:"url as a QR code: PNG, base64"`
}

type disabling struct {
	On     bool `json:"on"`
	Anyway bool `json:"anyway,omitempty" doc:"although a phone may hold unsent work"`
}

// CardURL is the address printed on a household's card; "" while the server
// does not know where people reach it.
func CardURL(public, token string) string {
	if public == "" {
		return ""
	}
	return public + "/h/" + token
}

func (a *API) users(c *call, _ *none) (*UserPage, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	rows, next, err := a.deps.Users.List(c.r.Context(), c.actor, staff.Query{Township: c.gin.Query("township"), Role: c.gin.Query("role"), After: q.After, Limit: q.Limit})
	if err != nil {
		return nil, err
	}
	return &UserPage{Rows: some(rows), Next: next}, nil
}

func (a *API) addUser(c *call, in *newUser) (*staff.User, error) {
	u, err := a.deps.Users.Make(c.r.Context(), c.actor, account.NewUser{
		Login: in.Login, Name: in.Name, Role: access.Role(in.Role), Township: in.Township, Area: in.Area, Household: in.Household,
		Unit: in.Unit, Rank: in.Rank, Tier: in.Tier, Phone: in.Phone,
	})
	if err != nil {
		return nil, err
	}
	return &u, nil
}

func (a *API) userCode(c *call, _ *none) (*BindCode, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	code, until, err := a.deps.Users.Code(c.r.Context(), c.actor, id)
	if err != nil {
		return nil, err
	}
	picture, err := qrcode.PNG(code)
	if err != nil {
		return nil, err
	}
	return &BindCode{code, until, picture}, nil
}

func (a *API) userCard(c *call, _ *none) (*NewCard, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	token, pin, err := a.deps.Users.Card(c.r.Context(), c.actor, id)
	if err != nil {
		return nil, err
	}
	card := &NewCard{Token: token, PIN: pin, URL: CardURL(a.deps.PublicURL, token)}
	if card.URL != "" {
		card.QR, err = qrcode.PNG(card.URL)
	}
	return card, err
}

func (a *API) disableUser(c *call, in *disabling) (*none, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return nil, a.deps.Users.Disable(c.r.Context(), c.actor, id, in.On, in.Anyway)
}

func (a *API) revokeUser(c *call, _ *none) (*none, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return nil, a.deps.Users.Revoke(c.r.Context(), c.actor, id)
}
