package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"daohu/server/fault"
)

// hostileProblem checks that a refusal has the one form every failure has:
// problem+json, a declared code, a Chinese sentence, the request's id, and
// nothing of the machinery.
func (f *fixture) hostileProblem(what string, a fixtureAnswer, statuses ...int) {
	f.Helper()
	p := a.Problem()
	spec := fault.SpecOf(fault.Code(p.Code))
	han := strings.ContainsFunc(p.Detail, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	switch {
	case !slices.Contains(statuses, a.Status):
		f.Errorf("%s: %d, want %v: %s", what, a.Status, statuses, a.Body)
	case a.Header.Get("Content-Type") != "application/problem+json" || p.Status != a.Status || !han:
		f.Errorf("%s: not a problem: %s %s", what, a.Header.Get("Content-Type"), a.Body)
	case string(spec.Code) != p.Code || (spec.Status != a.Status && a.Status != http.StatusMethodNotAllowed) || p.Type != "/errors/"+p.Code:
		f.Errorf("%s: code %q does not go with %d", what, p.Code, a.Status)
	case p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id"):
		f.Errorf("%s: request id %q, header %q", what, p.RequestID, a.Header.Get("X-Request-Id"))
	case strings.Contains(a.Body, "json:") || strings.Contains(a.Body, "sql") || strings.Contains(a.Body, ".go") || strings.Contains(a.Body, "SELECT"):
		f.Errorf("%s: shows the machinery: %s", what, a.Body)
	}
	for _, field := range p.Fields {
		if field.Name == "" || field.Code == "" || field.Detail == "" {
			f.Errorf("%s: incomplete field in %s", what, a.Body)
		}
	}
}

// hostileRoute is a writing route with a body it takes.
type hostileRoute struct {
	method, path, token string
	body                map[string]any
	headers             []string
}

func (m *matrix) hostileRoutes() []hostileRoute {
	x, admin := m.targets[0], m.Token("admin-1")
	return []hostileRoute{
		{"POST", "/api/v1/login/wechat", "", map[string]any{"code": "demo:admin-1"}, nil},
		{"POST", "/api/v1/login/password", "", map[string]any{"name": "admin-1", "password": fixturePassword}, nil},
		{"POST", "/api/v1/login/household", "", map[string]any{"card": "x", "pin": "123456"}, nil},
		{"POST", "/api/v1/sync", m.Token("cadre-1-0"), map[string]any{"cursor": "", "schema": 1, "client": m.DB.NewID(), "acked": []any{0, ""}, "budget": 4096, "unsent": []int{0, 0},
			"muts": []any{[]any{1, 1, "visit", m.DB.NewID(), x.house, map[string]any{"day": m.Today()}, 1}}}, nil},
		{"POST", "/api/v1/records/visit/" + x.rows["visit"] + "/decision", admin, map[string]any{"action": "return", "rev": 1, "reason": "改"}, nil},
		{"POST", "/api/v1/proposals/" + x.rows["proposal"] + "/decision", admin, map[string]any{"action": "accept", "rev": 1}, nil},
		{"POST", "/api/v1/quarantine/" + x.kept + "/decision", admin, map[string]any{"action": "refuse", "reason": "不用"}, nil},
		{"POST", "/api/v1/households/" + x.house + "/pairing", admin, map[string]any{"cadre": "cadre-1-1", "day": m.Today()}, nil},
		{"PATCH", "/api/v1/records/household/" + x.house, admin, map[string]any{"notes": "改"}, []string{"If-Match", "1"}},
		{"POST", "/api/v1/records/member?household=" + x.house, admin, map[string]any{"name": "新", "relation": "之子"}, nil},
	}
}

// hostileTexts are what no route may take, made of a body it takes.
func hostileTexts(good string) map[string]string {
	rest := good[1:]
	return map[string]string{
		"half of it":            good[:len(good)/2],
		"nothing":               " ",
		"a brace":               "{",
		"a list":                "[" + good + "]",
		"null":                  "null",
		"a text":                `"` + "x" + `"`,
		"a number":              "1",
		"two of them":           good + good,
		"something behind":      good + " x",
		"trailing comma":        strings.TrimSuffix(good, "}") + ",}",
		"single quotes":         strings.ReplaceAll(good, `"`, `'`),
		"a comment":             "/* */" + good,
		"a byte order mark":     "\xef\xbb\xbf" + good,
		"no number":             `{"rev":NaN,` + rest,
		"a huge exponent":       `{"rev":1e999,` + rest,
		"a long number":         `{"rev":` + strings.Repeat("9", 400) + `,` + rest,
		"invalid UTF-8 in text": `{"a":"` + "\xff\xfe" + `",` + rest,
		"invalid UTF-8 in key":  `{"` + "\xc3\x28" + `":1,` + rest,
		"a raw control":         `{"a":"` + "\x00" + `",` + rest,
		"deep lists":            `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,` + rest,
		"deep objects":          `{"a":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000) + `,` + rest,
		"the same key twice":    `{` + hostileFirst(good) + `,` + rest,
		"the same key escaped":  `{` + hostileEscaped(good) + `,` + rest,
		"an unknown field":      `{"unknown":1,` + rest,
		"a field of the server": `{"seq":1,` + rest,
		"too much":              `{"a":"` + strings.Repeat("长", 100<<10) + `",` + rest,
		"much white space":      strings.Repeat(" ", 300<<10) + good,
		"many keys":             `{` + hostileKeys(3000) + rest,
	}
}

// hostileFirst is the first key of an object with another value.
func hostileFirst(good string) string {
	return good[1:strings.Index(good, ":")] + ":null"
}

func hostileEscaped(good string) string {
	key := good[2 : strings.Index(good, ":")-1]
	return fmt.Sprintf(`"\u%04x%s":null`, key[0], key[1:])
}

func hostileKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":%d,`, i, i)
	}
	return b.String()
}

// TestHostileBodies sends every broken body to every writing route.
func TestHostileBodies(t *testing.T) {
	m := newMatrix(t)
	before, sent := m.fingerprint(), 0
	refused := []int{400, 413, 415, 422}
	for _, r := range m.hostileRoutes() {
		raw, err := json.Marshal(r.body)
		m.must(err)
		good := string(raw)
		for what, text := range hostileTexts(good) {
			m.Pass(time2)
			sent++
			m.hostileProblem(r.path+": "+what, m.Do(r.method, r.token, r.path, text, r.headers...), refused...)
		}
		for _, h := range [][]string{{"Content-Type", "text/plain"}, {"Content-Type", "application/x-www-form-urlencoded"}, {"Content-Type", "multipart/form-data; boundary=x"}, {"Content-Type", ""},
			{"Content-Type", "application/json; charset=gbk"}, {"Content-Type", "application/json, text/html"}, {"Content-Encoding", "gzip"}, {"Content-Encoding", "br"}} {
			m.Pass(time2)
			sent++
			m.hostileProblem(fmt.Sprint(r.path, h), m.Do(r.method, r.token, r.path, good, append(slices.Clone(r.headers), h...)...), 415)
		}
		sent += m.hostileKinds(r, refused)
	}
	if after := m.fingerprint(); after != before {
		t.Errorf("something was written:\n%s", fixtureDiff(before, after))
	}
	if strings.Contains(m.log.String(), "panic") {
		t.Error("a handler panicked")
	}
	fixtureFigure(t, "hostile bodies: %d sent to %d routes, all refused as problem+json, 0 rows written", sent, len(m.hostileRoutes()))
}

// hostileKinds puts a value of the wrong kind under every key.
func (m *matrix) hostileKinds(r hostileRoute, refused []int) (sent int) {
	m.Helper()
	for key, was := range r.body {
		for _, v := range []any{map[string]any{"$gt": ""}, []any{[]any{[]any{[]any{}}}}, true, 1.5, "\u0000", strings.Repeat("长", 5000)} {
			_, isText := was.(string)
			_, isWord := v.(string)
			if text, ok := v.(string); key == "cursor" && isWord || strings.Contains(r.path, "login") && isText && ok && len(text) < 10 {
				continue // an unreadable cursor means reconcile; a wrong name is a wrong name
			}
			body := map[string]any{}
			for k, w := range r.body {
				body[k] = w
			}
			body[key] = v
			if r.path == "/api/v1/sync" { // what is wrong may not come with an effect
				if body["muts"] = []any{}; key == "muts" {
					body[key] = v
				}
			}
			m.Pass(time2)
			sent++
			a := m.Do(r.method, r.token, r.path, body, r.headers...)
			m.hostileProblem(fmt.Sprintf("%s: %s = %.20v", r.path, key, v), a, refused...)
		}
	}
	return sent
}

// TestHostileMutations: what is wrong with one mutation is told in its result;
// it is consumed, changes nothing, and does not block the next.
func TestHostileMutations(t *testing.T) {
	m := newMatrix(t)
	x, token := m.targets[0], m.Token("cadre-1-0")
	before, client, mid := m.fingerprint(), m.DB.NewID(), 0
	good := m.DB.NewID()
	bad := []string{`"visit"`, `"visit",1,2,3,4`, `1,1,1,1,1,1`}
	for _, patch := range []string{`{}`, `{"day":1e400}`, `{"day":"2026-13-45"}`, `{"day":"2026-02-30"}`, `{"day":null}`, `{"day":"2026-03-01","stage":99}`, `{"day":"2026-03-01","stage":-1}`,
		`{"day":"2026-03-01","stage":1.5}`, `{"day":"2026-03-01","lat":1}`, `{"day":"2026-03-01","lat":99999999999999999999}`, `{"day":"2026-03-01","met":{"a":1}}`,
		`{"day":"2026-03-01","met":[[[[1]]]]}`, `{"day":"2026-03-01","text":"\u0000"}`, `{"day":"2026-03-01","state":"approved"}`,
		`{"day":"2026-03-01","text":"` + strings.Repeat("长", 2001) + `"}`, `{"day":"2026-03-01","__proto__":{}}`, `[]`, `"x"`, `1`, `true`} {
		bad = append(bad, fmt.Sprintf(`1,"visit","%s","%s",%s,1`, m.DB.NewID(), x.house, patch))
	}
	ok := `{"day":"2026-03-01"}`
	for _, c := range [][3]string{{"visit", "short", x.house}, {"visit", m.DB.NewID(), "short"}, {"visit", m.DB.NewID(), "' OR 1=1 --"}, {"nothing", m.DB.NewID(), x.house}, {"", m.DB.NewID(), x.house},
		{"VISIT", m.DB.NewID(), x.house}, {"visit;DROP TABLE visit", m.DB.NewID(), x.house}, {"user", m.DB.NewID(), x.house}} {
		bad = append(bad, fmt.Sprintf(`1,"%s","%s","%s",%s,1`, c[0], c[1], c[2], ok))
	}
	for _, base := range []string{"-1", "1e300", `"1"`, "1.5"} {
		bad = append(bad, fmt.Sprintf(`%s,"visit","%s","%s",%s,1`, base, m.DB.NewID(), x.house, ok))
	}
	taken := 0
	for i, text := range bad {
		mid++
		m.Pass(time2)
		raw := fmt.Sprintf(`{"cursor":"","schema":1,"client":"%s","acked":[0,""],"budget":4096,"unsent":[0,0],"muts":[[%d,%s]]}`, client, mid, text)
		a := m.Do("POST", token, "/api/v1/sync", raw)
		if a.Status == http.StatusBadRequest { // the request as a whole, such as a number too long: nothing consumed
			m.hostileProblem(text, a, 400)
			mid--
			continue
		}
		var got struct {
			Last    int
			Results [][]any
		}
		m.must(json.Unmarshal([]byte(a.Body), &got))
		if got.Last != mid || len(got.Results) == 0 || got.Results[len(got.Results)-1][0] != float64(mid) {
			t.Errorf("%d. %.90s: %.300s", i, text, a.Body)
			continue
		}
		taken++
	}
	if after := m.fingerprint(); after != before {
		t.Errorf("hostile mutations changed something:\n%s", fixtureDiff(before, after))
	}
	raw := fmt.Sprintf(`{"cursor":"","schema":1,"client":"%s","acked":[0,""],"budget":4096,"unsent":[0,0],"muts":[[%d,1,"visit","%s","%s",%s,1]]}`, client, mid+1, good, x.house, ok)
	if a := m.Do("POST", token, "/api/v1/sync", raw); a.Status != 200 || !slices.Contains(m.RowsOf("visit", x.town, x.house), good) {
		t.Errorf("the good mutation behind them: %d %s", a.Status, a.Body)
	}
	fixtureFigure(t, "hostile mutations: %d consumed with a result, %d refused whole, 0 rows changed, the next one taken", taken, len(bad)-taken)
}

// TestHostileQueries: parameters and paths.
func TestHostileQueries(t *testing.T) {
	m := newMatrix(t)
	admin, cadre, before := m.Token("admin-1"), m.Token("cadre-1-0"), m.fingerprint()
	list, sent := "/api/v1/records/visit", 0
	for _, v := range []string{"0", "-1", "201", "99999999999999999999", "1.5", "abc", "%00", "1%20OR%201=1", "%FF"} {
		m.hostileProblem("limit="+v, m.Do("GET", admin, list+"?limit="+v, nil), 422, 400)
		sent++
	}
	for _, v := range []string{"..%2f..%2fetc%2fpasswd", "%00%00%00%00%00%00%00%00%00%00%00%00", "'%20OR%20'1'='1", "AAAAAAAAAAAAA", "AAAA%0AAAAAAA", "%E2%80%AE%E2%80%AE%E2%80%AE%E2%80%AE", strings.Repeat("A", 5000), "%FF%FF"} {
		for _, path := range []string{list + "/" + v, "/api/v1/photos/" + v, "/api/v1/blobs/" + v, "/api/v1/uploads/" + v, list + "?household=" + v, "/api/v1/records/card?township=" + v} {
			method := map[bool]string{true: "POST", false: "GET"}[strings.Contains(path, "uploads")]
			m.Pass(time2)
			m.hostileProblem(method+" "+path, m.Do(method, cadre, path, nil, "Tus-Resumable", "1.0.0", "X-HTTP-Method-Override", "PATCH", "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream"), 400, 404, 422)
			sent++
		}
	}
	for _, q := range []string{"", "schema=x", "schema=-1&client=AAAAAAAAAAAA", "schema=1&client=short", "schema=1&client=AAAAAAAAAAAA&cursor=" + strings.Repeat("A", 600), "schema=99999999999&client=AAAAAAAAAAAA"} {
		m.hostileProblem("poll "+q, m.Do("GET", cadre, "/api/v1/sync?"+q, nil), 422)
		sent++
	}
	for _, match := range []string{"", "x", "-1", "0", "1.5", "99999999999999999999", "*", `W/"1"`} {
		m.hostileProblem("If-Match "+match, m.Do("PATCH", admin, "/api/v1/records/household/"+m.targets[0].house, map[string]any{"notes": "x"}, "If-Match", match), 422)
		sent++
	}
	for _, token := range []string{"x", strings.Repeat("A", 43), strings.Repeat("A", 6000), "' OR 1=1", "..", cadre + "A", cadre[:42]} {
		m.hostileProblem("token "+token[:min(len(token), 20)], m.Do("GET", token, "/api/v1/me", nil), 401)
		sent++
	}
	m.hostileProblem("unknown path", m.Do("GET", admin, "/api/v1/nothing", nil), 404)
	m.hostileProblem("unknown method", m.Do("DELETE", admin, list, nil), 405)
	m.hostileProblem("a body where none belongs", m.Do("GET", admin, list, map[string]any{"a": 1}), 413)
	if after := m.fingerprint(); after != before {
		t.Errorf("something was written:\n%s", fixtureDiff(before, after))
	}
	fixtureFigure(t, "hostile queries: %d refused as problem+json", sent+3)
}

// TestDatabaseClosed: without the database every route that needs it answers
// 503 and says when to try again; nothing is lost silently.
func TestDatabaseClosed(t *testing.T) {
	m := newMatrix(t)
	table := m.table()
	for _, token := range m.tokens { // every session is in the cache
		m.Do("GET", token, "/api/v1/me", nil)
	}
	m.must(m.DB.Close())
	idle := []string{"GET /healthz", "GET /metrics", "GET /openapi.json", "GET /errors/:code", "GET /api/v1/about"}
	asked := 0
	for _, cold := range []bool{false, true} { // sessions in the cache, then not
		if cold {
			m.Pass(5 * time.Minute)
		}
		for _, name := range slices.Sorted(maps.Keys(table)) {
			row := table[name]
			role := row.who[:1]
			if row.who == matrixPublic {
				role = matrixNobody
			}
			if row.fresh || strings.Contains(name, "/login/") {
				continue // asked below
			}
			a := m.ask(name, row, role, m.targets[0])
			known := !cold && (slices.Contains([]string{"GET /api/v1/me", "GET /api/v1/issues/words", "GET /api/v1/lists", "POST /api/v1/me/subscriptions"}, name) || strings.Contains(name, "/uploads")) || slices.Contains([]string{"GET /api/v1/photos/:id/view", "GET /api/v1/blobs/:sha256/sound"}, name) /* the ticket is judged first, without the database */ || slices.Contains(idle, name)
			refusedFirst := !cold && row.ok == 422 && row.out == 422 // fields that only the server sets
			if asked++; known || refusedFirst {
				if a.Status < 500 {
					continue
				} // the session was asked for after all
			}
			m.unavailable(name, a)
		}
	}
	for path, body := range map[string]any{"/api/v1/login/wechat": map[string]any{"code": "demo:admin-1"}, "/api/v1/login/password": map[string]any{"name": "admin-1", "password": "x"},
		"/api/v1/login/household": map[string]any{"card": "x", "pin": "1"}} {
		asked++
		m.unavailable("POST "+path, m.Do("POST", "", path, body))
	}
	m.unavailable("POST /api/v1/logout", m.Do("POST", m.tokens["T"], "/api/v1/logout", nil))
	fixtureFigure(t, "database closed: %d requests, each 503 with Retry-After or without need of it", asked+1)
}

func (m *matrix) unavailable(what string, a fixtureAnswer) {
	m.Helper()
	if n, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || n < 1 || a.Status != http.StatusServiceUnavailable {
		m.Errorf("%s without a database: %d, Retry-After %q: %s", what, a.Status, a.Header.Get("Retry-After"), a.Body)
	}
	if !strings.HasPrefix(what, "HEAD") {
		m.hostileProblem(what, a, http.StatusServiceUnavailable)
	}
}
