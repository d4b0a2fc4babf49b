package app

import (
	"daohu/server/access"
	"daohu/server/notice"
)

// noticeRows are public notices: read by everyone, made by the township.
func (m *matrix) noticeRows(rows map[string]matrixRow) {
	rows["GET /api/v1/notices"] = matrixRow{who: matrixPublic, reach: matrixAny, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/notices?township=" + x.town.Township })}
	rows["POST /api/v1/notices"] = matrixRow{who: "T", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/notices?township=" + x.town.Township, map[string]any{"kind": "公示", "title": "题目", "text": "内容"}, nil}
	}}
	// At a revision nobody saw: the targets are needed afterwards.
	on := func(what string, body map[string]any) matrixRow {
		return matrixRow{who: "T", reach: matrixTown, ok: 409, ask: func(x *matrixTarget) matrixAsk {
			return matrixAsk{"/api/v1/notices/" + x.rows["notice"] + "/" + what, body, nil}
		}}
	}
	rows["POST /api/v1/notices/:id/publish"] = on("publish", map[string]any{"rev": 99, "days": 7})
	rows["POST /api/v1/notices/:id/withdraw"] = on("withdraw", map[string]any{"rev": 99, "reason": "写错"})
}

// notice puts a notice up in the target's township.
func (m *matrix) notice(x *matrixTarget) {
	m.Helper()
	admin := access.Actor{User: x.town.Admin, Role: access.Township, Township: x.town.Township}
	n, err := m.Notices.Draft(m.Context(), admin, x.town.Township, notice.New{Kind: "公示", Title: "题目", Text: "内容", Households: []string{x.house}})
	m.must(err)
	n, err = m.Notices.Publish(m.Context(), admin, n.ID, n.Version, 30)
	m.must(err)
	x.rows["notice"] = n.ID
}
