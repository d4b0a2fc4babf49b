package app

import "net/http"

// inboxRows are the queue of the township admin, and decisions on many rows.
func (m *matrix) inboxRows(rows map[string]matrixRow) {
	in := func(path string, body map[string]any) func(x *matrixTarget) matrixAsk {
		return func(x *matrixTarget) matrixAsk {
			full := map[string]any{"rows": []any{map[string]any{"id": x.rows["visit"], "rev": 1}}}
			for k, v := range body {
				full[k] = v
			}
			return matrixAsk{path + "?township=" + x.town.Township, full, nil}
		}
	}
	rows["GET /api/v1/inbox"] = matrixRow{who: "T", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/inbox?township=" + x.town.Township }),
		shows: func(x *matrixTarget) string { return x.rows["visit"] }}
	rows["POST /api/v1/inbox/decisions"] = matrixRow{who: "T", reach: matrixTown, ask: in("/api/v1/inbox/decisions", map[string]any{"action": "approve", "dry": true}),
		shows: func(x *matrixTarget) string { return `{"id":"` + x.rows["visit"] + `","code":"ok"}` }}
	rows["POST /api/v1/inbox/undo"] = matrixRow{who: "T", reach: matrixTown, ask: in("/api/v1/inbox/undo", nil),
		shows: func(x *matrixTarget) string { return `{"id":"` + x.rows["visit"] + `","code":"wrong-state"` }}
	for _, reviewed := range []string{"visit", "measure", "clip", "card"} { // at a revision nobody saw: the targets are needed afterwards
		path := "/api/v1/records/" + reviewed + "/"
		rows["POST "+path+":id/undo"] = matrixRow{who: "T", reach: matrixHouse, ok: http.StatusConflict, ask: func(x *matrixTarget) matrixAsk {
			return matrixAsk{path + x.rows[reviewed] + "/undo", map[string]any{"rev": 1 << 40}, nil}
		}}
	}
}
