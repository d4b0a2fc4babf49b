package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"daohu/server/fault"
	"daohu/server/parcel"
)

func TestLogins(t *testing.T) {
	f := newFixture(t)
	w := f.do("", "POST", "/api/v1/login/wechat", `{"code":"demo:cadre-001","bind":"12345678"}`)
	if want := `{"token":"t","untilAt":5,"me":{"user":"user0000000C","name":"测试","role":"C","county":"520000","township":"` + town + `"}}`; w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if f.last() != "wechat demo:cadre-001 12345678" || w.Header().Get("Cache-Control") != "no-store" {
		t.Error(f.last(), w.Header())
	}
	if w := f.do("", "POST", "/api/v1/login/wechat", `{"code":"demo:cadre-001","phone":"p"}`); w.Code != 200 || f.last() != "phone demo:cadre-001 p" {
		t.Errorf("%d %s", w.Code, f.last())
	}
	if w := f.do("", "POST", "/api/v1/login/household", `{"card":"abc","pin":"1234"}`); !strings.Contains(w.Body.String(), mine) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do("C", "GET", "/api/v1/me", ""); !strings.HasPrefix(w.Body.String(), `{"user":"user0000000C"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do("C", "POST", "/api/v1/logout", ""); w.Code != 204 || f.last() != "logout role-C" {
		t.Errorf("%d %s", w.Code, f.last())
	}
	f.push = true
	if w := f.do("", "POST", "/api/v1/login/wechat", `{"code":"x"}`); !strings.Contains(w.Body.String(), `"pushOnly":true`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.err = fault.New(fault.BadLogin, "")
	f.problem(f.do("", "POST", "/api/v1/login/password", `{"name":"a","password":"b"}`), 401, fault.BadLogin)
}

func TestBadBodies(t *testing.T) {
	f := newFixture(t)
	const path = "/api/v1/login/password"
	for body, code := range map[string]fault.Code{
		`{`: fault.BadRequest, `[]`: fault.BadRequest, `null`: fault.BadRequest, `"x"`: fault.BadRequest,
		`{"name":"a","name":"b","password":"x"}`:                             fault.BadRequest,
		`{"name":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`:   fault.BadRequest,
		`{"name":"a","password":"b","role":"K"}`:                             fault.Invalid,
		`{"NAME":"a","password":"b"}`:                                        fault.Invalid,
		`{"name":1,"password":"b"}`:                                          fault.Invalid,
		`{"name":"","password":"b"}`:                                         fault.Invalid,
		`{"name":"` + strings.Repeat("字", 65) + `","password":"b"}`:          fault.Invalid,
		`{"password":"b"}`:                                                   fault.Invalid,
		`{"name":null,"password":"b"}`:                                       fault.Invalid,
		`{"name":"a","password":"b","x":` + strings.Repeat("9", 400) + `}`:   fault.BadRequest,
		"{\"name\":\"\xff\",\"password\":\"b\"}":                             fault.BadRequest,
		`{"name":"a","password":"b"} {}`:                                     fault.BadRequest,
		`{"name":"a","password":"b","__proto__":{"x":1},"constructor":null}`: fault.Invalid,
	} {
		w := f.do("", "POST", path, body)
		if s := w.Body.String(); strings.Contains(s, "expected") || strings.Contains(s, "property") {
			t.Errorf("%s: English passed through: %s", body, s)
		}
		if w.Code == 200 {
			t.Errorf("%q taken", body)
			continue
		}
		p := f.problem(w, fault.SpecOf(code).Status, code)
		if code == fault.Invalid && len(p.Fields) == 0 {
			t.Errorf("%s: no fields", body)
		}
	}
	f.problem(f.do("", "POST", path, `{"name":"a","password":"b"}`, "Content-Type", "text/plain"), 415, fault.BadMedia)
	if len(f.asked) != 0 {
		t.Errorf("asked: %v", f.asked)
	}
}

func TestFieldsAreNamed(t *testing.T) {
	f := newFixture(t)
	const path = "/api/v1/records/visit/" + rowID + "/decision"
	for body, want := range map[string]string{
		`{"action":"approve"}`:                                         "rev required",
		`{"action":"","rev":1}`:                                        "action required",
		`{"action":"return","rev":0}`:                                  "rev range",
		`{"action":"return","rev":1.5}`:                                "rev format",
		`{"action":"return","rev":"1"}`:                                "rev format",
		`{"action":"return","rev":1,"state":"approved"}`:               "state unknown",
		`{"action":"return","rev":1,"reason":"` + long(201) + `"}`:     "reason too-long",
		`{"action":"return","rev":1,"reason":["` + long(2) + `"]}`:     "reason format",
		`{"action":true,"rev":1}`:                                      "action format",
		`{"action":"approve","rev":9007199254740993000000000}`:         "",
		`{"action":"approve","rev":99999999999999999999,"reason":"好"}`: "",
	} {
		p := Problem{}
		w := f.do("T", "POST", path, body)
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if want == "" {
			if p.Code != string(fault.BadRequest) {
				t.Errorf("%s: %+v", body, p)
			}
			continue
		}
		if len(p.Fields) == 0 || p.Fields[0].Name+" "+p.Fields[0].Code != want || !strings.HasSuffix(p.Fields[0].Detail, "。") {
			t.Errorf("%s: %+v, want %s", body, p, want)
		}
	}
}

func long(n int) string { return strings.Repeat("字", n) }

func TestDecisions(t *testing.T) {
	f := newFixture(t)
	for path, c := range map[string]struct {
		body, asked string
		status      int
	}{
		"/api/v1/records/visit/" + rowID + "/decision":   {`{"action":"return","rev":2,"reason":"日期不对"}`, "visit " + rowID + " return 日期不对", 200},
		"/api/v1/records/measure/" + rowID + "/decision": {`{"action":"reject","rev":1,"reason":"没有钱"}`, "measure " + rowID + " reject 没有钱", 200},
		"/api/v1/quarantine/" + rowID + "/decision":      {`{"action":"take"}`, "settle " + rowID + " take ", 204},
		"/api/v1/quarantine/file?dry=1": {`{"format":"daohu-rescue","edition":1,"user":"` + rowID + `","client":"` + mine + `","changes":[[1,"visit","é"]],"photos":[]}`,
			"rescue " + rowID + ` [[1,"visit","é"]] 0 true`, 200},
		"/api/v1/proposals/" + rowID + "/decision":      {`{"action":"accept","rev":1}`, "proposal " + rowID + " accept ", 204},
		"/api/v1/households/" + mine + "/pairing":       {`{"cadre":"demo:cadre-002","day":"2026-02-01","reason":"调动"}`, "pair " + mine + " demo:cadre-002 2026-02-01 调动", 200},
		"/api/v1/records/member?household=" + mine:      {`{"name":"测试"}`, "make member " + mine + " " + town + `  {"name":"测试"}`, 200},
		"/api/v1/records/member?id=x&household=" + mine: {`{"name":"测试"}`, "", 422},
		"/api/v1/records/visit/short/decision":          {`{"action":"approve","rev":2}`, "", 404},
	} {
		f.asked = nil
		w := f.do("T", "POST", path, c.body)
		if w.Code != c.status || f.last() != c.asked {
			t.Errorf("%s: %d %s; asked %q", path, w.Code, w.Body, f.last())
		}
	}
	for _, bad := range []string{"limit=0", "limit=201", "limit=x", "limit=-1", "after=" + strings.Repeat("x", 201)} {
		if w := f.do("T", "GET", "/api/v1/quarantine?"+bad, ""); w.Code != 422 && w.Code != 400 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

func TestRecords(t *testing.T) {
	f := newFixture(t)
	if w := f.do("C", "GET", "/api/v1/records/visit/"+rowID, ""); w.Body.String() != `{"id":"`+rowID+`","text":"<a&b>"}` {
		t.Error(w.Body)
	}
	f.problem(f.do("C", "GET", "/api/v1/records/visit/..%2f..%2fetc", ""), 404, fault.NoRoute)
	f.problem(f.do("C", "GET", "/api/v1/records/visit/etc", ""), 404, fault.NotFound)
	patch := func(body, match string) string {
		w := f.do("T", "PATCH", "/api/v1/records/member/"+rowID, body, "If-Match", match)
		var p Problem
		_ = json.Unmarshal(w.Body.Bytes(), &p)
		out := p.Code
		for _, x := range p.Fields {
			out += " " + x.Name + ":" + x.Code
		}
		return out
	}
	for _, c := range []struct{ body, match, want string }{
		{`{"name":"测试"}`, `"3"`, ""},
		{`{"name":"测试"}`, `3`, ""},
		{`{"name":"测试"}`, `"2"`, "stale"},
		{`{"name":"测试"}`, ``, "invalid If-Match:required"},
		{`{"name":"测试"}`, `*`, "invalid If-Match:required"},
		{`{}`, `"3"`, "bad-request"},
		{`[1]`, `"3"`, "bad-request"},
		{`{"name":"a","name":"b"}`, `"3"`, "bad-request"},
		{`{"nick":"a","id":"x","seq":1,"made_by":"x","MadeAt":1,"idIndex":"x"}`, `"3"`, "invalid MadeAt:server-set id:server-set idIndex:unknown made_by:server-set nick:unknown seq:server-set"},
	} {
		if got := patch(c.body, c.match); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.body, c.match, got, c.want)
		}
	}
	if w := f.do("T", "PATCH", "/api/v1/records/visit/"+rowID, `{"state":"approved"}`, "If-Match", `"3"`); f.problem(w, 422, fault.Invalid).Fields[0].Code != "server-set" {
		t.Error("a workflow's state can be set")
	}
}

func TestSync(t *testing.T) {
	f := newFixture(t)
	w := f.do("C", "POST", "/api/v1/sync", `{"cursor": ""}`)
	if w.Body.String() != `{"cursor":"c"}` || f.last() != `exchange {"cursor": ""}` {
		t.Errorf("%d %s; %s", w.Code, w.Body, f.last())
	}
	f.problem(f.do("C", "POST", "/api/v1/sync", `{"cursor":"","cursor":""}`), 400, fault.BadRequest)
	get := "/api/v1/sync?cursor=abc&schema=1&client=" + rowID
	if w := f.do("C", "GET", get, ""); w.Code != 204 || w.Body.Len() != 0 || f.last() != "poll abc "+rowID {
		t.Errorf("%d %s; %s", w.Code, w.Body, f.last())
	}
	f.polled = []byte(`{"update":true}`)
	if w := f.do("C", "GET", get, ""); w.Code != 200 || w.Body.String() != `{"update":true}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, bad := range []string{"", "?schema=x&client=" + rowID, "?schema=1&client=x", "?schema=-1&client=" + rowID, "?schema=1&client=" + rowID + "&cursor=" + strings.Repeat("x", 600)} {
		f.problem(f.do("C", "GET", "/api/v1/sync"+bad, ""), 422, fault.Invalid)
	}
}

// TestParcels: what is inside a parcel is held to the rules of any other body,
// and a parcel that the engine answers goes out as it is.
func TestParcels(t *testing.T) {
	f := newFixture(t)
	post := func(body []byte) *httptest.ResponseRecorder {
		return f.do("C", "POST", "/api/v1/sync", string(body), "Content-Type", "application/octet-stream", "Accept-Encoding", "gzip")
	}
	if w := post(parcel.Wrap(nil, []byte(`{"cursor": "户"}`))); w.Code != 200 || f.last() != `exchange {"cursor": "户"}` {
		t.Errorf("%d %s; %s", w.Code, w.Body, f.last())
	}
	whole := parcel.Wrap(nil, []byte(`{"cursor":""}`))
	f.problem(post(whole[:len(whole)-1]), 400, fault.BadRequest)
	f.problem(post(nil), 400, fault.BadRequest)
	f.problem(post(parcel.Wrap(nil, []byte(`{"cursor":"","cursor":""}`))), 400, fault.BadRequest)
	f.problem(post(parcel.Wrap(nil, bytes.Repeat([]byte(" "), 300<<10))), 413, fault.TooLarge)
	f.problem(post(append([]byte{parcel.Current + 1}, whole[1:]...)), 415, fault.BadMedia)
	f.problem(f.do("T", "PATCH", "/api/v1/records/visit/"+rowID, string(whole), "Content-Type", "application/octet-stream", "If-Match", `"3"`), 415, fault.BadMedia)
	f.polled = parcel.Wrap(nil, bytes.Repeat([]byte("a"), 4000))
	w := f.do("C", "GET", "/api/v1/sync?cursor=abc&pack=1&schema=1&client="+rowID, "", "Accept-Encoding", "gzip")
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), f.polled) || w.Header().Get("Content-Type") != "application/octet-stream" || w.Header().Get("Content-Encoding") != "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestBlobs(t *testing.T) {
	f := newFixture(t)
	f.payload = []byte(strings.Repeat("政策", 200))
	sha := strings.Repeat("ab", 32)
	w := f.do("H", "GET", "/api/v1/blobs/"+sha, "")
	if w.Code != 200 || w.Body.String() != string(f.payload) || w.Header().Get("ETag") != `"`+sha+`"` || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(w.Header().Get("Cache-Control"), "private") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = f.do("H", "GET", "/api/v1/blobs/"+sha, "", "Accept-Encoding", "gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("ETag") != `"`+sha+`-gzip"` {
		t.Errorf("%v", w.Header())
	}
	for _, tag := range []string{sha, sha + "-gzip"} {
		if w := f.do("H", "GET", "/api/v1/blobs/"+sha, "", "Accept-Encoding", "gzip", "If-None-Match", `"`+tag+`"`); w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("%s: %d", tag, w.Code)
		}
	}
	w = f.do("H", "GET", "/api/v1/blobs/"+sha, "", "Range", "bytes=3-5", "Accept-Encoding", "gzip")
	if w.Code != 206 || w.Body.String() != "策" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	for _, bad := range []string{"x", strings.Repeat("AB", 32), strings.Repeat("a", 65)} {
		f.problem(f.do("H", "GET", "/api/v1/blobs/"+bad, ""), 404, fault.NotFound)
	}
}

func TestPhotos(t *testing.T) {
	f := newFixture(t)
	w := f.do("C", "GET", "/api/v1/photos/"+rowID+"?size=full", "", "Range", "bytes=2-4")
	if w.Code != 206 || w.Body.String() != "234" || w.Header().Get("Content-Type") != "image/jpeg" || f.last() != "open "+rowID+" full" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	if w := f.do("C", "GET", "/api/v1/photos/"+rowID, ""); w.Code != 200 || f.last() != "open "+rowID+" thumb" {
		t.Errorf("%d %s", w.Code, f.last())
	}
	f.problem(f.do("C", "GET", "/api/v1/photos/"+rowID+"?size=huge", ""), 422, fault.Invalid)
	f.err = fault.New(fault.NotFound, "")
	f.problem(f.do("C", "GET", "/api/v1/photos/"+rowID, ""), 404, fault.NotFound)
}

func TestUploads(t *testing.T) {
	f := newFixture(t)
	for _, m := range []string{"POST", "PATCH", "HEAD"} {
		if w := f.do("V", m, "/api/v1/uploads/xyz", ""); w.Code != 201 || f.last() != "upload V abababababababab" {
			t.Errorf("%s: %d %s", m, w.Code, f.last())
		}
	}
}

func TestOwnPage(t *testing.T) {
	f := newFixture(t)
	if w := f.do("H", "GET", "/api/v1/my", ""); w.Body.String() != `{"household":{"id":"`+mine+`"},"helpers":[],"visits":[],"measures":[],"needs":[],"deliveries":[],"cards":[],"clips":[],"words":{"helpers":null,"visits":null,"measures":null,"needs":null,"deliveries":null}}` {
		t.Error(w.Body)
	}
}

func TestReady(t *testing.T) {
	var sick, soft error
	f := newFixture(t, func(d *Deps) {
		d.Checks = []Check{
			{Name: "database", Ping: func(context.Context) error { return sick }},
			{Name: "redis", Soft: true, Ping: func(context.Context) error { return soft }},
		}
	})
	if w := f.do("", "GET", "/healthz", ""); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.do("", "GET", "/readyz", ""); w.Code != 200 || w.Body.String() != `{"database":"ok","redis":"ok"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	soft = errors.New("hunter2")
	if w := f.do("", "GET", "/readyz", ""); w.Code != 200 || w.Body.String() != `{"database":"ok","redis":"down"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	sick = errors.New("hunter2")
	w := f.do("", "GET", "/readyz", "")
	if strings.Contains(w.Body.String(), "hunter2") || w.Header().Get("Retry-After") == "" {
		t.Errorf("%s", w.Body)
	}
	if p := f.problem(w, 503, fault.Unavailable); len(p.Fields) != 1 || p.Fields[0].Name != "database" {
		t.Errorf("%+v", p)
	}
}

func TestMetrics(t *testing.T) {
	f := newFixture(t, func(d *Deps) {
		d.MetricsToken = "0123456789abcdef"
		d.Counters = []Counter{{Name: "daohu_sync_rows_total", Help: "Rows.", Read: func() float64 { return 7 }}, {Name: "daohu_open", Help: "Open.", Gauge: true, Read: func() float64 { return 1 }}}
	})
	f.do("C", "GET", "/api/v1/records/visit/"+rowID, "")
	f.do("C", "GET", "/who/is/韦小花", "")
	w := f.do("", "GET", "/metrics", "", "Authorization", "Bearer 0123456789abcdef")
	for _, want := range []string{
		`daohu_http_requests_total{method="GET",route="/api/v1/records/visit/:id",status="200"} 1`,
		`daohu_http_requests_total{method="other",route="unmatched",status="404"} 1`,
		"daohu_sync_rows_total 7", "# TYPE daohu_open gauge", `daohu_build_info{version="test"} 1`, "daohu_http_in_flight 1",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(w.Body.String(), "韦") || strings.Contains(w.Body.String(), rowID) {
		t.Error("a path asked for became a label")
	}
	for _, auth := range []string{"", "Bearer 0123456789abcdee", "Bearer role-K"} {
		f.problem(f.do("", "GET", "/metrics", "", "Authorization", auth), 401, fault.Unauthorized)
	}
}

func TestMetricsWithoutATokenAreForThisMachine(t *testing.T) {
	addr := listen(t, newFixture(t))
	get := func(headers ...string) int { return status(t, "http://"+addr+"/metrics", headers...) }
	if c := get(); c != 200 {
		t.Errorf("loopback: %d", c)
	}
	if c := get("X-Forwarded-For", "127.0.0.1"); c != 401 {
		t.Errorf("through a proxy on this machine: %d", c)
	}
	f := newFixture(t)
	f.problem(f.do("", "GET", "/metrics", ""), 401, fault.Unauthorized) // from 192.0.2.1
}
