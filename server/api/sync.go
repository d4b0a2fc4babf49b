package api

import (
	"net/http"
	"strconv"

	"daohu/server/fault"
	"daohu/server/record"
)

func (a *API) exchange(c *call) error {
	raw, err := readJSON(c.r, c.route.Depth)
	if err != nil {
		return err
	}
	body, err := a.deps.Sync.Exchange(c.r.Context(), c.actor, raw)
	if err != nil {
		return err
	}
	c.body(body)
	return nil
}

func (a *API) poll(c *call) error {
	cursor, client := c.gin.Query("cursor"), c.gin.Query("client")
	schema, err := strconv.ParseInt(c.gin.Query("schema"), 10, 32)
	switch {
	case err != nil || schema < 0:
		return fault.Bad(fault.Field{Name: "schema", Code: "format", Detail: "这里要填整数。"})
	case !record.IsID(client):
		return fault.Bad(fault.Field{Name: "client", Code: "format", Detail: "编号的格式不对。"})
	case len(cursor) > 512:
		return fault.Bad(fault.Field{Name: "cursor", Code: "too-long", Detail: "这一项填得不对。"})
	}
	body, err := a.deps.Sync.Poll(c.r.Context(), c.actor, cursor, schema, client)
	if err != nil {
		return err
	}
	if body == nil { // the cheapest answer there is: no further header
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	c.body(body)
	return nil
}
