package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"daohu/server/fault"
	"daohu/server/record"
)

// photoRoutes are the routes of Photos.
func (a *API) photoRoutes() []Route {
	get, post, who := http.MethodGet, http.MethodPost, a.readers("photo")
	return []Route{
		{Method: get, Path: "/api/v1/photos", Roles: "CV", Scope: Self, Doc: "The caller's own photos whose bodies have not come for days.", Query: []string{"days"}, end: typed(a.waitingPhotos)},
		{Method: get, Path: "/api/v1/photos/:id", Roles: who, Scope: Row, Time: slowest, Doc: "A photo as JPEG.", Query: []string{"size"}, end: raw(a.photo)},
		{Method: post, Path: "/api/v1/photos/:id/link", Roles: who, Scope: Row, Body: small, Doc: "Make an address of the photo for an <img>: it works for 5 minutes, while the caller may see the photo.", end: typed(a.linkPhoto)},
		{Method: get, Path: "/api/v1/photos/:id/view", Scope: Row, Time: slowest, Doc: "A photo by its link; needs no session of its own.", Query: []string{"size", "ticket"}, end: raw(a.viewPhoto)},
		{Method: post, Path: "/api/v1/photos/:id/erase", Roles: "T", Scope: Row, Body: small, Doc: "Erase one picture for good.", end: typed(a.erasePhoto)},
	}
}

// pictured reads what a route names: a row and a size.
func pictured(id, size string) error {
	if size != "thumb" && size != "full" {
		return fault.Bad(fault.Field{Name: "size", Code: "not-allowed", Detail: "只能是 thumb 或 full。"})
	}
	if !record.IsID(id) {
		return fault.New(fault.NotFound, "")
	}
	return nil
}

// photo serves a stored picture. Its bytes do not change, but whether the
// caller may see it may: it is kept for a day only.
func (a *API) photo(c *call) error {
	id, size := c.gin.Param("id"), c.gin.DefaultQuery("size", "thumb")
	if err := pictured(id, size); err != nil {
		return err
	}
	f, modified, err := a.deps.Photos.Open(c.r.Context(), c.actor, id, size)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "private, max-age=86400")
	c.w.Header().Set("ETag", `"`+id+"-"+size+`"`)
	c.jpeg(f, modified)
	return nil
}

// jpeg answers with a picture and closes it.
func (c *call) jpeg(f io.ReadSeekCloser, modified time.Time) {
	defer func() { _ = f.Close() }() // only read
	h := c.w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	http.ServeContent(c.w, c.r, "", modified, f)
}

type photoLinking struct {
	Size string `json:"size" enum:"thumb,full"`
}

// PhotoLink is an address of a picture.
type PhotoLink struct {
	URL   string `json:"url" doc:"path on this server, with its query"`
	Until int64  `json:"until" doc:"Unix ms; then ask anew"`
}

func (a *API) linkPhoto(c *call, in *photoLinking) (*PhotoLink, error) {
	id := c.gin.Param("id")
	if err := pictured(id, in.Size); err != nil {
		return nil, err
	}
	ticket, until, err := a.deps.Photos.Link(c.r.Context(), c.actor, id, in.Size)
	if err != nil {
		return nil, err
	}
	q := url.Values{"size": {in.Size}, "ticket": {ticket}}
	return &PhotoLink{URL: "/api/v1/photos/" + id + "/view?" + q.Encode(), Until: until}, nil
}

// viewPhoto serves a picture by its link, to be kept by nobody: neither a
// cache nor, as a referrer, the next site hears of it.
func (a *API) viewPhoto(c *call) error {
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	id, size := c.gin.Param("id"), c.gin.Query("size")
	if err := pictured(id, size); err != nil {
		return fault.New(fault.NotFound, "")
	}
	f, _, err := a.deps.Photos.OpenLink(c.r.Context(), id, size, c.gin.Query("ticket"))
	if err != nil {
		return err
	}
	c.jpeg(f, time.Time{})
	return nil
}

type photoErasing struct {
	Reason string `json:"reason" maxLength:"200" doc:"at least 5 characters; who asked and when, without names and numbers: it stays"`
}

func (a *API) erasePhoto(c *call, in *photoErasing) (*json.RawMessage, error) {
	return row(a.deps.Erasure.ErasePhoto(c.r.Context(), c.actor, c.gin.Param("id"), in.Reason))
}

// WaitingPhotos are rows without a body.
type WaitingPhotos struct {
	Photos []json.RawMessage `json:"photos" doc:"oldest first, at most 200; of a household that has passed to someone else only id, size and sha256"`
}

func (a *API) waitingPhotos(c *call, _ *none) (*WaitingPhotos, error) {
	days := 3
	if text := c.gin.Query("days"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 366 {
			return nil, fault.Bad(fault.Field{Name: "days", Code: "not-allowed", Detail: "天数要在 0 到 366 之间。"})
		}
		days = n
	}
	rows, err := a.deps.Photos.Waiting(c.r.Context(), c.actor, days)
	if err != nil {
		return nil, err
	}
	return &WaitingPhotos{rows}, nil
}
