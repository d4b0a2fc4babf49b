package workflow

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/workflow/flow"
)

// Ask says which rows of a reviewed type to list. A zero field does not filter.
type Ask struct {
	Township  string // within the caller's reach
	State     string // "" = the first of the type's workflow: pending, of a proposal open
	Household string // id
	Village   string // area code
	Author    string // who wrote it: login or user id
	From, To  string // first and last day: of the record when it has one, else of its arrival
	Flag      string // late, double or clock
	After     string // Page.Next of the page before
	Limit     int
}

// Query is a checked Ask. Rows are listed by arrival, the oldest first.
type Query struct {
	Ask
	FromAt, ToAt int64 // instants instead of days, for types without a day; ToAt is not included; 0 = any
	AfterAt      int64
	AfterID      string
}

// About is what a reviewer wants to see beside a record.
type About struct {
	ID           string     `json:"id" doc:"of the record"`
	Code         string     `json:"code" doc:"户编号"`
	Head         string     `json:"head" doc:"name of the head of household"`
	Village      string     `json:"village" doc:"area code"`
	Place        string     `json:"place" doc:"寨, 村民小组"`
	Author       string     `json:"author" doc:"name of who wrote it; empty = came by import"`
	Login        string     `json:"login" doc:"of who wrote it"`
	At           int64      `json:"at" doc:"arrival, Unix ms: rows come in this order"`
	Since        int64      `json:"since" doc:"when it came to this state, Unix ms: sent again, the clock begins anew"`
	Due          string     `json:"due,omitempty" doc:"last day of this step's clock in the township's workflow; absent = it has none"`
	Overdue      bool       `json:"overdue,omitempty" doc:"that day has passed"`
	Photos       int64      `json:"photos" doc:"pictures of the visit, arrived or on their way"`
	Confirmation *Confirmed `json:"confirmation,omitempty" doc:"what the household said of the visit; from its own phone when it did"`
}

// Confirmed is a household's confirmation of a visit.
type Confirmed struct {
	Answer  string `json:"answer"`
	Text    string `json:"text,omitempty"`
	Channel string `json:"channel" doc:"own, cadre_phone"`
}

// Waiting is one record of the inbox.
type Waiting struct {
	Row   record.Record
	About About
}

// Count says how much lies in one state. What is settled is not counted here:
// it grows for ever, and the figures have it.
type Count struct {
	Type  string `json:"type" doc:"a reviewed type, proposal or quarantine"`
	State string `json:"state"`
	N     int64  `json:"n"`
}

// Page is one page of the inbox.
type Page struct {
	Rows   []json.RawMessage `json:"rows" doc:"projected for the caller's role, the longest waiting first"`
	About  []About           `json:"about" doc:"beside each row, in the same order"`
	Next   string            `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
	Counts []Count           `json:"counts" doc:"what waits in the township, whatever the filters: pending and returned, open proposals, quarantine"`
}

// Inbox lists rows of a reviewed type, or proposals, page by page, in two statements beside
// the township's own rules.
// Codes: invalid, bad-request.
func (s *Service) Inbox(ctx context.Context, a access.Actor, t *record.Type, ask Ask) (Page, error) {
	out := Page{Rows: []json.RawMessage{}, About: []About{}, Counts: []Count{}}
	q, err := ask.check(t)
	if err != nil {
		return out, err
	}
	days, err := s.calendar(ctx, ask.Township)
	if err != nil {
		return out, err
	}
	today := calendar.At(s.Now().UnixMilli())
	q.Limit++
	list, err := s.Store.Waiting(ctx, t, q)
	if err != nil {
		return out, err
	}
	if len(list) > ask.Limit {
		list = list[:ask.Limit]
		last := list[ask.Limit-1].Row.Base()
		out.Next = strconv.FormatInt(last.MadeAt, 10) + "_" + last.ID
	}
	steps := map[string]flow.Step{}
	for _, w := range list {
		row, err := t.Project(w.Row, string(a.Role), s.Sealer)
		if err != nil {
			return out, err
		}
		if row == nil {
			continue
		}
		step, err := s.step(ctx, steps, ask.Township, t, w.Row, q.State)
		if err != nil {
			return out, err
		}
		if due, ok := step.Due(w.About.Since, days); ok {
			w.About.Due, w.About.Overdue = due.String(), calendar.Overdue(due, today)
		}
		out.Rows, out.About = append(out.Rows, row), append(out.About, w.About)
	}
	counts, err := s.Store.Counts(ctx, ask.Township, s.reviewed())
	out.Counts = append(out.Counts, counts...)
	return out, err
}

// step is where a row stands in its workflow; a proposal's depends on what it
// is about. known keeps the steps that were read for a page.
func (s *Service) step(ctx context.Context, known map[string]flow.Step, township string, t *record.Type, row record.Record, state string) (flow.Step, error) {
	about := ""
	if p, ok := row.(*household.Proposal); ok {
		about = p.Target
	}
	if at, ok := known[about]; ok {
		return at, nil
	}
	f, err := s.Flow(ctx, township, t, about)
	if err != nil {
		return flow.Step{}, err
	}
	var at flow.Step // without a clock, where the state is no step of the workflow
	if !slices.Contains(t.After, state) {
		at, err = f.Step(state)
	}
	known[about] = at
	return at, err
}

// calendar are the working days of a township.
func (s *Service) calendar(ctx context.Context, township string) (*calendar.Calendar, error) {
	if s.Calendar == nil {
		return calendar.Builtin()
	}
	return s.Calendar(ctx, township)
}

// reviewed are the types with a workflow.
func (s *Service) reviewed() []*record.Type {
	return slices.DeleteFunc(slices.Clone(s.Types), func(t *record.Type) bool { return !t.Workflow })
}

// check reads an Ask about rows of t.
func (ask Ask) check(t *record.Type) (Query, error) {
	q := Query{Ask: ask}
	if q.State == "" {
		q.State = begins(t)
	}
	var bad []fault.Field
	say := func(wrong bool, name, code, detail string) {
		if wrong {
			bad = append(bad, fault.Field{Name: name, Code: code, Detail: detail})
		}
	}
	state := mustField(t, "state")
	say(!slices.Contains(state.Enum, q.State), "state", "not-allowed", "没有这种状态。")
	say(q.Household != "" && !record.IsID(q.Household), "household", "format", "编号的格式不对。")
	_, flagged := t.Field("flags")
	say(q.Flag != "" && (!flagged || !slices.Contains([]string{"late", "double", "clock"}, q.Flag)), "flag", "not-allowed", "没有这种提示。")
	from, wrongFrom := dayAt(q.From)
	to, wrongTo := dayAt(q.To)
	say(wrongFrom, "from", "format", "日期要写成 2026-01-31 这样。")
	say(wrongTo, "to", "format", "日期要写成 2026-01-31 这样。")
	if len(bad) > 0 {
		return q, fault.Bad(bad...)
	}
	if _, dated := t.Field("day"); !dated {
		if q.FromAt = from; to > 0 {
			q.ToAt = to + 24*time.Hour.Milliseconds()
		}
		q.From, q.To = "", ""
	}
	if q.After == "" {
		return q, nil
	}
	at, id, _ := strings.Cut(q.After, "_")
	var err error
	if q.AfterAt, err = strconv.ParseInt(at, 10, 64); err != nil || !record.IsID(id) {
		return q, fault.New(fault.BadRequest, "")
	}
	q.AfterID = id
	return q, nil
}

// dayAt is when a day begins in Shanghai, Unix ms; 0 for "".
func dayAt(day string) (at int64, wrong bool) {
	if day == "" {
		return 0, false
	}
	d, err := calendar.ParseDay(day)
	return d.Begins(), err != nil
}
