package app

import (
	"bytes"
	"net/http"

	"daohu/server/form/xlsform"
)

// formRows are the township admin's desk for papers, and the rates.
func (m *matrix) formRows(rows map[string]matrixRow) {
	in := func(path func(x *matrixTarget) string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return path(x) + "?township=" + x.town.Township }
	}
	fixed := func(path string) func(x *matrixTarget) string { return func(*matrixTarget) string { return path } }
	of := func(tail string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return "/api/v1/forms/" + x.rows["form"] + tail }
	}
	paper := map[string]any{"title": "题", "topics": []any{}, "items": []any{map[string]any{"key": "a", "kind": "text", "label": "问？"}}}
	rows["POST /api/v1/forms"] = matrixRow{who: "T", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{in(fixed("/api/v1/forms"))(x), map[string]any{"code": "matrix", "kind": "checklist", "paper": paper}, nil}
	}}
	var book bytes.Buffer
	m.must(xlsform.Example(&book))
	rows["POST /api/v1/forms/import"] = matrixRow{who: "T", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{in(fixed("/api/v1/forms/import"))(x), book.String(), []string{"Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}}
	}}
	// At a revision nobody saw: the paper is needed afterwards.
	stale := func(tail string) matrixRow {
		return matrixRow{who: "T", reach: matrixTown, ok: http.StatusConflict, ask: func(x *matrixTarget) matrixAsk {
			return matrixAsk{in(of(tail))(x), map[string]any{"rev": 1 << 40}, nil}
		}}
	}
	rows["POST /api/v1/forms/:id/publish"], rows["POST /api/v1/forms/:id/archive"] = stale("/publish"), stale("/archive")
	rows["GET /api/v1/forms/:id/preview"] = matrixRow{who: "T", reach: matrixTown, ask: matrixPath(in(of("/preview"))), shows: func(x *matrixTarget) string { return x.rows["form"] }}
	rows["GET /api/v1/rates/awareness"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(in(fixed("/api/v1/rates/awareness"))), shows: func(x *matrixTarget) string { return x.town.Township }}
}
