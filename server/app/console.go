package app

import (
	"net/http"
	"strings"

	"daohu/server/console"
)

// console is the pages of the browser. They ask the API, which is put together
// after them because it hands them what is none of its own addresses.
func (a *App) console() (*console.Console, error) {
	c := a.opt.Config
	o := console.Operator{Name: c.Operator, Filing: c.Filing, Hotline: c.Hotline, Version: Version(), Phone: a.previews()}
	if a.opt.Demo {
		o.Demo = DemoPassword
	}
	return console.New(console.Config{
		Operator: o,
		API:      http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.API.ServeHTTP(w, r) }),
		Secure:   c.TLSCert != "" || strings.HasPrefix(c.PublicURL, "https://"),
		Now:      a.opt.Now,
		Log:      a.opt.Log,
	})
}
