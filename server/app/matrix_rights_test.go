package app

import (
	"strings"
)

// fillRights adds a household's request for a copy of its data and an
// auditor's finding about its visit.
func (m *matrix) fillRights(x *matrixTarget, mark func(what, roles string) string) {
	m.Helper()
	add := func(path string, as string, body map[string]any) string {
		m.Pass(time2)
		a := m.Do("POST", m.Token(as), path, body)
		if a.Status != 200 {
			m.Fatalf("%s: %d %s", path, a.Status, a.Body)
		}
		return between(a.Body, `"id":"`, `"`)
	}
	admin := "admin-" + string(rune('0'+x.town.No))
	x.rows["datarequest"] = add("/api/v1/households/"+x.house+"/datarequests", admin, map[string]any{"kind": "copy", "asker": mark("要求人", "TK"), "way": "当面", "day": m.Today(), "text": mark("要求", "TK")})
	auditor := "auditor-1"
	if x.town.No == 3 {
		auditor = "auditor-2"
	}
	x.rows["finding"] = add("/api/v1/findings", auditor, map[string]any{"about": "visit", "row": x.rows["visit"], "severity": "一般", "text": mark("审计发现", "TKA")})
}

// rightRows are the rows about requests and findings.
func (m *matrix) rightRows(rows map[string]matrixRow) {
	for path, typ := range map[string]string{"datarequests": "datarequest", "findings": "finding"} {
		rows["GET /api/v1/"+path] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/" + path + "?limit=200&township=" + x.town.Township }),
			shows: func(x *matrixTarget) string { return x.rows[typ] }}
	}
	const unseen = 1 << 40 // a revision nobody saw: the targets are needed afterwards
	post := func(who string, ok int, path string, body map[string]any) {
		rows["POST /api/v1/"+path] = matrixRow{who: who, reach: matrixHouse, ok: ok, ask: func(x *matrixTarget) matrixAsk {
			typ, _, _ := strings.Cut(path, "s/")
			if typ == "household" {
				return matrixAsk{"/api/v1/" + strings.Replace(path, ":id", x.house, 1), body, nil}
			}
			return matrixAsk{"/api/v1/" + strings.Replace(path, ":id", x.rows[typ], 1), body, nil}
		}}
	}
	post("T", 200, "households/:id/datarequests", map[string]any{"kind": "correction", "asker": "本人", "way": "电话", "day": "2026-03-01"})
	post("T", 409, "datarequests/:id/answer", map[string]any{"action": "done", "rev": unseen, "answer": "给了"})
	post("T", 409, "datarequests/:id/erase", map[string]any{"rev": unseen, "reason": "本人当面要求"})
	post("T", 200, "datarequests/:id/copy", map[string]any{})
	post("T", 409, "findings/:id/answer", map[string]any{"rev": unseen, "answer": "改了"})
	post("A", 409, "findings/:id/settle", map[string]any{"action": "close", "rev": unseen, "reason": "看过"})
	rows["POST /api/v1/findings"] = matrixRow{who: "A", reach: matrixHouse, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/findings", map[string]any{"about": "visit", "row": x.rows["visit"], "severity": "轻微", "text": "看一看"}, nil}
	}}
}
