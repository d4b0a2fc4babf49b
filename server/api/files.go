package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"daohu/server/booklet"
	"daohu/server/fault"
)

// A body named by its content never changes.
const forever = "private, max-age=31536000, immutable"

func (a *API) upload(c *call) error {
	a.deps.Uploads.ServeHTTP(c.w, c.r)
	return nil
}

// blob serves a text by its hash. It is sent compressed under an ETag of its
// own unless a part of it is asked for.
func (a *API) blob(c *call) error {
	sha, err := c.sum()
	if err != nil {
		return err
	}
	mime, body, err := a.deps.Bodies.Body(c.r.Context(), c.actor, sha)
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Cache-Control", forever)
	if form := c.gin.Query("as"); form != "" {
		if booklet.Filled(body) { // the township's words may change
			if body, err = a.filled(c, body); err != nil {
				return err
			}
			sum := sha256.Sum256(body)
			sha = hex.EncodeToString(sum[:])
			h.Set("Cache-Control", "private, no-cache")
		}
		if mime, body, err = shown(form, mime, body); err != nil {
			return err
		}
		sha += "-" + form
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", mime)
	whole := c.r.Header.Get("Range") == "" && c.r.Header.Get("If-None-Match") == ""
	if whole && len(body) > zipFrom && zips(mime) && takesGzip(c.r.Header.Get("Accept-Encoding")) {
		h.Set("ETag", `"`+sha+`-gzip"`)
		Write(c.w, c.r, http.StatusOK, mime, body)
		return nil
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", `"`+sha+`"`)
	if zipped := `"` + sha + `-gzip"`; strings.Contains(c.r.Header.Get("If-None-Match"), zipped) {
		h.Set("ETag", zipped)
	}
	http.ServeContent(c.w, c.r, "", time.Time{}, bytes.NewReader(body))
	return nil
}

// filled puts the words of the caller's township into a card's text.
func (a *API) filled(c *call, body []byte) ([]byte, error) {
	words, err := a.deps.Cards.Words(c.r.Context(), c.actor.Township)
	return booklet.Fill(body, words), err
}

// shown turns a card's Markdown into clean HTML, or into the plain words for
// reading aloud.
func shown(form, mime string, body []byte) (string, []byte, error) {
	if !strings.HasPrefix(mime, "text/markdown") || (form != "html" && form != "plain") {
		return "", nil, fault.Bad(fault.Field{Name: "as", Code: "not-allowed", Detail: "口袋书可以用 html 或 plain，别的内容不行。"})
	}
	if form == "plain" {
		return "text/plain; charset=utf-8", []byte(booklet.Plain(string(body))), nil
	}
	html, err := booklet.Render(body)
	return "text/html; charset=utf-8", []byte(html), err
}
