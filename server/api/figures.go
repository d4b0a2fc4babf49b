package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/figures"
)

// Counting counts an area level by level (figures.Service). Areas out of reach
// are fault.NotFound.
type Counting interface {
	Drill(ctx context.Context, a access.Actor, code string, year int64, month string) (figures.Drill, error)
	Places(ctx context.Context, a access.Actor, code string) ([]figures.Place, error)
	Year(ctx context.Context, a access.Actor, code, month string) (figures.Months, error)
}

var _ Counting = (*figures.Service)(nil)

func (a *API) figureRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/api/v1/figures", Roles: "TKA", Scope: Row, Doc: "Figures of a county by township, of a township by village, of a village by household; every cell is the sum of its lines.", Query: []string{"area", "year", "month"}, end: typed(a.figures)},
		{Method: http.MethodGet, Path: "/api/v1/figures/months", Roles: "TKA", Scope: Row, Doc: "Visits of an area in the twelve months up to one, and where a township's villages lie.", Query: []string{"area", "month"}, end: typed(a.months)},
		{Method: http.MethodGet, Path: "/api/v1/areas", Roles: "TKA", Scope: Row, Doc: "An area and those right below it by name: a county and its townships, a township and its villages.", Query: []string{"area"}, end: typed(a.areas)},
	}
}

// Places are areas by name, the wider one first.
type Places struct {
	Rows []figures.Place `json:"rows"`
}

func (a *API) areas(c *call, _ *none) (*Places, error) {
	code := c.gin.Query("area")
	if len(code) > 16 {
		return nil, fault.New(fault.NotFound, "")
	}
	rows, err := a.deps.Counting.Places(c.r.Context(), c.actor, code)
	if err != nil {
		return nil, err
	}
	return &Places{some(rows)}, nil
}

func (a *API) figures(c *call, _ *none) (*figures.Drill, error) {
	code, month, err := a.areaMonth(c)
	if err != nil {
		return nil, err
	}
	year := int64(a.deps.Now().In(calendar.Zone()).Year())
	if s := c.gin.Query("year"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 2000 || n > 2100 {
			return nil, fault.Bad(fault.Field{Name: "year", Code: "range", Detail: "年份要写成 2026 这样。"})
		}
		year = n
	}
	out, err := a.deps.Counting.Drill(c.r.Context(), c.actor, code, year, month)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func (a *API) months(c *call, _ *none) (*figures.Months, error) {
	code, month, err := a.areaMonth(c)
	if err != nil {
		return nil, err
	}
	out, err := a.deps.Counting.Year(c.r.Context(), c.actor, code, month)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// areaMonth reads which area is asked about, and which month: the running one
// unless told.
func (a *API) areaMonth(c *call) (code, month string, err error) {
	code, month = c.gin.Query("area"), c.gin.Query("month")
	if len(code) > 16 {
		return "", "", fault.New(fault.NotFound, "")
	}
	if month == "" {
		return code, a.deps.Now().In(calendar.Zone()).Format("2006-01"), nil
	}
	if _, err := time.Parse("2006-01", month); err != nil {
		return "", "", fault.Bad(fault.Field{Name: "month", Code: "format", Detail: "年月要写成 2026-01 这样。"})
	}
	return code, month, nil
}
