// Package console serves the pages a browser sees. For now that is the front
// page, which says what this server is, who runs it and where its interfaces
// are.
package console

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"daohu/server/fault"
)

//go:embed front.html
var front string

// policy lets a page load nothing but its own style; it has no script.
const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Operator is who runs this server; "" = not told. Phone: the phone in the
// browser is at /phone.
type Operator struct {
	Name, Filing, Hotline, Version string

	Phone bool
}

// Handler answers every path outside /api/; fail writes problem+json. It
// fails when the page cannot be made.
func Handler(o Operator, fail func(http.ResponseWriter, *http.Request, error)) (http.Handler, error) {
	t, err := template.New("front").Parse(front)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer // the operator does not change while the program runs
	if err := t.Execute(&page, o); err != nil {
		return nil, err
	}
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
			_, _ = w.Write(page.Bytes()) // a reader that has gone is no failure of ours
		}
	}), nil
}
