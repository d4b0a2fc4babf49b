package outbox

import (
	"context"
	"time"

	"daohu/server/calendar"
	"daohu/server/casework"
	"daohu/server/household"
	"daohu/server/notice"
	"daohu/server/record"
	"daohu/server/workflow"
	"daohu/server/write"
)

// Watch is a Writer that looks at what a transaction changed and adds what has
// to follow, in the same transaction: one place sees every way a row may
// change, single, in a batch or by sync. It costs no statement unless
// something follows. It is safe for concurrent use.
type Watch struct {
	Writer    write.Writer
	Sealer    record.Sealer
	Templates Templates
	Check     bool // texts are checked by WeChat
}

var _ write.Writer = (*Watch)(nil)

// Write implements write.Writer.
func (w *Watch) Write(ctx context.Context, in write.Intent, decide func(write.Tx) error) (int64, error) {
	return w.Writer.Write(ctx, in, func(tx write.Tx) error {
		t := &watched{Tx: tx, before: map[string]record.Record{}, at: map[string]int{}}
		if err := decide(t); err != nil {
			return err
		}
		return w.follow(t, in.Actor)
	})
}

// change is one row as it was (nil = new) and is.
type change struct {
	t             *record.Type
	before, after record.Record
}

// watched keeps of the rows somebody may want to hear of how they were.
type watched struct {
	write.Tx
	before  map[string]record.Record
	at      map[string]int // type name and id -> index in changes
	changes []change
}

func watches(t *record.Type) bool {
	return t.Workflow || t == household.ProposalType || t == casework.NeedType || t == notice.Type
}

func key(t *record.Type, id string) string { return t.Name + " " + id }

// keep remembers a row as it was read first.
func (t *watched) keep(typ *record.Type, r record.Record) {
	k := key(typ, r.Base().ID)
	_, put := t.at[k]
	if _, known := t.before[k]; !known && !put && watches(typ) && r.Base().Version > 0 {
		t.before[k] = typ.Clone(r)
	}
}

// Load implements write.Tx.
func (t *watched) Load(typ *record.Type, ids ...string) (map[string]record.Record, error) {
	got, err := t.Tx.Load(typ, ids...)
	for _, r := range got {
		t.keep(typ, r)
	}
	return got, err
}

// Of implements write.Tx.
func (t *watched) Of(typ *record.Type, households ...string) ([]record.Record, error) {
	got, err := t.Tx.Of(typ, households...)
	for _, r := range got {
		t.keep(typ, r)
	}
	return got, err
}

// Find implements write.Tx.
func (t *watched) Find(typ *record.Type, goName string, values ...string) ([]record.Record, error) {
	got, err := t.Tx.Find(typ, goName, values...)
	for _, r := range got {
		t.keep(typ, r)
	}
	return got, err
}

// Put implements write.Tx.
func (t *watched) Put(typ *record.Type, r record.Record) {
	if watches(typ) {
		k := key(typ, r.Base().ID)
		if i, ok := t.at[k]; ok {
			t.changes[i].after = r
		} else {
			t.at[k] = len(t.changes)
			t.changes = append(t.changes, change{typ, t.before[k], r})
		}
	}
	t.Tx.Put(typ, r)
}

// follow queues what follows from the changes of a transaction.
func (w *Watch) follow(t *watched, actor string) error {
	for _, c := range t.changes {
		if b, to, ok := said(c); ok {
			if err := w.message(t, c, b, to, actor); err != nil {
				return err
			}
		}
		if w.Check && c.written() {
			t.Add(row(t, kindCheck, c.after.Base().MadeBy, c))
		}
	}
	return nil
}

// message queues a reminder, where the operator has a template for it. Nobody
// is reminded of what he did himself.
func (w *Watch) message(t *watched, c change, b body, to, actor string) error {
	if _, ok := w.Templates[b.Cause]; !ok || to != "" && to == actor || to == "" && b.Cause == Returned {
		return nil
	}
	kind := kindMessage
	if b.Cause == Notice {
		kind = kindNotice
	}
	b.Day = time.UnixMilli(t.Now()).In(calendar.Zone()).Format("2006年1月2日")
	o := row(t, kind, to, c)
	var err error
	if o.Body, err = b.seal(w.Sealer); err == nil {
		t.Add(o)
	}
	return err
}

func row(tx write.Tx, kind, user string, c change) *write.Outbox {
	return &write.Outbox{ID: tx.NewID(), Kind: kind, User: user, Type: c.t.Name, Row: c.after.Base().ID, MadeAt: tx.Now(), DueAt: tx.Now(), State: write.OutboxOpen}
}

// said tells what a change means to somebody, and to whom; to "" = the body
// says.
func said(c change) (b body, to string, ok bool) {
	author, house := c.after.Base().MadeBy, c.after.Base().Household
	switch {
	case c.after.Base().DeletedAt > 0:
	case c.t == notice.Type && c.became(notice.Published):
		return body{Cause: Notice, What: c.after.(*notice.Notice).Kind, Result: "已发布", Words: "请打开小程序查看"}, "", true
	case c.t == casework.NeedType && c.became(casework.Answered):
		return body{Cause: Answered, What: "您的诉求", Result: "已答复", Words: "请打开小程序查看答复", House: house}, "", true
	case c.t == household.ProposalType && c.became("refused"):
		return body{Cause: Returned, What: "修改申请", Result: "未采纳", Words: "请打开小程序查看原因"}, author, true
	case c.t.Workflow && c.became(workflow.Returned):
		return body{Cause: Returned, What: called(c.t), Result: "退回", Words: "请打开小程序查看原因"}, author, true
	case c.t.Workflow && c.became(workflow.Rejected):
		return body{Cause: Returned, What: called(c.t), Result: "未通过", Words: "请打开小程序查看原因"}, author, true
	}
	return body{}, "", false
}

func called(t *record.Type) string {
	switch t.Name {
	case "visit":
		return "到户记录"
	case "measure":
		return "帮扶措施"
	}
	return "您交的记录"
}

func (c change) became(state string) bool {
	return get(c.t, c.after, "state") == state && get(c.t, c.before, "state") != state
}

// written reports whether there is another text to check. Only what can carry
// the hint is checked: what nobody would see is not worth sending away.
func (c change) written() bool {
	if _, ok := c.t.Field("flags"); !ok || c.after.Base().DeletedAt > 0 {
		return false
	}
	text := words(c.t, c.after)
	return text != "" && text != words(c.t, c.before)
}

// words is what somebody wrote in a row: a visit's text and needs, a need's text.
func words(t *record.Type, r record.Record) string {
	text, needs := get(t, r, "text"), ""
	if t != casework.NeedType {
		needs = get(t, r, "needs")
	}
	if text != "" && needs != "" {
		return text + "\n" + needs
	}
	return text + needs
}

func get(t *record.Type, r record.Record, name string) string {
	f, ok := t.Field(name)
	if !ok || r == nil {
		return ""
	}
	return t.Get(r, f)
}
