// Package preview serves the phone in the browser: the mini-program's own
// pages as miniprogram/runner built them. The demo alone has it; there WeChat
// is a fake that lets in whoever asks.
package preview

import (
	"bytes"
	_ "embed"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

//go:embed missing.html
var missing []byte

// policy is as strict as glass-easel permits: it makes style elements and
// style attributes, hence 'unsafe-inline' for styles. Scripts come from the
// one file, nothing is evaluated, and pictures and sound that the phone keeps
// are shown as blobs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob:; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// typeOf is the type of a file that the runner builds; "" = no such file.
func typeOf(name string) string {
	switch name {
	case "index.html":
		return "text/html; charset=utf-8"
	case "phone.js":
		return "text/javascript; charset=utf-8"
	case "phone.css":
		return "text/css; charset=utf-8"
	}
	return ""
}

// Handler answers /phone and what lies under it from folder dir, and leaves
// everything else to next. While dir holds no build, the page says how to get
// one; a build that appears is served without a restart.
func Handler(dir string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/phone" {
			http.Redirect(w, r, "/phone/", http.StatusMovedPermanently)
			return
		}
		name, under := strings.CutPrefix(r.URL.Path, "/phone/")
		if name == "" {
			name = "index.html"
		}
		kind := typeOf(name)
		if !under || kind == "" || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		serve(w, r, filepath.Join(dir, name), kind)
	})
}

func serve(w http.ResponseWriter, r *http.Request, file, kind string) {
	text, err := os.ReadFile(file)
	var at time.Time
	if err == nil {
		if info, err := os.Stat(file); err == nil {
			at = info.ModTime()
		}
	} else {
		text, kind = missing, "text/html; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", at, bytes.NewReader(text))
}
