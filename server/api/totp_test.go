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
	for _, role := range []string{"H", "C", "V", "A"} {
		f.problem(f.do(role, "POST", "/api/v1/me/totp", ""), http.StatusForbidden, fault.Forbidden)
	}
	f.problem(f.do("T", "POST", "/api/v1/me/phone", `{"code":"c","user":"x"}`), http.StatusUnprocessableEntity, fault.Invalid)
	if w := f.do("", "POST", "/api/v1/login/password", `{"name":"a","password":"b","totp":"123456"}`); w.Code != http.StatusOK || !strings.HasSuffix(f.last(), "123456") {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
}
