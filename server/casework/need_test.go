package casework_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/registry"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
)

// TestNeedClock: the server's day counts, over National Day, whatever the
// phone's clock shows; the due day itself is not late, and an answer stops the
// clock.
func TestNeedClock(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		h, house := w.homes[0], w.Houses[0]
		w.at("2026-09-29 23:59") // a Tuesday; 15:59 UTC
		early := w.made(h, "need", house, `{"text":"缺水"}`)
		w.Pass(2 * 60_000_000_000)
		w.deviceAt = 1 << 41 // the year 2039
		late := w.made(h, "need", house, `{"text":"路断了","kind":"其他"}`)
		if got, want := []string{w.need(early).Due, w.need(late).Due}, []string{"2026-10-12", "2026-10-13"}; !slices.Equal(got, want) {
			t.Errorf("due %v, want %v", got, want)
		}
		if n := w.need(early); n.State != casework.Open || n.AnsweredAt != 0 || n.MadeBy != h.User {
			t.Errorf("%+v", n)
		}
		for _, x := range []struct {
			at      string
			overdue []string
		}{{"2026-10-12 23:59", []string{}}, {"2026-10-13 00:00", []string{early}}, {"2026-10-14 00:00", []string{early, late}}} {
			w.at(x.at)
			for _, a := range []access.Actor{w.Admin, w.county, w.auditor} {
				if got := w.list(a, casework.NeedType, "overdue"); !slices.Equal(got, x.overdue) {
					t.Errorf("overdue at %s for %s: %v, want %v", x.at, a.Role, got, x.overdue)
				}
			}
		}
		if code, body := w.push(w.Cadres[0], "need", early, house, `{"answer":"下周接水管"}`); code != "" {
			t.Fatalf("answer: %s %s", code, body)
		}
		n := w.need(early)
		if n.State != casework.Answered || n.AnsweredBy != w.Cadres[0].User || n.AnsweredAt != w.Now().UnixMilli() || n.Due != "2026-10-12" {
			t.Errorf("%+v", n)
		}
		if got := w.list(w.Admin, casework.NeedType, "overdue"); !slices.Equal(got, []string{late}) {
			t.Errorf("overdue after the answer: %v", got)
		}
		if got := w.list(w.Admin, casework.NeedType, "answered"); !slices.Equal(got, []string{early}) {
			t.Errorf("answered: %v", got)
		}
		// Into a year that nobody has published the list says what it counted.
		w.at("2026-12-29 09:00")
		w.made(h, "need", house, `{"text":"过年"}`)
		p, err := w.desk.List(t.Context(), w.Admin, casework.NeedType, casework.Ask{Township: w.Township, Limit: 10})
		check(t, err)
		if p.Sure || p.Today != "2026-12-29" || len(p.Rows) != 2 {
			t.Errorf("sure %v, today %s, %d rows", p.Sure, p.Today, len(p.Rows))
		}
	})
}

// TestNeedByField: who may set which field of a need, made by the household
// and by its cadre; nothing else changes, and nothing the server sets.
func TestNeedByField(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		house := w.Houses[0]
		who := map[string]access.Actor{"H": w.homes[0], "C": w.Cadres[0], "V": w.Workers[0], "other H": w.homes[1], "other C": w.Cadres[1]}
		fields := map[string]string{"text": `"改了"`, "kind": `"上学"`, "visit": `"AAAAAAAAAAAA"`, "answer": `"好"`, "owner": `"` + w.Cadres[0].User + `"`, "rating": `"满意"`,
			"due": `"2030-01-01"`, "state": `"closed"`, "answeredBy": `"AAAAAAAAAAAA"`, "answeredAt": `5`, "closed": `"2026-01-01"`, "words": `"好"`}
		may := map[string]string{"H": "text kind visit rating", "C": "answer", "V": "answer owner"} // of what the household said, once it is answered
		for role, a := range who {
			for field, value := range fields {
				id := w.made(w.homes[0], "need", house, `{"text":"缺水"}`)
				if field == "rating" {
					w.push(w.Cadres[0], "need", id, house, `{"answer":"知道了"}`)
				}
				before := *w.need(id)
				code, body := w.push(a, "need", id, house, `{"`+field+`":`+value+`}`)
				allowed := slices.Contains(strings.Fields(may[role]), field)
				if (code == "") != allowed {
					t.Errorf("%s of %s: %q %s", field, role, code, body)
				}
				f, _ := casework.NeedType.Field(field)
				after := w.need(id)
				if !allowed && *after != before {
					t.Errorf("%s of %s was refused and changed something: %+v", field, role, after)
				}
				if want := strings.Trim(value, `"`); allowed && casework.NeedType.Get(after, f) != want {
					t.Errorf("%s of %s was taken and is %q", field, role, casework.NeedType.Get(after, f))
				}
			}
		}
		// What the cadre found at a visit is the cadre's to word, not the household's.
		found := w.made(w.Cadres[0], "need", house, `{"text":"房漏雨","answer":"已报村里"}`)
		if n := w.need(found); n.State != casework.Answered || n.AnsweredBy != w.Cadres[0].User {
			t.Errorf("%+v", n)
		}
		if code, _ := w.push(w.homes[0], "need", found, house, `{"text":"没漏"}`); code != "forbidden" {
			t.Errorf("the household rewrites its cadre's words: %q", code)
		}
		if code, _ := w.push(w.homes[0], "need", found, house, `{"rating":"基本满意"}`); code != "" {
			t.Errorf("the household cannot rate: %q", code)
		}
		for a, patch := range map[*access.Actor]string{&w.homes[0]: `{"text":"难","answer":"好"}`, &w.Cadres[0]: `{"text":"难","answer":"好","rating":"满意"}`, &w.Workers[0]: `{"text":"难","state":"closed"}`} {
			if code, _ := w.push(*a, "need", w.DB.NewID(), house, patch); code != "forbidden" && code != "invalid" {
				t.Errorf("a new one of %s with %s: %q", a.Role, patch, code)
			}
		}
		// The township, online: the answer and who is to give it, by revision.
		for field, ok := range map[string]bool{"answer": true, "owner": true, "rating": false, "text": false, "state": false, "due": false} {
			n := w.need(found)
			_, err := w.Registry.Change(t.Context(), w.Admin, casework.NeedType, found, n.Version, []byte(`{"`+field+`":`+fields[field]+`}`))
			if (err == nil) != ok {
				t.Errorf("%s online: %v", field, err)
			}
		}
		if n := w.need(found); n.AnsweredBy != w.Admin.User {
			t.Errorf("answered by %q, want the admin", n.AnsweredBy)
		}
	})
}

// TestNeedLife: dispatched, answered, rated twice, closed; what is closed
// stays but for the rating.
func TestNeedLife(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		ctx, h, c, v, house := t.Context(), w.homes[0], w.Cadres[0], w.Workers[0], w.Houses[0]
		id := w.made(h, "need", house, `{"text":"孩子上学的补助没到"}`)
		for _, who := range []string{h.User, w.Cadres[1].User, w.Admin.User, w.DB.NewID()} {
			if code, _ := w.push(v, "need", id, house, `{"owner":"`+who+`"}`); code != "invalid" {
				t.Errorf("given to somebody who does not hold the household: %q", code)
			}
			_, err := w.desk.Dispatch(ctx, w.Admin, id, w.need(id).Version, who)
			w.wantCode(err, fault.Invalid, "dispatch to a stranger")
		}
		_, err := w.desk.Dispatch(ctx, w.Admin, id, w.need(id).Version, v.User)
		check(t, err)
		if code, _ := w.push(v, "need", id, house, `{"owner":"`+c.User+`"}`); code != "" || w.need(id).Owner != c.User {
			t.Errorf("the village gives it to the cadre: %q %+v", code, w.need(id))
		}
		if code, _ := w.push(h, "need", id, house, `{"rating":"满意"}`); code != "wrong-state" {
			t.Errorf("rated before there is an answer: %q", code)
		}
		w.Pass(3_600_000_000_000)
		first := w.Now().UnixMilli()
		w.push(c, "need", id, house, `{"answer":"已问学校"}`)
		for _, r := range []string{"不满意", "满意", ""} {
			if code, _ := w.push(h, "need", id, house, `{"rating":"`+r+`"}`); code != "" || w.need(id).Rating != r {
				t.Errorf("rating %q: %q %q", r, code, w.need(id).Rating)
			}
		}
		if code, _ := w.push(h, "need", id, house, `{"text":"其实是别的"}`); code != "wrong-state" {
			t.Errorf("what was answered is reworded: %q", code)
		}
		w.Pass(3_600_000_000_000)
		w.push(v, "need", id, house, `{"answer":"已到账"}`)
		if n := w.need(id); n.AnsweredBy != v.User || n.AnsweredAt != first {
			t.Errorf("the second answer: by %s at %d, want %s at %d", n.AnsweredBy, n.AnsweredAt, v.User, first)
		}
		for _, reason := range []string{"", "  ", strings.Repeat("长", 201)} {
			_, err := w.desk.Close(ctx, w.Admin, casework.NeedType, id, w.need(id).Version, reason)
			w.wantCode(err, fault.Invalid, "closed without words")
		}
		_, err = w.desk.Close(ctx, w.Admin, casework.NeedType, id, w.need(id).Version, "补助已到账")
		check(t, err)
		n := w.need(id)
		if n.State != casework.Closed || n.Closed != "2026-03-02" || n.Words != "补助已到账" {
			t.Errorf("%+v", n)
		}
		_, err = w.desk.Close(ctx, w.Admin, casework.NeedType, id, n.Version, "再办一次")
		w.wantCode(err, fault.WrongState, "closed twice")
		if code, _ := w.push(c, "need", id, house, `{"answer":"又"}`); code != "wrong-state" {
			t.Errorf("answered after it was closed: %q", code)
		}
		if code, _ := w.push(h, "need", id, house, `{"rating":"基本满意"}`); code != "" {
			t.Errorf("rated after it was closed: %q", code)
		}
		if got := w.list(w.county, casework.NeedType, "closed"); !slices.Equal(got, []string{id}) {
			t.Errorf("closed: %v", got)
		}
		if tells := w.pull(h); !strings.Contains(tells, "补助已到账") || !strings.Contains(tells, "已到账") {
			t.Error("the household does not read the answer and the words")
		}
		foreign := w.Admin
		foreign.Township = "999999999"
		_, err = w.desk.Close(ctx, foreign, casework.NeedType, id, w.need(id).Version, "不归我管")
		w.wantCode(err, fault.NotFound, "another township's admin")
	})
}

// TestTakenAsWhoWroteIt: what a household's revoked phone sent waits in
// quarantine and is taken as the household's own, with what only it may write.
func TestTakenAsWhoWroteIt(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		house, revoked := w.Houses[0], w.homes[0]
		revoked.PushOnly = true
		id := w.made(w.homes[0], "need", house, `{"text":"缺水"}`)
		w.push(w.Cadres[0], "need", id, house, `{"answer":"修好了"}`)
		if code, _ := w.push(revoked, "need", id, house, `{"rating":"满意"}`); code != "quarantined" {
			t.Fatalf("%q", code)
		}
		kept, err := b.DB.Quarantined(t.Context(), w.Township, "open", "", 10)
		check(t, err)
		check(t, w.Delta.Settle(t.Context(), w.Admin, kept[0], "take", ""))
		if n := w.need(id); n.Rating != "满意" {
			t.Errorf("%+v", n)
		}
	})
}

// TestTwoAdminsAtOnce: of two who settle the same revision at once one wins,
// the other is told that it changed.
func TestTwoAdminsAtOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		ctx, house := t.Context(), w.Houses[0]
		need := w.made(w.homes[0], "need", house, `{"text":"缺水"}`)
		said := w.made(w.homes[0], "complaint", house, `{"text":"没来过","kind":"投诉"}`)
		issue := w.made(w.Cadres[0], "issue", house, `{"category":"sanitation","subject":"院坝脏","state":"done","result":"扫了"}`)
		race := func(what string, do func(a access.Actor) error) {
			t.Helper()
			var all sync.WaitGroup
			errs := make([]error, 6)
			for i := range errs {
				a := w.Admin
				if i%2 == 1 {
					a = w.other
				}
				all.Go(func() { errs[i] = do(a) })
			}
			all.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if !fault.Is(err, fault.Stale) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if won != 1 {
				t.Errorf("%s: %d of %d at one revision won", what, won, len(errs))
			}
		}
		race("answer online", func(a access.Actor) error {
			_, err := w.Registry.Change(ctx, a, casework.NeedType, need, 1, []byte(`{"answer":"由 `+a.User+` 答复"}`))
			return err
		})
		if n := w.need(need); n.Version != 2 || n.Answer != "由 "+n.AnsweredBy+" 答复" {
			t.Errorf("%+v", n)
		}
		race("close", func(a access.Actor) error {
			_, err := w.desk.Close(ctx, a, casework.NeedType, need, 2, "办了")
			return err
		})
		race("answer a complaint", func(a access.Actor) error {
			_, err := w.desk.Answer(ctx, a, said, 1, a.User)
			return err
		})
		c := w.complaint(said)
		if plain, err := w.Box.Open(c.Answer); err != nil || plain != c.AnsweredBy {
			t.Errorf("the answer of one under the name of the other: %q %q %v", plain, c.AnsweredBy, err)
		}
		race("check", func(a access.Actor) error {
			_, err := w.desk.Check(ctx, a, issue, "pass", 1, "")
			return err
		})
	})
}

// TestAnswersMeet: a cadre's answer written without signal meets the
// township's: the township's stays, the cadre's is kept as a conflict, and
// accepted it carries the cadre's name. Written after the hand-over it waits
// as a proposal.
func TestAnswersMeet(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		c, house := w.Cadres[0], w.Houses[0]
		id := w.made(w.homes[0], "need", house, `{"text":"缺水"}`)
		base, err := w.DB.Space(t.Context(), w.Township)
		check(t, err)
		_, err = w.Registry.Change(t.Context(), w.Admin, casework.NeedType, id, 1, []byte(`{"answer":"镇里来修"}`))
		check(t, err)
		if code, body := w.push(c, "need", id, house, `{"answer":"我来修"}`, base.Seq); code != "conflict" {
			t.Fatalf("%q %s", code, body)
		}
		if n := w.need(id); n.Answer != "镇里来修" || n.AnsweredBy != w.Admin.User {
			t.Errorf("%+v", n)
		}
		accept := func() {
			t.Helper()
			ps, err := w.DB.Page(t.Context(), household.ProposalType, registry.PageQuery{Township: w.Township, Limit: 10})
			check(t, err)
			for _, r := range ps {
				if p := r.(*household.Proposal); p.State == "conflict" || p.State == "open" {
					_, err := w.Workflow.Settle(t.Context(), w.Admin, p.ID, workflow.Decision{Action: "accept", Rev: p.Version})
					check(t, err)
					return
				}
			}
			t.Fatal("no proposal")
		}
		accept()
		if n := w.need(id); n.Answer != "我来修" || n.AnsweredBy != c.User {
			t.Errorf("%+v", n)
		}
		again := w.made(w.homes[0], "need", house, `{"text":"还是缺水"}`)
		before, err := w.DB.Space(t.Context(), w.Township)
		check(t, err)
		check(t, w.Pair(t.Context(), house, &w.Cadres[1]))
		if code, _ := w.push(c, "need", again, house, `{"answer":"移交前写的"}`, before.Seq); code != "proposal" {
			t.Errorf("late answer: %q", code)
		}
		if n := w.need(again); n.Answer != "" || n.State != casework.Open {
			t.Errorf("%+v", n)
		}
		accept()
		if n := w.need(again); n.State != casework.Answered || n.AnsweredBy != c.User || n.AnsweredAt == 0 {
			t.Errorf("%+v", n)
		}
	})
}
