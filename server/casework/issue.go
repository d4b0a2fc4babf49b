package casework

import (
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// States of an issue beside Open.
const (
	Doing   = "doing"
	Done    = "done"
	Checked = "checked"
)

// Issue is one line of the problem ledger (问题台账): of a household when it was
// found there, else of the township as a whole. It is office work: households
// do not see it. Category and cause are codes of the Book.
type Issue struct {
	record.Meta
	Category  string `json:"category" rec:"required,max=40" doc:"code of the kind of problem"`
	Subject   string `json:"subject" rec:"col=title,required,max=60" doc:"the problem in one line"`
	Text      string `json:"text" rec:"max=500"`
	Cause     string `json:"cause" rec:"max=40" doc:"code of where it comes from; empty = not told"`
	Measure   string `json:"measure" rec:"max=500" doc:"what is to be done"`
	Due       string `json:"due" rec:"day" doc:"deadline; empty = none"`
	Owner     string `json:"owner" rec:"id" doc:"user id of who is to settle it"`
	State     string `json:"state" rec:"enum=open|doing|done|checked" doc:"checked: by the township, not by who did it"`
	Result    string `json:"result" rec:"max=500" doc:"what came of it; needed to be done"`
	Source    string `json:"source" rec:"enum=走访|排查|审计|上级交办|群众反映|自查|其他" doc:"how it came to light"`
	DoneBy    string `json:"doneBy" rec:"server,id" doc:"user id of who said it is done"`
	CheckedBy string `json:"checkedBy" rec:"server,id" doc:"user id of who checked it"`
	CheckedAt int64  `json:"checkedAt" rec:"server" doc:"Unix ms; 0 = not"`
	Words     string `json:"words" rec:"server,max=200" doc:"the township's words when it was checked or given back"`
}

// IssueType is the declaration of Issue.
var IssueType = record.Of[Issue]("issue", record.Policy{
	Class: record.Merge, Readers: "CVTKA", Creators: "CVT", Anywhere: true,
	Doc: "One line of the problem ledger, of a household or of the township.",
})

// Issue is the rule of the ledger: codes of the book, an owner who can act,
// done only with a result, checked only by a township admin who neither wrote
// the line nor did the work, and nothing changed after that.
func (r Rules) Issue(tx write.Tx, a write.Arrival) error {
	n := a.Row.(*Issue)
	was, _ := a.Before.(*Issue)
	if was == nil {
		was = &Issue{}
	}
	if n.State == "" {
		n.State = Open
	}
	if was.State == Checked {
		return fault.New(fault.WrongState, "这个问题已经销号，不能再改。")
	}
	if err := r.codes(tx, n, was); err != nil {
		return err
	}
	if n.Owner != was.Owner && n.Owner != "" {
		self := "" // a township admin may take it upon himself
		if a.Role == "T" {
			self = a.By
		}
		if err := mayOwn(tx, n.Household, n.Owner, self); err != nil {
			return err
		}
	}
	return n.move(was, a, tx.Now())
}

func (r Rules) codes(tx write.Tx, n, was *Issue) error {
	b, err := r.Book(tx)
	if err != nil {
		return err
	}
	var bad []fault.Field
	if n.Category != was.Category && !Has(b.Categories, n.Category) {
		bad = append(bad, fault.Field{Name: "category", Code: "not-allowed", Detail: "没有这个问题类别。"})
	}
	if n.Cause != was.Cause && n.Cause != "" && !Has(b.Causes, n.Cause) {
		bad = append(bad, fault.Field{Name: "cause", Code: "not-allowed", Detail: "没有这个原因。"})
	}
	if len(bad) > 0 {
		return fault.Bad(bad...)
	}
	return nil
}

// move judges the step from the state before to the one now.
func (n *Issue) move(was *Issue, a write.Arrival, now int64) error {
	if n.State == Done && n.Result == "" {
		return fault.Bad(fault.Field{Name: "result", Code: "required", Detail: "请写明办理结果。"})
	}
	if n.State == was.State {
		return nil
	}
	switch n.State {
	case Done:
		n.DoneBy = a.By
	case Checked:
		switch {
		case a.Role != "T":
			return fault.New(fault.Forbidden, "销号由镇里核实后办理。")
		case was.State != Done:
			return fault.New(fault.WrongState, "办好了才能销号。")
		case n.MadeBy == a.By || was.DoneBy == a.By:
			return fault.New(fault.OwnRecord, "")
		}
		n.CheckedBy, n.CheckedAt = a.By, now
	default:
		n.DoneBy = ""
	}
	return nil
}
