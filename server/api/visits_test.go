package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"daohu/server/access"
)

// duties stands for what app joins.
type duties struct{ *service }

func (d duties) Due(_ context.Context, a access.Actor, x Query, day string, all bool) (DueList, error) {
	row := DueRow{Household: json.RawMessage(`{"id":"` + mine + `"}`), Want: 1}
	return DueList{From: "2026-03-01", To: "2026-03-31", Rows: []DueRow{row}}, d.ask("due", string(a.Role), q(x), day, fmt.Sprint(all))
}

func (d duties) Compliance(_ context.Context, township, from, to string) (Compliance, error) {
	n := int64(45)
	return Compliance{Township: township, Evidence: EvidenceNow{Policy: "optional"}, Burden: []BurdenLine{{"seconds", 12, &n}, {"taps", 3, nil}}}, d.ask("compliance", township, from, to)
}

func TestVisitRoutes(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		role, path string
		status     int
		asked      string
		shows      []string
	}{
		{"T", "/api/v1/due", 200, `"Township":"` + town, []string{`"from":"2026-03-01"`, `"done":0,"want":1`}},
		{"C", "/api/v1/due?day=2026-03-05&all=1&limit=7", 200, `2026-03-05 true`, []string{mine}},
		{"V", "/api/v1/due?all=yes", 200, "false", nil},
		{"T", "/api/v1/due?limit=0", 422, "", nil},
		{"H", "/api/v1/due", 403, "", nil},
		{"K", "/api/v1/due?township=" + town, 403, "", nil},
		{"T", "/api/v1/compliance", 200, "compliance " + town, []string{`{"what":"seconds","visits":12,"median":45}`, `{"what":"taps","visits":3}`}},
		{"K", "/api/v1/compliance?township=" + town + "&from=2026-01&to=2026-02", 200, "2026-01 2026-02", nil},
		{"K", "/api/v1/compliance", 422, "", nil},
		{"C", "/api/v1/compliance", 403, "", nil},
	} {
		f.asked = nil
		w := f.do(c.role, "GET", c.path, "")
		if w.Code != c.status || !strings.Contains(f.last(), c.asked) || (c.status != 200 && f.last() != "") {
			t.Errorf("%s %s: %d, asked %q", c.role, c.path, w.Code, f.last())
		}
		for _, s := range c.shows {
			if !strings.Contains(w.Body.String(), s) {
				t.Errorf("%s %s: no %s in %s", c.role, c.path, s, w.Body)
			}
		}
	}
}
