package api

import "daohu/server/registry"

// Search is what a search found.
type Search struct {
	Rows []registry.Found `json:"rows"`
	More bool             `json:"more" doc:"there are others: search for something longer"`
}

// searchBody is asked in a body: what is searched for may be an ID number, and
// addresses end up in the logs of proxies.
type searchBody struct {
	Q string `json:"q" minLength:"1" maxLength:"50" doc:"the beginning of a name, a 户编号 or village, or a whole ID number"`
}

func (a *API) search(c *call, in *searchBody) (*Search, error) {
	rows, more, err := a.deps.Registry.Search(c.r.Context(), c.actor, in.Q)
	if err != nil {
		return nil, err
	}
	return &Search{Rows: append([]registry.Found{}, rows...), More: more}, nil
}
