package pairing

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
)

// How pairings stand. Reports list by login and 户编号, never by number: they
// show what is to be put right, and rank nobody. The county gets the numbers
// of its townships and no names.

// TownQuota is how the cadres of a township stand to the quota.
type TownQuota struct {
	Township  string      `json:"township"`
	Edition   string      `json:"edition" doc:"of the quota table"`
	Source    string      `json:"source" doc:"where its numbers come from"`
	Cadres    int         `json:"cadres" doc:"in use, at home in the township or paired there; one paired in two townships stands in both"`
	Met       int         `json:"met"`
	Under     int         `json:"under"`
	Over      int         `json:"over"`
	NoRank    int         `json:"noRank" doc:"nobody told the rank"`
	OtherRank int         `json:"otherRank" doc:"a rank that is not in the table"`
	Rows      []CadreLoad `json:"rows,omitempty" doc:"those who do not meet it, by login; for the township's administrator only"`
}

// CadreLoad is one cadre beside the quota.
type CadreLoad struct {
	Login   string  `json:"login"`
	Name    string  `json:"name"`
	Unit    string  `json:"unit,omitempty"`
	Rank    string  `json:"rank,omitempty"`
	Tier    string  `json:"tier,omitempty"`
	Here    int     `json:"here" doc:"households in this township"`
	All     int     `json:"all" doc:"households in the county: what the quota is about"`
	Finding Finding `json:"finding" enum:"under,over,no-rank,other-rank"`
	Words   string  `json:"words"`
}

// Quotas reports by township; township "" = all in reach, which for the
// township's own administrator is that one. Code: not-found.
func (s *Service) Quotas(ctx context.Context, a access.Actor, township string) ([]TownQuota, error) {
	towns, err := s.reach(ctx, a, township)
	if err != nil {
		return nil, err
	}
	county, err := s.Store.CountyTownships(ctx, a.County)
	if err != nil {
		return nil, err
	}
	loads, err := s.Store.Loads(ctx, county)
	if err != nil {
		return nil, err
	}
	out := []TownQuota{}
	for _, tw := range towns {
		rules, err := s.Quota(ctx, tw)
		if err != nil {
			return nil, err
		}
		cadres, err := s.Store.Cadres(ctx, CadreQuery{County: a.County, Townships: []string{tw}})
		if err != nil {
			return nil, err
		}
		t := TownQuota{Township: tw, Edition: rules.Edition, Source: rules.Source}
		all, here := counted(loads, tw)
		for _, c := range cadres {
			if c.InUse() {
				t.add(rules, c, all[c.User], here[c.User])
			}
		}
		if a.Role != access.Township {
			t.Rows = nil
		}
		out = append(out, t)
	}
	return out, nil
}

func (t *TownQuota) add(rules *Quota, c Cadre, all, here int) {
	f, words := rules.Judge(c.Rank, c.Tier, all)
	t.Cadres++
	switch f {
	case Met:
		t.Met++
		return
	case Under:
		t.Under++
	case Over:
		t.Over++
	case NoRank:
		t.NoRank++
	case OtherRank:
		t.OtherRank++
	}
	t.Rows = append(t.Rows, CadreLoad{c.Login, c.Name, c.Unit, c.Rank, c.Tier, here, all, f, words})
}

// Tally counts households and their people.
type Tally struct {
	Households int `json:"households"`
	People     int `json:"people"`
}

func (t *Tally) add(people int) {
	t.Households++
	t.People += people
}

// TownGaps is what is to be put right in a township's pairings.
type TownGaps struct {
	Township string `json:"township"`
	Year     int64  `json:"year" doc:"the running one, Asia/Shanghai"`
	Must     Tally  `json:"must" doc:"households that should be paired, by the quota document"`
	Paired   Tally  `json:"paired" doc:"of these"`
	Unpaired Tally  `json:"unpaired" doc:"of these"`
	Twice    int    `json:"twice" doc:"households with two or more running pairings"`
	Lost     int    `json:"lost" doc:"running pairings whose cadre was disabled or is no cadre any more"`
	// The lists are for the township's administrator only.
	UnpairedRows []Home     `json:"unpairedRows,omitempty" doc:"by 户编号; for the township's administrator only, like the lists below"`
	TwiceRows    []Home     `json:"twiceRows,omitempty"`
	LostRows     []LostPair `json:"lostRows,omitempty" doc:"by login and 户编号"`
}

// LostPair is a running pairing whose cadre cannot help any more.
type LostPair struct {
	Household string `json:"household"`
	Code      string `json:"code" doc:"户编号"`
	Login     string `json:"login"`
	Name      string `json:"name"`
}

// Gaps reports by township, as Quotas. Code: not-found.
func (s *Service) Gaps(ctx context.Context, a access.Actor, township string) ([]TownGaps, error) {
	towns, err := s.reach(ctx, a, township)
	if err != nil {
		return nil, err
	}
	out := []TownGaps{}
	for _, tw := range towns {
		g, err := s.gaps(ctx, a, tw)
		if err != nil {
			return nil, err
		}
		if a.Role != access.Township {
			g.UnpairedRows, g.TwiceRows, g.LostRows = nil, nil, nil
		}
		out = append(out, g)
	}
	return out, nil
}

func (s *Service) gaps(ctx context.Context, a access.Actor, township string) (TownGaps, error) {
	g := TownGaps{Township: township, Year: int64(s.Now().In(calendar.Zone()).Year())}
	rules, err := s.Quota(ctx, township)
	if err != nil {
		return g, err
	}
	homes, err := s.Store.Homes(ctx, township)
	if err != nil {
		return g, err
	}
	codes := map[string]string{}
	for _, h := range homes {
		codes[h.ID] = h.Code
		if h.Pairings > 1 {
			g.Twice++
			g.TwiceRows = append(g.TwiceRows, h)
		}
		if !rules.MustPair(h, g.Year) {
			continue
		}
		g.Must.add(h.People)
		if h.Pairings > 0 {
			g.Paired.add(h.People)
			continue
		}
		g.Unpaired.add(h.People)
		g.UnpairedRows = append(g.UnpairedRows, h)
	}
	return g, s.lost(ctx, a, &g, codes)
}

// lost finds the running pairings of open households, given as ids and
// 户编号, whose cadre is out of use.
func (s *Service) lost(ctx context.Context, a access.Actor, g *TownGaps, codes map[string]string) error {
	cadres, err := s.Store.Cadres(ctx, CadreQuery{County: a.County, Townships: []string{g.Township}})
	if err != nil {
		return err
	}
	for _, c := range cadres {
		if c.InUse() {
			continue
		}
		rows, err := s.Store.Pairings(ctx, Query{Township: g.Township, Cadre: c.User, Running: true})
		if err != nil {
			return err
		}
		slices.SortFunc(rows, func(x, y *Pairing) int { return strings.Compare(codes[x.Household], codes[y.Household]) })
		for _, p := range rows {
			if code, open := codes[p.Household]; open {
				g.Lost++
				g.LostRows = append(g.LostRows, LostPair{p.Household, code, c.Login, c.Name})
			}
		}
	}
	return nil
}

// List is a page of a township's pairings by id: of the cadre with that login
// ("" = everybody) and on that day ("" = every day), as the actor may see
// them. A pairing holds from its first day until the day it ends, which is the
// next one's. Codes: invalid.
func (s *Service) List(ctx context.Context, a access.Actor, township, cadre, on, after string, limit int) (rows []json.RawMessage, next string, err error) {
	q, err := s.query(ctx, a, township, cadre, on)
	if err != nil {
		return nil, "", err
	}
	q.After, q.Limit = after, limit+1
	list, err := s.Store.Pairings(ctx, q)
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	rows, err = s.project(list, a)
	return rows, next, err
}

// query is what List asks for.
func (s *Service) query(ctx context.Context, a access.Actor, township, cadre, on string) (Query, error) {
	q := Query{Township: township, On: on}
	if on != "" && !isDay(on) {
		f := badDay
		f.Name = "on"
		return q, fault.Bad(f)
	}
	if cadre != "" {
		c, err := s.cadre(ctx, a, township, cadre, "cadre")
		if err != nil {
			return q, err
		}
		q.Cadre = c.User
	}
	return q, nil
}

// Every is what List pages through, for the command.
func (s *Service) Every(ctx context.Context, a access.Actor, township, cadre, on string) ([]*Pairing, error) {
	q, err := s.query(ctx, a, township, cadre, on)
	if err != nil {
		return nil, err
	}
	return s.Store.Pairings(ctx, q)
}

// Of is every pairing a household ever had, newest first, as the actor may see
// them.
func (s *Service) Of(ctx context.Context, a access.Actor, township, household string) ([]json.RawMessage, error) {
	list, err := s.Store.Pairings(ctx, Query{Township: township, Household: household})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(x, y *Pairing) int {
		if x.From != y.From {
			return strings.Compare(y.From, x.From)
		}
		return int(min(1, max(-1, y.MadeAt-x.MadeAt)))
	})
	return s.project(list, a)
}

func (s *Service) project(list []*Pairing, a access.Actor) ([]json.RawMessage, error) {
	rows := []json.RawMessage{}
	for _, p := range list {
		raw, err := Type.Project(p, string(a.Role), s.Sealer)
		if err != nil {
			return nil, err
		}
		rows = append(rows, raw)
	}
	return rows, nil
}
