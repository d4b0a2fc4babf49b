package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/registry"
)

// Lists are the code lists that fields take their words from.
type Lists struct {
	Rows []record.CodeList `json:"rows" doc:"by name"`
}

// listRoutes are the code lists, and households as they were.
func (a *API) listRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/api/v1/lists", Roles: all, Scope: None, Doc: "The code lists: words, national numbers, other spellings. Ask with If-None-Match; 304 = as you have it.",
			end: endpoint{out: reflect.TypeFor[Lists](), serve: listsEndpoint()}},
		{Method: http.MethodGet, Path: "/api/v1/households/:id/asof", Roles: "TKA", Scope: Household, Doc: "A household and who belonged to it at the end of a day (YYYY-MM-DD, Asia/Shanghai).",
			Query: []string{"day"}, end: typed(a.asOf)},
	}
}

// listsEndpoint serves the code lists that come with the program. They change
// only with it, so they are encoded once and named by what is in them. The tag
// is weak (RFC 9110, 8.8.1): packed or not, they are the same lists.
func listsEndpoint() func(*call) error {
	type named struct {
		body []byte
		tag  string
	}
	encoded := sync.OnceValues(func() (named, error) {
		rows, err := record.Lists()
		if err != nil {
			return named{}, fault.Wrap(fault.Internal, err)
		}
		var buf bytes.Buffer
		if err := encode(&buf, Lists{rows}); err != nil {
			return named{}, err
		}
		sum := sha256.Sum256(buf.Bytes())
		return named{buf.Bytes(), `"` + hex.EncodeToString(sum[:8]) + `"`}, nil
	})
	return func(c *call) error {
		l, err := encoded()
		if err != nil {
			return err
		}
		h := c.w.Header()
		h.Set("Cache-Control", "private, max-age=3600")
		h.Set("ETag", "W/"+l.tag)
		if has(c.r.Header.Get("If-None-Match"), l.tag) {
			h.Set("Vary", "Accept-Encoding")
			c.w.WriteHeader(http.StatusNotModified)
			return nil
		}
		Write(c.w, c.r, http.StatusOK, "application/json", l.body)
		return nil
	}
}

// has compares an If-None-Match header with a tag, weakly (RFC 9110, 13.1.2).
func has(header, tag string) bool {
	for item := range strings.SplitSeq(header, ",") {
		item = strings.TrimSpace(item)
		if item == "*" || strings.TrimPrefix(item, "W/") == tag {
			return true
		}
	}
	return false
}

func (a *API) asOf(c *call, _ *none) (*registry.AsOf, error) {
	out, err := a.deps.Registry.AsOf(c.r.Context(), c.actor, c.house, c.gin.Query("day"))
	if err != nil {
		return nil, err
	}
	return &out, nil
}
