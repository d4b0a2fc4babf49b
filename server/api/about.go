package api

import "net/http"

// About says who runs this server (product rule: an app of the government
// shows its operator, filing number and where to complain).
type About struct {
	Operator string `json:"operator" doc:"主办单位; empty = not told yet"`
	Filing   string `json:"filing" doc:"ICP 备案号; empty = not told yet"`
	Hotline  string `json:"hotline" doc:"telephone for complaints; empty = not told yet"`
	Version  string `json:"version" doc:"of the program"`
}

// aboutRoutes is the operator page.
func (a *API) aboutRoutes() []Route {
	return []Route{{Method: http.MethodGet, Path: "/api/v1/about", Scope: None, Doc: "Who runs this server: operator, filing number, telephone for complaints, version.", end: typed(a.about)}}
}

func (a *API) about(*call, *none) (*About, error) {
	out := a.deps.About
	out.Version = a.deps.Version
	return &out, nil
}
