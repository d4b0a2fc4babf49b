package app

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"daohu/server/roster"
)

// upload posts a form with one file.
func (b *browser) upload(path, name, body string, pairs ...string) fixtureAnswer {
	b.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.must(w.WriteField(pairs[i], pairs[i+1]))
	}
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		b.must(err)
		_, err = part.Write([]byte(body))
		b.must(err)
	}
	b.must(w.Close())
	return b.send(http.MethodPost, path, buf.String(), "Content-Type", w.FormDataContentType())
}

// TestConsoleImport: a sheet is checked, marked, mended and brought in; what is
// wrong is named by row and column, and the list of imports tells all.
func TestConsoleImport(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b, town, before := f.as("admin-1"), f.Towns[0], f.fingerprint()
	code := town.Houses[0].Code
	head := "户编号,人编号,姓名,与户主关系,性别\n"
	bad, good := head+code+","+code+"77,新人甲,之子,不知道\n", head+code+","+code+"77,新人甲,之子,男\n"
	page := func(name, body, do string, pairs ...string) string {
		t.Helper()
		f.Pass(time.Second)
		a := b.upload("/data", name, body, append([]string{"do", do}, pairs...)...)
		if a.Status != 200 {
			t.Fatalf("%s: %d %s", do, a.Status, a.Body)
		}
		return a.Body
	}
	for name, want := range map[string]string{"": "请选一个文件", "list.xls": "只收 xlsx 和 csv", "list.xlsx": "refused"} {
		f.Pass(time.Second)
		if a := b.upload("/data", name, "x", "do", "check"); a.Status != 422 && a.Status != 415 && a.Status != 400 || !strings.Contains(a.Body, want) {
			t.Errorf("%q: %d %s", name, a.Status, a.Body)
		}
	}
	b.shows(page("list.csv", bad, "check"), "有 1 处错，一行也没导入", `<td class="num">2</td><td class="nw">E 性别</td>`)
	b.shows(page("list.csv", bad, "store"), "有 1 处错，一行也没导入")
	if f.fingerprint() != before {
		t.Error("a bad file changed something")
	}
	b.shows(page("list.csv", good, "check"), "没有错，可以导入", "人：新增 1")
	b.shows(page("list.csv", good, "store"), "导入好了", "账号admin-1", "有错，没导入", "只检查", "已导入")
	b.shows(page("list.csv", good, "store", "update", "1"), "人：新增 0，改动 0，没变 1")

	a := b.upload("/data", "list.csv", bad, "do", "mark")
	if a.Status != 422 || !strings.Contains(a.Body, "改用 xlsx") {
		t.Errorf("a marked CSV: %d", a.Status)
	}
	book := excelize.NewFile()
	f.must(book.SetSheetName("Sheet1", "成员"))
	for i, row := range strings.Split(strings.TrimSpace(bad), "\n") {
		cells := strings.Split(row, ",")
		at, err := excelize.CoordinatesToCellName(1, i+1)
		f.must(err)
		f.must(book.SetSheetRow("成员", at, &cells))
	}
	raw, err := book.WriteToBuffer()
	f.must(err)
	f.Pass(time.Second)
	a = b.upload("/data", "名册.xlsx", raw.String(), "do", "mark")
	marked, err := excelize.OpenReader(strings.NewReader(a.Body))
	if a.Status != 200 || err != nil || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v %v", a.Status, a.Header, err)
	}
	if got, _ := marked.GetCellValue("成员", "F2"); !strings.Contains(a.Header.Get("Content-Disposition"), ".xlsx") || got == "" && len(marked.GetSheetList()) < 1 {
		t.Errorf("%q %v", got, a.Header)
	}
	if a := b.send(http.MethodPost, "/data", strings.Repeat("x", 22<<20), "Content-Type", "multipart/form-data; boundary=b"); a.Status != 413 {
		t.Errorf("22 MB: %d", a.Status)
	} else { // it was refused unread, and who sent it is known all the same
		b.shows(a.Body, "写的内容还在", "回到总览")
		b.hides(a.Body, "请在手机上用")
	}
	o := f.as("auditor-1")
	o.cookie("daohu-township", town.Township)
	o.hides(o.page("/data"), `value="store"`)
	if a := o.upload("/data", "list.csv", good, "do", "store"); a.Status != 403 {
		t.Errorf("the auditor imports: %d", a.Status)
	}
}

// TestConsoleExport: a workbook is masked as the role sees it, logged, and in
// full only with a reason; the reason that is missing is told at its field.
func TestConsoleExport(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	b := f.as("admin-1")
	b.refused(422, "/data", []string{"do", "export", "full", "1"}, `id="export-reason-wrong"`)
	f.Pass(time.Second)
	a := b.submit("/data", "do", "export")
	book, err := excelize.OpenReader(strings.NewReader(a.Body))
	if a.Status != 200 || err != nil || len(book.GetSheetList()) < 3 {
		t.Fatalf("%d %v", a.Status, err)
	}
	log, err := f.DB.Releases(t.Context(), f.Towns[0].Township)
	f.must(err)
	if len(log) != 1 || log[0].Full {
		t.Errorf("%+v", log)
	}
}

// TestConsoleSheets: opening a sheet asks first, printing is written down with
// who and when, which stand on the paper, and numbers of people stay masked.
func TestConsoleSheets(t *testing.T) {
	m := newMatrix(t)
	b, town := m.as("admin-1"), m.Towns[0]
	month := "/sheets/ledger?month=" + b.Now().Format("2006-01")
	for _, path := range []string{"/sheets/card/", "/sheets/visits/", "/sheets/handbook/"} {
		path += town.Houses[0].ID
		m.Pass(time.Second)
		ask := b.page(path)
		b.shows(ask, town.Houses[0].Code, `value="print"`)
		b.hides(ask, "登记号")
		m.Pass(time.Second)
		a := b.submit(path, "do", "print")
		if a.Status != 200 {
			t.Fatalf("%s: %d %s", path, a.Status, a.Body)
		}
		b.shows(a.Body, "账号admin-1 · ", "登记号", town.Houses[0].Code)
		if m.as("admin-2").submit(path, "do", "print").Status != 404 {
			t.Errorf("%s of another township", path)
		}
	}
	m.Pass(time.Second)
	if a := b.submit("/sheets/ledger?month=1999-01", "do", "print"); a.Status != 409 || !strings.Contains(a.Body, "没有什么可印") {
		t.Errorf("an empty month: %d", a.Status)
	}
	if a := b.open("/sheets/ledger?month=soon"); a.Status != 422 {
		t.Errorf("no month: %d", a.Status)
	}
	b.page(month)
	log, err := m.DB.Releases(t.Context(), town.Township)
	m.must(err)
	var why []string
	for _, r := range log {
		why = append(why, r.Reason)
	}
	if got := strings.Join(why, " "); got != "打印明白卡 打印走访记录表 打印帮扶手册" {
		t.Errorf("the log says %q", got)
	}
}

// TestSheetsAreCountedByThemselves: printing a village's sheets leaves a
// township's workbooks of the day alone, and has an end of its own.
func TestSheetsAreCountedByThemselves(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	sheet := func(name string, households int) fixtureAnswer {
		f.Pass(time.Second)
		return f.Do("POST", f.Token("admin-1"), "/api/v1/exports/sheet", map[string]any{"sheet": name, "households": households})
	}
	for i := range sheetsPerDay {
		if a := sheet("明白卡", 1); a.Status != 200 {
			t.Fatalf("sheet %d: %d %s", i, a.Status, a.Body)
		}
	}
	f.hostileProblem("one sheet too many", sheet("帮扶手册", 1), 429)
	if a := sheet("走访月台账", 3); a.Status != 200 {
		t.Errorf("the ledger: %d", a.Status)
	}
	if a := sheet("审计日志", 0); a.Status != 200 {
		t.Errorf("the log: %d", a.Status)
	}
	f.Pass(time.Second)
	if a := f.as("admin-1").submit("/data", "do", "export"); a.Status != 200 {
		t.Errorf("a workbook after %d sheets: %d", sheetsPerDay, a.Status)
	}
	count := map[string]int{}
	log, err := f.DB.Releases(t.Context(), f.Towns[0].Township)
	f.must(err)
	for _, r := range log {
		count[r.Kind]++
	}
	if count[roster.Sheet] != sheetsPerDay || count[roster.Workbook] != 2 || count[roster.Log] != 1 {
		t.Errorf("%v", count)
	}
}
