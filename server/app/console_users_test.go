package app

import (
	"strings"
	"testing"
	"time"
)

// TestConsoleAccount: one's own password, second factor and log-ins.
func TestConsoleAccount(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	b.refused(422, "/account", []string{"do", "password", "old", "x", "password", "neu-Daohu-2026", "again", "anders"}, `id="password-again-wrong"`)
	a := b.submit("/account", "do", "password", "old", "falsch", "password", "neu-Daohu-2026", "again", "neu-Daohu-2026")
	if a.Status < 400 || a.Status >= 500 || strings.Contains(a.Body, "neu-Daohu") {
		t.Errorf("a wrong old password: %d", a.Status)
	}
	f.Pass(time.Second)
	a = b.submit("/account", "do", "totp")
	if a.Status != 200 || !strings.Contains(a.Body, `src="data:image/png;base64,`) || !strings.Contains(a.Body, "<code>") {
		t.Errorf("no factor to scan: %d %s", a.Status, a.Body)
	}
	b.shows(b.page("/account"), "就是这里")
	b.shows(b.done("/account", "do", "others"), "别处的登录都退出了")
}

// TestConsoleUserCard: a new card is asked for first, then shown once, with a
// PIN, without name or number of the household.
func TestConsoleUserCard(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town := f.as("admin-1"), f.Towns[0]
	id := f.User("household-1-0").ID
	path := "/users/" + id + "/card"
	b.shows(b.page(path), "旧卡和旧的 PIN 马上不能用了")
	a := b.submit(path, "do", "card", "key", id)
	if a.Status != 200 || !strings.Contains(a.Body, `class="pin"`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	b.hides(a.Body, town.Houses[0].Code)
	b.hides(b.page(path), `class="pin"`)
	f.Pass(time.Second)
	if a := f.as("admin-2").submit(path, "do", "card", "key", id); a.Status != 404 {
		t.Errorf("another township's card: %d", a.Status)
	}
}

// TestConsoleDevices: the board says whether a phone may be taken out of use,
// and a lost one is marked with a reason.
func TestConsoleDevices(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	b.shows(b.page("/devices"), "还没有手机联过网")
	f.Phone(f.Token("cadre-1-0")).Send()
	page := b.page("/devices")
	b.shows(page, "cadre-1-0", "能停用吗")
	key := between(page, `name="key" value="`, `"`)
	b.refused(422, "/devices", []string{"do", "wipe", "key", key, "on", "1", "reason", ""}, "reason-wrong")
	b.shows(b.done("/devices", "do", "wipe", "key", key, "on", "1", "reason", "手机丢了"), "等着抹掉，取消")
	b.hides(b.done("/devices", "do", "wipe", "key", key, "on", "0", "reason", "找到了"), "等着抹掉，取消")
	if a := f.as("admin-2").submit("/devices", "do", "wipe", "key", key, "on", "1", "reason", "手机丢了"); a.Status != 404 {
		t.Errorf("another township's phone: %d", a.Status)
	}
}

// between is what stands in s between two marks; "" = they are not there.
func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}
