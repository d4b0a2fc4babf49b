package app

import (
	"path"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
)

const consolePaper = `{"title":"医保问答","topics":[{"key":"med","name":"医保","card":"med"}],"items":[{"key":"a","kind":"single","label":"大病能报吗？","options":[{"key":"y","label":"能报"},{"key":"n","label":"不能报"}]}]}`

// TestConsolePapers: a paper is written, refused at its line, previewed,
// published and archived; what somebody else changed meanwhile is told.
func TestConsolePapers(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	paper := strings.Replace(consolePaper, `{"key":"med","name":"医保","card":"med"}`, "", 1)
	b.refused(422, "/papers", []string{"do", "write", "code", "yibao", "kind", "quiz", "paper", "{\n\"title\" 1}"}, "第 2 行写得不对", `value="yibao"`)
	b.refused(422, "/papers", []string{"do", "write", "code", "坏代号", "kind", "quiz", "paper", paper}, `id="write-code-wrong"`)
	f.Pass(time.Second)
	at := b.location("/papers", "do", "write", "code", "yibao", "kind", "quiz", "paper", paper)
	page := b.page(at)
	b.shows(page, "医保问答", "大病能报吗？", "草稿", "能报")
	b.refused(409, at, []string{"do", "publish", "rev", "9"}, "下面是最新的内容")
	f.Pass(time.Second)
	b.shows(b.done(at, "do", "publish", "rev", "1"), "第 1 版", "已发布")
	b.shows(b.page("/papers"), "医保问答", "政策问答")
	f.Pass(time.Second)
	a := b.upload("/papers", "x.xlsx", "PK", "do", "upload")
	if a.Status != 415 { // its bytes are no workbook
		t.Errorf("no workbook: %d %s", a.Status, a.Body)
	}
	if a := f.as("admin-2").open(at); a.Status != 404 {
		t.Errorf("another township's paper: %d", a.Status)
	}
}

// TestConsoleCards: a card is drafted, previewed as seen and as read aloud,
// handed to another admin, and its markup never becomes the page's own.
func TestConsoleCards(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	b.refused(422, "/cards", []string{"do", "write", "code", "med", "title", "", "text", "讲一讲"}, `id="write-title-wrong"`, "讲一讲")
	f.Pass(time.Second)
	at := b.location("/cards", "do", "write", "code", "med", "title", "看病", "text", "**大病**能报。\n\n<script>window.hit=1</script>")
	page := b.page(at)
	b.shows(page, "农户看到的", "读出来的", "<strong>大病</strong>", "草稿")
	b.hides(page, "<script>window.hit")
	b.refused(409, at, []string{"do", "submit", "rev", "9"}, "下面是最新的内容")
	b.shows(b.done(at, "do", "submit", "rev", "1"), "待审")
	if a := f.as("auditor-1").open(at); a.Status != 403 {
		t.Errorf("the auditor edits: %d", a.Status)
	}
	id := path.Base(at)
	b.shows(b.page("/queue?type=card"), "看病", "大病能报。", "通过并发布")
	b.refused(403, "/queue?type=card", []string{"do", "approve", "key", id, "action", "approve", "rev", "2"}, "自己")
	f.addUser("second-1", access.Township, f.Towns[0], "")
	second := f.as("second-1")
	next := second.page(second.location("/queue?type=card", "do", "approve", "key", id, "action", "approve", "rev", "2"))
	second.shows(next, "上一条")
	second.hides(next, "data-until") // it is out, and not taken back
	second.shows(second.page(at), "已发布")
}
