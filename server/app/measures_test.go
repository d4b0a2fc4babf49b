package app_test

import (
	"fmt"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/ledger"
	"daohu/server/measure"
)

// refusal is the code of the only refused mutation; "" = none.
func refusal(t *testing.T, r answer) string {
	t.Helper()
	if len(r.Results) == 0 {
		return ""
	}
	return fmt.Sprint(r.Results[0][1])
}

// measureOf is a measure as it is kept.
func (s *site) measureOf(id string) *measure.Measure {
	s.t.Helper()
	r, err := s.DB.Find(s.t.Context(), measure.Type, []string{s.where}, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.(*measure.Measure)
}

// TestFourVisitsOfAHousehold: 认门户, 出思路, 上措施, 见成效 of one household by
// phone, with what each brings: nothing yet, a wish, a plan the household agrees
// to and the township approves and pays, its result and its calf.
func TestFourVisitsOfAHousehold(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		house := s.paired("cadre-201", 0)
		s.user("farmer", access.Household, house)
		c, home, admin := s.login("cadre-201"), s.login("farmer"), s.login("admin")
		c.sync()
		home.sync()
		cows := s.DB.NewID()
		push := func(p *person, typ, id string, patch map[string]any) string {
			t.Helper()
			p.sync() // a phone that is up to date
			return refusal(t, p.sync(p.mutation(typ, id, house, patch))[0])
		}
		want := func(p *person, code string, patch map[string]any) {
			t.Helper()
			if got := push(p, "measure", cows, patch); got != code {
				t.Errorf("%v by %s: %q, want %q", patch, p.user, got, code)
			}
		}
		var visits []string
		for i, day := range []string{"2026-03-02", "2026-04-02", "2026-05-06", "2026-11-03"} {
			visits = append(visits, s.DB.NewID())
			if code := push(c, "visit", visits[i], map[string]any{"day": day, "stage": i + 1}); code != "" {
				t.Fatalf("visit %d: %s", i+1, code)
			}
		}

		// 出思路: a wish is nothing to review, to agree to, to pay or to begin.
		want(c, "", map[string]any{"kind": "产业帮扶", "what": "想养牛", "stage": "wish", "visit": visits[1]})
		if m := s.measureOf(cows); m.State != "" {
			t.Errorf("a wish waits: %+v", m)
		}
		want(home, "wrong-state", map[string]any{"agreement": "agreed"})
		want(c, "wrong-state", map[string]any{"stage": "doing"})
		decide := func(action string, status int) {
			t.Helper()
			admin.want(status, "POST", "/api/v1/records/measure/"+cows+"/decision", map[string]any{"action": action, "rev": s.measureOf(cows).Version, "reason": "请再谈"}, nil)
		}
		decide("approve", 409)

		// 上措施: the household objects, is heard, and agrees to another plan.
		want(c, "", map[string]any{"stage": "plan", "what": "购买能繁母牛", "amount": 1_000_000, "quantity": 1, "unit": "头", "visit": visits[2]})
		want(home, "invalid", map[string]any{"agreement": "objected"})
		want(home, "", map[string]any{"agreement": "objected", "objection": "一头牛不好配种"})
		decide("approve", 422)
		want(c, "forbidden", map[string]any{"agreement": "agreed", "objection": nil})
		want(c, "", map[string]any{"quantity": 2})
		if m := s.measureOf(cows); m.Agreement != "" || m.Objection != "" || m.AgreedBy != "" {
			t.Errorf("another plan, and what was said of the old one stays: %+v", m)
		}
		want(home, "forbidden", map[string]any{"what": "四头牛"})
		want(home, "forbidden", map[string]any{"stage": "stopped", "result": "x"})
		want(c, "wrong-state", map[string]any{"stage": "doing"})
		want(c, "wrong-state", map[string]any{"arrived": "arrived"})
		decide("approve", 200)
		want(c, "invalid", map[string]any{"stage": "doing"})
		want(home, "", map[string]any{"agreement": "agreed"})
		want(c, "", map[string]any{"stage": "doing"})
		want(c, "proposal", map[string]any{"amount": 9_000_000})
		want(c, "invalid", map[string]any{"given": 1_000_000})

		// The money: from the county to the household, never typed.
		var got ledger.Moved
		admin.want(200, "POST", "/api/v1/funds", map[string]any{"name": "产业资金", "source": "县财政", "fen": 3_000_000, "day": "2026-01-01"}, &got)
		admin.want(200, "POST", "/api/v1/funds/"+got.Fund.ID+"/allocate", map[string]any{"rev": got.Fund.Rev, "account": "township", "fen": 2_000_000}, &got)
		pay := map[string]any{"rev": s.measureOf(cows).Version, "fund": got.Fund.ID, "account": "township", "fen": 1_000_000}
		admin.want(200, "POST", "/api/v1/measures/"+cows+"/disburse", pay, &got)
		admin.want(409, "POST", "/api/v1/measures/"+cows+"/disburse", pay, nil) // the same again
		if got.Given != 1_000_000 || got.Fund.Given != 1_000_000 || got.Fund.Left != 1_000_000 {
			t.Errorf("%+v", got)
		}

		// It arrived: said on the cadre's phone, and from then on the household's alone.
		want(c, "", map[string]any{"arrived": "not_arrived"})
		want(c, "forbidden", map[string]any{"arrived": "arrived"})
		if m := s.measureOf(cows); m.ArrivedBy != measure.ChannelCadre || m.ArrivedDay == "" {
			t.Errorf("%+v", m)
		}
		want(home, "", map[string]any{"arrived": "arrived"})

		// 见成效.
		want(c, "invalid", map[string]any{"stage": "done"})
		want(c, "invalid", map[string]any{"stage": "done", "result": "产了小牛", "resultVisit": visits[0]})
		want(c, "", map[string]any{"stage": "done", "result": "母牛产了小牛", "resultVisit": visits[3], "yieldQuantity": 1, "yieldUnit": "头", "yieldDay": "2026-11-03"})
		want(c, "wrong-state", map[string]any{"stage": "plan"})
		if code := push(c, "measure", cows, nil); code != "wrong-state" {
			t.Errorf("an approved measure is deleted: %q", code)
		}
		mistake := s.DB.NewID()
		push(c, "measure", mistake, map[string]any{"kind": "搬迁"})
		if code := push(c, "measure", mistake, nil); code != "" {
			t.Errorf("one's own that waits is not deleted: %q", code)
		}
		m := s.measureOf(cows)
		if m.State != "approved" || m.Stage != measure.Done || m.Given != 1_000_000 || m.Agreement != measure.Agreed || m.AgreedBy != measure.ChannelOwn || m.Arrived != measure.Arrived ||
			m.ArrivedBy != measure.ChannelOwn || m.Visit != visits[2] || m.ResultVisit != visits[3] || m.YieldQuantity != 1 || m.Amount != 1_000_000 {
			t.Errorf("in the end: %+v", m)
		}
		if row := rowsIn(home.sync(), "measure")[cows]; row != nil && row["given"] != float64(1_000_000) {
			t.Errorf("the household's phone: %v", row)
		}
		for _, login := range []string{"cadre-201", "farmer"} { // the township's money is on no phone
			for key := range held(s.login(login).sync()) {
				if strings.HasPrefix(key, "fund ") || strings.HasPrefix(key, "entry ") {
					t.Errorf("%s holds %s", login, key)
				}
			}
		}
	})
}
