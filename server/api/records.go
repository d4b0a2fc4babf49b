package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/registry"
)

// The sizes of a page of rows.
const (
	pageUsual = 50
	pageMax   = 200
)

// query reads the page asked for; household and township are already judged.
func (c *call) query() (Query, error) {
	q := Query{Household: c.house.ID, Township: c.township, State: c.gin.Query("state"), After: c.gin.Query("after"), Limit: pageUsual}
	if s := c.gin.Query("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > pageMax {
			return q, fault.Bad(fault.Field{Name: "limit", Code: "range", Detail: "数字要在 1 到 200 之间。"})
		}
		q.Limit = n
	}
	if len(q.After) > 200 || len(q.State) > 20 || !ascii(q.After) || !ascii(q.State) {
		return q, fault.New(fault.BadRequest, "")
	}
	return q, nil
}

// ascii reports whether s may be compared with an id, a login or a state: in
// MariaDB their columns know no other letters, and comparing fails.
func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 0x7e || r < 0x20 }) < 0
}

// paged finishes a page.
func paged(rows []json.RawMessage, next string, err error) (*Page, error) {
	if err != nil {
		return nil, err
	}
	return &Page{Rows: some(rows), Next: next}, nil
}

// row finishes one row; none is 204.
func row(raw json.RawMessage, err error) (*json.RawMessage, error) {
	if err != nil || raw == nil {
		return nil, err
	}
	return &raw, nil
}

// id is the :id of the path; what cannot be an id is not found.
func (c *call) pathID() (string, error) {
	id := c.gin.Param("id")
	if !record.IsID(id) {
		return "", fault.New(fault.NotFound, "")
	}
	return id, nil
}

func (a *API) listRecords(c *call, _ *none) (*Page, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	return paged(a.deps.Records.List(c.r.Context(), c.actor, c.route.Type, q))
}

func (a *API) getRecord(c *call, _ *none) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Records.Get(c.r.Context(), c.actor, c.route.Type, id))
}

func (a *API) changeRecord(c *call, _ *none) (*json.RawMessage, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	rev, err := strconv.ParseInt(strings.Trim(c.r.Header.Get("If-Match"), `"`), 10, 64)
	if err != nil || rev < 1 {
		return nil, fault.Bad(fault.Field{Name: "If-Match", Code: "required", Detail: "请说明您看到的是第几版。"})
	}
	patch, err := c.patch()
	if err != nil {
		return nil, err
	}
	return row(a.deps.Records.Change(c.r.Context(), c.actor, c.route.Type, id, rev, patch))
}

func (a *API) makeRecord(c *call, _ *none) (*json.RawMessage, error) {
	id := c.gin.Query("id")
	if id != "" && !record.IsID(id) {
		return nil, fault.Bad(fault.Field{Name: "id", Code: "format", Detail: "编号的格式不对。"})
	}
	patch, err := c.patch()
	if err != nil {
		return nil, err
	}
	in := House{ID: c.house.ID, Township: c.township}
	return row(a.deps.Records.Make(c.r.Context(), c.actor, c.route.Type, in, id, patch))
}

// patch reads an object of fields of the route's type. Names are checked here,
// so that no service can be talked into setting what the server sets; values
// are the service's.
func (c *call) patch() (json.RawMessage, error) {
	raw, err := readJSON(c.r, c.route.Depth)
	if err != nil {
		return nil, err
	}
	names, err := record.Object(raw, 2*len(c.route.Type.Fields)+8)
	if err != nil || len(names) == 0 {
		return nil, fault.Wrap(fault.BadRequest, err)
	}
	var wrong []fault.Field
	for name := range names {
		f, ok := c.route.Type.Field(name)
		switch {
		case name == "reason" && c.route.Method == http.MethodPatch && registry.Explained(c.route.Type): // why it is changed
		case ok && f.Class == record.Server, isMeta(name):
			wrong = append(wrong, fault.Field{Name: name, Code: "server-set", Detail: "这一项由系统填写，不能修改。"})
		case !ok:
			wrong = append(wrong, fault.Field{Name: shorten(name), Code: "unknown", Detail: "没有这一项。"})
		}
	}
	if wrong != nil {
		sortFields(wrong)
		return nil, fault.Bad(wrong...)
	}
	return raw, nil
}

// isMeta reports whether name is a column or wire name of record.Meta.
func isMeta(name string) bool {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "")) {
	case "id", "by", "rev", "household", "township", "seq", "version", "deletedat", "madeby", "madeat":
		return true
	}
	return false
}
