package delta_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
	"daohu/server/write"
)

// proposal reads the proposal a result names, as the phone holds it.
func (p *phone) proposal(house string, r result) map[string]any {
	p.t.Helper()
	p.round()
	got := p.row(house, "proposal", r.Ref)
	if got == nil {
		p.t.Fatalf("no proposal %q at the phone", r.Ref)
	}
	return got
}

func TestMergePerField(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 1})
		house := tn.Houses[0]
		c, w := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0])
		check(t, b.DB.Accounts().AddUser(t.Context(), account.User{ID: c.who.User, Login: "a", Name: c.who.Name, Role: "C", County: "999900", Township: tn.Township}))
		seen := c.base[house]
		held := func(p *phone) map[string]any { return p.row(house, "household", house) }

		// Different fields from the same base: both stay.
		c.want(c.push("household", house, house, `{"notes":"甲"}`), "")
		w.want(w.push("household", house, house, `{"water":"否"}`), "")
		// The same field by the same author from the old base: his own edit is no conflict.
		c.want(c.verdict(c.send(c.mutAt(seen, "household", house, house, `{"notes":"甲二"}`)), c.mid), "")
		c.converged()
		w.converged()
		if h := held(c); h["notes"] != "甲二" || h["water"] != "否" {
			t.Fatalf("%v", h)
		}

		// Changed by another since the base: the server's value stays.
		r := w.want(w.verdict(w.send(w.mutAt(seen, "household", house, house, `{"notes":"乙","danger":"C级"}`)), w.mid), "conflict")
		got := w.proposal(house, r)
		for k, want := range map[string]any{"base": "<路&\u2028远>", "mine": "乙", "theirs": "甲二", "state": "conflict", "field": "notes", "row": house, "target": "household", "by": w.who.User, "rival": c.who.Name} {
			if got[k] != want {
				t.Errorf("proposal %s = %q, want %q", k, got[k], want)
			}
		}
		if at, _ := got["rivalAt"].(float64); int64(at) != tn.Now().UnixMilli() {
			t.Errorf("written over at %v", got["rivalAt"])
		}
		if h := held(w); h["notes"] != "甲二" || h["danger"] != "C级" {
			t.Fatalf("%v", h)
		}
		// Equal to what is there: nothing to argue about.
		w.want(w.verdict(w.send(w.mutAt(seen, "household", house, house, `{"notes":"甲二"}`)), w.mid), "")
		// One tap restores the losing value.
		settle(t, tn, r.Ref, "accept", "")
		w.converged()
		c.converged()
		if held(c)["notes"] != "乙" {
			t.Fatalf("not restored: %v", held(c)["notes"])
		}
		history(t, tn, house, "notes", []string{"甲", "甲二", "乙"})

		// The author settles a conflict by choosing, with both values in sight.
		for value, state := range map[string]string{"丙一": "accepted", "丙二": "refused"} {
			seen = w.base[house]
			c.want(c.push("household", house, house, `{"notes":"`+value+`他"}`), "")
			r = w.want(w.verdict(w.send(w.mutAt(seen, "household", house, house, `{"notes":"`+value+`"}`)), w.mid), "conflict")
			w.converged()
			pick := value
			if state == "refused" {
				pick += "他"
			}
			w.want(w.push("household", house, house, `{"notes":"`+pick+`"}`), "")
			w.converged()
			if got := w.proposal(house, r)["state"]; got != state || held(w)["notes"] != pick {
				t.Fatalf("chose %q: proposal %v, notes %v", pick, got, held(w)["notes"])
			}
			c.converged()
		}
	})
}

// history checks the values a field of a row went through.
func history(t *testing.T, tn *town.Town, row, field string, want []string) {
	t.Helper()
	hs, err := tn.DB.Histories(t.Context(), tn.Township)
	check(t, err)
	var got []string
	for i, h := range hs {
		if h.Row == row && h.Field == field {
			if len(got) > 0 && h.Old != got[len(got)-1] {
				t.Errorf("history %d goes from %q, not from %q", i, h.Old, got[len(got)-1])
			}
			got = append(got, h.New)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("history %q, want %q", got, want)
	}
}

func TestSealedFieldMerges(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 1})
	house := tn.Houses[0]
	c, w := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0])
	seen := w.base[house]
	c.want(c.push("household", house, house, `{"phone":"19900000000"}`), "") // what is there already
	if find(t, tn, household.HouseholdType, house).Base().Version != 1 {
		t.Error("an unchanged telephone was written")
	}
	c.want(c.push("household", house, house, `{"phone":"19900000077"}`), "")
	r := w.want(w.verdict(w.send(w.mutAt(seen, "household", house, house, `{"phone":"19900000088"}`)), 1), "conflict")
	if p := w.proposal(house, r); p["base"] != "19900000000" || p["mine"] != "19900000088" || p["theirs"] != "19900000077" {
		t.Fatalf("%v", p)
	}
	settle(t, tn, r.Ref, "accept", "")
	c.converged()
	if c.row(house, "household", house)["phone"] != "19900000088" {
		t.Fatal("not restored")
	}
	hs, err := b.DB.Histories(t.Context(), tn.Township)
	check(t, err)
	for _, h := range hs {
		if h.Field == "phone" && (h.Old == "19900000000" || h.New == "19900000077") {
			t.Fatal("a telephone lies open in the history")
		}
	}
}

func TestProposedFieldsWait(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 1})
		house := tn.Houses[0]
		c, w := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0])
		r := c.want(c.push("household", house, house, `{"income":512300,"notes":"收入有变"}`), "proposal")
		if p := c.proposal(house, r); p["mine"] != "512300" || p["state"] != "open" || p["field"] != "income" {
			t.Fatalf("%v", p)
		}
		if h := c.row(house, "household", house); h["income"] != nil || h["notes"] != "收入有变" {
			t.Fatalf("before the township has settled: %v", h)
		}
		settleAs(t, tn, c.who, r.Ref, 1, "accept", fault.NotFound, fault.OwnRecord) // never by its author
		own := tn.Admin
		own.User = c.who.User
		settleAs(t, tn, own, r.Ref, 1, "accept", fault.OwnRecord)
		settleAs(t, tn, tn.Admin, r.Ref, 2, "accept", fault.Stale)
		settleAs(t, tn, tn.Admin, r.Ref, 1, "ignore", fault.Invalid)
		settleAs(t, tn, tn.Admin, r.Ref, 1, "refuse", fault.Invalid) // no words
		settleAs(t, tn, tn.Admin, b.DB.NewID(), 1, "accept", fault.NotFound)
		other := add(t, b, town.Size{})
		settleAs(t, other, other.Admin, r.Ref, 1, "accept", fault.NotFound)
		settle(t, tn, r.Ref, "accept", "")
		settleAs(t, tn, tn.Admin, r.Ref, 2, "accept", fault.WrongState)
		c.converged()
		w.converged()
		if c.row(house, "household", house)["income"] != float64(512300) || c.row(house, "proposal", r.Ref)["state"] != "accepted" {
			t.Fatal("accepted, but nothing happened")
		}
		r = c.want(c.push("household", house, house, `{"class":"低保户"}`), "proposal")
		settle(t, tn, r.Ref, "refuse", "没有低保证明")
		c.converged()
		if p := c.row(house, "proposal", r.Ref); p["state"] != "refused" || p["words"] != "没有低保证明" || c.row(house, "household", house)["class"] != nil {
			t.Fatalf("%v", p)
		}
	})
}

// settleAs fails unless settling ends with one of the codes.
func settleAs(t *testing.T, tn *town.Town, a access.Actor, id string, rev int64, action string, codes ...fault.Code) {
	t.Helper()
	_, err := tn.Workflow.Settle(t.Context(), a, id, workflow.Decision{Action: action, Rev: rev})
	for _, c := range codes {
		if fault.Is(err, c) {
			return
		}
	}
	t.Fatalf("%s at %d: %v, want %v", action, rev, err, codes)
}

func TestMembersComeAndGoByProposal(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house := tn.Houses[0]
		c := synced(t, b, tn.Cadres[0])
		people := func() any { c.converged(); return c.row(house, "household", house)["people"] }
		born := b.DB.NewID()
		r := c.want(c.push("member", born, house, `{"name":"孙三","relation":"孙子","sex":"男","birth":"2026-01","work":"省外","workMonths":3}`), "proposal")
		if people() != float64(1) || c.row(house, "member", born) != nil {
			t.Fatal("a member before the township agreed")
		}
		settle(t, tn, r.Ref, "accept", "")
		if people() != float64(2) || c.row(house, "member", born)["work"] != "省外" || c.row(house, "member", born)["by"] != c.who.User {
			t.Fatalf("%v", c.row(house, "member", born))
		}
		r = c.want(c.push("member", b.DB.NewID(), house, `{"name":"李四","relation":"儿媳"}`), "proposal")
		settle(t, tn, r.Ref, "refuse", "户口不在这里")
		if people() != float64(2) {
			t.Fatal("a refused member counts")
		}
		r = c.want(c.push("member", born, house, `{"left":"户籍迁出"}`), "proposal")
		settle(t, tn, r.Ref, "accept", "")
		if people() != float64(1) || c.row(house, "member", born)["left"] != "户籍迁出" {
			t.Fatal("a member who left still counts")
		}
		c.want(c.push("member", born, house, `{"work":"省内","workMonths":13}`), "invalid")
		c.want(c.push("member", born, house, `{"workMonths":7}`), "") // merges without asking
		c.want(c.push("member", b.DB.NewID(), house, `{"name":"无关系"}`), "invalid")
		// The head's name follows.
		head := ""
		for _, id := range c.ids(house, "member") {
			if id != born {
				head = id
			}
		}
		r = c.want(c.push("member", head, house, `{"name":"户主新名"}`), "proposal")
		settle(t, tn, r.Ref, "accept", "")
		if people(); c.row(house, "household", house)["head"] != "户主新名" {
			t.Fatal("the head's name did not follow")
		}
	})
}

func TestWorkAfterTheHandOver(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Houses: 2})
		house := tn.Houses[0]
		c, next := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[1])
		old := b.DB.NewID()
		c.want(c.push("visit", old, house, `{"day":"2026-03-01"}`), "")
		c.round()
		base := c.base[house]
		check(t, tn.Pair(t.Context(), house, &tn.Cadres[1]))
		c.round()
		at := func(typ, id, patch, code string) result {
			t.Helper()
			return c.want(c.verdict(c.send(c.mutAt(base, typ, id, house, patch)), c.mid), code)
		}
		late := b.DB.NewID()
		at("visit", late, `{"day":"2026-03-02"}`, "late")
		at("response", b.DB.NewID(), fmt.Sprintf(`{"form":%q,"visit":%q,"day":"2026-03-02"}`, tn.Form, late), "late")
		at("photo", b.DB.NewID(), fmt.Sprintf(`{"visit":%q,"sha256":"%064d","size":9,"mime":"image/jpeg"}`, late, 1), "late")
		edit := at("household", house, `{"notes":"移交前写的"}`, "proposal")
		fix := at("visit", old, `{"text":"补写"}`, "proposal")
		at("visit", old, `null`, "forbidden")
		if c.rows[house] != nil {
			t.Fatal("rows of a household not held")
		}
		next.round()
		if fl := next.row(house, "visit", late)["flags"]; fmt.Sprint(fl) != "[late]" {
			t.Errorf("flags %v", fl)
		}
		settle(t, tn, edit.Ref, "accept", "")
		settle(t, tn, fix.Ref, "accept", "")
		next.converged()
		c.converged()
		if next.row(house, "household", house)["notes"] != "移交前写的" || next.row(house, "visit", old)["text"] != "补写" {
			t.Error("accepted late edits had no effect")
		}
		// What was begun after the end was never held.
		c.want(c.verdict(c.send(c.mutAt(base+50, "visit", b.DB.NewID(), house, `{"day":"2026-03-02"}`)), c.mid), "not-found")
		b.Pass(29 * 24 * time.Hour)
		at("visit", b.DB.NewID(), `{"day":"2026-03-02"}`, "late")
		b.Pass(2 * 24 * time.Hour)
		r := at("visit", b.DB.NewID(), `{"day":"2026-03-02"}`, "quarantined")
		if q := kept(t, tn, r.Ref); q.Why != "late" || q.User != c.who.User || q.Household != house {
			t.Errorf("%+v", q)
		}
	})
}

func kept(t *testing.T, tn *town.Town, id string) write.Quarantine {
	t.Helper()
	q, err := tn.DB.QuarantinedOne(t.Context(), tn.Township, id)
	check(t, err)
	return q
}

func TestQuarantineIsSettled(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house := tn.Houses[0]
		c, open := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[0])
		c.who.PushOnly = true
		change(t, tn, household.HouseholdType, house, `{"notes":"新"}`)
		id := b.DB.NewID()
		good, bad, dup := c.mut("visit", id, house, `{"day":"2026-03-02","text":"停用前"}`), c.mut("visit", b.DB.NewID(), house, `{"day":"?"}`), c.mut("household", house, house, `{"notes":"我的"}`)
		at := c.cursor
		out := c.send(good, bad, dup)
		if !out.Ended || out.served() || out.Cursor != at || len(out.Results) != 3 {
			t.Fatalf("push-only: %+v", out)
		}
		for _, disabled := range []bool{false, true} { // both hear that it is over, and only one that logging in does not help
			c.who.Disabled = disabled
			body, err := b.Delta.Poll(t.Context(), c.who, c.cursor, 1, c.client, 0)
			if err != nil || !strings.Contains(string(body), `"ended":true`) || strings.Contains(string(body), `"disabled":true`) != disabled {
				t.Fatalf("poll: %s %v", body, err)
			}
			if again := c.send(); !again.Ended || again.Disabled != disabled {
				t.Fatalf("push: %+v", again)
			}
		}
		var refs []string
		for i := range 3 {
			refs = append(refs, c.want(c.verdict(out, int64(i+1)), "quarantined").Ref)
		}
		open.converged()
		if n := len(open.ids(house, "visit")); n != 0 {
			t.Fatal("quarantined work is visible")
		}
		act := func(a access.Actor, ref, action string) error {
			return b.Delta.Settle(t.Context(), a, kept(t, tn, ref), action, "看过")
		}
		own := tn.Admin
		own.User = c.who.User
		if err := act(own, refs[0], "take"); !fault.Is(err, fault.OwnRecord) {
			t.Errorf("by its author: %v", err)
		}
		check(t, act(tn.Admin, refs[0], "take"))
		if err := act(tn.Admin, refs[0], "take"); !fault.Is(err, fault.WrongState) {
			t.Errorf("taken twice: %v", err)
		}
		if err := act(tn.Admin, refs[0], "refuse"); !fault.Is(err, fault.WrongState) {
			t.Errorf("refused after taking: %v", err)
		}
		if err := act(tn.Admin, refs[1], "take"); !fault.Is(err, fault.Invalid) {
			t.Errorf("what cannot be stored: %v", err)
		}
		check(t, act(tn.Admin, refs[1], "refuse"))
		check(t, act(tn.Admin, refs[2], "take"))
		for i, want := range []string{"taken", "refused", "taken"} {
			if q := kept(t, tn, refs[i]); q.State != want || q.SettledBy != tn.Admin.User || q.SettledAt == 0 || q.Reason != "看过" {
				t.Errorf("%d: %+v", i, q)
			}
		}
		open.converged()
		if v := open.row(house, "visit", id); v["text"] != "停用前" || v["by"] != c.who.User || v["state"] != "pending" {
			t.Fatalf("taken over: %v", v)
		}
		if n := len(open.ids(house, "proposal")); n != 1 { // the admin's note came first
			t.Fatalf("%d proposals, want the conflict", n)
		}
		if err := b.Delta.Settle(t.Context(), tn.Admin, write.Quarantine{Township: tn.Township, Household: house, ID: b.DB.NewID()}, "take", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("nothing there: %v", err)
		}
	})
}

func TestVisitLifeThroughSync(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house, id := tn.Houses[0], b.DB.NewID()
		c := synced(t, b, tn.Cadres[0])
		// Product rule: a visit with only day and household goes the whole way.
		c.want(c.push("visit", id, house, `{"day":"2026-03-02"}`), "")
		decide(t, tn, id, "return", "请补上谈话内容")
		c.converged()
		if v := c.row(house, "visit", id); v["state"] != "returned" || v["words"] != "请补上谈话内容" {
			t.Fatalf("%v", v)
		}
		c.want(c.push("visit", id, house, `{"text":"谈了春耕"}`), "")
		c.converged()
		if v := c.row(house, "visit", id); v["state"] != "pending" || v["words"] != nil {
			t.Fatalf("corrected, it waits again: %v", v)
		}
		decide(t, tn, id, "approve", "")
		r := c.want(c.push("visit", id, house, `{"text":"谈了春耕和医保"}`), "proposal")
		c.want(c.push("visit", id, house, `null`), "wrong-state")
		if v := find(t, tn, visitType, id).(*activity.Visit); v.Text != "谈了春耕" || v.State != "approved" {
			t.Fatalf("%+v", v)
		}
		settle(t, tn, r.Ref, "accept", "")
		c.converged()
		if v := c.row(house, "visit", id); v["text"] != "谈了春耕和医保" || v["state"] != "approved" {
			t.Fatalf("%v", v)
		}
		plain := b.DB.NewID()
		c.want(c.push("visit", plain, house, `{"day":"2026-03-03"}`), "")
		decide(t, tn, plain, "approve", "")
		c.converged()
		if c.row(house, "visit", plain)["state"] != "approved" {
			t.Fatal("day and household are enough")
		}
	})
}

// TestReviewLeavesItsSteps: decisions and the correction in between can be
// followed in the record's own history.
func TestReviewLeavesItsSteps(t *testing.T) {
	b, file := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
	house, id := tn.Houses[0], b.DB.NewID()
	c := synced(t, b, tn.Cadres[0])
	c.want(c.push("visit", id, house, `{"day":"2026-03-02"}`), "")
	decide(t, tn, id, "return", "补日期")
	c.want(c.push("visit", id, house, `{"day":"2026-03-01"}`), "")
	decide(t, tn, id, "approve", "")
	db, err := sql.Open("sqlite", "file:"+file)
	check(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT `from`, `to`, `by`, `reason`, `rev` FROM `step` WHERE `type` = 'visit' AND `row` = ? ORDER BY `rev`", id)
	check(t, err)
	defer rows.Close()
	var got []string
	for rows.Next() {
		var from, to, by, reason string
		var rev int64
		check(t, rows.Scan(&from, &to, &by, &reason, &rev))
		got = append(got, fmt.Sprintf("%d %s-%s %s %v", rev, from, to, reason, by == tn.Admin.User))
	}
	check(t, rows.Err())
	if want := []string{"1 pending-returned 补日期 true", "2 returned-pending  false", "3 pending-approved  true"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("steps %q, want %q", got, want)
	}
	history(t, tn, id, "day", []string{"2026-03-01"})
}
