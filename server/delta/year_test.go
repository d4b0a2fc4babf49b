package delta_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/servertest"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
)

// TestAYearOfVisits is product.md row 13: 373 households, a visit each in
// twelve months, 157 cadres, every request sent three times: lost answers,
// copies of one request at once, and the journal of a phone that was set up
// anew. 4476 visits are there afterwards, and 200 are approved at once after a
// dry run. In the full run SQLite bears all of it; else, and on MariaDB, a tenth.
func TestAYearOfVisits(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		cadres, houses := 16, 37
		if os.Getenv(servertest.EnvFull) == "1" && b.DB.Dialect() == "sqlite" {
			cadres, houses = 157, 373
		}
		tn := add(t, b, town.Size{Cadres: cadres, Houses: houses})
		begin, requests := time.Now(), 0
		var phones []*phone
		for _, c := range tn.Cadres {
			phones = append(phones, synced(t, b, c))
		}
		for month := range 12 {
			at := time.Date(2026, time.Month(month+4), 10, 1, 0, 0, 0, time.UTC)
			b.SetClock(at.UnixMilli())
			for i, p := range phones {
				var muts []string
				for h := i; h < houses; h += cadres {
					muts = append(muts, p.mut("visit", b.DB.NewID(), tn.Houses[h], fmt.Sprintf(`{"day":%q,"stage":%d,"text":"上午到户，户主在家。"}`, at.Format(time.DateOnly), 1+month/3)))
				}
				requests += 3
				p.thrice((month+i)%3, muts)
			}
		}
		sent := time.Since(begin)
		want := 12 * houses
		rows, err := b.DB.Live(t.Context(), activity.VisitType, tn.Township)
		check(t, err)
		if len(rows) != want {
			t.Fatalf("%d visits are there, want %d", len(rows), want)
		}
		for _, r := range rows {
			if v := r.(*activity.Visit); v.Version != 1 || v.Flags != "" || v.State != workflow.Pending {
				t.Fatalf("%+v", v)
			}
		}
		for _, p := range phones {
			p.converged()
		}
		dry, done := approveOnePage(t, tn, want)
		t.Logf("figure: a year of visits (%s): %d visits of %d households in %d requests, each sent three times, in %.1f s; %d rows; 200 approved by one batch: dry run %d ms, decision %d ms",
			strings.TrimPrefix(t.Name(), "TestAYearOfVisits/"), want, houses, requests, sent.Seconds(), len(rows), dry.Milliseconds(), done.Milliseconds())
	})
}

// thrice sends mutations three times, in one of three ways.
func (p *phone) thrice(way int, muts []string) {
	p.t.Helper()
	switch way {
	case 0: // two answers are lost
		for range 2 {
			if _, err := p.try(muts...); err != nil {
				p.t.Fatal(err)
			}
		}
		p.send(muts...)
	case 1: // three copies at once; any answer will do, and it comes with the next poll
		errs := make([]error, 3)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = p.try(muts...) })
		}
		wg.Wait()
		for _, err := range errs {
			check(p.t, err)
		}
		p.acked = [2]any{p.mid, p.hashes[p.mid]}
		p.round()
	default: // the phone is set up anew, twice, and offers its journal again
		p.send(muts...)
		for range 2 {
			p.renew(p.b.DB.NewID())
			for i, m := range muts {
				p.mid++
				muts[i] = p.sign(fmt.Sprintf("[%d%s", p.mid, m[strings.IndexByte(m, ','):]))
			}
			p.send(muts...)
		}
	}
}

// approveOnePage looks at the first page of the inbox, tries the approval of
// all of it and carries it out.
func approveOnePage(t *testing.T, tn *town.Town, waiting int) (dry, done time.Duration) {
	t.Helper()
	look := func() workflow.Page {
		page, err := tn.Workflow.Inbox(t.Context(), tn.Admin, activity.VisitType, workflow.Ask{Township: tn.Township, Limit: workflow.BatchMost})
		check(t, err)
		return page
	}
	page := look()
	if fmt.Sprint(page.Counts) != fmt.Sprintf("[{visit pending %d}]", waiting) || len(page.Rows) != workflow.BatchMost {
		t.Fatalf("%d rows, counts %v", len(page.Rows), page.Counts)
	}
	batch := workflow.Batch{Action: "approve", Dry: true}
	for _, a := range page.About {
		batch.Rows = append(batch.Rows, workflow.Mark{ID: a.ID, Rev: 1})
	}
	for _, took := range []*time.Duration{&dry, &done} {
		batch.Dry = took == &dry
		begin := time.Now()
		out, err := tn.Workflow.DecideAll(t.Context(), tn.Admin, activity.VisitType, batch)
		check(t, err)
		if *took = time.Since(begin); out.N != workflow.BatchMost {
			t.Fatalf("dry %v: %d of %d", batch.Dry, out.N, workflow.BatchMost)
		}
	}
	if page = look(); fmt.Sprint(page.Counts) != fmt.Sprintf("[{visit pending %d}]", waiting-workflow.BatchMost) || page.About[0].ID == batch.Rows[0].ID {
		t.Fatalf("after the batch: %v", page.Counts)
	}
	return dry, done
}
