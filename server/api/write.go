package api

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// zipFrom is the size in bytes from which an answer is compressed: below it
// gzip's 18 bytes of frame and its header eat most of what is won.
const zipFrom = 200

// zippers keeps compressors, each of which costs 800 KB to make. Level 6: the
// links are slow, not the server.
var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// Write sends a whole body, compressed when the client takes gzip, the body is
// larger than 200 bytes and its type gains from it.
func Write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	if len(body) > zipFrom && zips(contentType) {
		h.Add("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			body = zipped(body)
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the peer is gone: nobody to tell
}

func zipped(body []byte) []byte {
	var buf bytes.Buffer
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(&buf)
	_, _ = z.Write(body) // a bytes.Buffer does not fail
	_ = z.Close()
	return buf.Bytes()
}

// zips reports whether a content type is text.
func zips(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "json") || strings.HasSuffix(t, "javascript") || strings.HasSuffix(t, "+xml")
}

// takesGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func takesGzip(accept string) bool {
	any := false
	for item := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(item, ";")
		q := strings.ReplaceAll(params, " ", "")
		ok := !strings.HasPrefix(q, "q=") || strings.Trim(q[2:], "0.") != ""
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return ok
		case "*":
			any = ok
		}
	}
	return any
}

// json answers 200 with v.
func (c *call) json(v any) error {
	var buf bytes.Buffer
	if err := encode(&buf, v); err != nil {
		return err
	}
	c.body(buf.Bytes())
	return nil
}

// body answers 200 with JSON that is ready.
func (c *call) body(raw []byte) {
	c.w.Header().Set("Cache-Control", "no-store")
	Write(c.w, c.r, http.StatusOK, "application/json", raw)
}
