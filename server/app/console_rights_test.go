package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/roster"
)

// TestConsoleRights: a request is written down by name, answered in place, its
// copy printed and logged without a number in full; an erasure takes a second
// admin and a household that has ended, and leaves the audit log whole.
func TestConsoleRights(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town := f.as("admin-1"), f.Towns[0]
	house := town.Houses[0]
	b.shows(b.page("/rights"), "没有这样的请求", "记一条")
	b.refused(422, "/rights", []string{"do", "record", "household", house.Code, "kind", "copy", "asker", "", "way", "当面", "day", f.Today()}, `id="record-asker-wrong"`, `value="`+house.Code+`"`)
	f.Pass(time.Second)
	at := b.location("/rights?household="+house.ID, "do", "record", "kind", "copy", "asker", "户主本人", "way", "当面", "day", f.Today(), "text", "要一份")
	b.shows(b.page(at), "要一份资料", "户主本人", "打印或下载", "还没办")
	b.shows(b.page("/rights"), "户主本人")
	b.shows(b.page("/households/"+house.ID), "要一份资料")
	f.Pass(time.Second)
	a := b.submit(at+"/copy", "do", "print")
	if a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	b.shows(a.Body, "个人资料副本", "登记号", "旧走访记号7010", "账号admin-1")
	f.Pass(time.Second)
	file := b.submit(at+"/copy", "do", "file")
	var got struct{ Rows map[string][]map[string]any }
	if err := json.Unmarshal([]byte(file.Body), &got); err != nil || len(got.Rows["member"]) != 2 || len(got.Rows["visit"]) != 1 || got.Rows["finding"] != nil {
		t.Fatalf("%v %s", err, file.Body)
	}
	for _, m := range f.Markers { // of this household what both may see, of others nothing
		if strings.Contains(a.Body+file.Body, m.Text) && (!strings.Contains(strings.Join(m.Houses, " "), house.ID) || !strings.Contains(m.Roles, "T")) {
			t.Errorf("the copy shows %q", m.Text)
		}
	}
	log, err := f.DB.Releases(t.Context(), town.Township)
	f.must(err)
	if len(log) != 2 || log[0].Kind != roster.Copy || log[0].Reason != "应要求给个人资料副本" {
		t.Errorf("%+v", log)
	}
	f.Pass(time.Second)
	b.refused(409, at, []string{"do", "answer", "rev", "9", "action", "done", "answer", "当面给了"}, "下面是最新的内容", "当面给了")
	f.Pass(time.Second)
	b.shows(b.done(at, "do", "answer", "rev", "1", "action", "done", "answer", "当面给了"), "已办结", "当面给了", "已办")

	at = b.location("/rights", "do", "record", "household", house.Code, "kind", "erasure", "asker", "户主本人", "way", "书面", "day", f.Today())
	b.shows(b.page(at), "请另一位管理员来抹")
	b.refused(403, at, []string{"do", "erase", "rev", "1", "reason", "本人三月来信要求"}, "另一位管理员")
	f.addUser("second-1", access.Township, town, "")
	second := f.as("second-1")
	f.Pass(time.Second)
	second.refused(409, at, []string{"do", "erase", "rev", "1", "reason", "本人三月来信要求"}, "这一户还在", "本人三月来信要求")
	f.Pass(time.Second)
	rev := f.Do("GET", f.Token("admin-1"), "/api/v1/records/household/"+house.ID, nil)
	b.done("/households/"+house.ID, "do", "close", "rev", between(rev.Body, `"rev":`, ","), "reason", "全家搬走了，本人要求")
	f.Pass(time.Second)
	page := second.done(at, "do", "erase", "rev", "1", "reason", "本人三月来信要求")
	second.shows(page, "已抹去")
	second.hides(page, "户主本人")
	f.Pass(time.Second)
	second.hides(second.page("/households/"+house.ID), "旧走访记号7010", "测试路7010号院")
	f.Pass(time.Second)
	checked := b.submit("/audit", "do", "verify")
	b.shows(checked.Body, "都对得上")
	if a := f.as("admin-2").open(at); a.Status != 404 {
		t.Errorf("another township's request: %d", a.Status)
	}
}

// TestConsoleFindings: an auditor writes about what lies before her, the
// township answers, she gives it back and closes it; she writes nothing else.
func TestConsoleFindings(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town := f.as("auditor-1"), f.Towns[0]
	b.cookie("daohu-township", town.Township)
	visit := f.RowsOf("visit", town, town.Houses[0].ID)[0]
	page := b.page("/visits/" + visit)
	to := fmt.Sprintf("/findings?about=visit&row=%s", visit)
	b.shows(page, strings.ReplaceAll(to, "&", "&amp;"))
	b.refused(422, to, []string{"do", "find", "severity", "", "text", "日子对不上"}, `id="find-severity-wrong"`, "日子对不上")
	f.Pass(time.Second)
	at := b.location(to, "do", "find", "severity", "严重", "text", "日子对不上")
	b.shows(b.page(at), "日子对不上", "严重", "等答复", "/visits/"+visit)
	admin := f.as("admin-1")
	admin.shows(admin.page("/findings"), "日子对不上")
	admin.hides(admin.page("/findings"), "写一条发现")
	f.Pass(time.Second)
	admin.shows(admin.page("/households/"+town.Houses[0].ID), "日子对不上")
	f.Pass(time.Second)
	admin.refused(422, at, []string{"do", "answer", "rev", "1", "answer", ""}, "answer-wrong")
	admin.shows(admin.done(at, "do", "answer", "rev", "1", "answer", "手写的日子抄错了，已更正"), "已答复")
	b.refused(409, at, []string{"do", "settle", "rev", "1", "action", "close", "reason", "看过"}, "下面是最新的内容", "已更正")
	f.Pass(time.Second)
	b.shows(b.done(at, "do", "settle", "rev", "2", "action", "return", "reason", "请附上原件"), "请附上原件", "等答复")
	f.Pass(time.Second)
	admin.done(at, "do", "answer", "rev", "3", "answer", "原件已拍照")
	b.shows(b.done(at, "do", "settle", "rev", "4", "action", "close", "reason", "看过原件"), "已办结")
	f.Pass(time.Second)
	for path, form := range map[string][]string{at: {"do", "answer", "rev", "5", "answer", "自己答自己"}, "/rights": {"do", "record", "household", town.Houses[0].Code, "kind", "copy", "asker", "我", "way", "当面", "day", f.Today()},
		"/issues": {"do", "add", "subject", "水管裂了", "category", "other"}} {
		if a := b.submit(path, form...); a.Status != 403 {
			t.Errorf("the auditor at %s: %d", path, a.Status)
		}
	}
	if a := f.as("county-1").submit(to, "do", "find", "severity", "严重", "text", "县里也想写"); a.Status != 403 {
		t.Errorf("the county finds: %d", a.Status)
	}
}
