package api

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// FuzzBodies sends any bytes to every route that takes JSON: no panic, nothing
// internal, and every refusal in the one shape.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{
		`{"name":"a","password":"b"}`, `{"action":"approve","rev":1,"reason":"好"}`, `{"code":"x","bind":null}`, `{"cadre":"c","day":"2026-01-31"}`,
		`{"action":{"a":[]},"rev":1e400}`, `{"rev":-0}`, `[{}]`, `{"name":"\ud800"}`, `{"":0,"\u0000":1}`, `{"rev":123456789012345678901234}`,
	} {
		f.Add([]byte(s))
	}
	fix := newFixture(f, func(d *Deps) {
		d.Log, d.Rand = slog.New(slog.DiscardHandler), strings.NewReader("")
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, r := range fix.api.Routes() {
			if r.Body == 0 || strings.HasPrefix(r.Path, "/api/v1/uploads") {
				continue
			}
			role := ""
			if r.Roles != "" {
				role = r.Roles[:1]
			}
			path := strings.ReplaceAll(r.Path, ":id", rowID)
			if strings.Contains(path, "/households/") || strings.HasPrefix(path, "/api/v1/records/") {
				path = strings.ReplaceAll(r.Path, ":id", mine) + "?household=" + mine
			}
			w := fix.do(role, r.Method, path, string(body), "If-Match", `"3"`, "Content-Type", "application/json")
			if w.Code < 300 {
				continue
			}
			var p Problem
			raw, _ := io.ReadAll(w.Body)
			if err := json.Unmarshal(raw, &p); err != nil || p.Status != w.Code || w.Code >= http.StatusInternalServerError {
				t.Errorf("%s %s %q: %d %s", r.Method, path, body, w.Code, raw)
			}
		}
		fix.asked = nil
	})
}

// BenchmarkPoll is the price of everything around a poll that finds nothing.
func BenchmarkPoll(b *testing.B) {
	fix := newFixture(b, func(d *Deps) {
		d.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	})
	for b.Loop() {
		if w := fix.do("C", "GET", "/api/v1/sync?cursor=c&schema=1&client="+rowID, ""); w.Code != http.StatusNoContent {
			b.Fatal(w.Code)
		}
		fix.asked = fix.asked[:0]
	}
}
