package console_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"daohu/server/console"
	"daohu/server/fault"
)

func ask(t *testing.T, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	h := console.Handler(func(w http.ResponseWriter, _ *http.Request, err error) {
		w.WriteHeader(fault.SpecOf(fault.CodeOf(err)).Status)
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return w
}

func TestFrontPage(t *testing.T) {
	w := ask(t, "GET", "/")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<h1>到户</h1>") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	if m := regexp.MustCompile(`(?i)<script|\son\w+=|https?://`).FindString(w.Body.String()); m != "" {
		t.Errorf("the page has %q: it must work without script and load nothing from elsewhere", m)
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	for _, c := range [][2]string{{"GET", "/nothing"}, {"POST", "/"}, {"GET", "/.env"}} {
		if w := ask(t, c[0], c[1]); w.Code != 404 {
			t.Errorf("%s %s: %d", c[0], c[1], w.Code)
		}
	}
}
