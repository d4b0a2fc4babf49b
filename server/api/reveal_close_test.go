package api

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/registry"
)

func (s *service) End(_ context.Context, _ access.Actor, in House, e registry.Ending) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"x"}`), s.ask("end", in.ID, strconv.FormatInt(e.Rev, 10), e.Into, e.Reason)
}

func TestCloseAndMerge(t *testing.T) {
	f := newFixture(t)
	path := "/api/v1/households/" + mine
	for tail, c := range map[string]struct{ body, asked string }{
		"/close": {`{"rev":3,"reason":"全户迁往外省"}`, "end " + mine + " 3  全户迁往外省"},
		"/merge": {`{"rev":3,"into":"` + rowID + `","reason":"两户合为一户"}`, "end " + mine + " 3 " + rowID + " 两户合为一户"},
	} {
		if w := f.do("T", "POST", path+tail, c.body); w.Code != 200 || w.Body.String() != `{"state":"x"}` || f.last() != c.asked {
			t.Errorf("%s: %d %s after %q", tail, w.Code, w.Body, f.last())
		}
		asked := len(f.asked)
		for _, body := range []string{`{"reason":"全户迁往外省"}`, `{"rev":0,"reason":"全户迁往外省"}`, `{"rev":3}`, `{"rev":3,"reason":"x","state":"closed"}`} {
			f.problem(f.do("T", "POST", path+tail, body), 422, fault.Invalid)
		}
		for _, role := range []string{"H", "C", "V", "K", "A"} {
			f.problem(f.do(role, "POST", path+tail, c.body), 403, fault.Forbidden)
		}
		f.problem(f.do("T", "POST", "/api/v1/households/"+theirs+tail, c.body), 404, fault.NotFound)
		if len(f.asked) != asked {
			t.Errorf("%s: asked for what is refused", tail)
		}
	}
	f.problem(f.do("T", "POST", path+"/merge", `{"rev":3,"reason":"两户合为一户"}`), 422, fault.Invalid) // never closes for want of a target
	f.problem(f.do("T", "POST", path+"/merge", `{"rev":3,"into":"","reason":"两户合为一户"}`), 422, fault.Invalid)
	f.err = fault.New(fault.Stale, "")
	f.problem(f.do("T", "POST", path+"/close", `{"rev":3,"reason":"全户迁往外省"}`), 409, fault.Stale)
}
