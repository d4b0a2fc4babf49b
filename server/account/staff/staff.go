// Package staff is how administrators look after the users of their area: who
// may see, make and change whom, and what a new user holds from the start.
package staff

import (
	"context"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/write"
)

// Store is what is read of the registry to judge a new user.
type Store interface {
	// Common is the id of a township's pseudo-household. NotFound.
	Common(ctx context.Context, township string) (string, error)
	Find(ctx context.Context, t *record.Type, townships []string, id string) (record.Record, error)
	Page(ctx context.Context, t *record.Type, q registry.PageQuery) ([]record.Record, error)
	// Area returns a place by its code. NotFound.
	Area(ctx context.Context, code string) (area.Area, error)
	CountyTownships(ctx context.Context, county string) ([]string, error)
}

// Service is the users of an area, for their administrators. It is safe for
// concurrent use.
type Service struct {
	Accounts *account.Service
	Store    Store
	Writer   write.Writer
	Sealer   record.Sealer // opens telephones, to show their ends
	Phones   *Phones
}

// Roles are the roles whose users someone of role r makes and changes: always
// below one's own, so that nobody can give, or take, what they do not have.
func Roles(r access.Role) string {
	switch r {
	case access.Township:
		return "CVH"
	case access.County:
		return "CVHTA"
	}
	return ""
}

// MaySee reports whether u is listed for a.
func MaySee(a access.Actor, u account.User) bool {
	return Roles(a.Role) != "" && !a.PushOnly && a.Reaches(u.Township, u.County)
}

// MayChange reports whether a may hand out codes and cards for u, take its
// sessions away and disable it.
func MayChange(a access.Actor, u account.User) bool {
	return MaySee(a, u) && u.Role.In(Roles(a.Role)) && u.ID != a.User
}

// User is a user as administrators see one: nothing that opens a session, the
// telephone masked.
type User struct {
	ID         string `json:"id"`
	Login      string `json:"login"`
	Name       string `json:"name"`
	Role       string `json:"role" enum:"H,C,V,T,K,A"`
	Township   string `json:"township,omitempty" doc:"area code; absent for K and A"`
	Area       string `json:"area,omitempty" doc:"village code of a village worker"`
	Household  string `json:"household,omitempty" doc:"household id of a household's login"`
	Unit       string `json:"unit,omitempty"`
	Rank       string `json:"rank,omitempty"`
	Tier       string `json:"tier,omitempty"`
	Phone      string `json:"phone,omitempty" doc:"masked"`
	Bound      bool   `json:"bound,omitempty" doc:"a WeChat account is bound"`
	Console    bool   `json:"console,omitempty" doc:"may log in to the console"`
	Card       bool   `json:"card,omitempty" doc:"a household's card was handed out"`
	DisabledAt int64  `json:"disabledAt,omitempty" doc:"Unix ms; absent = in use"`
	CreatedAt  int64  `json:"createdAt" doc:"Unix ms"`
	Change     bool   `json:"change,omitempty" doc:"the caller may change this user"`
}

func (s *Service) show(a access.Actor, u account.User) (User, error) {
	phone, err := s.Sealer.Open(u.Phone)
	if err != nil {
		return User{}, err
	}
	return User{ID: u.ID, Login: u.Login, Name: u.Name, Role: string(u.Role), Township: u.Township, Area: u.Area, Household: string(u.Household),
		Unit: u.Unit, Rank: u.Rank, Tier: u.Tier, Phone: record.Mask(phone), Bound: u.OpenID != "", Console: u.PasswordHash != "", Card: u.CardHash != "",
		DisabledAt: u.DisabledAt, CreatedAt: u.CreatedAt, Change: MayChange(a, u)}, nil
}

// Query is one page of users. Township "" is all that the caller reaches.
type Query struct {
	Township string
	Role     string // "" = all
	After    string // login after which the page begins
	Limit    int
}

// List is a page of the users the caller may see, by login; next is "" on the
// last page. Codes: NotFound (township out of reach), Invalid.
func (s *Service) List(ctx context.Context, a access.Actor, q Query) (rows []User, next string, err error) {
	if q.Role != "" && (len(q.Role) != 1 || !access.Role(q.Role).In("HCVTKA")) {
		return nil, "", fault.Bad(fault.Field{Name: "role", Code: "not-allowed", Detail: "没有这个角色。"})
	}
	f := account.Filter{County: a.County, Township: q.Township, Role: access.Role(q.Role), After: q.After, Limit: q.Limit + 1}
	if a.Role == access.Township && f.Township == "" {
		f.Township = a.Township
	}
	if err := s.reach(ctx, a, f.Township); err != nil {
		return nil, "", err
	}
	list, err := s.Accounts.Users(ctx, f)
	if err != nil {
		return nil, "", err
	}
	if len(list) > q.Limit {
		list = list[:q.Limit]
		next = list[q.Limit-1].Login
	}
	for _, u := range list {
		if !MaySee(a, u) { // the filter says so already; this is the rule
			continue
		}
		row, err := s.show(a, u)
		if err != nil {
			return nil, "", err
		}
		rows = append(rows, row)
	}
	return rows, next, nil
}

// reach judges a township; "" is the county's own users, for K only.
func (s *Service) reach(ctx context.Context, a access.Actor, township string) error {
	switch {
	case a.PushOnly || a.User == "" || a.County == "":
	case a.Role == access.Township && township == a.Township && township != "":
		return nil
	case a.Role == access.County && township == "":
		return nil
	case a.Role == access.County:
		codes, err := s.Store.CountyTownships(ctx, a.County)
		if err != nil {
			return err
		}
		for _, c := range codes {
			if c == township {
				return nil
			}
		}
	}
	return fault.New(fault.NotFound, "")
}

// Make adds a user for an administrator: of the own township for T, of the
// county for K. Codes: Forbidden (a role not below the caller's), NotFound (a
// township, village or household out of reach), Invalid.
func (s *Service) Make(ctx context.Context, a access.Actor, n account.NewUser) (User, error) {
	if len(n.Role) != 1 || !n.Role.In(Roles(a.Role)) {
		return User{}, fault.New(fault.Forbidden, "只能添加低于自己的角色。")
	}
	n.County, n.Password, n.OpenID = a.County, "", ""
	if a.Role == access.Township && n.Township == "" {
		n.Township = a.Township
	}
	if n.Township != "" || a.Role == access.Township {
		if err := s.reach(ctx, a, n.Township); err != nil {
			return User{}, err
		}
	}
	u, err := s.Add(ctx, a.User, n)
	if err != nil {
		return User{}, err
	}
	return s.show(a, u)
}

// Add makes a user and gives it the households that go with its role: a village
// worker the village's, a household's login its own. by is who does it, "" the
// system; what by may do was judged before. Codes: Invalid, NotFound (no such
// village or household in the township).
func (s *Service) Add(ctx context.Context, by string, n account.NewUser) (account.User, error) {
	common, source, ids, err := s.holdings(ctx, n)
	if err != nil {
		return account.User{}, err
	}
	u, err := s.Accounts.CreateUser(ctx, n)
	if err != nil || source == "" {
		return u, err
	}
	in := write.Intent{Township: u.Township, Actor: by, Action: "users", Households: append([]string{common}, ids...)}
	_, err = s.Writer.Write(ctx, in, func(tx write.Tx) error {
		return pairing.Assign(tx, common, string(u.Role), source, map[string][]string{u.ID: ids})
	})
	return u, err
}

// holdings finds what a new user is to hold, before the user is made; source
// "" is nothing.
func (s *Service) holdings(ctx context.Context, n account.NewUser) (common, source string, ids []string, err error) {
	if !n.Role.In("HV") || len(n.Role) != 1 || n.Township == "" || n.Household+n.Area == "" {
		return "", "", nil, nil // what is missing is named by CreateUser
	}
	if n.Role == access.Household {
		source = pairing.SourceSelf
		var r record.Record
		if r, err = s.Store.Find(ctx, household.HouseholdType, []string{n.Township}, n.Household); err != nil {
			return "", "", nil, err
		}
		if r.(*household.Household).Kind != "" { // the pseudo-household
			return "", "", nil, fault.New(fault.NotFound, "")
		}
		ids = []string{n.Household}
	} else {
		source = pairing.SourceVillage
		if err = s.village(ctx, n.Township, n.Area); err == nil {
			ids, err = s.households(ctx, n.Township, n.Area)
		}
		if err != nil {
			return "", "", nil, err
		}
	}
	common, err = s.Store.Common(ctx, n.Township)
	return common, source, ids, err
}

// village fails with NotFound unless code is a village of the township.
func (s *Service) village(ctx context.Context, township, code string) error {
	ar, err := s.Store.Area(ctx, code)
	if err == nil && (ar.Level != area.Village || ar.Parent != township) {
		err = fault.New(fault.NotFound, "")
	}
	return err
}

func (s *Service) households(ctx context.Context, township, village string) ([]string, error) {
	var ids []string
	q := registry.PageQuery{Township: township, Limit: 1000}
	for {
		recs, err := s.Store.Page(ctx, household.HouseholdType, q)
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			if h := r.(*household.Household); h.Village == village && h.Kind == "" && h.State == "" {
				ids = append(ids, h.ID)
			}
			q.After = r.Base().ID
		}
		if len(recs) < q.Limit {
			return ids, nil
		}
	}
}

// changeable finds a user the caller may change. NotFound out of reach.
func (s *Service) changeable(ctx context.Context, a access.Actor, id string) (account.User, error) {
	u, err := s.Accounts.User(ctx, account.ByID, id)
	if err == nil && !MayChange(a, u) {
		err = fault.New(fault.NotFound, "")
	}
	return u, err
}

// Code makes a one-time code that binds a WeChat account; shown once. Codes:
// NotFound, Forbidden (disabled).
func (s *Service) Code(ctx context.Context, a access.Actor, id string) (code string, expiresAt int64, err error) {
	if _, err := s.changeable(ctx, a, id); err != nil {
		return "", 0, err
	}
	return s.Accounts.IssueCode(ctx, id)
}

// Card makes a household's login a new card; shown once. Codes: NotFound,
// Invalid (not a household's login), Forbidden (disabled).
func (s *Service) Card(ctx context.Context, a access.Actor, id string) (token, pin string, err error) {
	if _, err := s.changeable(ctx, a, id); err != nil {
		return "", "", err
	}
	return s.Accounts.IssueCard(ctx, id)
}

// Disable takes a user out of use, or back in. While a phone of the user may
// hold unsent work it refuses and says what, unless anyway is set. Codes:
// NotFound, WrongState (with one field per phone).
func (s *Service) Disable(ctx context.Context, a access.Actor, id string, on, anyway bool) error {
	if _, err := s.changeable(ctx, a, id); err != nil {
		return err
	}
	if on && !anyway {
		if err := s.allSent(ctx, id); err != nil {
			return err
		}
	}
	return s.Accounts.Disable(ctx, id, on)
}

// allSent fails with WrongState while a phone of the user may hold unsent work.
func (s *Service) allSent(ctx context.Context, id string) error {
	why, err := s.Phones.Unsent(ctx, id)
	if err != nil || len(why) == 0 {
		return err
	}
	e := fault.New(fault.WrongState, "停用以后，没送到的内容可能会丢。确实要停用，请选“仍要停用”。")
	for _, w := range why {
		e.Fields = append(e.Fields, fault.Field{Name: "anyway", Code: "required", Detail: w})
	}
	return e
}

// Revoke ends the user's sessions; phones may push for account.PushGrace.
// Codes: NotFound.
func (s *Service) Revoke(ctx context.Context, a access.Actor, id string) error {
	if _, err := s.changeable(ctx, a, id); err != nil {
		return err
	}
	return s.Accounts.RevokeUser(ctx, id)
}
