package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/fault"
)

// cards stands for booklet.Service and booklet.Recorder.
type cards struct{ *service }

func (s cards) LinkSound(_ context.Context, a access.Actor, sha string) (string, int64, error) {
	return "a-ticket_", 7, s.ask("link", string(a.Role), sha)
}

func (s cards) Sound(_ context.Context, sha, ticket string) ([]byte, error) {
	return []byte("0123456789"), s.ask("sound", sha, ticket)
}

func (s cards) Save(_ context.Context, a access.Actor, township string, e booklet.Entry) (booklet.Master, error) {
	return booklet.Master{ID: rowID}, s.ask("save", string(a.Role), township, fmt.Sprintf("%+v", e))
}

func (s cards) Submit(_ context.Context, _ access.Actor, township, id string, rev int64) (booklet.Master, error) {
	return booklet.Master{ID: id}, s.ask("submit", township, id, fmt.Sprint(rev))
}

func (s cards) Archive(_ context.Context, _ access.Actor, township, id string, rev int64) (booklet.Master, error) {
	return booklet.Master{ID: id}, s.ask("archive", township, id, fmt.Sprint(rev))
}

func (s cards) Preview(_ context.Context, township, id string) (booklet.Master, error) {
	return booklet.Master{ID: id}, s.ask("preview", township, id)
}

func (s cards) Words(_ context.Context, township string) (map[string]string, error) {
	return map[string]string{"cadre": "帮扶干部"}, s.ask("words", township)
}

func (s cards) Take(_ context.Context, a access.Actor, id string, body []byte) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"pending"}`), s.ask("take", string(a.Role), id, string(body))
}

func (s cards) Withdraw(_ context.Context, a access.Actor, id string, rev int64, reason string) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"rejected"}`), s.ask("withdraw", string(a.Role), id, fmt.Sprint(rev), reason)
}

func TestCardRoutes(t *testing.T) {
	f := newFixture(t)
	draft := `{"code":"water","topic":"water","title":"题","order":3,"text":"文","from":"2026-01-01","until":"2026-12-31","audience":["safety"]}`
	for _, c := range []struct {
		role, method, path, body string
		status                   int
		asked                    string
	}{
		{"T", "POST", "/api/v1/cards", draft, 200, "save T " + town + " {ID: Rev:0 Code:water Topic:water Title:题 Order:3 Text:文 From:2026-01-01 Until:2026-12-31 Audience:[safety]}"},
		{"T", "POST", "/api/v1/cards", `{"id":"` + rowID + `","rev":2,"code":"water","title":"题","text":"文"}`, 200, "save T " + town + " {ID:" + rowID + " Rev:2 Code:water Topic: Title:题 Order:0 Text:文 From: Until: Audience:[]}"},
		{"T", "POST", "/api/v1/cards", `{"code":"water","title":"题"}`, 422, ""},
		{"T", "POST", "/api/v1/cards", `{"code":"water","title":"题","text":"文","state":"published"}`, 422, ""},
		{"C", "POST", "/api/v1/cards", draft, 403, ""},
		{"T", "POST", "/api/v1/cards?township=1", draft, 404, ""},
		{"T", "POST", "/api/v1/cards/" + rowID + "/submit", `{"rev":2}`, 200, "submit " + town + " " + rowID + " 2"},
		{"T", "POST", "/api/v1/cards/" + rowID + "/submit", `{}`, 422, ""},
		{"T", "POST", "/api/v1/cards/short/submit", `{"rev":2}`, 404, ""},
		{"K", "POST", "/api/v1/cards/" + rowID + "/submit", `{"rev":2}`, 403, ""},
		{"T", "POST", "/api/v1/cards/" + rowID + "/archive", `{"rev":2}`, 200, "archive " + town + " " + rowID + " 2"},
		{"T", "GET", "/api/v1/cards/" + rowID + "/preview", "", 200, "preview " + town + " " + rowID},
		{"T", "GET", "/api/v1/cards/short/preview", "", 404, ""},
		{"H", "GET", "/api/v1/cards/" + rowID + "/preview", "", 403, ""},
		{"T", "POST", "/api/v1/clips/" + rowID + "/withdraw", `{"rev":2,"reason":"说错了"}`, 200, "withdraw T " + rowID + " 2 说错了"},
		{"T", "POST", "/api/v1/clips/" + rowID + "/withdraw", `{"rev":2}`, 422, ""},
		{"C", "POST", "/api/v1/clips/" + rowID + "/withdraw", `{"rev":2,"reason":"说错了"}`, 403, ""},
	} {
		f.asked = nil
		w := f.do(c.role, c.method, c.path, c.body)
		if w.Code != c.status || f.last() != c.asked {
			t.Errorf("%s %s %s: %d, asked %q\n%s", c.role, c.method, c.path, w.Code, f.last(), w.Body)
		}
	}
}

func TestClipBody(t *testing.T) {
	f := newFixture(t)
	path := "/api/v1/clips/" + rowID + "/body"
	w := f.do("C", "POST", path, "sound", "Content-Type", "audio/mpeg")
	if w.Code != http.StatusOK || f.last() != "take C "+rowID+" sound" || w.Body.String() != `{"state":"pending"}` {
		t.Errorf("%d, asked %q: %s", w.Code, f.last(), w.Body)
	}
	f.asked = nil
	f.problem(f.do("C", "POST", path, "sound", "Content-Type", "application/json"), 415, fault.BadMedia)
	f.problem(f.do("C", "POST", path, strings.Repeat("x", booklet.MaxClip+1), "Content-Type", "audio/mpeg"), 413, fault.TooLarge)
	f.problem(f.do("C", "POST", "/api/v1/clips/short/body", "sound", "Content-Type", "audio/mpeg"), 404, fault.NotFound)
	for _, role := range []string{"H", "T", "K", "A"} {
		f.problem(f.do(role, "POST", path, "sound", "Content-Type", "audio/mpeg"), 403, fault.Forbidden)
	}
	f.push = true // such a session's row waits in quarantine: there is nothing to send to
	f.problem(f.do("C", "POST", path, "sound", "Content-Type", "audio/mpeg"), 401, fault.Unauthorized)
	if len(f.asked) != 0 {
		t.Errorf("asked %v", f.asked)
	}
}

// TestCardsSpeakTheTownshipsWords: a text with places in it is shown with the
// words of the caller's township and asked for anew each time.
func TestCardsSpeakTheTownshipsWords(t *testing.T) {
	f := newFixture(t)
	f.payload = []byte("# 问{{cadre}}")
	sha := strings.Repeat("ab", 32)
	for as, want := range map[string]string{"html": "<h1>问帮扶干部</h1>", "plain": "问帮扶干部。"} {
		w := f.do("H", "GET", "/api/v1/blobs/"+sha+"?as="+as, "")
		if w.Code != 200 || w.Body.String() != want || f.last() != "words "+town || w.Header().Get("Cache-Control") != "private, no-cache" || strings.Contains(w.Header().Get("ETag"), sha) {
			t.Errorf("%s: %d %q %v", as, w.Code, w.Body, w.Header())
		}
	}
	w := f.do("H", "GET", "/api/v1/blobs/"+sha, "")
	if w.Body.String() != "# 问{{cadre}}" || w.Header().Get("Cache-Control") != forever {
		t.Errorf("as it is: %q %v", w.Body, w.Header())
	}
	f.payload = []byte("# 问干部")
	f.asked = nil
	if w = f.do("H", "GET", "/api/v1/blobs/"+sha+"?as=html", ""); w.Header().Get("Cache-Control") != forever || len(f.asked) != 1 {
		t.Errorf("without places: %v, asked %v", w.Header(), f.asked)
	}
}

func TestSoundLinks(t *testing.T) {
	f := newFixture(t)
	sum := strings.Repeat("ab", 32)
	if w := f.do("H", "POST", "/api/v1/blobs/"+sum+"/link", ""); w.Body.String() != `{"url":"/api/v1/blobs/`+sum+`/sound?ticket=a-ticket_","until":7}` || f.last() != "link H "+sum {
		t.Errorf("%d %s; %s", w.Code, w.Body, f.last())
	}
	f.problem(f.do("C", "POST", "/api/v1/blobs/"+sum+"/link", ""), 403, fault.Forbidden)
	w := f.do("", "GET", "/api/v1/blobs/"+sum+"/sound?ticket=a-ticket_", "", "Range", "bytes=2-4")
	if w.Code != 206 || w.Body.String() != "234" || w.Header().Get("Content-Type") != "audio/mpeg" || w.Header().Get("Content-Security-Policy") == "" || f.last() != "sound "+sum+" a-ticket_" {
		t.Errorf("%d %s %v; %s", w.Code, w.Body, w.Header(), f.last())
	}
	f.asked = nil
	for _, bad := range []string{"x", strings.ToUpper(sum), sum + "a"} {
		f.problem(f.do("", "GET", "/api/v1/blobs/"+bad+"/sound?ticket=a", ""), 404, fault.NotFound)
	}
	if f.asked != nil {
		t.Errorf("asked %v", f.asked)
	}
}
