package roster

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/record"
)

// idNo makes a test ID number: region 999999, day of birth, serial.
func idNo(birth, serial string) string {
	s := "999999" + birth + serial
	return s + string(IDCheckDigit(s))
}

// sample is a small clean book: one township, two villages, two households.
func sample() *Book {
	m := func(house, code, name, sex, relation, birth, serial string) MemberRow {
		return MemberRow{House: house, IDNo: idNo(birth, serial), Rec: household.Member{
			Code: code, Name: name, Sex: sex, Relation: relation, Birth: birth[:4] + "-" + birth[4:6], Ethnic: "汉族",
			Education: "小学", Labour: "普通劳动力", Health: "健康", Insured: "是", Pension: "否"}}
	}
	b := &Book{
		Areas: []area.Area{
			{Code: "999901", Level: area.County, Name: "试县"},
			{Code: "999901101", Parent: "999901", Level: area.Township, Name: "试镇", Profile: "alleviation-2016"},
			{Code: "999901101201", Parent: "999901101", Level: area.Village, Name: "东村", Poor: "deep_poor", ExitPlan: 2026},
			{Code: "999901101202", Parent: "999901101", Level: area.Village, Name: "西村"},
			{Code: "99990110120101", Parent: "999901101201", Level: area.Group, Name: "大寨"},
		},
		Households: []HouseRow{
			{Group: "大寨", Phone: "19900000001", Rec: household.Household{Code: "H1", Village: "999901101201", Address: "东村大寨1号", Standard: "国家标准", Class: "一般贫困户",
				Cause: "因病", Causes: record.ListOf([]string{"缺技术", "缺资金"}), Exit: "未脱贫", PlanYear: 2026, Income: 320_050, Danger: "C级", Water: "否", Notes: "备注",
				Type: "脱贫户", Watch: "脱贫不稳定户", Risks: record.ListOf([]string{"因病", "因安全住房"}), RiskAt: "2026-06", Cleared: "否", NoLabour: "否", Military: "是",
				IncomeYear: 2025, Wage: 1_200_000, Business: 300_050, Property: 1, Transfer: 200, Expense: 100, HouseArea: 80, Power: "是", TV: "是", Toilet: "否",
				RoadDist: 1250, Road: "水泥路", Fuel: "柴草", Farmland: 350, Forest: 1205, Returned: 1, Orchard: 10, Pasture: 100, Pond: 5, Bank: "试县农商银行"},
				BankAccount: "9999990000000000001"},
			{Rec: household.Household{Code: "H2", Village: "999901101202", Exit: "已脱贫", ExitYear: 2024, Safety: true}},
		},
		Members: []MemberRow{
			m("H1", "H101", "试一", "男", "户主", "19700305", "001"),
			m("H1", "H102", "试二", "女", "配偶", "19720806", "002"),
			m("H2", "H201", "试三", "男", "户主", "19651111", "003"),
		},
		Cadres: []CadreRow{
			{Login: "c-1", Name: "试甲", Unit: "试镇财政所", Tier: TierTownship, Rank: "一般", Phone: "19900000002", Role: "C"},
			{Login: "c-2", Name: "试乙", Tier: TierCounty, Role: "C"},
			{Login: "v-1", Name: "试丙", Tier: TierVillage, Role: "V", Village: "999901101201"},
		},
		Pairings: []PairingRow{
			{House: "H1", Cadre: "c-1", From: "2024-01-02", To: "2025-01-01", Reason: "调动"},
			{House: "H1", Cadre: "c-2", From: "2025-01-02"},
		},
		Visits: []VisitRow{
			{House: "H1", Cadre: "c-2", Rec: activity.Visit{Day: "2025-02-03", Stage: 1, Text: "认了门"}},
			{House: "H1", Cadre: "c-2", Rec: activity.Visit{Day: "2025-03-03", Stage: 4, Needs: "修水管"}},
		},
	}
	b.Members[1].CertNo, b.Members[1].Diagnosis = idNo("19720806", "002")+"43", "右腿截肢"
	b.Members[1].Rec.Joined, b.Members[1].Rec.JoinedDay, b.Members[1].Rec.Staff = "婚入", "2020-05-01", "否"
	b.Members[1].Rec.Service, b.Members[1].Rec.Extra, b.Members[1].Rec.Post = "否", "是", "是"
	b.Settle()
	return b
}

func written(t *testing.T, b *Book) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := Write(&buf, b); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func parsed(t *testing.T, k Known, raw []byte) (*Book, []Issue) {
	t.Helper()
	b, issues, err := k.Parse(context.Background(), bytes.NewReader(raw), int64(len(raw)), nil)
	if err != nil {
		t.Fatal(err)
	}
	b.src = nil // to be compared with a book made by program
	return b, issues
}

// cadres are the accounts a registry has.
func cadres(logins ...string) func(string) bool {
	return func(l string) bool { return slices.Contains(logins, l) }
}

// edited is b's workbook after change.
func edited(t *testing.T, b *Book, change func(f *excelize.File)) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(written(t, b)))
	if err != nil {
		t.Fatal(err)
	}
	change(f)
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// put sets cells, named by sheet, header and Excel row.
func put(t *testing.T, sheet, head string, row int, v any) func(*excelize.File) {
	return func(f *excelize.File) {
		t.Helper()
		if err := f.SetCellValue(sheet, ref(t, sheet, head, row), v); err != nil {
			t.Fatal(err)
		}
	}
}

func ref(t *testing.T, sheet, head string, row int) string {
	t.Helper()
	for i, h := range headers(t, sheet) {
		if h == head {
			return letter(i) + itoa(row)
		}
	}
	t.Fatalf("%s has no header %s", sheet, head)
	return ""
}

// headers reads a sheet's headers from the blank form.
func headers(t *testing.T, sheet string) []string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(written(t, &Book{})))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows(sheet)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%s: %v, %d rows", sheet, err, len(rows))
	}
	return rows[0]
}

func TestSettle(t *testing.T) {
	b := sample()
	h := b.Households[0]
	if h.Row != 2 || h.Rec.Head != "试一" || h.Rec.People != 2 || h.Rec.Place != "东村大寨" {
		t.Errorf("household %+v", h)
	}
	if b.Areas[4].Township != "999901101" || b.Areas[0].Township != "" || b.Township() != "999901101" {
		t.Errorf("townships %+v", b.Areas)
	}
	b.Members[1].Rec.Left = "外嫁"
	if b.Settle(); b.Households[0].Rec.People != 1 {
		t.Error("a member who left is counted")
	}
	circle := &Book{Areas: []area.Area{{Code: "1", Parent: "2", Level: area.Group}, {Code: "2", Parent: "1", Level: area.Group}}}
	if circle.Settle(); circle.Areas[0].Township != "" {
		t.Error("a circle has a township")
	}
}

// Every synced field of the sheets' records comes from a column, except those
// that the server alone makes: a new field must not be forgotten here.
func TestEveryFieldHasAColumn(t *testing.T) {
	derived := map[string]string{
		"household": "kind people place state erasedAt", "member": "erasedAt", "visit": "met checkinAt lat lng accuracy coord state words flags deviceAt windowAt burden",
		"measure": "visit resultVisit state words agreedBy arrivedBy movedIn movedOut",
	}
	have := map[string]map[string]bool{"household": {}, "member": {}, "visit": {}, "measure": {}}
	for _, c := range householdTable().cols {
		have["household"][c.field.Name] = true
	}
	for _, c := range memberTable().cols {
		have["member"][c.field.Name] = true
	}
	for _, c := range visitTable().cols {
		have["visit"][c.field.Name] = true
	}
	for _, c := range measureTable().cols {
		have["measure"][c.field.Name] = true
	}
	for _, typ := range []*record.Type{household.HouseholdType, household.MemberType, activity.VisitType, measure.Type} {
		for _, f := range typ.Fields {
			if f.Name == "" || have[typ.Name][f.Name] {
				continue
			}
			if !bytes.Contains([]byte(" "+derived[typ.Name]+" "), []byte(" "+f.Name+" ")) {
				t.Errorf("%s.%s has no column and is not said to be derived", typ.Name, f.Name)
			}
		}
	}
}

// Two headers that mean the same thing would make a column unreadable.
func TestHeadersAreDistinct(t *testing.T) {
	check := func(sheet string, all [][]string) {
		seen := map[string]bool{}
		for _, names := range all {
			for _, n := range names {
				if seen[n] {
					t.Errorf("%s: header %s stands twice", sheet, n)
				}
				seen[n] = true
			}
		}
	}
	check(SheetAreas, namesOf(areaTable()))
	check(SheetHouseholds, namesOf(householdTable()))
	check(SheetMembers, namesOf(memberTable()))
	check(SheetCadres, namesOf(cadreTable()))
	check(SheetPairings, namesOf(pairingTable()))
	check(SheetVisits, namesOf(visitTable()))
}

func namesOf[R any](t *table[R]) (all [][]string) {
	for i := range t.cols {
		all = append(all, t.cols[i].names())
	}
	return all
}
