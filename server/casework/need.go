// Package casework is what waits to be settled: the needs of households, the
// township's problem ledger, complaints. Each has a day it is due, set by the
// server or by those who settle it; being overdue is computed, never stored.
package casework

import (
	"daohu/server/calendar"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// States of a need and of a complaint.
const (
	Open     = "open"
	Answered = "answered"
	Closed   = "closed"
)

// Need is one difficulty of a household (诉求), said by itself or found during
// a visit, and what was answered. What was said stays its author's; V and T
// dispatch it; C, V and T answer; the household rates the answer; T closes.
type Need struct {
	record.Meta
	Text       string `json:"text" rec:"author,required,max=500" doc:"in the household's own words"`
	Kind       string `json:"kind" rec:"author,enum=看病|上学|住房|饮水|就业|产业|其他"`
	Visit      string `json:"visit" rec:"author,id" doc:"visit it was found in; empty = said otherwise"`
	Answer     string `json:"answer" rec:"write=CVT,max=500" doc:"what was answered"`
	Closed     string `json:"closed" rec:"server,day" doc:"day the township closed it; empty = not"`
	Owner      string `json:"owner" rec:"write=VT,id" doc:"user id of who is to answer: a cadre or village worker who holds the household"`
	Rating     string `json:"rating" rec:"write=H,enum=满意|基本满意|不满意" doc:"of the answer, by the household; never added up by person"`
	Due        string `json:"due" rec:"server,day" doc:"last day to answer: five working days after it arrived"`
	State      string `json:"state" rec:"server,enum=open|answered|closed"`
	AnsweredBy string `json:"answeredBy" rec:"server,id" doc:"user id of who wrote the answer as it stands"`
	AnsweredAt int64  `json:"answeredAt" rec:"server" doc:"Unix ms of the first answer; 0 = none"`
	Words      string `json:"words" rec:"server,max=200" doc:"why it was closed"`

	Flags record.List `json:"flags" rec:"server,kept,max=8,read=TA" doc:"content: WeChat's check took the text for risky; a hint for the office"`
}

// NeedType is the declaration of Need.
var NeedType = record.Of[Need]("need", record.Policy{
	Class: record.Merge, Readers: "HCVTKA", Creators: "HCVT",
	Doc: "One difficulty of a household and its answer.",
})

// Need is the rule of needs: the server sets the clock at arrival, never by
// the phone's time, and notes who answers and when.
func (r Rules) Need(tx write.Tx, a write.Arrival) error {
	n := a.Row.(*Need)
	was, _ := a.Before.(*Need)
	if was == nil {
		due, err := r.due(tx, func(b *Book) int { return b.NeedDays })
		if err != nil {
			return err
		}
		n.Due, n.State = due, Open
		was = &Need{State: Open}
	} else if err := frozen(was, n); err != nil {
		return err
	}
	if n.Owner != was.Owner && n.Owner != "" {
		if err := mayOwn(tx, n.Household, n.Owner, ""); err != nil {
			return err
		}
	}
	if n.Answer != was.Answer {
		n.answered(a.By, tx.Now())
	}
	if n.Rating != "" && n.Answer == "" {
		return fault.New(fault.WrongState, "还没有答复，等有了答复再评。")
	}
	return nil
}

// answered notes who wrote the answer; without one the need is open again.
func (n *Need) answered(by string, now int64) {
	if n.Answer == "" {
		n.State, n.AnsweredBy, n.AnsweredAt = Open, "", 0
		return
	}
	n.State, n.AnsweredBy = Answered, by
	if n.AnsweredAt == 0 {
		n.AnsweredAt = now
	}
}

// frozen refuses what may no longer change: what was said once it is answered,
// everything but the rating once it is closed.
func frozen(was, n *Need) error {
	said := n.Text != was.Text || n.Kind != was.Kind || n.Visit != was.Visit
	switch {
	case said && was.State != Open:
		return fault.New(fault.WrongState, "已经有答复了，请另外写一条。")
	case was.State == Closed && (n.Owner != was.Owner || n.Answer != was.Answer):
		return fault.New(fault.WrongState, "这条诉求已经办结。")
	}
	return nil
}

// due is the last day of a clock that starts with this transaction's day.
func (r Rules) due(tx write.Tx, days func(*Book) int) (string, error) {
	b, err := r.Book(tx)
	if err != nil {
		return "", err
	}
	c, err := r.Calendar(tx)
	if err != nil {
		return "", err
	}
	return c.Deadline(calendar.At(tx.Now()), days(b)).String(), nil
}

// mayOwn checks that user can settle something of a household: a cadre or
// village worker who holds it now, or self.
func mayOwn(tx write.Tx, household, user, self string) error {
	if user == self {
		return nil
	}
	grants, err := tx.Grants(household)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.Principal == user && g.UntilSeq == 0 && (g.Role == "C" || g.Role == "V") {
			return nil
		}
	}
	return fault.Bad(fault.Field{Name: "owner", Code: "not-allowed", Detail: "请选负责这一户的干部或村干部。"})
}
