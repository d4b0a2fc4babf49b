package app

import "fmt"

// pairingRows are the pairings of a township as a whole.
func (m *matrix) pairingRows(rows map[string]matrixRow) {
	in := func(path string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return path + "?township=" + x.town.Township }
	}
	// A dry run: the targets are needed afterwards.
	rows["POST /api/v1/pairings/handover"] = matrixRow{who: "T", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{in("/api/v1/pairings/handover")(x), map[string]any{"from": "cadre-1-0", "to": "cadre-1-1", "day": m.Today(), "dry": true}, nil}
	}, shows: func(*matrixTarget) string { return `"from":{"login":"cadre-1-0"` }}
	rows["POST /api/v1/pairings/bulk"] = matrixRow{who: "T", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		row := map[string]any{"household": m.Towns[0].Houses[0].ID, "cadre": "cadre-1-0", "day": m.Today()} // who has it: nothing changes
		return matrixAsk{in("/api/v1/pairings/bulk")(x), map[string]any{"rows": []any{row}}, nil}
	}, shows: func(*matrixTarget) string { return `"same":1` }}
	rows["GET /api/v1/pairings"] = matrixRow{who: "T", reach: matrixTown, ask: matrixPath(in("/api/v1/pairings")), shows: func(x *matrixTarget) string { return x.rows["pairing"] }}
	rows["GET /api/v1/households/:id/pairings"] = matrixRow{who: "TKA", reach: matrixHouse, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/households/" + x.house + "/pairings" }),
		shows: func(x *matrixTarget) string { return x.rows["pairing"] }}
	rows["POST /api/v1/households/:id/pairing/proposal"] = matrixRow{who: "V", reach: matrixHouse, ok: 422, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/households/" + x.house + "/pairing/proposal", map[string]any{"cadre": "nobody", "reason": "离得近"}, nil}
	}}
	for _, report := range []string{"quota", "gaps"} {
		rows["GET /api/v1/pairings/"+report] = matrixRow{who: "TK", reach: matrixTown, ask: matrixPath(in("/api/v1/pairings/" + report)),
			shows: func(x *matrixTarget) string { return fmt.Sprintf(`"township":%q`, x.town.Township) }}
	}
}
