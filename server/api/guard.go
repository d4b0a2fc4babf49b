package api

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
)

// cookie carries the console's session.
const cookie = "daohu"

// enter is the one way from the router to a handler.
func (a *API) enter(g *gin.Context, r *Route) {
	c := callOf(g.Request.Context())
	c.route, c.gin, c.w = r, g, g.Writer
	ctx, cancel := context.WithTimeout(g.Request.Context(), r.Time)
	defer cancel()
	c.r = g.Request.WithContext(ctx)
	if err := c.guarded(); err != nil {
		Fail(c.w, c.r, err)
	}
}

// guarded runs the checks in the order of their price, then the handler.
func (c *call) guarded() error {
	if err := c.limits(); err != nil {
		return err
	}
	if c.route.Roles == "" {
		if c.route.Method == http.MethodPost { // the log-ins; looking costs nothing
			if err := c.allow(c.api.deps.PerIP, c.from()); err != nil {
				return err
			}
		}
		return c.route.end.serve(c)
	}
	if err := c.authenticate(); err != nil {
		return err
	}
	if !c.actor.Role.In(c.route.Roles) {
		return fault.New(fault.Forbidden, "")
	}
	if err := c.allowUser(); err != nil {
		return err
	}
	if err := c.scope(); err != nil {
		return err
	}
	return c.route.end.serve(c)
}

// limits bounds the body in bytes and the whole exchange in time.
func (c *call) limits() error {
	if !plainQuery(c.r.URL.Query()) {
		return fault.New(fault.BadRequest, "")
	}
	if c.r.ContentLength > c.route.Body {
		return fault.New(fault.TooLarge, "")
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.route.Body)
	if c.route.Time > usual {
		until := time.Now().Add(c.route.Time) // a socket's deadline: the machine's clock, not ours
		rc := http.NewResponseController(c.w)
		_ = rc.SetReadDeadline(until) // not supported: the server's timeouts hold
		_ = rc.SetWriteDeadline(until)
	}
	return nil
}

// plainQuery reports whether a query holds nothing but short printable ASCII:
// codes, days and ids. No parameter is a text somebody writes, and what the
// database keeps as ASCII it does not compare with anything else.
func plainQuery(q url.Values) bool {
	for _, values := range q {
		for _, v := range values {
			if len(v) > 2048 || strings.IndexFunc(v, func(r rune) bool { return r < 0x20 || r > 0x7e }) >= 0 {
				return false
			}
		}
	}
	return true
}

// allow asks a limiter, if there is one.
func (c *call) allow(l Limit, key string) error {
	if l == nil {
		return nil
	}
	if ok, retry := l(c.r.Context(), key); !ok {
		return &fault.Error{Code: fault.TooMany, Retry: max(retry, time.Second)}
	}
	return nil
}

// allowUser asks the limiter of the caller. What a page of the console asks for
// counts once: it is one request of a browser, and the page is made in one go.
func (c *call) allowUser() error {
	if c.page != nil {
		if c.page.counted {
			return nil
		}
		c.page.counted = true
	}
	return c.allow(c.api.deps.PerUser, c.actor.User)
}

// from is the address of the peer, or of the client of a trusted proxy; one
// IPv6 customer has a whole /64, so that much counts as one.
func (c *call) from() string {
	ip, err := netip.ParseAddr(c.gin.ClientIP())
	if err != nil {
		return "unknown"
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		p, _ := ip.Prefix(64) // 64 is within range
		return p.String()
	}
	return ip.String()
}

// authenticate finds the caller by bearer token or, for the console, by
// cookie; a cookie is sent by the browser whoever made the page, so such a
// request must come from our own pages.
func (c *call) authenticate() error {
	token := bearer(c.r)
	if token == "" {
		k, err := c.r.Cookie(cookie)
		if err != nil || k.Value == "" {
			return fault.New(fault.Unauthorized, "")
		}
		if err := c.api.origin.Check(c.r); err != nil {
			return fault.Wrap(fault.Forbidden, err)
		}
		token = k.Value
	}
	if len(token) > 512 {
		return fault.New(fault.Unauthorized, "")
	}
	actor, err := c.api.deps.Accounts.Authenticate(c.r.Context(), token)
	if err != nil {
		return err
	}
	if actor.User == "" || (actor.PushOnly && !c.route.PushOnly) {
		return fault.New(fault.Unauthorized, "")
	}
	c.actor, c.token = actor, token
	c.r = c.r.WithContext(access.By(c.r.Context(), actor.User))
	return nil
}

// bearer returns the token of the Authorization header, "" when there is none.
func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// scope judges what the request names before the handler runs. A push-only
// session reads nothing, so there is nothing to judge.
func (c *call) scope() (err error) {
	ctx, s, a := c.r.Context(), c.api.deps.Scope, c.actor
	switch c.route.Scope {
	case Household:
		id := c.gin.Param("id")
		if !strings.Contains(c.route.Path, "/households/:id") {
			id = c.gin.Query("household")
		}
		if id == "" && a.Role == access.Household {
			id = a.Household
		}
		if t := c.route.Type; id == "" && t != nil && (t.Anywhere || c.route.Method == http.MethodGet) && !a.Role.Syncs() {
			return c.reachTownship()
		}
		if id == "" {
			return fault.Bad(fault.Field{Name: "household", Code: "required", Detail: "请说明是哪一户。"})
		}
		if !record.IsID(id) {
			return fault.New(fault.NotFound, "")
		}
		c.house, err = s.Reach(ctx, a, id)
		c.township = c.house.Township
	case Township, Area, Common:
		return c.reachTownship()
	}
	return err
}

// reachTownship takes the township of the query, else the caller's own; the
// county's users have none and must name one.
func (c *call) reachTownship() (err error) {
	code := c.gin.Query("township")
	if code == "" && c.actor.Role.In("KA") {
		return fault.Bad(fault.Field{Name: "township", Code: "required", Detail: "请说明是哪个乡镇。"})
	}
	c.township, err = c.api.deps.Scope.ReachTownship(c.r.Context(), c.actor, code)
	return err
}

// operator says whether a request may see /metrics: by token when one is set,
// else from this machine, and not through a proxy on it.
func (c *call) operator() bool {
	if want := c.api.deps.MetricsToken; want != "" {
		return subtle.ConstantTimeCompare([]byte(bearer(c.r)), []byte(want)) == 1
	}
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	ip, err2 := netip.ParseAddr(host)
	if err != nil || err2 != nil || !ip.Unmap().IsLoopback() {
		return false
	}
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if c.r.Header.Get(h) != "" {
			return false
		}
	}
	return true
}
