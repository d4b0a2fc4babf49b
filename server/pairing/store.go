package pairing

import (
	"context"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/write"
)

// Store reads what pairings are judged and listed by.
type Store interface {
	// Pairings are rows that q asks for, by id.
	Pairings(ctx context.Context, q Query) ([]*Pairing, error)
	// Homes are the open households of a township by 户编号, each with the
	// number of its running pairings.
	Homes(ctx context.Context, township string) ([]Home, error)
	// Cadres are accounts by login: see CadreQuery.
	Cadres(ctx context.Context, q CadreQuery) ([]Cadre, error)
	// Loads counts the running pairings by cadre and township.
	Loads(ctx context.Context, townships []string) ([]Load, error)
	// PhonesOf are the phones of one user, by id.
	PhonesOf(ctx context.Context, user string) ([]write.Client, error)
	// CountyTownships are the codes of a county's townships.
	CountyTownships(ctx context.Context, county string) ([]string, error)
}

// Query asks for live pairings of a township. The zero value of a field does
// not restrict.
type Query struct {
	Township  string // always set
	Household string
	Cadre     string // user id
	On        string // a day it held on: from that day, and not yet ended on it
	Running   bool   // without an end
	After     string // id
	Limit     int    // 0 = all
}

// Home is an open household as lists of pairings show it.
type Home struct {
	ID       string `json:"household"`
	Code     string `json:"code" doc:"户编号"`
	Head     string `json:"head"`
	Village  string `json:"village"`
	Place    string `json:"place,omitempty"`
	People   int    `json:"people"`
	Exit     string `json:"-"`
	PlanYear int64  `json:"-"`
	Safety   bool   `json:"-"`
	Pairings int    `json:"pairings" doc:"that run"`
}

// CadreQuery asks for cadres at home in the county's townships given, those
// with the logins given anywhere in the county, and whoever has a running
// pairing in these townships, of whatever county or role by now.
type CadreQuery struct {
	County    string
	Townships []string
	Logins    []string
}

// Cadre is an account as pairings are judged by it.
type Cadre struct {
	User       string
	Login      string
	Name       string
	Unit       string
	Rank       string // as shown; "" = not told
	Tier       string // county, township, village; "" = not told
	Role       access.Role
	Township   string // home
	DisabledAt int64  // Unix ms; 0 = in use
}

// InUse reports whether c can be paired.
func (c Cadre) InUse() bool { return c.DisabledAt == 0 && c.Role == access.Cadre }

// Load is the number of a cadre's running pairings in one township.
type Load struct {
	Cadre    string // user id
	Township string
	N        int
}

// counted adds up loads by cadre: in the county, and in one township.
func counted(loads []Load, township string) (all, here map[string]int) {
	all, here = map[string]int{}, map[string]int{}
	for _, l := range loads {
		all[l.Cadre] += l.N
		if l.Township == township {
			here[l.Cadre] += l.N
		}
	}
	return all, here
}

// cadre finds one cadre of the county by login, disabled or not.
func (s *Service) cadre(ctx context.Context, a access.Actor, township, login, field string) (Cadre, error) {
	list, err := s.Store.Cadres(ctx, CadreQuery{County: a.County, Townships: []string{township}, Logins: []string{login}})
	if err != nil {
		return Cadre{}, err
	}
	for _, c := range list {
		if c.Login == login {
			return c, nil
		}
	}
	return Cadre{}, noCadre(field)
}

// reach is the townships a report is about: an administrator's own, for the
// county's the one named or all. Everything else is fault.NotFound.
func (s *Service) reach(ctx context.Context, a access.Actor, township string) ([]string, error) {
	var within []string
	switch {
	case a.PushOnly:
	case a.Role == access.Township:
		within = []string{a.Township}
	case a.Role == access.County:
		var err error
		if within, err = s.Store.CountyTownships(ctx, a.County); err != nil {
			return nil, err
		}
	}
	if township == "" && len(within) > 0 {
		return within, nil
	}
	for _, tw := range within {
		if tw == township {
			return []string{tw}, nil
		}
	}
	return nil, fault.New(fault.NotFound, "")
}
