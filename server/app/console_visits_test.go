package app

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestConsoleVisit: a visit with its photo, quiz, confirmation and what else
// came of it; approved, somebody may object with words the author sees.
func TestConsoleVisit(t *testing.T) {
	m := newMatrix(t)
	x := m.targets[0]
	b, path := m.as("admin-1"), "/visits/"+x.rows["visit"]
	page := b.page(path)
	b.shows(page, "新走访记号10", "措施记号10", "回执记号10", "难处记号10", "用干部手机", "送到", "这条在等审批")
	b.hides(page, "有异议")
	thumb := regexp.MustCompile(`<img src="(/api/v1/photos/[^"]+)"`).FindStringSubmatch(page)
	if thumb == nil {
		t.Fatalf("no picture: %s", page)
	}
	if a := m.Do("GET", "", strings.ReplaceAll(thumb[1], "&amp;", "&"), nil); a.Status != 200 || !strings.HasPrefix(a.Body, "\xff\xd8\xff") {
		t.Errorf("the picture: %d", a.Status)
	}
	b.shows(b.page(path+"?photo="+x.rows["photo"]), `class="large"`, "size=full")

	if a := m.Do("POST", m.Token("admin-1"), "/api/v1/records/visit/"+x.rows["visit"]+"/decision", map[string]any{"action": "approve", "rev": 1}); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	b.refused(422, path, []string{"do", "object", "rev", "2", "reason", ""}, `id="object-reason-wrong"`)
	b.refused(409, path, []string{"do", "object", "rev", "1", "reason", "农户说没人来"}, "下面是最新的内容", ">农户说没人来</textarea>")
	b.shows(b.done(path, "do", "object", "rev", "2", "reason", "农户说没人来"), "重新等审批", "待审", "农户说没人来")
	if got := m.fields("visit", x.rows["visit"]); got["state"] != "pending" || got["words"] != "农户说没人来" {
		t.Errorf("%v", got)
	}
	for login, status := range map[string]int{"auditor-1": 403, "admin-2": 404} {
		if a := m.as(login).submit(path, "do", "object", "rev", "3", "reason", "再看"); a.Status != status {
			t.Errorf("%s objects: %d", login, a.Status)
		}
	}
}

// TestConsoleVisitList: by filter, which stand in the address.
func TestConsoleVisitList(t *testing.T) {
	m := newMatrix(t)
	b := m.as("admin-1")
	b.shows(b.page("/visits?state=pending"), "新走访记号10", "新走访记号13", m.Today()[:4]+"年")
	b.hides(b.page("/visits"), "新走访记号10")
	b.shows(b.page("/visits"), "旧走访记号7010", "旧走访记号7013")
	for filter, want := range map[string][2]string{
		"village=" + m.Towns[0].Township + "202": {"旧走访记号7013", "旧走访记号7010"},
		"cadre=cadre-1-0":                        {"旧走访记号7011", "旧走访记号7013"},
		"household=" + m.Towns[0].Houses[2].ID:   {"旧走访记号7012", "旧走访记号7010"},
		"from=2026-02-01&to=2026-02-28":          {"旧走访记号7010", "新走访记号10"},
	} {
		page := b.page("/visits?" + filter)
		b.shows(page, want[0])
		b.hides(page, want[1])
	}
	b.hides(b.page("/visits?from=2026-02-11"), "旧走访记号")
	if a := b.open("/visits?flag=nonsense"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.Status)
	}
	due := b.page("/due")
	b.shows(due, "本月要走访", m.Towns[0].Houses[1].Code, "2026年2月10日")
	b.hides(due, m.Towns[1].Houses[1].Code)
	a := m.as("auditor-1")
	a.cookie("daohu-township", m.Towns[0].Township)
	a.shows(a.page("/visits"), "旧走访记号7010", m.Towns[0].Houses[0].Code)
}
