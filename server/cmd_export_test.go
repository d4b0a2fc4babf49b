package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"daohu/server/demo"
	"daohu/server/roster"
	"daohu/server/servertest"
)

// TestDemoFigures: the figures of product.md rows 2, 3, 6, 7, 8 and 9 to the
// person, and the data-quality rules, from the demo's database by the commands.
func TestDemoFigures(t *testing.T) {
	s := newShell(t, "")
	delete(s.env, "DAOHU_KEY")
	s.has(s.run(1, "figures", "--demo"), "daohu demo")
	v := &env{ctx: t.Context(), out: &bytes.Buffer{}, err: &bytes.Buffer{}, getenv: func(k string) string { return s.env[k] }, log: discardLog()}
	if err := v.buildDemo(filepath.Join(s.env["DAOHU_DATA"], "demo"), false); err != nil {
		t.Fatal(err)
	}
	got := s.run(0, "figures", "--demo", "--township="+demo.Township, "--against=households=1899,people=8403")
	y := time.Now().In(time.FixedZone("CST", 8*3600)).Year()
	want := fmt.Sprintf(`云坪镇（999901101）
在册	1896 户	8640 人
%d 年脱贫	233 户	1212 人
%d 年脱贫	94 户	506 人
%d 年脱贫	196 户	950 人
%d 年脱贫	266 户	1435 人
已脱贫合计	789 户	4103 人
未脱贫	1107 户	4537 人
今年（%d）计划脱贫	373 户	1930 人
明年（%d）计划脱贫	430 户	1758 人
政策兜底	304 户	849 人
人员变动（已批准）	286 户	334 人
帮扶干部	县直 25 名	乡镇 132 名	共 157 名	另有村干部 12 名
正在结对	373 对
今年计划户中已结对	373 户	1930 人
今年计划户中没有结对	0 户	0 人
《政策口袋书》第 1 版已发放	1896 户	还有 0 户没有发
诉求	待答复 3 条（逾期 1 条）	已答复 3 条	已办结 0 条
问题台账	待办 7 条（逾期 2 条）	待核实 1 条	已销号 0 条
投诉建议	待答复 1 条（逾期 0 条）	已答复 0 条	已办结 0 条
产业帮扶	373 户	746 头	已给 3730000.00 元	产出 125 头
健康帮扶	129 户
基础设施建设	23 户
教育帮扶	89 户
核对	本系统 1896 户 8640 人，另一来源 1899 户 8403 人，相差 -3 户 +237 人；两个数都留着，没有改动。
`, y-4, y-3, y-2, y-1, y, y+1)
	if got != want {
		t.Errorf("figures\n%s\nwant\n%s", got, want)
	}
	s.has(s.run(0, "figures", "--demo"), "石榕乡", "在册\t60 户\t269 人", "县直 3 名\t乡镇 6 名") // the shared cadre is of the county
	s.has(s.run(0, "pair", "gaps", "--demo", "--township="+demo.Township), "应结对\t373 户\t1930 人\n已结对\t373 户\t1930 人\n没有结对\t0 户\t0 人\n结了两次\t0 户\n干部已停用\t0 对\n")
	s.demoQuota(s.run(0, "pair", "quota", "--demo", "--township="+demo.Township))
	s.has(s.run(0, "quality", "--demo"), "没有发现问题", "999901101201\t", "999901102202\t")
	// Whoever came or left is in the whole township's workbook, which is clean.
	path := filepath.Join(t.TempDir(), "all.xlsx")
	s.run(0, "export", path, "--demo", "--township="+demo.Township, "--full", "--reason=核对")
	b, issues := parse(t, path)
	came, left := 0, 0
	for _, m := range b.Members {
		if m.Rec.Joined != "" && m.Rec.JoinedDay != "" && m.IDNo != "" {
			came++
		}
		if m.Rec.Left != "" && m.Rec.LeftDay != "" {
			left++
		}
	}
	if len(issues) > 0 || len(b.Members) != 8640+167 || came != 167 || left != 167 {
		t.Errorf("%d rows, %d came, %d left; issues %v", len(b.Members), came, left, issues)
	}
	s.has(s.run(2, "figures", "--against=households=1", "--township=1"), "--against")
	s.has(s.run(2, "figures", "--demo", "--keep=县扶贫办"), "--against")
	kept := "核对\t县扶贫办（2026-01-31，李四 录入）\t本系统 1896 户 8640 人，另一来源 1899 户 8403 人，相差 -3 户 +237 人；两个数都留着，没有改动。"
	s.has(s.run(0, "figures", "--demo", "--against=households=1899,people=8403", "--keep=县扶贫办", "--day=2026-01-31", "--by=李四"), kept)
	s.has(s.run(0, "figures", "--demo"), kept, "在册\t1896 户\t8640 人")
	s.has(s.run(0, "quality", "--demo"), kept)
	s.has(s.run(1, "figures", "--demo", "--township=999999", "--against=households=1,people=1", "--keep=甲"), "乡镇")
	s.has(s.run(1, "figures", "--demo", "--township=999999"), "乡镇")
}

// each database with the second township in it.
func eachShell(t *testing.T, f func(t *testing.T, s, empty *shell)) {
	for name, dsn := range map[string]func() string{"sqlite": func() string { return "" }, "mariadb": func() string { return servertest.MariaDB(t, servertest.MariaDBOptions{}) }} {
		t.Run(name, func(t *testing.T) {
			s, empty := newShell(t, dsn()), newShell(t, dsn())
			s.run(0, "migrate")
			empty.run(0, "migrate")
			f(t, s, empty)
		})
	}
}

// parse reads a workbook back.
func parse(t *testing.T, path string) (*roster.Book, []roster.Issue) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, issues, err := roster.Parse(t.Context(), bytes.NewReader(raw), int64(len(raw)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return b, issues
}

// same compares the sheets of two workbooks but the watermark, cell by cell,
// and what would be written of them byte by byte.
func same(t *testing.T, one, two string) {
	t.Helper()
	a, err := excelize.OpenFile(one)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := excelize.OpenFile(two)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cells := 0
	for _, sheet := range a.GetSheetList() {
		x, err := a.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.GetRows(sheet)
		if err != nil || len(x) != len(y) {
			t.Fatalf("%s: %d and %d rows, %v", sheet, len(x), len(y), err)
		}
		for i := range x {
			if cells += len(x[i]); sheet != roster.SheetNote && !slices.Equal(x[i], y[i]) {
				t.Fatalf("%s row %d: %v and %v", sheet, i+1, x[i], y[i])
			}
		}
	}
	var first, second bytes.Buffer
	p, _ := parse(t, one)
	q, _ := parse(t, two)
	if err := roster.Write(&first, p); err != nil {
		t.Fatal(err)
	}
	if err := roster.Write(&second, q); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("not equal byte by byte: %v", err)
	}
	if cells < 5000 {
		t.Errorf("only %d cells compared", cells)
	}
}

func TestExportComesBackEqual(t *testing.T) {
	eachShell(t, func(t *testing.T, s, empty *shell) {
		dir := t.TempDir()
		one, two := filepath.Join(dir, "one.xlsx"), filepath.Join(dir, "two.xlsx")
		s.run(0, "import", book(t, func(b *roster.Book) {
			b.Households[0].Rec.Notes, b.Households[1].Rec.Address = "=1+1", "-2"
			b.Pairings[0].To, b.Pairings[0].Reason = b.Visits[len(b.Visits)-1].Rec.Day, "@调动"
		}))
		s.has(s.run(0, "export", one, "--township="+demo.SecondTownship, "--full", "--reason=交接 & 备份"), "60 户", "269 人", "22 个结对")
		empty.has(empty.run(0, "import", one), "60 户", "；0 处要看", "已全部导入")
		empty.run(0, "export", two, "--township="+demo.SecondTownship, "--full", "--reason=核对")
		same(t, one, two)
		// Where it came from it changes nothing: not a row, not the counter.
		end := s.run(0, "audit", "head")
		s.has(s.run(1, "import", one), "error\t农户!A2\t户编号", "error\t家庭成员!B2\t人编号", "nothing was imported")
		out := s.run(0, "import", "--update", one)
		s.has(out, "已全部导入", "农户：新增 0 户，更新 0 户，不变 60 户", "家庭成员：新增 0 人，更新 0 人，不变 269 人", "结对：新增 0 个，更新 0 个，不变 22 个")
		if n := strings.Count(out, "新增 0 "); n != 6 || n != strings.Count(out, "更新 0 ") || s.run(0, "audit", "head") != end {
			t.Errorf("an export that comes back as an update changes something:\n%s", out)
		}
		empty.has(empty.run(0, "quality"), "没有发现问题")
		if a, b := s.run(0, "figures"), empty.run(0, "figures"); a != b {
			t.Errorf("figures\n%s\nand\n%s", a, b)
		}
	})
}

// TestExportIsMaskedAndCounted: what a role may not see is not in the file,
// who took what is on record, and nobody takes much.
func TestExportIsMaskedAndCounted(t *testing.T) {
	eachShell(t, func(t *testing.T, s, _ *shell) {
		src := book(t, nil)
		b, _ := parse(t, src)
		s.run(0, "import", src)
		dir := t.TempDir()
		town := "--township=" + demo.SecondTownship
		for role, names := range map[string]bool{"T": true, "K": true, "A": false} {
			path := filepath.Join(dir, role+".xlsx")
			s.run(0, "export", path, town, "--as="+role, "--reason=季度检查 "+role)
			text := everything(t, path)
			secret := map[string]bool{}
			for _, m := range b.Members {
				secret[m.IDNo], secret[m.CertNo], secret[m.Diagnosis] = true, true, true
			}
			for _, h := range b.Households {
				secret[h.Phone], secret[h.BankAccount] = true, true
			}
			delete(secret, "")
			if len(secret) < 400 {
				t.Fatalf("only %d values to look for", len(secret))
			}
			for value := range secret {
				if strings.Contains(text, value) {
					t.Fatalf("%s: %s is in the file", role, value)
				}
			}
			if got := strings.Contains(text, b.Members[0].Rec.Name); got != names {
				t.Errorf("%s sees names: %v, want %v", role, got, names)
			}
			s.has(text, "999*************", "季度检查 "+role, "脱敏", "命令行操作员")
			s.has(s.run(1, "import", path), "证件号码", "nothing was imported")
		}
		s.has(s.run(2, "export", filepath.Join(dir, "x.xlsx"), town, "--full"), "--reason")
		s.has(s.run(2, "export", filepath.Join(dir, "x.csv"), town), "--sheet")
		s.has(s.run(2, "export", filepath.Join(dir, "x.xlsx"), town, "--as=C"), "--as")
		s.has(s.run(1, "export", filepath.Join(dir, "T.xlsx"), town), "exists")
		s.has(s.run(1, "export", filepath.Join(dir, "x.xlsx"), "--township=1"), "没有这个乡镇")
		for i := range 6 {
			path := filepath.Join(dir, fmt.Sprintf("full-%d.xlsx", i))
			if i < 5 {
				log := s.run(0, "export", path, town, "--full", "--reason=事由 张某")
				s.has(log, `"msg":"export"`, `"full":true`, `"people":269`)
				if strings.Contains(log, "张某") {
					t.Error("the reason is in the log")
				}
				continue
			}
			s.has(s.run(1, "export", path, town, "--full", "--reason=又一次"), "今天已经导出 5 次")
			if _, err := os.Stat(path); err == nil {
				t.Error("a refused export leaves a file")
			}
		}
		s.run(0, "export", filepath.Join(dir, "masked.xlsx"), town)
	})
}

// everything is all texts of a workbook, headers and footers included.
func everything(t *testing.T, path string) string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out strings.Builder
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			out.WriteString(strings.Join(r, "\t") + "\n")
			for j := range r {
				at, _ := excelize.CoordinatesToCellName(j+1, i+1)
				if formula, err := f.GetCellFormula(sheet, at); err != nil || formula != "" {
					t.Errorf("%s!%s is a formula", sheet, at)
				}
			}
		}
		h, err := f.GetHeaderFooter(sheet)
		if err != nil || sheet != roster.SheetNote && (h == nil || !strings.Contains(h.OddHeader+h.OddFooter, demo.SecondTownship)) {
			t.Errorf("%s: no header and footer: %v %v", sheet, h, err)
		}
	}
	return out.String()
}

// TestImportOfCSV: the township's sheets as a Chinese Excel saves them, all at
// once, and out again.
func TestImportOfCSV(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	b, _ := parse(t, book(t, nil))
	dir := t.TempDir()
	args := []string{"import"}
	for _, sheet := range []string{roster.SheetVisits, roster.SheetMembers, roster.SheetAreas, roster.SheetHouseholds, roster.SheetPairings, roster.SheetCadres} {
		path := filepath.Join(dir, fmt.Sprintf("%d.CSV", len(args)))
		err := newFile(path, func(w io.Writer) error { return roster.WriteCSV(w, b, sheet, roster.CSVOptions{GB18030: true}) })
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	s.has(s.run(2, append(args, book(t, nil))...), "only .csv")
	s.has(s.run(2, append(args, "--marked=x.xlsx")...), "--marked")
	s.has(s.run(1, args[:3]...), "error\t", "nothing was imported")
	s.has(s.run(0, args...), "60 户，269 人", "已全部导入")
	out := filepath.Join(dir, "out.csv")
	s.run(0, "export", out, "--township="+demo.SecondTownship, "--sheet="+roster.SheetMembers, "--full", "--reason=核对")
	text, err := os.ReadFile(out)
	if err != nil || !bytes.HasPrefix(text, []byte("\ufeff完整导出 ")) || !bytes.Contains(text, []byte("\r\n户编号,人编号,")) {
		t.Errorf("%.100s %v", text, err)
	}
}

// TestImportOfOneSheet: single sheets into a township that is there, on both
// databases: new rows, an update, what is refused, and nothing by mistake.
func TestImportOfOneSheet(t *testing.T) {
	eachShell(t, func(t *testing.T, s, _ *shell) {
		b, _ := parse(t, book(t, nil))
		s.run(0, "import", book(t, nil))
		town, dir := "--township="+demo.SecondTownship, t.TempDir()
		file := func(name, text string) string {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		house, cadre := b.Households[0].Rec.Code, b.Cadres[0].Login
		members := file("m.csv", "户编号,人编号,姓名,与户主关系\n"+house+","+house+"99,试新,之子\n")
		s.has(s.run(1, "import", members), "error\t家庭成员!A2\t户编号") // nothing is known without the township
		s.has(s.run(1, "import", town+"9", members), "没有这个乡镇")
		s.has(s.run(0, "import", town, "--dry-run", members), "家庭成员：新增 1 人，更新 0 人，不变 0 人", "没有导入")
		s.has(s.run(0, "import", town, members), "新增 1 人", "已全部导入")
		s.has(s.run(1, "import", town, members), "error\t家庭成员!B2\t人编号\t这个人编号系统里已经有了。")
		s.has(s.run(0, "figures"), "60 户\t270 人")
		houses := file("h.csv", "户编号,行政村,家庭住址,政策兜底\n"+house+","+b.Households[0].Rec.Village+",新址,\n"+house+"8,"+b.Households[0].Rec.Village+",,是\n")
		s.has(s.run(1, "import", town, houses), "error\t农户!A2\t户编号")
		s.has(s.run(0, "import", town, "--update", houses), "农户：新增 1 户，更新 1 户，不变 0 户")
		s.has(s.run(0, "import", town, "--update", houses), "农户：新增 0 户，更新 0 户，不变 2 户")
		s.has(s.run(0, "import", town, "--update", file("p.csv", "户编号,干部工号,开始日期\n"+house+"8,"+cadre+",2024-01-02\n")), "结对：新增 1 个")
		s.has(s.run(0, "audit", "verify"), "0 findings")
	})
}

// TestImportNamesThreeHundredBadRows: every bad cell is named, in the list and
// in the copy that goes back, which can be corrected and handed in again.
func TestImportNamesThreeHundredBadRows(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	b := demo.Townships(5, time.Now())[0]
	var rows []int
	for i := 0; len(rows) < 300; i += 17 {
		m := &b.Members[i]
		m.IDNo = m.IDNo[:16] + string('0'+(m.IDNo[16]-'0'+2)%10) + m.IDNo[17:] // another serial, the old check digit
		rows = append(rows, i+2)
	}
	dir := t.TempDir()
	bad, marked := filepath.Join(dir, "bad.xlsx"), filepath.Join(dir, "marked.xlsx")
	if err := newFile(bad, func(w io.Writer) error { return roster.Write(w, b) }); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	out := s.run(1, "import", bad, "--marked="+marked)
	t.Logf("figure: 8640 rows with 300 bad ones named and marked in %.1f s", time.Since(start).Seconds())
	for _, row := range rows {
		if !strings.Contains(out, fmt.Sprintf("error\t家庭成员!E%d\t证件号码\t", row)) {
			t.Fatalf("row %d is not named", row)
		}
	}
	if n := strings.Count(out, "error\t"); n != 300 {
		t.Errorf("%d errors named, want 300", n)
	}
	f, err := excelize.OpenFile(marked)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, row := range rows {
		text, err := f.GetCellValue(roster.SheetMembers, fmt.Sprintf("AB%d", row)) // behind the 27 columns
		style, err2 := f.GetCellStyle(roster.SheetMembers, fmt.Sprintf("E%d", row))
		if err != nil || err2 != nil || !strings.HasPrefix(text, "证件号码：") || style == 0 {
			t.Fatalf("row %d is marked %q, style %d: %v %v", row, text, style, err, err2)
		}
	}
	_, issues := parse(t, marked)
	if len(issues) != 300 {
		t.Errorf("%d issues in the marked copy, want 300", len(issues))
	}
}

func discardLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestQualityFindsFaults: what the importer takes and the rules do not.
func TestQualityFindsFaults(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	var faulty, asked string
	s.run(0, "import", book(t, func(b *roster.Book) {
		for i := range b.Members {
			switch m := &b.Members[i]; {
			case faulty == "" && m.Rec.Work != "":
				m.Rec.WorkMonths, faulty = 0, m.House
			case asked == "" && m.House != faulty && m.Rec.Insured != "":
				m.Rec.Insured, asked = "", m.House
			}
		}
	}))
	out := s.run(1, "quality")
	s.has(out, "error\twork-months\t户 "+faulty, "question\tinsured-missing\t户 "+asked, "member.workMonths", "block approval")
	if n := strings.Count(out, "\t户 "); n != 2 {
		t.Errorf("%d findings, want 2:\n%s", n, out)
	}
	if strings.Contains(out, "999999") {
		t.Error("an ID number is printed")
	}
	for _, v := range []string{demo.SecondTownship + "201", demo.SecondTownship + "202"} {
		code, text, _ := s.start(t.Context(), "quality", "--township="+demo.SecondTownship, "--village="+v)
		if strings.Contains(text, faulty) != (code == 1) {
			t.Errorf("%s: exit %d\n%s", v, code, text)
		}
	}
}

// TestQualityLooksAcrossTownships: the same person in two townships of the
// county is named in both.
func TestQualityLooksAcrossTownships(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	s.run(0, "import", book(t, nil))
	s.has(s.run(0, "quality"), "没有发现问题")
	other := func(code *string) { *code = strings.Replace(*code, demo.SecondTownship, "999901103", 1) }
	s.run(0, "import", book(t, func(b *roster.Book) {
		b.Households, b.Visits, b.Pairings = b.Households[:3], nil, nil
		for i := range b.Areas {
			other(&b.Areas[i].Code)
			other(&b.Areas[i].Parent)
		}
		for i := range b.Households {
			other(&b.Households[i].Rec.Code)
			other(&b.Households[i].Rec.Village)
		}
		houses := map[string]bool{}
		for i := range b.Households {
			houses[b.Households[i].Rec.Code] = true
		}
		var members []roster.MemberRow
		for _, m := range b.Members {
			if other(&m.House); houses[m.House] {
				members = append(members, m)
			}
		}
		b.Members, b.Cadres = members, nil
		b.Settle()
	}))
	for _, township := range []string{demo.SecondTownship, "999901103"} {
		out := s.run(1, "quality", "--township="+township)
		if n := strings.Count(out, "error\tid-twice\t户 "+township); n < 3 || n != strings.Count(out, "\t户 ") {
			t.Errorf("%s: %d findings\n%s", township, n, out)
		}
	}
	figures := s.run(0, "figures")
	s.has(figures, "999901103）\n在册\t3 户", "今年计划户中没有结对\t")
	if strings.Count(figures, "正在结对\t0 对") != 1 {
		t.Errorf("%s", figures)
	}
}
