package app

import (
	"maps"

	"daohu/server/ledger"
	"daohu/server/record"
	"daohu/server/write"
)

// fillFund gives a target's township a fund and one entry.
func (m *matrix) fillFund(x *matrixTarget) {
	m.Helper()
	_, err := m.DB.Write(m.Context(), write.Intent{Township: x.town.Township, Action: "test", Households: []string{x.town.Common}}, func(tx write.Tx) error {
		id := tx.NewID()
		f := ledger.NewBook(tx, x.town.Common, "").Open(ledger.Fund{Meta: record.Meta{ID: id}, Name: "产业资金", Source: "县财政"}, ledger.Entry{Fen: 5, Day: m.Today()})
		x.rows["fund"] = f.ID
		return nil
	})
	m.must(err)
	for _, id := range m.RowsOf("entry", x.town, x.town.Common) {
		r, err := m.DB.Find(m.Context(), ledger.EntryType, []string{x.town.Township}, id)
		m.must(err)
		if r.(*ledger.Entry).Fund == x.rows["fund"] {
			x.rows["entry"] = id
		}
	}
}

// ledgerRows are the money of a township. Nothing moves: the targets are
// needed afterwards, so each ask is of a revision nobody saw.
func (m *matrix) ledgerRows(rows map[string]matrixRow) {
	fund := func(x *matrixTarget) string { return x.rows["fund"] }
	post := func(of, row, do string, more map[string]any) matrixRow {
		reach := matrixHouse
		if row == "fund" {
			reach = matrixTown
		}
		return matrixRow{who: "T", reach: reach, ok: 409, ask: func(x *matrixTarget) matrixAsk {
			body := map[string]any{"rev": 1 << 40, "account": "township", "fen": 1}
			maps.Copy(body, more)
			if row != "fund" {
				body["fund"] = fund(x)
			}
			return matrixAsk{"/api/v1/" + of + "/" + x.rows[row] + "/" + do, body, nil}
		}}
	}
	rows["GET /api/v1/funds"] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/funds?township=" + x.town.Township }), shows: fund}
	rows["POST /api/v1/funds"] = matrixRow{who: "T", reach: matrixTown, ok: 422, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/funds?township=" + x.town.Township, map[string]any{"name": "x", "source": "y", "fen": 1, "day": "2999-01-01"}, nil}
	}}
	rows["GET /api/v1/funds/:id/entries"] = matrixRow{who: "TA", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/funds/" + fund(x) + "/entries" }),
		shows: func(x *matrixTarget) string { return x.rows["entry"] }}
	rows["POST /api/v1/funds/:id/allocate"] = post("funds", "fund", "allocate", nil)
	rows["POST /api/v1/measures/:id/disburse"] = post("measures", "measure", "disburse", nil)
	rows["POST /api/v1/measures/:id/reallocate"] = post("measures", "measure", "reallocate", map[string]any{"why": "correction", "reason": "记错"})
}
