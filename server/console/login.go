package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"daohu/server/fault"
)

// Cookies of the console. The session's is the one that the API takes too, so
// that pictures load by it.
const (
	sessionCookie  = "daohu"
	sayCookie      = "daohu-say"
	townshipCookie = "daohu-township"
)

// Front is what the log-in page shows: who runs the server, and the form.
type Front struct {
	Operator
	Next string // path to lead to
	Kept string // a form that was sent after the session ended, to be shown again
	TOTP bool   // a code of the authenticator app is asked for
	Late bool   // the session ended
}

// recognise finds out who looks, from the cookie.
func (v *View) recognise() error {
	k, err := v.r.Cookie(sessionCookie)
	if err != nil || k.Value == "" {
		return problem(fault.Unauthorized)
	}
	v.token = k.Value
	if err := v.Get("/api/v1/me", nil, &v.Me); err != nil {
		return err
	}
	if v.Township = v.Me.Township; strings.Contains("KA", v.Me.Role) {
		v.Township = v.Filter("township")
		if k, err := v.r.Cookie(townshipCookie); v.Township == "" && err == nil {
			v.Township = k.Value
		}
	}
	if k, err := v.r.Cookie(sayCookie); err == nil && k.Value != "" && !v.Bare && v.r.Method == http.MethodGet {
		v.Say, _ = url.QueryUnescape(k.Value) // what is broken says nothing
		v.console.cookie(v.w, sayCookie, "", -1)
	}
	return nil
}

// cookie sets a cookie no script can read; seconds 0 = until the browser
// closes, -1 takes it away.
func (c *Console) cookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: c.cfg.Secure, SameSite: http.SameSiteLaxMode})
}

// say keeps a sentence for the next page.
func (c *Console) say(w http.ResponseWriter, text string) {
	if text != "" {
		c.cookie(w, sayCookie, url.QueryEscape(text), 60)
	}
}

// inside returns a path of this server, "/" for anything else.
func inside(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\n\r") {
		return "/"
	}
	return next
}

// askLogin shows the log-in page in place of v. A form that was sent is kept
// and shown again after the log-in; nothing is done with it before.
func (c *Console) askLogin(v *View) {
	f := Front{Next: v.URL()}
	if v.r.Method == http.MethodPost {
		f.Late = true
		if v.r.MultipartForm == nil {
			f.Kept = v.form.Encode()
		}
	} else if k, err := v.r.Cookie(sessionCookie); err == nil && k.Value != "" {
		f.Late = true
	}
	status := http.StatusUnauthorized
	if v.r.URL.Path == "/" && !f.Late {
		status = http.StatusOK // the front page
	}
	v.Bare = false
	if v.r.Header.Get("HX-Request") != "" {
		v.w.Header().Set("HX-Refresh", "true") // the whole page has to go
	}
	c.front(v.w, v.r, f, nil, nil, status)
}

func (c *Console) front(w http.ResponseWriter, r *http.Request, f Front, p *Problem, form url.Values, status int) {
	f.Operator = c.cfg.Operator
	v := &View{console: c, w: w, r: r, Data: f, Problem: p, form: form, Did: form.Get("do")}
	c.page(v, "login", status)
}

func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	c.front(w, r, Front{Next: inside(r.URL.Query().Get("next"))}, nil, nil, http.StatusOK)
}

// login takes name, password and code. Every log-in is a new session; the one
// before it in this browser ends.
func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 2*small) // with a form that was kept
	if err := r.ParseForm(); err != nil {
		c.front(w, r, Front{Next: "/"}, told(tooLarge(err)), nil, http.StatusBadRequest)
		return
	}
	form := r.PostForm
	f := Front{Next: inside(form.Get("next")), Kept: form.Get("kept"), TOTP: form.Get("totp") != ""}
	body, _ := json.Marshal(Body("name", strings.TrimSpace(form.Get("name")), "password", form.Get("password"), "totp", strings.TrimSpace(form.Get("totp"))))
	a, err := c.call(r, "", http.MethodPost, "/api/v1/login/password", nil, "application/json", body, nil)
	if err != nil {
		p := told(err)
		for _, field := range p.Fields {
			f.TOTP = f.TOTP || field.Name == "totp"
		}
		c.front(w, r, f, p, form, p.Status)
		return
	}
	var in struct{ Token string }
	if err := json.Unmarshal(a.body.Bytes(), &in); err != nil {
		c.front(w, r, f, problem(fault.Internal), form, http.StatusInternalServerError)
		return
	}
	if old, err := r.Cookie(sessionCookie); err == nil && old.Value != "" {
		_, _ = c.call(r, old.Value, http.MethodPost, "/api/v1/logout", nil, "application/json", []byte("{}"), nil) // it may have ended
	}
	c.cookie(w, sessionCookie, in.Token, 0)
	c.cookie(w, townshipCookie, "", -1)
	if f.Kept != "" {
		c.again(w, r, f, in.Token)
		return
	}
	http.Redirect(w, r, f.Next, http.StatusSeeOther)
}

type keptKey struct{}

// again shows the page of a form that was sent when the session had ended,
// filled as it was, for its sender to send once more.
func (c *Console) again(w http.ResponseWriter, r *http.Request, f Front, token string) {
	kept, err := url.ParseQuery(f.Kept)
	if err != nil {
		kept = url.Values{}
	}
	next, err := http.NewRequestWithContext(context.WithValue(r.Context(), keptKey{}, kept), http.MethodGet, f.Next, nil)
	if err != nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	next.Header, next.RemoteAddr, next.RequestURI, next.Host = r.Header.Clone(), r.RemoteAddr, f.Next, r.Host
	next.Header.Del("Cookie")
	next.AddCookie(&http.Cookie{Name: sessionCookie, Value: token})
	c.mux.ServeHTTP(w, next)
}

// refill puts a kept form back into its page.
func (v *View) refill() {
	if kept, ok := v.r.Context().Value(keptKey{}).(url.Values); ok {
		v.form, v.Did = kept, kept.Get("do")
		v.Problem = &Problem{Status: http.StatusOK, Detail: "您刚才写的都还在。请看一遍，再按一次。"}
	}
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request) {
	if k, err := r.Cookie(sessionCookie); err == nil && k.Value != "" {
		_, _ = c.call(r, k.Value, http.MethodPost, "/api/v1/logout", nil, "application/json", []byte("{}"), nil) // it may have ended
	}
	c.cookie(w, sessionCookie, "", -1)
	c.cookie(w, townshipCookie, "", -1)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// chooseTownship keeps which township an admin of the county looks at. Whether
// it is in reach the API judges, page by page.
func (c *Console) chooseTownship(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, small)
	code := r.PostFormValue("township")
	if len(code) > 16 || strings.Trim(code, "0123456789") != "" {
		code = ""
	}
	c.cookie(w, townshipCookie, code, 0)
	http.Redirect(w, r, inside(r.PostFormValue("next")), http.StatusSeeOther)
}
