package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/workflow"
)

// queue stands for workflow.Service.
type queue struct{ s *service }

func (q queue) Inbox(_ context.Context, _ access.Actor, t *record.Type, ask workflow.Ask) (workflow.Page, error) {
	return workflow.Page{Rows: []json.RawMessage{json.RawMessage(`{"id":"x"}`)}}, q.s.ask("inbox", t.Name, fmt.Sprintf("%+v", ask))
}

func (q queue) DecideAll(_ context.Context, _ access.Actor, t *record.Type, b workflow.Batch) (workflow.Outcome, error) {
	return workflow.Outcome{N: len(b.Rows)}, q.s.ask("decide", t.Name, fmt.Sprintf("%+v", b))
}

func (q queue) UndoAll(_ context.Context, _ access.Actor, t *record.Type, rows []workflow.Mark) (workflow.Outcome, error) {
	return workflow.Outcome{N: len(rows)}, q.s.ask("undo", t.Name, fmt.Sprintf("%+v", rows))
}

func TestInboxRoutes(t *testing.T) {
	f := newFixture(t)
	one := `{"id":"` + rowID + `","rev":3}`
	for _, x := range []struct{ method, path, body, want string }{
		{"GET", "/api/v1/inbox", "", "inbox visit {Township:" + town + " State: Household: Village: Author: From: To: Flag: After: Limit:50}"},
		{"GET", "/api/v1/inbox?type=measure&state=returned&household=h&village=v&cadre=c&from=1&to=2&flag=late&after=a&limit=200", "",
			"inbox measure {Township:" + town + " State:returned Household:h Village:v Author:c From:1 To:2 Flag:late After:a Limit:200}"},
		{"POST", "/api/v1/inbox/decisions", `{"action":"approve","rows":[` + one + `]}`, "decide visit {Action:approve Reason: Rows:[{ID:" + rowID + " Rev:3}] Dry:false}"},
		{"POST", "/api/v1/inbox/decisions", `{"type":"measure","action":"return","reason":"请补写","dry":true,"rows":[` + one + `]}`, "decide measure {Action:return Reason:请补写 Rows:[{ID:" + rowID + " Rev:3}] Dry:true}"},
		{"POST", "/api/v1/inbox/undo", `{"rows":[` + one + `]}`, "undo visit [{ID:" + rowID + " Rev:3}]"},
		{"POST", "/api/v1/records/visit/" + rowID + "/undo", `{"rev":4}`, "undo visit " + rowID + " 4"},
		{"POST", "/api/v1/records/measure/" + rowID + "/undo", `{"rev":4}`, "undo measure " + rowID + " 4"},
	} {
		if w := f.do("T", x.method, x.path, x.body); w.Code != http.StatusOK || f.last() != x.want {
			t.Errorf("%s %s: %d %s, asked %q, want %q", x.method, x.path, w.Code, w.Body, f.last(), x.want)
		}
		for _, role := range []string{"H", "C", "V", "K", "A"} {
			f.problem(f.do(role, x.method, x.path, x.body), http.StatusForbidden, fault.Forbidden)
		}
	}
	many := strings.Repeat(one+",", 200) + one
	for path, bodies := range map[string][]string{
		"inbox/decisions": {`{"action":"approve","rows":[]}`, `{"action":"approve"}`, `{"action":"","rows":[` + one + `]}`, `{"action":"approve","rows":[` + many + `]}`,
			`{"action":"approve","rows":[{"id":"short","rev":1}]}`, `{"action":"approve","rows":[{"id":"` + rowID + `","rev":0}]}`, `{"action":"approve","rows":[{"id":"` + rowID + `"}]}`,
			`{"action":"approve","type":"need","rows":[` + one + `]}`, `{"action":"return","reason":"` + strings.Repeat("长", 201) + `","rows":[` + one + `]}`},
		"inbox/undo":                       {`{"rows":[]}`, `{"type":"proposal","rows":[` + one + `]}`, `{"rows":[` + many + `]}`},
		"records/visit/" + rowID + "/undo": {`{}`, `{"rev":0}`},
	} {
		for _, body := range bodies {
			f.problem(f.do("T", "POST", "/api/v1/"+path, body), http.StatusUnprocessableEntity, fault.Invalid)
		}
	}
	for _, typ := range []string{"need", "gossip", "Visit"} { // nothing there is reviewed
		f.problem(f.do("T", "GET", "/api/v1/inbox?type="+typ, ""), http.StatusUnprocessableEntity, fault.Invalid)
	}
	if w := f.do("T", "GET", "/api/v1/inbox?type=proposal", ""); w.Code != http.StatusOK || !strings.HasPrefix(f.last(), "inbox proposal") {
		t.Errorf("%d, asked %q", w.Code, f.last())
	}
	f.problem(f.do("T", "POST", "/api/v1/inbox/decisions", `{"action":"approve","type":"proposal","rows":[`+one+`]}`), http.StatusUnprocessableEntity, fault.Invalid)
	f.problem(f.do("T", "GET", "/api/v1/inbox?cadre="+strings.Repeat("x", 65), ""), http.StatusBadRequest, fault.BadRequest)
	f.problem(f.do("T", "POST", "/api/v1/records/need/"+rowID+"/undo", `{"rev":1}`), http.StatusNotFound, fault.NoRoute)
}
