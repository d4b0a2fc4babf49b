package form

import (
	"encoding/json"
	"slices"

	"daohu/server/fault"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/write"
)

// Arrive is the rule of responses: the server scores them against the version
// answered, archived or not, whatever the phone thought. Answers are kept as
// they were given.
func Arrive(tx write.Tx, a write.Arrival) error {
	r := a.Row.(*Response)
	got, err := tx.Load(Type, r.Form)
	if err != nil {
		return err
	}
	f, ok := got[r.Form].(*Form)
	if !ok || f.DeletedAt > 0 || f.State == Draft {
		return fault.Bad(fault.Field{Name: "form", Code: "not-allowed", Detail: "没有这份题目。"})
	}
	paper, err := f.Paper(tx.Body)
	if err != nil {
		return err
	}
	scored, problems := Score(paper, r.Answers)
	if len(problems) > 0 {
		bad := make([]fault.Field, len(problems))
		for i, p := range problems {
			bad[i] = fault.Field(p)
		}
		return fault.Bad(bad...)
	}
	if err := pictures(tx, paper, r); err != nil {
		return err
	}
	r.Score, r.Full, r.Weak = scored.Score, scored.Full, record.ListOf(scored.Weak)
	r.Verdict, r.Failing, r.Missing = scored.Verdict, record.ListOf(scored.Failing), record.ListOf(scored.Missing)
	return nil
}

// pictures refuses the photo of another household. One that is not there yet
// may be on its way: saving never fails for that.
func pictures(tx write.Tx, p *Paper, r *Response) error {
	if !slices.ContainsFunc(p.Items, func(it Item) bool { return it.Kind == Photo }) {
		return nil
	}
	var pairs [][]json.RawMessage // Score has read them
	if err := r.Answers.Into(&pairs); err != nil {
		return fault.Wrap(fault.Internal, err)
	}
	var ids []string
	for _, pair := range pairs {
		key, _ := text(pair[0])
		i := slices.IndexFunc(p.Items, func(it Item) bool { return it.Key == key })
		if id, ok := text(pair[1]); ok && id != "" && p.Items[i].Kind == Photo {
			ids = append(ids, id)
		}
	}
	got, err := tx.Load(photo.Type, ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if ph, there := got[id]; there && ph.Base().Household != r.Household {
			return fault.Bad(fault.Field{Name: "answers", Code: "not-allowed", Detail: "照片不是这一户的，请重新选。"})
		}
	}
	return nil
}

// Paper reads the whole paper of f, with what is right, from where its bodies
// lie.
func (f *Form) Paper(body func(sha256 string) ([]byte, error)) (*Paper, error) {
	sha := f.SHA256
	if f.Key != "" {
		sha = f.Key
	}
	raw, err := body(sha)
	if err != nil {
		return nil, err
	}
	if f.Key != "" {
		keys, err := record.Object(raw, 1)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, err)
		}
		raw = keys[Exam]
	}
	p, err := ParsePaper(raw)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err)
	}
	return p, nil
}
