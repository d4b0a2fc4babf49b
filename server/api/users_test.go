package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/account/staff"
	"daohu/server/fault"
)

// users stands for staff.Service.
type users struct{ s *service }

func (u users) List(_ context.Context, _ access.Actor, q staff.Query) ([]staff.User, string, error) {
	return nil, "n", u.s.ask("users", q.Township, q.Role, q.After)
}

func (u users) Make(_ context.Context, _ access.Actor, n account.NewUser) (staff.User, error) {
	return staff.User{ID: rowID, Login: n.Login}, u.s.ask("make user", n.Login, string(n.Role), n.Township, n.Household, n.Phone)
}

func (u users) Code(_ context.Context, _ access.Actor, id string) (string, int64, error) {
	return "ABCD2345", 7, u.s.ask("code", id)
}

func (u users) Card(_ context.Context, _ access.Actor, id string) (string, string, error) {
	return "token", "123456", u.s.ask("card", id)
}

func (u users) Disable(_ context.Context, _ access.Actor, id string, on, anyway bool) error {
	return u.s.ask("disable", id, map[bool]string{true: "on", false: "off"}[on], map[bool]string{true: "anyway", false: "if safe"}[anyway])
}

func (u users) Revoke(_ context.Context, _ access.Actor, id string) error {
	return u.s.ask("revoke", id)
}

func TestUserRoutes(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct{ method, path, body, asked, has string }{
		{"GET", "/users?role=C&after=x", "", "users  C x", `{"rows":[],"next":"n"}`},
		{"POST", "/users", `{"login":"cadre-9","name":"测试","role":"C","phone":"19900001234"}`, "make user cadre-9 C   19900001234", `"login":"cadre-9"`},
		{"POST", "/users/" + rowID + "/code", "", "code " + rowID, `{"code":"ABCD2345","untilAt":7,"qr":"iVBORw0KGgo`},
		{"POST", "/users/" + rowID + "/card", "", "card " + rowID, `{"token":"token","pin":"123456","url":"https://daohu.example/h/token","qr":"iVBORw0KGgo`},
		{"POST", "/users/" + rowID + "/disable", `{"on":true}`, "disable " + rowID + " on if safe", ""},
		{"POST", "/users/" + rowID + "/disable", `{"on":true,"anyway":true}`, "disable " + rowID + " on anyway", ""},
		{"POST", "/users/" + rowID + "/revoke", "", "revoke " + rowID, ""},
	} {
		w := f.do("T", c.method, "/api/v1"+c.path, c.body)
		if w.Code >= 300 || f.last() != c.asked || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s %s: %d %s, asked %q", c.method, c.path, w.Code, w.Body, f.last())
		}
		if w.Code == http.StatusOK && w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s may be kept: %v", c.method, c.path, w.Header())
		}
	}
	n := len(f.asked)
	for _, body := range []string{`{"login":"k","name":"x","role":"C"}`, `{"login":"kk","name":"x","role":"K"}`, `{"login":"kk","name":"x","role":"C","password":"x"}`,
		`{"login":"kk","name":"x","role":"C","county":"1"}`, `{"login":"kk","role":"C"}`} {
		f.problem(f.do("K", "POST", "/api/v1/users", body), http.StatusUnprocessableEntity, fault.Invalid)
	}
	f.problem(f.do("T", "POST", "/api/v1/users/short/code", ""), http.StatusNotFound, fault.NotFound)
	f.problem(f.do("A", "GET", "/api/v1/users", ""), http.StatusForbidden, fault.Forbidden)
	if len(f.asked) != n {
		t.Errorf("the service was asked: %v", f.asked[n:])
	}
}
