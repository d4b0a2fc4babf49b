package casework_test

import (
	"context"
	"encoding/json"
	"testing"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/servertest/town"
	"daohu/server/types"
)

// erasers notes what it is asked to erase.
type erasers struct {
	asked []string
	err   error
}

func (e *erasers) EraseOf(_ context.Context, a access.Actor, _, house, member, reason string) error {
	e.asked = append(e.asked, house+" "+member+" "+reason)
	return e.err
}

func field(t *testing.T, raw json.RawMessage, name string) any {
	t.Helper()
	var row map[string]any
	check(t, json.Unmarshal(raw, &row))
	return row[name]
}

func wants(t *testing.T, what string, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// TestRights: a request is written down with its day, has a clock in working
// days, is answered once; an erasure is carried out by another admin than who
// wrote it down, and goes on where it was cut.
func TestRights(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		gone := &erasers{}
		r := &casework.Rights{Desk: w.desk, Eraser: gone, Member: household.MemberType}
		house, ctx := w.Houses[0], t.Context()
		today := b.Now().UTC().AddDate(0, 0, -1).Format("2006-01-02")
		ask := casework.RightAsk{Kind: casework.Copied, Asker: "本人", Way: "当面", Text: "想要一份", Day: today}
		for name, change := range map[string]func(a *casework.RightAsk){
			"kind": func(a *casework.RightAsk) { a.Kind = "everything" }, "asker": func(a *casework.RightAsk) { a.Asker = " " }, "way": func(a *casework.RightAsk) { a.Way = "梦里" },
			"day": func(a *casework.RightAsk) { a.Day = "2099-01-01" }, "no day": func(a *casework.RightAsk) { a.Day = "昨天" }, "member": func(a *casework.RightAsk) { a.Member = b.DB.NewID() },
		} {
			bad := ask
			change(&bad)
			_, err := r.Record(ctx, w.Admin, w.Township, house, bad)
			wants(t, name, err, fault.Invalid)
		}
		made, err := r.Record(ctx, w.Admin, w.Township, house, ask)
		check(t, err)
		id, _ := field(t, made, "id").(string)
		if due, _ := field(t, made, "due").(string); due <= today || field(t, made, "state") != "open" {
			t.Errorf("%s", made)
		}
		list, err := w.desk.List(ctx, w.Admin, casework.DataRequestType, casework.Ask{Township: w.Township, Limit: 5})
		if check(t, err); len(list.Rows) != 1 {
			t.Errorf("%+v", list)
		}
		n, err := r.Copy(ctx, w.Admin, id)
		if check(t, err); n.Household != house {
			t.Errorf("%+v", n)
		}
		_, err = r.Settle(ctx, w.Admin, id, "done", 1, " ")
		wants(t, "no answer", err, fault.Invalid)
		_, err = r.Settle(ctx, w.Admin, id, "done", 7, "给了")
		wants(t, "stale", err, fault.Stale)
		done, err := r.Settle(ctx, w.Admin, id, "done", 1, "当面给了一份")
		if check(t, err); field(t, done, "state") != "done" || field(t, done, "settledBy") != w.Admin.User {
			t.Errorf("%s", done)
		}
		_, err = r.Settle(ctx, w.Admin, id, casework.Refused, 2, "改主意了")
		wants(t, "twice", err, fault.WrongState)
		if seen, err := b.Registry.Show(casework.DataRequestType, n, w.auditor); err != nil || field(t, seen, "asker") != nil || field(t, seen, "kind") != "copy" {
			t.Errorf("the auditor sees %s, %v", seen, err)
		}

		ask.Kind = casework.Erased
		made, err = r.Record(ctx, w.Admin, w.Township, house, ask)
		check(t, err)
		id, _ = field(t, made, "id").(string)
		_, err = r.Settle(ctx, w.other, id, "done", 1, "抹了")
		wants(t, "said to be erased", err, fault.WrongState)
		_, err = r.Copy(ctx, w.Admin, id)
		wants(t, "a copy of an erasure", err, fault.WrongState)
		_, err = r.Erase(ctx, w.Admin, id, 1, "本人当面要求")
		wants(t, "one admin alone", err, fault.OwnRecord)
		gone.err = fault.New(fault.WrongState, "这一户还在。")
		_, err = r.Erase(ctx, w.other, id, 1, "本人当面要求")
		wants(t, "of a household that is there", err, fault.WrongState)
		gone.err = nil
		done, err = r.Erase(ctx, w.other, id, 1, "本人当面要求")
		if check(t, err); field(t, done, "state") != "done" || len(gone.asked) != 2 || gone.asked[1] != house+"  本人当面要求" {
			t.Errorf("%s %q", done, gone.asked)
		}
		_, err = r.Erase(ctx, w.other, id, 2, "本人当面要求")
		wants(t, "erased twice", err, fault.WrongState)
	})
}

// TestFindings: an auditor writes about what she may read, the township
// answers, she gives it back or closes it; nobody changes it afterwards.
func TestFindings(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w, ctx := begin(t, b), t.Context()
		d := &casework.Findings{Desk: w.desk, Types: types.All()}
		ask := casework.FindingAsk{About: "household", Row: w.Houses[0], Severity: "一般", Text: "表上没有签字"}
		for name, change := range map[string]func(a *casework.FindingAsk){
			"type": func(a *casework.FindingAsk) { a.About = "user" }, "itself": func(a *casework.FindingAsk) { a.About = "finding" }, "unseen": func(a *casework.FindingAsk) { a.About = "photo" },
			"severity": func(a *casework.FindingAsk) { a.Severity = "" }, "text": func(a *casework.FindingAsk) { a.Text = " " },
		} {
			bad := ask
			change(&bad)
			_, err := d.Find(ctx, w.auditor, bad)
			wants(t, name, err, fault.Invalid)
		}
		bad := ask
		bad.Row = b.DB.NewID()
		_, err := d.Find(ctx, w.auditor, bad)
		wants(t, "no such record", err, fault.NotFound)
		made, err := d.Find(ctx, w.auditor, ask)
		check(t, err)
		id, _ := field(t, made, "id").(string)
		_, err = d.SettleFinding(ctx, w.auditor, id, "return", 1, "还没说清")
		wants(t, "given back before an answer", err, fault.WrongState)
		_, err = d.AnswerFinding(ctx, w.Admin, id, 3, "已补签")
		wants(t, "stale", err, fault.Stale)
		_, err = d.AnswerFinding(ctx, w.Admin, id, 1, "已补签")
		check(t, err)
		back, err := d.SettleFinding(ctx, w.auditor, id, "return", 2, "没看到照片")
		if check(t, err); field(t, back, "state") != "open" || field(t, back, "words") != "没看到照片" || field(t, back, "answer") != "已补签" {
			t.Errorf("%s", back)
		}
		_, err = d.AnswerFinding(ctx, w.other, id, 3, "照片补上了")
		check(t, err)
		done, err := d.SettleFinding(ctx, w.auditor, id, "close", 4, "看过了")
		if check(t, err); field(t, done, "state") != "closed" || field(t, done, "closed") == nil || field(t, done, "answeredBy") != w.other.User {
			t.Errorf("%s", done)
		}
		_, err = d.AnswerFinding(ctx, w.Admin, id, 5, "再说一句")
		wants(t, "answered after the end", err, fault.WrongState)
		_, err = d.SettleFinding(ctx, w.auditor, id, "return", 5, "再看看")
		wants(t, "opened after the end", err, fault.WrongState)
	})
}
