package api

import (
	"strings"
	"testing"

	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/types"
)

func TestQualityRoutes(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct{ role, method, path, body, asked string }{
		{"T", "GET", "/api/v1/quality", "", "findings T " + town + " "},
		{"K", "GET", "/api/v1/quality?township=" + town + "&village=" + town + "201", "", "findings K " + town + " " + town + "201"},
		{"K", "GET", "/api/v1/quality/reconcile?township=" + town, "", "reconciled K " + town},
		{"T", "POST", "/api/v1/quality/reconcile", `{"name":"县扶贫办","day":"2026-01-31","households":1899,"people":8403}`, "reconciled T " + town},
	} {
		if w := f.do(c.role, c.method, c.path, c.body); w.Code != 200 || f.last() != c.asked {
			t.Errorf("%s %s as %s: %d %s; asked %q", c.method, c.path, c.role, w.Code, w.Body, f.last())
		}
	}
	f.problem(f.do("K", "GET", "/api/v1/quality", ""), 422, fault.Invalid)
	f.problem(f.do("T", "GET", "/api/v1/quality?village="+strings.Repeat("9", 17), ""), 400, fault.BadRequest)
	f.problem(f.do("K", "POST", "/api/v1/quality/reconcile?township="+town, `{"name":"甲","day":"2026-01-31","households":1,"people":1}`), 403, fault.Forbidden)
	for _, body := range []string{`{}`, `{"name":"","day":"2026-01-31","households":1,"people":1}`, `{"name":"甲","day":"31.1.2026","households":1,"people":1}`,
		`{"name":"甲","day":"2026-01-31","households":1.5,"people":1}`, `{"name":"甲","day":"2026-01-31","households":1,"people":1,"who":"别人"}`} {
		f.problem(f.do("T", "POST", "/api/v1/quality/reconcile", body), 422, fault.Invalid)
	}
}

// Who may read how rows came to be: never those who hold them, and of a
// private row nobody.
func TestHistorians(t *testing.T) {
	for name, want := range map[string]string{"member": "TKA", "visit": "TA", "response": "T", "card": "", "proposal": "T"} {
		for _, typ := range types.All() {
			if got := historians(typ); typ.Name == name && got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	secret := &record.Type{Policy: record.Policy{Readers: "HT", Private: func(record.Record) string { return "" }}}
	if got := historians(secret); got != "" {
		t.Errorf("a private type: %q", got)
	}
	f := newFixture(t)
	if w := f.do("T", "GET", "/api/v1/records/member/"+rowID+"/history", ""); w.Body.String() != `{"rows":[]}` || f.last() != "history member "+rowID {
		t.Errorf("%s; asked %q", w.Body, f.last())
	}
	f.problem(f.do("C", "GET", "/api/v1/records/member/"+rowID+"/history", ""), 403, fault.Forbidden)
	f.problem(f.do("T", "GET", "/api/v1/records/member/short/history", ""), 404, fault.NotFound)
}
