package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/demo"
	"daohu/server/quality"
	"daohu/server/setting"
)

func (s *site) county() *person {
	s.t.Helper()
	if _, err := s.AddUser(s.t.Context(), account.NewUser{Login: "county", Name: "县里人", Role: access.County, County: demo.County, OpenID: "wx:county"}); err != nil {
		s.t.Fatal(err)
	}
	return s.login("county")
}

// member is a row of a household as the admin sees it.
type member struct {
	ID, Relation, Name, Labour, Left string
	Rev                              int64
}

func (s *site) members(admin *person, house string) []member {
	s.t.Helper()
	var page struct{ Rows []member }
	admin.want(200, "GET", "/api/v1/records/member?household="+house, nil, &page)
	return page.Rows
}

// change is the admin's own change of a row, which no rule stops.
func (p *person) change(typ, id string, rev int64, patch map[string]any) {
	p.s.t.Helper()
	if code, out, _ := p.do("PATCH", "/api/v1/records/"+typ+"/"+id, patch, "If-Match", fmt.Sprint(rev)); code != 200 {
		p.s.t.Fatalf("%s %v: %d %s", typ, patch, code, out)
	}
}

// TestMeasuresAreReviewed: from the cadre's phone over the inbox to the
// household's page. An error in the registry stops the approval of a measure,
// not that of a visit, and never a return.
func TestMeasuresAreReviewed(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		house := s.paired("cadre-201", 0)
		c, admin := s.login("cadre-201"), s.login("admin")
		s.user("farmer", access.Household, house)
		c.sync()
		visit, cows := s.DB.NewID(), s.DB.NewID()
		pages := c.sync(c.mutation("visit", visit, house, map[string]any{"day": "2026-03-02", "stage": 3}),
			c.mutation("measure", cows, house, map[string]any{"kind": "产业帮扶", "what": "两头能繁母牛", "amount": 1_000_000, "quantity": 2, "unit": "头", "visit": visit}))
		if len(pages[0].Results) > 0 {
			t.Fatalf("not taken: %v", pages[0].Results)
		}
		inbox := func(query string) string {
			_, out, _ := admin.do("GET", "/api/v1/inbox"+query, nil)
			return string(out)
		}
		if !strings.Contains(inbox("?type=measure"), cows) || strings.Contains(inbox(""), cows) || !strings.Contains(inbox(""), visit) {
			t.Errorf("inbox: %s\n%s", inbox(""), inbox("?type=measure"))
		}
		admin.want(422, "GET", "/api/v1/inbox?type=need", nil, nil)

		child := s.members(admin, house)[0]
		for _, m := range s.members(admin, house) {
			if m.Relation != "户主" {
				child = m
			}
		}
		admin.change("member", child.ID, child.Rev, map[string]any{"relation": "户主"})
		decide := func(typ, id, action string, rev int) (int, string) {
			code, out, _ := admin.do("POST", "/api/v1/records/"+typ+"/"+id+"/decision", map[string]any{"action": action, "rev": rev, "reason": "请写明从哪天起"})
			return code, string(out)
		}
		if code, out := decide("measure", cows, "approve", 1); code != 422 || !strings.Contains(out, `"one-head"`) || !strings.Contains(out, "一户要有一个户主") {
			t.Errorf("a measure of a household with two heads: %d %s", code, out)
		}
		if code, out := decide("visit", visit, "approve", 1); code != 200 {
			t.Errorf("a visit to it: %d %s", code, out)
		}
		if code, out := decide("measure", cows, "return", 1); code != 200 {
			t.Errorf("returning: %d %s", code, out)
		}
		c.sync(c.mutation("measure", cows, house, map[string]any{"from": "2026-04-01"}))
		admin.change("member", child.ID, child.Rev+1, map[string]any{"relation": child.Relation})
		if code, out := decide("measure", cows, "approve", 3); code != 200 || !strings.Contains(out, `"state":"approved"`) {
			t.Errorf("corrected: %d %s", code, out)
		}
		refused := s.DB.NewID()
		c.sync(c.mutation("measure", refused, house, map[string]any{"kind": "搬迁"}))
		if code, out := decide("measure", refused, "reject", 1); code != 200 {
			t.Errorf("rejecting: %d %s", code, out)
		}
		var my struct {
			Measures []struct{ ID, What, State string }
		}
		s.login("farmer").want(200, "GET", "/api/v1/my", nil, &my)
		if len(my.Measures) != 1 || my.Measures[0].What != "两头能繁母牛" || my.Measures[0].State != "approved" {
			t.Errorf("the household's page: %+v", my)
		}
	})
}

// happened is one line of a row's history.
type happened struct {
	What, Field, Old, New, By, Name, Reason, Agreed, AgreedName, To string
	Hidden                                                          bool
}

func (p *person) history(typ, id string) (rows []happened, raw string) {
	p.s.t.Helper()
	code, out, _ := p.do("GET", "/api/v1/records/"+typ+"/"+id+"/history", nil)
	var got struct{ Rows []happened }
	if err := json.Unmarshal(out, &got); code != 200 || err != nil {
		p.s.t.Fatalf("history: %d %s", code, out)
	}
	return got.Rows, string(out)
}

// TestHeadLeaves: taking out the head needs a new one first; afterwards the
// member's history tells who asked, why, and who agreed.
func TestHeadLeaves(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		house := s.paired("cadre-201", 0)
		c, admin, county := s.login("cadre-201"), s.login("admin"), s.county()
		c.sync()
		var head, next member
		for _, m := range s.members(admin, house) {
			switch {
			case m.Relation == "户主":
				head = m
			case next.ID == "":
				next = m
			}
		}
		if next.ID == "" {
			t.Fatal("the household has one member only")
		}
		pages := c.sync(c.mutation("member", head.ID, house, map[string]any{"left": "去世"}))
		ref := pages[0].Results[0][3].(string)
		accept := map[string]any{"action": "accept", "rev": 1}
		if code, out, _ := admin.do("POST", "/api/v1/proposals/"+ref+"/decision", accept); code != 422 || !strings.Contains(string(out), `"member.relation"`) || !strings.Contains(string(out), "一户要有一个户主") {
			t.Fatalf("no head is left: %d %s", code, out)
		}
		admin.change("member", next.ID, next.Rev, map[string]any{"relation": "户主"})
		admin.want(200, "POST", "/api/v1/proposals/"+ref+"/decision", accept, nil)
		admin.change("member", head.ID, head.Rev+1, map[string]any{"idNo": "999999195001010000"})

		rows, raw := admin.history("member", head.ID)
		i := slices.IndexFunc(rows, func(h happened) bool { return h.Field == "left" })
		if rows[0].What != "made" || i < 0 {
			t.Fatalf("%s", raw)
		}
		if h := rows[i]; h.New != "去世" || h.By != c.user || h.Reason != "去世" || h.Agreed != admin.user || h.AgreedName != "用户admin" || h.Name == "" {
			t.Errorf("left: %+v", h)
		}
		j := slices.IndexFunc(rows, func(h happened) bool { return h.Field == "idNo" })
		if j < 0 || !rows[j].Hidden || rows[j].New != "" || rows[j].By != admin.user || rows[j].Agreed != "" || strings.Contains(raw, "999999") {
			t.Errorf("a sealed field: %s", raw)
		}
		if rows, raw := county.history("member", head.ID); len(rows) != j+1 || rows[i].New != "去世" || rows[i].Agreed != admin.user || strings.Contains(raw, "用户admin") || rows[i].Name != "" {
			t.Errorf("the county sees %s", raw)
		}
		if code, _, _ := c.do("GET", "/api/v1/records/member/"+head.ID+"/history", nil); code != 403 {
			t.Errorf("the cadre: %d", code)
		}
	})
}

// TestQualityOverTheAPI: the township is told which households, the county how
// many; a township's own edition of the rules holds in reports and approvals.
func TestQualityOverTheAPI(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		house := s.paired("cadre-201", 0)
		admin, county := s.login("admin"), s.county()
		m := s.members(admin, house)[0]
		admin.change("member", m.ID, m.Rev, map[string]any{"work": "省外", "workMonths": 0})
		look := func(p *person, query string) (quality.Findings, string) {
			t.Helper()
			_, out, _ := p.do("GET", "/api/v1/quality?township="+s.where+query, nil)
			var f quality.Findings
			if err := json.Unmarshal(out, &f); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return f, string(out)
		}
		find := func(f quality.Findings) (quality.RuleFindings, string) {
			for _, v := range f.Villages {
				for _, r := range v.Rules {
					if r.Rule == "work-months" {
						return r, v.Code
					}
				}
			}
			return quality.RuleFindings{}, ""
		}
		f, raw := look(admin, "")
		hit, village := find(f)
		if !f.Blocked || f.Households != 60 || hit.Count != 1 || !slices.Equal(hit.Households, []string{house}) || hit.Field != "member.workMonths" || hit.Severity != quality.Error || !strings.Contains(raw, `"name":"`) {
			t.Fatalf("%s", raw)
		}
		if f, raw := look(county, ""); strings.Contains(raw, house) || !f.Blocked || f.Households != 60 {
			t.Errorf("the county sees %s", raw)
		}
		for _, v := range f.Villages {
			one, raw := look(admin, "&village="+v.Code)
			if got, _ := find(one); len(one.Villages) != 1 || (got.Count == 1) != (v.Code == village) {
				t.Errorf("village %s: %s", v.Code, raw)
			}
		}

		builtin := string(quality.Kind().Shipped[0].Body)
		own := strings.Replace(strings.Replace(builtin, `"work-months", "ref": 8, "severity": "error"`, `"work-months", "ref": 8, "severity": "question"`, 1), `"edition": "`, `"edition": "本县 `, 1)
		if _, err := s.PublishSetting(t.Context(), s.where, quality.Code, setting.Change{Title: "本县规则", Reason: "务工地常常问不清", Body: json.RawMessage(own)}); err != nil {
			t.Fatal(err)
		}
		f, raw = look(admin, "")
		if hit, _ := find(f); f.Blocked || hit.Severity != quality.Question || !strings.HasPrefix(f.Edition, "本县") {
			t.Errorf("by its own edition: %s", raw)
		}
		c := s.login("cadre-201")
		c.sync()
		id := s.DB.NewID()
		c.sync(c.mutation("measure", id, house, map[string]any{"kind": "就业帮扶"}))
		admin.want(200, "POST", "/api/v1/records/measure/"+id+"/decision", map[string]any{"action": "approve", "rev": 1}, nil)
		if _, err := s.PublishSetting(t.Context(), s.where, quality.Code, setting.Change{Reason: "试", Body: json.RawMessage(strings.Replace(builtin, "work-half", "work-quarter", 1))}); err == nil {
			t.Error("rules with an unknown check were published")
		}
	})
}

// TestSourcesStayBesideOurs: the two sources of the plan, 1896/8640 against
// 1899/8403 (domain.md A.7, 1), by another name here: what a source said is
// kept, also when it says something else later, and never becomes ours.
func TestSourcesStayBesideOurs(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		admin, county := s.login("admin"), s.county()
		var first, second quality.Reconciliation
		path := "/api/v1/quality/reconcile?township=" + s.where
		admin.want(200, "POST", path, map[string]any{"name": "县扶贫办台账", "day": "2026-01-31", "households": 63, "people": 232}, &first)
		if first.Own != (quality.Figures{Households: 60, People: 269}) || len(first.Rows) != 1 || first.Rows[0].MoreHouseholds != -3 || first.Rows[0].MorePeople != 37 || first.Rows[0].Who != "用户admin" || first.Rows[0].By != admin.user {
			t.Fatalf("%+v", first)
		}
		admin.want(200, "POST", path, map[string]any{"name": "县扶贫办台账", "day": "2026-02-28", "households": 60, "people": 269}, &second)
		if len(second.Rows) != 2 || second.Own != first.Own || !slices.ContainsFunc(second.Rows, func(r quality.Reconciled) bool { return r == first.Rows[0] }) {
			t.Errorf("%+v", second)
		}
		var seen quality.Reconciliation
		county.want(200, "GET", path, nil, &seen)
		if len(seen.Rows) != 2 || seen.Rows[0].Who != "" || seen.Rows[1].Who != "" || seen.Own != first.Own {
			t.Errorf("the county sees %+v", seen)
		}
		for _, bad := range []map[string]any{
			{"name": " ", "day": "2026-01-31", "households": 1, "people": 1}, {"name": "甲", "day": "2026-02-30", "households": 1, "people": 1},
			{"name": "甲", "day": "2026-01-31", "households": -1, "people": 1}, {"name": "甲", "day": "2026-01-31", "people": 1},
		} {
			admin.want(422, "POST", path, bad, nil)
		}
		figures, err := s.Figures(t.Context(), s.where, 0)
		if err != nil || figures.All.Figures != first.Own {
			t.Fatalf("%+v %v", figures, err)
		}
		lines := strings.Join(figures.Lines(), "\n")
		for _, want := range []string{"核对\t县扶贫办台账（2026-01-31，用户admin 录入）", "另一来源 63 户 232 人，相差 -3 户 +37 人", "两个来源一致"} {
			if !strings.Contains(lines, want) {
				t.Errorf("%q is missing in\n%s", want, lines)
			}
		}
	})
}
