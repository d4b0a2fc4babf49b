package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
)

func TestTheTableIsTheRouter(t *testing.T) {
	f := newFixture(t)
	var table []string
	for _, r := range f.api.Routes() {
		table = append(table, r.Method+" "+r.Path)
		for _, letter := range r.Roles {
			if !slices.Contains(access.Roles, access.Role(letter)) {
				t.Errorf("%s %s: role %c", r.Method, r.Path, letter)
			}
		}
		if r.Scope == "" || r.Doc == "" || r.Time <= 0 || r.end.serve == nil {
			t.Errorf("%s %s: incomplete", r.Method, r.Path)
		}
		if (r.Method == "POST" || r.Method == "PATCH") != (r.Body > 0) {
			t.Errorf("%s %s: body limit %d", r.Method, r.Path, r.Body)
		}
	}
	got := f.api.Registered()
	slices.Sort(table)
	slices.Sort(got)
	if !slices.Equal(table, got) {
		t.Errorf("table %v\nrouter %v", table, got)
	}
	public := 0
	for _, r := range f.api.Routes() {
		if r.Roles == "" {
			public++
			// For everyone by its nature; a link to a photo or a recording carries its own proof.
			open := []string{"/api/v1/about", "/api/v1/notices", "/api/v1/photos/:id/view", "/api/v1/blobs/:sha256/sound"}
			if strings.HasPrefix(r.Path, "/api/") && !strings.HasPrefix(r.Path, "/api/v1/login/") && !(r.Method == "GET" && slices.Contains(open, r.Path)) {
				t.Errorf("%s is public", r.Path)
			}
		}
	}
	if public != 12 {
		t.Errorf("%d public routes: was one added on purpose?", public)
	}
}

func TestARouteTwiceIsRefused(t *testing.T) {
	f := newFixture(t)
	d := f.api.deps
	d.Types = append(slices.Clone(d.Types), d.Types[3])
	if _, err := New(d); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("%v", err)
	}
	if _, err := New(Deps{}); err == nil || !strings.Contains(err.Error(), "Accounts") || !strings.Contains(err.Error(), "Rand") {
		t.Errorf("%v", err)
	}
}

// TestRolesOnEveryRoute asks every route as every role and as nobody: only the
// roles of the table get past the door.
func TestRolesOnEveryRoute(t *testing.T) {
	f := newFixture(t)
	for _, r := range f.api.Routes() {
		path := strings.NewReplacer(":id", rowID, ":sha256", strings.Repeat("a", 64), ":code", "internal").Replace(r.Path)
		if w := f.do("", r.Method, path, "{}"); r.Roles == "" && w.Code == 401 && r.Path != "/metrics" {
			t.Errorf("%s %s refuses nobody", r.Method, r.Path)
		} else if r.Roles != "" {
			if r.Body == 0 {
				w = f.do("", r.Method, path, "")
			}
			f.problem(w, 401, fault.Unauthorized)
			if w.Header().Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: no WWW-Authenticate", r.Path)
			}
		}
		for _, role := range access.Roles {
			if r.Roles == "" {
				continue
			}
			w := f.do(string(role), r.Method, path, "")
			if role.In(r.Roles) == (w.Code == http.StatusForbidden) {
				t.Errorf("%s %s as %s: %d %s", r.Method, r.Path, role, w.Code, w.Body)
			}
		}
	}
}

func TestTokens(t *testing.T) {
	f := newFixture(t)
	for _, h := range []string{"", "Bearer", "Bearer ", "Basic role-T", "role-T", "Bearer wrong", "Bearer role-T" + strings.Repeat("x", 600), "Bearer x\x00"} {
		f.problem(f.do("", "GET", "/api/v1/me", "", "Authorization", h), 401, fault.Unauthorized)
	}
	if w := f.do("", "GET", "/api/v1/me", "", "Authorization", "bearer  role-T "); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCookiesComeFromOurOwnPages(t *testing.T) {
	f := newFixture(t)
	post := func(headers ...string) int {
		return f.do("", "POST", "/api/v1/logout", "", append(headers, "Cookie", "daohu=role-T")...).Code
	}
	if c := post("Sec-Fetch-Site", "same-origin"); c != 204 {
		t.Errorf("own page: %d", c)
	}
	for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		if c := post(h...); c != 403 {
			t.Errorf("%v: %d", h, c)
		}
	}
	if w := f.do("", "GET", "/api/v1/me", "", "Cookie", "daohu=role-T", "Sec-Fetch-Site", "cross-site"); w.Code != 200 {
		t.Errorf("reading by link: %d", w.Code)
	}
	if w := f.do("T", "POST", "/api/v1/logout", "", "Origin", "https://evil.example"); w.Code != 204 {
		t.Errorf("a bearer token is not sent by itself: %d", w.Code)
	}
}

func TestPushOnlySessionsOnlyPush(t *testing.T) {
	f := newFixture(t)
	f.push = true
	for _, r := range f.api.Routes() {
		if r.Roles == "" {
			continue
		}
		path := strings.NewReplacer(":id", rowID, ":sha256", strings.Repeat("a", 64)).Replace(r.Path)
		w := f.do(r.Roles[:1], r.Method, path, "")
		if pushes := strings.HasPrefix(path, "/api/v1/sync") || strings.HasPrefix(path, "/api/v1/uploads") || path == "/api/v1/logout"; pushes != (w.Code != 401) {
			t.Errorf("%s %s: %d", r.Method, r.Path, w.Code)
		}
	}
}

func TestScopeOfHouseholds(t *testing.T) {
	f := newFixture(t)
	list := "/api/v1/records/household"
	for _, role := range []string{"H", "C", "V", "T", "K", "A"} {
		f.problem(f.do(role, "GET", list+"?household="+theirs, ""), 404, fault.NotFound)
		f.problem(f.do(role, "GET", list+"?household=nonsense", ""), 404, fault.NotFound)
		f.asked = nil
		if w := f.do(role, "GET", list+"?household="+mine, ""); w.Code != 200 || w.Body.String() != `{"rows":[],"next":"n"}` {
			t.Errorf("%s: %d %s", role, w.Code, w.Body)
		}
		if want := `list household {"Township":"` + town + `","Household":"` + mine + `","State":"","After":"","Limit":50}`; f.last() != want {
			t.Errorf("%s: %s", role, f.last())
		}
	}
	f.asked = nil
	f.problem(f.do("C", "GET", list, ""), 422, fault.Invalid)
	f.problem(f.do("V", "GET", list+"?township="+town, ""), 422, fault.Invalid)
	f.problem(f.do("K", "GET", list, ""), 422, fault.Invalid)
	f.problem(f.do("K", "GET", list+"?township=520000999", ""), 404, fault.NotFound)
	f.problem(f.do("T", "GET", list+"?township=520000999", ""), 404, fault.NotFound)
	if len(f.asked) != 0 {
		t.Errorf("the service was asked: %v", f.asked)
	}
	for role, path := range map[string]string{"T": list, "K": list + "?township=" + town, "H": list} {
		if w := f.do(role, "GET", path, ""); w.Code != 200 {
			t.Errorf("%s: %d %s", role, w.Code, w.Body)
		}
	}
	f.problem(f.do("T", "POST", "/api/v1/households/"+theirs+"/pairing", `{"cadre":"demo:cadre-001","day":"2026-01-31"}`), 404, fault.NotFound)
	f.problem(f.do("T", "POST", "/api/v1/households/"+theirs+"/pairing?household="+mine, `{"cadre":"x","day":"2026-01-31"}`), 404, fault.NotFound)
	f.problem(f.do("T", "POST", "/api/v1/records/member?household="+theirs, `{"name":"x"}`), 404, fault.NotFound)
	f.problem(f.do("T", "POST", "/api/v1/records/member", `{"name":"x"}`), 422, fault.Invalid)
	if w := f.do("C", "GET", "/api/v1/records/card", ""); w.Code != 200 || !strings.Contains(f.last(), town) {
		t.Errorf("common rows: %d %s", w.Code, f.last())
	}
	f.problem(f.do("A", "GET", "/api/v1/records/card", ""), 422, fault.Invalid)
}

func TestBodyLimits(t *testing.T) {
	f := newFixture(t)
	big := func(n int) string { return `{"name":"` + strings.Repeat("a", n) + `"}` }
	f.problem(f.do("", "POST", "/api/v1/login/password", big(70<<10)), 413, fault.TooLarge)
	w := f.do("C", "POST", "/api/v1/sync", big(300<<10))
	f.problem(w, 413, fault.TooLarge)
	if w.Header().Get("Connection") != "close" {
		t.Error("the rest of the body would be read")
	}
	if w := f.do("C", "POST", "/api/v1/sync", big(250<<10)); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	f.problem(f.do("C", "POST", "/api/v1/uploads", big(2300<<10)), 413, fault.TooLarge)
	if w := f.do("C", "POST", "/api/v1/uploads", big(2<<20)); w.Code != 201 {
		t.Errorf("%d", w.Code)
	}
	if f.problem(f.do("C", "GET", "/api/v1/me", "{}"), 413, fault.TooLarge); len(f.asked) != 2 {
		t.Errorf("asked %d times", len(f.asked))
	}
}

// TestPageCountsOnce: what a page asks for in process is one request of its
// user, and one that nobody else can make so.
func TestPageCountsOnce(t *testing.T) {
	asked := 0
	var f *fixture
	f = newFixture(t, func(d *Deps) {
		d.PerUser = func(context.Context, string) (bool, time.Duration) { asked++; return true, 0 }
		d.Other = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for range 3 {
				q := httptest.NewRequestWithContext(r.Context(), "GET", "/api/v1/me", nil)
				q.Header = r.Header
				one := httptest.NewRecorder()
				if f.api.ServeHTTP(one, q); one.Code != 200 {
					t.Errorf("%d %s", one.Code, one.Body)
				}
			}
		})
	})
	f.do("T", "GET", "/page", "")
	f.do("T", "GET", "/page", "")
	f.do("T", "GET", "/api/v1/me", "")
	if asked != 3 {
		t.Errorf("two pages and a request of the API counted %d times", asked)
	}
}

func TestLimits(t *testing.T) {
	var keys []string
	allow := func(_ context.Context, key string) (bool, time.Duration) {
		keys = append(keys, key)
		return len(keys) < 2, 90 * time.Second
	}
	f := newFixture(t, func(d *Deps) { d.PerIP = allow })
	login := func() int {
		w := f.do("", "POST", "/api/v1/login/password", `{"name":"a","password":"b"}`)
		if w.Code == 429 {
			if p := f.problem(w, 429, fault.TooMany); w.Header().Get("Retry-After") != "90" || p.Retry != 90 {
				t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
			}
		}
		return w.Code
	}
	if a, b := login(), login(); a != 200 || b != 429 || len(f.asked) != 1 {
		t.Errorf("%d %d", a, b)
	}
	keys = nil
	f = newFixture(t, func(d *Deps) { d.PerUser = allow })
	f.do("C", "GET", "/api/v1/me", "")
	f.problem(f.do("C", "GET", "/api/v1/me", ""), 429, fault.TooMany)
	if keys[0] != "user0000000C" {
		t.Error(keys)
	}
}

func TestForwardedForIsBelievedOnlyFromTrustedProxies(t *testing.T) {
	ask := func(f *fixture) string {
		f.do("", "POST", "/api/v1/login/password", `{"name":"a","password":"b"}`, "X-Forwarded-For", "203.0.113.9", "X-Real-Ip", "203.0.113.8")
		return f.last()
	}
	if got := ask(newFixture(t)); got != "password a 192.0.2.1" { // httptest's own address
		t.Errorf("by default: %s", got)
	}
	trusting := func(p string) func(*Deps) {
		return func(d *Deps) { d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(p)} }
	}
	if got := ask(newFixture(t, trusting("198.51.100.0/24"))); got != "password a 192.0.2.1" {
		t.Errorf("another proxy: %s", got)
	}
	if got := ask(newFixture(t, trusting("192.0.2.0/24"))); got != "password a 203.0.113.9" {
		t.Errorf("our proxy: %s", got)
	}
}

func TestOneIPv6CustomerIsOneAddress(t *testing.T) {
	var keys []string
	f := newFixture(t, func(d *Deps) {
		d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		d.PerIP = func(_ context.Context, key string) (bool, time.Duration) { keys = append(keys, key); return true, 0 }
	})
	for _, from := range []string{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", "::ffff:203.0.113.9", "nonsense"} {
		f.do("", "POST", "/api/v1/login/password", `{"name":"a","password":"b"}`, "X-Forwarded-For", from)
	}
	if want := []string{"2001:db8:1:2::/64", "2001:db8:1:2::/64", "203.0.113.9", "192.0.2.1"}; !slices.Equal(keys, want) {
		t.Error(keys)
	}
}

func TestServerTimeouts(t *testing.T) {
	s := Server(":0", http.NotFoundHandler(), nil, newFixture(t).api.deps.Log)
	for name, d := range map[string]time.Duration{"header": s.ReadHeaderTimeout, "read": s.ReadTimeout, "write": s.WriteTimeout, "idle": s.IdleTimeout} {
		if d <= 0 || d > 2*time.Minute {
			t.Errorf("%s: %v", name, d)
		}
	}
	if s.MaxHeaderBytes != 16<<10 {
		t.Error(s.MaxHeaderBytes)
	}
	f := newFixture(t)
	fmt.Fprint(serverLog{f.api.deps.Log}, "http: TLS handshake error from 192.0.2.7:51: EOF\n")
	if s := f.log.String(); strings.Contains(s, "192.0.2.7") || !strings.Contains(s, "TLS handshake") {
		t.Error(s)
	}
}
