package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"daohu/server/fault"
)

// Problem is a failure as the API told it (RFC 9457).
type Problem struct {
	Status    int           `json:"status"`
	Code      fault.Code    `json:"code"`
	Detail    string        `json:"detail"`
	Fields    []fault.Field `json:"fields"`
	RequestID string        `json:"requestId"`
	Retry     int64         `json:"retry"` // seconds
}

func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// Has reports whether the API answered with code c.
func (p *Problem) Has(c fault.Code) bool { return p != nil && p.Code == c }

// Rows is a page of rows as list routes answer it.
type Rows[T any] struct {
	Rows []T    `json:"rows"`
	Next string `json:"next"`
}

// answer keeps what the API writes. It is an http.ResponseWriter.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// Flush is asked for by gin; everything is kept anyway.
func (a *answer) Flush() {}

// Get reads path, with the query, into out.
func (v *View) Get(path string, query url.Values, out any) error {
	return v.ask(http.MethodGet, path, query, "", nil, nil, out)
}

// Post sends body as JSON and reads the answer into out; nil = not read.
func (v *View) Post(path string, body, out any) error {
	return v.Send(http.MethodPost, path, nil, body, nil, out)
}

// Send is Post with a method, a query and headers, such as If-Match.
func (v *View) Send(method, path string, query url.Values, body any, header http.Header, out any) error {
	if body == nil {
		body = struct{}{}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return v.ask(method, path, query, "application/json", raw, header, out)
}

// Upload sends bytes of a media type, such as a workbook.
func (v *View) Upload(path string, query url.Values, media string, body []byte, out any) error {
	return v.ask(http.MethodPost, path, query, media, body, nil, out)
}

// ask calls the API as whoever looks. A *Download takes the answer as it is.
func (v *View) ask(method, path string, query url.Values, media string, body []byte, header http.Header, out any) error {
	a, err := v.console.call(v.r, v.token, method, path, query, media, body, header)
	if err != nil {
		return err
	}
	if out == nil || a.body.Len() == 0 {
		return nil
	}
	if d, ok := out.(*Download); ok {
		d.Type, d.Body = a.header.Get("Content-Type"), a.body.Bytes()
		if d.Name == "" {
			_, d.Name, _ = strings.Cut(a.header.Get("Content-Disposition"), "filename=")
			d.Name = strings.Trim(d.Name, `"`)
		}
		return nil
	}
	return json.Unmarshal(a.body.Bytes(), out)
}

// call runs one request through the API in process: no network, the browser's
// own context, so that what it gives up is given up below too. The address and
// the proxy's headers go along, because log-ins are limited by them.
func (c *Console) call(r *http.Request, token, method, path string, query url.Values, media string, body []byte, header http.Header) (*answer, error) {
	target := path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	q, err := http.NewRequestWithContext(r.Context(), method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.RemoteAddr, q.Host, q.RequestURI = r.RemoteAddr, r.Host, target
	for _, h := range []string{"X-Forwarded-For", "X-Real-Ip", "X-Request-Id"} {
		if values := r.Header.Values(h); len(values) > 0 {
			q.Header[h] = values
		}
	}
	for name, values := range header {
		q.Header[name] = values
	}
	if media != "" {
		q.Header.Set("Content-Type", media)
	}
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	a := &answer{header: http.Header{}}
	c.cfg.API.ServeHTTP(a, q)
	if a.status >= 400 {
		p := &Problem{Status: a.status, Code: fault.Internal}
		if err := json.Unmarshal(a.body.Bytes(), p); err != nil {
			p.Detail = fault.SpecOf(fault.Internal).Detail
		}
		return a, p
	}
	return a, nil
}

// problem is a failure of the console's own, with the code's own sentence.
func problem(c fault.Code) *Problem {
	s := fault.SpecOf(c)
	return &Problem{Status: s.Status, Code: c, Detail: s.Detail}
}

// told turns any error into a Problem; foreign ones become internal.
func told(err error) *Problem {
	switch e := err.(type) {
	case nil:
		return nil
	case *Problem:
		return e
	case *fault.Error:
		p := problem(e.Code)
		p.Detail, p.Fields = e.Sentence(), e.Fields
		return p
	}
	return problem(fault.Internal)
}
