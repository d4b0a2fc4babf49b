package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"daohu/server/account"
	"daohu/server/fault"
)

// settings stands for account.Service.
type settings struct{ s *service }

func (x settings) StartTOTP(_ context.Context, user string) (account.Enrolment, error) {
	return account.Enrolment{URL: "otpauth://totp/x?a=1&b=2", Secret: "ABC"}, x.s.ask("start", user)
}

func (x settings) ConfirmTOTP(_ context.Context, user, code string) error {
	return x.s.ask("confirm", user, code)
}

func (x settings) SavePhone(_ context.Context, user, code string) error {
	return x.s.ask("phone", user, code)
}

func (x settings) ChangePassword(_ context.Context, user, old, password string) error {
	return x.s.ask("password", user, old, password)
}

func (x settings) Sessions(_ context.Context, user string) ([]account.Session, error) {
	return []account.Session{{ID: "x", Kind: account.Console, CreatedAt: 1, ExpiresAt: 2}}, x.s.ask("sessions", user)
}

func (x settings) EndOthers(_ context.Context, user, token string) error {
	return x.s.ask("end", user, token)
}

func TestSettingsRoutes(t *testing.T) {
	f := newFixture(t)
	for _, role := range []string{"T", "K"} {
		user := f.actor(role).User
		if w := f.do(role, "POST", "/api/v1/me/totp", ""); w.Code != http.StatusOK || f.last() != "start "+user || !strings.Contains(w.Body.String(), `"url":"otpauth://totp/x?a=1&b=2","secret":"ABC"`) {
			t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
		}
		if w := f.do(role, "POST", "/api/v1/me/totp/confirm", `{"code":"123456"}`); w.Code != http.StatusNoContent || f.last() != "confirm "+user+" 123456" {
			t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
		}
	}
	if w := f.do("C", "POST", "/api/v1/me/phone", `{"code":"c"}`); w.Code != http.StatusNoContent || f.last() != "phone user0000000C c" {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	if w := f.do("A", "POST", "/api/v1/me/password", `{"old":"a","password":"b"}`); w.Code != http.StatusNoContent || f.last() != "password user0000000A a b" {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	f.problem(f.do("H", "POST", "/api/v1/me/password", `{"old":"a","password":"b"}`), http.StatusForbidden, fault.Forbidden)
	if w := f.do("H", "GET", "/api/v1/me/sessions", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `{"kind":"console","since":1,"until":2,"here":false}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do("C", "POST", "/api/v1/me/sessions/end", `{"others":true}`); w.Code != http.StatusNoContent || !strings.HasPrefix(f.last(), "end user0000000C ") {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	for _, role := range []string{"H", "C", "V", "A"} {
		f.problem(f.do(role, "POST", "/api/v1/me/totp", ""), http.StatusForbidden, fault.Forbidden)
	}
	f.problem(f.do("T", "POST", "/api/v1/me/phone", `{"code":"c","user":"x"}`), http.StatusUnprocessableEntity, fault.Invalid)
	if w := f.do("", "POST", "/api/v1/login/password", `{"name":"a","password":"b","totp":"123456"}`); w.Code != http.StatusOK || !strings.HasSuffix(f.last(), "123456") {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
}
