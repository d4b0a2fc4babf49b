package app_test

import (
	"strings"
	"testing"
)

// Data-quality errors block approval, never saving: a second head of household
// is kept as a proposal, and cannot be accepted while there is another.
func TestQualityBlocksApprovalOnly(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		house := s.paired("cadre-201", 0)
		c, admin := s.login("cadre-201"), s.login("admin")
		c.sync()
		wrong, right := s.DB.NewID(), s.DB.NewID()
		pages := c.sync(
			c.mutation("member", wrong, house, map[string]any{"name": "又一户主", "relation": "户主", "sex": "男", "birth": "1960-01"}),
			c.mutation("member", right, house, map[string]any{"name": "小孙", "relation": "之孙子", "sex": "男", "birth": "2024-01", "labour": "无劳动力"}),
		)
		if len(pages[0].Results) != 2 || pages[0].Results[0][1] != "proposal" {
			t.Fatalf("saving was not accepted: %v", pages[0].Results)
		}
		for id, p := range rowsIn(pages, "proposal") {
			body := map[string]any{"action": "accept", "rev": 1}
			code, out, _ := admin.do("POST", "/api/v1/proposals/"+id+"/decision", body)
			switch p["row"] {
			case wrong:
				if code != 422 || !strings.Contains(string(out), `"one-head"`) || !strings.Contains(string(out), "一户要有一个户主") {
					t.Errorf("two heads: %d %s", code, out)
				}
			case right:
				if code != 200 {
					t.Errorf("a grandson: %d %s", code, out)
				}
			}
		}
		pages = c.sync()
		if m := rowsIn(pages, "member"); m[right] == nil || m[wrong] != nil {
			t.Fatalf("members %v", m)
		}
		code, out, _ := admin.do("GET", "/api/v1/records/proposal?state=open", nil)
		if code != 200 || !strings.Contains(string(out), wrong) {
			t.Errorf("the refused approval did not leave the proposal open: %d %s", code, out)
		}
	})
}
