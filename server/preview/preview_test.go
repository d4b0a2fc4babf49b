package preview_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daohu/server/preview"
)

// ask sends one request; 418 = it was left to the next handler.
func ask(t *testing.T, dir, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	w := httptest.NewRecorder()
	preview.Handler(dir, next).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return w
}

func TestServesWhatTheRunnerBuilt(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"index.html": "<h1>phone</h1>", "phone.js": "let a", "phone.css": "b {}", "secret": "c"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if w := ask(t, dir, "GET", "/phone"); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/phone/" {
		t.Errorf("/phone: %d %q", w.Code, w.Header().Get("Location"))
	}
	for path, want := range map[string][2]string{
		"/phone/":          {"text/html; charset=utf-8", "<h1>phone</h1>"},
		"/phone/phone.js":  {"text/javascript; charset=utf-8", "let a"},
		"/phone/phone.css": {"text/css; charset=utf-8", "b {}"},
	} {
		w := ask(t, dir, "GET", path)
		if w.Code != 200 || w.Header().Get("Content-Type") != want[0] || w.Body.String() != want[1] {
			t.Errorf("%s: %d %q %q", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self';") || strings.Contains(csp, "unsafe-eval") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	for _, c := range [][2]string{{"GET", "/"}, {"GET", "/phone/secret"}, {"GET", "/phone/../secret"}, {"GET", "/phone/a/phone.js"}, {"POST", "/phone/"}, {"GET", "/phones"}} {
		if w := ask(t, dir, c[0], c[1]); w.Code != http.StatusTeapot {
			t.Errorf("%s %s: %d, must be left to the others", c[0], c[1], w.Code)
		}
	}
}

// TestSaysHowToBuild: without a build the page helps, and as soon as there is
// one it is served.
func TestSaysHowToBuild(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet")
	w := ask(t, dir, "GET", "/phone/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "make phone") || !strings.Contains(w.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("there"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := ask(t, dir, "GET", "/phone/"); w.Body.String() != "there" {
		t.Errorf("%q", w.Body)
	}
}
