package app

import (
	"encoding/base64"
	"strings"

	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/write"
)

// spare is what the matrix calls a photo row that may be erased.
const matrixSparePhoto = "spare photo"

// fillPhotos adds a photo that nothing else of the matrix needs.
func (m *matrix) fillPhotos(x *matrixTarget) {
	m.Helper()
	x.rows[matrixSparePhoto] = m.DB.NewID()
	in := write.Intent{Township: x.town.Township, Action: "test", Households: []string{x.house}}
	_, err := m.DB.Write(m.Context(), in, func(tx write.Tx) error {
		tx.Put(photo.Type, &photo.Photo{Meta: record.Meta{ID: x.rows[matrixSparePhoto], Household: x.house, MadeAt: tx.Now()}, Visit: x.rows["visit"],
			SHA256: strings.Repeat("5a", 32), Size: 9, Mime: "image/jpeg"})
		return nil
	})
	m.must(err)
}

// photoRows are the pictures, by session and by link.
func (m *matrix) photoRows(rows map[string]matrixRow) {
	of := func(name, tail string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return "/api/v1/photos/" + x.rows[name] + tail }
	}
	rows["GET /api/v1/photos"] = matrixRow{who: "CV", reach: matrixAny, ask: matrixPath(func(*matrixTarget) string { return "/api/v1/photos?days=0" })}
	rows["GET /api/v1/photos/:id"] = matrixRow{who: "HCVT", reach: matrixHouse, ask: matrixPath(of("photo", ""))}
	rows["POST /api/v1/photos/:id/link"] = matrixRow{who: "HCVT", reach: matrixHouse, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{of("photo", "/link")(x), map[string]any{"size": "thumb"}, nil}
	}, shows: func(x *matrixTarget) string { return x.rows["photo"] + "/view?" }}
	// A link is judged by itself, whoever brings it: here a forged one.
	forged := base64.RawURLEncoding.EncodeToString(make([]byte, 84))
	rows["GET /api/v1/photos/:id/view"] = matrixRow{who: matrixPublic, reach: matrixAny, ok: 404, ask: matrixPath(of("photo", "/view?size=full&ticket="+forged))}
	rows["POST /api/v1/photos/:id/erase"] = matrixRow{who: "T", reach: matrixHouse, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{of(matrixSparePhoto, "/erase")(x), map[string]any{"reason": "户主三月来信要求删除"}, nil}
	}, shows: func(*matrixTarget) string { return `"state":"erased"` }}
}
