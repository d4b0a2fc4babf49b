package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// page opens a page that is there.
func (b *browser) page(path string) string {
	b.Helper()
	a := b.open(path)
	if a.Status != http.StatusOK {
		b.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	return a.Body
}

// done submits a form that leads somewhere, and follows.
func (b *browser) done(path string, pairs ...string) string {
	b.Helper()
	a := b.submit(path, pairs...)
	if a.Status != http.StatusSeeOther {
		b.Fatalf("%s %v: %d %s", path, pairs, a.Status, a.Body)
	}
	return b.page(a.Header.Get("Location"))
}

// refused submits a form that is refused with a status; wants must stand on
// the page that comes back.
func (b *browser) refused(status int, path string, pairs []string, wants ...string) string {
	b.Helper()
	a := b.submit(path, pairs...)
	if a.Status != status {
		b.Errorf("%s %v: %d, want %d: %s", path, pairs, a.Status, status, a.Body)
	}
	b.shows(a.Body, wants...)
	return a.Body
}

func (b *browser) shows(page string, wants ...string) {
	b.Helper()
	for _, w := range wants {
		if !strings.Contains(page, w) {
			_, main, _ := strings.Cut(page, "<main")
			b.Errorf("the page does not show %q: %s", w, main)
		}
	}
}

func (b *browser) hides(page string, texts ...string) {
	b.Helper()
	for _, w := range texts {
		if strings.Contains(page, w) {
			b.Errorf("the page shows %q", w)
		}
	}
}

// fields reads one row as the township's admin.
func (f *fixture) fields(typ, id string) (out map[string]any) {
	f.Helper()
	a := f.Do("GET", f.Token("admin-1"), "/api/v1/records/"+typ+"/"+id, nil)
	if err := json.Unmarshal([]byte(a.Body), &out); err != nil {
		f.Fatalf("%s %s: %d %s", typ, id, a.Status, a.Body)
	}
	return out
}

func TestConsoleFindsHouseholds(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, h := f.as("admin-1"), f.Towns[0].Houses[0]
	head := fmt.Sprint(f.fields("household", h.ID)["head"])
	if a := b.submit("/households", "do", "search", "q", head); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/households/"+h.ID {
		t.Errorf("by name: %d %q", a.Status, a.Header)
	}
	if a := b.submit("/households", "do", "search", "q", fixtureNumber(20)); a.Header.Get("Location") != "/households/"+h.ID {
		t.Errorf("by ID number: %d %s", a.Status, a.Body)
	}
	many := b.submit("/households", "do", "search", "q", h.Code[:12])
	if many.Status != http.StatusOK {
		t.Fatalf("%d %s", many.Status, many.Body)
	}
	for _, x := range f.Towns[0].Houses {
		b.shows(many.Body, x.Code)
	}
	b.hides(many.Body, f.Towns[1].Houses[0].Code)
	if a := b.submit("/households", "do", "search", "q", "没有这个人"); a.Status != http.StatusOK || !strings.Contains(a.Body, "没有找到") || !strings.Contains(a.Body, `value="没有这个人"`) && !strings.Contains(a.Body, "“没有这个人”") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	b.refused(http.StatusUnprocessableEntity, "/households", []string{"do", "search", "q", " "}, "请写要找的")
	village := f.Towns[0].Township + "201"
	list := b.page("/households?village=" + village)
	b.shows(list, "3 户 6 人", f.Towns[0].Houses[0].Code, f.Towns[0].Houses[2].Code)
	b.hides(list, f.Towns[0].Houses[3].Code)
	b.shows(b.page("/households?village="+village+"&only=exited"), "0 户 0 人", "没有这样的户")
	if a := b.open("/households?village=" + f.Towns[1].Township + "201"); a.Status != http.StatusNotFound {
		t.Errorf("a village of another township: %d", a.Status)
	}
	k := f.as("county-1")
	b.shows(k.page("/households"), "看哪个乡镇")
	k.cookie("daohu-township", f.Towns[0].Township)
	if page := k.page("/households?village=" + village); strings.Contains(page, head) || !strings.Contains(page, h.Code) {
		t.Error("the county sees names, or no households")
	}
}

// TestConsoleEditsOneField: with a reason, that the history tells; without one
// nothing is stored; over a newer state neither, and that state is shown.
func TestConsoleEditsOneField(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, h := f.as("admin-1"), f.Towns[0].Houses[0]
	path := "/households/" + h.ID + "?edit=household.address"
	key := "household.address." + h.ID
	b.shows(b.page(path), `name="address"`, `name="rev" value="1"`, `name="reason"`)
	form := func(rev, address, reason string) []string {
		return []string{"do", "edit", "key", key, "rev", rev, "address", address, "reason", reason}
	}
	b.refused(422, path, form("1", "新路1号", ""), "请写为什么改", `value="新路1号"`)
	b.refused(422, path, form("1", strings.Repeat("长", 121), "搬家"), `id="edit-`+key+`-address-wrong"`)
	if got := f.fields("household", h.ID); got["rev"] != 1.0 {
		t.Errorf("a refused form was stored: %v", got)
	}
	b.shows(b.done(path, form("1", "新路1号", "搬家了")...), "新路1号", "已改“家庭住址”")
	b.refused(409, path, form("1", "新路2号", "又搬"), "下面是最新的内容", `value="新路2号"`, "现在是“新路1号”", `name="rev" value="2"`)
	f.Pass(time.Second)
	b.done(path, form("2", "新路2号", "又搬")...)
	b.shows(b.page("/households/"+h.ID+"/history"), "搬家了", "又搬", "新路1号", "账号admin-1")

	member := f.RowsOf("member", f.Towns[0], h.ID)[0]
	one := "/households/" + h.ID + "?edit=member.birth"
	b.shows(b.page(one), "member.birth."+member)
	b.refused(422, one, []string{"do", "edit", "key", "member.birth." + member, "rev", "1", "birth", "去年", "reason", "照证件"}, `value="去年"`, "birth-wrong")
	b.shows(b.done(one, "do", "edit", "key", "member.birth."+member, "rev", "1", "birth", "1951-02", "reason", "照证件"), "1951-02")
	// Money and land are typed in yuan and mu, and kept in fen and 1/100 mu.
	b.done(path, "do", "edit", "key", "household.income."+h.ID, "rev", "3", "income", "3,456.70", "reason", "核对")
	b.done(path, "do", "edit", "key", "household.farmland."+h.ID, "rev", "4", "farmland", "2.5", "reason", "核对")
	if got := f.fields("household", h.ID); got["income"] != 345670.0 || got["farmland"] != 250.0 {
		t.Errorf("%v", got)
	}
	b.shows(b.page("/households/"+h.ID), "3,456.70 元", "2.50 亩")
	b.shows(b.page("/households/"+h.ID+"?edit=household.exitYear"), "不能改")
	b.refused(422, path, []string{"do", "edit", "key", "household.exitYear." + h.ID, "rev", "5", "exitYear", "2025", "reason", "核对"})
	for _, bad := range []string{"", "household", "user.name.x", "household.nothing." + h.ID} {
		b.refused(400, path, []string{"do", "edit", "key", bad, "reason", "x"})
	}
	if a := b.submit(path, "do", "edit", "key", "household.address."+f.Towns[1].Houses[0].ID, "rev", "1", "address", "别人家", "reason", "x"); a.Status != 404 {
		t.Errorf("another township's household: %d", a.Status)
	}
	for _, login := range []string{"county-1", "auditor-1"} {
		other := f.as(login)
		other.cookie("daohu-township", f.Towns[0].Township)
		b.hides(other.page(path), `name="address"`)
		if a := other.submit(path, form("5", "x", "x")...); a.Status != 403 {
			t.Errorf("%s changes a household: %d", login, a.Status)
		}
	}
}

func TestConsoleAddsMembers(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, path := f.as("admin-1"), "/households/"+f.Towns[0].Houses[0].ID
	b.refused(422, path, []string{"do", "member", "name", "新来的人", "birth", "1990-13"}, `value="新来的人"`, `id="member-birth-wrong"`)
	b.refused(422, path, []string{"do", "member", "name", "新来的人"}, `id="member-relation-wrong"`)
	b.shows(b.done(path, "do", "member", "name", "新来的人", "relation", "之女", "sex", "女", "joined", "出生"), "新来的人", "3 口人")
}

// TestConsoleReveals: a sealed value shows once, with a reason the household
// can read; an auditor names the case.
func TestConsoleReveals(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	h := f.Towns[0].Houses[0]
	member, path := f.RowsOf("member", f.Towns[0], h.ID)[0], "/households/"+h.ID
	number := regexp.MustCompile(`999999\d{11}[\dX]`)
	for login, reason := range map[string]string{"admin-1": "核对养老补助", "auditor-1": "案号 2026-015 核对"} {
		b := f.as(login)
		b.cookie("daohu-township", f.Towns[0].Township)
		if n := number.FindString(b.page(path)); n != "" {
			t.Fatalf("%s sees %s unasked", login, n)
		}
		b.refused(422, path, []string{"do", "reveal", "key", "idNo." + member, "reason", "看看"}, "reason-wrong", `value="看看"`)
		a := b.submit(path, "do", "reveal", "key", "idNo."+member, "reason", reason)
		if a.Status != 200 || number.FindString(a.Body) == "" || !strings.Contains(a.Body, "只显示这一次") {
			t.Errorf("%s: %d %s", login, a.Status, a.Body)
		}
		if n := number.FindString(b.page(path)); n != "" {
			t.Errorf("%s sees %s again", login, n)
		}
	}
	f.as("auditor-1").refused(422, path, []string{"do", "reveal", "key", "phone.", "reason", "只是想看看"}, "案号")
	f.as("admin-1").shows(f.as("admin-1").page(path), "核对养老补助", "案号 2026-015 核对")
}

func TestConsoleEndsHouseholds(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, h, into := f.as("admin-1"), f.Towns[0].Houses[0], f.Towns[0].Houses[1]
	path := "/households/" + h.ID
	b.refused(422, path, []string{"do", "close", "rev", "1", "reason", "走"}, `value="走"`, `id="close-reason-wrong"`)
	b.refused(409, path, []string{"do", "close", "rev", "9", "reason", "全家迁走了"}, "下面是最新的内容")
	b.shows(b.done(path, "do", "close", "rev", "1", "reason", "全家迁走了"), "已关闭", "重新打开")
	b.hides(b.page(path), `value="edit"`, ">改<")
	b.shows(b.page("/households?state=closed"), h.Code)
	b.shows(b.done(path, "do", "reopen", "rev", "2", "reason", "关错了一户"), "已重新打开")
	b.refused(422, path, []string{"do", "merge", "rev", "3", "into", "没有这个编号", "reason", "两家并一家"}, `id="merge-into-wrong"`, `value="没有这个编号"`)
	b.shows(b.done(path, "do", "merge", "rev", "3", "into", into.Code, "reason", "两家并一家"), into.Code, "4 口人")
	b.shows(b.page(path), "已并走", "不能再打开")
}

// TestConsoleShowsThePast: a household by the day, and the address keeps it.
func TestConsoleShowsThePast(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	h, today := f.Towns[0].Houses[0], f.Today()
	path := "/households/" + h.ID
	f.Pass(48 * time.Hour)
	b := f.as("admin-1")
	b.done(path+"?edit=household.address", "do", "edit", "key", "household.address."+h.ID, "rev", "1", "address", "后来的路9号", "reason", "搬家")
	b.hides(b.page(path+"?day="+today), "后来的路9号", ">改<")
	b.shows(b.page(path+"?day="+f.Today()), "后来的路9号")
	if a := b.open(path + "?day=2099-01-01"); a.Status != 422 || !strings.Contains(a.Body, "还没有到") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// TestConsoleSettlesProposals: two who disagree about one field, side by side.
func TestConsoleSettlesProposals(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, h := f.as("admin-1"), f.Towns[0].Houses[0]
	member, path := f.RowsOf("member", f.Towns[0], h.ID)[0], "/households/"+h.ID
	phone := f.Phone(f.Token("cadre-1-0"))
	if _, codes := phone.Push(fixtureMut{Type: "member", ID: member, House: h.ID, Patch: map[string]any{"ethnic": "甲族"}}); codes[0] != "proposal" {
		t.Fatalf("%v", codes)
	}
	b.shows(b.page(path), "改动申请和冲突", "甲族", "定下来")
	id := f.RowsOf("proposal", f.Towns[0], h.ID)[0]
	b.refused(422, path, []string{"do", "proposal", "key", id, "rev", "1", "action", "refuse", "reason", ""}, "reason-wrong")
	b.refused(409, path, []string{"do", "proposal", "key", id, "rev", "7", "action", "accept"}, "下面是最新的内容")
	b.shows(b.done(path, "do", "proposal", "key", id, "rev", "1", "action", "accept", "reason", "看过户口本"), "已采纳", "甲族", "看过户口本")
	if got := f.fields("member", member)["ethnic"]; got != "甲族" {
		t.Errorf("%v", got)
	}
}

func TestConsoleQuality(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, h := f.as("admin-1"), f.Towns[0].Houses[0]
	member := f.RowsOf("member", f.Towns[0], h.ID)[0]
	if f.fields("member", member)["relation"] == "户主" {
		member = f.RowsOf("member", f.Towns[0], h.ID)[1]
	}
	f.Do("PATCH", f.Token("admin-1"), "/api/v1/records/member/"+member, map[string]any{"relation": "户主"}, "If-Match", `"1"`)
	list := b.page("/quality")
	link := "/households/" + h.ID + "?edit=member.relation#edit"
	b.shows(list, "一户要有一个户主", link, "要改")
	b.shows(b.page(strings.TrimSuffix(link, "#edit")), "member.relation."+member)
	b.done(strings.TrimSuffix(link, "#edit"), "do", "edit", "key", "member.relation."+member, "rev", "2", "relation", "之子", "reason", "写错了")
	b.hides(b.page("/quality"), link)
	k := f.as("county-1")
	k.cookie("daohu-township", f.Towns[0].Township)
	b.hides(k.page("/quality"), "/households/"+h.ID)

	b.refused(422, "/reconcile", []string{"do", "source", "name", "县里的表", "day", "2026-02-01", "households", "多少", "people", "8"}, `value="县里的表"`, `id="source-households-wrong"`)
	b.shows(b.done("/reconcile", "do", "source", "name", "县里的表", "day", "2026-02-01", "households", "5", "people", "7"), "县里的表", "2026年2月1日")
	for _, p := range []string{"/areas", "/lists"} {
		b.page(p)
	}
	b.shows(b.page("/areas"), "上村1", f.Towns[0].Township+"202")
	b.shows(b.page("/lists"), "因病")
}

func TestConsoleQuarantine(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	h := f.Towns[0].Houses[0]
	phone := f.Phone(f.PushOnlyToken("cadre-1-0"))
	first, second := f.DB.NewID(), f.DB.NewID()
	phone.Push(fixtureMut{Type: "visit", ID: first, House: h.ID, Patch: map[string]any{"day": "2026-03-01", "text": "停用前写的一句"}},
		fixtureMut{Type: "visit", ID: second, House: h.ID, Patch: map[string]any{"day": "2026-03-02", "text": "停用前写的二句"}})
	b := f.as("admin-1")
	list := b.page("/quarantine")
	b.shows(list, "停用前写的一句", "停用前写的二句", "账号停用以后才送到")
	keys := regexp.MustCompile(`name="do" value="take"><input type="hidden" name="key" value="([^"]+)"`).FindAllStringSubmatch(list, -1)
	if len(keys) != 2 {
		t.Fatalf("%v %s", keys, list)
	}
	b.refused(422, "/quarantine", []string{"do", "refuse", "key", keys[0][1], "reason", ""}, "reason-wrong")
	b.done("/quarantine", "do", "take", "key", keys[0][1])
	b.done("/quarantine", "do", "refuse", "key", keys[1][1], "reason", "那天没去")
	b.shows(b.page("/quarantine"), "没有搁着的改动")
	b.shows(b.page("/quarantine?state=refused"), "那天没去")
	if n := len(f.RowsOf("visit", f.Towns[0], h.ID)); n != 2 { // one of them was imported
		t.Errorf("%d visits", n)
	}
}
