package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/registry"
	"daohu/server/retention"
)

// erasure stands for retention.Service and registry.Service.
type erasure struct{ s *service }

func (e erasure) Erase(_ context.Context, _ access.Actor, in House, k retention.Ask) (json.RawMessage, error) {
	return json.RawMessage(`{"id":"x"}`), e.s.ask("erase", in.ID, k.Member, strconv.FormatInt(k.Rev, 10), k.Reason)
}

func (e erasure) ErasePhoto(_ context.Context, _ access.Actor, id, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"id":"x"}`), e.s.ask("erase photo", id, reason)
}

func (e erasure) Export(context.Context, access.Actor) (registry.OwnData, error) {
	return registry.OwnData{Household: mine}, e.s.ask("export")
}

func TestErasureRoutes(t *testing.T) {
	f := newFixture(t)
	w := f.do("T", "POST", "/api/v1/households/"+mine+"/erase", `{"rev":3,"member":"`+rowID+`","reason":"本人三月来信要求"}`)
	if w.Code != http.StatusOK || f.last() != "erase "+mine+" "+rowID+" 3 本人三月来信要求" {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	w = f.do("H", "GET", "/api/v1/my/export", "")
	if w.Code != http.StatusOK || f.last() != "export" || w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Body.String(), mine) {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	n := len(f.asked)
	for _, body := range []string{`{"rev":0,"reason":"本人来信要求"}`, `{"reason":"本人来信要求"}`, `{"rev":1}`, `{"rev":1,"reason":"本人来信要求","force":true}`} {
		f.problem(f.do("T", "POST", "/api/v1/households/"+mine+"/erase", body), http.StatusUnprocessableEntity, fault.Invalid)
	}
	for _, role := range []string{"H", "C", "V", "K", "A"} {
		f.problem(f.do(role, "POST", "/api/v1/households/"+mine+"/erase", `{"rev":1,"reason":"本人来信要求"}`), http.StatusForbidden, fault.Forbidden)
	}
	if got := strings.Join(f.asked[n:], "|"); strings.Contains(got, "erase") {
		t.Errorf("the service was asked: %s", got)
	}
}
