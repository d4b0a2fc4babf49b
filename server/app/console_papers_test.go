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

// editable is a new paper of one question as the editor's form sends it.
func editable(more ...string) []string {
	return append([]string{"do", "edit", "kind", "quiz", "title", "医保问答", "topics.0.key", "t1", "topics.0.name", "医保", "items.0.key", "q1", "items.0.kind", "single",
		"items.0.label", "大病能报吗？", "items.0.topic", "t1", "items.0.points", "1", "items.0.options.0.key", "o1", "items.0.options.0.label", "能报", "items.0.options.1.key", "o2", "items.0.options.1.label", "不能报"}, more...)
}

// TestConsolePaperEditor: a paper is made and changed with plain fields and
// buttons that post and come back: what was typed stays, a fault stands at its
// field, nobody types a code.
func TestConsolePaperEditor(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	b.shows(b.page("/papers"), `href="/papers/new"`)
	b.shows(b.page("/papers/new"), "第 1 题", "第 2 个选项", "加一个主题")
	step := func(pairs ...string) string {
		t.Helper()
		f.Pass(time.Second)
		a := b.submit("/papers/new", pairs...)
		if a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return a.Body
	}
	b.shows(step(editable("step", "add.1")...), "大病能报吗？", "第 2 题", `name="items.1.key" value="q2"`, "第 1 题“大病能报吗？”答“能报”才问")
	b.shows(step(editable("step", "option.0")...), `name="items.0.options.2.key" value="o3"`, `value="不能报"`)
	b.hides(step(editable("step", "drop-option.0.1")...), `value="不能报"`)
	two := editable("items.0.right", "o1", "items.1.key", "q2", "items.1.kind", "yesno", "items.1.label", "报过没有？", "items.1.visible_if", "q1|o1", "items.1.required", "1", "pass", "percent", "percent", "60")
	moved := step(append(two, "step", "up.1")...)
	b.shows(moved, `name="items.0.key" value="q2"`, "要看的那道题不在前面了")
	b.refused(422, "/papers/new", editable(), `id="edit-items.0.`, "有分值就要有答案", `value="不能报"`)
	b.refused(422, "/papers/new", editable("items.0.right", "o1", "items.0.right", "o2"), "单选只能有一个对的")
	f.Pass(time.Second)
	at := b.location("/papers/new", two...)
	page := b.page(at)
	b.shows(page, "草稿已存", "改草稿", "第 2 题", `value="60"`, `<option value="q1|o1" selected>`, "✓ 对")
	f.Pass(time.Second)
	kept := append(two, "code", between(page, `name="code" value="`, `"`), "draft", "1", "rev", "1", "items.1.points", "很多")
	b.refused(422, at, kept, "第 2 题的分值要写整数", `value="很多"`)
	kept[len(kept)-1] = ""
	kept[len(kept)-3] = "9"
	b.refused(409, at, kept, "下面是最新的内容", `value="60"`)
	kept[len(kept)-3] = "1"
	f.Pass(time.Second)
	b.shows(b.done(at, kept...), "草稿已存")
	f.Pass(time.Second)
	b.shows(b.done(at, "do", "publish", "rev", "2"), "第 1 版", "写下一版")
	if a := f.as("auditor-1").open("/papers/new"); a.Status != 403 {
		t.Errorf("the auditor writes papers: %d", a.Status)
	}
}
