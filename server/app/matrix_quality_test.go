package app

import "strings"

// qualityRows are data quality and the review of what was written.
func (m *matrix) qualityRows(rows map[string]matrixRow) {
	in := func(path string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return path + "?township=" + x.town.Township }
	}
	rows["GET /api/v1/quality"] = matrixRow{who: "TK", reach: matrixTown, ask: matrixPath(in("/api/v1/quality")),
		shows: func(x *matrixTarget) string { return x.town.Township + "201" }}
	rows["GET /api/v1/quality/reconcile"] = matrixRow{who: "TK", reach: matrixTown, ask: matrixPath(in("/api/v1/quality/reconcile")),
		shows: func(*matrixTarget) string { return `"own":{"households":4,` }}
	rows["POST /api/v1/quality/reconcile"] = matrixRow{who: "T", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{in("/api/v1/quality/reconcile")(x), map[string]any{"name": "县民政局", "day": m.Today(), "households": 5, "people": 9}, nil}
	}, shows: func(*matrixTarget) string { return `"moreHouseholds":-1` }}
	rows["GET /api/v1/audit"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return in("/api/v1/audit")(x) + "&row=" + x.rows["visit"] }),
		shows: func(x *matrixTarget) string { return `"type":"visit","id":"` + x.rows["visit"] }}
	rows["POST /api/v1/audit/verify"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(in("/api/v1/audit/verify")), shows: func(*matrixTarget) string { return `"n":0,"findings":[]` }}
	for _, reviewed := range []string{"visit", "measure"} {
		path := "/api/v1/records/" + reviewed
		rows["POST "+path+"/:id/decision"] = matrixRow{who: "T", reach: matrixHouse, ask: func(x *matrixTarget) matrixAsk {
			return matrixAsk{path + "/" + x.rows[reviewed] + "/decision", map[string]any{"action": "return", "rev": 1, "reason": "请补写"}, nil}
		}}
	}
}

// above are the roles among readers that look from above: they may read how a
// row came to be as it is, except of what a household says of its helpers.
func (m *matrix) above(name, readers string) string {
	out := ""
	if name == "confirmation" || name == "consent" || name == "complaint" {
		return out
	}
	for _, r := range "TKA" {
		if strings.ContainsRune(readers, r) {
			out += string(r)
		}
	}
	return out
}
