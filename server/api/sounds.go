package api

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"time"

	"daohu/server/booklet"
	"daohu/server/fault"
)

func (a *API) soundRoutes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/api/v1/blobs/:sha256/link", Roles: "H", Scope: Row, Body: small, Doc: "Make an address of a recording for an <audio>: it works for two hours, without a session.", end: typed(a.linkSound)},
		{Method: http.MethodGet, Path: "/api/v1/blobs/:sha256/sound", Scope: Row, Time: slowest, Doc: "A recording by its link; needs no session of its own.", Query: []string{"ticket"}, end: raw(a.sound)},
	}
}

// SoundLink is an address of a recording.
type SoundLink struct {
	URL   string `json:"url" doc:"path on this server, with its query"`
	Until int64  `json:"until" doc:"Unix ms; then ask anew"`
}

// sum is the SHA-256 that the path names. Code: not-found.
func (c *call) sum() (string, error) {
	sha := c.gin.Param("sha256")
	if len(sha) != 64 || strings.Trim(sha, "0123456789abcdef") != "" {
		return "", fault.New(fault.NotFound, "")
	}
	return sha, nil
}

func (a *API) linkSound(c *call, _ *none) (*SoundLink, error) {
	sha, err := c.sum()
	if err != nil {
		return nil, err
	}
	ticket, until, err := a.deps.Clips.LinkSound(c.r.Context(), c.actor, sha)
	if err != nil {
		return nil, err
	}
	return &SoundLink{URL: "/api/v1/blobs/" + sha + "/sound?" + url.Values{"ticket": {ticket}}.Encode(), Until: until}, nil
}

// sound serves a recording by its link, to be kept by nobody: neither a cache
// nor, as a referrer, the next site hears of it.
func (a *API) sound(c *call) error {
	h := c.w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	sha, err := c.sum()
	if err != nil {
		return err
	}
	body, err := a.deps.Clips.Sound(c.r.Context(), sha, c.gin.Query("ticket"))
	if err != nil {
		return err
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", booklet.ClipMime)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	http.ServeContent(c.w, c.r, "", time.Time{}, bytes.NewReader(body))
	return nil
}
