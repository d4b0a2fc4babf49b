package app

// listRows are the code lists, which are nobody's secret, and households as
// they were.
func (m *matrix) listRows(rows map[string]matrixRow) {
	rows["GET /api/v1/lists"] = matrixRow{who: "HCVTKA", reach: matrixAny, shows: func(*matrixTarget) string { return `"name":"relation"` }}
	rows["GET /api/v1/households/:id/asof"] = matrixRow{who: "TKA", reach: matrixHouse,
		ask:   matrixPath(func(x *matrixTarget) string { return "/api/v1/households/" + x.house + "/asof?day=" + m.Today() }),
		shows: func(x *matrixTarget) string { return x.rows["member"] }}
}
