package api

import (
	"net/http"
	"strconv"

	"daohu/server/fault"
	"daohu/server/parcel"
	"daohu/server/record"
)

func (a *API) exchange(c *call) error {
	raw, err := readSync(c.r, c.route.Depth, c.route.Body)
	if err != nil {
		return err
	}
	body, err := a.deps.Sync.Exchange(c.r.Context(), c.actor, raw)
	if err != nil {
		return err
	}
	c.synced(body)
	return nil
}

// synced answers with what the engine made: JSON, or a parcel, which is
// compressed already and of which nobody keeps a copy.
func (c *call) synced(body []byte) {
	if !parcel.Is(body) {
		c.body(body)
		return
	}
	c.w.Header().Set("Cache-Control", "no-store")
	Write(c.w, c.r, http.StatusOK, parcelType, body)
}

func (a *API) poll(c *call) error {
	cursor, client := c.gin.Query("cursor"), c.gin.Query("client")
	pack, _ := strconv.Atoi(c.gin.Query("pack")) // none, or one this server cannot make: JSON
	schema, err := strconv.ParseInt(c.gin.Query("schema"), 10, 32)
	switch {
	case err != nil || schema < 0:
		return fault.Bad(fault.Field{Name: "schema", Code: "format", Detail: "这里要填整数。"})
	case !record.IsID(client):
		return fault.Bad(fault.Field{Name: "client", Code: "format", Detail: "编号的格式不对。"})
	case len(cursor) > 512:
		return fault.Bad(fault.Field{Name: "cursor", Code: "too-long", Detail: "这一项填得不对。"})
	}
	body, err := a.deps.Sync.Poll(c.r.Context(), c.actor, cursor, schema, client, pack)
	if err != nil {
		return err
	}
	if body == nil { // the cheapest answer there is: no further header
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	c.synced(body)
	return nil
}
