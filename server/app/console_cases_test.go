package app

import (
	"testing"
	"time"
)

// TestConsoleNeeds: given to who holds the household, answered and closed with
// words that the household reads; past its day it is overdue.
func TestConsoleNeeds(t *testing.T) {
	m := newMatrix(t)
	x, b := m.targets[0], m.as("admin-1")
	path := "/needs/" + x.rows["need"]
	b.shows(b.page("/cases"), "难处记号10", "等答复")
	b.hides(b.page("/cases?state=overdue"), "难处记号10")
	b.hides(b.page("/cases"), "难处记号20")
	page := b.page(path)
	b.shows(page, "难处记号10", "最晚哪天答复", m.User("cadre-1-0").ID, m.User("village-1").ID)
	b.hides(page, `value="`+m.User("cadre-1-1").ID) // who does not hold the household is not offered
	b.refused(422, path, []string{"do", "dispatch", "rev", "1", "owner", m.User("cadre-1-1").ID}, `id="dispatch-owner-wrong"`)
	b.shows(b.done(path, "do", "dispatch", "rev", "1", "owner", m.User("village-1").ID), "已派给他")
	b.refused(409, path, []string{"do", "answer", "rev", "1", "answer", "下周去办"}, "下面是最新的内容", ">下周去办</textarea>")
	b.refused(422, path, []string{"do", "answer", "rev", "2", "answer", " "}, `id="answer-answer-wrong"`)
	b.shows(b.done(path, "do", "answer", "rev", "2", "answer", "下周去办"), "已答复", "下周去办")
	b.refused(422, path, []string{"do", "close", "rev", "3", "reason", ""}, `id="close-reason-wrong"`)
	b.shows(b.done(path, "do", "close", "rev", "3", "reason", "补助到账了"), "已办结", "补助到账了")
	b.hides(b.page(path), `value="dispatch"`, `value="close"`)
	b.shows(b.page("/cases?state=closed"), "难处记号10")
	m.Pass(40 * 24 * time.Hour)
	b = m.as("admin-1")
	b.cookie("daohu", m.FreshToken("admin-1"))
	b.shows(b.page("/cases?state=overdue"), "难处记号13", "超期")
}

// TestConsoleComplaints: whom one is about never sees it, neither in the list
// nor by its address; the auditor sees that there is one, not what it says.
func TestConsoleComplaints(t *testing.T) {
	m := newMatrix(t)
	x, b := m.targets[0], m.as("admin-1")
	path := "/complaints/" + x.rows["complaint"]
	b.shows(b.page("/complaints"), "投诉记号10")
	about := m.DB.NewID()
	m.Phone(m.Token("household-1-0")).Send(fixtureMut{Type: "complaint", ID: about, House: x.house,
		Patch: map[string]any{"text": "说的是管理员一", "kind": "投诉", "whom": "乡镇干部", "about": m.User("admin-1").ID}})
	b.hides(b.page("/complaints"), "说的是管理员一")
	for _, act := range []string{"answer", "close"} {
		if a := b.submit("/complaints/"+about, "do", act, "rev", "1", "answer", "没有的事", "reason", "没有的事"); a.Status != 404 {
			t.Errorf("%s of a complaint about oneself: %d", act, a.Status)
		}
	}
	if a := b.open("/complaints/" + about); a.Status != 404 {
		t.Errorf("a complaint about oneself: %d", a.Status)
	}
	k := m.as("county-1")
	k.cookie("daohu-township", m.Towns[0].Township)
	k.shows(k.page("/complaints"), "说的是管理员一")
	k.shows(k.done("/complaints/"+about, "do", "answer", "rev", "1", "answer", "县里查过了"), "已答复", "县里查过了")
	k.shows(k.done("/complaints/"+about, "do", "close", "rev", "2", "reason", "已处理"), "已办结")
	b.refused(422, path, []string{"do", "answer", "rev", "1", "answer", ""}, `id="answer-answer-wrong"`)
	b.refused(409, path, []string{"do", "answer", "rev", "8", "answer", "查过了"}, ">查过了</textarea>")
	b.shows(b.done(path, "do", "answer", "rev", "1", "answer", "查过了"), "查过了")
	a := m.as("auditor-1")
	a.cookie("daohu-township", m.Towns[0].Township)
	page := a.page("/complaints") + a.page(path)
	a.shows(page, "投诉")
	a.hides(page, "投诉记号10", "查过了", "说的是管理员一", `value="answer"`)
	if got := m.as("admin-2").open(path); got.Status != 404 {
		t.Errorf("another township: %d", got.Status)
	}
}

// TestConsoleIssues: the ledger of problems, from the line to its check by
// somebody else than who wrote it.
func TestConsoleIssues(t *testing.T) {
	m := newMatrix(t)
	x, b := m.targets[0], m.as("admin-1")
	b.shows(b.page("/issues"), "问题记号10", "其他")
	form := []string{"do", "add", "subject", "水管又漏", "category", "sanitation", "household", "没有这户"}
	b.refused(422, "/issues", form, `value="水管又漏"`, `id="add-household-wrong"`)
	form[7] = m.Towns[0].Houses[0].Code
	own := b.location("/issues", form...)
	b.shows(b.page(own), "水管又漏", "环境卫生差", "还没办", m.Towns[0].Houses[0].ID)
	edit := func(rev, state, result string) []string {
		return []string{"do", "edit", "rev", rev, "subject", "水管又漏", "category", "sanitation", "state", state, "result", result, "measure", "换一段管子"}
	}
	b.refused(422, own, edit("1", "done", ""), `id="edit-result-wrong"`, ">换一段管子</textarea>")
	b.shows(b.done(own, edit("1", "done", "换好了")...), "等核实", "换一段管子")
	if a := b.submit(own, "do", "check", "rev", "2", "action", "pass"); a.Status != 403 && a.Status != 409 {
		t.Errorf("one's own line is checked: %d", a.Status)
	}
	b.shows(b.page("/issues?state=done"), "水管又漏")

	path := "/issues/" + x.rows["issue"]
	m.Phone(m.Token("cadre-1-0")).Send(fixtureMut{Type: "issue", ID: x.rows["issue"], House: x.house, Patch: map[string]any{"state": "done", "result": "干部办好了"}})
	b.shows(b.page(path), "干部办好了", "核实得怎样")
	b.refused(422, path, []string{"do", "check", "rev", "2", "action", "return", "reason", ""}, `id="check-reason-wrong"`)
	b.shows(b.done(path, "do", "check", "rev", "2", "action", "return", "reason", "还在漏"), "在办", "还在漏")
	m.Phone(m.Token("cadre-1-0")).Send(fixtureMut{Type: "issue", ID: x.rows["issue"], House: x.house, Patch: map[string]any{"state": "done", "result": "这回好了"}})
	b.shows(b.done(path, "do", "check", "rev", "4", "action", "pass", "reason", "看过了"), "已销号")
	b.hides(b.page(path), `value="edit"`)
}
