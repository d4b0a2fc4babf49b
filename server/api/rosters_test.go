package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/roster"
)

func (s *service) Import(_ context.Context, a access.Actor, township string, f RosterFile) (*roster.Report, error) {
	return &roster.Report{Run: roster.Run{ID: rowID, State: roster.Checked}, Issues: []roster.Issue{}}, s.ask("import", string(a.Role), township, fmt.Sprint(len(f.Body), f.CSV, f.Dry, f.Update))
}

func (s *service) Mark(_ context.Context, _ access.Actor, township string, f RosterFile) ([]byte, error) {
	if string(f.Body) == "good" {
		return nil, s.ask("mark", township)
	}
	return []byte("PK"), s.ask("mark", township, fmt.Sprint(f.CSV, f.Dry, f.Update))
}

func (s *service) Imports(_ context.Context, township string) ([]roster.Run, error) {
	return []roster.Run{{ID: rowID, Slot: "hidden", State: roster.Stored}}, s.ask("imports", township)
}

func (s *service) Export(_ context.Context, a access.Actor, township string, full bool, reason string) (*roster.Book, roster.Note, error) {
	return &roster.Book{}, roster.Note{ID: rowID}, s.ask("export", string(a.Role), township, fmt.Sprint(full), reason)
}

func (s *service) Sheet(_ context.Context, a access.Actor, township, name string, households int64) (roster.Note, error) {
	return roster.Note{ID: rowID, Who: a.User}, s.ask("sheet", string(a.Role), township, name, fmt.Sprint(households))
}

func TestSheetRoute(t *testing.T) {
	f := newFixture(t)
	if w := f.do("A", "POST", "/api/v1/exports/sheet?township="+town, `{"sheet":"明白卡","households":1}`); w.Code != 200 || f.last() != "sheet A "+town+" 明白卡 1" {
		t.Errorf("%d %s after %q", w.Code, w.Body, f.last())
	}
	f.problem(f.do("T", "POST", "/api/v1/exports/sheet", `{"sheet":"别的","households":1}`), 422, fault.Invalid)
	f.problem(f.do("T", "POST", "/api/v1/exports/sheet", `{"sheet":"明白卡","households":0}`), 422, fault.Invalid)
	f.problem(f.do("T", "POST", "/api/v1/exports/sheet", `{"sheet":"审计日志","households":1}`), 422, fault.Invalid)
	f.problem(f.do("C", "POST", "/api/v1/exports/sheet", `{"sheet":"明白卡","households":1}`), 403, fault.Forbidden)
}

func TestRosterRoutes(t *testing.T) {
	f := newFixture(t)
	xlsx, csv := []string{"Content-Type", TypeXLSX}, []string{"Content-Type", "text/csv; charset=gb18030"}
	w := f.do("T", "POST", "/api/v1/imports?dry=1", "abc", xlsx...)
	if w.Code != 200 || f.last() != "import T "+town+" 3 false true false" || !strings.Contains(w.Body.String(), `"state":"checked"`) || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s %v after %q", w.Code, w.Body, w.Header(), f.last())
	}
	if w = f.do("K", "POST", "/api/v1/imports?update=1&dry=0&township="+town, "abcd", csv...); w.Code != 200 || f.last() != "import K "+town+" 4 true false true" {
		t.Errorf("%d %s after %q", w.Code, w.Body, f.last())
	}
	f.problem(f.do("T", "POST", "/api/v1/imports", "x", "Content-Type", "application/json"), 415, fault.BadMedia)
	f.problem(f.do("T", "POST", "/api/v1/imports", "x", "Content-Type", TypeXLSX, "Content-Encoding", "gzip"), 415, fault.BadMedia)
	f.problem(f.do("T", "POST", "/api/v1/imports", "", xlsx...), 400, fault.BadRequest)
	f.problem(f.do("T", "POST", "/api/v1/imports?update=yes", "x", xlsx...), 422, fault.Invalid)
	f.problem(f.do("T", "POST", "/api/v1/imports", strings.Repeat("x", rosterBody+1), xlsx...), 413, fault.TooLarge)
	f.problem(f.do("K", "POST", "/api/v1/imports", "x", xlsx...), 422, fault.Invalid) // which township?
	f.problem(f.do("A", "POST", "/api/v1/imports?township="+town, "x", xlsx...), 403, fault.Forbidden)

	w = f.do("T", "POST", "/api/v1/imports/marked?update=1", "abc", xlsx...)
	if w.Code != 200 || w.Header().Get("Content-Type") != TypeXLSX || w.Header().Get("Cache-Control") != "no-store" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || f.last() != "mark "+town+" false false true" {
		t.Errorf("%d %v after %q", w.Code, w.Header(), f.last())
	}
	if w = f.do("T", "POST", "/api/v1/imports/marked", "good", xlsx...); w.Code != 204 || w.Body.Len() != 0 {
		t.Errorf("nothing to mark: %d", w.Code)
	}
	f.problem(f.do("T", "POST", "/api/v1/imports/marked", "x", csv...), 415, fault.BadMedia)

	if w = f.do("A", "GET", "/api/v1/imports?township="+town, ""); w.Code != 200 || f.last() != "imports "+town || strings.Contains(w.Body.String(), "hidden") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = f.do("A", "POST", "/api/v1/exports?township="+town, `{"full":true,"reason":"核对"}`)
	if w.Code != 200 || f.last() != "export A "+town+" true 核对" || !strings.HasPrefix(w.Body.String(), "PK") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %.100s after %q", w.Code, w.Body, f.last())
	}
	if strings.Contains(f.log.String(), "核对") {
		t.Error("the reason is in the log")
	}
	f.err = &fault.Error{Code: fault.WrongState, Retry: 10e9}
	if w = f.do("T", "POST", "/api/v1/imports", "x", xlsx...); w.Header().Get("Retry-After") != "10" {
		t.Errorf("another import runs: %d %v", w.Code, w.Header())
	}
	f.problem(w, 409, fault.WrongState)
}

// TestFewWorkbooksAtOnce: a workbook unpacks to many times its size; beyond a
// few at a time the next one waits, whatever became of those before.
func TestFewWorkbooksAtOnce(t *testing.T) {
	f := newFixture(t)
	var done []func()
	for range heavyAtOnce {
		d, err := f.api.turn()
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, d)
	}
	ask := func() int { return f.do("T", "POST", "/api/v1/imports", "x", "Content-Type", TypeXLSX).Code }
	w := f.do("T", "POST", "/api/v1/exports", `{}`)
	if f.problem(w, 503, fault.Unavailable); w.Header().Get("Retry-After") != "10" || ask() != 503 {
		t.Errorf("%v", w.Header())
	}
	done[0]()
	f.err = fault.New(fault.Invalid, "")
	for range 2 * heavyAtOnce {
		if code := ask(); code != 422 {
			t.Fatalf("a place was lost: %d", code)
		}
	}
}
