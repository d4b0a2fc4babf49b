package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/record"
)

// cases stands for casework.Desk.
type cases struct{ s *service }

func (c cases) List(_ context.Context, _ access.Actor, t *record.Type, ask casework.Ask) (casework.Page, error) {
	return casework.Page{Rows: []json.RawMessage{}, Today: "2026-03-02"}, c.s.ask("cases", t.Name, fmt.Sprint(ask))
}

func (c cases) Dispatch(_ context.Context, _ access.Actor, id string, rev int64, user string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":4}`), c.s.ask("dispatch", id, fmt.Sprint(rev), user)
}

func (c cases) Close(_ context.Context, _ access.Actor, t *record.Type, id string, rev int64, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":4}`), c.s.ask("close", t.Name, id, fmt.Sprint(rev), reason)
}

func (c cases) Answer(_ context.Context, _ access.Actor, id string, rev int64, text string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":4}`), c.s.ask("answer", id, fmt.Sprint(rev), text)
}

func (c cases) Check(_ context.Context, _ access.Actor, id, action string, rev int64, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":4}`), c.s.ask("check", id, action, fmt.Sprint(rev), reason)
}

func (c cases) Words(context.Context) (casework.Book, error) {
	return casework.Book{Edition: "e"}, c.s.ask("words")
}

func TestCaseRoutes(t *testing.T) {
	f := newFixture(t)
	for _, x := range []struct{ role, method, path, body, want string }{
		{"T", "GET", "/api/v1/needs?state=overdue&after=2026-03-02_x&limit=3", "", "cases need {" + town + " overdue 2026-03-02_x 3}"},
		{"K", "GET", "/api/v1/complaints?township=" + town, "", "cases complaint {" + town + "   50}"},
		{"A", "GET", "/api/v1/issues?township=" + town + "&state=done", "", "cases issue {" + town + " done  50}"},
		{"V", "GET", "/api/v1/issues/words", "", "words"},
		{"T", "POST", "/api/v1/needs/" + rowID + "/dispatch", `{"rev":3,"user":"AAAAAAAAAAAA"}`, "dispatch " + rowID + " 3 AAAAAAAAAAAA"},
		{"T", "POST", "/api/v1/needs/" + rowID + "/dispatch", `{"rev":3}`, "dispatch " + rowID + " 3 "},
		{"T", "POST", "/api/v1/needs/" + rowID + "/close", `{"rev":3,"reason":"办好了"}`, "close need " + rowID + " 3 办好了"},
		{"K", "POST", "/api/v1/complaints/" + rowID + "/close", `{"rev":3,"reason":"办好了"}`, "close complaint " + rowID + " 3 办好了"},
		{"K", "POST", "/api/v1/complaints/" + rowID + "/answer", `{"rev":3,"answer":"查过了"}`, "answer " + rowID + " 3 查过了"},
		{"T", "POST", "/api/v1/issues/" + rowID + "/check", `{"action":"return","rev":3,"reason":"没做完"}`, "check " + rowID + " return 3 没做完"},
	} {
		if w := f.do(x.role, x.method, x.path, x.body); w.Code != http.StatusOK || f.last() != x.want {
			t.Errorf("%s %s: %d %s, asked %q, want %q", x.method, x.path, w.Code, w.Body, f.last(), x.want)
		}
	}
	for path, bodies := range map[string][]string{
		"needs/" + rowID + "/dispatch":    {`{"user":"AAAAAAAAAAAA"}`, `{"rev":0}`, `{"rev":1,"user":"nobody"}`},
		"needs/" + rowID + "/close":       {`{"rev":1}`, `{"rev":1,"reason":""}`},
		"complaints/" + rowID + "/answer": {`{"rev":1}`, `{"rev":1,"answer":""}`, `{"rev":1,"answer":"` + strings.Repeat("长", 501) + `"}`},
		"issues/" + rowID + "/check":      {`{"rev":1}`, `{"action":"approve","rev":1}`},
	} {
		for _, body := range bodies {
			f.problem(f.do("T", "POST", "/api/v1/"+path, body), http.StatusUnprocessableEntity, fault.Invalid)
		}
	}
	for _, role := range []string{"H", "C", "V"} {
		for _, path := range []string{"needs", "complaints", "issues"} {
			f.problem(f.do(role, "GET", "/api/v1/"+path+"?township="+town, ""), http.StatusForbidden, fault.Forbidden)
		}
	}
	f.problem(f.do("K", "GET", "/api/v1/needs", ""), http.StatusUnprocessableEntity, fault.Invalid)
	f.problem(f.do("T", "POST", "/api/v1/needs/short/close", `{"rev":1,"reason":"x"}`), http.StatusNotFound, fault.NotFound)
}

// TestWhereAnIssueGoes: with a household it lies there, without one with the
// township; what lies with households only is asked for one.
func TestWhereAnIssueGoes(t *testing.T) {
	f := newFixture(t)
	for path, want := range map[string]string{
		"issue":                   "make issue  " + town + "  {\"subject\":\"x\"}",
		"issue?household=" + mine: "make issue " + mine + " " + town + "  {\"subject\":\"x\"}",
	} {
		if w := f.do("T", "POST", "/api/v1/records/"+path, `{"subject":"x"}`); w.Code != http.StatusOK || f.last() != want {
			t.Errorf("%s: %d %s, asked %q", path, w.Code, w.Body, f.last())
		}
	}
	f.problem(f.do("T", "POST", "/api/v1/records/need", `{"text":"x"}`), http.StatusUnprocessableEntity, fault.Invalid)
	f.problem(f.do("C", "GET", "/api/v1/records/issue", ""), http.StatusUnprocessableEntity, fault.Invalid)
}

func TestAbout(t *testing.T) {
	f := newFixture(t)
	if w := f.do("", "GET", "/api/v1/about", ""); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"operator":"","filing":"","hotline":"","version":"test"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f = newFixture(t, func(d *Deps) {
		d.About = About{Operator: "某县农业农村局", Filing: "某ICP备00000000号-1", Hotline: "0000-12345"}
	})
	if w := f.do("", "GET", "/api/v1/about", ""); !strings.Contains(w.Body.String(), `"operator":"某县农业农村局","filing":"某ICP备00000000号-1","hotline":"0000-12345"`) {
		t.Errorf("%s", w.Body)
	}
}
