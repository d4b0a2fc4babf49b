package roster

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/record"
)

// A value that looks like a formula is text, and comes back as it was.
func TestNoFormulas(t *testing.T) {
	b := sample()
	b.Households[1].Rec.Address = "_x0041_ 和 _x000D_ 是字，不是记号" // the format's own escapes
	evil := []string{`=HYPERLINK("http://x.example","点我")`, "+1+1", "-1+1", "@SUM(A1)", "=1+1"}
	b.Households[0].Rec.Address, b.Households[0].Rec.Notes, b.Households[1].Rec.Notes = evil[0], evil[1], evil[2]
	b.Visits[0].Rec.Text, b.Visits[1].Rec.Text = evil[3], evil[4]
	b.Settle()
	raw := written(t, b)
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	cells, seen := 0, map[string]bool{}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j, v := range row {
				at := letter(j) + itoa(i+1)
				formula, err := f.GetCellFormula(sheet, at)
				if err != nil || formula != "" {
					t.Errorf("%s!%s is a formula: %q %v", sheet, at, formula, err)
				}
				if kind, _ := f.GetCellType(sheet, at); v != "" && kind != excelize.CellTypeInlineString {
					t.Errorf("%s!%s is no text: type %d", sheet, at, kind)
				}
				seen[v] = true
				cells++
			}
		}
	}
	for _, e := range evil {
		if !seen[e] {
			t.Errorf("%q is not in the file as it was written", e)
		}
	}
	if cells < 100 {
		t.Errorf("only %d cells looked at", cells)
	}
	if got, issues := parsed(t, Known{}, raw); len(issues) > 0 || !reflect.DeepEqual(got, b) {
		t.Errorf("read back differs; issues %+v", issues)
	}
}

func TestBlankForm(t *testing.T) {
	b, issues := parsed(t, Known{}, written(t, &Book{}))
	if len(issues) > 0 || !reflect.DeepEqual(b, &Book{}) {
		t.Errorf("book %+v, issues %+v", b, issues)
	}
}

func TestSameBookSameBytes(t *testing.T) {
	first := written(t, sample())
	for range 5 {
		if !bytes.Equal(first, written(t, sample())) {
			t.Fatal("the same book gives other bytes")
		}
	}
}

// Parse(Write(b)) is b, for any book whose rows fit together. rapid prints the
// seed of a failure.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := drawBook(rt)
		var buf bytes.Buffer
		if err := Write(&buf, b); err != nil {
			rt.Fatal(err)
		}
		got, issues := parsed(t, Known{}, buf.Bytes())
		for _, i := range issues {
			if i.Level != Warning {
				rt.Errorf("issue %+v", i)
			}
		}
		if !reflect.DeepEqual(got, b) {
			rt.Errorf("read back differs\ngot  %+v\nwant %+v", got, b)
		}
	})
}

// drawText makes text that survives cleaning: nothing unseen at its ends, no
// control characters, no spreadsheet error values.
func drawText(most int) *rapid.Generator[string] {
	odd := rapid.SampledFrom([]rune("=+-@'\"<>&;,、，。 \n\t_x0041_［］#!{}中文村组户农①€😀é0123456789ABCxyz\u200d\u3000"))
	return rapid.Custom(func(t *rapid.T) string {
		s := clean(string(rapid.SliceOfN(odd, 0, most).Draw(t, "text")))
		if formulaError(s) || utf8.RuneCountInString(s) > most {
			return ""
		}
		return s
	})
}

func drawName() *rapid.Generator[string] {
	return rapid.StringMatching(`[甲乙丙丁][一二三四五六七八九]{1,3}(·[子丑寅卯])?`)
}

// drawField makes a legal value of a declared field.
func drawField(t *rapid.T, f record.Field) string {
	optional := func(s string) string {
		if !f.Required && rapid.IntRange(0, 3).Draw(t, "empty "+f.Name) == 0 {
			return ""
		}
		return s
	}
	switch {
	case len(f.Enum) > 0:
		return optional(rapid.SampledFrom(f.Enum).Draw(t, f.Name))
	case f.Format == "day":
		return optional(fmt.Sprintf("20%02d-%02d-%02d", rapid.IntRange(0, 99).Draw(t, "y"), rapid.IntRange(1, 12).Draw(t, "m"), rapid.IntRange(1, 28).Draw(t, "d")))
	case f.Format == "month":
		return optional(fmt.Sprintf("19%02d-%02d", rapid.IntRange(0, 99).Draw(t, "y"), rapid.IntRange(1, 12).Draw(t, "m")))
	case len(f.Offer) > 0 && f.Kind == record.Text:
		return optional(rapid.SampledFrom(f.Offer).Draw(t, f.Name))
	case f.Name == "exitYear" || f.Name == "planYear" || f.Name == "incomeYear":
		return optional(itoa(rapid.IntRange(1990, int(f.Max)).Draw(t, f.Name)))
	case f.Kind == record.Int:
		n := rapid.Int64Range(max(1, f.Min), f.Max).Draw(t, f.Name)
		return optional(itoa(int(n)))
	case f.Kind == record.Bool:
		return rapid.SampledFrom([]string{"", "1"}).Draw(t, f.Name)
	}
	s := drawText(int(f.Max)).Draw(t, f.Name)
	if f.Required && s == "" {
		return "甲"
	}
	return s
}

func drawAreas(t *rapid.T) []area.Area {
	out := []area.Area{{Code: "999901", Level: area.County, Name: "试县"}, {Code: "999901101", Parent: "999901", Level: area.Township, Name: "试镇", Profile: "regular-2026"}}
	for i := range rapid.IntRange(1, 4).Draw(t, "villages") {
		v := area.Area{Code: fmt.Sprintf("999901101%03d", 200+i), Parent: "999901101", Level: area.Village,
			Name: rapid.SampledFrom([]string{"东村", "西村", "南村", "999901101200"}).Draw(t, "village"), // twins, and a name like a code
			Poor: rapid.SampledFrom([]string{"", "poor", "deep_poor"}).Draw(t, "poor")}
		if v.Poor != "" {
			v.ExitPlan, v.ExitYear = rapid.Int64Range(2000, 2100).Draw(t, "plan"), rapid.SampledFrom([]int64{0, 2020}).Draw(t, "out")
		}
		out = append(out, v, area.Area{Code: v.Code + "01", Parent: v.Code, Level: area.Group, Name: "大寨"})
	}
	return out
}

func drawBook(t *rapid.T) *Book {
	b := &Book{Areas: drawAreas(t)}
	village := func() string {
		return fmt.Sprintf("999901101%03d", 200+rapid.IntRange(0, (len(b.Areas)-2)/2-1).Draw(t, "at"))
	}
	phone := rapid.StringMatching(`(1990000[0-9]{4})?`)
	for i := range rapid.IntRange(0, 3).Draw(t, "cadres") {
		role := rapid.SampledFrom([]string{"C", "V"}).Draw(t, "role")
		c := CadreRow{Login: "c" + itoa(i), Name: drawName().Draw(t, "cadre"), Unit: drawText(60).Draw(t, "unit"), Tier: rapid.SampledFrom([]string{TierCounty, TierTownship, TierVillage}).Draw(t, "tier"),
			Rank: "副科", Phone: phone.Draw(t, "phone"), Role: role}
		if role == "V" {
			c.Village = village()
		}
		b.Cadres = append(b.Cadres, c)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "households") {
		h := HouseRow{Phone: phone.Draw(t, "phone"), Group: rapid.SampledFrom([]string{"", "大寨"}).Draw(t, "group")}
		fill(t, household.HouseholdType, &h.Rec, "address standard class cause exit exitYear planYear safety income danger water notes "+
			"type watch riskAt cleared clearedAt clearedBy noLabour military incomeYear wage business property transfer expense houseArea power tv toilet roadDist road fuel "+
			"farmland forest returned orchard pasture pond bank")
		h.BankAccount = rapid.StringMatching(`(999999[0-9]{2,26})?`).Draw(t, "account")
		if n := rapid.IntRange(0, 5).Draw(t, "risks"); n > 0 {
			f := fieldOf(household.HouseholdType, "risks")
			h.Rec.Risks = record.ListOf(rapid.Permutation(f.Offer).Draw(t, "which")[:n])
		}
		h.Rec.Code, h.Rec.Village = "H"+itoa(i), village()
		if rapid.Bool().Draw(t, "more causes") {
			h.Rec.Causes = record.ListOf([]string{"缺技术", "因病"})
		}
		b.Households = append(b.Households, h)
		drawMembers(t, b, h.Rec.Code)
		if rapid.Bool().Draw(t, "measure") {
			m := MeasureRow{House: h.Rec.Code}
			fill(t, measure.Type, &m.Rec, "kind what risk from amount given stage result fund yieldAmount yieldDay agreedDay arrived arrivedDay")
			b.Measures = append(b.Measures, m)
		}
		drawLinks(t, b, h.Rec.Code)
	}
	b.Settle()
	return b
}

func fill(t *rapid.T, typ *record.Type, r record.Record, names string) {
	for n := range strings.FieldsSeq(names) {
		f, ok := typ.Field(n)
		if !ok {
			t.Fatalf("no field %s", n)
		}
		if err := typ.Set(r, f, drawField(t, f)); err != nil {
			t.Fatal(err)
		}
	}
}

func drawMembers(t *rapid.T, b *Book, house string) {
	for i := range rapid.IntRange(1, 3).Draw(t, "members") {
		m := MemberRow{House: house}
		fill(t, household.MemberType, &m.Rec, "sex birth education school labour work workMonths insured pension left leftDay joined joinedDay service staff serious extra post")
		m.Diagnosis = drawText(200).Draw(t, "diagnosis")
		m.Rec.Code, m.Rec.Name, m.Rec.Relation, m.Rec.Health = house+"-"+itoa(i), drawName().Draw(t, "name"), "之子", rapid.SampledFrom([]string{"", "健康", "残疾,长期慢性病"}).Draw(t, "health")
		if i == 0 {
			m.Rec.Relation, m.Rec.Left = "户主", ""
		}
		if rapid.Bool().Draw(t, "certificate") {
			m.CertNo = idNo("19700305", fmt.Sprintf("%03d", len(b.Members))) + rapid.SampledFrom([]string{"74", "1234"}).Draw(t, "grade")
		}
		m.IDNo = idNo("19700305", fmt.Sprintf("%03d", len(b.Members))) + rapid.SampledFrom([]string{"", "74", "1234"}).Draw(t, "tail")
		b.Members = append(b.Members, m)
	}
}

func drawLinks(t *rapid.T, b *Book, house string) {
	if len(b.Cadres) == 0 {
		return
	}
	login := b.Cadres[rapid.IntRange(0, len(b.Cadres)-1).Draw(t, "cadre")].Login
	b.Pairings = append(b.Pairings, PairingRow{House: house, Cadre: login, From: "2020-01-01", To: "2020-02-01", Reason: drawText(200).Draw(t, "reason")}, PairingRow{House: house, Cadre: login, From: "2020-02-01"})
	v := VisitRow{House: house, Cadre: login}
	fill(t, activity.VisitType, &v.Rec, "day stage needs")
	v.Rec.Text = drawText(2000).Draw(t, "text")
	b.Visits = append(b.Visits, v)
}
