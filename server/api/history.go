package api

import "daohu/server/registry"

// History is how a row came to be as it is.
type History struct {
	Rows []registry.HistoryEvent `json:"rows" doc:"oldest first; at most the latest 500 changes"`
}

func (a *API) history(c *call, _ *none) (*History, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	rows, err := a.deps.Records.History(c.r.Context(), c.actor, c.route.Type, id)
	if err != nil {
		return nil, err
	}
	return &History{Rows: some(rows)}, nil
}
