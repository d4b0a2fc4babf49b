package app

import (
	"strings"
	"testing"
	"time"

	"daohu/server/household"
)

// TestConsolePickHousehold: a household is meant by its head's name; where the
// name means several they are there to choose, and the choice outlives another
// refusal. Nobody types an id.
func TestConsolePickHousehold(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town := f.as("admin-1"), f.Towns[0]
	page := b.page("/users")
	b.shows(page, "哪个村", town.Township+"201", "户主姓名的开头")
	b.hides(page, "户的编号", "村编号")
	add := func(pairs ...string) []string {
		f.Pass(time.Second)
		return append([]string{"do", "add", "name", "冉家", "role", "H"}, pairs...)
	}
	b.refused(422, "/users", add("login", "home-x", "household", "没有这个人"), "没有找到“没有这个人”")
	several := b.refused(422, "/users", add("login", "home-x", "household", "冉"), "“冉”有 4 户", `name="householdPick" value="`+town.Houses[1].ID+`"`, town.Houses[1].Code)
	b.shows(several, `value="冉"`, `type="radio"`)
	b.hides(several, f.Towns[1].Houses[0].ID)
	// The choice is kept when something else is wrong.
	kept := b.refused(422, "/users", add("login", "x", "household", "冉", "householdPick", town.Houses[1].ID), "add-login-wrong")
	b.shows(kept, `value="`+town.Houses[1].ID+`" checked`)
	f.Pass(time.Second)
	b.done("/users", add("login", "home-x", "household", "冉", "householdPick", town.Houses[1].ID)...)
	if u := f.User("home-x"); string(u.Household) != town.Houses[1].ID {
		t.Errorf("%+v", u)
	}
	b.refused(422, "/users", add("login", "home-w", "household", "冉", "householdPick", town.Houses[1].ID, "householdPick", town.Houses[2].ID), "这里只能写一户")
	b.done("/users", add("login", "home-y", "household", town.Houses[2].Code)...)
	if u := f.User("home-y"); string(u.Household) != town.Houses[2].ID {
		t.Errorf("by 户编号: %+v", u)
	}
	// A household of another township cannot be chosen by planting its id.
	b.refused(422, "/users", add("login", "home-z", "household", "冉", "householdPick", f.Towns[1].Houses[0].ID), "请在下面选")
	f.Pass(time.Second)
	b.done("/users", "do", "add", "login", "worker-x", "name", "村里人", "role", "V", "area", town.Township+"202")
	if u := f.User("worker-x"); u.Area != town.Township+"202" {
		t.Errorf("%+v", u)
	}
	k := f.as("county-1")
	f.Pass(time.Second)
	b.shows(k.page("/users"), "县里的不选", `<option value="`+town.Township+`">`)
	k.cookie("daohu-township", town.Township)
	f.Pass(time.Second)
	k.done("/users", "do", "add", "login", "looker-x", "name", "新审计", "role", "A", "township", town.Township)
	if u := f.User("looker-x"); u.Township != "" {
		t.Errorf("an auditor of one township: %+v", u)
	}
}

// TestConsolePickSeveral: a notice lists households by names, a line each.
func TestConsolePickSeveral(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town := f.as("admin-1"), f.Towns[0]
	house := func(i int) string {
		r, err := f.DB.Find(t.Context(), household.HouseholdType, []string{town.Township}, town.Houses[i].ID)
		f.must(err)
		return r.(*household.Household).Head
	}
	draft := func(lines string, ticks ...string) []string {
		f.Pass(time.Second)
		out := []string{"do", "draft", "kind", "公示", "title", "名单", "text", "拟补助这些户。", "households", lines}
		for _, id := range ticks {
			out = append(out, "householdsPick", id)
		}
		return out
	}
	b.refused(422, "/notices", draft(house(0)+"\n上村1"), "“上村1”有 3 户", `type="checkbox"`, house(0)+"\n上村1")
	f.Pass(time.Second)
	page := b.done("/notices", draft(house(3)+"\n上村1", town.Houses[0].ID, town.Houses[2].ID)...)
	b.shows(page, "3 户")
	if strings.Contains(page, house(3)) {
		t.Error("the notice names its household in full")
	}
	// A problem and a merge are told by name too.
	f.Pass(time.Second)
	at := b.location("/issues", "do", "add", "subject", "水管裂了", "category", "other", "household", house(1))
	b.shows(b.page(at), house(1))
	// The beginning of a name is shown, not taken, though one household alone has it.
	name := house(1)
	one := []rune(name)
	b.refused(422, "/issues", []string{"do", "add", "subject", "水管裂了", "category", "other", "household", string(one[:len(one)-1])}, "请在下面选", town.Houses[1].ID)
	f.Pass(time.Second)
	b.refused(422, "/households/"+town.Houses[0].ID, []string{"do", "merge", "rev", "1", "into", "冉", "reason", "一家人分两户"}, `name="intoPick"`)
}
