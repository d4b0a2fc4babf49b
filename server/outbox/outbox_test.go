package outbox_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/notice"
	"daohu/server/outbox"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
	"daohu/server/write"
)

// each runs f on every database; the workers of one world drain the rows of
// that database only.
func each(t *testing.T, f func(w *world)) {
	t.Helper()
	town.Each(t, func(t *testing.T, b *town.Base) { f(newWorld(t, b)) })
}

// Every cause reminds the one it concerns, in fixed words, and nobody else.
func TestWhoHearsWhat(t *testing.T) {
	each(t, func(w *world) {
		w.watch.Check = false
		author, house := w.Cadres[0].User, "H"+w.Houses[1][1:]
		for _, u := range []string{author, house, w.Cadres[1].User} {
			for _, cause := range []string{outbox.Returned, outbox.Answered, outbox.Notice} {
				if u != w.Cadres[1].User || cause != outbox.Notice { // who did not ask hears of no notice
					w.grant(u, cause, 10)
				}
			}
		}
		said := func(what string, want ...message) {
			w.Helper()
			w.drain()
			got := w.line.sent
			w.line.sent = nil
			if len(got) != len(want) {
				w.Fatalf("%s: %v, want %v", what, got, want)
			}
			for _, m := range want {
				found := false
				for _, g := range got {
					found = found || g.openid == m.openid && g.template == m.template && g.page == templates[strings.TrimPrefix(m.template, "T-")].Page && maps.Equal(g.data, m.data)
				}
				if !found {
					w.Errorf("%s: %v, want %v", what, got, m)
				}
			}
		}
		about := func(what, result string) message {
			return message{openid: "o-" + author, template: "T-returned", data: map[string]string{"thing1": what, "phrase2": result, "thing3": "请打开小程序查看原因", "date4": "2026年3月2日"}}
		}
		w.returned()
		said("a visit returned", about("到户记录", "退回"))

		v := w.visit(plantedText)
		w.decide(activity.VisitType, v.ID, "approve")
		said("a visit approved")

		id := w.DB.NewID()
		w.put(author, measure.Type, &measure.Measure{Meta: record.Meta{ID: id, Household: w.Houses[0], MadeBy: author}, Kind: "产业帮扶", State: workflow.Pending})
		w.decide(measure.Type, id, "reject")
		said("a measure rejected", about("帮扶措施", "未通过"))

		id = w.DB.NewID()
		mine, err := w.Box.Seal("冉丙寅")
		w.must(err)
		w.put(author, household.ProposalType, &household.Proposal{Meta: record.Meta{ID: id, Household: w.Houses[0], MadeBy: author}, Target: "household", Row: w.Houses[0], Field: "head", Mine: mine, State: "open"})
		_, err = w.flow.Settle(w.Context(), w.Admin, id, workflow.Decision{Action: "refuse", Rev: 1, Reason: plantedReason})
		w.must(err)
		said("a proposal refused", about("修改申请", "未采纳"))

		id = w.DB.NewID()
		w.put(author, casework.NeedType, &casework.Need{Meta: record.Meta{ID: id, Household: w.Houses[1], MadeBy: author}, Text: plantedText, State: casework.Open})
		said("a need")
		n := *w.read(casework.NeedType, id).(*casework.Need)
		n.Answer, n.State = plantedAnswer, casework.Answered
		w.put(author, casework.NeedType, &n)
		said("a need answered", message{openid: "o-" + house, template: "T-answered", data: map[string]string{"thing1": "您的诉求", "date2": "2026年3月2日"}})
		n = *w.read(casework.NeedType, id).(*casework.Need)
		n.Answer = plantedAnswer + "，请等"
		w.put(author, casework.NeedType, &n)
		said("the answer written anew")

		id = w.DB.NewID()
		w.put(w.Admin.User, notice.Type, &notice.Notice{Meta: record.Meta{ID: id, Household: w.Common, MadeBy: w.Admin.User}, Kind: "公示", Title: plantedText, State: notice.Draft})
		said("a draft")
		p := *w.read(notice.Type, id).(*notice.Notice)
		p.State = notice.Published
		w.put(w.Admin.User, notice.Type, &p)
		data := map[string]string{"thing1": "公示", "phrase9": "已发布"}
		said("a notice", message{openid: "o-" + author, template: "T-notice", data: data}, message{openid: "o-" + house, template: "T-notice", data: data})
		w.counts(0, 0)
	})
}

// What does not become of a transaction, what somebody does himself, and what
// the operator has no template for reminds nobody.
func TestWhatLeavesNothing(t *testing.T) {
	each(t, func(w *world) {
		w.watch.Check = false
		v := w.visit(plantedText)
		back := *v
		back.State = workflow.Returned
		no := errors.New("no")
		_, err := w.watch.Write(w.Context(), write.Intent{Township: w.Township, Actor: w.Admin.User, Households: []string{v.Household}}, func(tx write.Tx) error {
			if _, err := tx.Load(activity.VisitType, v.ID); err != nil {
				return err
			}
			tx.Put(activity.VisitType, &back)
			tx.Put(activity.VisitType, &activity.Visit{Meta: record.Meta{ID: "too-short", Household: v.Household}}) // refused by the store
			return nil
		})
		if err == nil {
			w.Fatal("a wrong row was stored")
		}
		if _, err = w.watch.Write(w.Context(), write.Intent{Township: w.Township}, func(write.Tx) error { return no }); !errors.Is(err, no) {
			w.Fatal(err)
		}
		w.counts(0, 0)
		own := *v
		own.State = workflow.Returned
		w.put(v.MadeBy, activity.VisitType, &own)
		w.counts(0, 0)
		w.watch.Templates = nil
		w.returned()
		w.counts(0, 0)
		if err := (&outbox.Desk{Grants: w.DB}).Accept(w.Context(), w.Cadres[0], outbox.Returned, 1); !fault.Is(err, fault.WrongState) {
			w.Errorf("a grant without a template: %v", err)
		}
	})
}

// Nothing that people wrote or are called is in a message or in the outbox, and
// what is in it is sealed.
func TestNothingPersonal(t *testing.T) {
	each(t, func(w *world) {
		w.grant(w.Cadres[0].User, outbox.Returned, 5)
		w.returned()
		list := w.waiting()
		if len(list) != 2 { // the check and the reminder
			w.Fatalf("%d rows", len(list))
		}
		for _, o := range list {
			if o.Kind == "message" && !strings.HasPrefix(string(o.Body), w.Box.Current()+".") {
				w.Errorf("not sealed: %s", o.Body)
			}
			text, err := "", error(nil)
			if o.Body != "" {
				text, err = w.Box.Open(o.Body)
				w.must(err)
			}
			for _, bad := range []string{"冉", "户主", "干部", "坪子村", plantedText, plantedReason} {
				if strings.Contains(text+string(o.Body)+o.Code, bad) {
					w.Errorf("%q is in the outbox: %s", bad, text)
				}
			}
		}
		w.drain()
		if len(w.line.sent) != 1 {
			w.Fatalf("sent %v", w.line.sent)
		}
		for name, value := range w.line.sent[0].data {
			if strings.Contains(value, "冉") || strings.Contains(value, "路断") || len([]rune(value)) > 20 {
				w.Errorf("%s: %s", name, value)
			}
		}
	})
}

// Eight workers at once send what there are grants for, once each, and no more.
func TestManyWorkers(t *testing.T) {
	each(t, func(w *world) {
		w.watch.Check = false
		author := w.Cadres[0].User
		w.grant(author, outbox.Returned, 10)
		for range 16 {
			w.returned()
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := w.worker().Drain(w.Context()); err != nil {
					w.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(w.line.sent); n != 10 {
			w.Errorf("%d messages for 16 causes and 10 grants", n)
		}
		if n := w.left(author, outbox.Returned); n != 0 {
			w.Errorf("%d grants left", n)
		}
		w.counts(0, 0)
		for range 8 { // and grants that come at once stop at the most there may be
			wg.Go(func() { w.must(w.desk.Accept(w.Context(), w.Cadres[1], outbox.Returned, 9)) })
		}
		wg.Wait()
		if n := w.left(w.Cadres[1].User, outbox.Returned); n != outbox.MostGrants {
			w.Errorf("%d grants, want %d", n, outbox.MostGrants)
		}
	})
}

// A worker that dies between sending and saying so: nobody touches the row
// while the lease runs, then it is sent once more.
func TestWorkerDies(t *testing.T) {
	each(t, func(w *world) {
		w.watch.Check = false
		author := w.Cadres[0].User
		w.grant(author, outbox.Returned, 2)
		w.returned()
		dying, die := context.WithCancel(w.Context())
		w.line.answer = func(int) error { die(); return nil }
		if _, err := w.worker().Drain(dying); !errors.Is(err, context.Canceled) {
			w.Fatalf("the worker lived: %v", err)
		}
		w.line.answer = nil
		if n := w.drain(); n != 0 || len(w.line.sent) != 1 {
			w.Fatalf("%d rows were taken during the lease, %d sent", n, len(w.line.sent))
		}
		w.Pass(2 * time.Minute)
		if n := w.drain(); n != 1 || len(w.line.sent) != 2 {
			w.Fatalf("%d rows were taken after the lease, %d sent", n, len(w.line.sent))
		}
		w.Pass(time.Hour)
		if n := w.drain(); n != 0 || len(w.line.sent) != 2 || w.left(author, outbox.Returned) != 0 {
			w.Errorf("%d taken, %d sent, %d left", n, len(w.line.sent), w.left(author, outbox.Returned))
		}
	})
}

// A worker whose lease ran out says nothing any more.
func TestLateWorker(t *testing.T) {
	each(t, func(w *world) {
		w.watch.Check = false
		w.returned()
		first := w.waiting()[0]
		second := first
		now := w.Now().UnixMilli()
		if ok, err := w.DB.Lease(w.Context(), &first, now+1000); err != nil || !ok {
			w.Fatal(ok, err)
		}
		if ok, err := w.DB.Lease(w.Context(), &second, now+2000); err != nil || ok {
			w.Fatalf("leased twice: %v %v", ok, err)
		}
		w.Pass(time.Second)
		again, err := w.DB.Unsent(w.Context(), w.Now().UnixMilli(), 10)
		w.must(err)
		if len(again) != 1 {
			w.Fatalf("%d rows wait after the lease", len(again))
		}
		if ok, err := w.DB.Lease(w.Context(), &again[0], now+5000); err != nil || !ok {
			w.Fatal(ok, err)
		}
		first.State = write.OutboxDead
		if ok, err := w.DB.Finish(w.Context(), first); err != nil || ok {
			w.Errorf("the late worker finished the row: %v %v", ok, err)
		}
		if ok, err := w.DB.Spread(w.Context(), first, []write.Outbox{{Kind: "message", State: write.OutboxOpen}}); err != nil || ok {
			w.Errorf("the late worker spread: %v %v", ok, err)
		}
		again[0].State = write.OutboxDone
		if ok, err := w.DB.Finish(w.Context(), again[0]); err != nil || !ok {
			w.Error(ok, err)
		}
		w.counts(0, 0)
	})
}

// While WeChat is down the pauses double, the grant is given back each time,
// and in the end the row is given up.
func TestBackoff(t *testing.T) {
	each(t, func(w *world) {
		w.watch.Check = false
		author := w.Cadres[0].User
		w.grant(author, outbox.Returned, 3)
		w.returned()
		w.line.answer = func(int) error { return fault.New(fault.Unavailable, "") }
		pause := 30 * time.Second
		for try := 1; try < outbox.MaxTries; try++ {
			if n := w.drain(); n != 1 || w.left(author, outbox.Returned) != 3 {
				w.Fatalf("try %d: %d rows, %d grants left", try, n, w.left(author, outbox.Returned))
			}
			o := w.waiting()[0]
			if got := time.Duration(o.DueAt-w.Now().UnixMilli()) * time.Millisecond; got > pause || got < pause-time.Second || o.Code != string(fault.Unavailable) || o.Tries != int64(try) {
				w.Fatalf("after try %d: a pause of %v, want %v; %+v", try, got, pause, o)
			}
			w.Pass(pause - time.Second)
			if n := w.drain(); n != 0 {
				w.Fatalf("try %d came before its time", try+1)
			}
			w.Pass(time.Second)
			pause *= 2
		}
		last := w.worker()
		if _, err := last.Drain(w.Context()); err != nil || last.Dead.Load() != 1 || last.Open.Load() != 0 {
			w.Errorf("%v, %d dead, %d open", err, last.Dead.Load(), last.Open.Load())
		}
		w.counts(0, 1)
		if len(w.line.sent) != outbox.MaxTries || w.left(author, outbox.Returned) != 3 {
			w.Errorf("%d tries, %d grants left", len(w.line.sent), w.left(author, outbox.Returned))
		}
	})
}

// Whoever said no at WeChat is not asked again until he says yes.
func TestRefused(t *testing.T) {
	each(t, func(w *world) {
		w.watch.Check = false
		author := w.Cadres[0].User
		w.grant(author, outbox.Returned, 5)
		w.line.answer = func(int) error { return fault.New(fault.Forbidden, "") }
		for range 2 {
			w.returned()
		}
		w.drain()
		if len(w.line.sent) != 1 || w.left(author, outbox.Returned) != 0 {
			w.Errorf("%d sent, %d left", len(w.line.sent), w.left(author, outbox.Returned))
		}
		w.counts(0, 0)
	})
}
