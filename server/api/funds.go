package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/ledger"
	"daohu/server/record"
)

// Ledger moves the programme's money (ledger.Service). Rows are judged by the
// service: fault.NotFound for what is out of reach. rev is a revision the
// caller saw.
type Ledger interface {
	// Open makes a fund. Codes: invalid, id-taken.
	Open(ctx context.Context, a access.Actor, township string, n ledger.New) (ledger.Moved, error)
	// Allocate sets money of a fund aside. Codes: invalid, stale.
	Allocate(ctx context.Context, a access.Actor, fund string, rev int64, account string, m ledger.Move) (ledger.Moved, error)
	// Disburse pays a household's measure. Codes: invalid, stale, wrong-state.
	Disburse(ctx context.Context, a access.Actor, measure string, p ledger.Payment) (ledger.Moved, error)
	// Reallocate moves money on from a measure. Codes: invalid, stale, wrong-state.
	Reallocate(ctx context.Context, a access.Actor, measure string, t ledger.Transfer) (ledger.Moved, error)
	// Funds reads a township's within reach.
	Funds(ctx context.Context, township string) (ledger.Sums, error)
	// Entries pages through those of a fund; next = nil after the last page.
	Entries(ctx context.Context, a access.Actor, fund string, afterSeq int64, afterID string, limit int) (rows []*ledger.Entry, next *ledger.Entry, err error)
}

var _ Ledger = (*ledger.Service)(nil)

// fundRoutes are the routes of Ledger.
func (a *API) fundRoutes() []Route {
	get, post := http.MethodGet, http.MethodPost
	return []Route{
		{Method: get, Path: "/api/v1/funds", Roles: "TKA", Scope: Area, Doc: "Funds of a township with their balances, fen.", Query: []string{"township"}, end: typed(a.funds)},
		{Method: post, Path: "/api/v1/funds", Roles: "T", Scope: Township, Body: small, Doc: "Open a fund with the money received from its source.", Query: []string{"township"}, end: typed(a.openFund)},
		{Method: post, Path: "/api/v1/funds/:id/allocate", Roles: "T", Scope: Row, Body: small, Doc: "Set money of a fund aside for the township, a village or a project.", end: typed(a.allocate)},
		{Method: get, Path: "/api/v1/funds/:id/entries", Roles: "TA", Scope: Row, Doc: "Every movement of a fund's money, oldest first.", Query: []string{"after", "limit"}, end: typed(a.entries)},
		{Method: post, Path: "/api/v1/measures/:id/disburse", Roles: "T", Scope: Row, Body: small, Doc: "Pay a household's measure.", end: typed(a.disburse)},
		{Method: post, Path: "/api/v1/measures/:id/reallocate", Roles: "T", Scope: Row, Body: small, Doc: "Move a measure's money on to another one, or back, with a reason.", end: typed(a.reallocate)},
	}
}

// Movement is what every movement says.
type Movement struct {
	Fen    int64  `json:"fen" minimum:"1" maximum:"100000000000"`
	Day    string `json:"day,omitempty" maxLength:"10" doc:"the money moved; absent = today"`
	Reason string `json:"reason,omitempty" maxLength:"200"`
}

func (m Movement) move() ledger.Move { return ledger.Move{Fen: m.Fen, Day: m.Day, Reason: m.Reason} }

type newFund struct {
	Movement
	ID     string `json:"id,omitempty" maxLength:"12" doc:"made by the caller: asking again makes no second one"`
	Name   string `json:"name" minLength:"1" maxLength:"60"`
	Source string `json:"source" minLength:"1" maxLength:"60" doc:"who gave it"`
	Year   int64  `json:"year,omitempty" minimum:"0" maximum:"9999" doc:"of the budget"`
}

type allocation struct {
	Movement
	Rev     int64  `json:"rev" minimum:"1" doc:"revision of the fund the admin saw"`
	Account string `json:"account" minLength:"1" maxLength:"60" doc:"township, village:<area code> or project:<name>"`
}

type payment struct {
	Movement
	Rev     int64  `json:"rev" minimum:"1" doc:"revision of the measure the admin saw"`
	Fund    string `json:"fund" maxLength:"12"`
	Account string `json:"account" minLength:"1" maxLength:"60" doc:"set aside from the fund"`
}

type transfer struct {
	Movement
	Rev     int64  `json:"rev" minimum:"1" doc:"revision of the measure the admin saw"`
	Fund    string `json:"fund" maxLength:"12"`
	To      string `json:"to,omitempty" maxLength:"12" doc:"measure that gets it"`
	Account string `json:"account,omitempty" maxLength:"60" doc:"account of the fund it goes back into, in place of to"`
	Why     string `json:"why" enum:"whole_household_away,stopped,correction"`
}

func (a *API) funds(c *call, _ *none) (*ledger.Sums, error) {
	out, err := a.deps.Ledger.Funds(c.r.Context(), c.township)
	return &out, err
}

func moved(out ledger.Moved, err error) (*ledger.Moved, error) {
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func (a *API) openFund(c *call, in *newFund) (*ledger.Moved, error) {
	if in.ID != "" && !record.IsID(in.ID) {
		return nil, fault.Bad(fault.Field{Name: "id", Code: "format", Detail: "编号的格式不对。"})
	}
	return moved(a.deps.Ledger.Open(c.r.Context(), c.actor, c.township, ledger.New{ID: in.ID, Name: in.Name, Source: in.Source, Year: in.Year, Move: in.move()}))
}

func (a *API) allocate(c *call, in *allocation) (*ledger.Moved, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return moved(a.deps.Ledger.Allocate(c.r.Context(), c.actor, id, in.Rev, in.Account, in.move()))
}

func (a *API) disburse(c *call, in *payment) (*ledger.Moved, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return moved(a.deps.Ledger.Disburse(c.r.Context(), c.actor, id, ledger.Payment{Rev: in.Rev, Fund: in.Fund, Account: in.Account, Move: in.move()}))
}

func (a *API) reallocate(c *call, in *transfer) (*ledger.Moved, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	return moved(a.deps.Ledger.Reallocate(c.r.Context(), c.actor, id, ledger.Transfer{Rev: in.Rev, Fund: in.Fund, To: in.To, Account: in.Account, Why: in.Why, Move: in.move()}))
}

// EntryList is one page of movements.
type EntryList struct {
	Rows []EntryRow `json:"rows" doc:"oldest first"`
	Next string     `json:"next,omitempty" doc:"give it as after for the next page; absent = last page"`
}

// EntryRow is one movement.
type EntryRow struct {
	ID     string `json:"id"`
	Debit  string `json:"debit" doc:"account that received"`
	Credit string `json:"credit" doc:"account that gave"`
	Fen    int64  `json:"fen"`
	Day    string `json:"day"`
	Why    string `json:"why"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty" doc:"user id; absent = the system"`
	At     int64  `json:"at" doc:"Unix ms"`
}

func (a *API) entries(c *call, _ *none) (*EntryList, error) {
	id, err := c.pathID()
	if err != nil {
		return nil, err
	}
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	seq, after := int64(0), ""
	if q.After != "" {
		head, tail, _ := strings.Cut(q.After, "_")
		if seq, err = strconv.ParseInt(head, 10, 64); err != nil || !record.IsID(tail) {
			return nil, fault.New(fault.BadRequest, "")
		}
		after = tail
	}
	rows, next, err := a.deps.Ledger.Entries(c.r.Context(), c.actor, id, seq, after, q.Limit)
	if err != nil {
		return nil, err
	}
	out := &EntryList{Rows: []EntryRow{}}
	for _, e := range rows {
		out.Rows = append(out.Rows, EntryRow{ID: e.ID, Debit: e.Debit, Credit: e.Credit, Fen: e.Fen, Day: e.Day, Why: e.Why, Reason: e.Reason, By: e.MadeBy, At: e.MadeAt})
	}
	if next != nil {
		out.Next = strconv.FormatInt(next.Seq, 10) + "_" + next.ID
	}
	return out, nil
}
