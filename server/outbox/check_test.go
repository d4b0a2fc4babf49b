package outbox_test

import (
	"strings"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/outbox"
	"daohu/server/record"
	"daohu/server/workflow"
)

func flagged(text string) func(string) (bool, error) {
	return func(s string) (bool, error) { return strings.Contains(s, text), nil }
}

// A risky text puts a hint on the row, beside the hints that are there, and
// nothing else: the visit waits and can be approved.
func TestRiskyIsFlagged(t *testing.T) {
	each(t, func(w *world) {
		w.line.risky = flagged("坏话")
		good, bad := w.visit("好话"), w.visit("坏话")
		need := &casework.Need{Meta: record.Meta{ID: w.DB.NewID(), Household: w.Houses[0], MadeBy: w.Cadres[0].User}, Text: "也是坏话", State: casework.Open}
		w.put(w.Cadres[0].User, casework.NeedType, need)
		late := *w.read(activity.VisitType, bad.ID).(*activity.Visit)
		late.Flags = record.ListOf([]string{"late"})
		w.put("", activity.VisitType, &late) // the text is the same: no other check
		if len(w.waiting()) != 3 {
			w.Fatalf("%d rows wait", len(w.waiting()))
		}
		before, err := w.DB.Space(w.Context(), w.Township)
		w.must(err)
		w.drain()
		got := w.read(activity.VisitType, bad.ID).(*activity.Visit)
		if got.Flags != record.ListOf([]string{"late", "content"}) || got.State != workflow.Pending || got.Text != "坏话" || got.Seq <= before.Seq {
			w.Errorf("%+v after seq %d", got, before.Seq)
		}
		if v := w.read(activity.VisitType, good.ID).(*activity.Visit); v.Flags != "" || v.Version != good.Version {
			w.Errorf("a good one was changed: %+v", v)
		}
		if n := w.read(casework.NeedType, need.ID).(*casework.Need); n.Flags != record.ListOf([]string{"content"}) || n.State != casework.Open {
			w.Errorf("%+v", n)
		}
		w.decide(activity.VisitType, bad.ID, "approve")
		w.counts(0, 0)
	})
}

// What was changed while WeChat looked is not flagged by the old check: the
// new text has one of its own.
func TestTextChangedMeanwhile(t *testing.T) {
	each(t, func(w *world) {
		v := w.visit("坏话")
		w.line.risky = func(s string) (bool, error) {
			if s == "坏话" {
				next := *w.read(activity.VisitType, v.ID).(*activity.Visit)
				next.Text = "改过了"
				w.put(w.Cadres[0].User, activity.VisitType, &next)
				return true, nil
			}
			return false, nil
		}
		w.drain()
		if got := w.read(activity.VisitType, v.ID).(*activity.Visit); got.Flags != "" || got.Text != "改过了" {
			w.Errorf("%+v", got)
		}
		if got := strings.Join(w.line.asked, "|"); got != "坏话|改过了" {
			w.Errorf("asked %s", got)
		}
		w.counts(0, 0)
	})
}

// Long texts go in parts, whole; who has no WeChat, or was not there lately, is
// not checked; a failure is tried again and stays without effect.
func TestPartsAndFailures(t *testing.T) {
	each(t, func(w *world) {
		text, needs := strings.Repeat("长", 2000), strings.Repeat("难", 500)
		id := w.DB.NewID()
		w.put(w.Cadres[0].User, activity.VisitType, &activity.Visit{Meta: record.Meta{ID: id, Household: w.Houses[0], MadeBy: w.Cadres[0].User}, Text: text, Needs: needs, State: workflow.Pending})
		w.put(w.Admin.User, activity.VisitType, &activity.Visit{Meta: record.Meta{ID: w.DB.NewID(), Household: w.Houses[0], MadeBy: w.Admin.User}, Text: "没有微信", State: workflow.Pending})
		w.drain()
		if len(w.line.asked) != 2 || strings.Join(w.line.asked, "") != text+"\n"+needs {
			w.Errorf("%d parts", len(w.line.asked))
		}
		for _, p := range w.line.asked {
			if n := len([]rune(p)); n > outbox.TextRunes {
				w.Errorf("a part of %d", n)
			}
		}
		w.counts(0, 0)

		w.line.risky = func(string) (bool, error) { return false, fault.New(fault.Gone, "") }
		w.visit("很久没来")
		w.drain()
		w.counts(0, 0)

		w.line.risky = func(string) (bool, error) { return false, fault.New(fault.TooMany, "") }
		v := w.visit("忙")
		w.drain()
		w.counts(1, 0)
		w.line.risky = flagged("忙")
		w.Pass(time.Minute)
		w.drain()
		if got := w.read(activity.VisitType, v.ID).(*activity.Visit); got.Flags != record.ListOf([]string{"content"}) {
			w.Errorf("flags %s", got.Flags)
		}
		w.counts(0, 0)
	})
}
