package roster

import (
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daohu/server/access"
	"daohu/server/record"
)

// column finds a declared column by its header or one of its aliases.
func columnNamed[R any](t *testing.T, tab *table[R], head string) *column[R] {
	t.Helper()
	i := tab.find(head)
	if i < 0 {
		t.Fatalf("%s has no column %s", tab.sheet, head)
	}
	return &tab.cols[i]
}

// Every number and every other spelling of every code list is read as its word
// wherever the list is used: the lists are the only place where a code stands.
func TestEverySpellingOfEveryList(t *testing.T) {
	read := 0
	check := func(sheet, head string, f record.Field, in func(string) (string, *record.Problem)) {
		if f.List == "" {
			return
		}
		for _, it := range record.ListNamed(f.List).Items {
			for _, s := range append([]string{it.Word, it.Code, " " + it.Word + "　"}, it.Also...) {
				if strings.TrimSpace(s) == "" {
					continue
				}
				want := it.Word
				if f.Kind == record.Array && f.Name == "causes" {
					want = string(record.ListOf([]string{it.Word}))
				}
				if got, p := in(s); p != nil || got != want {
					t.Errorf("%s %s: %q is read %q (%v), want %q", sheet, head, s, got, p, want)
				}
				read++
			}
		}
	}
	for i := range householdTable().cols {
		c := &householdTable().cols[i]
		check(SheetHouseholds, c.head, c.field, func(s string) (string, *record.Problem) { return c.read(&env{}, s) })
	}
	for i := range memberTable().cols {
		c := &memberTable().cols[i]
		check(SheetMembers, c.head, c.field, func(s string) (string, *record.Problem) { return c.read(&env{}, s) })
	}
	if read < 300 {
		t.Errorf("only %d spellings were read", read)
	}
}

// What people and programs make of the words of a list.
func TestWordsAsPeopleWriteThem(t *testing.T) {
	house, member := householdTable(), memberTable()
	for _, c := range []struct{ head, in, want string }{
		{"AAC006", "1", "一般贫困户"}, {"AAC006", "０４", "低保贫困户"}, {"主要致贫原因", "8", "缺劳力"}, {"脱贫标志", "0", "未脱贫"},
		{"是否危房", "c", "C级"}, {"是否危房", "ｄ级", "D级"}, {"是否危房", "无", "否"}, {"AAC316", "3", "水泥路"}, {"AAC320", "99", "其他"},
		{"AAC012", "√", "是"}, {"整户无劳动能力兜底保障户", "0", "否"}, {"其他致贫原因", "3、因病", `["因学","因病"]`},
		{"致贫/返贫风险1", "住房出现安全问题", "因安全住房"}, {"致贫／返贫风险2", "因旱", "因旱"}, // a word that the list does not know stays
	} {
		if got, p := columnNamed(t, house, c.head).read(&env{}, c.in); p != nil || got != c.want {
			t.Errorf("%s %q: %q %v, want %q", c.head, c.in, got, p, c.want)
		}
	}
	for _, c := range []struct{ head, in, want string }{
		{"AAB006", "妻", "配偶"}, {"AAB006", "儿 子", "之子"}, {"AAB006", "1", "户主"}, {"AAB006", "表弟", "表弟"}, {"AAB003", "2", "女"},
		{"健康状况", "残疾、长期慢性病", "残疾,长期慢性病"}, {"减少原因", "婚出", "外嫁"}, {"减少原因", "被 领养", "被 领养"}, {"AAB019", "N", "否"},
	} {
		if got, p := columnNamed(t, member, c.head).read(&env{}, c.in); p != nil || got != c.want {
			t.Errorf("%s %q: %q %v, want %q", c.head, c.in, got, p, c.want)
		}
	}
	for _, c := range []struct{ head, in, code string }{
		{"贫困户属性", "02", "not-allowed"}, {"主要致贫原因", "12", "not-allowed"}, {"其他致贫原因", "因病、懒", "not-allowed"}, {"风险是否已消除", "部分", "not-allowed"},
		{"银行账号", "6.2284804025649E+18", CodeNumberLost}, {"银行账号", "1234", "format"}, {"银行账号", "99999900000000a1", "format"},
		{"银行账号", strings.Repeat("9", 33), "too-long"}, {"识别监测时间", "去年", "format"},
	} {
		if got, p := columnNamed(t, house, c.head).read(&env{}, c.in); p == nil || p.Code != c.code {
			t.Errorf("%s %q: %q %v, want %s", c.head, c.in, got, p, c.code)
		}
	}
	id := idNo("19700305", "001")
	for in, ok := range map[string]bool{id + "43": true, id + "4312": true, id: false, id + "93": false} {
		if _, p := columnNamed(t, member, "残疾证号").read(&env{}, in); (p == nil) != ok {
			t.Errorf("certificate %q: %v, accepted should be %v", in, p, ok)
		}
	}
}

// Land in hundredths of a mu, ways in metres, houses in whole square metres,
// and how they are written again.
func TestMeasuredValues(t *testing.T) {
	tab := householdTable()
	for _, c := range []struct{ head, in, want, out string }{
		{"耕地", "3.5亩", "350", "3.50"}, {"耕地面积(亩)", "12", "1200", "12"}, {"林地", "0.01", "1", "0.01"}, {"水面", "1,000", "100000", "1000"},
		{"牧草地(亩)", "3.2999999999999998", "330", "3.30"}, {"AAC315", "1.25公里", "1250", "1.250"}, {"与村主干路距离(km)", "0.005", "5", "0.005"},
		{"AAC317", "80.4㎡", "80", "80"}, {"住房面积", "79.5 平方米", "80", "80"}, {"住房面积", "120", "120", "120"}, {"工资性收入", "¥1,234.50", "123450", "1234.50"},
	} {
		col := columnNamed(t, tab, c.head)
		got, p := col.read(&env{}, c.in)
		if p != nil || got != c.want || col.out(&env{}, got) != c.out {
			t.Errorf("%s %q: %q %v written %q, want %q and %q", c.head, c.in, got, p, col.out(&env{}, got), c.want, c.out)
		}
	}
	for _, c := range []struct{ head, in string }{
		{"耕地", "3.555"}, {"耕地", "-1"}, {"耕地", "100001"}, {"耕地", "三亩"}, {"AAC315", "0.0005"}, {"AAC315", "101"}, {"住房面积", "2001"}, {"住房面积", "很大"}, {"住房面积", "1e99999999"},
	} {
		if got, p := columnNamed(t, tab, c.head).read(&env{}, c.in); p == nil {
			t.Errorf("%s %q is read as %q", c.head, c.in, got)
		}
	}
}

// The national export has five columns of risks: what stands in them closes up
// in order, and is written into the first ones again.
func TestRisksCloseUp(t *testing.T) {
	raw := edited(t, sample(), func(f *excelize.File) {
		put(t, SheetHouseholds, "致贫/返贫风险1", 2, "")(f)
		put(t, SheetHouseholds, "致贫/返贫风险2", 2, "缺劳动力")(f)
		put(t, SheetHouseholds, "致贫/返贫风险3", 2, " ")(f)
		put(t, SheetHouseholds, "致贫/返贫风险5", 2, "因病")(f)
	})
	b, issues := parsed(t, Known{}, raw)
	if want := record.ListOf([]string{"缺劳动力", "因病"}); len(issues) > 0 || b.Households[0].Rec.Risks != want {
		t.Fatalf("risks %s, want %s; %+v", b.Households[0].Rec.Risks, want, issues)
	}
	again, _ := parsed(t, Known{}, written(t, b))
	if !reflect.DeepEqual(again, b) {
		t.Error("risks are written otherwise than they are read")
	}
}

// The three sealed fields, the bank and the rest, as each role takes them out.
func TestSealedColumnsOfARole(t *testing.T) {
	id := idNo("19720806", "002")
	h := sample().Households[0].Rec
	h.BankAccount = record.Sealed(reverse("9999990000000000001"))
	m := sample().Members[1].Rec
	m.CertNo, m.Diagnosis = record.Sealed(reverse(id+"43")), record.Sealed(reverse("右腿截肢"))
	for _, c := range []struct {
		role                         string
		full                         bool
		account, bank, cert, illness string
	}{
		{"T", false, "999**************01", "试县农商银行", "999***************43", "***"},
		{"K", false, "999**************01", "试县农商银行", "999***************43", "***"},
		{"A", false, "999**************01", "", "999***************43", "***"},
		{"T", true, "9999990000000000001", "试县农商银行", id + "43", "右腿截肢"},
		{"C", false, "", "", "", ""}, {"V", false, "", "", "", ""}, {"H", false, "", "", "", ""},
	} {
		v := View{Role: access.Role(c.role), Full: c.full, Sealer: turned{}}
		row, ok, err := v.House(&h, "")
		if err != nil || !ok || row.BankAccount != c.account || row.Rec.Bank != c.bank || row.Rec.BankAccount != "" {
			t.Errorf("%s, full %v: account %q bank %q %v", c.role, c.full, row.BankAccount, row.Rec.Bank, err)
		}
		p, ok, err := v.Member(&m, "H1")
		if err != nil || !ok || p.CertNo != c.cert || p.Diagnosis != c.illness || p.Rec.CertNo != "" || p.Rec.Diagnosis != "" {
			t.Errorf("%s, full %v: certificate %q diagnosis %q %v", c.role, c.full, p.CertNo, p.Diagnosis, err)
		}
	}
}

// A column for a field that is not declared is a bug of ours: it must not
// start silently.
func TestUnknownFieldPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a column of no field was made")
		}
	}()
	ofHouse("没有", "nothing")
}
