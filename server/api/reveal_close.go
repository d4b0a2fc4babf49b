package api

import (
	"encoding/json"

	"daohu/server/registry"
)

type closing struct {
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the household the admin saw"`
	Reason string `json:"reason" maxLength:"150" doc:"at least 5 characters; stands with the pairings that end"`
}

type merging struct {
	Rev    int64  `json:"rev" minimum:"1" doc:"revision of the household the admin saw"`
	Into   string `json:"into" minLength:"12" maxLength:"12" doc:"household of the same township that the people now belong to"`
	Reason string `json:"reason" maxLength:"150" doc:"at least 5 characters; stands with the pairings that end"`
}

func (a *API) closeHousehold(c *call, in *closing) (*json.RawMessage, error) {
	return row(a.deps.Registry.End(c.r.Context(), c.actor, c.house, registry.Ending{Rev: in.Rev, Reason: in.Reason}))
}

func (a *API) reopenHousehold(c *call, in *closing) (*json.RawMessage, error) {
	return row(a.deps.Registry.End(c.r.Context(), c.actor, c.house, registry.Ending{Rev: in.Rev, Reopen: true, Reason: in.Reason}))
}

func (a *API) mergeHousehold(c *call, in *merging) (*json.RawMessage, error) {
	return row(a.deps.Registry.End(c.r.Context(), c.actor, c.house, registry.Ending{Rev: in.Rev, Into: in.Into, Reason: in.Reason}))
}
