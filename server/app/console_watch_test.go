package app

import (
	"strings"
	"testing"
	"time"

	"daohu/server/roster"
)

// TestConsoleNotices: a draft is refused in place, lists households masked,
// goes up for days and comes down with a reason.
func TestConsoleNotices(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town := f.as("admin-1"), f.Towns[0]
	b.refused(422, "/notices", []string{"do", "draft", "kind", "公示", "title", "补助名单", "text", "内容", "households", "没有"}, `value="补助名单"`, `id="draft-households-wrong"`)
	f.Pass(time.Second)
	page := b.done("/notices", "do", "draft", "kind", "公示", "title", "补助名单", "text", "拟补助这些户。", "households", town.Houses[0].Code)
	b.shows(page, "补助名单", "草稿", "1 户")
	key := between(page, `name="key" value="`, `"`) // of the form above the list it is empty
	if key == "" {
		_, rest, _ := strings.Cut(page, `value="publish"`)
		key = between(rest, `name="key" value="`, `"`)
	}
	b.refused(422, "/notices", []string{"do", "publish", "key", key, "rev", "1", "days", "91"}, `id="publish-`, `value="91"`)
	b.refused(409, "/notices", []string{"do", "publish", "key", key, "rev", "7", "days", "7"}, "下面是最新的内容")
	b.shows(b.done("/notices", "do", "publish", "key", key, "rev", "1", "days", "7"), "已发布")
	f.Pass(time.Second)
	b.shows(b.done("/notices", "do", "withdraw", "key", key, "rev", "2", "reason", "写错了"), "已撤下", "写错了")
	if a := f.as("auditor-1").submit("/notices", "do", "publish", "key", key, "rev", "3", "days", "7"); a.Status != 403 && a.Status != 422 {
		t.Errorf("the auditor publishes: %d", a.Status)
	}
}

// TestConsoleSettings: what is required needs its reason and its end; an
// edition over one that was not seen is refused; the township only reads.
func TestConsoleSettings(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("county-1")
	b.cookie("daohu-township", f.Towns[0].Township)
	at := "/settings?code=evidence"
	b.shows(b.page(at), "愿意就留", "程序自带", "谁在办", "还没有填写")
	b.refused(422, at, []string{"do", "evidence", "edition", "0", "policy", "required", "reason", "县里试点"}, "reason", "refused")
	until := f.Now().AddDate(0, 1, 0).Format("2006-01-02")
	f.Pass(time.Second)
	b.shows(b.done(at, "do", "evidence", "edition", "0", "policy", "required", "until", until, "reason", "县里专项核查"), "位置和照片都要", "本镇第 1 版", "县里专项核查")
	b.refused(409, at, []string{"do", "evidence", "edition", "0", "policy", "none", "reason", "改回去"}, "下面是最新的内容")
	f.Pass(time.Second)
	b.refused(422, "/settings?code=rhythm", []string{"do", "write", "edition", "0", "body", "{\n\"every\": }", "reason", "改"}, "第 2 行写得不对")
	b.refused(422, "/settings?code=rhythm", []string{"do", "write", "edition", "0", "body", `{"edition":1,"every":"day","count":1}`, "reason", "改"}, "day")
	f.Pass(time.Second)
	a := f.as("admin-1")
	a.shows(a.page(at), "位置和照片都要", "规则由县级管理员改")
	a.shows(a.page("/compliance"), "位置和照片都要", "专项核查", "量的是系统，不是人")
	if got := a.submit(at, "do", "evidence", "edition", "1", "policy", "none", "reason", "不想"); got.Status != 403 {
		t.Errorf("the township changes rules: %d", got.Status)
	}
}

// TestConsoleAudit: what was done is found by who did it, held against the
// rows, and taken along as a table without formulas.
func TestConsoleAudit(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	b.done("/cards", "do", "write", "code", "med", "title", "看病", "text", "能报。")
	page := b.page("/audit?by=admin-1&type=card")
	b.shows(page, "账号admin-1", "口袋书 ")
	b.shows(b.page("/audit?by=cadre-1-0"), "没有这样的行")
	if a := b.open("/audit?from=soon"); a.Status != 422 {
		t.Errorf("no day: %d", a.Status)
	}
	f.Pass(time.Second)
	a := b.submit("/audit", "do", "verify")
	if a.Status != 200 || !strings.Contains(a.Body, "都对得上") || !strings.Contains(a.Body, "<code>") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	f.Pass(time.Second)
	a = b.submit("/audit?type=card", "do", "export")
	if a.Status != 200 || !strings.Contains(a.Body, "admin-1,账号admin-1") || strings.Contains(a.Body, "\n=") {
		t.Errorf("%d %q", a.Status, a.Body)
	}
	o := f.as("auditor-1")
	o.cookie("daohu-township", f.Towns[0].Township)
	o.shows(o.page("/audit"), "账号admin-1")
	f.Pass(time.Second)
	if a := o.submit("/audit", "do", "export"); a.Status != 200 {
		t.Errorf("the auditor's table: %d %s", a.Status, a.Body)
	}
	log, err := f.DB.Releases(t.Context(), f.Towns[0].Township) // a table of the log leaves as everything does
	f.must(err)
	if len(log) != 2 || log[0].Kind != roster.Log || log[0].Reason != "下载审计日志" || log[0].Actor != f.Towns[0].Admin || log[1].Role != "A" {
		t.Errorf("%+v", log)
	}
}

// TestConsoleSettingsHistory: every edition can be opened and held against what
// holds now, and put back as a new one; the township reads it only.
func TestConsoleSettingsHistory(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("county-1")
	b.cookie("daohu-township", f.Towns[0].Township)
	at := "/settings?code=rhythm"
	write := func(edition, count, reason string) {
		f.Pass(time.Second)
		b.done(at, "do", "write", "edition", edition, "title", "走访"+count, "body", `{"edition":`+count+`,"every":"month","count":`+count+`}`, "reason", reason)
	}
	write("0", "1", "先每月一次")
	write("1", "2", "农忙改两次")
	b.shows(b.page(at), "农忙改两次", "先每月一次", "edition=1")
	past := b.page(at + "&edition=1")
	b.shows(past, "第 1 版和现在的比", `<td>几次</td><td><span class="was">1</span></td><td><span class="now">2</span></td>`, "放回第 1 版", "&#34;count&#34;: 1")
	b.shows(b.page(at+"&edition=2"), "和现在用的一样")
	if a := b.open(at + "&edition=7"); a.Status != 404 {
		t.Errorf("an edition that is not there: %d", a.Status)
	}
	f.Pass(time.Second)
	b.refused(422, at+"&edition=1", []string{"do", "restore", "edition", "2", "reason", ""}, "reason-wrong")
	b.refused(409, at+"&edition=1", []string{"do", "restore", "edition", "1", "reason", "试过不行"}, "下面是最新的内容")
	f.Pass(time.Second)
	b.shows(b.done(at+"&edition=1", "do", "restore", "edition", "2", "reason", "两次太多"), "第 3 版", "走访1", "已放回去")
	f.Pass(time.Second)
	b.shows(b.page(at+"&edition=2"), `<span class="was">2</span>`, `<span class="now">1</span>`)
	a := f.as("admin-1")
	b.hides(a.page(at+"&edition=2"), "放回第")
	b.shows(a.page(at+"&edition=2"), "第 2 版和现在的比")
	if got := a.submit(at+"&edition=2", "do", "restore", "edition", "3", "reason", "不想"); got.Status != 403 {
		t.Errorf("the township puts rules back: %d", got.Status)
	}
}
