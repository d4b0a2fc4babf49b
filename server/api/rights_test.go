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
	"daohu/server/registry"
	"daohu/server/roster"
)

// rights stands for casework.Rights and casework.Findings.
type rights struct{ s *service }

func (r rights) Record(_ context.Context, _ access.Actor, township, house string, in casework.RightAsk) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":1}`), r.s.ask("right", township, house, fmt.Sprint(in))
}

func (r rights) Settle(_ context.Context, _ access.Actor, id, action string, rev int64, answer string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":2}`), r.s.ask("settle", id, action, fmt.Sprint(rev), answer)
}

func (r rights) Erase(_ context.Context, _ access.Actor, id string, rev int64, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":2}`), r.s.ask("erase", id, fmt.Sprint(rev), reason)
}

func (r rights) CopyData(_ context.Context, a access.Actor, id string) (registry.OwnData, roster.Note, error) {
	return registry.OwnData{Household: rowID}, roster.Note{ID: rowID, Who: a.User, At: "2026-03-02 09:00"}, r.s.ask("copy", id)
}

func (r rights) Find(_ context.Context, _ access.Actor, in casework.FindingAsk) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":1}`), r.s.ask("find", fmt.Sprint(in))
}

func (r rights) AnswerFinding(_ context.Context, _ access.Actor, id string, rev int64, text string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":2}`), r.s.ask("answer-finding", id, fmt.Sprint(rev), text)
}

func (r rights) SettleFinding(_ context.Context, _ access.Actor, id, action string, rev int64, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"rev":2}`), r.s.ask("settle-finding", id, action, fmt.Sprint(rev), reason)
}

func TestRightRoutes(t *testing.T) {
	f := newFixture(t)
	for _, x := range []struct{ role, method, path, body, want string }{
		{"A", "GET", "/api/v1/datarequests?state=overdue&township=" + town, "", "cases datarequest {" + town + " overdue  50}"},
		{"T", "GET", "/api/v1/findings", "", "cases finding {" + town + "   50}"},
		{"T", "POST", "/api/v1/datarequests/" + rowID + "/answer", `{"action":"refused","rev":3,"answer":"不是本人"}`, "settle " + rowID + " refused 3 不是本人"},
		{"T", "POST", "/api/v1/datarequests/" + rowID + "/erase", `{"rev":3,"reason":"本人当面要求"}`, "erase " + rowID + " 3 本人当面要求"},
		{"T", "POST", "/api/v1/datarequests/" + rowID + "/copy", `{}`, "copy " + rowID},
		{"A", "POST", "/api/v1/findings", `{"about":"visit","row":"` + rowID + `","severity":"严重","text":"日子对不上"}`, "find {visit " + rowID + " 严重 日子对不上}"},
		{"T", "POST", "/api/v1/findings/" + rowID + "/answer", `{"rev":1,"answer":"改了"}`, "answer-finding " + rowID + " 1 改了"},
		{"A", "POST", "/api/v1/findings/" + rowID + "/settle", `{"action":"close","rev":2,"reason":"看过"}`, "settle-finding " + rowID + " close 2 看过"},
	} {
		if w := f.do(x.role, x.method, x.path, x.body); w.Code != http.StatusOK || f.last() != x.want {
			t.Errorf("%s %s: %d %s, asked %q, want %q", x.method, x.path, w.Code, w.Body, f.last(), x.want)
		}
	}
	house := "/api/v1/households/" + mine + "/datarequests"
	if w := f.do("T", "POST", house, `{"kind":"copy","asker":"本人","way":"当面","day":"2026-03-02"}`); w.Code != http.StatusOK || !strings.HasSuffix(f.last(), "{copy 本人 当面   2026-03-02}") {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	for path, bodies := range map[string][]string{
		house: {`{}`, `{"kind":"all","asker":"本人","way":"当面","day":"2026-03-02"}`, `{"kind":"copy","asker":"","way":"当面","day":"2026-03-02"}`},
		"/api/v1/datarequests/" + rowID + "/answer": {`{"action":"done","rev":1}`, `{"action":"erased","rev":1,"answer":"x"}`},
		"/api/v1/datarequests/" + rowID + "/erase":  {`{"reason":"本人当面要求"}`},
		"/api/v1/findings/" + rowID + "/answer":     {`{"rev":1,"answer":""}`},
	} {
		for _, body := range bodies {
			f.problem(f.do("T", "POST", path, body), http.StatusUnprocessableEntity, fault.Invalid)
		}
	}
	for _, role := range []string{"H", "C", "V", "K", "A"} { // only the township settles what persons ask
		f.problem(f.do(role, "POST", "/api/v1/datarequests/"+rowID+"/copy", `{}`), http.StatusForbidden, fault.Forbidden)
	}
	for _, role := range []string{"H", "C", "V", "T", "K"} { // only an auditor finds
		f.problem(f.do(role, "POST", "/api/v1/findings", `{"about":"visit","row":"`+rowID+`","severity":"严重","text":"x"}`), http.StatusForbidden, fault.Forbidden)
	}
}
