package app

import (
	"crypto/hmac"
	"crypto/sha1" // what every authenticator app computes
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"daohu/server/config"
	"daohu/server/console"
)

// browser is a browser without script in front of the fixture. It follows no
// redirect, so that tests see where they are led.
type browser struct {
	*fixture
	http.Client
}

func (f *fixture) browser() *browser {
	f.Helper()
	jar, err := cookiejar.New(nil)
	f.must(err)
	return &browser{f, http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as is a browser with the session of a login.
func (f *fixture) as(login string) *browser {
	f.Helper()
	b := f.browser()
	b.cookie("daohu", f.Token(login))
	return b
}

func (b *browser) cookie(name, value string) {
	at, err := url.Parse(b.URL)
	b.must(err)
	b.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func (b *browser) session() string {
	at, _ := url.Parse(b.URL)
	for _, k := range b.Jar.Cookies(at) {
		if k.Name == "daohu" {
			return k.Value
		}
	}
	return ""
}

func (b *browser) open(path string, headers ...string) fixtureAnswer {
	b.Helper()
	return b.send(http.MethodGet, path, "", headers...)
}

// submit posts a form, given in pairs.
func (b *browser) submit(path string, pairs ...string) fixtureAnswer {
	b.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func (b *browser) send(method, path, body string, headers ...string) fixtureAnswer {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, b.URL+path, strings.NewReader(body))
	b.must(err)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.Client.Do(r)
	b.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	b.must(err)
	return fixtureAnswer{res.StatusCode, res.Header, string(raw)}
}

// consolePath puts an example in place of {id}: the first row of the page's
// Sample, "" when there is none.
func (f *fixture) consolePath(p console.Page) string {
	f.Helper()
	if !strings.Contains(p.Path, "{") {
		return p.Path
	}
	sample := f.Do("GET", f.Token("admin-1"), p.Sample, nil)
	m := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(sample.Body)
	if m == nil {
		f.Errorf("%s: no sample at %q: %d %s", p.Path, p.Sample, sample.Status, sample.Body)
		return ""
	}
	return regexp.MustCompile(`\{\w+\}`).ReplaceAllString(p.Path, m[1])
}

// TestConsoleRoles opens every page as every role: those of the page see it,
// the others are refused in words, nobody without a session sees anything, and
// nobody sees a planted text of a township out of reach.
func TestConsoleRoles(t *testing.T) {
	f := newMatrix(t)
	logins := map[string]string{"H": "household-1-0", "C": "cadre-1-0", "V": "village-1", "T": "admin-1", "K": "county-1", "A": "auditor-1"}
	pages := 0
	for _, p := range console.Pages() {
		path := f.consolePath(p)
		if path == "" {
			continue
		}
		for role, login := range logins {
			f.Pass(time2)
			b := f.as(login)
			b.cookie("daohu-township", f.Towns[0].Township)
			want := http.StatusForbidden
			if strings.Contains(p.Roles, role) {
				want = http.StatusOK
			}
			a := b.open(path)
			if a.Status != want {
				t.Errorf("%s as %s: %d, want %d: %s", path, role, a.Status, want, a.Body)
			}
			for _, m := range f.Markers {
				if strings.Contains(a.Body, m.Text) && !f.ofTownOne(m) {
					t.Errorf("%s as %s shows %q of another township", path, role, m.Text)
				}
			}
			pages++
		}
		if a := f.browser().open(path); path != "/" && a.Status != http.StatusUnauthorized || !strings.Contains(a.Body, `name="password"`) {
			t.Errorf("%s without a session: %d", path, a.Status)
		}
	}
	t.Logf("%d pages opened", pages)
}

// ofTownOne reports whether a planted text belongs to a household of township 1.
func (f *fixture) ofTownOne(m fixtureMarker) bool {
	for _, id := range m.Houses {
		for _, h := range f.Towns[0].Houses {
			if h.ID == id {
				return true
			}
		}
	}
	return false
}

// TestConsoleLogin: the way in leads to the page that was asked for, each time
// by a new session in a cookie no script reads; the way out ends it.
func TestConsoleLogin(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	f.must(f.Accounts.SetPassword(t.Context(), f.User("admin-1").ID, fixturePassword))
	b := f.browser()
	asked := b.open("/users?role=C")
	if asked.Status != http.StatusUnauthorized || !strings.Contains(asked.Body, `name="next" value="/users?role=C"`) {
		t.Fatalf("%d %s", asked.Status, asked.Body)
	}
	wrong := b.submit("/login", "do", "login", "name", "admin-1", "password", "falsch", "next", "/users?role=C")
	if wrong.Status != http.StatusUnauthorized || !strings.Contains(wrong.Body, "账号或密码不对") || !strings.Contains(wrong.Body, `value="admin-1"`) || strings.Contains(wrong.Body, "falsch") || b.session() != "" {
		t.Errorf("%d %s", wrong.Status, wrong.Body)
	}
	b.cookie("daohu", "planted-by-someone")
	in := b.submit("/login", "do", "login", "name", "admin-1", "password", fixturePassword, "next", "/users?role=C")
	first := b.session()
	if in.Status != http.StatusSeeOther || in.Header.Get("Location") != "/users?role=C" || first == "" || first == "planted-by-someone" {
		t.Fatalf("%d %q", in.Status, in.Header)
	}
	if k := in.Header.Values("Set-Cookie"); !strings.Contains(k[0], "HttpOnly") || !strings.Contains(k[0], "SameSite=Lax") {
		t.Errorf("cookie %q", k)
	}
	again := b.submit("/login", "do", "login", "name", "admin-1", "password", fixturePassword, "next", "https://evil.example/")
	if again.Header.Get("Location") != "/" || b.session() == first {
		t.Errorf("%q, session %v", again.Header.Get("Location"), b.session() == first)
	}
	if a := f.Do("GET", first, "/api/v1/me", nil); a.Status != http.StatusUnauthorized {
		t.Errorf("the session before lives on: %d", a.Status)
	}
	second := b.session()
	if out := b.submit("/logout"); out.Status != http.StatusSeeOther || b.session() != "" {
		t.Errorf("%d, session %q", out.Status, b.session())
	}
	if a := f.Do("GET", second, "/api/v1/me", nil); a.Status != http.StatusUnauthorized {
		t.Errorf("the session lives on: %d", a.Status)
	}
}

// TestConsoleForms: a refused form keeps what was typed and names the field;
// one sent after the session ended is there again after the log-in, undone.
func TestConsoleForms(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	f.must(f.Accounts.SetPassword(t.Context(), f.User("admin-1").ID, fixturePassword))
	b := f.as("admin-1")
	form := []string{"do", "add", "login", "x", "name", "新来的<b>", "role", "C", "tier", "township"}
	bad := b.submit("/users", form...)
	if bad.Status != http.StatusUnprocessableEntity || !strings.Contains(bad.Body, html.EscapeString("新来的<b>")) || !strings.Contains(bad.Body, `class="wrong" id="add-login-wrong"`) || strings.Contains(bad.Body, "来的<b>") {
		t.Fatalf("%d %s", bad.Status, bad.Body)
	}
	form[3] = "new-cadre"
	b.cookie("daohu", "gone")
	late := b.submit("/users", form...)
	kept := regexp.MustCompile(`name="kept" value="([^"]*)"`).FindStringSubmatch(late.Body)
	if late.Status != http.StatusUnauthorized || kept == nil || kept[1] == "" {
		t.Fatalf("%d %s", late.Status, late.Body)
	}
	back := b.submit("/login", "do", "login", "name", "admin-1", "password", fixturePassword, "next", "/users", "kept", html.UnescapeString(kept[1]))
	if back.Status != http.StatusOK || !strings.Contains(back.Body, `value="new-cadre"`) {
		t.Fatalf("%d %s", back.Status, back.Body)
	}
	if a := f.Do("GET", f.Token("admin-1"), "/api/v1/users?role=C&limit=100", nil); strings.Contains(a.Body, "new-cadre") {
		t.Error("the form was sent by itself")
	}
	done := b.submit("/users", form...)
	if done.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", done.Status, done.Body)
	}
	if a := b.open("/users"); !strings.Contains(a.Body, "new-cadre") || !strings.Contains(a.Body, "已添加") {
		t.Error("it is not said, or not there")
	}
	if a := b.open("/users"); strings.Contains(a.Body, "已添加") {
		t.Error("it is said twice")
	}
}

// TestConsoleForged: a form of another site does nothing, the log-in's neither.
func TestConsoleForged(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	for _, path := range []string{"/users", "/login", "/logout", "/township"} {
		for _, h := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			a := b.send("POST", path, "do=add&login=forged&name=x&role=C", "Content-Type", "application/x-www-form-urlencoded", h[0], h[1])
			if a.Status != http.StatusForbidden {
				t.Errorf("%s with %s: %s: %d", path, h[0], h[1], a.Status)
			}
		}
	}
	if a := b.open("/users", "Sec-Fetch-Site", "cross-site"); a.Status != http.StatusOK || strings.Contains(a.Body, "forged") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if h := b.open("/").Header; h.Get("X-Frame-Options") != "DENY" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("%q", h)
	}
}

// TestConsoleSecondFactor: who has one is asked for its code, with the name
// still there, and gets in by it.
func TestConsoleSecondFactor(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	f.must(f.Accounts.SetPassword(t.Context(), f.User("admin-1").ID, fixturePassword))
	e, err := f.Accounts.StartTOTP(t.Context(), f.User("admin-1").ID)
	f.must(err)
	f.must(f.Accounts.ConfirmTOTP(t.Context(), f.User("admin-1").ID, codeAt(t, e.Secret, f.Now())))
	f.Pass(time.Minute) // no code works twice
	b := f.browser()
	asked := b.submit("/login", "do", "login", "name", "admin-1", "password", fixturePassword, "next", "/users")
	if asked.Status != http.StatusUnauthorized || !strings.Contains(asked.Body, `name="totp"`) || !strings.Contains(asked.Body, "请输入动态验证码") || !strings.Contains(asked.Body, `value="admin-1"`) || b.session() != "" {
		t.Fatalf("%d %s", asked.Status, asked.Body)
	}
	if wrong := b.submit("/login", "do", "login", "name", "admin-1", "password", fixturePassword, "totp", "000000x", "next", "/users"); wrong.Status != http.StatusUnauthorized || !strings.Contains(wrong.Body, `name="totp"`) {
		t.Errorf("%d %s", wrong.Status, wrong.Body)
	}
	in := b.submit("/login", "do", "login", "name", "admin-1", "password", fixturePassword, "totp", codeAt(t, e.Secret, f.Now()), "next", "/users")
	if in.Status != http.StatusSeeOther || b.session() == "" {
		t.Errorf("%d %s", in.Status, in.Body)
	}
}

// codeAt is what an authenticator app shows (RFC 6238).
func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(secret, "="))
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha1.New, key)
	_ = binary.Write(h, binary.BigEndian, uint64(at.Unix()/30)) // a hash does not fail
	sum := h.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

// TestConsoleCookieOverTLS: where people come by https the session goes no
// other way.
func TestConsoleCookieOverTLS(t *testing.T) {
	f := newFixture(t, fixtureOptions{Config: func(c *config.Config) { c.PublicURL = "https://daohu.example" }})
	f.must(f.Accounts.SetPassword(t.Context(), f.User("admin-1").ID, fixturePassword))
	in := f.browser().submit("/login", "do", "login", "name", "admin-1", "password", fixturePassword)
	if k := strings.Join(in.Header.Values("Set-Cookie"), "\n"); in.Status != http.StatusSeeOther || !strings.Contains(k, "; Secure") {
		t.Errorf("%d %q", in.Status, k)
	}
}
