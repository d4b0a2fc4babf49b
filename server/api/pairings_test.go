package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/pairing"
)

func (s *service) Propose(_ context.Context, _ access.Actor, in House, cadre, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"open"}`), s.ask("propose", in.ID, cadre, reason)
}

// pairings is the service as the township's pairings.
type pairings struct{ *service }

func (p pairings) Handover(_ context.Context, _ access.Actor, township string, in pairing.Handover) (*pairing.HandoverResult, error) {
	return &pairing.HandoverResult{}, p.ask("handover", township, fmt.Sprint(in))
}

func (p pairings) Bulk(_ context.Context, _ access.Actor, township string, in pairing.Bulk) (*pairing.BulkResult, error) {
	return &pairing.BulkResult{}, p.ask("bulk", township, fmt.Sprint(len(in.Rows)))
}

func (p pairings) List(_ context.Context, _ access.Actor, township, cadre, on, after string, limit int) ([]json.RawMessage, string, error) {
	return nil, "n", p.ask("pairings", township, cadre, on, after, fmt.Sprint(limit))
}

func (p pairings) Of(_ context.Context, _ access.Actor, township, household string) ([]json.RawMessage, error) {
	return nil, p.ask("of", township, household)
}

func (p pairings) Quotas(_ context.Context, _ access.Actor, township string) ([]pairing.TownQuota, error) {
	return []pairing.TownQuota{}, p.ask("quotas", township)
}

func (p pairings) Gaps(_ context.Context, _ access.Actor, township string) ([]pairing.TownGaps, error) {
	return []pairing.TownGaps{}, p.ask("gaps", township)
}

func TestPairings(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct{ role, method, path, body, asked, answer string }{
		{"T", "POST", "/api/v1/pairings/handover", `{"from":"c-1","to":"c-2","day":"2026-03-02","dry":true}`, "handover " + town + " {c-1 c-2 2026-03-02  true []}", `"done":false`},
		{"T", "POST", "/api/v1/pairings/handover", `{"from":"c-1","day":"2026-03-02","households":[{"household":"H1","to":"c-3","seen":"x.1"}]}`, "handover " + town + " {c-1  2026-03-02  false [{H1 c-3 x.1}]}", `"done":false`},
		{"T", "POST", "/api/v1/pairings/bulk", `{"rows":[{"household":"H1","cadre":"c-2","day":"2026-03-02"}]}`, "bulk " + town + " 1", `"same":0`},
		{"T", "GET", "/api/v1/pairings?cadre=c-1&on=2026-03-02&limit=7&after=x", "", "pairings " + town + " c-1 2026-03-02 x 7", `{"rows":[],"next":"n"}`},
		{"A", "GET", "/api/v1/households/" + mine + "/pairings", "", "of " + town + " " + mine, `{"rows":[]}`},
		{"V", "POST", "/api/v1/households/" + mine + "/pairing/proposal", `{"cadre":"c-2","reason":"离得近"}`, "propose " + mine + " c-2 离得近", `{"state":"open"}`},
		{"K", "GET", "/api/v1/pairings/quota", "", "quotas ", `{"townships":[]}`},
		{"T", "GET", "/api/v1/pairings/gaps?township=9", "", "gaps 9", `{"townships":[]}`},
	} {
		w := f.do(c.role, c.method, c.path, c.body)
		if w.Code != 200 || f.last() != c.asked || !strings.Contains(w.Body.String(), c.answer) {
			t.Errorf("%s %s: %d %s; asked %q", c.method, c.path, w.Code, w.Body, f.last())
		}
	}
	for _, bad := range []string{
		`{"from":"c-1","to":"c-2"}`, `{"from":"","day":"2026-03-02"}`, `{"from":"c-1","day":"tomorrow"}`, `{"from":"c-1","day":"2026-03-02","households":[{"household":""}]}`,
		`{"from":"c-1","day":"2026-03-02","households":[{"household":"H1","cadre":"c-3"}]}`, `{"from":"c-1","day":"2026-03-02","township":"9"}`,
	} {
		f.problem(f.do("T", "POST", "/api/v1/pairings/handover", bad), 422, fault.Invalid)
	}
	many := strings.Repeat(`{"household":"H00000000001","cadre":"demo:cadre-001","day":"2026-03-02"},`, 2001)
	for _, bad := range []string{`{"rows":[]}`, `{"rows":[` + many[:len(many)-1] + `]}`, `{"rows":[{"household":"H1","day":"2026-03-02"}]}`} {
		f.problem(f.do("T", "POST", "/api/v1/pairings/bulk", bad), 422, fault.Invalid)
	}
	if w := f.do("T", "POST", "/api/v1/pairings/bulk", `{"rows":[`+many[:2000*len(many)/2001-1]+`]}`); w.Code != 200 || f.last() != "bulk "+town+" 2000" {
		t.Errorf("2000 rows: %d %s", w.Code, f.last())
	}
}
