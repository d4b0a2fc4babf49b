package app

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// location submits a form that leads somewhere, and says where.
func (b *browser) location(path string, pairs ...string) string {
	b.Helper()
	a := b.submit(path, pairs...)
	if a.Status != 303 {
		b.Fatalf("%s %v: %d %s", path, pairs, a.Status, a.Body)
	}
	return a.Header.Get("Location")
}

// TestConsoleMoney: from what a source gave to a household, and on from one
// that went away to another. Every page shows sums that are equal.
func TestConsoleMoney(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town := f.as("admin-1"), f.Towns[0]
	add := func(house int, kind string) string {
		list := "/measures?household=" + town.Houses[house].ID
		b.refused(422, list, []string{"do", "add", "kind", kind, "what", "两头牛", "quantity", "两"}, `value="两"`, `id="add-quantity-wrong"`)
		at := b.location(list, "do", "add", "kind", kind, "what", "两头牛", "amount", "10,000", "quantity", "2", "unit", "头", "stage", "doing")
		b.shows(b.page(at), "10,000 元", "2 头", "已通过")
		return at
	}
	cows, others := add(0, "产业帮扶"), add(1, "产业帮扶")

	b.refused(422, "/funds", []string{"do", "open", "name", "养牛资金", "source", "县财政", "fen", "很多"}, `value="养牛资金"`, `id="open-fen-wrong"`)
	fund := b.location("/funds", "do", "open", "name", "养牛资金", "source", "县财政", "year", "2026", "fen", "30000")
	id := strings.TrimPrefix(fund, "/funds/")
	village := "village:" + town.Township + "201"
	b.refused(422, fund, []string{"do", "allocate", "rev", "1", "account", village, "fen", "30001"}, `value="30001"`, `id="allocate-fen-wrong"`)
	b.refused(422, fund, []string{"do", "allocate", "rev", "1", "account", "project", "fen", "1"}, "请写项目的名称")
	b.shows(b.done(fund, "do", "allocate", "rev", "1", "account", village, "fen", "20000"), "10,000 + 20,000 + 0 = 30,000 元，和收到的一样", "上村1")
	b.refused(409, fund, []string{"do", "allocate", "rev", "1", "account", "township", "fen", "1"}, "下面是最新的内容", `name="rev" value="2"`)

	b.refused(422, cows, []string{"do", "disburse", "rev", "1", "account", id + "|township", "fen", "10000"}, `value="10000"`)
	b.shows(b.done(cows, "do", "disburse", "rev", "1", "account", id+"|"+village, "fen", "10000", "reason", "买牛"), "已给</dt><dd>10,000 元")
	b.shows(b.page("/funds"), "10,000 + 10,000 + 10,000 = 30,000 元，和收到的一样")
	b.shows(b.page(fund), "付到户", "买牛", "账号admin-1")

	move := func(to, reason string) []string {
		return []string{"do", "reallocate", "rev", "2", "why", "whole_household_away", "fund", id, "fen", "4,000.5", "to", to, "reason", reason}
	}
	b.refused(422, cows, move("没有", "外出打工"), `id="reallocate-to-wrong"`, `value="没有"`)
	b.refused(422, cows, move(town.Houses[2].Code, "外出打工"), `id="reallocate-kind-wrong"`, "0 项")
	b.refused(422, cows, move(town.Houses[1].Code, ""), `id="reallocate-reason-wrong"`)
	b.shows(b.done(cows, move(town.Houses[1].Code, "外出打工")...), "5,999.50 元", "转给了别户")
	b.shows(b.page(others), "4,000.50 元", "其中从别户转来")
	b.shows(b.page(fund), "10,000 + 10,000 + 10,000 = 30,000 元，和收到的一样", "全户外出，转走")
	b.done(cows, "do", "progress", "rev", "3", "stage", "stopped", "result", "全家外出")
	b.shows(b.done(cows, "do", "reallocate", "rev", "4", "why", "stopped", "fund", id, "fen", "5999.50", "account", id+"|"+village, "reason", "不养了"), "已转走")
	b.shows(b.page("/funds"), "10,000 + 15,999.50 + 4,000.50 = 30,000 元，和收到的一样")

	f.Pass(time.Second)
	b.refused(422, others, []string{"do", "progress", "rev", "2", "stage", "done", "result", "产了一头小牛", "yieldQuantity", "1"}, "产了一头小牛", `id="progress-yieldUnit-wrong"`)
	b.shows(b.done(others, "do", "progress", "rev", "2", "stage", "done", "result", "产了一头小牛", "yieldQuantity", "1", "yieldUnit", "头", "yieldAmount", "3000"), "做完了", "产了一头小牛", "3,000 元")

	f.othersLook(cows, fund)
	if a := f.as("admin-2").open(fund); a.Status != 404 {
		t.Errorf("another township's fund: %d", a.Status)
	}
	if a := f.as("admin-2").open(cows); a.Status != 404 {
		t.Errorf("another township's measure: %d", a.Status)
	}
}

// othersLook: the county reads sums, the auditor entries too; neither pays.
func (f *fixture) othersLook(measure, fund string) {
	f.Helper()
	for _, login := range []string{"county-1", "auditor-1"} {
		o := f.as(login)
		o.cookie("daohu-township", f.Towns[0].Township)
		page := o.page(fund)
		o.shows(page, "和收到的一样")
		if strings.Contains(page, "每一笔") != (login == "auditor-1") {
			f.Errorf("%s: the county reads sums, the auditor entries too", login)
		}
		o.hides(page+o.page(measure)+o.page("/funds"), `value="allocate"`, `value="disburse"`, `value="open"`)
		o.shows(o.page("/measures"), "两头牛")
		if a := o.submit(measure, "do", "disburse", "rev", "3", "account", "x|township", "fen", "1"); a.Status != 403 {
			f.Errorf("%s pays: %d", login, a.Status)
		}
	}
}

func TestConsoleMeasureLists(t *testing.T) {
	m := newMatrix(t)
	b := m.as("admin-1")
	b.shows(b.page("/measures?state=pending"), "措施记号10", "措施记号13")
	b.hides(b.page("/measures?state=pending&village="+m.Towns[0].Township+"201"), "措施记号13")
	b.hides(b.page("/measures"), "措施记号10")
	m.Phone(m.Token("cadre-1-0")).Send(fixtureMut{Type: "measure", ID: m.DB.NewID(), House: m.Towns[0].Houses[1].ID, Patch: map[string]any{"kind": "产业帮扶", "what": "想养几只羊", "stage": "wish"}})
	page := b.page("/measures?state=wish")
	b.shows(page, "想养几只羊", "心愿")
	b.hides(page, "措施记号10")
	if n := len(regexp.MustCompile(`href="/measures/`).FindAllString(page, -1)); n != 1 {
		t.Errorf("%d wishes", n)
	}
}
