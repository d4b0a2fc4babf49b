package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"daohu/server/fault"
)

// errMethod marks a path that exists under another method; the answer is 405
// with the code no-route.
var errMethod = errors.New("method not allowed")

// Problem is the body of every failure (RFC 9457).
type Problem struct {
	Type      string        `json:"type" doc:"/errors/ and the code; opens as a page"`
	Title     string        `json:"title" doc:"the HTTP status in English"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail" doc:"Chinese sentence for the person holding the phone"`
	Code      string        `json:"code" doc:"stable; see docs/errors.md"`
	Fields    []fault.Field `json:"fields,omitempty" doc:"what is wrong with which field"`
	RequestID string        `json:"requestId" doc:"name it when asking for help"`
	Retry     int64         `json:"retry,omitempty" doc:"seconds until trying again makes sense"`
}

// Fail writes err as problem+json. An error that is not a *fault.Error is shown
// as internal; its text goes to the log only.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	c := callOf(r.Context())
	e := foreign(r.Context(), c, err)
	spec := fault.SpecOf(e.Code)
	p := Problem{Type: "/errors/" + string(spec.Code), Status: spec.Status, Detail: e.Sentence(), Code: string(spec.Code), Fields: e.Fields}
	if spec.Code == fault.Internal {
		p.Detail, p.Fields = spec.Detail, nil // whatever was put there is not for the caller
	}
	if errors.Is(err, errMethod) {
		p.Status = http.StatusMethodNotAllowed
	}
	p.Title = http.StatusText(p.Status)
	if c != nil {
		c.err, p.RequestID = e, c.id
	}
	h := w.Header()
	p.Retry = int64(math.Ceil(retry(e).Seconds()))
	if p.Retry > 0 {
		h.Set("Retry-After", strconv.FormatInt(p.Retry, 10))
	}
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close") // the rest of the body is not read
	}
	for _, k := range []string{"Content-Encoding", "Content-Length", "Content-Range", "ETag", "Last-Modified"} {
		h.Del(k)
	}
	var buf bytes.Buffer
	if err := encode(&buf, p); err != nil {
		buf.Reset() // cannot happen: plain fields only
	}
	h.Set("Cache-Control", "no-store")
	Write(w, r, p.Status, "application/problem+json", buf.Bytes())
}

// foreign gives every error a code.
func foreign(ctx context.Context, c *call, err error) *fault.Error {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e
	}
	if c != nil && c.api.deps.Classify != nil {
		if e, ok := errors.AsType[*fault.Error](c.api.deps.Classify(err)); ok {
			return e
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Wrap(fault.TooLarge, err)
	}
	// The caller went away, or was too slow for the time the route has.
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return fault.Wrap(fault.Unavailable, err)
	}
	return fault.Wrap(fault.Internal, err)
}

// retry is when to try again: always said with 429 and 503.
func retry(e *fault.Error) time.Duration {
	switch {
	case e.Retry > 0:
		return e.Retry
	case e.Code == fault.Unavailable:
		return 5 * time.Second
	case e.Code == fault.TooMany:
		return 30 * time.Second
	}
	return 0
}

// encode writes v as JSON without turning < and & into escapes.
func encode(buf *bytes.Buffer, v any) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - 1) // the encoder's line feed
	return nil
}

var (
	quoted  = regexp.MustCompile("'[^']*'|\"[^\"]*\"|`[^`]*`")
	address = regexp.MustCompile(`\[?[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F.%:]*\]?(:\d+)?|\d+\.\d+\.\d+\.\d+(:\d+)?`)
	digits  = regexp.MustCompile(`\d{7,}`)
)

// scrub takes what may be personal out of the text of a foreign error before
// it is logged: quoted values, addresses, long numbers, and everything that is
// not ASCII, which is where names are. 400 bytes are kept.
func scrub(s string) string {
	s = quoted.ReplaceAllString(s, "'*'")
	s = address.ReplaceAllString(s, "*")
	s = digits.ReplaceAllString(s, "#")
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), 400)]
}

// errorPage explains one code in plain text; the type of a Problem leads here.
func errorPage(c *call) error {
	for _, s := range fault.Codes {
		if string(s.Code) == c.gin.Param("code") {
			text := string(s.Code) + " (HTTP " + strconv.Itoa(s.Status) + ")\n\n" + s.Detail + "\n" + s.Doc + "\n"
			Write(c.w, c.r, http.StatusOK, "text/plain; charset=utf-8", []byte(text))
			return nil
		}
	}
	return fault.New(fault.NotFound, "没有这个错误代码。")
}
