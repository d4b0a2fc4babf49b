package form

import (
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/write"
)

// Arrive is the rule of responses: the server scores them against the version
// answered, whatever the phone thought.
func Arrive(tx write.Tx, a write.Arrival) error {
	r := a.Row.(*Response)
	got, err := tx.Load(Type, r.Form)
	if err != nil {
		return err
	}
	f, ok := got[r.Form].(*Form)
	if !ok || f.DeletedAt > 0 || f.State == "draft" {
		return fault.Bad(fault.Field{Name: "form", Code: "not-allowed", Detail: "没有这份题目。"})
	}
	body, err := tx.Body(f.SHA256)
	if err != nil {
		return err
	}
	paper, err := ParsePaper(body)
	if err != nil {
		return fault.Wrap(fault.Internal, err)
	}
	scored, problems := Score(paper, r.Answers)
	if len(problems) > 0 {
		bad := make([]fault.Field, len(problems))
		for i, p := range problems {
			bad[i] = fault.Field(p)
		}
		return fault.Bad(bad...)
	}
	r.Score, r.Full, r.Weak = scored.Score, scored.Full, record.ListOf(scored.Weak)
	return nil
}
