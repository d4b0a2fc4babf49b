package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/setting"
)

// rules stands for setting.Service.
type rules struct{ *service }

func (r rules) List(_ context.Context, township string) ([]setting.Shown, error) {
	return []setting.Shown{{Code: "terms", Title: "用词", Body: []byte(`{}`), Shipped: []setting.Choice{}}}, r.ask("rules", township)
}

func (r rules) Show(_ context.Context, township, code string) (setting.Shown, error) {
	return setting.Shown{Code: code, Body: []byte(`{"a":1}`), Shipped: []setting.Choice{}}, r.ask("rule", township, code)
}

func (r rules) Publish(_ context.Context, a access.Actor, township, code string, c setting.Change) (setting.Shown, error) {
	return setting.Shown{Code: code, Edition: c.Edition + 1, Body: c.Body, Shipped: []setting.Choice{}}, r.ask("publish", string(a.Role), township, code, c.Use, string(c.Body), c.Reason)
}

func TestSettingRoutesOfTownships(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		role, method, path, body string
		status                   int
		asked, shows             string
	}{
		{"T", "GET", "/api/v1/settings", "", 200, "rules " + town, `"code":"terms"`},
		{"A", "GET", "/api/v1/settings?township=" + town, "", 200, "rules " + town, `"shipped":[]`},
		{"K", "GET", "/api/v1/settings", "", 422, "", "township"},
		{"C", "GET", "/api/v1/settings", "", 403, "", ""},
		{"T", "GET", "/api/v1/settings/terms", "", 200, "rule " + town + " terms", `"body":{"a":1}`},
		{"T", "POST", "/api/v1/settings/terms", `{"edition":0,"use":"x","reason":"因"}`, 403, "", ""},
		{"K", "POST", "/api/v1/settings/terms?township=" + town, `{"edition":3,"use":"regular-2026","reason":"因"}`, 200, "publish K " + town + " terms regular-2026  因", `"edition":4`},
		{"K", "POST", "/api/v1/settings/terms?township=" + town, `{"edition":3,"body":{"b":[1,{"c":"甲"}]},"reason":"因"}`, 200, `publish K ` + town + ` terms  {"b":[1,{"c":"甲"}]} 因`, `"body":{"b":[1,{"c":"甲"}]}`},
		{"K", "POST", "/api/v1/settings/terms?township=" + town, `{"edition":-1,"reason":"因"}`, 422, "", "edition"},
		{"K", "POST", "/api/v1/settings/terms?township=" + town, `{"edition":1,"body":"text","reason":"因"}`, 422, "", "body"},
		{"K", "POST", "/api/v1/settings/terms?township=elsewhere", `{"edition":1,"use":"x","reason":"因"}`, 404, "", ""},
	} {
		f.asked = nil
		w := f.do(c.role, c.method, c.path, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.shows) {
			t.Errorf("%s %s %s: %d %s", c.role, c.method, c.path, w.Code, w.Body)
		}
		if got := strings.Join(f.asked, "|"); c.status == http.StatusOK && !strings.Contains(got, c.asked) || c.status != http.StatusOK && got != "" {
			t.Errorf("%s %s %s asked %q, want %q", c.role, c.method, c.path, got, c.asked)
		}
	}
}
