package figures

import (
	"context"
	"slices"
	"time"

	"daohu/server/access"
	"daohu/server/area"
)

// YearCell is the households of one year.
type YearCell struct {
	Year int64 `json:"year" doc:"0 = not told"`
	Cell
}

// Months is how many visits an area had, month by month.
type Months struct {
	Code   string        `json:"code"`
	Months []MonthVisits `json:"months" doc:"twelve, the oldest first"`
	Points []Point       `json:"points" doc:"of a township: where its villages lie, for a map"`
}

// MonthVisits are the visits of one month to open households, those that were
// rejected not counted: as Sums.Visits and Sums.Visited.
type MonthVisits struct {
	Month      string `json:"month"`
	Visits     int64  `json:"visits"`
	Households int64  `json:"households" doc:"that had one"`
}

// Point is a village on the map: the middle of the places its visits noted.
type Point struct {
	Village string `json:"village" doc:"area code"`
	Name    string `json:"name"`
	Lat     int64  `json:"lat" doc:"micro-degrees, as the phones gave them"`
	Lng     int64  `json:"lng"`
	Visits  int64  `json:"visits" doc:"with a place"`
}

// PointFrom is the least number of visits with a place that make a point: of
// fewer the middle could be one household's door.
const PointFrom = 10

// Year counts the visits of the twelve months that end with month (2026-01) of
// an area within the actor's reach, as Drill. Code: not-found.
func (s *Service) Year(ctx context.Context, a access.Actor, code, month string) (Months, error) {
	at, townships, err := s.within(ctx, a, code)
	if err != nil {
		return Months{}, err
	}
	last, err := time.Parse("2006-01", month)
	if err != nil {
		return Months{}, err // the caller checked
	}
	out := Months{Code: at.Code, Points: []Point{}}
	for i := -11; i <= 0; i++ {
		out.Months = append(out.Months, MonthVisits{Month: last.AddDate(0, i, 0).Format("2006-01")})
	}
	village := ""
	if at.Level == area.Village {
		village = at.Code
	}
	for _, t := range townships {
		found, err := s.Store.MonthVisits(ctx, t, village, out.Months[0].Month, month)
		if err != nil {
			return out, err
		}
		for _, f := range found {
			if i := slices.IndexFunc(out.Months, func(m MonthVisits) bool { return m.Month == f.Month }); i >= 0 {
				out.Months[i].Visits += f.Visits
				out.Months[i].Households += f.Households
			}
		}
	}
	if at.Level == area.Township {
		out.Points, err = s.points(ctx, at.Code)
	}
	return out, err
}

func (s *Service) points(ctx context.Context, township string) ([]Point, error) {
	found, err := s.Store.VillagePoints(ctx, township)
	if err != nil {
		return nil, err
	}
	names, err := s.Store.Under(ctx, township)
	out := []Point{}
	for _, n := range names {
		for _, p := range found {
			if p.Village == n.Code && p.Visits >= PointFrom {
				p.Name = n.Name
				out = append(out, p)
			}
		}
	}
	return out, err
}

// years adds up households by a year, in order.
func years(houses []House, of func(House) (year int64, counts bool)) []YearCell {
	out := []YearCell{}
	for _, h := range houses {
		year, counts := of(h)
		if !counts {
			continue
		}
		i, found := slices.BinarySearchFunc(out, year, func(c YearCell, y int64) int { return int(c.Year - y) })
		if !found {
			out = slices.Insert(out, i, YearCell{Year: year})
		}
		out[i].add(Cell{1, h.People})
	}
	return out
}

// cohorts are the households that left by the year they did, and those still
// to leave, without the safety net, by the year they are planned for.
func (d *Drill) cohorts(houses []House) {
	d.Exits = years(houses, func(h House) (int64, bool) { return h.ExitYear, h.Exit == exited })
	d.Plans = years(houses, func(h House) (int64, bool) { return h.PlanYear, h.Exit != exited && !h.Safety })
}
