package roster

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daohu/server/access"
	"daohu/server/household"
	"daohu/server/record"
)

// turned is a sealer for tests: what it seals is the text backwards.
type turned struct{}

func (turned) Seal(plain string) (record.Sealed, error) { return record.Sealed(reverse(plain)), nil }

func (turned) Open(s record.Sealed) (string, error) {
	if s == "broken" {
		return "", errors.New("cannot be opened")
	}
	return reverse(string(s)), nil
}

func reverse(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// What each role finds in a row: the projection's rules, and nothing of the
// row's place in the database.
func TestViewOfARole(t *testing.T) {
	number := idNo("19700305", "001")
	h := sample().Households[0].Rec
	h.Meta = record.Meta{Township: "999901101", Household: "house0000001", ID: "house0000001", Seq: 7, Version: 3, MadeBy: "user00000001"}
	h.Phone = record.Sealed(reverse("19900000001"))
	m := sample().Members[0].Rec
	m.IDNo, m.IDIndex = record.Sealed(reverse(number)), "0123456789abcdef0123456789abcdef"
	for _, c := range []struct {
		role                       access.Role
		full                       bool
		phone, idNo, name, address string
	}{
		{"T", false, "199******01", "999*************" + number[16:], "试一", "东村大寨1号"},
		{"K", false, "199******01", "999*************" + number[16:], "试一", "东村大寨1号"},
		{"A", false, "199******01", "999*************" + number[16:], "**", "******"},
		{"T", true, "19900000001", number, "试一", "东村大寨1号"},
		{"A", true, "19900000001", number, "试一", "东村大寨1号"}, // a full one is full
		{"C", false, "19900000001", "", "试一", "东村大寨1号"},
	} {
		v := View{Role: c.role, Full: c.full, Sealer: turned{}}
		row, ok, err := v.House(&h, "大寨")
		if err != nil || !ok {
			t.Fatalf("%+v: %v %v", c, ok, err)
		}
		if row.Phone != c.phone || row.Rec.Address != c.address || row.Group != "大寨" || row.Rec.Meta != (record.Meta{}) || row.Rec.Phone != "" {
			t.Errorf("%s, full %v: %+v", c.role, c.full, row)
		}
		if row.Rec.Income != h.Income || row.Rec.Causes != h.Causes || row.Rec.PlanYear != h.PlanYear || row.Rec.Village != h.Village {
			t.Errorf("%s: plain values differ: %+v", c.role, row.Rec)
		}
		p, ok, err := v.Member(&m, "H1")
		if err != nil || !ok || p.IDNo != c.idNo || p.Rec.Name != c.name || p.House != "H1" || p.Rec.IDIndex != "" || p.Rec.IDNo != "" || p.Rec.Birth != m.Birth {
			t.Errorf("%s, full %v: %+v %v %v", c.role, c.full, p, ok, err)
		}
		for _, s := range []string{row.Rec.MadeBy, p.Rec.ID} {
			if s != "" {
				t.Errorf("%s: %q is in the row", c.role, s)
			}
		}
	}
	for _, role := range []access.Role{"", "X", "TK"} {
		if row, ok, err := (View{Role: role, Sealer: turned{}}).House(&h, ""); ok || err != nil || !reflect.DeepEqual(row, HouseRow{}) {
			t.Errorf("%q sees %+v: %v", role, row, err)
		}
	}
	h.Phone = "broken"
	for _, full := range []bool{true, false} {
		if _, _, err := (View{Role: "T", Full: full, Sealer: turned{}}).House(&h, ""); err == nil {
			t.Error("a value that cannot be opened is passed over")
		}
	}
}

func TestViewOfACadre(t *testing.T) {
	c := CadreRow{Login: "c-1", Name: "试甲", Unit: "试镇财政所", Tier: TierTownship, Role: "C"}
	for role, want := range map[access.Role]string{"T": "19900000002", "K": "199******02", "A": "199******02"} {
		got, err := View{Role: role, Sealer: turned{}}.Cadre(c, record.Sealed(reverse("19900000002")))
		if err != nil || got.Phone != want || got.Name != c.Name || got.Login != c.Login || got.Unit != c.Unit {
			t.Errorf("%s: %+v %v", role, got, err)
		}
	}
	if _, err := (View{Role: "T", Sealer: turned{}}).Cadre(c, "broken"); err == nil {
		t.Error("a value that cannot be opened is passed over")
	}
}

// Every declared field of a household survives a full view.
func TestFullViewKeepsEveryField(t *testing.T) {
	h := household.Household{}
	for _, f := range household.HouseholdType.Fields {
		if f.Name == "" || f.Kind == record.Secret {
			continue
		}
		v := "1"
		if f.Kind == record.Array {
			v = `["a"]`
		}
		if err := household.HouseholdType.Set(&h, f, v); err != nil {
			t.Fatal(err)
		}
	}
	row, _, err := View{Full: true, Sealer: turned{}}.House(&h, "")
	if err != nil || !reflect.DeepEqual(row.Rec, h) {
		t.Errorf("%+v, want %+v: %v", row.Rec, h, err)
	}
}

func TestWatermark(t *testing.T) {
	n := Note{ID: "abcdefghijkl", Township: "999901101 试镇", Who: "user00000001", At: "2026-07-14 09:30", Why: "=1+1 & 核对", Masked: true}
	var buf, again bytes.Buffer
	want := sample()
	if err := WriteNoted(&buf, want, n); err != nil {
		t.Fatal(err)
	}
	if err := WriteNoted(&again, want, n); err != nil || !bytes.Equal(buf.Bytes(), again.Bytes()) {
		t.Errorf("the same book and watermark give other bytes: %v", err)
	}
	if got, issues := parsed(t, Known{}, buf.Bytes()); len(issues) != 1 || issues[0].Code != CodeMasked || !HasErrors(issues) || !reflect.DeepEqual(got, want) {
		t.Errorf("a masked one read back: %+v", issues)
	}
	for masked, line := range map[bool]string{true: n.Line(), false: strings.Replace(n.Line(), maskedKind, "完整导出", 1)} {
		var sheet bytes.Buffer
		if err := WriteCSV(&sheet, want, SheetAreas, CSVOptions{Title: line}); err != nil {
			t.Fatal(err)
		}
		if _, issues := parsedCSV(t, Known{}, CSVFile{Name: "x.csv", Body: &sheet}); HasErrors(issues) != masked {
			t.Errorf("a sheet of one, masked %v: %+v", masked, issues)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	list := f.GetSheetList()
	if list[len(list)-1] != SheetNote || len(list) != 8 {
		t.Errorf("sheets %v", list)
	}
	rows, err := f.GetRows(SheetNote)
	if err != nil {
		t.Fatal(err)
	}
	var words string
	for _, r := range rows {
		words += strings.Join(r, " ")
	}
	for _, w := range []string{n.ID, n.Township, n.Who, n.At, n.Why, "脱敏"} {
		if !strings.Contains(words, w) {
			t.Errorf("%q is not on the sheet", w)
		}
	}
	for _, sheet := range list[:7] {
		h, err := f.GetHeaderFooter(sheet)
		if err != nil || h == nil || !strings.Contains(h.OddHeader, "=1+1 && 核对") || !strings.Contains(h.OddFooter, n.ID) {
			t.Errorf("%s: %+v %v", sheet, h, err)
		}
	}
	n.Masked, n.Why = false, strings.Repeat("长", 200)
	buf.Reset()
	if err := WriteNoted(&buf, want, n); err != nil || !strings.Contains(n.Line(), "完整") {
		t.Errorf("a long reason: %v", err)
	}
	if got, issues := parsed(t, Known{}, buf.Bytes()); len(issues) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("a full one read back differs: %+v", issues)
	}
}

// A marked copy names every issue beside its row, colours the cells, leaves
// the rest as it was, and is read like the workbook itself.
func TestMark(t *testing.T) {
	raw := edited(t, sample(), func(f *excelize.File) {
		put(t, SheetMembers, "证件号码", 3, "123")(f)
		put(t, SheetMembers, "性别", 3, "女性")(f)
		put(t, SheetMembers, "出生年月", 4, "1965-10")(f)
		put(t, SheetHouseholds, "备注", 1, "备忘")(f)
		style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			t.Fatal(err)
		}
		put(t, SheetVisits, "日期", 3, 99999)(f)
		if err := f.SetCellStyle(SheetVisits, ref(t, SheetVisits, "日期", 3), ref(t, SheetVisits, "日期", 3), style); err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetName(SheetMembers, "人员信息"); err != nil {
			t.Fatal(err)
		}
	})
	known := Known{Today: "2026-07-14"}
	_, before := parsed(t, known, raw)
	var buf bytes.Buffer
	if err := Mark(&buf, bytes.NewReader(raw), int64(len(raw)), before); err != nil {
		t.Fatal(err)
	}
	_, after := parsed(t, known, buf.Bytes())
	if len(before) != 5 || !reflect.DeepEqual(before, after) {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	f, err := excelize.OpenReader(bytes.NewReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	words := func(sheet, at string) string {
		s, err := f.GetCellValue(sheet, at)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	column := letter(len(headers(t, SheetMembers)))
	if got := words("人员信息", column+"3"); !strings.Contains(got, "性别：") || !strings.Contains(got, "证件号码：") {
		t.Errorf("row 3 says %q", got)
	}
	if words("人员信息", column+"1") != markHead || words("人员信息", column+"2") != "" || words("人员信息", "A3") != "H1" {
		t.Errorf("%q %q %q", words("人员信息", column+"1"), words("人员信息", column+"2"), words("人员信息", "A3"))
	}
	for at, want := range map[string]string{"人员信息!" + ref(t, SheetMembers, "证件号码", 3): "FFC7CE", "人员信息!" + ref(t, SheetMembers, "出生年月", 4): "FFEB9C", "人员信息!B3": ""} {
		sheet, cell, _ := strings.Cut(at, "!")
		id, err := f.GetCellStyle(sheet, cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(style.Fill.Color, ""); got != want {
			t.Errorf("%s is coloured %q, want %q", at, got, want)
		}
	}
	id, err := f.GetCellStyle(SheetVisits, ref(t, SheetVisits, "日期", 3))
	if err != nil {
		t.Fatal(err)
	}
	if style, err := f.GetStyle(id); err != nil || style.NumFmt != 14 || len(style.Fill.Color) != 1 {
		t.Errorf("a date lost its form: %+v %v", style, err)
	}
}

// Marking a corrected copy again takes the old words away.
func TestMarkAgain(t *testing.T) {
	raw := edited(t, sample(), func(f *excelize.File) {
		put(t, SheetMembers, "证件号码", 3, "123")(f)
		put(t, SheetMembers, "性别", 4, "女性")(f)
	})
	_, issues := parsed(t, Known{}, raw)
	var once, twice bytes.Buffer
	if err := Mark(&once, bytes.NewReader(raw), int64(len(raw)), issues); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(once.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	put(t, SheetMembers, "性别", 4, "男")(f)
	var corrected bytes.Buffer
	if err := f.Write(&corrected); err != nil {
		t.Fatal(err)
	}
	_, issues = parsed(t, Known{}, corrected.Bytes())
	if len(issues) != 1 {
		t.Fatalf("%+v", issues)
	}
	if err := Mark(&twice, bytes.NewReader(corrected.Bytes()), int64(corrected.Len()), issues); err != nil {
		t.Fatal(err)
	}
	if f, err = excelize.OpenReader(bytes.NewReader(twice.Bytes())); err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows(SheetMembers)
	if err != nil {
		t.Fatal(err)
	}
	width := len(headers(t, SheetMembers))
	if len(rows[0]) != width+1 || len(rows[2]) != width+1 || len(rows[3]) > width && rows[3][width] != "" {
		t.Errorf("%q\n%q\n%q", rows[0], rows[2], rows[3])
	}
	for _, hostile := range [][]byte{nil, []byte("户编号"), raw[:len(raw)/2]} {
		if err := Mark(&twice, bytes.NewReader(hostile), int64(len(hostile)), issues); err == nil {
			t.Error("a hostile file is marked")
		}
	}
}
