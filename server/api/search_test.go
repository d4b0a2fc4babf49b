package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/registry"
)

func (s *service) Search(_ context.Context, a access.Actor, text string) ([]registry.Found, bool, error) {
	if text == "none" {
		return nil, false, s.ask("search", text)
	}
	return []registry.Found{{Household: json.RawMessage(`{"id":"x"}`), Members: []json.RawMessage{}}}, true, s.ask("search", string(a.Role), text)
}

func TestSearch(t *testing.T) {
	f := newFixture(t)
	w := f.do("C", "POST", "/api/v1/search", `{"q":"户主&a"}`)
	if w.Code != 200 || w.Body.String() != `{"rows":[{"household":{"id":"x"},"members":[]}],"more":true}` || f.last() != "search C 户主&a" {
		t.Errorf("%d %s after %q", w.Code, w.Body, f.last())
	}
	if w = f.do("T", "POST", "/api/v1/search", `{"q":"none"}`); w.Body.String() != `{"rows":[],"more":false}` {
		t.Errorf("nothing found: %s", w.Body)
	}
	f.problem(f.do("H", "POST", "/api/v1/search", `{"q":"x"}`), 403, fault.Forbidden)
	f.problem(f.do("", "POST", "/api/v1/search", `{"q":"x"}`), 401, fault.Unauthorized)
	f.err = fault.Bad(fault.Field{Name: "q", Code: "range", Detail: "太长。"})
	f.problem(f.do("T", "POST", "/api/v1/search", `{"q":"户主"}`), 422, fault.Invalid)
	if strings.Contains(f.log.String(), "户主") {
		t.Error("the log shows what was searched for")
	}
}
