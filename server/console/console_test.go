package console_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"daohu/server/api"
	"daohu/server/console"
	"daohu/server/fault"
)

// made is a console that nobody is logged in to; pages with a session are
// tested with the whole program (server/app).
func made(t *testing.T, o console.Operator) *console.Console {
	t.Helper()
	c, err := console.New(console.Config{Operator: o, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.Fail(w, r, fault.New(fault.Unauthorized, "")) })})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ask(t *testing.T, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	return askOf(t, console.Operator{}, method, path)
}

func askOf(t *testing.T, o console.Operator, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	made(t, o).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return w
}

func TestFrontPage(t *testing.T) {
	w := ask(t, "GET", "/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<h1>到户</h1>") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if m := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son\w+=|https?://`).FindString(w.Body.String()); m != "" {
		t.Errorf("the page has %q: nothing inline, nothing from elsewhere", m)
	}
}

// TestFrontPageOfTheDemo tells the accounts; no other does.
func TestFrontPageOfTheDemo(t *testing.T) {
	if b := askOf(t, console.Operator{Demo: "only-here"}, "GET", "/").Body.String(); !strings.Contains(b, "这是演示") || !strings.Contains(b, "<b>only-here</b>") {
		t.Errorf("the demo does not say how to get in: %s", b)
	}
	if b := ask(t, "GET", "/").Body.String(); strings.Contains(b, "演示") || strings.Contains(b, "auditor") {
		t.Errorf("a page that is no demo speaks of one: %s", b)
	}
}

// TestOperator: who runs the server stands on its front page, as text; what
// nobody told is said to be missing and not made up.
func TestOperator(t *testing.T) {
	empty := ask(t, "GET", "/").Body.String()
	for _, want := range []string{"还没有填写主办单位", "还没有填写备案号", "还没有填写投诉电话"} {
		if !strings.Contains(empty, want) {
			t.Errorf("the page of nobody does not say %q", want)
		}
	}
	page := askOf(t, console.Operator{Name: "某县<b>农业农村局</b>", Filing: "某ICP备00000000号-1", Hotline: "0000-12345", Version: "v9"}, "GET", "/").Body.String()
	for _, want := range []string{"某县&lt;b&gt;农业农村局&lt;/b&gt;", "某ICP备00000000号-1", "0000-12345", "程序版本：v9"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "还没有填写") {
		t.Error("the page says that something is missing")
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	for _, c := range [][2]string{{"GET", "/nothing"}, {"PUT", "/"}, {"GET", "/.env"}, {"GET", "/assets/"}, {"GET", "/assets/console.js"}, {"GET", "/templates/login.html"}} {
		if w := ask(t, c[0], c[1]); w.Code != 404 {
			t.Errorf("%s %s: %d", c[0], c[1], w.Code)
		}
	}
}

// TestAssets: every file a page names is served, packed for who takes it, and
// may be kept for ever, because its address names what is in it.
func TestAssets(t *testing.T) {
	page := ask(t, "GET", "/").Body.String()
	found := regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(found) < 4 {
		t.Fatalf("the page names %v", found)
	}
	c := made(t, console.Operator{})
	for _, m := range found {
		plain, packed := httptest.NewRecorder(), httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "GET", m[1], nil)
		c.ServeHTTP(plain, r)
		r.Header.Set("Accept-Encoding", "gzip")
		c.ServeHTTP(packed, r)
		if plain.Code != 200 || !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %q", m[1], plain.Code, plain.Header())
		}
		if plain.Body.Len() > 1000 && (packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() >= plain.Body.Len()) {
			t.Errorf("%s: packed %d of %d bytes", m[1], packed.Body.Len(), plain.Body.Len())
		}
	}
}

// TestPages: the registry is complete and no page is open to a role that has
// no business at a desk.
func TestPages(t *testing.T) {
	for _, p := range console.Pages() {
		if p.Title == "" || p.File == "" || p.Roles == "" || strings.Trim(p.Roles, "TKA") != "" {
			t.Errorf("%+v", p)
		}
		if p.Path != "/" && ask(t, "GET", strings.ReplaceAll(p.Path, "{id}", "x")).Code != 401 {
			t.Errorf("%s shows without a session", p.Path)
		}
	}
}

// TestOldBrowsers: what we write ourselves stays within Chrome 86; what newer
// browsers alone know is looked for by name. htmx and ECharts are held to it by
// their version and by the bundler.
func TestOldBrowsers(t *testing.T) {
	newer := regexp.MustCompile(`inset:|aspect-ratio|:has\(|:is\(|:where\(|color-mix|@layer|@container|accent-color|\.at\(|\.hasOwn\(|structuredClone|\.findLast|\.toSorted|\.replaceChildren|crypto\.randomUUID|#[a-z]\w* ?[=(;]`)
	for _, name := range []string{"console.css", "console.js", "charts.js"} {
		text, err := os.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "console.css" {
			text = regexp.MustCompile(`inset \d|#[0-9A-Fa-f]{3,8}`).ReplaceAll(text, nil) // of box-shadow; colours
		}
		if m := newer.Find(text); m != nil {
			t.Errorf("%s has %q", name, m)
		}
	}
}

// TestOwnScript: what the pages do with a script is little.
func TestOwnScript(t *testing.T) {
	lines := 0
	for _, name := range []string{"console.js", "charts.js"} {
		text, err := os.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(text), "\n")
	}
	if lines > 300 {
		t.Errorf("%d lines of our own script", lines)
	}
}
