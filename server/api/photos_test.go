package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"daohu/server/fault"
)

func TestPhotoLinks(t *testing.T) {
	f := newFixture(t)
	w := f.do("H", "POST", "/api/v1/photos/"+rowID+"/link", `{"size":"thumb"}`)
	var l PhotoLink
	if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil || w.Code != http.StatusOK || f.last() != "link "+rowID+" thumb" || l.Until != 7 {
		t.Fatalf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	w = f.do("", "GET", l.URL, "")
	if w.Code != http.StatusOK || w.Body.String() != "0123456789" || f.last() != "view "+rowID+" thumb a-ticket_" {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"Content-Type": "image/jpeg", "Content-Security-Policy": "default-src 'none'; sandbox", "Etag": "", "Last-Modified": ""} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, body := range []string{`{}`, `{"size":"huge"}`, `{"size":"full","id":"x"}`} {
		f.problem(f.do("C", "POST", "/api/v1/photos/"+rowID+"/link", body), http.StatusUnprocessableEntity, fault.Invalid)
	}
	n := len(f.asked)
	for _, path := range []string{"/api/v1/photos/" + rowID + "/view", "/api/v1/photos/" + rowID + "/view?size=huge&ticket=x", "/api/v1/photos/short/view?size=full&ticket=x"} {
		f.problem(f.do("", "GET", path, ""), http.StatusNotFound, fault.NotFound)
	}
	f.problem(f.do("C", "POST", "/api/v1/photos/short/link", `{"size":"full"}`), http.StatusNotFound, fault.NotFound)
	if len(f.asked) != n {
		t.Errorf("the service was asked: %v", f.asked[n:])
	}
	for _, code := range []fault.Code{fault.NotFound, fault.Gone} {
		f.err = fault.New(code, "")
		w := f.do("", "GET", l.URL, "")
		f.problem(w, fault.SpecOf(code).Status, code)
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("a refusal may be kept: %v", w.Header())
		}
	}
}

func TestPhotosWaitingAndErased(t *testing.T) {
	f := newFixture(t)
	for query, want := range map[string]string{"": "waiting 3", "?days=0": "waiting 0", "?days=30": "waiting 30"} {
		if w := f.do("C", "GET", "/api/v1/photos"+query, ""); w.Code != http.StatusOK || f.last() != want || !strings.Contains(w.Body.String(), `"photos":[{"id":"x"}]`) {
			t.Errorf("%q: %d %s, asked %q", query, w.Code, w.Body, f.last())
		}
	}
	for _, query := range []string{"?days=-1", "?days=x", "?days=367"} {
		f.problem(f.do("C", "GET", "/api/v1/photos"+query, ""), http.StatusUnprocessableEntity, fault.Invalid)
	}
	f.problem(f.do("T", "GET", "/api/v1/photos", ""), http.StatusForbidden, fault.Forbidden)
	if w := f.do("T", "POST", "/api/v1/photos/"+rowID+"/erase", `{"reason":"本人三月来信要求"}`); w.Code != http.StatusOK || f.last() != "erase photo "+rowID+" 本人三月来信要求" {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	for _, role := range []string{"H", "C", "V", "K", "A"} {
		f.problem(f.do(role, "POST", "/api/v1/photos/"+rowID+"/erase", `{"reason":"本人来信要求"}`), http.StatusForbidden, fault.Forbidden)
	}
}
