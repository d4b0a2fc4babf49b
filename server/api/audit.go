package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Audit is the log of what was done in a township.
type Audit interface {
	// Lines lists lines, the latest first; next is Before of the next page, 0 = none.
	Lines(ctx context.Context, q write.LogQuery) (lines []write.LogLine, next int64, err error)
	// Check reads log and rows again. Code: not-found.
	Check(ctx context.Context, township string) (write.LogCheck, error)
}

// LogPage is a page of the audit log.
type LogPage struct {
	Rows []write.LogLine `json:"rows" doc:"the latest first; what a household says of its helpers is left out"`
	Next string          `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
}

func (a *API) auditRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/api/v1/audit", Roles: "TKA", Scope: Area, Time: slow, Query: []string{"township", "by", "action", "type", "row", "from", "to", "after", "limit"},
			Doc: "What was done in a township, by whom, the latest first: ids and versions, no values.", end: typed(a.auditLog)},
		{Method: http.MethodPost, Path: "/api/v1/audit/verify", Roles: "TKA", Scope: Area, Body: small, Time: slowest, Query: []string{"township"},
			Doc: "Hold a township's rows against its audit log; nothing is changed.", end: typed(a.auditCheck)},
	}
}

func (a *API) auditLog(c *call, _ *none) (*LogPage, error) {
	p, err := c.query()
	if err != nil {
		return nil, err
	}
	of := c.gin.Query
	q := write.LogQuery{Township: c.township, Actor: of("by"), Action: of("action"), Type: of("type"), Row: of("row"), Limit: p.Limit}
	var bad []fault.Field
	if q.From, err = dayAt(of("from"), 0); err != nil {
		bad = append(bad, fault.Field{Name: "from", Code: "format", Detail: "日期要写成 2026-01-31 这样。"})
	}
	if q.To, err = dayAt(of("to"), 1); err != nil {
		bad = append(bad, fault.Field{Name: "to", Code: "format", Detail: "日期要写成 2026-01-31 这样。"})
	}
	if q.Type != "" && !slices.ContainsFunc(a.deps.Types, func(t *record.Type) bool { return t.Name == q.Type }) {
		bad = append(bad, fault.Field{Name: "type", Code: "not-allowed", Detail: "没有这种记录。"})
	}
	if q.Row != "" && !record.IsID(q.Row) {
		bad = append(bad, fault.Field{Name: "row", Code: "format", Detail: "编号的格式不对。"})
	}
	if len(bad) > 0 {
		return nil, fault.Bad(bad...)
	}
	if p.After != "" {
		if q.Before, err = strconv.ParseInt(p.After, 10, 64); err != nil || q.Before < 1 {
			return nil, fault.New(fault.BadRequest, "")
		}
	}
	if len(q.Actor) > 64 || len(q.Action) > 32 || !ascii(q.Actor) || !ascii(q.Action) {
		return nil, fault.New(fault.BadRequest, "")
	}
	rows, next, err := a.deps.Audit.Lines(c.r.Context(), q)
	if err != nil {
		return nil, err
	}
	out := &LogPage{Rows: some(rows)}
	if next > 0 {
		out.Next = strconv.FormatInt(next, 10)
	}
	return out, nil
}

// dayAt is when a day begins in Shanghai, or that many days later, Unix ms; 0
// for "".
func dayAt(day string, later int) (int64, error) {
	if day == "" {
		return 0, nil
	}
	d, err := calendar.ParseDay(day)
	return (d + calendar.Day(later)).Begins(), err
}

func (a *API) auditCheck(c *call, _ *none) (*write.LogCheck, error) {
	out, err := a.deps.Audit.Check(c.r.Context(), c.township)
	return &out, err
}
