// Package console serves the pages a browser sees. For now that is the front
// page, which says what this server is and where its interfaces are.
package console

import (
	_ "embed"
	"net/http"

	"daohu/server/fault"
)

//go:embed front.html
var front []byte

// policy lets a page load nothing but its own style; it has no script.
const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Handler answers every path outside /api/; fail writes problem+json.
func Handler(fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/":
			fail(w, r, fault.New(fault.NoRoute, ""))
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			fail(w, r, &fault.Error{Code: fault.NoRoute})
		default:
			h := w.Header()
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Content-Security-Policy", policy)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Cache-Control", "no-cache")
			_, _ = w.Write(front) // a reader that has gone is no failure of ours
		}
	})
}
