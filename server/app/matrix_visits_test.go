package app

// visitRows are what is to be visited, and the compliance page.
func (m *matrix) visitRows(rows map[string]matrixRow) {
	in := func(path string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return path + "&township=" + x.town.Township }
	}
	rows["GET /api/v1/due"] = matrixRow{who: "CVT", reach: matrixTown, ask: matrixPath(in("/api/v1/due?all=1")), shows: func(*matrixTarget) string { return `"want":1` }}
	rows["GET /api/v1/compliance"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(in("/api/v1/compliance?")), shows: func(*matrixTarget) string { return `"policy":"optional"` }}
}
