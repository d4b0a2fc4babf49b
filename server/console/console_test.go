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
	return askOf(t, console.Operator{}, method, path)
}

func askOf(t *testing.T, o console.Operator, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := console.Handler(o, func(w http.ResponseWriter, _ *http.Request, err error) {
		w.WriteHeader(fault.SpecOf(fault.CodeOf(err)).Status)
	})
	if err != nil {
		t.Fatal(err)
	}
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
	for _, c := range [][2]string{{"GET", "/nothing"}, {"POST", "/"}, {"GET", "/.env"}} {
		if w := ask(t, c[0], c[1]); w.Code != 404 {
			t.Errorf("%s %s: %d", c[0], c[1], w.Code)
		}
	}
}
