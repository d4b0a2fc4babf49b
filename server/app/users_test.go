package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/account/staff"
)

// list reads all pages of a list of users.
func (f *fixture) users(token, query string) (out []staff.User, raw string) {
	f.Helper()
	for after := ""; ; {
		a := f.Do("GET", token, "/api/v1/users?limit=2&after="+after+query, nil)
		var page struct {
			Rows []staff.User
			Next string
		}
		if a.Status != http.StatusOK || json.Unmarshal([]byte(a.Body), &page) != nil {
			f.Fatalf("users: %d %s", a.Status, a.Body)
		}
		if out, raw, after = append(out, page.Rows...), raw+a.Body, page.Next; after == "" {
			return out, raw
		}
		f.Pass(time2)
	}
}

func logins(us []staff.User) string {
	var out []string
	for _, u := range us {
		out = append(out, u.Login)
	}
	return strings.Join(out, " ")
}

func TestUsersAreListed(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	us, raw := f.users(f.Token("admin-1"), "")
	if got := logins(us); got != "admin-1 cadre-1-0 cadre-1-1 household-1-0 household-1-3 village-1" {
		t.Errorf("T sees %s", got)
	}
	for _, u := range us {
		if u.Change != (u.Role != "T") || !u.Bound {
			t.Errorf("got %+v", u)
		}
		if u.Role == "C" && (!strings.HasPrefix(u.Phone, "199***") || strings.Contains(u.Phone, "0000")) {
			t.Errorf("telephone %s", u.Phone)
		}
	}
	for _, secret := range []string{"1990000801", "fake:", "hash", "argon", "openid"} {
		if strings.Contains(raw, secret) {
			t.Errorf("%s is shown: %s", secret, raw)
		}
	}
	k := f.Token("county-1")
	all, _ := f.users(k, "")
	if got := logins(all); strings.Contains(got, "-3-") || strings.Contains(got, "admin-3") || !strings.Contains(got, "admin-2") || !strings.Contains(got, "auditor-1 ") || strings.Contains(got, "auditor-2") {
		t.Errorf("K sees %s", got)
	}
	if some, _ := f.users(k, "&township=999911102&role=T"); logins(some) != "admin-2" {
		t.Errorf("K sees %s", logins(some))
	}
	for _, path := range []string{"?township=999912101", "?township=999911199"} {
		if a := f.Do("GET", k, "/api/v1/users"+path, nil); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	if a := f.Do("GET", k, "/api/v1/users?role=CV", nil); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a set of roles: %d", a.Status)
	}
}

// make asks to add a user and returns it.
func (f *fixture) makeUser(by string, want int, n map[string]any) (u staff.User) {
	f.Helper()
	f.Pass(time2)
	n["name"] = "新人"
	a := f.Do("POST", f.Token(by), "/api/v1/users", n)
	if a.Status != want {
		f.Errorf("%s adds %v: %d %s", by, n, a.Status, a.Body)
	}
	_ = json.Unmarshal([]byte(a.Body), &u)
	return u
}

func TestUsersAreMade(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	one, two, three := f.Towns[0], f.Towns[1], f.Towns[2]
	// No role at or above one's own, whoever asks.
	for by, may := range map[string]string{"admin-1": "CVH", "county-1": "CVHTA"} {
		for _, r := range access.Roles {
			n := map[string]any{"login": strings.ToLower("new-" + by + string(r)), "role": string(r), "township": one.Township}
			switch {
			case r == access.Village:
				n["area"] = one.Township + "201"
			case r == access.Household:
				n["household"] = one.Houses[map[string]int{"admin-1": 1, "county-1": 2}[by]].ID
			case r.In("KA"):
				delete(n, "township")
			}
			want := http.StatusOK
			if !r.In(may) {
				want = http.StatusForbidden
			}
			if r == access.County { // no value of role that the route knows
				want = http.StatusUnprocessableEntity
			}
			f.makeUser(by, want, n)
		}
	}
	// Beyond reach nothing exists.
	for i, n := range []map[string]any{
		{"role": "C", "township": two.Township}, {"role": "H", "household": two.Houses[0].ID}, {"role": "H", "household": one.Common},
		{"role": "V", "area": two.Township + "201"}, {"role": "V", "area": one.Township},
	} {
		n["login"] = "beyond-" + string(rune('a'+i))
		f.makeUser("admin-1", http.StatusNotFound, n)
	}
	f.makeUser("county-1", http.StatusNotFound, map[string]any{"login": "beyond-k", "role": "T", "township": three.Township})
	f.makeUser("county-1", http.StatusUnprocessableEntity, map[string]any{"login": "beyond-l", "role": "T"})
	f.makeUser("admin-1", http.StatusUnprocessableEntity, map[string]any{"login": "cadre-1-0", "role": "C"}) // taken
	// A new village worker holds the village from the start.
	v := f.makeUser("admin-1", http.StatusOK, map[string]any{"login": "village-new", "role": "V", "area": one.Township + "201", "phone": "19900001234"})
	held, err := f.DB.Scope(t.Context(), v.ID, one.Township, 0)
	f.must(err)
	if len(held) != 4 || v.Phone != "199******34" { // three households and the common rows
		t.Errorf("holds %d, telephone %s", len(held), v.Phone)
	}
}

// TestUsersAreChanged: from a one-time code to a phone that may only push.
func TestUsersAreChanged(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	admin := f.Token("admin-1")
	do := func(want int, token, id, what string, body any, out any) {
		t.Helper()
		f.Pass(time2)
		a := f.Do("POST", token, "/api/v1/users/"+id+"/"+what, body)
		if a.Status != want {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
		if out != nil {
			f.must(json.Unmarshal([]byte(a.Body), out))
		}
	}
	u := f.makeUser("admin-1", http.StatusOK, map[string]any{"login": "cadre-new", "role": "C"})
	var code struct{ Code string }
	do(200, admin, u.ID, "code", nil, &code)
	a := f.Do("POST", "", "/api/v1/login/wechat", map[string]string{"code": "demo:cadre-new", "bind": code.Code})
	var in struct{ Token string }
	f.must(json.Unmarshal([]byte(a.Body), &in))
	status := func(want int, method, path string) {
		t.Helper()
		if a := f.Do(method, in.Token, path, nil); a.Status != want {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	poll := "/api/v1/sync?cursor=&schema=1&client=" + f.DB.NewID()
	status(200, "GET", "/api/v1/me")
	do(204, admin, u.ID, "disable", map[string]any{"on": true}, nil)
	status(401, "GET", "/api/v1/me")
	status(200, "GET", poll) // push-only
	do(403, admin, u.ID, "code", nil, nil)
	do(204, admin, u.ID, "disable", map[string]any{"on": false}, nil)
	status(200, "GET", "/api/v1/me")
	do(204, admin, u.ID, "revoke", nil, nil)
	status(401, "GET", "/api/v1/me")
	// A card opens the household's page.
	var card struct{ Token, PIN string }
	h := f.User("household-1-0").ID
	do(200, admin, h, "card", nil, &card)
	if a := f.Do("POST", "", "/api/v1/login/household", map[string]string{"card": card.Token, "pin": card.PIN}); a.Status != 200 {
		t.Errorf("card: %d %s", a.Status, a.Body)
	}
	for _, id := range []string{f.User("admin-1").ID, f.User("cadre-2-0").ID, f.User("county-1").ID, f.DB.NewID()} {
		for _, what := range []string{"code", "card", "revoke"} {
			do(404, admin, id, what, nil, nil)
		}
		do(404, admin, id, "disable", map[string]any{"on": true}, nil)
	}
	if log := f.log.String(); strings.Contains(log, code.Code) || strings.Contains(log, card.PIN+`"`) || strings.Contains(log, card.Token) {
		t.Error("a secret is in the log")
	}
}

// TestAccountChangesNameTheirActor: over HTTP every change of an account leaves
// a line that names who made it; logging in leaves none.
func TestAccountChangesNameTheirActor(t *testing.T) {
	for name, o := range map[string]fixtureOptions{"embedded": {}, "mariadb": {MariaDB: true}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, o)
			admin, county := f.User("admin-1").ID, f.User("county-1").ID
			lines := func() (n int64) {
				t.Helper()
				heads, err := f.DB.Heads(t.Context())
				f.must(err)
				return heads[len(heads)-1].Seq
			}
			acts := func(by, want, method, path string, body any) {
				t.Helper()
				token := f.Token(by)
				f.Pass(time2)
				before := lines()
				if a := f.Do(method, token, path, body); a.Status > 299 {
					t.Fatalf("%s: %d %s", path, a.Status, a.Body)
				}
				who, err := f.DB.AccountLines(t.Context(), before)
				f.must(err)
				var got []string
				for _, l := range who {
					got = append(got, l.Action+" "+l.Actor)
				}
				if strings.Join(got, ", ") != want {
					t.Errorf("%s %s: lines %v, want %s", method, path, got, want)
				}
			}
			u, house := f.User("cadre-1-0").ID, f.User("household-1-0").ID
			f.Phone(f.Token("cadre-1-0")) // a session
			post := "POST"
			acts("admin-1", "user-add "+admin, post, "/api/v1/users", map[string]any{"login": "neu-1", "name": "新人", "role": "C"})
			acts("admin-1", "code "+admin, post, "/api/v1/users/"+u+"/code", nil)
			acts("county-1", "code "+county, post, "/api/v1/users/"+u+"/code", nil)
			acts("admin-1", "user-change "+admin, post, "/api/v1/users/"+house+"/card", nil)
			acts("admin-1", "revoke "+admin, post, "/api/v1/users/"+u+"/revoke", nil)
			acts("admin-1", "user-change "+admin, post, "/api/v1/users/"+u+"/disable", map[string]any{"on": true})
			acts("admin-1", "user-change "+admin, post, "/api/v1/users/"+u+"/disable", map[string]any{"on": false})
			acts("admin-1", "factor-add "+admin, post, "/api/v1/me/totp", nil)
			acts("admin-1", "look "+admin, post, "/api/v1/households/"+f.Towns[0].Houses[0].ID+"/reveal", map[string]any{"field": "phone", "reason": "电话联系入户"})
			before := lines()
			f.FreshToken("admin-1")
			f.FreshToken("household-1-0")
			if n := lines(); n != before {
				t.Errorf("%d lines for logging in", n-before)
			}
		})
	}
}
