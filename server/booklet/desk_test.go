package booklet_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/edition"
	"daohu/server/fault"
	"daohu/server/servertest/town"
	"daohu/server/setting"
	"daohu/server/store"
	"daohu/server/terms"
	"daohu/server/workflow"
)

// desk is the service with a township on it.
type desk struct {
	*testing.T
	*booklet.Service
	settings *setting.Service
	town     *town.Town
	review   *workflow.Service
	second   access.Actor // another admin of the township
}

func newDesk(t *testing.T, b *town.Base) desk {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Workers: 1, Houses: 2})
	if err != nil {
		t.Fatal(err)
	}
	words, err := terms.Kind()
	if err != nil {
		t.Fatal(err)
	}
	settings := &setting.Service{Store: b.DB, Writer: b.DB, Kinds: []setting.Kind{words, booklet.Kind()}}
	s, review := &booklet.Service{Store: b.DB, Writer: b.DB, Terms: settings}, *b.Workflow
	review.Effects = map[string]workflow.Prepare{booklet.Type.Name: s.Approved}
	second := tn.Admin
	second.User = b.DB.NewID()
	return desk{t, s, settings, tn, &review, second}
}

// entry is a small card with a word of its own.
func entry(word string) booklet.Entry {
	return booklet.Entry{Code: "village-water", Topic: "water", Title: word, Order: 20, Text: "## 这是什么\n\n" + word + "的水。"}
}

func (d desk) save(e booklet.Entry) booklet.Master {
	d.Helper()
	m, err := d.Save(d.Context(), d.town.Admin, d.town.Township, e)
	if err != nil {
		d.Fatal(err)
	}
	return m
}

// publish hands a draft in and lets the second admin approve it.
func (d desk) publish(m booklet.Master) booklet.Master {
	d.Helper()
	m = d.submit(m)
	if err := d.decide(d.second, m, "approve", ""); err != nil {
		d.Fatal(err)
	}
	return d.preview(m.ID)
}

func (d desk) submit(m booklet.Master) booklet.Master {
	d.Helper()
	m, err := d.Submit(d.Context(), d.town.Admin, d.town.Township, m.ID, m.Rev)
	if err != nil {
		d.Fatal(err)
	}
	return m
}

func (d desk) decide(a access.Actor, m booklet.Master, action, words string) error {
	_, err := d.review.Decide(d.Context(), a, booklet.Type, m.ID, workflow.Decision{Action: action, Rev: m.Rev, Reason: words})
	return err
}

func (d desk) preview(id string) booklet.Master {
	d.Helper()
	m, err := d.Preview(d.Context(), d.town.Township, id)
	if err != nil {
		d.Fatal(err)
	}
	return m
}

func (d desk) row(id string) *booklet.Card {
	d.Helper()
	r, err := d.town.DB.Find(d.Context(), booklet.Type, []string{d.town.Township}, id)
	if err != nil {
		d.Fatal(err)
	}
	return r.(*booklet.Card)
}

// TestEditions: a draft becomes an edition, the next one archives it, and only
// what is published leaves the office.
func TestEditions(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		e := entry("甲")
		e.From, e.Until, e.Audience = "2026-01-01", "2026-12-31", []string{"class:低保户", "watch"}
		one := d.save(e)
		if one.State != edition.Draft || one.Edition != 0 || one.Rev != 1 || !strings.Contains(one.HTML, "<h2>这是什么</h2>") || one.Plain != "这是什么。\n甲的水。" || len(one.Audience) != 2 || one.Until != "2026-12-31" {
			t.Fatalf("a draft: %+v", one)
		}
		for _, role := range []string{"H", "C", "V", "K", "A"} {
			if shown, err := booklet.Type.Project(d.row(one.ID), role, b.Box); err != nil || shown != nil {
				t.Errorf("%s sees a draft: %s %v", role, shown, err)
			}
		}
		e.ID, e.Rev, e.Title, e.Audience = one.ID, one.Rev, "乙", nil
		again := d.save(e)
		if again.ID != one.ID || again.Rev != 2 || again.Title != "乙" || len(again.Audience) != 0 || d.row(one.ID).Audience != "" {
			t.Errorf("written over: %+v", again)
		}
		first := d.publish(again)
		second := d.publish(d.save(entry("丙")))
		if old := d.row(first.ID); first.Edition != 1 || second.Edition != 2 || second.State != edition.Published || old.State != edition.Archived || old.Edition != 1 {
			t.Errorf("editions: %+v, %+v, %+v", first, second, old)
		}
		over := entry("丁")
		over.Code = "health-claim"
		if third := d.publish(d.save(over)); third.Edition != 2 {
			t.Errorf("over the one that ships: %+v", third)
		}
		gone, err := d.Archive(t.Context(), d.town.Admin, d.town.Township, second.ID, second.Rev)
		if err != nil || gone.State != edition.Archived {
			t.Errorf("archived: %+v %v", gone, err)
		}
		if next := d.publish(d.save(entry("戊"))); next.Edition != 3 {
			t.Errorf("after the archive: %+v", next)
		}
		bin := d.save(entry("己"))
		if _, err := d.Archive(t.Context(), d.town.Admin, d.town.Township, bin.ID, bin.Rev); err != nil {
			t.Error(err)
		}
		if _, err := d.Preview(t.Context(), d.town.Township, bin.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a draft thrown away is shown: %v", err)
		}
		if shown, err := d.Preview(t.Context(), d.town.Township, first.ID); err != nil || shown.State != edition.Archived || shown.Text != e.Text {
			t.Errorf("preview: %+v %v", shown, err)
		}
		if got, err := b.DB.Verify(t.Context(), store.Audit{Township: d.town.Township}); err != nil || len(got) != 1 || len(got[0].Findings) > 0 {
			t.Errorf("audit: %+v %v", got, err)
		}
	})
}

// TestDeskRefuses: stale, published, other townships, wrong cards.
func TestDeskRefuses(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d, far := newDesk(t, b), newDesk(t, b)
		draft, live, theirs := d.save(entry("甲")), d.publish(d.save(entry("乙"))), far.save(entry("甲"))
		ctx, admin, here := t.Context(), d.town.Admin, d.town.Township
		save := func(change func(*booklet.Entry)) error {
			e := entry("丙")
			change(&e)
			_, err := d.Save(ctx, admin, here, e)
			return err
		}
		submit := func(id string, rev int64) error { _, err := d.Submit(ctx, admin, here, id, rev); return err }
		archive := func(id string, rev int64) error { _, err := d.Archive(ctx, admin, here, id, rev); return err }
		wordless := entry("{{household}}和{{ nobody }}")
		wordless.Text, wordless.Title = wordless.Title, "不知道的词"
		unknown := d.save(wordless)
		if len(unknown.Unknown) != 1 || unknown.Unknown[0] != "nobody" {
			t.Errorf("unknown words: %v", unknown.Unknown)
		}
		for _, c := range []struct {
			name, field string
			err         error
			code        fault.Code
		}{
			{"submit a stale draft", "", submit(draft.ID, draft.Rev+1), fault.Stale},
			{"submit what is published", "", submit(live.ID, live.Rev), fault.WrongState},
			{"submit another township's", "", submit(theirs.ID, theirs.Rev), fault.NotFound},
			{"submit unknown words", "text", submit(unknown.ID, unknown.Rev), fault.Invalid},
			{"archive stale", "", archive(live.ID, live.Rev+1), fault.Stale},
			{"archive another township's", "", archive(theirs.ID, theirs.Rev), fault.NotFound},
			{"write over what is published", "", save(func(e *booklet.Entry) { e.ID, e.Rev = live.ID, live.Rev }), fault.WrongState},
			{"write over a stale draft", "", save(func(e *booklet.Entry) { e.ID, e.Rev = draft.ID, 7 }), fault.Stale},
			{"write over another township's", "", save(func(e *booklet.Entry) { e.ID, e.Rev = theirs.ID, theirs.Rev }), fault.NotFound},
			{"an id of another card", "", save(func(e *booklet.Entry) { e.ID = draft.ID }), fault.IDTaken},
			{"no id", "id", save(func(e *booklet.Entry) { e.ID = "x" }), fault.Invalid},
			{"no code", "code", save(func(e *booklet.Entry) { e.Code = "水" }), fault.Invalid},
			{"no title", "title", save(func(e *booklet.Entry) { e.Title = " " }), fault.Invalid},
			{"a long title", "title", save(func(e *booklet.Entry) { e.Title = strings.Repeat("题", 61) }), fault.Invalid},
			{"a long topic", "topic", save(func(e *booklet.Entry) { e.Topic = strings.Repeat("a", 17) }), fault.Invalid},
			{"no text", "text", save(func(e *booklet.Entry) { e.Text = "\n" }), fault.Invalid},
			{"too long a text", "", save(func(e *booklet.Entry) { e.Text = strings.Repeat("字", booklet.MaxSize) }), fault.TooLarge},
			{"an order", "order", save(func(e *booklet.Entry) { e.Order = 1000 }), fault.Invalid},
			{"no day", "from", save(func(e *booklet.Entry) { e.From = "2026-02-30" }), fault.Invalid},
			{"days the wrong way round", "until", save(func(e *booklet.Entry) { e.From, e.Until = "2026-03-02", "2026-03-01" }), fault.Invalid},
			{"an audience", "audience.1", save(func(e *booklet.Entry) { e.Audience = []string{"safety", "rich"} }), fault.Invalid},
		} {
			fe, _ := c.err.(*fault.Error)
			if !fault.Is(c.err, c.code) || c.field != "" && (len(fe.Fields) == 0 || fe.Fields[0].Name != c.field) {
				t.Errorf("%s: %v, want %s %s", c.name, c.err, c.code, c.field)
			}
		}
		if d.row(live.ID).State != edition.Published || d.row(draft.ID).Version != 1 {
			t.Error("a refusal changed something")
		}
		e := entry("丁")
		e.ID = b.DB.NewID()
		if x, y := d.save(e), d.save(e); x.ID != e.ID || y.ID != e.ID || y.Rev != 1 {
			t.Errorf("sent twice: %+v %+v", x, y)
		}
		if _, err := d.Save(ctx, access.Actor{User: b.DB.NewID(), Role: "T", Township: here}, here, e); !fault.Is(err, fault.IDTaken) {
			t.Errorf("another author's id: %v", err)
		}
	})
}

// TestPublishingAtOnce: of cards approved at the same moment each gets an
// edition of its own and one stays published.
func TestPublishingAtOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		const n = 6
		drafts, errs := make([]booklet.Master, n), make([]error, 2*n)
		for i := range drafts {
			drafts[i] = d.submit(d.save(entry(fmt.Sprint("第", i))))
		}
		var wg sync.WaitGroup
		for i := range errs { // each twice: the second is stale
			wg.Go(func() {
				errs[i] = d.decide(d.second, drafts[i%n], "approve", "")
			})
		}
		wg.Wait()
		editions, last := map[int64]bool{}, ""
		for i, m := range drafts {
			if (errs[i] == nil) == (errs[i+n] == nil) {
				t.Errorf("draft %d: %v and %v", i, errs[i], errs[i+n])
			}
			c := d.row(m.ID)
			if editions[c.Edition] = true; c.State == edition.Published {
				last += fmt.Sprint(c.Edition)
			}
		}
		if len(editions) != n || last != fmt.Sprint(n) {
			t.Errorf("%d editions, published: %q", len(editions), last)
		}
	})
}

// TestWordsOfTheTownship: a card is shown with the words a township goes by,
// and these cannot break out of it.
func TestWordsOfTheTownship(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		e := entry("甲")
		e.Text = "问您的{{cadre}}，{{ household }}都可以问。"
		m := d.publish(d.save(e))
		was, err := d.Words(t.Context(), d.town.Township)
		if err != nil || m.Plain != "问您的"+was["cadre"]+"，"+was["household"]+"都可以问。" || m.Text != e.Text {
			t.Fatalf("%+v %v", m, err)
		}
		raw, err := d.settings.Current(t.Context(), d.town.Township, terms.Code)
		if err != nil {
			t.Fatal(err)
		}
		now, err := d.settings.Show(t.Context(), d.town.Township, terms.Code)
		if err != nil {
			t.Fatal(err)
		}
		hostile := strings.Replace(string(raw), `"`+was["cadre"]+`"`, `"<img onerror=x>"`, 1)
		if _, err := d.settings.Publish(t.Context(), d.town.Admin, d.town.Township, terms.Code, setting.Change{Edition: now.Edition, Body: []byte(hostile), Reason: "试"}); err != nil {
			t.Fatal(err)
		}
		m, err = d.Preview(t.Context(), d.town.Township, m.ID)
		if err != nil || strings.Contains(m.HTML, "<img") || strings.Contains(m.HTML, was["cadre"]) {
			t.Errorf("%q %v", m.HTML, err)
		}
		if shipped, err := d.Words(t.Context(), ""); err != nil || shipped["cadre"] != was["cadre"] {
			t.Errorf("of no township: %v %v", shipped["cadre"], err)
		}
	})
}

// TestTwoAdmins: nobody publishes what they wrote; what came back says why, and
// what its author changes waits anew.
func TestTwoAdmins(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		admin, here := d.town.Admin, d.town.Township
		refused := func(what string, err error, code fault.Code) {
			t.Helper()
			if !fault.Is(err, code) {
				t.Errorf("%s: %v, want %s", what, err, code)
			}
		}
		m := d.save(entry("甲"))
		refused("approve a draft", d.decide(d.second, m, "approve", ""), fault.WrongState)
		_, err := d.Submit(t.Context(), d.second, here, m.ID, m.Rev)
		refused("submit another's draft", err, fault.Forbidden)
		e := entry("乙")
		e.ID, e.Rev = m.ID, m.Rev
		_, err = d.Save(t.Context(), d.second, here, e)
		refused("write over another's draft", err, fault.Forbidden)

		m = d.submit(m)
		if m.State != workflow.Pending || m.Edition != 0 {
			t.Errorf("handed in: %+v", m)
		}
		refused("approve one's own", d.decide(admin, m, "approve", ""), fault.OwnRecord)
		refused("return without words", d.decide(d.second, m, "return", ""), fault.Invalid)
		page, err := d.review.Inbox(t.Context(), d.second, booklet.Type, workflow.Ask{Township: here, Limit: 9})
		if err != nil || len(page.Rows) != 1 || page.About[0].ID != m.ID || page.About[0].Due == "" {
			t.Errorf("inbox: %+v %v", page, err)
		}
		for _, role := range []string{"H", "C", "V", "K", "A"} {
			if shown, err := booklet.Type.Project(d.row(m.ID), role, b.Box); err != nil || shown != nil {
				t.Errorf("%s sees what waits: %s %v", role, shown, err)
			}
		}
		if err := d.decide(d.second, m, "return", "电话写错了"); err != nil {
			t.Fatal(err)
		}
		m = d.preview(m.ID)
		if m.State != edition.Draft || m.Words != "电话写错了" {
			t.Errorf("returned: %+v", m)
		}
		m = d.submit(m)
		e.ID, e.Rev = m.ID, m.Rev
		if m = d.save(e); m.State != edition.Draft || m.Title != "乙" {
			t.Errorf("changed while it waits: %+v", m)
		}
		refused("approve what was seen before the change", d.decide(d.second, booklet.Master{ID: m.ID, Rev: m.Rev - 1}, "approve", ""), fault.Stale)
		live := d.publish(m)
		if live.Words != "" || live.Edition != 1 {
			t.Errorf("published: %+v", live)
		}
		_, err = d.review.Undo(t.Context(), d.second, booklet.Type, live.ID, live.Rev)
		refused("take back what is published", err, fault.WrongState)

		back := d.submit(d.save(entry("丙")))
		if err := d.decide(d.second, back, "return", "再想想"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.review.Undo(t.Context(), d.second, booklet.Type, back.ID, back.Rev+1); err != nil || d.row(back.ID).State != workflow.Pending {
			t.Errorf("a return taken back: %v, %s", err, d.row(back.ID).State)
		}
		if gone, err := d.Archive(t.Context(), d.second, here, back.ID, back.Rev+2); err != nil || gone.State == edition.Archived {
			t.Errorf("thrown away while it waits: %+v %v", gone, err)
		}
	})
}

// TestBatchOfCards: two drafts of one code approved at once are two editions; a
// dry run writes nothing; words that went since it was handed in stop it.
func TestBatchOfCards(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		one, two := d.submit(d.save(entry("甲"))), d.submit(d.save(entry("乙")))
		batch := workflow.Batch{Action: "approve", Dry: true, Rows: []workflow.Mark{{ID: one.ID, Rev: one.Rev}, {ID: two.ID, Rev: two.Rev}}}
		dry, err := d.review.DecideAll(t.Context(), d.second, booklet.Type, batch)
		if err != nil || dry.N != 2 || d.row(one.ID).State != workflow.Pending || d.row(one.ID).Edition != 0 {
			t.Fatalf("%+v %v", dry, err)
		}
		batch.Dry = false
		done, err := d.review.DecideAll(t.Context(), d.second, booklet.Type, batch)
		first, second := d.row(one.ID), d.row(two.ID)
		if err != nil || done.N != 2 || done.Until != 0 || first.Edition != 1 || first.State != edition.Archived || second.Edition != 2 || second.State != edition.Published {
			t.Errorf("%+v %v: %+v, %+v", done, err, first, second)
		}
	})
}
