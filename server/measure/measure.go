// Package measure is what is done for a household: assistance measures (帮扶措施).
package measure

import "daohu/server/record"

// Stages of a measure: what it has come to, apart from its review (State).
const (
	Wish    = "wish"    // what the household wishes for
	Plan    = "plan"    // what is to be done
	Doing   = "doing"   // under way
	Done    = "done"    // with its result
	Stopped = "stopped" // given up; why stands in Result
)

// Measure is one assistance measure of a household. A cadre or village worker
// writes it and the township reviews it; what the township itself enters online
// or imports has nobody to review it and is approved at once, in the name of
// who entered it.
type Measure struct {
	record.Meta
	Kind     string `json:"kind" rec:"required,list=measure" doc:"kind of measure"`
	What     string `json:"what" rec:"max=500" doc:"what is done, in words: two cows"`
	Risk     string `json:"risk" rec:"max=20,offer=risk" doc:"致贫返贫风险 that it answers; empty = none"`
	From     string `json:"from" rec:"day,col=from_day" doc:"first day; empty = not told"`
	To       string `json:"to" rec:"day,col=to_day" doc:"last day; empty = open"`
	Amount   int64  `json:"amount" rec:"max=100000000000" doc:"planned, fen; 0 = no money"`
	Given    int64  `json:"given" rec:"max=100000000000" doc:"given so far, fen"`
	Quantity int64  `json:"quantity" rec:"max=1000000" doc:"how many of unit; 0 = not counted"`
	Unit     string `json:"unit" rec:"max=10" doc:"头, 亩, 人"`
	Stage    string `json:"stage" rec:"enum=wish|plan|doing|done|stopped" doc:"what it has come to; empty = plan"`
	Result   string `json:"result" rec:"max=500" doc:"what came of it, or why it was stopped"`
	Visit    string `json:"visit" rec:"id" doc:"visit it was agreed or seen in; empty = none"`
	Fund     string `json:"fund" rec:"max=60" doc:"source of the money, in words"`
	State    string `json:"state" rec:"server,enum=pending|approved|returned|rejected" doc:"moved by the workflow"`
	Words    string `json:"words" rec:"server,max=200" doc:"the admin's words when returned or rejected"`
}

// Type is the declaration of Measure.
var Type = record.Of[Measure]("measure", record.Policy{
	Class: record.Author, Readers: "HCVTKA", Creators: "CVT", Workflow: true, Blocked: true,
	Doc:   "One assistance measure of a household.",
	Check: func(r record.Record) []record.Problem { return r.(*Measure).check() },
})

func (m *Measure) check() []record.Problem {
	var out []record.Problem
	if m.From != "" && m.To != "" && m.To < m.From {
		out = append(out, record.Problem{Name: "to", Code: "range", Detail: "结束的日子不能早于开始的日子。"})
	}
	if m.Quantity > 0 && m.Unit == "" {
		out = append(out, record.Problem{Name: "unit", Code: "required", Detail: "填了数量就要填单位。"})
	}
	return out
}

// Counts reports whether m answers anything: a wish does not yet, one that was
// stopped, rejected or deleted no longer.
func (m *Measure) Counts() bool {
	return m.DeletedAt == 0 && m.State != "rejected" && m.Stage != Wish && m.Stage != Stopped
}
