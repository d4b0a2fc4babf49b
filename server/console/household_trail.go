package console

import (
	"encoding/json"
	"net/url"
	"slices"

	"daohu/server/record"
)

// Event is one line of how a row came to be as it is.
type Event struct {
	What, Name, Field, Old, New, From, To, Reason, AgreedName string
	At                                                        int64
	Hidden                                                    bool
	Who                                                       string // whose row it is; "" = the household's
}

// Trail is a household's history.
type Trail struct {
	House
	Events []Event
}

func showHistory(v *View) (any, error) {
	out := &Trail{}
	if err := v.Get("/api/v1/records/household/"+url.PathEscape(v.ID()), nil, &out.House); err != nil {
		return nil, err
	}
	members, err := every[Row](v, "/api/v1/records/member", url.Values{"household": {out.ID}}, 5)
	if err != nil {
		return nil, err
	}
	add := func(path, who string) error {
		var page Rows[Event]
		if err := v.Get(path+"/history", nil, &page); err != nil {
			return err
		}
		for _, e := range page.Rows {
			e.Who = who
			out.Events = append(out.Events, e)
		}
		return nil
	}
	if err := add("/api/v1/records/household/"+out.ID, ""); err != nil {
		return nil, err
	}
	for _, m := range members {
		if err := add("/api/v1/records/member/"+m.Text("id"), m.Text("name")); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out.Events, func(a, b Event) int { return int(max(-1, min(1, b.At-a.At))) })
	return out, nil
}

// Proposal is a change that waits for the township, or two that disagree.
type Proposal struct {
	ID, Target, Row, Field, State, Reason, Words, By string
	Base, Mine, Theirs                               string
	Rev                                              int64
	Who, Author                                      string // whose row it is, and who asks; in words
}

// Waits reports whether it is still to be settled.
func (p Proposal) Waits() bool { return p.State == "open" || p.State == "conflict" }

// New is a whole new row that is proposed, field by field; nil = one field is.
func (p Proposal) New() []Shown {
	t := typeOf(p.Target)
	if p.Field != "*" || t == nil {
		return nil
	}
	row := Row{}
	if err := json.Unmarshal([]byte(p.Mine), &row); err != nil {
		return nil
	}
	return fields(t, row, memberFields(), false)
}

// Value is a proposed value as people read it.
func (p Proposal) Value(raw string) string {
	t := typeOf(p.Target)
	if t == nil {
		return raw
	}
	f, ok := t.Field(p.Field)
	if !ok {
		return raw
	}
	switch f.Kind {
	case record.Int, record.Array, record.Bool:
		var x any
		if json.Unmarshal([]byte(raw), &x) == nil {
			return shownValue(f, x)
		}
	}
	return shownValue(f, raw)
}

// proposed reads the proposals of the household, those that wait first.
func (h *Household) proposed(v *View) error {
	rows, err := every[Proposal](v, "/api/v1/records/proposal", url.Values{"household": {h.ID}}, 5)
	if err != nil {
		return err
	}
	for _, p := range rows {
		for _, m := range h.Members {
			if m.Text("id") == p.Row {
				p.Who = m.Text("name")
			}
		}
		p.Author = v.Person(p.By)
		h.Proposals = append(h.Proposals, p)
	}
	slices.SortStableFunc(h.Proposals, func(a, b Proposal) int {
		x, y := 0, 0
		if !a.Waits() {
			x = 1
		}
		if !b.Waits() {
			y = 1
		}
		return x - y
	})
	return nil
}

func decideProposal(v *View) (Done, error) {
	action := v.Text("action")
	say := map[string]string{"accept": "已采纳。", "refuse": "没有采纳，话会带给写的人。"}[action]
	return Done{To: "/households/" + v.ID(), Say: say}, v.Post("/api/v1/proposals/"+url.PathEscape(v.Text("key"))+"/decision", Body("action", action, "rev", v.carried("rev"), "reason", v.Text("reason")), nil)
}
