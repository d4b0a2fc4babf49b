package main

import (
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/app"
	"daohu/server/casework"
	"daohu/server/demo"
	"daohu/server/registry"
)

// demoCases: the demo's first township has needs of every kind, the six
// problems and five causes of the township plan, and one suggestion; what the
// command prints of them names nobody and repeats no words.
func demoCases(t *testing.T, a *app.App) {
	t.Helper()
	all, err := a.Cases(t.Context(), "")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d townships, %v", len(all), err)
	}
	one := all[0]
	if one.Needs != (app.CaseCount{Open: 3, Overdue: 1, Answered: 3}) || one.Issues != (app.CaseCount{Open: 7, Overdue: 2, Answered: 1}) || one.Complaints.Open != 1 {
		t.Errorf("needs %+v, issues %+v, complaints %+v", one.Needs, one.Issues, one.Complaints)
	}
	issues, err := a.DB.Page(t.Context(), casework.IssueType, registry.PageQuery{Township: demo.Township, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	problems, causes, common := map[string]bool{}, map[string]bool{}, 0
	id, err := a.DB.Common(t.Context(), demo.Township)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range issues {
		if n := r.(*casework.Issue); n.Household == id {
			common++
			problems[n.Category], causes[n.Cause] = true, true
		}
	}
	if common != 6 || len(problems) != 6 || len(causes) != 5 {
		t.Errorf("%d lines of the township, %d problems, %d causes", common, len(problems), len(causes))
	}
	text := strings.Join(one.Lines(), "\n")
	for _, want := range []string{"诉求\t待答复 3 条（逾期 1 条）", "问题台账\t待办 7 条（逾期 2 条）", "\t全镇\t教育资助不到位\t在办", "\t逾期"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	for _, n := range demo.Needs() {
		if strings.Contains(text, n.Text) {
			t.Errorf("the words of a need are printed: %s", n.Text)
		}
	}
	if strings.Contains(text, demo.Suggestion) || strings.Contains(strings.Join(all[1].Lines(), ""), "逾期 1") {
		t.Errorf("%s", text)
	}
	county, err := a.Accounts.User(t.Context(), account.ByLogin, "county")
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := a.Registry.List(t.Context(), access.Actor{User: county.ID, Role: county.Role, County: county.County}, casework.ComplaintType, registry.PageQuery{Township: demo.Township, Limit: 10})
	if err != nil || len(rows) != 1 || !strings.Contains(string(rows[0]), demo.Suggestion) {
		t.Errorf("the county reads %s %v", rows, err)
	}
}

// TestCasesCommand runs the command on an imported township without any case.
func TestCasesCommand(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	s.run(0, "import", book(t, nil))
	s.has(s.run(0, "cases"), "诉求\t待答复 0 条（逾期 0 条）", "问题台账\t待办 0 条", "投诉建议\t待答复 0 条")
	s.has(s.run(0, "figures"), "诉求\t待答复 0 条")
	s.has(s.run(1, "cases", "--township", "999"), "没有这个乡镇")
}
