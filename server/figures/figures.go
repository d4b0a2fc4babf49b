// Package figures counts a county's work from county to township to village to
// household. Every cell is a sum of the rows one level below, down to the
// households themselves; nothing is stored.
package figures

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"daohu/server/access"
	"daohu/server/area"
	"daohu/server/fault"
)

// House is what is counted of one open household.
type House struct {
	ID, Code, Head, Village string
	People                  int64
	Exit                    string
	PlanYear                int64
	ExitYear                int64 // 0 = not told
	Safety                  bool
	Paired                  bool  // an open pairing
	Watched                 bool  // monitored, its risk not cleared
	Visits                  int64 // in the month asked for, not rejected
}

// Cell is a number of households and of the people living in them.
type Cell struct {
	Households int64 `json:"households"`
	People     int64 `json:"people"`
}

func (c *Cell) add(o Cell) {
	c.Households += o.Households
	c.People += o.People
}

// Sums are the columns of every level.
type Sums struct {
	All      Cell  `json:"all" doc:"open households"`
	Exited   Cell  `json:"exited"`
	Not      Cell  `json:"notExited"`
	ThisYear Cell  `json:"thisYear" doc:"planned to leave in the year asked for, without the safety net"`
	NextYear Cell  `json:"nextYear"`
	Safety   Cell  `json:"safety" doc:"kept by the safety net"`
	Watched  Cell  `json:"watched" doc:"monitored, risk not cleared"`
	Paired   Cell  `json:"paired" doc:"with an open pairing"`
	Visited  Cell  `json:"visited" doc:"with a visit in the month asked for"`
	Left     Cell  `json:"left" doc:"with an open pairing and without a visit in the month asked for"`
	Visits   int64 `json:"visits" doc:"visits in that month"`
}

// Add adds o cell by cell.
func (s *Sums) Add(o Sums) {
	for _, c := range []struct {
		to *Cell
		by Cell
	}{{&s.All, o.All}, {&s.Exited, o.Exited}, {&s.Not, o.Not}, {&s.ThisYear, o.ThisYear}, {&s.NextYear, o.NextYear}, {&s.Safety, o.Safety}, {&s.Watched, o.Watched}, {&s.Paired, o.Paired}, {&s.Visited, o.Visited}, {&s.Left, o.Left}} {
		c.to.add(c.by)
	}
	s.Visits += o.Visits
}

// exited is the word of the code list "exit" for a household that left.
const exited = "已脱贫"

// Of is one household as a line of sums: every cell is the household or nothing.
func Of(h House, year int64) Sums {
	one := Cell{1, h.People}
	s := Sums{All: one, Visits: h.Visits}
	if h.Exit == exited {
		s.Exited = one
	} else {
		s.Not = one
		switch {
		case h.Safety:
		case h.PlanYear == year:
			s.ThisYear = one
		case h.PlanYear == year+1:
			s.NextYear = one
		}
	}
	for cell, is := range map[*Cell]bool{&s.Safety: h.Safety, &s.Watched: h.Watched, &s.Paired: h.Paired, &s.Visited: h.Visits > 0, &s.Left: h.Paired && h.Visits == 0} {
		if is {
			*cell = one
		}
	}
	return s
}

// Line is one row of a level.
type Line struct {
	Level string `json:"level" enum:"township,village,household"`
	Code  string `json:"code" doc:"area code, or 户编号"`
	Name  string `json:"name,omitempty" doc:"of the area; of a household's head for its own township only"`
	ID    string `json:"id,omitempty" doc:"of a household"`
	Sums
}

// Drill is one level: an area, its sums, and the lines they are made of.
type Drill struct {
	Level string `json:"level" enum:"county,township,village"`
	Code  string `json:"code"`
	Name  string `json:"name"`
	Year  int64  `json:"year"`
	Month string `json:"month" doc:"the visits are of"`
	Total Sums   `json:"total" doc:"sum of the lines, cell by cell"`
	Lines []Line `json:"lines"`

	Exits []YearCell `json:"exits" doc:"exited by year: together the cell exited"`
	Plans []YearCell `json:"plans" doc:"planned to leave by year, without the safety net"`
}

// Store reads areas and households.
type Store interface {
	Area(ctx context.Context, code string) (area.Area, error)
	Under(ctx context.Context, parent string) ([]area.Area, error)
	CountyTownships(ctx context.Context, county string) ([]string, error)
	// Houses are the open households of a township, of one village or with ""
	// of all, with the visits of a month (2026-01), by 户编号.
	Houses(ctx context.Context, township, village, month string) ([]House, error)
	// MonthVisits counts from one month to another; months without are left out.
	MonthVisits(ctx context.Context, township, village, from, to string) ([]MonthVisits, error)
	// VillagePoints are the middles of the places that visits noted, by village.
	VillagePoints(ctx context.Context, township string) ([]Point, error)
}

// Service counts. It is safe for concurrent use.
type Service struct{ Store Store }

// Drill counts an area within the actor's reach: the county for K and A, a
// township of it, or a village; for T its own township and the villages of it.
// "" is the widest the actor reaches. Code: not-found.
func (s *Service) Drill(ctx context.Context, a access.Actor, code string, year int64, month string) (Drill, error) {
	at, townships, err := s.within(ctx, a, code)
	if err != nil {
		return Drill{}, err
	}
	out := Drill{Level: at.Level, Code: at.Code, Name: at.Name, Year: year, Month: month, Lines: []Line{}}
	var all []House
	switch at.Level {
	case area.County:
		all, err = s.county(ctx, townships, &out)
	case area.Township:
		all, err = s.township(ctx, &out)
	default:
		all, err = s.village(ctx, a, townships[0], &out)
	}
	for _, l := range out.Lines {
		out.Total.Add(l.Sums)
	}
	out.cohorts(all)
	return out, err
}

// within finds an area in the actor's reach, and the townships it is made of
// or lies in.
func (s *Service) within(ctx context.Context, a access.Actor, code string) (area.Area, []string, error) {
	if code == "" {
		if code = a.County; a.Role == access.Township {
			code = a.Township
		}
	}
	at, err := s.Store.Area(ctx, code)
	if err != nil {
		return at, nil, err
	}
	township := at.Township
	switch at.Level {
	case area.County:
		if a.PushOnly || !a.Role.In("KA") || a.County != at.Code {
			return at, nil, fault.New(fault.NotFound, "")
		}
		all, err := s.Store.CountyTownships(ctx, at.Code)
		return at, all, err
	case area.Township:
		township = at.Code
	case area.Village:
	default:
		return at, nil, fault.New(fault.NotFound, "")
	}
	return at, []string{township}, s.reach(ctx, a, township)
}

// reach allows T its township, K and A those of the county.
func (s *Service) reach(ctx context.Context, a access.Actor, township string) error {
	switch {
	case a.PushOnly || a.User == "" || township == "":
	case a.Role == access.Township && a.Township == township:
		return nil
	case a.Role.In("KA"):
		list, err := s.Store.CountyTownships(ctx, a.County)
		if err != nil || slices.Contains(list, township) {
			return err
		}
	}
	return fault.New(fault.NotFound, "")
}

func (s *Service) county(ctx context.Context, townships []string, out *Drill) (all []House, err error) {
	for _, code := range townships {
		at, err := s.Store.Area(ctx, code)
		if err != nil {
			return nil, err
		}
		houses, err := s.Store.Houses(ctx, code, "", out.Month)
		if err != nil {
			return nil, err
		}
		l := Line{Level: area.Township, Code: code, Name: at.Name}
		for _, h := range houses {
			l.Add(Of(h, out.Year))
		}
		out.Lines, all = append(out.Lines, l), append(all, houses...)
	}
	return all, nil
}

// township has a line for every village, and one for households whose village
// is none of them: no household is missing in a sum.
func (s *Service) township(ctx context.Context, out *Drill) ([]House, error) {
	villages, err := s.Store.Under(ctx, out.Code)
	if err != nil {
		return nil, err
	}
	houses, err := s.Store.Houses(ctx, out.Code, "", out.Month)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, v := range villages {
		if v.Level == area.Village {
			at[v.Code] = len(out.Lines)
			out.Lines = append(out.Lines, Line{Level: area.Village, Code: v.Code, Name: v.Name})
		}
	}
	slices.SortFunc(out.Lines, func(a, b Line) int { return strings.Compare(a.Code, b.Code) })
	for i, l := range out.Lines {
		at[l.Code] = i
	}
	for _, h := range houses {
		i, known := at[h.Village]
		if !known {
			i = len(out.Lines)
			at[h.Village] = i
			out.Lines = append(out.Lines, Line{Level: area.Village, Code: h.Village, Name: "没有登记的村"})
		}
		out.Lines[i].Add(Of(h, out.Year))
	}
	return houses, nil
}

func (s *Service) village(ctx context.Context, a access.Actor, township string, out *Drill) ([]House, error) {
	houses, err := s.Store.Houses(ctx, township, out.Code, out.Month)
	if err != nil {
		return nil, err
	}
	for _, h := range houses {
		l := Line{Level: "household", Code: h.Code, ID: h.ID, Sums: Of(h, out.Year)}
		if a.Role == access.Township {
			l.Name = h.Head
		}
		out.Lines = append(out.Lines, l)
	}
	slices.SortStableFunc(out.Lines, func(a, b Line) int { return cmp.Compare(a.Code, b.Code) })
	return houses, nil
}
