package app

// settingRows are the rules of a township.
func (m *matrix) settingRows(rows map[string]matrixRow) {
	in := func(path string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return path + "?township=" + x.town.Township }
	}
	words := func(*matrixTarget) string { return `"建档立卡"` }
	rows["GET /api/v1/settings"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(in("/api/v1/settings")), shows: words}
	rows["GET /api/v1/settings/:code"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(in("/api/v1/settings/terms")), shows: words}
	// Over an edition nobody has: what holds stays as it is.
	rows["POST /api/v1/settings/:code"] = matrixRow{who: "K", reach: matrixTown, ok: 409, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{in("/api/v1/settings/terms")(x), map[string]any{"edition": 99, "use": "regular-2026", "reason": "试"}, nil}
	}}
}
