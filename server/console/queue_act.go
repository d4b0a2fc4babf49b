package console

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"daohu/server/fault"
	"daohu/server/workflow"
)

// decideOne decides on the record shown and goes on to the next.
func decideOne(v *View) (Done, error) {
	kind, id, action := v.queueKind(), v.Text("key"), v.Text("action")
	path := "/api/v1/records/" + kind + "/" + url.PathEscape(id) + "/decision"
	if kind == "proposal" {
		path = "/api/v1/proposals/" + url.PathEscape(id) + "/decision"
	}
	var row struct{ Rev int64 }
	if err := v.Post(path, Body("action", action, "rev", v.Whole("rev"), "reason", v.reason()), &row); err != nil {
		return Done{}, err
	}
	last := fmt.Sprintf("%s.%d.%d.%s", id, row.Rev, 0, action)
	if kind != "proposal" && (kind != "card" || action != "approve") { // what was settled or published stays so
		last = fmt.Sprintf("%s.%d.%d.%s", id, row.Rev, v.Now+workflow.UndoFor.Milliseconds(), action)
	}
	return Done{To: v.queueURL("at", v.Text("next"), "last", last)}, nil
}

// objectHere has a record that was approved wait again.
func objectHere(v *View) (Done, error) {
	id := v.Text("key")
	err := v.Post("/api/v1/records/"+v.queueKind()+"/"+url.PathEscape(id)+"/decision", Body("action", "object", "rev", v.Whole("rev"), "reason", v.Text("reason")), nil)
	return Done{To: v.With("state", "", "at", id, "last", ""), Say: "这一条又在待审里了。"}, err
}

// reason is what was written, else the sentence that was chosen.
func (v *View) reason() string {
	if s := v.Text("reason"); s != "" {
		return s
	}
	return v.Text("ready")
}

func (v *View) queueKind() string {
	for _, k := range queueKinds() {
		if k.Name == v.Filter("type") {
			return k.Name
		}
	}
	return "visit"
}

// undoOne takes the last decision back and shows its record again.
func undoOne(v *View) (Done, error) {
	id := v.Text("key")
	err := v.Post("/api/v1/records/"+v.queueKind()+"/"+url.PathEscape(id)+"/undo", Body("rev", v.Whole("rev")), nil)
	return Done{To: v.queueURL("at", id, "last", ""), Say: "已撤销，这条记录又在待审里了。"}, err
}

// Batch is what became of many records, or would.
type Batch struct {
	workflow.Outcome
	Action, Word, Reason string
	Marks                []string // id.rev of those that may be decided, or of those that were
	Until                int64
	Names                map[string]string
}

// decideMany tries a decision on the records that were ticked ("dry"), or
// carries it out.
func decideMany(v *View) (Done, error) {
	marks := readMarks(v.All("mark"))
	if len(marks) == 0 {
		return Done{}, &Problem{Status: 422, Code: fault.Invalid, Detail: "请先勾选要一起处理的记录。"}
	}
	dry := v.Did == "dry"
	b := &Batch{Action: v.Text("action"), Reason: v.reason()}
	b.Word = map[string]string{"approve": "通过", "return": "退回", "reject": "不通过"}[b.Action]
	body := Body("type", v.queueKind(), "action", b.Action, "reason", b.Reason, "dry", dry)
	body["rows"] = marks
	if err := v.Post("/api/v1/inbox/decisions", body, &b.Outcome); err != nil {
		return Done{}, err
	}
	revs := map[string]int64{}
	for _, m := range marks {
		revs[m.ID] = m.Rev
	}
	for _, r := range b.Rows {
		if r.Code == workflow.OK {
			rev := revs[r.ID]
			if !dry {
				rev = r.Rev
			}
			b.Marks = append(b.Marks, r.ID+"."+strconv.FormatInt(rev, 10))
		}
	}
	b.Until = b.Outcome.Until
	return Done{Data: b}, nil
}

// undoMany takes a batch back.
func undoMany(v *View) (Done, error) {
	body := Body("type", v.queueKind())
	body["rows"] = readMarks(v.All("mark"))
	var out workflow.Outcome
	err := v.Post("/api/v1/inbox/undo", body, &out)
	return Done{To: v.queueURL("last", ""), Say: fmt.Sprintf("已撤销 %d 条。", out.N)}, err
}

// readMarks reads rows at the revisions that were seen: id.rev.
func readMarks(texts []string) []workflow.Mark {
	out := []workflow.Mark{}
	for _, s := range texts {
		id, rev, _ := strings.Cut(s, ".")
		n, err := strconv.ParseInt(rev, 10, 64)
		if err == nil {
			out = append(out, workflow.Mark{ID: id, Rev: n})
		}
	}
	return out
}
