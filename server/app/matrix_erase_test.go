package app

// erasureRows are what persons may ask for about their own data.
func (m *matrix) erasureRows(rows map[string]matrixRow) {
	rows["POST /api/v1/households/:id/erase"] = matrixRow{who: "T", reach: matrixHouse, ok: 409, ask: func(x *matrixTarget) matrixAsk {
		// At a revision nobody saw, of a household that is still there.
		return matrixAsk{"/api/v1/households/" + x.house + "/erase", map[string]any{"rev": 1 << 40, "reason": "本人来信要求删除"}, nil}
	}}
	rows["GET /api/v1/my/export"] = matrixRow{who: "H", reach: matrixAny, shows: func(*matrixTarget) string { return m.targets[0].rows["visit"] }}
}
