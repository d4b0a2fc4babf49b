package roster

import (
	"bytes"
	"context"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"daohu/server/activity"
	"daohu/server/fault"
)

func file(name, body string) CSVFile { return CSVFile{Name: name, Body: strings.NewReader(body)} }

func gb(t testing.TB, s string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func parsedCSV(t *testing.T, k Known, files ...CSVFile) (*Book, []Issue) {
	t.Helper()
	b, issues, err := k.ParseCSV(context.Background(), files, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.src = nil
	return b, issues
}

// asCSV writes every sheet of b.
func asCSV(t testing.TB, b *Book, o CSVOptions) []CSVFile {
	t.Helper()
	var out []CSVFile
	for _, s := range sheets() {
		var buf bytes.Buffer
		if err := WriteCSV(&buf, b, s.name(), o); err != nil {
			t.Fatal(err)
		}
		out = append(out, CSVFile{Name: s.name() + ".csv", Body: &buf})
	}
	return out
}

// What a Chinese Excel writes: GB18030, CRLF, quotes around cells with commas,
// quotes and line breaks, empty cells at the ends of rows, a blank row.
func excelCSV() string {
	id := idNo("19700305", "001")
	return strings.Join([]string{
		"附件1：农户名册,,,,,,",
		"户编号,行政村,户主姓名,联系电话,脱贫标志,人均纯收入(元),备注",
		"H1,东村,试一,19900000001,未脱贫,\"3,200.50\",\"屋顶漏水，\"\"急\"\"",
		"已报\"",
		",,,,,,",
		"",
		"H2,西村,试三,,已脱贫,7500,㐀𠀀 镕", // beyond GBK: four bytes in GB18030
		"H3,东村,试四," + id[:10] + ",未脱贫,,",
	}, "\r\n") + "\r\n"
}

const membersCSV = "户编号,人编号,姓名,性别,证件号码,与户主关系\r\nH1,H101,试一,男,9.99999E+17,户主\r\nH2,H201,试三,男,\t%s,户主\r\nH3,H301,试四,男,,户主\r\n"

func TestCSVOfAChineseExcel(t *testing.T) {
	known := Known{Areas: sample().Areas}
	members := strings.Replace(membersCSV, "%s", idNo("19651111", "003"), 1)
	var first *Book
	for name, encode := range map[string]func(string) string{
		"GB18030":                 func(s string) string { return gb(t, s) },
		"UTF-8":                   func(s string) string { return s },
		"UTF-8 with a mark":       func(s string) string { return bom + s },
		"tabs":                    func(s string) string { return strings.NewReplacer("\t", "", "3,200", "3200", ",", "\t").Replace(s) },
		"semicolons":              func(s string) string { return strings.NewReplacer("3,200", "3200", ",", ";").Replace(s) },
		"GB18030 and plain lines": func(s string) string { return gb(t, strings.ReplaceAll(s, "\r\n", "\n")) },
	} {
		b, issues := parsedCSV(t, known, file("户.csv", encode(excelCSV())), file("人.csv", encode(members)))
		want := []fact{
			{Error, SheetHouseholds, 7, "联系电话", "format", ""},
			{Error, SheetMembers, 2, "证件号码", CodeNumberLost, ""},
			{Warning, SheetMembers, 4, "证件号码", CodeNoID, ""},
		}
		if got := facts(issues); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: issues %+v\nwant %+v", name, got, want)
			continue
		}
		if !strings.Contains(issues[1].Reason, "Excel") || issues[1].Column != "E" {
			t.Errorf("%s: %+v", name, issues[1])
		}
		if first == nil {
			first = b
		}
		if !reflect.DeepEqual(b, first) {
			t.Errorf("%s: read as something else", name)
		}
	}
	h := first.Households
	if h[0].Rec.Notes != "屋顶漏水，\"急\"\n已报" || h[0].Rec.Income != 320_050 || h[0].Rec.Village != "999901101201" || h[0].Row != 3 {
		t.Errorf("%+v", h[0])
	}
	if h[1].Rec.Notes != "㐀𠀀 镕" || h[1].Row != 6 || h[2].Row != 7 || first.Members[1].IDNo != idNo("19651111", "003") {
		t.Errorf("%+v %+v", h[1], first.Members[1])
	}
}

// The ways in which people keep a long number's digits and its leading zeros.
func TestCSVNumbersKeptAsText(t *testing.T) {
	id := idNo("19651111", "003")
	head := "户编号,人编号,姓名,证件号码,与户主关系\r\n"
	for _, keep := range []string{"'%s", "\"'%s\"", "=\"%s\"", "\"=\"\"%s\"\"\"", "\t%s", "\"\t%s\"", "＇%s", " %s "} {
		row := strings.Join([]string{kept(keep, "0012"), kept(keep, "001201"), "试一", kept(keep, id), "户主"}, ",") + "\r\n"
		for name, encode := range map[string]func(string) string{"UTF-8": func(s string) string { return s }, "GB18030": func(s string) string { return gb(t, s) }} {
			b, issues := parsedCSV(t, Known{Households: []string{"0012"}}, file("人.csv", encode(head+row)))
			if keep == "＇%s" { // a full-width apostrophe is no mark: it is named, not guessed
				if !HasErrors(issues) {
					t.Errorf("%s: %+v", keep, b.Members)
				}
				continue
			}
			if len(issues) > 0 || len(b.Members) != 1 || b.Members[0].House != "0012" || b.Members[0].Rec.Code != "001201" || b.Members[0].IDNo != id {
				t.Errorf("%s in %s: %+v %+v", keep, name, b.Members, issues)
			}
		}
	}
	for _, s := range []string{"'12", "''12", "'", "'x", `="12"`, `="x"`, "'=1", "12", "0012", "1234567890123"} { // as texts of our own they come back
		b := &Book{Visits: []VisitRow{{House: "H1", Cadre: "c-1", Rec: activity.Visit{Day: "2025-02-03", Text: s}}}}
		b.Settle()
		var buf bytes.Buffer
		if err := WriteCSV(&buf, b, SheetVisits, CSVOptions{}); err != nil {
			t.Fatal(err)
		}
		if got, issues := parsedCSV(t, Known{Households: []string{"H1"}, Cadre: cadres("c-1")}, CSVFile{Body: &buf}); len(issues) > 0 || got.Visits[0].Rec.Text != s {
			t.Errorf("%q: %+v %+v", s, got.Visits, issues)
		}
	}
}

func kept(keep, s string) string { return strings.Replace(keep, "%s", s, 1) }

// A number that a spreadsheet shows with an exponent is rounded, whatever it
// was; in a workbook the cell still has its digits.
func TestRoundedNumbers(t *testing.T) {
	known := Known{Areas: sample().Areas}
	head := "户编号,行政村,联系电话,人均纯收入(元)\n"
	for _, row := range []string{"H1,东村,1.99E+10,1", "H1,东村,,1.2E+05", "9.99901E+15,东村,,1", "H1,9.99901E+11,,1"} {
		_, issues := parsedCSV(t, known, file("a.csv", head+row))
		lost := slices.ContainsFunc(issues, func(i Issue) bool { return i.Code == CodeNumberLost || i.Code == CodeNoVillage })
		if !lost {
			t.Errorf("%s: %+v", row, issues)
		}
	}
	raw := edited(t, sample(), put(t, SheetHouseholds, "联系电话", 2, 1.9900000001e10))
	if _, issues := parsed(t, Known{}, raw); len(issues) > 0 {
		t.Errorf("a workbook's number: %+v", issues)
	}
}

func TestCSVRoundTrip(t *testing.T) {
	for _, o := range []CSVOptions{{}, {GB18030: true}, {Title: "=脱敏导出 试镇"}, {GB18030: true, Title: "导出"}} {
		want := sample()
		want.Households[0].Rec.Notes, want.Households[1].Rec.Notes = "=1+1", "'@x"
		want.Visits[0].Rec.Text = "-1\n\"二\", 三"
		want.Settle()
		got, issues := parsedCSV(t, Known{}, asCSV(t, want, o)...)
		if o.Title != "" { // the rows stand one lower
			got.Settle()
		}
		if len(issues) > 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: read back differs; issues %+v", o, issues)
		}
	}
}

func TestCSVRoundTripOfAnyBook(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := drawBook(rt)
		got, issues := parsedCSV(t, Known{}, asCSV(t, want, CSVOptions{GB18030: rapid.Bool().Draw(rt, "gb")})...)
		if HasErrors(issues) || !reflect.DeepEqual(got, want) {
			rt.Errorf("read back differs\nissues %+v\ngot  %+v\nwant %+v", issues, got, want)
		}
	})
}

// No cell of a written file begins like a formula, and long numbers are texts.
func TestCSVIsGuarded(t *testing.T) {
	b := sample()
	evil := []string{`=HYPERLINK("http://x.example","点我")`, "+1+1", "-1+1", "@SUM(A1)", "'=1+1", "''", "＝1+1"}
	b.Households[0].Rec.Address, b.Households[0].Rec.Notes, b.Households[1].Rec.Notes = evil[0], evil[1], evil[2]
	b.Visits[0].Rec.Text, b.Visits[1].Rec.Text, b.Visits[1].Rec.Needs, b.Households[1].Rec.Address = evil[3], evil[4], evil[5], evil[6]
	b.Settle()
	for _, f := range asCSV(t, b, CSVOptions{Title: "+导出"}) {
		text, err := io.ReadAll(f.Body)
		if err != nil {
			t.Fatal(err)
		}
		r := reader(strings.TrimPrefix(string(text), bom), ',')
		for {
			cells, err := r.Read()
			if err != nil {
				break
			}
			for _, c := range cells {
				if c != "" && strings.ContainsRune("=+-@＝", []rune(c)[0]) {
					t.Errorf("%s: %q may be calculated", f.Name, c)
				}
				if len(c) > 11 && digits(c) {
					t.Errorf("%s: %q will lose digits", f.Name, c)
				}
			}
		}
		if bytes.Contains(bytes.ReplaceAll(text, []byte("\r\n"), nil), []byte("\n")) {
			t.Errorf("%s has lines that end otherwise", f.Name)
		}
	}
	got, issues := parsedCSV(t, Known{}, asCSV(t, b, CSVOptions{})...)
	if len(issues) > 0 || !reflect.DeepEqual(got, b) {
		t.Errorf("read back differs; issues %+v", issues)
	}
	if err := WriteCSV(io.Discard, b, "别的", CSVOptions{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("no such sheet: %v", err)
	}
}

func TestCSVThatIsNone(t *testing.T) {
	good := "户编号,行政村\nH1,东村\n"
	for why, c := range map[string]struct {
		body string
		code fault.Code
	}{
		"Unicode text":         {"\xff\xfeb7\x01\x7f", fault.BadMedia},
		"a workbook":           {"PK\x03\x04\x00\x00", fault.BadMedia},
		"neither encoding":     {good + "\xff\xff", fault.BadMedia},
		"a mark and not UTF-8": {bom + gb(t, good), fault.BadMedia},
		"a quote left open":    {good + "H2,\"东村\nH3,西村\n", fault.BadMedia},
		"too large":            {good + strings.Repeat("H2,东村\n", 3_000_000), fault.TooLarge},
		"too many rows":        {good + strings.Repeat("H2,x\n", maxRows+1), fault.TooLarge},
		"too wide":             {good + strings.Repeat(",", maxColumns+1) + "\n", fault.TooLarge},
	} {
		if _, _, err := (Known{}).ParseCSV(context.Background(), []CSVFile{file("坏.csv", c.body)}, nil); !fault.Is(err, c.code) {
			t.Errorf("%s: %v, want %s", why, err, c.code)
		}
	}
	_, issues := parsedCSV(t, Known{Areas: sample().Areas}, file("甲.csv", good), file("乙.csv", good), file("丙.csv", "编号,村名\n1,2\n"), file("空.csv", ""))
	var got []fact
	for _, f := range facts(issues) {
		if f.sheet != SheetHouseholds && f.sheet != SheetMembers {
			got = append(got, f)
		}
	}
	want := []fact{{Error, "乙.csv", 0, "", CodeTwiceSheet, ""}, {Error, "丙.csv", 0, "", CodeSheet, ""}, {Error, "空.csv", 0, "", CodeSheet, ""}}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%+v is not named: %+v", w, got)
		}
	}
}

// Pairings and visits share two columns: the others tell them apart.
func TestSheetIsToldByItsHeaders(t *testing.T) {
	for _, f := range asCSV(t, &Book{}, CSVOptions{}) {
		title, _, err := readCSV(f)
		if err != nil || title+".csv" != f.Name {
			t.Errorf("%s is taken for %q: %v", f.Name, title, err)
		}
	}
	if title, _, _ := readCSV(file("x", "户编号,干部工号,日期\n")); title != SheetVisits {
		t.Errorf("visits are taken for %q", title)
	}
	if title, _, _ := readCSV(file("x", "AAC001,AAK110,AAR020\n")); title != SheetPairings {
		t.Errorf("pairings are taken for %q", title)
	}
}
