package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/figures"
)

// counting stands for figures.Service.
type counting struct{ *service }

func (k counting) Drill(_ context.Context, a access.Actor, code string, year int64, month string) (figures.Drill, error) {
	return figures.Drill{Level: "village", Code: code, Lines: []figures.Line{{Level: "household", Code: "01", Sums: figures.Sums{All: figures.Cell{Households: 1, People: 4}}}}},
		k.ask("drill", string(a.Role), code, fmt.Sprint(year), month)
}

func (k counting) Places(_ context.Context, a access.Actor, code string) ([]figures.Place, error) {
	return []figures.Place{{Code: "1", Name: "村", Level: "village"}}, k.ask("places", string(a.Role), code)
}

func (k counting) Year(_ context.Context, a access.Actor, code, month string) (figures.Months, error) {
	return figures.Months{Code: code}, k.ask("year", string(a.Role), code, month)
}

func TestAreaRoute(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		role, query string
		status      int
		asked       string
	}{{"T", "", 200, "places T "}, {"K", "?area=999900", 200, "places K 999900"}, {"A", "?area=" + strings.Repeat("9", 17), 404, ""}, {"V", "", 403, ""}} {
		f.asked = nil
		if w := f.do(c.role, "GET", "/api/v1/areas"+c.query, ""); w.Code != c.status || f.last() != c.asked {
			t.Errorf("%s %s: %d, asked %q", c.role, c.query, w.Code, f.last())
		}
	}
}

func TestMonthsRoute(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		role, query string
		status      int
		asked       string
	}{{"T", "", 200, "year T  2023-11"}, {"K", "?area=999900&month=2018-03", 200, "year K 999900 2018-03"}, {"A", "?month=March", 422, ""}, {"A", "?area=" + strings.Repeat("9", 17), 404, ""}, {"V", "", 403, ""}} {
		f.asked = nil
		if w := f.do(c.role, "GET", "/api/v1/figures/months"+c.query, ""); w.Code != c.status || f.last() != c.asked {
			t.Errorf("%s %s: %d, asked %q", c.role, c.query, w.Code, f.last())
		}
	}
}

func TestFigureRoute(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		role, query string
		status      int
		asked       string
	}{
		{"T", "", 200, "drill T  2023 2023-11"}, // the fixture's clock stands at 2023-11-15 in Shanghai
		{"K", "?area=999900&year=2018&month=2018-03", 200, "drill K 999900 2018 2018-03"},
		{"A", "?month=March", 422, ""}, {"A", "?month=März", 400, ""}, {"A", "?year=18", 422, ""}, {"A", "?area=" + strings.Repeat("9", 17), 404, ""},
		{"C", "", 403, ""}, {"H", "", 403, ""},
	} {
		f.asked = nil
		w := f.do(c.role, "GET", "/api/v1/figures"+c.query, "")
		if w.Code != c.status || f.last() != c.asked {
			t.Errorf("%s %s: %d, asked %q", c.role, c.query, w.Code, f.last())
		}
		if c.status == 200 && !strings.Contains(w.Body.String(), `"all":{"households":1,"people":4}`) {
			t.Errorf("%s", w.Body)
		}
	}
}
