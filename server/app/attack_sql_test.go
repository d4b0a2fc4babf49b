package app

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/account"
	"daohu/server/config"
	"daohu/server/record"
	"daohu/server/servertest"
)

// sqlMark stands in every payload; no statement may ever contain it.
const sqlMark = "zq7x"

// sqlPayloads try to leave the place of a value in a statement, in the ways of
// both databases.
func sqlPayloads() []string {
	var out []string
	for _, p := range []string{
		"' OR '1'='1", "'; DROP TABLE visit; --", "\" OR \"\"=\"", "` OR `1`=`1", "') OR ('1'='1", "' UNION SELECT password_hash FROM user --", "\\' OR 1=1 -- ",
		"1; SELECT SLEEP(5)", "' AND SLEEP(5) AND '1'='1", "0x27204f5220313d31", "' || (SELECT hex(randomblob(10))) || '", "%' AND 1=1 AND '%'='", "?", "$1", ":name", "@name",
		"'/**/OR/**/1=1#", "\uff07 OR 1=1", "\u02bc OR 1=1", "id; ATTACH DATABASE 'x' AS y", "_%", "%", "' INTO OUTFILE '/tmp/x", "'\x00", "\xbf' OR 1=1",
	} {
		out = append(out, sqlMark+p)
	}
	return out
}

// statements collects the SQL that was run, and complains of any that holds
// what a caller wrote.
type statements struct {
	t    testing.TB
	mu   sync.Mutex
	seen map[string]bool
}

func (s *statements) trace(sql string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[sql] = true
	if strings.Contains(sql, sqlMark) {
		s.t.Errorf("INJECTED: %s", sql)
	}
}

// TestSQLInjection sends every payload in every parameter of the query, every
// part of the path and every text of the body of every route, and in every
// text of every synced type; no statement contains any of it, nothing breaks,
// and no table is lost (quality.md A13).
func TestSQLInjection(t *testing.T) {
	for name, o := range map[string]fixtureOptions{"embedded": {}, "mariadb": {MariaDB: true, Config: func(c *config.Config) { c.Redis = "" }}} { // limits by the clock of the test
		t.Run(name, func(t *testing.T) {
			s := &statements{t: t, seen: map[string]bool{}}
			o.Trace = s.trace
			i := &injector{fixture: newFixture(t, o)}
			before := i.counted()
			i.bodies = i.schemas()
			for _, r := range i.API.Routes() {
				for _, role := range i.roles(r.Roles) {
					i.route(r.Method, r.Path, role, r.Query)
				}
			}
			i.sync()
			after := i.counted()
			for table, n := range before {
				if after[table] < n && !slices.Contains([]string{"session", "attempt", "onetime"}, table) {
					t.Errorf("%s had %d rows and has %d", table, n, after[table])
				}
			}
			if len(s.seen) < 60 || i.sent < 1500 {
				t.Errorf("%d statements, %d requests: too little was tried", len(s.seen), i.sent)
			}
			fixtureFigure(t, "SQL injection: %d payloads sent in %d requests, %d different statements run, 0 contain one", len(sqlPayloads()), i.sent, len(s.seen))
		})
	}
}

type injector struct {
	*fixture
	tokens map[string]string         // by role
	since  time.Time                 // when they were made
	bodies map[string]map[string]any // schema of the body by "METHOD path"
	sent   int
	place  int
}

// awake logs everybody in again before a session ends by its age: each request
// takes time, and a console's session lasts 12 hours.
func (i *injector) awake() {
	i.Helper()
	if i.Now().Sub(i.since) < account.ConsoleLife/2 {
		return
	}
	i.since, i.tokens = i.Now(), map[string]string{"": ""}
	for role, login := range map[string]string{"H": "household-1-0", "C": "cadre-1-0", "V": "village-1", "T": "admin-1", "K": "county-1", "A": "auditor-1"} {
		i.tokens[role] = i.FreshToken(login)
	}
}

// turn takes every payload in the full run, else a quarter of them, another
// one at every place.
func (i *injector) turn(n int) bool {
	i.place++
	return servertest.Full() || (n+i.place)%4 == 0
}

// counted is how many rows each table has.
func (i *injector) counted() map[string]int64 {
	i.Helper()
	out := map[string]int64{}
	d, err := i.DB.Dump(i.Context(), func(string) (io.WriteCloser, error) { return &dumpText{}, nil })
	i.must(err)
	for _, t := range d.Tables {
		out[t.Name] = t.Rows
	}
	return out
}

// roles are one who may use the route, and, for reading, all who may.
func (i *injector) roles(all string) []string {
	if all == "" {
		return []string{""}
	}
	return strings.Split(all, "")[:1]
}

// schemas reads from the API document what each body consists of.
func (i *injector) schemas() map[string]map[string]any {
	i.Helper()
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas map[string]struct{ Properties map[string]map[string]any }
		}
	}
	i.must(json.Unmarshal([]byte(i.Do("GET", "", "/openapi.json", nil).Body), &doc))
	out := map[string]map[string]any{}
	for path, ops := range doc.Paths {
		for method, raw := range ops {
			var op struct {
				RequestBody struct {
					Content map[string]struct {
						Schema struct {
							Ref string `json:"$ref"`
						}
					}
				}
			}
			if json.Unmarshal(raw, &op) != nil {
				continue // parameters of a path
			}
			ref := op.RequestBody.Content["application/json"].Schema.Ref
			fields := map[string]any{}
			for name, p := range doc.Components.Schemas[ref[strings.LastIndexByte(ref, '/')+1:]].Properties {
				if fields[name] = p["type"]; p["type"] != nil {
					if several, ok := p["type"].([]any); ok { // a list may also be null
						fields[name] = several[0]
					}
				}
			}
			out[strings.ToUpper(method)+" "+path] = fields
		}
	}
	return out
}

func (i *injector) send(method, token, path string, body any, headers ...string) {
	i.Helper()
	i.sent++
	i.Pass(time2)
	a := i.Do(method, token, path, body, headers...)
	counted := strings.Contains(path, "/login/") || strings.Contains(path, "/totp/") || strings.Contains(path, "/me/password") || strings.Contains(path, "/exports") // limits that the test runs into
	if a.Status >= http.StatusInternalServerError || strings.Contains(a.Body, "sqlite") || strings.Contains(a.Body, "syntax") || a.Status == http.StatusTooManyRequests && !counted || a.Status == http.StatusUnauthorized && token != "" {
		i.Errorf("%s %s %v: %d %s", method, path, body, a.Status, a.Body)
	}
}

// route tries one route as one role; each payload in every place at least once.
func (i *injector) route(method, path, role string, query []string) {
	i.Helper()
	if path == "/api/v1/logout" {
		return // takes nothing, and ends the session
	}
	i.awake()
	house := i.Towns[0].Houses[0].ID
	brace := ":"
	documented := path
	for _, p := range []string{"id", "sha256", "code"} {
		documented = strings.ReplaceAll(documented, brace+p, "{"+p+"}")
	}
	fields := i.bodies[method+" "+documented]
	fill := func(p string) string {
		return strings.NewReplacer(":id", p, ":sha256", p, ":code", p).Replace(path)
	}
	good := fill(house)
	for n, p := range sqlPayloads() {
		escaped := url.QueryEscape(p)
		if strings.Contains(path, ":") && i.turn(n) {
			i.send(method, i.tokens[role], fill(url.PathEscape(p)), nil, "If-Match", "1")
		}
		for _, q := range slices.Concat(query, []string{"household", "township"}) {
			if i.turn(n) {
				i.send(method, i.tokens[role], good+"?"+q+"="+escaped, nil)
			}
		}
		if fields == nil || !i.turn(n) {
			continue
		}
		all := map[string]any{}
		for name, kind := range fields {
			all[name] = map[any]any{"string": p, "integer": 1, "boolean": true, "array": []any{p}}[kind]
		}
		i.send(method, i.tokens[role], good+"?household="+house, all, "If-Match", "1")
		for _, name := range slices.Sorted(maps.Keys(fields)) { // one at a time, the others plausible
			if fields[name] != "string" || n%5 != 0 {
				continue
			}
			one := map[string]any{}
			for other, kind := range fields {
				one[other] = map[any]any{"string": "2026-03-02", "integer": 1, "boolean": true, "array": []any{}}[kind]
			}
			one[name] = p
			i.send(method, i.tokens[role], good+"?household="+house, one, "If-Match", "1")
		}
	}
}

// sync tries every text of every type through the exchange.
func (i *injector) sync() {
	i.Helper()
	i.awake()
	house, phone := i.Towns[0].Houses[0].ID, i.Phone(i.tokens["C"])
	member := i.RowsOf("member", i.Towns[0], house)[0]
	for n, p := range sqlPayloads() {
		var muts []fixtureMut
		for _, t := range i.Registry.Types {
			for _, f := range t.Fields {
				if f.Name == "" || (f.Kind != record.Text && f.Kind != record.Secret) || f.Class == record.Server {
					continue
				}
				id := map[string]string{"household": house, "member": member}[t.Name]
				if id == "" {
					id = i.DB.NewID()
				}
				muts = append(muts, fixtureMut{Type: t.Name, ID: id, House: house, Patch: map[string]any{f.Name: strings.ToValidUTF8(p, "?"), "day": i.Today()}})
			}
			muts = append(muts, fixtureMut{Type: p, ID: p, House: p, Patch: map[string]any{p: p}, Base: 1})
		}
		for part := range slices.Chunk(muts, 60) {
			i.sent++
			i.Pass(time2)
			list := []any{}
			for _, m := range part {
				phone.mid++
				list = append(list, []any{phone.mid, 1, m.Type, m.ID, m.House, m.Patch, int64(n)})
			}
			a := i.Do("POST", phone.Token, "/api/v1/sync", map[string]any{"cursor": "", "schema": 1, "client": phone.Client, "acked": []any{0, ""}, "muts": list, "budget": 4096, "unsent": []int{0, 0}})
			if a.Status != http.StatusOK && a.Status != http.StatusBadRequest {
				i.Errorf("sync: %d %s", a.Status, a.Body)
			}
			if a.Status == http.StatusBadRequest {
				phone.mid -= int64(len(part))
			}
		}
	}
	for _, cursor := range sqlPayloads() {
		i.send("GET", phone.Token, fmt.Sprintf("/api/v1/sync?cursor=%s&schema=1&client=%s", url.QueryEscape(cursor), i.DB.NewID()), nil)
		i.send("GET", phone.Token, fmt.Sprintf("/api/v1/sync?cursor=&schema=1&client=%s", url.QueryEscape(cursor)), nil)
	}
}
