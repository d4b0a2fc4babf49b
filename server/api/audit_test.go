package api

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"daohu/server/fault"
	"daohu/server/write"
)

// auditLog stands for the log of a township.
type auditLog struct{ *service }

func (s auditLog) Lines(_ context.Context, q write.LogQuery) ([]write.LogLine, int64, error) {
	return nil, 7, s.ask("lines", fmt.Sprintf("%+v", q))
}

func (s auditLog) Check(_ context.Context, township string) (write.LogCheck, error) {
	return write.LogCheck{Lines: 3}, s.ask("check", township)
}

func TestAuditRoutes(t *testing.T) {
	f := newFixture(t)
	w := f.do("A", "GET", "/api/v1/audit?township="+town+"&by=admin&action=sync&type=visit&row="+rowID+"&from=2026-03-01&to=2026-03-01&after=9&limit=5", "")
	want := "lines {Township:" + town + " Actor:admin Action:sync Type:visit Row:" + rowID + " From:1772294400000 To:1772380800000 Before:9 Limit:5}"
	if w.Code != http.StatusOK || f.last() != want || w.Body.String() != `{"rows":[],"next":"7"}` {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	for query, code := range map[string]fault.Code{"type=secret": fault.Invalid, "row=short": fault.Invalid, "from=yesterday": fault.Invalid, "to=2026-02-30": fault.Invalid, "after=x": fault.BadRequest, "by=%E5%BC%A0": fault.BadRequest} {
		f.asked = nil
		f.problem(f.do("T", "GET", "/api/v1/audit?"+query, ""), fault.SpecOf(code).Status, code)
		if len(f.asked) > 0 {
			t.Errorf("%s: asked %v", query, f.asked)
		}
	}
	if w := f.do("T", "POST", "/api/v1/audit/verify", ""); w.Code != http.StatusOK || f.last() != "check "+town {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	for _, role := range []string{"H", "C", "V"} {
		f.problem(f.do(role, "GET", "/api/v1/audit", ""), http.StatusForbidden, fault.Forbidden)
	}
}
