package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"

	"daohu/server/booklet"
)

// cardRows are the desk for policy cards and what sounds.
func (m *matrix) cardRows(rows map[string]matrixRow) {
	in := func(path func(x *matrixTarget) string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return path(x) + "?township=" + x.town.Township }
	}
	of := func(tail string) func(x *matrixTarget) string {
		return func(x *matrixTarget) string { return "/api/v1/cards/" + x.rows["card"] + tail }
	}
	rows["POST /api/v1/cards"] = matrixRow{who: "T", reach: matrixTown, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{in(func(*matrixTarget) string { return "/api/v1/cards" })(x), map[string]any{"code": "matrix", "title": "题", "text": "文"}, nil}
	}}
	// At a revision nobody saw: the card is needed afterwards.
	stale := func(tail string) matrixRow {
		return matrixRow{who: "T", reach: matrixTown, ok: http.StatusConflict, ask: func(x *matrixTarget) matrixAsk {
			return matrixAsk{in(of(tail))(x), map[string]any{"rev": 1 << 40}, nil}
		}}
	}
	rows["POST /api/v1/cards/:id/submit"], rows["POST /api/v1/cards/:id/archive"] = stale("/submit"), stale("/archive")
	rows["GET /api/v1/cards/:id/preview"] = matrixRow{who: "T", reach: matrixTown, ask: matrixPath(in(of("/preview"))), shows: func(x *matrixTarget) string { return x.rows["card"] }}
	rows["POST /api/v1/records/clip/:id/decision"] = matrixRow{who: "T", reach: matrixTown, ok: http.StatusConflict, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/records/clip/" + x.rows["clip"] + "/decision", map[string]any{"action": "return", "rev": 1 << 40, "reason": "听不清"}, nil}
	}}
	rows["POST /api/v1/records/card/:id/decision"] = matrixRow{who: "T", reach: matrixTown, ok: http.StatusConflict, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/records/card/" + x.rows["card"] + "/decision", map[string]any{"action": "return", "rev": 1 << 40, "reason": "再写清楚些"}, nil}
	}}
	rows["POST /api/v1/clips/:id/withdraw"] = matrixRow{who: "T", reach: matrixTown, ok: http.StatusConflict, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/clips/" + x.rows["clip"] + "/withdraw", map[string]any{"rev": 1 << 40, "reason": "说错了"}, nil}
	}}
	sound := func(x *matrixTarget, tail string) string {
		body, _, _ := booklet.Strip(matrixVoice(x)) // it was taken
		return fmt.Sprintf("/api/v1/blobs/%x%s", sha256.Sum256(body), tail)
	}
	rows["POST /api/v1/blobs/:sha256/link"] = matrixRow{who: "H", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return sound(x, "/link") }),
		shows: func(x *matrixTarget) string { return sound(x, "/sound?ticket=") }}
	// A link is judged by itself, whoever brings it: here a forged one.
	forged := base64.RawURLEncoding.EncodeToString(make([]byte, 52))
	rows["GET /api/v1/blobs/:sha256/sound"] = matrixRow{who: matrixPublic, reach: matrixAny, ok: 404, ask: matrixPath(func(x *matrixTarget) string { return sound(x, "/sound?ticket="+forged) })}
	rows["POST /api/v1/clips/:id/body"] = matrixRow{who: "CV", reach: matrixAuthor, shows: func(x *matrixTarget) string { return x.rows["clip"] }, ask: func(x *matrixTarget) matrixAsk {
		return matrixAsk{"/api/v1/clips/" + x.rows["clip"] + "/body", string(matrixVoice(x)), []string{"Content-Type", booklet.ClipMime}}
	}}
}

// matrixVoice is a recording of its own for each target: silent frames of mono
// MPEG 1 Layer III behind an ID3 tag.
func matrixVoice(x *matrixTarget) []byte {
	frame := make([]byte, 208)
	copy(frame, []byte{0xff, 0xfb, 0x50, 0xc0})
	copy(frame[100:], x.house)
	return append([]byte("ID3\x04\x00\x00\x00\x00\x00\x06张三"), bytes.Repeat(frame, 60)...)
}

// fillBooklet adds a delivery and an approved recording by the cadre's phone.
func (m *matrix) fillBooklet(x *matrixTarget, phone *fixturePhone) {
	m.Helper()
	x.rows["delivery"], x.rows["clip"] = m.DB.NewID(), m.DB.NewID()
	voice := matrixVoice(x)
	phone.Send(
		fixtureMut{Type: "delivery", ID: x.rows["delivery"], House: x.house, Patch: map[string]any{"day": m.Today(), "way": "上门", "cards": []any{"safe-water"}}},
		fixtureMut{Type: "clip", ID: x.rows["clip"], House: x.town.Common, Patch: map[string]any{"card": "safe-water", "dialect": "本地话", "sha256": fmt.Sprintf("%x", sha256.Sum256(voice)), "size": len(voice)}},
	)
	if a := m.Do("POST", phone.Token, "/api/v1/clips/"+x.rows["clip"]+"/body", string(voice), "Content-Type", booklet.ClipMime); a.Status != http.StatusOK {
		m.Fatalf("clip: %d %s", a.Status, a.Body)
	}
	admin := m.Token(fmt.Sprintf("admin-%d", x.town.No))
	if a := m.Do("POST", admin, "/api/v1/records/clip/"+x.rows["clip"]+"/decision", map[string]any{"action": "approve", "rev": 2}); a.Status != http.StatusOK {
		m.Fatalf("approving the clip: %d %s", a.Status, a.Body)
	}
}
