package console

import (
	"net/url"
	"strings"

	"daohu/server/workflow"
)

// Entry is one line of the menu on the left.
type Entry struct {
	Path, Word string
	Count      int64 // 0 = none is shown
	On         bool
}

// menu is the whole menu, in the order of the screen. An entry shows for the
// roles of the page at its path; one without a page does not show.
func menu() []Entry {
	return []Entry{
		{Path: "/", Word: "总览"}, {Path: "/queue", Word: "审批"}, {Path: "/households", Word: "农户"}, {Path: "/pairings", Word: "结对"},
		{Path: "/visits", Word: "走访"}, {Path: "/measures", Word: "措施"}, {Path: "/cases", Word: "需求与问题"}, {Path: "/papers", Word: "题目与口袋书"},
		{Path: "/notices", Word: "公示"}, {Path: "/data", Word: "导入导出"}, {Path: "/users", Word: "用户与手机"}, {Path: "/settings", Word: "设置"},
		{Path: "/compliance", Word: "合规"}, {Path: "/audit", Word: "审计"},
	}
}

// enter fills what the frame of every page shows: the menu of the role and how
// much waits behind its entries.
func (v *View) enter() {
	waiting := v.waiting()
	for _, e := range menu() {
		for i := range v.console.pages {
			if p := &v.console.pages[i]; p.Path == e.Path && strings.Contains(p.Roles, v.Me.Role) {
				e.On, e.Count = v.Page != nil && v.Page.lit() == e.Path, waiting[e.Path]
				v.Menu = append(v.Menu, e)
			}
		}
	}
}

// waiting is how much waits for the township's admin, by path of the menu. A
// failure shows no figure: the page itself will say what is wrong.
func (v *View) waiting() map[string]int64 {
	if v.Me.Role != "T" {
		return nil
	}
	var inbox workflow.Page
	if err := v.Get("/api/v1/inbox", url.Values{"limit": {"1"}}, &inbox); err != nil {
		return nil
	}
	q := Queue{Kinds: queueKinds()}
	q.counts(inbox.Counts)
	return map[string]int64{"/queue": q.Total()}
}
