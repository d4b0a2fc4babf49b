package api

import (
	"context"
	"encoding/json"
	"net/http"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/setting"
)

// Rules are a township's own versioned documents (setting.Service). The
// township was judged by Scope.
type Rules interface {
	List(ctx context.Context, township string) ([]setting.Shown, error)
	Show(ctx context.Context, township, code string) (setting.Shown, error)
	// Publish is a compare-and-set on the edition. Codes: invalid, stale, not-found.
	Publish(ctx context.Context, a access.Actor, township, code string, c setting.Change) (setting.Shown, error)
}

var _ Rules = (*setting.Service)(nil)

// documentDepth is how deep a document to publish may nest: the gates of a
// move of a step of a workflow lie eight deep in theirs, which is one deep in
// the body.
const documentDepth = 10

func (a *API) settingRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/api/v1/settings", Roles: "TKA", Scope: Area, Doc: "The rules a township goes by: words, quotas and others.", Query: []string{"township"}, end: typed(a.settings)},
		{Method: http.MethodGet, Path: "/api/v1/settings/:code", Roles: "TKA", Scope: Area, Doc: "One of them.", Query: []string{"township"}, end: typed(a.setting)},
		{Method: http.MethodPost, Path: "/api/v1/settings/:code", Roles: "K", Scope: Area, Body: small, Depth: documentDepth, Doc: "Publish an edition, over the one that was seen.", Query: []string{"township"}, end: typed(a.publishSetting)},
	}
}

// SettingList is every document that holds.
type SettingList struct {
	Rows []setting.Shown `json:"rows"`
}

type newSetting struct {
	Edition int64          `json:"edition" minimum:"0" doc:"that was seen; 0 = the one that ships"`
	Use     string         `json:"use,omitempty" maxLength:"40" doc:"name of a document that ships, in place of body"`
	Title   string         `json:"title,omitempty" maxLength:"60"`
	Reason  string         `json:"reason" maxLength:"200" doc:"why it changes"`
	Body    map[string]any `json:"body,omitempty" doc:"the document"`
}

func (a *API) settings(c *call, _ *none) (*SettingList, error) {
	rows, err := a.deps.Rules.List(c.r.Context(), c.township)
	if err != nil {
		return nil, err
	}
	return &SettingList{rows}, nil
}

func (a *API) setting(c *call, _ *none) (*setting.Shown, error) {
	return shownSetting(a.deps.Rules.Show(c.r.Context(), c.township, c.gin.Param("code")))
}

func (a *API) publishSetting(c *call, in *newSetting) (*setting.Shown, error) {
	change := setting.Change{Edition: in.Edition, Use: in.Use, Title: in.Title, Reason: in.Reason}
	if in.Body != nil {
		raw, err := json.Marshal(in.Body)
		if err != nil {
			return nil, fault.Wrap(fault.BadRequest, err)
		}
		change.Body = raw
	}
	return shownSetting(a.deps.Rules.Publish(c.r.Context(), c.actor, c.township, c.gin.Param("code"), change))
}

func shownSetting(s setting.Shown, err error) (*setting.Shown, error) {
	if err != nil {
		return nil, err
	}
	return &s, nil
}
