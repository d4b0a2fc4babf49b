package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/notice"
)

// notices stands for notice.Service.
type notices struct{ *service }

func (n notices) Public(_ context.Context, township string) ([]json.RawMessage, error) {
	return []json.RawMessage{json.RawMessage(`{"title":"公示"}`)}, n.ask("public", township)
}

func (n notices) Draft(_ context.Context, a access.Actor, township string, in notice.New) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"draft"}`), n.ask("draft", string(a.Role), township, in.Kind, in.Title, in.Text, in.Hotline, fmt.Sprint(in.Households))
}

func (n notices) Publish(_ context.Context, _ access.Actor, id string, rev, days int64) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"published"}`), n.ask("publish", id, fmt.Sprint(rev, days))
}

func (n notices) Withdraw(_ context.Context, _ access.Actor, id string, rev int64, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"withdrawn"}`), n.ask("withdraw", id, fmt.Sprint(rev), reason)
}

func TestNoticeRoutes(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		role, method, path, body string
		status                   int
		asked                    string
	}{
		{"", "GET", "/api/v1/notices?township=" + town, "", 200, "public " + town},
		{"", "GET", "/api/v1/notices", "", 422, ""},
		{"", "GET", "/api/v1/notices?township=" + strings.Repeat("9", 17), "", 422, ""},
		{"T", "POST", "/api/v1/notices", `{"kind":"公示","title":"题","text":"文","households":["` + mine + `"]}`, 200, "draft T " + town + " 公示 题 文  [" + mine + "]"},
		{"T", "POST", "/api/v1/notices", `{"kind":"谣言","title":"题","text":"文"}`, 422, ""},
		{"T", "POST", "/api/v1/notices", `{"kind":"公示","title":"题","text":"文","rows":[["村","全名",3]]}`, 422, ""}, // what is shown of a household is the server's
		{"V", "POST", "/api/v1/notices", `{"kind":"公示","title":"题","text":"文"}`, 403, ""},
		{"T", "POST", "/api/v1/notices/" + mine + "/publish", `{"rev":2,"days":7}`, 200, "publish " + mine + " 2 7"},
		{"T", "POST", "/api/v1/notices/" + mine + "/publish", `{"rev":2,"days":91}`, 422, ""},
		{"T", "POST", "/api/v1/notices/short/publish", `{"rev":2,"days":7}`, 404, ""},
		{"K", "POST", "/api/v1/notices/" + mine + "/publish", `{"rev":2,"days":7}`, 403, ""},
		{"T", "POST", "/api/v1/notices/" + mine + "/withdraw", `{"rev":2,"reason":"写错"}`, 200, "withdraw " + mine + " 2 写错"},
		{"T", "POST", "/api/v1/notices/" + mine + "/withdraw", `{"rev":2}`, 422, ""},
		{"T", "POST", "/api/v1/notices/short/withdraw", `{"rev":2,"reason":"写错"}`, 404, ""},
	} {
		f.asked = nil
		w := f.do(c.role, c.method, c.path, c.body)
		if w.Code != c.status || f.last() != c.asked {
			t.Errorf("%s %s %s: %d, asked %q\n%s", c.role, c.method, c.path, w.Code, f.last(), w.Body)
		}
	}
}
