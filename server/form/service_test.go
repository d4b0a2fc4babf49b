package form_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/write"
)

// paperOf is a small paper with a word of its own.
func paperOf(word string) json.RawMessage {
	return json.RawMessage(`{"title":"` + word + `","topics":[{"key":"health","name":"看病","card":"health-claim"}],"items":[
{"key":"a","kind":"yesno","label":"` + word + `？","answer":"yes","points":1,"topic":"health"},
{"key":"b","kind":"text","label":"为什么？","visible_if":{"==":[{"var":"a"},"no"]},"required_if":{"==":[{"var":"a"},"no"]}},
{"key":"c","kind":"photo","label":"拍一张屋顶"}],"pass":{"==":[{"var":"@missing"},0]}}`)
}

// desk is the service with a township on it.
type desk struct {
	*testing.T
	*form.Service
	town *town.Town
}

func newDesk(t *testing.T, b *town.Base) desk {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Houses: 2})
	if err != nil {
		t.Fatal(err)
	}
	return desk{t, &form.Service{Store: b.DB, Writer: b.DB}, tn}
}

func (d desk) save(e form.Entry) form.Master {
	d.Helper()
	s, err := d.Save(d.Context(), d.town.Admin, d.town.Township, e)
	if err != nil {
		d.Fatal(err)
	}
	return s
}

func (d desk) publish(s form.Master) form.Master {
	d.Helper()
	s, err := d.Publish(d.Context(), d.town.Admin, d.town.Township, s.ID, s.Rev)
	if err != nil {
		d.Fatal(err)
	}
	return s
}

func (d desk) row(id string) *form.Form {
	d.Helper()
	r, err := d.town.DB.Find(d.Context(), form.Type, []string{d.town.Township}, id)
	if err != nil {
		d.Fatal(err)
	}
	return r.(*form.Form)
}

// TestEditions: a draft becomes an edition, the next one archives it, answers
// to either are scored by the version answered.
func TestEditions(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		one := d.save(form.Entry{Code: "village-quiz", Kind: "quiz", Paper: paperOf("甲")})
		if one.State != form.Draft || one.Edition != 0 || one.Title != "甲" || one.Rev != 1 {
			t.Fatalf("a draft: %+v", one)
		}
		if err := arrive(t, d.town, &form.Response{Form: one.ID, Day: "2026-03-02"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a draft was answered: %v", err)
		}
		again := d.save(form.Entry{ID: one.ID, Rev: one.Rev, Code: "village-quiz", Kind: "quiz", Paper: paperOf("乙")})
		if again.ID != one.ID || again.Rev != 2 || again.Title != "乙" {
			t.Errorf("written over: %+v", again)
		}
		first := d.publish(again)
		if first.State != form.Published || first.Edition != 1 {
			t.Errorf("published: %+v", first)
		}
		second := d.publish(d.save(form.Entry{Code: "village-quiz", Kind: "quiz", Paper: bytes.Replace(paperOf("丙"), []byte(`"answer":"yes"`), []byte(`"answer":"no"`), 1)}))
		if old := d.row(first.ID); second.Edition != 2 || old.State != form.Archived || old.Edition != 1 {
			t.Errorf("second edition: %+v; first: %+v", second, old)
		}
		for id, score := range map[string]int64{first.ID: 1, second.ID: 0} {
			r := &form.Response{Form: id, Day: "2026-03-02", Answers: `[["a","yes"]]`}
			if err := arrive(t, d.town, r); err != nil || r.Score != score {
				t.Errorf("answers to %s: %d %v", id, r.Score, err)
			}
		}
		shown, err := d.Preview(t.Context(), d.town.Township, first.ID)
		if err != nil || !bytes.Contains(shown.Paper, []byte(`"answer":"yes"`)) || shown.State != form.Archived {
			t.Errorf("preview: %+v %v", shown, err)
		}
		if third := d.publish(d.save(form.Entry{Code: "policy-quiz", Kind: "quiz", Paper: paperOf("丁")})); third.Edition != 2 || d.row(d.town.Form).State != form.Archived {
			t.Errorf("over the one that ships: %+v", third)
		}
		gone, err := d.Archive(t.Context(), d.town.Admin, d.town.Township, second.ID, second.Rev)
		if err != nil || gone.State != form.Archived {
			t.Errorf("archived: %+v %v", gone, err)
		}
		if next := d.publish(d.save(form.Entry{Code: "village-quiz", Kind: "quiz", Paper: paperOf("戊")})); next.Edition != 3 {
			t.Errorf("after the archive: %+v", next)
		}
		bin := d.save(form.Entry{Code: "village-quiz", Kind: "quiz", Paper: paperOf("己")})
		if _, err := d.Archive(t.Context(), d.town.Admin, d.town.Township, bin.ID, bin.Rev); err != nil {
			t.Error(err)
		}
		if _, err := d.Preview(t.Context(), d.town.Township, bin.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a draft thrown away is shown: %v", err)
		}
		if got, err := b.DB.Verify(t.Context(), store.Audit{Township: d.town.Township}); err != nil || len(got) != 1 || len(got[0].Findings) > 0 {
			t.Errorf("audit: %+v %v", got, err)
		}
	})
}

// TestDeskRefuses: stale, published, other townships, wrong papers.
func TestDeskRefuses(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d, far := newDesk(t, b), newDesk(t, b)
		draft := d.save(form.Entry{Code: "q", Kind: "quiz", Paper: paperOf("甲")})
		live := d.publish(d.save(form.Entry{Code: "q", Kind: "quiz", Paper: paperOf("乙")}))
		theirs := far.save(form.Entry{Code: "q", Kind: "quiz", Paper: paperOf("甲")})
		ctx, admin, here := t.Context(), d.town.Admin, d.town.Township
		save := func(e form.Entry) error { _, err := d.Save(ctx, admin, here, e); return err }
		publish := func(id string, rev int64) error { _, err := d.Publish(ctx, admin, here, id, rev); return err }
		archive := func(id string, rev int64) error { _, err := d.Archive(ctx, admin, here, id, rev); return err }
		preview := func(id string) error { _, err := d.Preview(ctx, here, id); return err }
		with := func(e form.Entry, paper json.RawMessage) form.Entry {
			e.Code, e.Kind, e.Paper = "q", "quiz", paper
			return e
		}
		noCard := bytes.Replace(paperOf("甲"), []byte("health-claim"), []byte("gossip"), 1)
		exam := d.save(form.Entry{Code: "q", Kind: form.Exam, Paper: paperOf("甲")})
		lost := d.save(form.Entry{Code: "lost", Kind: "quiz", Paper: noCard})
		for _, c := range []struct {
			name  string
			err   error
			code  fault.Code
			field string
		}{
			{"publish a stale draft", publish(draft.ID, draft.Rev+1), fault.Stale, ""},
			{"publish twice", publish(live.ID, live.Rev), fault.WrongState, ""},
			{"publish another township's", publish(theirs.ID, theirs.Rev), fault.NotFound, ""},
			{"publish nothing", publish(b.DB.NewID(), 1), fault.NotFound, ""},
			{"publish as another kind", publish(exam.ID, exam.Rev), fault.Invalid, "kind"},
			{"publish with a card nobody has", publish(lost.ID, lost.Rev), fault.Invalid, "topics.0.card"},
			{"archive stale", archive(live.ID, live.Rev+1), fault.Stale, ""},
			{"archive another township's", archive(theirs.ID, 1), fault.NotFound, ""},
			{"look at another township's", preview(theirs.ID), fault.NotFound, ""},
			{"write over what is published", save(with(form.Entry{ID: live.ID, Rev: live.Rev}, paperOf("丙"))), fault.WrongState, ""},
			{"write over a stale draft", save(with(form.Entry{ID: draft.ID, Rev: 7}, paperOf("丙"))), fault.Stale, ""},
			{"write over nothing", save(with(form.Entry{ID: b.DB.NewID(), Rev: 1}, paperOf("丙"))), fault.NotFound, ""},
			{"an id of another paper", save(with(form.Entry{ID: draft.ID}, paperOf("丙"))), fault.IDTaken, ""},
			{"an id of what is published", save(with(form.Entry{ID: live.ID}, paperOf("乙"))), fault.IDTaken, ""},
			{"not an id", save(with(form.Entry{ID: "x"}, paperOf("乙"))), fault.Invalid, "id"},
			{"no kind", save(form.Entry{Code: "q", Paper: paperOf("乙")}), fault.Invalid, "kind"},
			{"code", save(form.Entry{Code: "Q", Kind: "quiz", Paper: paperOf("乙")}), fault.Invalid, "code"},
			{"no paper", save(form.Entry{Code: "q", Kind: "quiz"}), fault.BadRequest, ""},
			{"paper", save(with(form.Entry{}, bytes.Replace(paperOf("乙"), []byte(`"no"]}`), []byte(`"maybe"]}`), 1))), fault.Invalid, "items.1.visible_if"},
		} {
			fe, _ := c.err.(*fault.Error)
			if !fault.Is(c.err, c.code) || c.field != "" && (len(fe.Fields) == 0 || fe.Fields[0].Name != c.field) {
				t.Errorf("%s: %v, want %s %s", c.name, c.err, c.code, c.field)
			}
		}
		if d.row(live.ID).State != form.Published || d.row(draft.ID).Version != 1 {
			t.Error("a refusal changed something")
		}
		// Sent twice, it is one draft.
		id := b.DB.NewID()
		e := form.Entry{ID: id, Code: "q", Kind: "quiz", Paper: paperOf("丁")}
		if a, b := d.save(e), d.save(e); a.ID != id || b.ID != id || a.Rev != 1 || b.Rev != 1 {
			t.Errorf("sent twice: %+v %+v", a, b)
		}
		if _, err := d.Save(ctx, d.town.Cadres[0], here, e); !fault.Is(err, fault.IDTaken) {
			t.Errorf("another author's id: %v", err)
		}
		// The draft of another kind is in nobody's way.
		if next := d.publish(d.save(form.Entry{Code: "q", Kind: "quiz", Paper: paperOf("戊")})); next.Edition != 2 || d.row(exam.ID).State != form.Draft {
			t.Errorf("beside a draft: %+v", next)
		}
	})
}

// TestPublishingAtOnce: of several drafts published at the same moment each
// gets an edition of its own and one stays published.
func TestPublishingAtOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		const n = 8
		drafts := make([]form.Master, n)
		for i := range drafts {
			drafts[i] = d.save(form.Entry{Code: "q", Kind: "quiz", Paper: paperOf(strings.Repeat("题", i+1))})
		}
		var wg sync.WaitGroup
		errs := make([]error, 2*n)
		for i := range errs { // each twice: the second is stale or published already
			wg.Go(func() {
				s := drafts[i%n]
				_, errs[i] = d.Publish(t.Context(), d.town.Admin, d.town.Township, s.ID, s.Rev)
			})
		}
		wg.Wait()
		for i := range n {
			if (errs[i] == nil) == (errs[i+n] == nil) || !fault.Is(errs[i], fault.Stale) && !fault.Is(errs[i+n], fault.Stale) {
				t.Errorf("draft %d: %v and %v", i, errs[i], errs[i+n])
			}
		}
		editions, published := map[int64]bool{}, 0
		for _, s := range drafts {
			f := d.row(s.ID)
			editions[f.Edition] = true
			if f.State == form.Published {
				published++
				if f.Edition != n {
					t.Errorf("edition %d is published", f.Edition)
				}
			}
		}
		if len(editions) != n || published != 1 {
			t.Errorf("%d editions, %d published", len(editions), published)
		}
	})
}

// TestExamsKeepTheirKey: nobody fetches what is right, yet it is what counts.
func TestExamsKeepTheirKey(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		e := d.publish(d.save(form.Entry{Code: "cadre-exam", Kind: form.Exam, Paper: paperOf("考题")}))
		if !bytes.Contains(e.Paper, []byte(`"answer":"yes"`)) {
			t.Errorf("the maker does not see what is right: %s", e.Paper)
		}
		f := d.row(e.ID)
		if f.Key == "" || f.Key == f.SHA256 {
			t.Fatalf("%+v", f)
		}
		key, err := b.DB.Body(t.Context(), []string{d.town.Township}, f.Key)
		if err != nil || !bytes.Contains(key.Body, []byte(`"answer":"yes"`)) {
			t.Fatal(err)
		}
		for _, a := range append(d.town.Cadres, d.town.Admin, access.Actor{User: b.DB.NewID(), Role: "A", County: "999900"}) {
			_, body, err := b.Registry.Body(t.Context(), a, f.SHA256)
			if a.Role != "A" && (err != nil || bytes.Contains(body, []byte("answer")) || !bytes.Contains(body, []byte("考题"))) {
				t.Errorf("%s: %v %s", a.Role, err, body)
			}
			if _, body, err := b.Registry.Body(t.Context(), a, f.Key); !fault.Is(err, fault.NotFound) || body != nil {
				t.Errorf("%s reads the key: %v %s", a.Role, err, body)
			}
			row, err := form.Type.Project(f, string(a.Role), b.Box)
			if err != nil || bytes.Contains(row, []byte(f.Key)) {
				t.Errorf("%s sees where the key lies: %s", a.Role, row)
			}
		}
		r := &form.Response{Form: e.ID, Day: "2026-03-02", Answers: `[["a","yes"]]`}
		if err := arrive(t, d.town, r); err != nil || r.Score != 1 || r.Full != 1 || r.Verdict != form.Passed {
			t.Errorf("%+v %v", r, err)
		}
		// A quiz of the same text is served, whichever came first.
		q := d.row(d.publish(d.save(form.Entry{Code: "same", Kind: "quiz", Paper: paperOf("考题")})).ID)
		if _, body, err := b.Registry.Body(t.Context(), d.town.Cadres[0], q.SHA256); err != nil || !bytes.Contains(body, []byte("answer")) {
			t.Errorf("the quiz is not served: %v", err)
		}
	})
}

// TestVerdictsAreStored: what the rule of responses adds, and pictures.
func TestVerdictsAreStored(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		f := d.publish(d.save(form.Entry{Code: "q", Kind: "checklist", Paper: bytes.Replace(paperOf("甲"), []byte(`"kind":"photo",`), []byte(`"kind":"photo","met":{"==":[{"var":"a"},"yes"]},`), 1)}))
		mine, other := d.photo(d.town.Houses[0]), d.photo(d.town.Houses[1])
		for _, c := range []struct {
			answers          string
			score            int64
			verdict          string
			failing, missing record.List
			bad              bool
		}{
			{`[["a","yes"]]`, 1, "pass", "", "", false},
			{`[["a","no"]]`, 0, "fail", `["c"]`, `["b"]`, false},
			{`[["a","no"],["b","远"]]`, 0, "pass", `["c"]`, "", false},
			{`[["a","yes"],["b","写过的话还在"]]`, 1, "pass", "", "", false},
			{`[["a","yes"],["c","` + mine + `"]]`, 1, "pass", "", "", false},
			{`[["a","yes"],["c","` + b.DB.NewID() + `"]]`, 1, "pass", "", "", false}, // on its way
			{`[["a","yes"],["c","` + other + `"]]`, 0, "", "", "", true},
			{`[["a","yes"],["c","a picture"]]`, 0, "", "", "", true},
			{`[["a","yes"],["c",null]]`, 1, "pass", "", "", false},
		} {
			r := &form.Response{Meta: record.Meta{Household: d.town.Houses[0]}, Form: f.ID, Day: "2026-03-02", Answers: record.List(c.answers)}
			err := arrive(t, d.town, r)
			if c.bad {
				if !fault.Is(err, fault.Invalid) {
					t.Errorf("%s: %v", c.answers, err)
				}
				continue
			}
			if err != nil || r.Score != c.score || r.Verdict != c.verdict || r.Failing != c.failing || r.Missing != c.missing || string(r.Answers) != c.answers {
				t.Errorf("%s: %+v %v", c.answers, r, err)
			}
		}
	})
}

// photo puts the row of a picture into a household.
func (d desk) photo(house string) string {
	d.Helper()
	id := d.town.DB.NewID()
	_, err := d.town.DB.Write(d.Context(), write.Intent{Township: d.town.Township, Households: []string{house}}, func(tx write.Tx) error {
		tx.Put(photo.Type, &photo.Photo{Meta: record.Meta{ID: id, Household: house}})
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
	return id
}
