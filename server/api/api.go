// Package api is the HTTP surface of the server but for the console: routes,
// who may use them, and the one form of every failure.
//
// Handlers bind, authorise, call and write; nothing is decided here but
// whether a request may be made at all. routes.go is the only list of routes.
// Every operation goes through gin's router and one typed binding; of huma we
// use the schemas, the validation and the OpenAPI document, so that a body is
// read once, strictly, and every failure is written by Fail.
package api

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"daohu/server/access"
	"daohu/server/fault"
)

// API is the handler. It is made by New and safe for concurrent use.
type API struct {
	deps     Deps
	routes   []Route
	router   *gin.Engine
	schemas  huma.Registry
	document []byte // openapi.json
	origin   *http.CrossOriginProtection
	meters   *meters
	heavy    chan struct{} // holds one for every workbook under way
}

// New builds the API. It fails when a dependency is missing or two routes are
// the same.
func New(d Deps) (*API, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	a := &API{deps: d, schemas: newRegistry(), origin: http.NewCrossOriginProtection(), heavy: make(chan struct{}, heavyAtOnce)}
	a.routes = a.table()
	if err := twice(a.routes); err != nil {
		return nil, err
	}
	var err error
	if a.document, err = a.openapi(); err != nil {
		return nil, err
	}
	if a.meters, err = newMeters(d); err != nil {
		return nil, err
	}
	a.router, err = a.newRouter()
	return a, err
}

// newRouter registers the table, and nothing else, with gin.
func (a *API) newRouter() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode) // no banner and no debug lines
	g := gin.New()
	g.HandleMethodNotAllowed = true
	g.RedirectTrailingSlash = false // a redirect would drop the body
	proxies := make([]string, 0, len(a.deps.TrustedProxies))
	for _, p := range a.deps.TrustedProxies {
		proxies = append(proxies, p.String())
	}
	if err := g.SetTrustedProxies(proxies); err != nil {
		return nil, fmt.Errorf("api: trusted proxies: %w", err)
	}
	for i := range a.routes {
		r := &a.routes[i]
		g.Handle(r.Method, r.Path, func(c *gin.Context) { a.enter(c, r) })
	}
	g.NoRoute(func(c *gin.Context) {
		if a.deps.Other != nil && !strings.HasPrefix(c.Request.URL.Path, "/api/") {
			c.Status(http.StatusOK) // gin has set 404
			a.deps.Other.ServeHTTP(c.Writer, c.Request)
			return
		}
		Fail(c.Writer, c.Request, fault.New(fault.NoRoute, ""))
	})
	g.NoMethod(func(c *gin.Context) {
		Fail(c.Writer, c.Request, &fault.Error{Code: fault.NoRoute, Err: errMethod})
	})
	return g, nil
}

// twice finds a route that stands in the table twice.
func twice(routes []Route) error {
	seen := map[string]bool{}
	for _, r := range routes {
		key := r.Method + " " + r.Path
		if seen[key] {
			return fmt.Errorf("api: %s is in the table twice", key)
		}
		seen[key] = true
	}
	return nil
}

// Routes is the table, in order, for the matrix test.
func (a *API) Routes() []Route { return append([]Route(nil), a.routes...) }

// Registered lists what the router really answers, as "GET /path".
func (a *API) Registered() []string {
	var out []string
	for _, r := range a.router.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// call is what is known of one request.
type call struct {
	api   *API
	id    string // X-Request-Id
	route *Route // nil: no route matched
	at    time.Time

	w     http.ResponseWriter
	r     *http.Request
	gin   *gin.Context
	actor access.Actor // zero on public routes
	token string       // what actor was recognised by

	house    House  // of Household routes
	township string // of routes about a township
	err      error  // what Fail was given, for the log

	page    *call // the request of the console that asks in process; nil = it came from outside
	counted bool  // of a page: its user's limiter was asked
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// ActorOf returns who makes the request; ok is false on public routes.
func ActorOf(ctx context.Context) (a access.Actor, ok bool) {
	if c := callOf(ctx); c != nil {
		return c.actor, c.actor.User != ""
	}
	return a, false
}

// RequestID is the id of the request, "" outside one.
func RequestID(ctx context.Context) string {
	if c := callOf(ctx); c != nil {
		return c.id
	}
	return ""
}

// ServeHTTP gives the request its id, runs it, and writes one line about it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{api: a, id: a.requestID(r), at: a.deps.Now(), page: callOf(r.Context())}
	rec := &recorder{ResponseWriter: w}
	w.Header().Set("X-Request-Id", c.id)
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	a.meters.inFlight.Inc()
	defer func() {
		a.meters.inFlight.Dec()
		a.finish(c, rec, r, recover())
	}()
	a.router.ServeHTTP(rec, r)
}

// finish turns a panic into an internal failure, then logs and counts. A panic
// after the answer began can only cut the connection.
func (a *API) finish(c *call, rec *recorder, r *http.Request, panicked any) {
	cut := panicked == http.ErrAbortHandler
	if panicked != nil && !cut {
		a.deps.Log.Error("panic", "request", c.id, "what", describe(panicked), "stack", string(debug.Stack()))
		if cut = rec.status != 0; !cut {
			Fail(rec, r, fault.New(fault.Internal, ""))
		}
	}
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	took := a.deps.Now().Sub(c.at)
	path, method := "unmatched", "other"
	if c.route != nil {
		path, method = c.route.Path, c.route.Method
	}
	a.meters.count(method, path, rec.status, took)
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String("request", c.id), slog.String("method", method), slog.String("route", path),
		slog.Int("status", rec.status), slog.Int64("ms", took.Milliseconds()), slog.String("role", string(c.actor.Role))}
	if c.err != nil {
		attrs = append(attrs, slog.String("code", string(fault.CodeOf(c.err))))
		if rec.status >= 500 {
			level = slog.LevelError
			attrs = append(attrs, slog.String("cause", scrub(c.err.Error())))
		}
	}
	a.deps.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
	if cut {
		panic(http.ErrAbortHandler)
	}
}

// describe says what panicked without the values in it: only the runtime's own
// messages are safe to keep.
func describe(v any) string {
	if e, ok := v.(interface {
		error
		RuntimeError()
	}); ok {
		return scrub(e.Error())
	}
	return fmt.Sprintf("%T", v)
}

// requestID keeps the id a proxy gave, if it is one, else makes 16 hex digits.
func (a *API) requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); saneID(id) {
		return id
	}
	var b [8]byte
	if _, err := io.ReadFull(a.deps.Rand, b[:]); err != nil {
		return "0000000000000000" // only a name in the log; no reason to refuse
	}
	return hex.EncodeToString(b[:])
}

func saneID(s string) bool {
	const ok = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return len(s) >= 8 && len(s) <= 64 && strings.Trim(s, ok) == "" &&
		strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(ok, r) }) < 0
}

// recorder remembers the status. Unwrap lets http.ResponseController through.
type recorder struct {
	http.ResponseWriter
	status int // 0 = nothing written yet
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Flush is called by gin, which asks for it without looking.
func (r *recorder) Flush() {
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Server is an http.Server that a slow or silent peer cannot hold. Routes that
// need longer than its timeouts extend them for their own request.
//
// HTTP/2 without TLS is for a proxy that ends TLS on the same machine: a poll
// over it costs a sixteenth of one over HTTP/1.1 (docs/performance.md).
func Server(addr string, h http.Handler, t *tls.Config, l *slog.Logger) *http.Server {
	speaks := &http.Protocols{}
	speaks.SetHTTP1(true)
	speaks.SetHTTP2(true)
	speaks.SetUnencryptedHTTP2(true)
	return &http.Server{
		Protocols:         speaks,
		Addr:              addr,
		Handler:           h,
		TLSConfig:         t,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(serverLog{l}, "", 0),
	}
}

// serverLog keeps net/http's own messages without the addresses in them.
type serverLog struct{ log *slog.Logger }

func (s serverLog) Write(b []byte) (int, error) {
	s.log.Warn("http", "message", scrub(strings.TrimSpace(string(b))))
	return len(b), nil
}
