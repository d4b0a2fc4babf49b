package app

import (
	"bytes"
	"fmt"

	"daohu/server/api"
	"daohu/server/household"
	"daohu/server/roster"
)

// rosterRows are the rows of import and export.
func (m *matrix) rosterRows(rows map[string]matrixRow) {
	path := func(head string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return head + "township=" + x.town.Township }
	}
	var buf bytes.Buffer
	m.must(roster.Write(&buf, &roster.Book{Members: []roster.MemberRow{{House: "nowhere", Rec: household.Member{Code: "x", Name: "某人", Relation: "户主"}}}}))
	csv, xlsx := []string{"Content-Type", "text/csv"}, []string{"Content-Type", api.TypeXLSX}
	rows["POST /api/v1/imports"] = matrixRow{who: "TK", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		sheet := fmt.Sprintf("户编号,人编号,姓名,与户主关系\n%s,%s99,新人,之子\n", m.codeOf(x), m.codeOf(x))
		return matrixAsk{path("/api/v1/imports?dry=1&")(x), sheet, csv}
	}, shows: func(*matrixTarget) string { return `"dry":true,"state":"checked"` }}
	rows["POST /api/v1/imports/marked"] = matrixRow{who: "TK", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{path("/api/v1/imports/marked?")(x), buf.String(), xlsx}
	}, shows: func(*matrixTarget) string { return "PK" }}
	rows["GET /api/v1/imports"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(path("/api/v1/imports?")),
		shows: func(x *matrixTarget) string { return `"township":"` + x.town.Township + `"` }}
	rows["POST /api/v1/exports"] = matrixRow{who: "TKA", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{path("/api/v1/exports?")(x), map[string]any{}, nil}
	}, shows: func(*matrixTarget) string { return "PK" }}
	rows["POST /api/v1/exports/sheet"] = matrixRow{who: "TKA", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{path("/api/v1/exports/sheet?")(x), map[string]any{"sheet": "明白卡", "households": 1}, nil}
	}, shows: func(*matrixTarget) string { return `"at":` }}
}
