// Package measure is what is done for a household: assistance measures (帮扶措施).
package measure

import (
	"cmp"

	"daohu/server/record"
)

// Stages of a measure: what it has come to, apart from its review (State).
const (
	Wish    = "wish"    // what the household wishes for
	Plan    = "plan"    // what is to be done
	Doing   = "doing"   // under way
	Done    = "done"    // with its result
	Stopped = "stopped" // given up; why stands in Result
)

// What a household says of a plan (Agreement), whether it got what was given
// (Arrived), and on whose phone it said so (AgreedBy, ArrivedBy).
const (
	Agreed   = "agreed"
	Objected = "objected"

	Arrived    = "arrived"
	NotArrived = "not_arrived"

	ChannelOwn   = "own"
	ChannelCadre = "cadre_phone"
)

// Measure is one assistance measure of a household, from the wish to what came
// of it. A cadre or village worker writes what is wished for or planned, and
// keeps it; the township reviews the plan; whoever looks after the household
// goes on with it (Stage, Result, what it yields); the household says whether it agrees and
// whether it got what was given. What the township itself enters online or
// imports has nobody to review it and is approved at once, in the name of who
// entered it. Money is moved by the ledger alone.
type Measure struct {
	record.Meta
	Kind     string `json:"kind" rec:"author,required,list=measure" doc:"kind of measure"`
	What     string `json:"what" rec:"author,max=500" doc:"what is done, in words: two cows"`
	Risk     string `json:"risk" rec:"author,max=20,offer=risk" doc:"致贫返贫风险 that it answers; empty = none"`
	From     string `json:"from" rec:"author,day,col=from_day" doc:"first day; empty = not told"`
	To       string `json:"to" rec:"author,day,col=to_day" doc:"last day; empty = open"`
	Amount   int64  `json:"amount" rec:"author,max=100000000000" doc:"planned, fen; 0 = no money"`
	Given    int64  `json:"given" rec:"server,max=100000000000" doc:"given so far, fen: the ledger's sum for it"`
	Quantity int64  `json:"quantity" rec:"author,max=1000000" doc:"how many of unit; 0 = not counted"`
	Unit     string `json:"unit" rec:"author,max=10" doc:"头, 亩, 人"`
	Stage    string `json:"stage" rec:"write=CVT,enum=wish|plan|doing|done|stopped" doc:"what it has come to; empty = plan"`
	Result   string `json:"result" rec:"write=CVT,max=500" doc:"what came of it, or why it was stopped"`
	Visit    string `json:"visit" rec:"author,id" doc:"visit it was agreed or seen in; empty = none"`
	Fund     string `json:"fund" rec:"author,max=60" doc:"source of the money, in words"`
	State    string `json:"state" rec:"server,enum=pending|approved|returned|rejected" doc:"moved by the workflow; empty = a wish, which nobody reviews"`
	Words    string `json:"words" rec:"server,max=200" doc:"the admin's words when returned or rejected"`

	ResultVisit   string `json:"resultVisit" rec:"write=CVT,id" doc:"visit the result was seen in; empty = none"`
	YieldQuantity int64  `json:"yieldQuantity" rec:"write=CVT,max=1000000" doc:"how many of yieldUnit it brought: calves born; 0 = not counted"`
	YieldUnit     string `json:"yieldUnit" rec:"write=CVT,max=10"`
	YieldAmount   int64  `json:"yieldAmount" rec:"write=CVT,max=100000000000" doc:"what it earned, fen; 0 = not told"`
	YieldDay      string `json:"yieldDay" rec:"write=CVT,day" doc:"last day that the yield is counted to"`
	Agreement     string `json:"agreement" rec:"write=HCV,enum=agreed|objected" doc:"what the household says of the plan; empty = not asked"`
	Objection     string `json:"objection" rec:"write=HCV,max=200" doc:"why it objects, in its own words"`
	AgreedBy      string `json:"agreedBy" rec:"server,enum=own|cadre_phone" doc:"whose phone it was said on; the second weighs less"`
	AgreedDay     string `json:"agreedDay" rec:"server,day"`
	Arrived       string `json:"arrived" rec:"write=HCV,enum=arrived|not_arrived" doc:"whether the household got it; empty = not asked"`
	ArrivedBy     string `json:"arrivedBy" rec:"server,enum=own|cadre_phone" doc:"as agreedBy"`
	ArrivedDay    string `json:"arrivedDay" rec:"server,day"`
	MovedIn       int64  `json:"movedIn" rec:"server,max=100000000000" doc:"of what was given: came from another household's measure, fen"`
	MovedOut      int64  `json:"movedOut" rec:"server,max=100000000000" doc:"went on to another household's measure, fen"`
}

// Type is the declaration of Measure.
var Type = record.Of[Measure]("measure", record.Policy{
	Class: record.Merge, Readers: "HCVTKA", Creators: "CVT", Workflow: true,
	Doc:   "One assistance measure of a household.",
	Check: func(r record.Record) []record.Problem { return r.(*Measure).check() },
	Unfit: func(r record.Record) []record.Problem { return r.(*Measure).unfit() },
})

func (m *Measure) check() []record.Problem {
	var out []record.Problem
	if m.From != "" && m.To != "" && m.To < m.From {
		out = append(out, record.Problem{Name: "to", Code: "range", Detail: "结束的日子不能早于开始的日子。"})
	}
	if m.Quantity > 0 && m.Unit == "" {
		out = append(out, record.Problem{Name: "unit", Code: "required", Detail: "填了数量就要填单位。"})
	}
	if m.YieldQuantity > 0 && m.YieldUnit == "" {
		out = append(out, record.Problem{Name: "yieldUnit", Code: "required", Detail: "填了产出数量就要填单位。"})
	}
	if m.Agreement == Objected && m.Objection == "" {
		out = append(out, record.Problem{Name: "objection", Code: "required", Detail: "农户不同意，请写下农户的话。"})
	}
	return out
}

// unfit is what keeps m from being approved.
func (m *Measure) unfit() []record.Problem {
	if m.Agreement == Objected {
		return []record.Problem{{Name: "agreement", Code: "not-allowed", Detail: "农户不同意这项措施，不能通过。"}}
	}
	return nil
}

// at is the stage, where empty stands for a plan.
func (m *Measure) at() string { return cmp.Or(m.Stage, Plan) }

// Counts reports whether m answers anything: a wish does not yet, one that was
// stopped, rejected or deleted no longer.
func (m *Measure) Counts() bool {
	return m.DeletedAt == 0 && m.State != "rejected" && m.Stage != Wish && m.Stage != Stopped
}
