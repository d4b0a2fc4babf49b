package app

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/api"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/roster"
	"daohu/server/write"
)

const importCSV = "text/csv"

// send imports a file over the API.
func (f *fixture) send(login, query, kind, body string) (roster.Report, fixtureAnswer) {
	f.Helper()
	f.Pass(2 * time.Second)
	a := f.Do("POST", f.Token(login), "/api/v1/imports?"+query, body, "Content-Type", kind)
	var got roster.Report
	if a.Status == 200 {
		f.must(json.Unmarshal([]byte(a.Body), &got))
	}
	return got, a
}

// take exports a township over the API.
func (f *fixture) take(login, query string, body map[string]any) fixtureAnswer {
	f.Helper()
	f.Pass(2 * time.Second)
	return f.Do("POST", f.Token(login), "/api/v1/exports?"+query, body)
}

func (f *fixture) seqOf(town *fixtureTown) int64 {
	f.Helper()
	sp, err := f.DB.Space(f.Context(), town.Township)
	f.must(err)
	return sp.Seq
}

// TestImportOverTheAPI goes the admin's way: a sheet as Excel saves it, first
// only checked, then imported, offered again, updated; and out again.
func TestImportOverTheAPI(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	town, before := f.Towns[0], f.fingerprint()
	code := town.Houses[0].Code
	sheet := func(name string) string {
		text := "户编号,人编号,姓名,证件号码,与户主关系\r\n" + fmt.Sprintf("\"=\"\"%s\"\"\",%s09,%s,%s,之女\r\n", code, code, name, fixtureNumber(990))
		raw, err := simplifiedchinese.GB18030.NewEncoder().String(text)
		f.must(err)
		return raw
	}
	got, a := f.send("admin-1", "dry=1", importCSV, sheet("冉𠀀一"))
	if got.State != roster.Checked || got.Counts.Members != (roster.Count{New: 1}) || len(got.Issues) != 0 || got.Seq != 0 || f.fingerprint() != before {
		t.Fatalf("dry run: %d %s", a.Status, a.Body)
	}
	seq := f.seqOf(town)
	got, a = f.send("admin-1", "", importCSV, sheet("冉𠀀一"))
	if got.State != roster.Stored || got.Seq != seq+1 || got.Added != 1 || got.Actor != town.Admin || len(got.SHA256) != 64 {
		t.Fatalf("import: %d %s", a.Status, a.Body)
	}
	got, a = f.send("admin-1", "", importCSV, sheet("冉𠀀一"))
	if got.State != roster.Refused || len(got.Issues) != 1 || got.Issues[0].Column != "B" || got.Issues[0].Row != 2 || got.Issues[0].Code != roster.CodeDuplicate || f.seqOf(town) != seq+1 {
		t.Errorf("again: %d %s", a.Status, a.Body)
	}
	got, a = f.send("admin-1", "update=1", importCSV, sheet("冉𠀀一"))
	if got.State != roster.Stored || got.Counts.Members != (roster.Count{Same: 1}) || got.Seq != 0 || f.seqOf(town) != seq+1 {
		t.Errorf("the same as an update: %d %s", a.Status, a.Body)
	}
	got, a = f.send("county-1", "update=1&township="+town.Township, importCSV, sheet("冉𠀀二"))
	if got.State != roster.Stored || got.Counts.Members != (roster.Count{Changed: 1}) || got.Seq != seq+2 {
		t.Errorf("an update: %d %s", a.Status, a.Body)
	}
	hs, err := f.DB.Histories(f.Context(), town.Township)
	f.must(err)
	if last := hs[len(hs)-1]; last.Field != "name" || last.Old != "冉𠀀一" || last.New != "冉𠀀二" || last.By != f.User("county-1").ID {
		t.Errorf("history %+v", last)
	}
	var list struct{ Rows []roster.Run }
	f.must(json.Unmarshal([]byte(f.Do("GET", f.Token("auditor-1"), "/api/v1/imports?township="+town.Township, nil).Body), &list))
	var states []string
	for _, r := range list.Rows {
		states = append(states, r.State)
	}
	if want := []string{"stored", "stored", "refused", "stored", "checked", "stored"}; !slices.Equal(states, want) { // the last is the fixture's
		t.Errorf("the log says %v, want %v", states, want)
	}
	if strings.Contains(f.log.String(), "冉𠀀") || strings.Contains(f.log.String(), fixtureNumber(990)) {
		t.Error("the log shows a person")
	}
	f.keepsToItsTownship(town, sheet("冉𠀀三"))
}

// keepsToItsTownship: an admin's file changes nothing elsewhere.
func (f *fixture) keepsToItsTownship(town *fixtureTown, sheet string) {
	f.Helper()
	before := f.fingerprint()
	for _, c := range []struct {
		login, query, kind, body string
		status                   int
	}{
		{"admin-1", "township=" + f.Towns[1].Township, importCSV, sheet, 404},
		{"county-1", "township=" + f.Towns[2].Township, importCSV, sheet, 404},
		{"county-1", "", importCSV, sheet, 422},
		{"admin-2", "", importCSV, sheet, 200}, // refused: no such household there
		{"auditor-1", "township=" + town.Township, importCSV, sheet, 403},
		{"cadre-1-0", "", importCSV, sheet, 403},
		{"admin-1", "", api.TypeXLSX, f.xlsx(f.book(f.Towns[1])), 422}, // of the other township
		{"admin-1", "", importCSV, "代码,上级代码,级别,名称\n" + f.Towns[1].Township + "201," + f.Towns[1].Township + ",行政村,改村\n", 200}, // refused: no such parent
		{"admin-1", "update=1", importCSV, "代码,上级代码,级别,名称\n" + town.County + ",,县,改县\n", 200},                                 // refused: not of the township
		// refused: it is another township's, whatever the row says; a login of another county
		{"admin-1", "update=1", importCSV, "代码,上级代码,级别,名称\n" + f.Towns[1].Township + "201," + town.Township + ",行政村,抢村\n", 200},
		{"admin-1", "", importCSV, "代码,上级代码,级别,名称\n" + f.Towns[2].Township + "201," + town.Township + ",行政村,抢村\n", 200},
		{"admin-1", "", importCSV, "工号,姓名,级别,角色\ncadre-3-0," + f.User("cadre-3-0").Name + ",乡镇,帮扶干部\n", 200},
		{"admin-1", "", importCSV, "工号,姓名,级别,角色\nadmin-2," + f.User("admin-2").Name + ",乡镇,帮扶干部\n", 200},
		{"admin-1", "", importCSV, "\xff\xfe", 415},
		{"admin-1", "", api.TypeXLSX, "no archive", 415},
		{"admin-1", "", "text/plain", sheet, 415},
	} {
		got, a := f.send(c.login, c.query, c.kind, c.body)
		if a.Status != c.status || c.status == 200 && got.State != roster.Refused {
			f.Errorf("%s %s: %d %.300s, want %d", c.login, c.query, a.Status, a.Body, c.status)
		}
	}
	if after := f.fingerprint(); after != before {
		f.Errorf("something was written:\n%s", fixtureDiff(before, after))
	}
}

func (f *fixture) xlsx(b *roster.Book) string {
	f.Helper()
	var buf bytes.Buffer
	f.must(roster.Write(&buf, b))
	return buf.String()
}

// TestExportOverTheAPI: what goes out in full comes back as an update that
// changes nothing, in no cell a formula, and only a few times a day.
func TestExportOverTheAPI(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	town := f.Towns[0]
	evil := `=HYPERLINK("http://x.example","点我")`
	if got, a := f.send("admin-1", "update=1", importCSV, "户编号,行政村,备注,家庭住址\n"+town.Houses[0].Code+",上村1,\"'"+strings.ReplaceAll(evil, `"`, `""`)+"\",-1+1\n"); got.State != roster.Stored || got.Changed != 1 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	seq := f.seqOf(town)
	out := f.take("admin-1", "", map[string]any{"full": true, "reason": "核对"})
	if out.Status != 200 || out.Header.Get("Content-Type") != api.TypeXLSX || out.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", out.Status, out.Header)
	}
	book, err := excelize.OpenReader(strings.NewReader(out.Body))
	f.must(err)
	texts := ""
	for _, name := range book.GetSheetList() {
		rows, err := book.GetRows(name)
		f.must(err)
		for i, r := range rows {
			for j, v := range r {
				at, err := excelize.CoordinatesToCellName(j+1, i+1)
				f.must(err)
				if formula, err := book.GetCellFormula(name, at); err != nil || formula != "" {
					t.Errorf("%s!%s is a formula: %v", name, at, err)
				}
				texts += v + "\n"
			}
		}
	}
	for _, want := range []string{evil, "-1+1", fixtureNumber(20), f.User("admin-1").Name, "核对", "完整导出"} {
		if !strings.Contains(texts, want) {
			t.Errorf("%q is not in the file", want)
		}
	}
	got, a := f.send("admin-1", "update=1", api.TypeXLSX, out.Body)
	if all := got.Counts.All(); got.State != roster.Stored || all.New+all.Changed != 0 || all.Same < 20 || got.Seq != 0 || f.seqOf(town) != seq {
		t.Errorf("back as an update: %d %s", a.Status, a.Body)
	}
	for _, login := range []string{"admin-1", "county-1", "auditor-1"} {
		masked := f.take(login, "township="+town.Township, map[string]any{})
		if masked.Status != 200 {
			t.Fatalf("%s: %d %s", login, masked.Status, masked.Body)
		}
		got, a = f.send("admin-1", "update=1", api.TypeXLSX, masked.Body)
		if got.State != roster.Refused || !slices.ContainsFunc(got.Issues, func(i roster.Issue) bool { return i.Code == roster.CodeMasked }) {
			t.Errorf("a masked one of %s comes back: %d %.300s", login, a.Status, a.Body)
		}
	}
	full := map[string]any{"full": true, "reason": "再核对"}
	for what, a := range map[string]fixtureAnswer{"no reason": f.take("admin-1", "", map[string]any{"full": true}), "a long one": f.take("admin-1", "", map[string]any{"reason": strings.Repeat("长", 201)})} {
		f.hostileProblem(what, a, 422)
	}
	f.hostileProblem("an auditor takes all", f.take("auditor-1", "township="+town.Township, full), 403)
	f.hostileProblem("another county", f.take("county-2", "township="+town.Township, full), 404)
	for range fullPerDay - 1 {
		if a := f.take("admin-1", "", full); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	f.hostileProblem("one too many", f.take("admin-1", "", full), 429)
	if a := f.take("county-1", "township="+town.Township, full); a.Status != 200 {
		t.Errorf("the limit is by person: %d", a.Status)
	}
	f.Pass(24 * time.Hour)
	if a := f.take("admin-1", "", full); a.Status != 200 {
		t.Errorf("the next day: %d", a.Status)
	}
}

// TestHostileWorkbooks: files made to exhaust the server are refused over the
// API too, soon and with nothing written; the next good one is taken.
func TestHostileWorkbooks(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	before := f.fingerprint()
	bomb := func(part, unit string, n int) string {
		var buf bytes.Buffer
		z := zip.NewWriter(&buf)
		w, err := z.Create(part)
		f.must(err)
		for range n / 1000 {
			_, err = w.Write([]byte(strings.Repeat(unit, 1000)))
			f.must(err)
		}
		f.must(z.Close())
		return buf.String()
	}
	for what, c := range map[string]struct {
		body   string
		status int
	}{
		"97 MB of blanks":   {bomb("xl/worksheets/sheet1.xml", " ", 97<<20), 413},
		"13 million cells":  {bomb("xl/worksheets/sheet1.xml", "<c/>", 13_000_000), 413},
		"3 million texts":   {bomb("xl/sharedStrings.xml", "<si/>", 3_000_000), 413},
		"half an archive":   {f.xlsx(f.book(f.Towns[0]))[:2000], 415},
		"more than 20 MB":   {strings.Repeat("x", 20<<20+1), 413},
		"much more":         {strings.Repeat("x", 22<<20), 413},
		"nothing but zeros": {strings.Repeat("\x00", 1<<20), 415},
	} {
		for _, path := range []string{"/api/v1/imports", "/api/v1/imports/marked"} {
			f.Pass(2 * time.Second)
			start := time.Now()
			f.hostileProblem(what, f.Do("POST", f.Token("admin-1"), path, c.body, "Content-Type", api.TypeXLSX), c.status)
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("%s took %v", what, d)
			}
		}
	}
	if after := f.fingerprint(); after != before {
		t.Errorf("something was written:\n%s", fixtureDiff(before, after))
	}
	if strings.Contains(f.log.String(), "panic") {
		t.Error("a handler panicked")
	}
	bad := f.book(f.Towns[0])
	bad.Members[0].IDNo = "123"
	a := f.Do("POST", f.Token("admin-1"), "/api/v1/imports/marked", f.xlsx(bad), "Content-Type", api.TypeXLSX)
	if a.Status != 200 {
		t.Fatalf("the good one behind them: %d %s", a.Status, a.Body)
	}
	marked, err := excelize.OpenReader(strings.NewReader(a.Body))
	f.must(err)
	cells, err := marked.GetRows(roster.SheetMembers)
	f.must(err)
	for row, want := range map[int]string{1: "证件号码：", 2: "系统里已经有"} {
		if text := cells[row][len(cells[row])-1]; !strings.Contains(text, want) {
			t.Errorf("row %d says %q, want %s", row+1, text, want)
		}
	}
	plain, err := marked.GetCellStyle(roster.SheetMembers, "C3")
	f.must(err)
	if style, err := marked.GetCellStyle(roster.SheetMembers, "B3"); err != nil || style == plain {
		t.Errorf("the cell that is in the registry already is not coloured: %v", err)
	}
}

// TestOneImportAtATime: the second import of a township waits; one that was
// broken off does not block it for ever.
func TestOneImportAtATime(t *testing.T) {
	for _, maria := range []bool{false, true} {
		f := newFixture(t, fixtureOptions{MariaDB: maria})
		f.Pass(time.Second)
		run := roster.Run{ID: f.DB.NewID(), Township: f.Towns[0].Township, At: f.Now().UnixMilli(), UntilAt: f.Now().Add(roster.Lease).UnixMilli()}
		f.must(f.DB.BeginImport(t.Context(), run))
		sheet := "户编号,人编号,姓名,与户主关系\n" + f.Towns[0].Houses[0].Code + ",x9,冉九九,之子\n"
		_, a := f.send("admin-1", "", importCSV, sheet)
		if f.hostileProblem("while another runs", a, 409); a.Header.Get("Retry-After") == "" {
			t.Errorf("%v", a.Header)
		}
		if got, a := f.send("admin-2", "dry=1", importCSV, strings.Replace(sheet, f.Towns[0].Houses[0].Code, f.Towns[1].Houses[0].Code, 1)); got.State != roster.Checked {
			t.Errorf("another township: %d %s", a.Status, a.Body)
		}
		f.Pass(roster.Lease)
		if got, a := f.send("admin-1", "", importCSV, sheet); got.State != roster.Stored {
			t.Errorf("after its time: %d %s", a.Status, a.Body)
		}
		runs, err := f.DB.Imports(t.Context(), f.Towns[0].Township, 10)
		f.must(err)
		if len(runs) != 3 || runs[1].ID != run.ID || runs[1].State != roster.Broken || runs[1].EndedAt == 0 {
			t.Errorf("%+v", runs)
		}
	}
}

// TestImportIsPlannedAgain: what phones write while an import is planned is
// kept, and the import goes through; when they never stop it stores nothing.
func TestImportIsPlannedAgain(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	town := f.Towns[0]
	house := town.Houses[0]
	touch := func(n int) {
		_, err := f.DB.Write(context.WithoutCancel(t.Context()), write.Intent{Township: town.Township, Households: []string{house.ID}}, func(tx write.Tx) error {
			got, err := tx.Load(household.HouseholdType, house.ID)
			if err != nil {
				return err
			}
			h := got[house.ID].(*household.Household)
			h.Notes = fmt.Sprintf("手机写的 %d", n)
			tx.Put(household.HouseholdType, h)
			return nil
		})
		f.must(err)
	}
	sheet := "户编号,行政村,是否危房\n" + house.Code + ",上村1,C级\n"
	run := func(most int) (int, error) {
		n := 0
		_, err := f.Import(t.Context(), Import{Township: town.Township, Update: true, CSV: []roster.CSVFile{{Name: "户", Body: strings.NewReader(sheet)}}, Progress: func(stage string, done, total int) {
			if stage == "核对" && done == total && n < most {
				n++
				touch(n)
			}
		}})
		return n, err
	}
	before := f.seqOf(town)
	if n, err := run(100); !fault.Is(err, fault.Stale) || n != storeTries || f.seqOf(town) != before+storeTries {
		t.Errorf("%d tries, %v", n, err)
	}
	h := func() *household.Household {
		r, err := f.DB.Find(t.Context(), household.HouseholdType, []string{town.Township}, house.ID)
		f.must(err)
		return r.(*household.Household)
	}
	if h().Danger != "" {
		t.Errorf("stored all the same: %+v", h())
	}
	if n, err := run(1); err != nil || n != 1 || h().Danger != "C级" || h().Notes != "手机写的 1" {
		t.Errorf("%d tries, %v, %+v", n, err, h())
	}
}

// TestUpdateAfterAMerge: a person who moved with a merge has two rows of one
// code and number; an export brought back knows which is meant.
func TestUpdateAfterAMerge(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	town := f.Towns[0]
	rev := func(h string) int64 {
		r, err := f.DB.Find(t.Context(), household.HouseholdType, []string{town.Township}, h)
		f.must(err)
		return r.Base().Version
	}
	for _, pair := range [][2]int{{0, 1}, {2, 1}} { // one by its id before, one behind, the other
		from, to := town.Houses[pair[0]].ID, town.Houses[pair[1]].ID
		a := f.Do("POST", f.Token("admin-1"), "/api/v1/households/"+from+"/merge", map[string]any{"rev": rev(from), "into": to, "reason": "两户并成一户"})
		if a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	out, seq := f.take("admin-1", "", map[string]any{"full": true, "reason": "核对"}), f.seqOf(town)
	got, a := f.send("admin-1", "update=1", api.TypeXLSX, out.Body)
	if got.State != roster.Stored || got.Counts.Members != (roster.Count{Same: 8}) || got.Added+got.Changed != 0 || f.seqOf(town) != seq {
		t.Fatalf("%d %.2000s", a.Status, a.Body)
	}
	gone := "户编号,人编号,姓名,与户主关系\n" + town.Houses[0].Code + "," + town.Houses[0].Code + "77,某某,之子\n"
	if got, a = f.send("admin-1", "update=1", importCSV, gone); got.State != roster.Refused || got.Issues[0].Code != roster.CodeClosed && got.Issues[1].Code != roster.CodeClosed {
		t.Errorf("into the household that is gone: %d %s", a.Status, a.Body)
	}
	// Someone marries within the township: the old row says so, the new one has the number.
	moves := fmt.Sprintf("户编号,人编号,姓名,证件号码,与户主关系,减少原因\n%s,%s02,%s,%s,之子,婚嫁\n%s,%s88,冉新新,%s,儿媳,\n",
		town.Houses[1].Code, town.Houses[1].Code, fixtureName("冉", 23), fixtureNumber(23), town.Houses[3].Code, town.Houses[3].Code, fixtureNumber(23))
	if got, a = f.send("admin-1", "update=1", importCSV, moves); got.State != roster.Stored || got.Counts.Members != (roster.Count{New: 1, Changed: 1}) {
		t.Fatalf("a move: %d %s", a.Status, a.Body)
	}
	if got, a = f.send("admin-1", "", importCSV, strings.NewReplacer("88,冉新新", "89,冉新人", "之子,婚嫁", "之子,").Replace(moves)); got.State != roster.Refused {
		t.Errorf("the number of somebody who lives there: %d %s", a.Status, a.Body)
	}
	out, seq = f.take("admin-1", "", map[string]any{"full": true, "reason": "核对"}), f.seqOf(town)
	if got, a = f.send("admin-1", "update=1", api.TypeXLSX, out.Body); got.State != roster.Stored || got.Added+got.Changed != 0 || f.seqOf(town) != seq {
		t.Errorf("after the move: %d %.2000s", a.Status, a.Body)
	}
}

// TestImportOfNewWorkers: a village worker who comes with a later sheet holds
// her village; one whose import was broken off gets it when it is repeated.
func TestImportOfNewWorkers(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	town := f.Towns[0]
	sheet := "工号,姓名,级别,角色,包村\nvillage-9,干九九,村,村干部,上村1\n"
	lost, err := f.Accounts.CreateUser(t.Context(), account.NewUser{Login: "village-9", Name: "干九九", Role: access.Village, County: town.County, Township: town.Township, Area: town.Township + "201"})
	f.must(err)
	got, a := f.send("admin-1", "", importCSV, sheet)
	if got.State != roster.Stored || got.Counts.Cadres != (roster.Count{Same: 1}) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for i, h := range town.Houses {
		held, err := f.DB.Held(t.Context(), lost.ID, h.ID)
		if f.must(err); (held != "") != (i < 3) {
			t.Errorf("household %d is held: %q", i, held)
		}
		if first, err := f.DB.Held(t.Context(), f.User("village-1").ID, h.ID); err != nil || (first != "") != (i < 3) {
			t.Errorf("the first worker's household %d: %q %v", i, first, err)
		}
	}
	before := f.seqOf(town)
	if got, _ = f.send("admin-1", "", importCSV, sheet); got.Seq != 0 || f.seqOf(town) != before {
		t.Errorf("again: %+v", got)
	}
	got, a = f.send("admin-1", "update=1", importCSV, "户编号,干部工号,开始日期\n"+town.Houses[0].Code+",cadre-1-1,2026-02-20\n")
	if got.Counts.Pairings != (roster.Count{New: 1}) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	rows, err := f.DB.Live(t.Context(), pairing.Type, town.Township, town.Houses[0].ID)
	f.must(err)
	for _, r := range rows {
		p := r.(*pairing.Pairing)
		if open := p.To == ""; open != (p.From == "2026-02-20") || open && p.Cadre != f.User("cadre-1-1").ID {
			t.Errorf("%+v", p)
		}
	}
}
