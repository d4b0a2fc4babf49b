package app

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
)

// What a row of the matrix is judged by.
const (
	matrixAny    = "any"    // whoever has the role
	matrixHouse  = "house"  // the target's household is in reach
	matrixTown   = "town"   // the target's township is
	matrixAuthor = "author" // the row's author only
	matrixPublic = "public"
)

// matrixAsk is one request.
type matrixAsk struct {
	path    string
	body    any
	headers []string
}

// matrixRow says who may use a route, and what answers.
type matrixRow struct {
	who   string // role letters, or matrixPublic
	push  bool   // push-only sessions too
	reach string
	ok    int // status within reach; 0 = 200
	out   int // status beyond it; 0 = 404
	fresh bool
	plain bool // shows a sealed field to whoever may: the net for planted texts would hold it
	bare  bool // no further parameters: they would mean something
	ask   func(x *matrixTarget) matrixAsk
	shows func(x *matrixTarget) string // text that must be in the answer
}

func (r matrixRow) good() int    { return or(r.ok, http.StatusOK) }
func (r matrixRow) outside() int { return or(r.out, http.StatusNotFound) }

func or(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

func matrixPath(f func(x *matrixTarget) string) func(x *matrixTarget) matrixAsk {
	return func(x *matrixTarget) matrixAsk { return matrixAsk{path: f(x)} }
}

// table is the matrix: who may do what, by hand from the role matrix of the
// design, and not from the program.
func (m *matrix) table() map[string]matrixRow {
	author := m.User("cadre-1-0").ID // now: a test asks without the database
	all := "HCVTKA"
	rows := map[string]matrixRow{
		"POST /api/v1/login/wechat": {who: matrixPublic, reach: matrixAny, ok: 401, ask: matrixPost("/api/v1/login/wechat", map[string]any{"code": "nonsense"})},
		"POST /api/v1/login/password": {who: matrixPublic, reach: matrixAny, ok: 401, ask: func(*matrixTarget) matrixAsk {
			return matrixAsk{"/api/v1/login/password", map[string]any{"name": "nobody-" + strings.ToLower(m.DB.NewID()), "password": "nothing at all"}, nil}
		}},
		"POST /api/v1/login/household": {who: matrixPublic, reach: matrixAny, ok: 401, ask: matrixPost("/api/v1/login/household", map[string]any{"card": "none", "pin": "000000"})},
		"GET /healthz":                 {who: matrixPublic, reach: matrixAny},
		"GET /readyz":                  {who: matrixPublic, reach: matrixAny},
		"GET /metrics":                 {who: matrixPublic, reach: matrixAny},
		"GET /openapi.json":            {who: matrixPublic, reach: matrixAny},
		"GET /errors/:code":            {who: matrixPublic, reach: matrixAny, ask: matrixPath(func(*matrixTarget) string { return "/errors/not-found" })},

		"POST /api/v1/logout": {who: all, push: true, reach: matrixAny, ok: 204, fresh: true},
		"GET /api/v1/me":      {who: all, reach: matrixAny},
		"GET /api/v1/my":      {who: "H", reach: matrixAny, shows: func(*matrixTarget) string { return m.targets[0].house }},
		"POST /api/v1/sync":   {who: "HCV", push: true, reach: matrixAny, ask: m.askSync},
		"GET /api/v1/sync":    {who: "HCV", push: true, reach: matrixAny, bare: true, ask: m.askPoll},

		"POST /api/v1/uploads":      {who: "CV", push: true, reach: matrixAuthor, ok: 201, out: 409, ask: m.askCreate},
		"OPTIONS /api/v1/uploads":   {who: "CV", push: true, reach: matrixAny, ok: 204},
		"POST /api/v1/uploads/:id":  {who: "CV", push: true, reach: matrixAuthor, ask: m.askUpload("X-HTTP-Method-Override", "HEAD")},
		"PATCH /api/v1/uploads/:id": {who: "CV", push: true, reach: matrixAuthor, ok: 204, ask: m.askUpload("Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")},
		"HEAD /api/v1/uploads/:id":  {who: "CV", push: true, reach: matrixAuthor, ask: m.askUpload()},

		"GET /api/v1/blobs/:sha256": {who: all, reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/blobs/" + x.sha }),
			shows: func(x *matrixTarget) string { return fmt.Sprintf("卡片正文%d", x.town.No) }},

		"GET /api/v1/quarantine": {who: "T", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/quarantine?township=" + x.town.Township }),
			shows: func(x *matrixTarget) string { return x.house }},
		"POST /api/v1/quarantine/:id/decision": {who: "T", reach: matrixHouse, ok: 204, ask: func(x *matrixTarget) matrixAsk {
			return matrixAsk{"/api/v1/quarantine/" + x.kept + "/decision", map[string]any{"action": "refuse", "reason": "不用"}, nil}
		}},
		"POST /api/v1/quarantine/file": {who: "T", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
			change := []any{1, "visit", x.rows["visit"], x.house, map[string]any{"day": m.Today()}, 1}
			return matrixAsk{"/api/v1/quarantine/file?dry=1&township=" + x.town.Township, m.rescueFile(author, x.rows["visit"], []any{change}), nil}
		}, shows: func(x *matrixTarget) string { return x.rows["visit"] }},
		"POST /api/v1/proposals/:id/decision": {who: "T", reach: matrixHouse, ask: func(x *matrixTarget) matrixAsk {
			return matrixAsk{"/api/v1/proposals/" + x.rows["proposal"] + "/decision", map[string]any{"action": "refuse", "rev": 1, "reason": "不改"}, nil}
		}},
		"POST /api/v1/households/:id/pairing": {who: "T", reach: matrixHouse, ask: func(x *matrixTarget) matrixAsk {
			cadre := "cadre-1-0" // who has it: the same again changes nothing
			if x.scope != "own" {
				cadre = "cadre-1-1"
			}
			return matrixAsk{"/api/v1/households/" + x.house + "/pairing", map[string]any{"cadre": cadre, "day": m.Today()}, nil}
		}},
	}
	m.userRows(rows)
	rows["POST /api/v1/me/totp"] = matrixRow{who: "TK", reach: matrixAny}
	rows["POST /api/v1/me/totp/confirm"] = matrixRow{who: "TK", reach: matrixAny, ok: 422, ask: matrixPost("/api/v1/me/totp/confirm", map[string]any{"code": "no"})}
	rows["POST /api/v1/me/password"] = matrixRow{who: "CVTKA", reach: matrixAny, ok: 422, ask: matrixPost("/api/v1/me/password", map[string]any{"old": "no", "password": "no"})}
	rows["GET /api/v1/me/sessions"] = matrixRow{who: all, reach: matrixAny, shows: func(*matrixTarget) string { return `"here":true` }}
	rows["POST /api/v1/me/sessions/end"] = matrixRow{who: all, reach: matrixAny, ok: 204, ask: matrixPost("/api/v1/me/sessions/end", map[string]any{"others": false})}
	rows["POST /api/v1/me/phone"] = matrixRow{who: all, reach: matrixAny, ok: 204, ask: matrixPost("/api/v1/me/phone", map[string]any{"code": "demo:telephone"})}
	m.registryRows(rows)
	m.rosterRows(rows)
	m.qualityRows(rows)
	m.settingRows(rows)
	m.visitRows(rows)
	m.noticeRows(rows)
	rows["GET /api/v1/figures"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/figures?area=" + x.town.Township }),
		shows: func(*matrixTarget) string { return `"level":"village"` }}
	rows["GET /api/v1/figures/months"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/figures/months?area=" + x.town.Township }),
		shows: func(x *matrixTarget) string { return `"code":"` + x.town.Township }}
	rows["GET /api/v1/areas"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/areas?area=" + x.town.Township }),
		shows: func(*matrixTarget) string { return `"level":"village"` }}
	m.caseRows(rows)
	m.rightRows(rows)
	m.pairingRows(rows)
	m.listRows(rows)
	m.erasureRows(rows)
	m.formRows(rows)
	m.cardRows(rows)
	m.inboxRows(rows)
	m.ledgerRows(rows)
	m.photoRows(rows)
	m.outboxRows(rows)
	for _, r := range matrixRecords() {
		m.recordRows(rows, r)
	}
	return rows
}

// userRows are the rows about users. Whom T reaches K reaches too, so the
// township says all.
func (m *matrix) userRows(rows map[string]matrixRow) {
	on := func(what string, body any) func(x *matrixTarget) matrixAsk {
		return func(x *matrixTarget) matrixAsk {
			return matrixAsk{"/api/v1/users/" + m.spare(x) + "/" + what, body, nil}
		}
	}
	rows["GET /api/v1/users"] = matrixRow{who: "TK", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/users?role=&township=" + x.town.Township }),
		shows: func(x *matrixTarget) string { return fmt.Sprintf("cadre-%d-0", x.town.No) }}
	rows["POST /api/v1/users"] = matrixRow{who: "TK", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		login := "made-" + strings.ToLower(strings.Trim(m.DB.NewID(), "-_"))
		return matrixAsk{"/api/v1/users", map[string]any{"login": login, "name": "新账号", "role": "C", "township": x.town.Township}, nil}
	}}
	rows["POST /api/v1/users/:id/code"] = matrixRow{who: "TK", reach: matrixTown, ask: on("code", nil)}
	rows["POST /api/v1/users/:id/card"] = matrixRow{who: "TK", reach: matrixTown, ok: 422, ask: on("card", nil)} // a cadre has no card
	rows["POST /api/v1/users/:id/disable"] = matrixRow{who: "TK", reach: matrixTown, ok: 204, ask: on("disable", map[string]any{"on": false})}
	rows["GET /api/v1/devices"] = matrixRow{who: "T", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/devices?township=" + x.town.Township }),
		shows: func(x *matrixTarget) string { return m.phoneOf(x) }}
	rows["POST /api/v1/devices/:id/wipe"] = matrixRow{who: "T", reach: matrixTown, ok: 204, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/devices/" + m.phoneOf(x) + "/wipe", map[string]any{"on": false, "reason": "试一试"}, nil}
	}}
	rows["POST /api/v1/users/:id/revoke"] = matrixRow{who: "TK", reach: matrixTown, ok: 204, ask: on("revoke", nil)}
}

// phoneOf is a phone of the target's cadre.
func (m *matrix) phoneOf(x *matrixTarget) string {
	m.Helper()
	list, _ := m.DB.Phones(m.Context(), x.town.Township, "", 100) // without a database any id will do
	for _, p := range list {
		for _, h := range x.town.Houses {
			if h.ID == x.house && h.Cadre == p.Login {
				return p.ID
			}
		}
	}
	return m.DB.NewID() // of the ghost
}

// spare is a cadre of the target's township whom nothing else needs.
func (m *matrix) spare(x *matrixTarget) string {
	m.Helper()
	if x.town.No > len(m.Towns) {
		return m.DB.NewID() // of the ghost
	}
	login := fmt.Sprintf("spare-%d-%s", x.town.No, strings.ReplaceAll(x.scope, " ", "-"))
	u, err := m.Accounts.User(m.Context(), account.ByLogin, login)
	if fault.Is(err, fault.NotFound) {
		return m.addUser(login, access.Cadre, x.town, "").ID
	}
	if err != nil {
		return m.DB.NewID() // without a database any id will do
	}
	return u.ID
}

// registryRows are what online callers do with households.
func (m *matrix) registryRows(rows map[string]matrixRow) {
	of := func(tail string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return "/api/v1/households/" + x.house + tail }
	}
	rows["POST /api/v1/households/:id/reveal"] = matrixRow{who: "CVTKA", reach: matrixHouse, plain: true, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{of("/reveal")(x), map[string]any{"field": "phone", "reason": "案号 2026-015 核对电话"}, nil}
	}, shows: func(*matrixTarget) string { return `"value":"199` }}
	rows["GET /api/v1/households/:id/access"] = matrixRow{who: "T", reach: matrixHouse, ask: matrixPath(of("/access"))}
	rows["GET /api/v1/my/access"] = matrixRow{who: "H", reach: matrixAny, ask: matrixPath(func(*matrixTarget) string { return "/api/v1/my/access" })}
	stale := func(tail string) matrixRow { // at a revision nobody saw: the targets are needed afterwards
		return matrixRow{who: "T", reach: matrixHouse, ok: 409, ask: func(x *matrixTarget) matrixAsk {
			body := map[string]any{"rev": 1 << 40, "reason": "全户迁往外省"}
			if tail == "/merge" {
				body["into"] = m.Towns[0].Houses[2].ID
			}
			return matrixAsk{of(tail)(x), body, nil}
		}}
	}
	rows["POST /api/v1/households/:id/close"], rows["POST /api/v1/households/:id/merge"] = stale("/close"), stale("/merge")
	rows["POST /api/v1/households/:id/reopen"] = stale("/reopen") // none is closed
	rows["POST /api/v1/search"] = matrixRow{who: "CVTKA", reach: matrixAny, ask: func(x *matrixTarget) matrixAsk {
		// What is beyond reach is not in the list: the net sees to it.
		return matrixAsk{path: "/api/v1/search", body: map[string]any{"q": m.codeOf(x)}}
	}}
}

// codeOf is the 户编号 of the target.
func (m *matrix) codeOf(x *matrixTarget) string {
	for _, h := range x.town.Houses {
		if h.ID == x.house {
			return h.Code
		}
	}
	return "nowhere"
}

// matrixRecord is who may do what with one type of record.
type matrixRecord struct {
	name, readers string
	common        bool
	patch         map[string]any
	ok, out       int // of PATCH by T
	post          map[string]any
}

func matrixRecords() []matrixRecord {
	fixed := func(name, readers string, common bool, field string) matrixRecord { // whose fields only the server sets
		return matrixRecord{name, readers, common, map[string]any{field: "x"}, 422, 422, nil}
	}
	return []matrixRecord{
		{"household", "HCVTKA", false, map[string]any{"danger": "C级"}, 200, 404, nil},
		{"member", "HCVTKA", false, map[string]any{"work": "省外"}, 200, 404, map[string]any{"name": "新人", "relation": "之女"}},
		{"visit", "HCVTA", false, map[string]any{"text": "改写"}, 422, 404, nil},
		{"confirmation", "HTA", false, map[string]any{"text": "改写"}, 422, 404, nil},
		{"response", "HCVT", false, map[string]any{"day": "2026-01-01"}, 422, 404, nil},
		{"photo", "HCVT", false, map[string]any{"note": "改写"}, 422, 404, nil},
		{"consent", "HCVTA", false, map[string]any{"who": "改写"}, 422, 404, nil},
		{"measure", "HCVTKA", false, map[string]any{"what": "改写"}, 422, 404, map[string]any{"kind": "产业帮扶"}},
		{"delivery", "HCVTKA", false, map[string]any{"way": "电话"}, 422, 404, map[string]any{"day": "2026-03-01", "way": "自取"}},
		{"need", "HCVTKA", false, map[string]any{"answer": "已答复"}, 200, 404, map[string]any{"text": "缺水"}},
		{"issue", "CVTKA", false, map[string]any{"measure": "已安排"}, 200, 404, map[string]any{"category": "other", "subject": "新问题"}},
		{"complaint", "HTKA", false, map[string]any{"text": "改写"}, 422, 404, nil},
		fixed("pairing", "HCVTKA", false, "name"),
		fixed("datarequest", "TKA", false, "answer"),
		fixed("finding", "TKA", false, "answer"),
		fixed("proposal", "CVT", false, "state"),
		fixed("form", "CVTKA", true, "title"),
		fixed("card", "HCVTKA", true, "title"),
		{"clip", "HCVTKA", true, map[string]any{"dialect": "改写"}, 422, 404, nil},
		fixed("setting", "HCVTKA", true, "title"),
		fixed("notice", "HCVTKA", true, "title"),
		fixed("fund", "TKA", true, "name"),
		fixed("entry", "TA", true, "reason"),
	}
}

func (m *matrix) recordRows(rows map[string]matrixRow, r matrixRecord) {
	path, reach := "/api/v1/records/"+r.name, matrixHouse
	id := func(x *matrixTarget) string { return x.rows[r.name] }
	list := func(x *matrixTarget) string { return path + "?household=" + x.house }
	if r.common {
		reach = matrixTown
		list = func(x *matrixTarget) string { return path + "?township=" + x.town.Township }
	}
	rows["GET "+path] = matrixRow{who: r.readers, reach: reach, ask: matrixPath(list), shows: id}
	rows["GET "+path+"/:id"] = matrixRow{who: r.readers, reach: reach, ask: matrixPath(func(x *matrixTarget) string { return path + "/" + id(x) }), shows: id}
	rows["PATCH "+path+"/:id"] = matrixRow{who: "T", reach: reach, ok: r.ok, out: r.out, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{path + "/" + id(x), r.patch, []string{"If-Match", fmt.Sprint(m.rev(r.name, x))}}
	}}
	if above := m.above(r.name, r.readers); above != "" && !r.common {
		rows["GET "+path+"/:id/history"] = matrixRow{who: above, reach: reach, ask: matrixPath(func(x *matrixTarget) string { return path + "/" + id(x) + "/history" }),
			shows: func(*matrixTarget) string { return `"what":"made"` }}
	}
	if r.post != nil {
		rows["POST "+path] = matrixRow{who: "T", reach: reach, ask: func(x *matrixTarget) matrixAsk {
			return matrixAsk{list(x), r.post, nil}
		}}
	}
}

// rev is the present revision of the target's row, 1 when there is none.
func (m *matrix) rev(name string, x *matrixTarget) int64 {
	for _, t := range m.Registry.Types {
		if t.Name != name {
			continue
		}
		if r, err := m.DB.Find(m.Context(), t, []string{x.town.Township}, x.rows[name]); err == nil {
			return r.Base().Version
		}
	}
	return 1
}

func matrixPost(path string, body any) func(x *matrixTarget) matrixAsk {
	return func(*matrixTarget) matrixAsk { return matrixAsk{path: path, body: body} }
}

// askSync pulls everything and pushes a visit to the target: the exchange
// answers, and whether the mutation was taken is TestMatrixSync's matter.
func (m *matrix) askSync(x *matrixTarget) matrixAsk {
	mut := []any{1, 1 << 30, "visit", m.DB.NewID(), x.house, map[string]any{"day": m.Today()}, m.clock.Load()}
	return matrixAsk{path: "/api/v1/sync", body: map[string]any{"cursor": "", "schema": 1, "client": m.DB.NewID(), "acked": []any{0, ""},
		"muts": []any{mut}, "budget": 65536, "unsent": []int{0, 0}, "digests": []any{[]any{x.house, 1}}}}
}

func (m *matrix) askPoll(x *matrixTarget) matrixAsk {
	return matrixAsk{path: "/api/v1/sync?cursor=&schema=1&client=" + m.DB.NewID()}
}

func (m *matrix) askCreate(x *matrixTarget) matrixAsk {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	body := matrixJPEG(100 + 10*x.town.No)
	if x.scope == "same township" {
		body = matrixJPEG(100 + 10*x.town.No + 3)
	}
	return matrixAsk{path: "/api/v1/uploads", headers: []string{"Tus-Resumable", "1.0.0", "Upload-Length", fmt.Sprint(len(body)),
		"Upload-Metadata", "photo " + b64(x.live) + ",sha256 " + b64(fmt.Sprintf("%x", sha256.Sum256(body)))}}
}

func (m *matrix) askUpload(headers ...string) func(x *matrixTarget) matrixAsk {
	return func(x *matrixTarget) matrixAsk {
		return matrixAsk{path: "/api/v1/uploads/" + x.upload, headers: append([]string{"Tus-Resumable", "1.0.0"}, headers...)}
	}
}
