package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/registry"
)

var _ Registry = (*registry.Service)(nil)

func (s *service) Reveal(_ context.Context, _ access.Actor, in House, k registry.Ask) (string, error) {
	return "19900000001", s.ask("reveal", in.ID, in.Township, k.Member, k.Field, k.Reason)
}

func (s *service) Looks(_ context.Context, in House, after string, limit int) ([]registry.Look, string, error) {
	return nil, "n", s.ask("looks", in.ID, after, strconv.Itoa(limit))
}

func (s *service) MyLooks(_ context.Context, a access.Actor, after string, limit int) ([]registry.Look, string, error) {
	return []registry.Look{{ID: "x", Field: "联系电话"}}, "", s.ask("mylooks", a.Household, after, strconv.Itoa(limit))
}

func TestReveal(t *testing.T) {
	f := newFixture(t)
	path, good := "/api/v1/households/"+mine+"/reveal", `{"member":"`+rowID+`","field":"idNo","reason":"核对证件号码"}`
	w := f.do("T", "POST", path, good)
	if w.Code != 200 || w.Body.String() != `{"value":"19900000001"}` || f.last() != "reveal "+mine+" "+town+" "+rowID+" idNo 核对证件号码" {
		t.Errorf("%d %s after %q", w.Code, w.Body, f.last())
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("the value may be kept by a cache")
	}
	if strings.Contains(f.log.String(), "19900000001") || strings.Contains(f.log.String(), "核对") {
		t.Error("the log shows it")
	}
	asked := len(f.asked)
	for body, code := range map[string]fault.Code{
		`{"field":"idNo"}`: fault.Invalid,
		`{"field":"notes","reason":"核对证件号码"}`:                           fault.Invalid,
		`{"field":"phone","reason":"` + strings.Repeat("看", 201) + `"}`: fault.Invalid,
		`{"field":"phone","reason":"核对证件号码","role":"T"}`:                fault.Invalid,
		`[]`: fault.BadRequest,
	} {
		f.problem(f.do("T", "POST", path, body), fault.SpecOf(code).Status, code)
	}
	f.problem(f.do("H", "POST", path, good), http.StatusForbidden, fault.Forbidden)
	f.problem(f.do("T", "POST", "/api/v1/households/"+theirs+"/reveal", good), http.StatusNotFound, fault.NotFound)
	if len(f.asked) != asked {
		t.Errorf("asked for what is refused: %v", f.asked[asked:])
	}
	f.err = fault.New(fault.Forbidden, "")
	w = f.do("C", "POST", path, good)
	if f.problem(w, http.StatusForbidden, fault.Forbidden); strings.Contains(w.Body.String(), "199") {
		t.Error("a failure shows the value")
	}
}

func TestAccessLists(t *testing.T) {
	f := newFixture(t)
	w := f.do("T", "GET", "/api/v1/households/"+mine+"/access?after=a&limit=3", "")
	if w.Code != 200 || w.Body.String() != `{"rows":[],"next":"n"}` || f.last() != "looks "+mine+" a 3" {
		t.Errorf("%d %s after %q", w.Code, w.Body, f.last())
	}
	w = f.do("H", "GET", "/api/v1/my/access", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "联系电话") || f.last() != "mylooks "+mine+"  50" {
		t.Errorf("%d %s after %q", w.Code, w.Body, f.last())
	}
	f.problem(f.do("H", "GET", "/api/v1/my/access?limit=201", ""), 422, fault.Invalid)
	f.problem(f.do("T", "GET", "/api/v1/households/"+mine+"/access?limit=0", ""), 422, fault.Invalid)
	for role, path := range map[string]string{"C": "/api/v1/households/" + mine + "/access", "T": "/api/v1/my/access"} {
		f.problem(f.do(role, "GET", path, ""), http.StatusForbidden, fault.Forbidden)
	}
	f.problem(f.do("T", "GET", "/api/v1/households/"+theirs+"/access", ""), http.StatusNotFound, fault.NotFound)
	f.err = fault.New(fault.NotFound, "")
	f.problem(f.do("H", "GET", "/api/v1/my/access", ""), http.StatusNotFound, fault.NotFound)
	f.problem(f.do("T", "GET", "/api/v1/households/"+mine+"/access", ""), http.StatusNotFound, fault.NotFound)
}
