package app

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daohu/server/access"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/roster"
)

// fillCases adds an issue by the cadre and a complaint by the household.
func (m *matrix) fillCases(x *matrixTarget, house int, mark func(what, roles string) string) {
	m.Helper()
	x.rows["issue"], x.rows["complaint"] = m.DB.NewID(), m.DB.NewID()
	h := x.town.Houses[house]
	m.Phone(m.Token(h.Cadre)).Send(fixtureMut{Type: "issue", ID: x.rows["issue"], House: h.ID, Patch: map[string]any{"category": "other", "subject": mark("问题", "CVTKA")}})
	m.Phone(m.Token(fmt.Sprintf("household-%d-%d", x.town.No, house))).Send(fixtureMut{Type: "complaint", ID: x.rows["complaint"], House: h.ID,
		Patch: map[string]any{"text": mark("投诉", "HTK"), "kind": "投诉", "whom": "帮扶干部", "about": m.User(h.Cadre).ID}})
}

// caseRows are the rows about needs, issues and complaints.
func (m *matrix) caseRows(rows map[string]matrixRow) {
	for path, typ := range map[string]string{"needs": "need", "issues": "issue", "complaints": "complaint"} {
		rows["GET /api/v1/"+path] = matrixRow{who: "TKA", reach: matrixTown, ask: matrixPath(func(x *matrixTarget) string { return "/api/v1/" + path + "?limit=200&township=" + x.town.Township }),
			shows: func(x *matrixTarget) string { return x.rows[typ] }}
	}
	settle := func(path, typ, who string, ok int, body map[string]any) matrixRow {
		return matrixRow{who: who, reach: matrixHouse, ok: ok, ask: func(x *matrixTarget) matrixAsk {
			body := maps.Clone(body)
			if body["rev"] = m.rev(typ, x); ok == http.StatusConflict {
				body["rev"] = 1 << 40 // a revision nobody saw: the targets are needed afterwards
			}
			return matrixAsk{fmt.Sprintf("/api/v1/%s", strings.Replace(path, ":id", x.rows[typ], 1)), body, nil}
		}}
	}
	for _, r := range []struct {
		path, typ, who string
		ok             int
		body           map[string]any
	}{
		{"needs/:id/dispatch", "need", "T", 200, map[string]any{}},
		{"needs/:id/close", "need", "T", 409, map[string]any{"reason": "办好了"}},
		{"issues/:id/check", "issue", "T", 409, map[string]any{"action": "pass"}},
		{"complaints/:id/answer", "complaint", "TK", 200, map[string]any{"answer": "查过了"}},
		{"complaints/:id/close", "complaint", "TK", 409, map[string]any{"reason": "办好了"}},
	} {
		rows["POST /api/v1/"+r.path] = settle(r.path, r.typ, r.who, r.ok, r.body)
	}
	rows["GET /api/v1/issues/words"] = matrixRow{who: "CVTKA", reach: matrixAny, shows: func(*matrixTarget) string { return `"education-aid"` }}
	rows["GET /api/v1/about"] = matrixRow{who: matrixPublic, reach: matrixAny}
}

// TestComplaintNeverLeaks plants a complaint about a cadre and one about the
// township admin, then asks every route of the table as everyone who may see
// neither (TestMatrix asks about one of each household; here the net is drawn
// around one text), searches for it, takes the township out as a workbook and
// reads the log.
func TestComplaintNeverLeaks(t *testing.T) {
	for _, o := range []fixtureOptions{{}, {MariaDB: true}} {
		t.Run(fmt.Sprintf("mariadb=%v", o.MariaDB), func(t *testing.T) { complaintNeverLeaks(t, newFixture(t, o)) })
	}
}

func complaintNeverLeaks(t *testing.T, f *fixture) {
	const aboutCadre, aboutAdmin, answer = "干部记号壹", "镇里记号贰", "答复记号叁"
	town, house := f.Towns[0], f.Towns[0].Houses[0].ID
	home := f.Phone(f.Token("household-1-0"))
	one, two := f.DB.NewID(), f.DB.NewID()
	home.Send(
		fixtureMut{Type: "complaint", ID: one, House: house, Patch: map[string]any{"text": aboutCadre, "kind": "投诉", "about": f.User("cadre-1-0").ID}},
		fixtureMut{Type: "complaint", ID: two, House: house, Patch: map[string]any{"text": aboutAdmin, "kind": "投诉", "about": town.Admin}},
	)
	home.Send(fixtureMut{Type: "complaint", ID: one, House: house, Patch: map[string]any{"text": aboutCadre + "，再写一句"}})
	if a := f.Do("POST", f.Token("admin-1"), "/api/v1/complaints/"+one+"/answer", map[string]any{"rev": 2, "answer": answer}); a.Status != http.StatusOK {
		t.Fatalf("answer: %d %s", a.Status, a.Body)
	}
	hidden := map[string][]string{ // login -> what it may not see
		"cadre-1-0": {one, two, aboutCadre, aboutAdmin, answer}, "cadre-1-1": {one, two, aboutCadre, aboutAdmin, answer}, "village-1": {one, two, aboutCadre, aboutAdmin, answer},
		"household-1-3": {one, two, aboutCadre, aboutAdmin, answer}, "admin-1": {two, aboutAdmin}, "auditor-1": {aboutCadre, aboutAdmin, answer},
		"county-2": {one, two, aboutCadre, aboutAdmin, answer}, "admin-2": {one, two, aboutCadre, aboutAdmin, answer},
	}
	asked, shown := 0, map[string]bool{}
	look := func(login, what string, a fixtureAnswer) {
		t.Helper()
		asked++
		for _, text := range []string{one, two, aboutCadre, aboutAdmin, answer} {
			if !strings.Contains(a.Body+fmt.Sprint(a.Header), text) {
				continue
			}
			if shown[text] = true; slices.Contains(hidden[login], text) {
				t.Errorf("LEAK: %s of %s shows %s", what, login, text)
			}
		}
	}
	logins := slices.Sorted(maps.Keys(hidden))
	for _, login := range append(logins, "household-1-0", "county-1") {
		token := f.Token(login)
		for _, r := range f.API.Routes() {
			if r.Method != http.MethodGet && r.Method != http.MethodPost || strings.Contains(r.Path, "login") || strings.Contains(r.Path, "logout") {
				continue
			}
			for _, id := range []string{one, two, house, town.Common} {
				if !strings.Contains(r.Path, ":id") && id != house {
					continue
				}
				f.Pass(time2)
				path := strings.NewReplacer(":id", id, ":sha256", strings.Repeat("0", 64), ":code", "stale").Replace(r.Path)
				var body any
				if r.Method == http.MethodPost {
					body = map[string]any{"q": aboutCadre}
				}
				look(login, r.Method+" "+path, f.Do(r.Method, token, path+"?limit=200&household="+house+"&township="+town.Township, body))
				look(login, r.Method+" "+path, f.Do(r.Method, token, path+"?state=answered&township="+town.Township, body))
			}
		}
		if f.User(login).Role.Syncs() {
			a, _ := f.Phone(token).Push()
			look(login, "a first sync", a)
		}
	}
	for _, text := range []string{one, two, aboutCadre, aboutAdmin, answer} {
		if !shown[text] {
			t.Errorf("nobody was shown %s: the net has a hole", text)
		}
	}
	for _, as := range []access.Role{"T", "K", "A"} {
		look("cadre-1-0", "export as "+string(as), fixtureAnswer{Body: f.workbook(town.Township, as)})
	}
	look("cadre-1-0", "the log", fixtureAnswer{Body: f.log.String()})
	if n := len(f.RowsOf(household.ProposalType.Name, town, house)); n != 0 {
		t.Errorf("%d proposals", n)
	}
	hs, err := f.DB.Histories(t.Context(), town.Township)
	f.must(err)
	for _, h := range hs {
		look("cadre-1-0", "history", fixtureAnswer{Body: h.Old + h.New})
	}
	fixtureFigure(t, "complaints: %d answers looked at, those about a cadre and about an admin leak to nobody", asked)
}

// workbook is every cell of a township taken out as a role sees it.
func (f *fixture) workbook(township string, as access.Role) string {
	f.Helper()
	got, err := f.Export(f.Context(), Export{Township: township, As: as, Full: as == "T", Reason: "试一试"})
	f.must(err)
	var buf bytes.Buffer
	f.must(roster.WriteNoted(&buf, got.Book, got.Note))
	x, err := excelize.OpenReader(&buf)
	f.must(err)
	defer func() { _ = x.Close() }()
	var all strings.Builder
	for _, sheet := range x.GetSheetList() {
		rows, err := x.GetRows(sheet)
		f.must(err)
		fmt.Fprintln(&all, rows)
	}
	if !strings.Contains(all.String(), "旧走访记号") {
		f.Error("the workbook does not even hold the visits")
	}
	return all.String()
}

// TestEveryPrivateTypeIsAuthored: no cadre or village worker reads what is
// private; a confirmation alone may be sent from a cadre's phone. A consent is
// private only so that it waits in no quarantine: the one who must not take
// the picture has to read it.
func TestEveryPrivateTypeIsAuthored(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	private := 0
	for _, typ := range f.Registry.Types {
		if typ.Private == nil {
			continue
		}
		private++
		if typ.Name == "consent" {
			continue
		}
		if typ.Class != record.Author || strings.ContainsAny(typ.Readers, "CV") || strings.ContainsAny(typ.Creators, "CV") != (typ.Name == "confirmation") || strings.Contains(typ.Creators, "T") {
			t.Errorf("%s: class %s, readers %s, creators %s", typ.Name, typ.Class, typ.Readers, typ.Creators)
		}
	}
	if private != 3 {
		t.Errorf("%d private types", private)
	}
}
