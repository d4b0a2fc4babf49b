package app

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestConsoleCompare: the county sees its townships side by side; every figure
// equals the rows it leads to, the sums are theirs, nobody is named and no
// other county's township is there.
func TestConsoleCompare(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	town := f.Towns[0]
	for i, h := range town.Houses[:3] {
		f.Phone(f.Token(h.Cadre)).Send(fixtureMut{Type: "visit", ID: f.DB.NewID(), House: h.ID, Patch: map[string]any{"day": f.Today(), "text": "来过"}},
			fixtureMut{Type: "need", ID: f.DB.NewID(), House: h.ID, Patch: map[string]any{"text": fmt.Sprint("难处", i)}})
	}
	f.Pass(20 * 24 * time.Hour) // past the five working days, in the same month
	f.Phone(f.Token("cadre-1-1")).Send(fixtureMut{Type: "need", ID: f.DB.NewID(), House: town.Houses[3].ID, Patch: map[string]any{"text": "刚说的难处"}})
	b := f.as("county-1")
	page := b.page("/compare")
	b.shows(page, "测试镇1", "测试镇2", "不排名次")
	b.hides(page, "测试镇3", "干甲", "冉")
	row := func(name string) string {
		_, rest, _ := strings.Cut(page, ">"+name+"</a></th>")
		rest, _, _ = strings.Cut(rest, "</tr>")
		return rest
	}
	number := func(html string) string { return regexp.MustCompile(`<[^>]*>|[^\d<]`).ReplaceAllString(html, "") }
	for only, want := range map[string]string{"all": "4", "paired": "4", "visited": "3", "left": "1"} {
		cell := regexp.MustCompile(`href="([^"]*only=` + only + `)">([^<]*)<`).FindStringSubmatch(row("测试镇1"))
		if cell == nil || cell[2] != want {
			t.Fatalf("%s: %q of %s", only, cell, row("测试镇1"))
		}
		f.Pass(time.Second)
		rows := b.page(strings.ReplaceAll(cell[1], "&amp;", "&"))
		foot := number(between(rows[strings.Index(rows, "<tfoot>"):], "合计</th>", "</td>"))
		if foot != want {
			t.Errorf("%s leads to rows that come to %s, not %s", only, foot, want)
		}
	}
	for state, want := range map[string]int{"": 4, "overdue": 3} {
		next := url.Values{}
		if state != "" {
			next.Set("state", state)
		}
		f.Pass(time.Second)
		a := f.Do("GET", f.Token("county-1"), "/api/v1/needs?limit=200&township="+town.Township+"&"+next.Encode(), nil)
		if got := strings.Count(a.Body, `"text":`); got != want {
			t.Errorf("%q: %d needs", state, got)
		}
		b.shows(row("测试镇1"), fmt.Sprintf(`value="%s">%d<`, town.Township, want))
	}
	led := b.submit("/township", "township", town.Township, "next", "/cases?state=overdue")
	if led.Status != 303 || led.Header.Get("Location") != "/cases?state=overdue" {
		t.Errorf("%d %v", led.Status, led.Header)
	}
	b.shows(b.page("/cases?state=overdue"), "难处0", "难处2")
	if a := f.as("admin-1").open("/compare"); a.Status != 403 {
		t.Errorf("a township compares: %d", a.Status)
	}
}

// TestConsoleCardSize: a household's card is printed as one sheet to be cut, or
// as two small ones, each with the code and the PIN apart.
func TestConsoleCardSize(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	path := "/users/" + f.User("household-1-0").ID + "/card"
	b.shows(b.page(path), "A4，一张裁成两半", "A6，两小张")
	for size, want := range map[string]string{"": `class="pass"`, "?size=a6": `class="pass six"`} {
		f.Pass(time.Second)
		a := b.submit(path+size, "do", "card", "key", f.User("household-1-0").ID)
		if a.Status != 200 || !strings.Contains(a.Body, want) || !strings.Contains(a.Body, `class="pin"`) {
			t.Errorf("%q: %d %s", size, a.Status, a.Body)
		}
	}
}
