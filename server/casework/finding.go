package casework

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"daohu/server/access"
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Finding is what an auditor found about one record (审计发现): she writes it,
// the township answers, she closes it or gives it back. The record itself is
// not touched: an auditor changes nothing else.
type Finding struct {
	record.Meta
	About      string `json:"about" rec:"kept,max=32" doc:"type of the record"`
	Row        string `json:"row" rec:"id" doc:"record it is about"`
	Severity   string `json:"severity" rec:"required,enum=轻微|一般|严重"`
	Text       string `json:"text" rec:"max=500" doc:"what was found"`
	Due        string `json:"due" rec:"server,day" doc:"last day to answer, in working days"`
	State      string `json:"state" rec:"server,enum=open|answered|closed"`
	Answer     string `json:"answer" rec:"server,max=500" doc:"of the township"`
	AnsweredBy string `json:"answeredBy" rec:"server,id" doc:"user id of who wrote the answer as it stands"`
	AnsweredAt int64  `json:"answeredAt" rec:"server" doc:"Unix ms of the first answer; 0 = none"`
	Closed     string `json:"closed" rec:"server,day" doc:"day it was closed; empty = not"`
	Words      string `json:"words" rec:"server,max=200" doc:"the auditor's, when it was closed or given back"`
}

// FindingType is the declaration of Finding.
var FindingType = record.Of[Finding]("finding", record.Policy{
	Class: record.Server, Readers: "TKA", Creators: "", Anywhere: true,
	Doc: "What an auditor found about a record, and the township's answer.",
})

// Findings is where an auditor's findings are written and settled. It is safe
// for concurrent use.
type Findings struct {
	*Desk
	Types []*record.Type
}

// FindingAsk is a finding as the auditor writes it; names as in Finding.
type FindingAsk struct{ About, Row, Severity, Text string }

// Find writes a finding about a record within the auditor's reach.
// Codes: invalid, not-found.
func (d *Findings) Find(ctx context.Context, a access.Actor, in FindingAsk) (json.RawMessage, error) {
	i := slices.IndexFunc(d.Types, func(t *record.Type) bool {
		return t.Name == in.About && t != FindingType && strings.Contains(t.Readers, string(a.Role))
	})
	if i < 0 {
		return nil, fault.Bad(fault.Field{Name: "about", Code: "not-allowed", Detail: "没有这种记录。"})
	}
	found, err := d.Rows.Row(ctx, a, d.Types[i], in.Row)
	if err != nil {
		return nil, err
	}
	n := &Finding{About: in.About, Row: in.Row, Severity: in.Severity, Text: strings.TrimSpace(in.Text), State: Open}
	if err := words("text", n.Text, 500); err != nil {
		return nil, err
	}
	f, _ := FindingType.Field("severity")
	if p := f.CheckText(n.Severity); n.Severity == "" || p != nil {
		return nil, fault.Bad(fault.Field{Name: "severity", Code: "required", Detail: "请选轻微、一般或严重。"})
	}
	m := found.Base()
	_, err = d.Writer.Write(ctx, write.Intent{Township: m.Township, Actor: a.User, Action: "finding", Households: []string{m.Household}}, func(tx write.Tx) error {
		due, err := d.Rules.due(tx, (*Book).findingDays)
		if err != nil {
			return err
		}
		n.Meta, n.Due = record.Meta{ID: tx.NewID(), Household: m.Household, MadeBy: a.User, MadeAt: tx.Now()}, due
		tx.Put(FindingType, n)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.Rows.Show(FindingType, n, a)
}

// AnswerFinding is the township's answer; it may be written anew until the
// finding is closed. Codes: not-found, stale, invalid, wrong-state.
func (d *Findings) AnswerFinding(ctx context.Context, a access.Actor, id string, rev int64, text string) (json.RawMessage, error) {
	if err := words("answer", text, 500); err != nil {
		return nil, err
	}
	return d.change(ctx, a, FindingType, id, "finding-answer", "", rev, func(tx write.Tx, next, _ record.Record) error {
		n := next.(*Finding)
		if n.State == Closed {
			return fault.New(fault.WrongState, "这一条审计已经办结。")
		}
		n.State, n.Answer, n.AnsweredBy = Answered, text, a.User
		if n.AnsweredAt == 0 {
			n.AnsweredAt = tx.Now()
		}
		return nil
	})
}

// SettleFinding closes a finding ("close"), or gives an answer back with words
// ("return"). Codes: not-found, stale, invalid, wrong-state.
func (d *Findings) SettleFinding(ctx context.Context, a access.Actor, id, action string, rev int64, reason string) (json.RawMessage, error) {
	if err := words("reason", reason, 200); err != nil {
		return nil, err
	}
	return d.change(ctx, a, FindingType, id, "finding-"+action, reason, rev, func(tx write.Tx, next, _ record.Record) error {
		n := next.(*Finding)
		switch {
		case n.State == Closed:
			return fault.New(fault.WrongState, "这一条已经办结。")
		case action == "return" && n.State != Answered:
			return fault.New(fault.WrongState, "镇里还没有答复。")
		case action == "return":
			n.State = Open
		default:
			n.State, n.Closed = Closed, calendar.At(tx.Now()).String()
		}
		n.Words = reason
		return nil
	})
}
