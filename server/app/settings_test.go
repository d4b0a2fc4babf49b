package app

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"daohu/server/record"
)

// TestSecondFactor: from the console to a log-in that needs the code, through
// the routes.
func TestSecondFactor(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	f.must(f.Accounts.SetPassword(t.Context(), f.User("admin-1").ID, fixturePassword))
	login := func(totp string) (int, string, string) {
		f.Pass(time2)
		body := map[string]string{"name": "admin-1", "password": fixturePassword}
		if totp != "" {
			body["totp"] = totp
		}
		a := f.Do("POST", "", "/api/v1/login/password", body)
		var got struct{ Token string }
		_ = json.Unmarshal([]byte(a.Body), &got)
		why := ""
		if p := a.Problem(); len(p.Fields) == 1 {
			why = p.Fields[0].Name + " " + p.Fields[0].Code
		}
		return a.Status, got.Token, why
	}
	_, token, _ := login("")
	a := f.Do("POST", token, "/api/v1/me/totp", nil)
	var got struct{ URL, Secret string }
	f.must(json.Unmarshal([]byte(a.Body), &got))
	if a.Status != http.StatusOK || !strings.HasPrefix(got.URL, "otpauth://totp/daohu:admin-1?") || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(got.Secret)
	f.must(err)
	code := func() string { return fmt.Sprintf("%06d", totpNow(key, f.Now())) }
	confirm := func(code string) int {
		return f.Do("POST", token, "/api/v1/me/totp/confirm", map[string]string{"code": code}).Status
	}
	if s := confirm("000000"); s != http.StatusUnprocessableEntity {
		t.Errorf("a wrong first code: %d", s)
	}
	first := code()
	if s := confirm(first); s != http.StatusNoContent {
		t.Errorf("confirm: %d", s)
	}
	for totp, want := range map[string]string{"": "totp required", first: "totp not-allowed"} {
		if s, _, why := login(totp); s != http.StatusUnauthorized || why != want {
			t.Errorf("log-in with %q: %d %s", totp, s, why)
		}
	}
	f.Pass(time.Minute)
	if s, token, _ := login(code()); s != http.StatusOK || token == "" {
		t.Errorf("log-in with the code: %d", s)
	}
	if s := f.Do("POST", token, "/api/v1/me/totp", nil).Status; s != http.StatusConflict {
		t.Errorf("a second one: %d", s)
	}
	kept, err := f.DB.Accounts().FindFactor(t.Context(), f.User("admin-1").ID)
	if err != nil || strings.Contains(string(kept.Secret), got.Secret) || strings.Contains(f.log.String(), got.Secret) {
		t.Errorf("the secret is kept or logged in clear: %v", err)
	}
}

// totpNow is what an authenticator app computes (RFC 6238), written a second
// time.
func totpNow(key []byte, now time.Time) uint32 {
	var step [8]byte
	binary.BigEndian.PutUint64(step[:], uint64(now.Unix()/30))
	h := hmac.New(sha1.New, key)
	h.Write(step[:])
	sum := h.Sum(nil)
	at := sum[19] & 15
	return (binary.BigEndian.Uint32(sum[at:]) & (1<<31 - 1)) % 1_000_000
}

// TestPhoneNumber: the number WeChat knows replaces the one that was written
// down, for oneself only.
func TestPhoneNumber(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	number := func(login string) string {
		plain, err := f.Box.Open(f.User(login).Phone)
		f.must(err)
		return plain
	}
	before, other := number("cadre-1-0"), number("cadre-1-1")
	want, err := f.WeChat.PhoneNumber(t.Context(), "demo:anyone")
	f.must(err)
	if a := f.Do("POST", f.Token("cadre-1-0"), "/api/v1/me/phone", map[string]string{"code": "demo:anyone"}); a.Status != http.StatusNoContent || a.Body != "" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if got := number("cadre-1-0"); got != want || got == before || number("cadre-1-1") != other {
		t.Errorf("got %s, before %s", got, before)
	}
	us, raw := f.users(f.Token("admin-1"), "&role=C")
	if us[0].Phone != record.Mask(want) || strings.Contains(raw, want) || strings.Contains(f.log.String(), want) {
		t.Errorf("got %+v", us[0])
	}
	if a := f.Do("POST", f.Token("cadre-1-0"), "/api/v1/me/phone", map[string]string{"code": "nonsense"}); a.Status != http.StatusUnprocessableEntity || number("cadre-1-0") != want {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
