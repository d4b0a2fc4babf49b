package console

import (
	"maps"
	"net/http"
	"net/url"
	"strings"

	"daohu/server/account/staff"
	"daohu/server/figures"
)

// View is one look at a page: what its functions work with and what its
// template sees.
type View struct {
	Page    *Page
	Me      Me
	Menu    []Entry
	Say     string   // shown once, after an act
	Problem *Problem // why the act was refused; nil = it was not
	Did     string   // the act whose form was sent; "" = none
	Data    any      // what Show returned
	Done    any      // what an act showed at once
	Bare    bool     // htmx asks for the main part only
	Now     int64    // Unix ms

	// Township is the one an admin of the county or an auditor looks at; of the
	// others it is their own. "" = none chosen.
	Township string

	console *Console
	w       http.ResponseWriter
	r       *http.Request
	token   string
	form    url.Values // what was typed; never nil
	places  []figures.Place
	houses  map[string]House
	users   map[string]staff.User
	choices map[string][]Option // households a field may mean, by field
	unsure  []string            // what of a field means several
}

// Me is who looks.
type Me struct {
	User, Name, Role, County, Township string
	PushOnly                           bool `json:"pushOnly"`
}

// ID is the {id} of the page's path.
func (v *View) ID() string { return v.r.PathValue("id") }

// Path returns the named part of the page's path.
func (v *View) Path(name string) string { return v.r.PathValue(name) }

// URL is the address of the page with its filters.
func (v *View) URL() string { return v.r.URL.RequestURI() }

// Filter is a parameter of the address.
func (v *View) Filter(name string) string { return v.r.URL.Query().Get(name) }

// Query copies the named filters of the address, without empty ones, and adds
// the township for those who have none of their own.
func (v *View) Query(names ...string) url.Values {
	return v.In(v.Pick(names...))
}

// In adds to q the township looked at, for those who have none of their own.
func (v *View) In(q url.Values) url.Values {
	if strings.Contains("KA", v.Me.Role) && v.Township != "" {
		q.Set("township", v.Township)
	}
	return q
}

// With is the address of this page with parameters set, in pairs of name and
// value; "" takes one out. A list begins anew: after is taken out.
func (v *View) With(pairs ...string) string {
	q := maps.Clone(v.r.URL.Query())
	q.Del("after")
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return v.r.URL.Path
	}
	return v.r.URL.Path + "?" + q.Encode()
}

// More is what the link to the next page of a list needs.
type More struct{ First, Next string }

// More links a list's pages; next is what the API answered.
func (v *View) More(next string) More {
	m := More{}
	if v.Filter("after") != "" {
		m.First = v.With()
	}
	if next != "" {
		m.Next = v.With("after", next)
	}
	return m
}

// Allowed reports whether the role may open the page at path: links to it show
// only then.
func (v *View) Allowed(path string) bool {
	for i := range v.console.pages {
		if p := &v.console.pages[i]; p.Path == path {
			return strings.Contains(p.Roles, v.Me.Role)
		}
	}
	return false
}

// Is reports whether whoever looks has one of the roles.
func (v *View) Is(roles string) bool { return v.Me.Role != "" && strings.Contains(roles, v.Me.Role) }

// Pick copies the named filters of the address into a query, and no township.
func (v *View) Pick(names ...string) url.Values {
	q := url.Values{}
	for _, n := range names {
		if s := v.Filter(n); s != "" {
			q.Set(n, s)
		}
	}
	return q
}
