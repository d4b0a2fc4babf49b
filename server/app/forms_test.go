package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"daohu/server/fault"
	"daohu/server/form"
)

// maker is a township admin at her desk.
type maker struct {
	*fixture
	token string
}

// ask posts body and reads the paper that comes back.
func (m maker) ask(path string, body any, want int) form.Master {
	m.Helper()
	a := m.Do("POST", m.token, path, body)
	var got form.Master
	if a.Status != want {
		m.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	if want == http.StatusOK {
		m.must(json.Unmarshal([]byte(a.Body), &got))
	}
	return got
}

func quizPaper(right string) map[string]any {
	return map[string]any{"title": "自家问答", "topics": []any{map[string]any{"key": "water", "name": "饮水"}}, "items": []any{
		map[string]any{"key": "boil", "kind": "yesno", "label": "水要烧开喝。对不对？", "answer": right, "points": 1, "topic": "water"},
		map[string]any{"key": "why", "kind": "text", "label": "为什么？", "visible_if": map[string]any{"==": []any{map[string]any{"var": "boil"}, "no"}}},
	}}
}

// TestPapersReachPhones: a draft is the makers' alone; an edition is everyone's;
// a phone that still has the edition before is scored by that.
func TestPapersReachPhones(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	m := maker{f, f.Token("admin-1")}
	house := f.Towns[0].Houses[0].ID
	phone := f.Phone(f.Token("cadre-1-0"))
	pull := func() string {
		t.Helper()
		f.Pass(time2)
		a, _ := phone.Push()
		return a.Body
	}
	pull()

	draft := m.ask("/api/v1/forms", map[string]any{"code": "water", "kind": "quiz", "paper": quizPaper("yes")}, http.StatusOK)
	// All a phone hears of a draft is an id that is not there.
	if got := pull(); strings.Contains(got, "自家问答") || strings.Contains(got, "draft") {
		t.Errorf("a phone sees a draft: %s", got)
	}
	for login, want := range map[string]int{"cadre-1-0": 404, "village-1": 404, "county-1": 404, "auditor-1": 404, "admin-1": 200} {
		if a := f.Do("GET", f.Token(login), "/api/v1/records/form/"+draft.ID, nil); a.Status != want {
			t.Errorf("%s: %d %s", login, a.Status, a.Body)
		}
	}
	_, codes := phone.Push(fixtureMut{Type: "response", ID: f.DB.NewID(), House: house, Patch: map[string]any{"form": draft.ID, "day": f.Today(), "answers": []any{}}})
	if codes[0] != string(fault.Invalid) {
		t.Errorf("answers to a draft: %v", codes)
	}

	first := m.ask("/api/v1/forms/"+draft.ID+"/publish", map[string]any{"rev": draft.Rev}, http.StatusOK)
	if got := pull(); !strings.Contains(got, draft.ID) || !strings.Contains(got, `"state":"published"`) {
		t.Errorf("the first edition does not arrive: %s", got)
	}
	m.ask("/api/v1/forms", map[string]any{"id": first.ID, "rev": first.Rev, "code": "water", "kind": "quiz", "paper": quizPaper("no")}, http.StatusConflict)
	next := m.ask("/api/v1/forms", map[string]any{"code": "water", "kind": "quiz", "paper": quizPaper("no")}, http.StatusOK)
	m.ask("/api/v1/forms/"+next.ID+"/publish", map[string]any{"rev": next.Rev}, http.StatusOK)

	// The phone has not heard of the second edition.
	old, lost := f.DB.NewID(), f.DB.NewID()
	phone.Send(
		fixtureMut{Type: "response", ID: old, House: house, Patch: map[string]any{"form": first.ID, "day": f.Today(), "answers": []any{[]any{"boil", "yes"}}}},
		fixtureMut{Type: "response", ID: lost, House: house, Patch: map[string]any{"form": next.ID, "day": f.Today(), "answers": []any{[]any{"boil", "yes"}, []any{"why", "改口前写的"}}}},
	)
	for id, want := range map[string][]string{old: {`"score":1`, `"full":1`}, lost: {`"full":1`, `"weak":["water"]`, "改口前写的"}} {
		a := f.Do("GET", m.token, "/api/v1/records/response/"+id, nil)
		for _, w := range want {
			if a.Status != http.StatusOK || !strings.Contains(a.Body, w) {
				t.Errorf("%s is not in %d %s", w, a.Status, a.Body)
			}
		}
	}
	a := f.Do("GET", m.token, "/api/v1/rates/awareness?topic=water", nil)
	if a.Status != http.StatusOK || !strings.Contains(a.Body, `"state":"hidden"`) || strings.Contains(a.Body, `"asked"`) {
		t.Errorf("one household has a rate: %d %s", a.Status, a.Body)
	}
}

// TestExamsOnPhones: the body a phone fetches tells nothing of what is right.
func TestExamsOnPhones(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	m := maker{f, f.Token("admin-1")}
	e := m.ask("/api/v1/forms", map[string]any{"code": "exam", "kind": "exam", "paper": quizPaper("yes")}, http.StatusOK)
	e = m.ask("/api/v1/forms/"+e.ID+"/publish", map[string]any{"rev": e.Rev}, http.StatusOK)
	if !strings.Contains(string(e.Paper), `"answer":"yes"`) {
		t.Errorf("the maker sees %s", e.Paper)
	}
	r, err := f.DB.Find(t.Context(), form.Type, []string{f.Towns[0].Township}, e.ID)
	f.must(err)
	row := r.(*form.Form)
	for _, login := range []string{"cadre-1-0", "village-1", "household-1-0", "admin-1", "county-1", "auditor-1"} {
		token := f.Token(login)
		if a := f.Do("GET", token, "/api/v1/blobs/"+row.SHA256, nil); a.Status != http.StatusOK || strings.Contains(a.Body, "answer") || !strings.Contains(a.Body, "烧开") {
			t.Errorf("%s: %d %s", login, a.Status, a.Body)
		}
		if a := f.Do("GET", token, "/api/v1/blobs/"+row.Key, nil); a.Status != http.StatusNotFound {
			t.Errorf("%s fetches the key: %d %s", login, a.Status, a.Body)
		}
	}
	if a, _ := f.Phone(f.Token("cadre-1-0")).Push(); !strings.Contains(a.Body, row.SHA256) || strings.Contains(a.Body, row.Key) {
		t.Errorf("what the phone hears: %s", a.Body)
	}
}
