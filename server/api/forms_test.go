package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/form/rate"
)

// papers stands for form.Service.
type papers struct{ *service }

func (p papers) Save(_ context.Context, a access.Actor, township string, e form.Entry) (form.Master, error) {
	return form.Master{ID: rowID, Rev: e.Rev + 1, Paper: e.Paper}, p.ask("save", string(a.Role), township, e.ID, fmt.Sprint(e.Rev), e.Code, e.Kind, string(e.Paper))
}

func (p papers) Import(_ context.Context, _ access.Actor, township string, book []byte, dry bool) (form.Master, error) {
	return form.Master{ID: rowID, Paper: []byte(`{}`)}, p.ask("import", township, string(book), fmt.Sprint(dry))
}

func (p papers) Publish(_ context.Context, _ access.Actor, township, id string, rev int64) (form.Master, error) {
	return form.Master{ID: id, State: form.Published, Paper: []byte(`{}`)}, p.ask("publish", township, id, fmt.Sprint(rev))
}

func (p papers) Archive(_ context.Context, _ access.Actor, township, id string, rev int64) (form.Master, error) {
	return form.Master{ID: id, Paper: []byte(`{}`)}, p.ask("archive", township, id, fmt.Sprint(rev))
}

func (p papers) Preview(_ context.Context, township, id string) (form.Master, error) {
	return form.Master{ID: id, Paper: []byte(`{"title":"题"}`)}, p.ask("preview", township, id)
}

// rates stands for rate.Service.
type rates struct{ *service }

func (r rates) Awareness(_ context.Context, township string, q rate.Query) (*rate.Rates, error) {
	return &rate.Rates{Township: township, Cells: []rate.Share{}}, r.ask("rates", township, fmt.Sprintf("%+v", q))
}

// deepPaper is a body with a condition as deep as may be.
func deepPaper(nots int) string {
	return `{"code":"q","kind":"quiz","paper":{"items":[{"visible_if":` + strings.Repeat(`{"not":[`, nots) + `{"==":[{"var":"a"},"x"]}` + strings.Repeat(`]}`, nots) + `}]}}`
}

func TestFormRoutes(t *testing.T) {
	f := newFixture(t)
	id := "/api/v1/forms/" + rowID
	for _, c := range []struct {
		role, method, path, body string
		status                   int
		asked, shows             string
	}{
		{"T", "POST", "/api/v1/forms", `{"code":"q","kind":"quiz","paper":{"title":"题","n":9007199254740991}}`, 200, `save T ` + town + `  0 q quiz {"title":"题","n":9007199254740991}`, `"rev":1`},
		{"T", "POST", "/api/v1/forms", `{"id":"` + rowID + `","rev":3,"code":"q","kind":"exam","paper":{}}`, 200, "save T " + town + " " + rowID + " 3 q exam {}", `"rev":4`},
		{"T", "POST", "/api/v1/forms", deepPaper(6), 200, "save", ""},
		{"T", "POST", "/api/v1/forms", deepPaper(20), 400, "", "bad-request"},
		{"T", "POST", "/api/v1/forms", `{"code":"q","kind":"quiz","paper":{"a":1,"a":2}}`, 400, "", "bad-request"},
		{"T", "POST", "/api/v1/forms", `{"code":"q","kind":"poll","paper":{}}`, 422, "", "kind"},
		{"T", "POST", "/api/v1/forms", `{"code":"q","kind":"quiz"}`, 422, "", "paper"},
		{"T", "POST", "/api/v1/forms", `{"code":"q","kind":"quiz","paper":{},"state":"published"}`, 422, "", "state"},
		{"T", "POST", "/api/v1/forms?township=elsewhere", `{"code":"q","kind":"quiz","paper":{}}`, 404, "", ""},
		{"K", "POST", "/api/v1/forms?township=" + town, `{"code":"q","kind":"quiz","paper":{}}`, 403, "", ""},
		{"C", "POST", "/api/v1/forms", `{"code":"q","kind":"quiz","paper":{}}`, 403, "", ""},
		{"T", "POST", id + "/publish", `{"rev":2}`, 200, "publish " + town + " " + rowID + " 2", `"state":"published"`},
		{"T", "POST", id + "/publish", `{}`, 422, "", "rev"},
		{"T", "POST", id + "/publish", `{"rev":0}`, 422, "", "rev"},
		{"T", "POST", "/api/v1/forms/x/publish", `{"rev":1}`, 404, "", ""},
		{"T", "POST", id + "/archive", `{"rev":2}`, 200, "archive " + town + " " + rowID + " 2", ""},
		{"V", "POST", id + "/archive", `{"rev":2}`, 403, "", ""},
		{"T", "GET", id + "/preview", "", 200, "preview " + town + " " + rowID, `"paper":{"title":"题"}`},
		{"T", "GET", "/api/v1/forms/x/preview", "", 404, "", ""},
		{"A", "GET", id + "/preview?township=" + town, "", 403, "", ""},
		{"T", "GET", "/api/v1/rates/awareness", "", 200, "rates " + town + " {Village: Topic: From: To:}", `"cells":[]`},
		{"K", "GET", "/api/v1/rates/awareness?township=" + town + "&village=v&topic=t&from=2026-01&to=2026-03", "", 200, "{Village:v Topic:t From:2026-01 To:2026-03}", ""},
		{"A", "GET", "/api/v1/rates/awareness?township=" + town, "", 200, "rates " + town, ""},
		{"A", "GET", "/api/v1/rates/awareness", "", 422, "", "township"},
		{"C", "GET", "/api/v1/rates/awareness", "", 403, "", ""},
		{"H", "GET", "/api/v1/rates/awareness", "", 403, "", ""},
	} {
		f.asked = nil
		w := f.do(c.role, c.method, c.path, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.shows) {
			t.Errorf("%s %s %s: %d %s", c.role, c.method, c.path, w.Code, w.Body)
		}
		if got := strings.Join(f.asked, "|"); c.status == http.StatusOK && !strings.Contains(got, c.asked) || c.status != http.StatusOK && got != "" {
			t.Errorf("%s %s %s asked %q, want %q", c.role, c.method, c.path, got, c.asked)
		}
	}
}

func TestFormImportRoute(t *testing.T) {
	f := newFixture(t)
	for path, want := range map[string]string{"": "import " + town + " PK bytes false", "?dry=1": "import " + town + " PK bytes true"} {
		f.asked = nil
		if w := f.do("T", "POST", "/api/v1/forms/import"+path, "PK bytes", "Content-Type", xlsx); w.Code != http.StatusOK || f.last() != want {
			t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
		}
	}
	f.problem(f.do("T", "POST", "/api/v1/forms/import", "{}"), http.StatusUnsupportedMediaType, fault.BadMedia)
	f.problem(f.do("T", "POST", "/api/v1/forms/import", strings.Repeat("x", 4<<20+1), "Content-Type", xlsx), http.StatusRequestEntityTooLarge, fault.TooLarge)
	f.problem(f.do("C", "POST", "/api/v1/forms/import", "PK", "Content-Type", xlsx), http.StatusForbidden, fault.Forbidden)
}
