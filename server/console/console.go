package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"daohu/server/api"
	"daohu/server/fault"
)

// policy lets a page load what this server serves and nothing else; no script
// or style stands in a page itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// small is the largest body of a form in bytes.
const small = 64 << 10

// Operator is who runs this server; "" = not told. Phone: the phone in the
// browser is at /phone. Demo is the password of the demo's accounts; "" = this
// is no demo.
type Operator struct {
	Name, Filing, Hotline, Version string

	Phone bool
	Demo  string
}

// Config is what the console needs.
type Config struct {
	Operator Operator
	API      http.Handler // the program's own API, asked in process
	Secure   bool         // people reach the server by https: cookies go no other way
	Now      func() time.Time
	Log      *slog.Logger
}

// Console serves the pages. It is safe for concurrent use.
type Console struct {
	cfg    Config
	pages  []Page
	files  map[string]*template.Template
	assets assets
	origin *http.CrossOriginProtection
	mux    *http.ServeMux
}

// New builds the console. It fails when a template does not parse or two pages
// have one path.
func New(cfg Config) (c *Console, err error) {
	c = &Console{cfg: cfg, pages: pages(), origin: http.NewCrossOriginProtection(), mux: http.NewServeMux()}
	if c.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if err := c.parse(); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range c.pages {
		p := &c.pages[i]
		if seen[p.Path] {
			return nil, fmt.Errorf("console: %s is there twice", p.Path)
		}
		seen[p.Path] = true
		pattern := p.Path
		if pattern == "/" {
			pattern = "/{$}"
		}
		c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, p) })
	}
	c.mux.HandleFunc("GET /login", c.loginPage)
	c.mux.HandleFunc("POST /login", c.login)
	c.mux.HandleFunc("POST /logout", c.logout)
	c.mux.HandleFunc("POST /township", c.chooseTownship)
	c.mux.HandleFunc("GET /h/{token}", c.homePage)
	c.mux.HandleFunc("POST /h/{token}", c.home)
	return c, nil
}

// parse reads the templates: each page's file over the frame and the parts.
func (c *Console) parse() error {
	frame, err := template.New("frame").Funcs(functions(c.assets.address)).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return err
	}
	c.files = map[string]*template.Template{}
	names := []string{"login", "error", "homecard"}
	for _, p := range c.pages {
		names = append(names, p.File)
	}
	for _, name := range names {
		if c.files[name] != nil {
			continue
		}
		t, err := frame.Clone()
		if err != nil {
			return err
		}
		if c.files[name], err = t.ParseFS(templateFiles, "templates/"+name+".html"); err != nil {
			return err
		}
	}
	return nil
}

// ServeHTTP answers every path outside /api/.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	// Not no-referrer: with it browsers send "Origin: null" with our own forms.
	h.Set("Referrer-Policy", "same-origin")
	r.Header.Set("X-Request-Id", h.Get("X-Request-Id")) // one id for the page and what it asks
	if c.assets.serve(w, r) {
		return
	}
	h.Set("Cache-Control", "no-store")
	if _, pattern := c.mux.Handler(r); pattern == "" {
		api.Fail(w, r, fault.New(fault.NoRoute, ""))
		return
	}
	if err := c.origin.Check(r); err != nil {
		api.Fail(w, r, fault.Wrap(fault.Forbidden, err))
		return
	}
	c.mux.ServeHTTP(w, r)
}

// serve is the one way to a page.
func (c *Console) serve(w http.ResponseWriter, r *http.Request, p *Page) {
	v := &View{Page: p, console: c, w: w, r: r, form: url.Values{}, Now: c.cfg.Now().UnixMilli(), Bare: r.Header.Get("HX-Request") != ""}
	v.Say, _ = r.Context().Value(sayKey{}).(string)
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		api.Fail(w, r, fault.New(fault.NoRoute, ""))
		return
	}
	if r.Method == http.MethodPost {
		if err := v.read(); err != nil {
			_ = v.recognise() // only for the page's frame: the form was refused unread
			c.refuse(v, told(err))
			return
		}
	}
	if err := v.recognise(); err != nil {
		c.refuse(v, told(err))
		return
	}
	if !strings.Contains(p.Roles, v.Me.Role) {
		c.refuse(v, problem(fault.Forbidden))
		return
	}
	status := http.StatusOK
	if r.Method == http.MethodPost {
		done, err := v.act()
		if err == nil && c.finish(v, done) {
			return
		}
		if v.Problem = told(err); v.Problem != nil {
			c.note(v, err)
			if status = v.Problem.Status; status == http.StatusUnauthorized {
				c.refuse(v, v.Problem)
				return
			}
		}
	}
	v.refill()
	if err := v.show(); err != nil {
		c.note(v, err)
		c.refuse(v, told(err))
		return
	}
	if d, ok := v.Data.(*Download); ok {
		c.send(w, d)
		return
	}
	c.page(v, p.File, status)
}

// finish does what a successful act leads to; false = the page is to be shown.
func (c *Console) finish(v *View, done Done) bool {
	switch {
	case done.File != nil:
		c.send(v.w, done.File)
	case done.Data != nil:
		v.Done, v.Say, v.form = done.Data, done.Say, url.Values{}
		return false
	default:
		to := done.To
		if to == "" {
			to = v.URL()
		}
		if v.Bare {
			c.goOn(v, to, done.Say)
			return true
		}
		c.say(v.w, done.Say)
		http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	}
	return true
}

type sayKey struct{}

// goOn answers htmx with the page an act leads to at once, which saves a way
// there and back.
func (c *Console) goOn(v *View, to, say string) {
	next, err := http.NewRequestWithContext(context.WithValue(v.r.Context(), sayKey{}, say), http.MethodGet, to, nil)
	if err != nil {
		http.Redirect(v.w, v.r, to, http.StatusSeeOther)
		return
	}
	next.Header, next.RemoteAddr, next.RequestURI, next.Host = v.r.Header, v.r.RemoteAddr, to, v.r.Host
	v.w.Header().Set("HX-Push-Url", to)
	c.mux.ServeHTTP(v.w, next)
}

// send has the browser keep a file.
func (c *Console) send(w http.ResponseWriter, d *Download) {
	h := w.Header()
	h.Set("Content-Type", d.Type)
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(d.Name))
	_, _ = w.Write(d.Body) // a reader that has gone is no failure of ours
}

// read reads the form that was sent.
func (v *View) read() error {
	limit := max(v.Page.Body, small)
	if v.r.ContentLength > limit {
		v.w.Header().Set("Connection", "close") // the rest is not read
		return problem(fault.TooLarge)
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, limit)
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") {
		if err := v.r.ParseMultipartForm(limit); err != nil {
			return tooLarge(err)
		}
	} else if err := v.r.ParseForm(); err != nil {
		return tooLarge(err)
	}
	v.form = v.r.PostForm
	v.Did = v.form.Get("do")
	return nil
}

func tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok { // multipart wraps it
		return problem(fault.TooLarge)
	}
	return problem(fault.BadRequest)
}

// note logs what is nobody's but ours: the API has logged its own.
func (c *Console) note(v *View, err error) {
	if _, ok := err.(*Problem); ok || fault.CodeOf(err) != fault.Internal {
		return
	}
	c.cfg.Log.ErrorContext(v.r.Context(), "page failed", "page", v.Page.Path, "err", err)
}

// refuse says why a page is not shown: without a session by the log-in page,
// which leads back here, else by a page of its own.
func (c *Console) refuse(v *View, p *Problem) {
	if p.Status == http.StatusUnauthorized {
		c.askLogin(v)
		return
	}
	v.Problem = p
	if p.Retry > 0 {
		v.w.Header().Set("Retry-After", fmt.Sprint(p.Retry))
	}
	c.page(v, "error", p.Status)
}

// page writes a page.
func (c *Console) page(v *View, file string, status int) {
	if !v.Bare && v.Me.User != "" {
		v.enter()
	}
	name := "layout"
	switch {
	case v.Bare:
		name = "bare"
	case v.Page != nil && v.Page.Print && file != "error":
		name = "paper"
	}
	var buf bytes.Buffer
	if err := c.files[file].ExecuteTemplate(&buf, name, v); err != nil {
		c.cfg.Log.ErrorContext(v.r.Context(), "page cannot be written", "file", file, "err", err)
		api.Fail(v.w, v.r, fault.Wrap(fault.Internal, err))
		return
	}
	v.w.Header().Add("Vary", "HX-Request")
	api.Write(v.w, v.r, status, "text/html; charset=utf-8", buf.Bytes())
}
