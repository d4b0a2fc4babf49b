package roster

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"daohu/server/area"
	"daohu/server/household"
	"daohu/server/record"
)

// ISO 7064 MOD 11-2 says it the other way round: the sum of all 18 characters
// times 2^(18-i), X counting 10, leaves 1. One wrong digit or two neighbours
// exchanged never leave 1.
func TestIDCheckDigit(t *testing.T) {
	holds := func(s string) bool {
		sum := 0
		for _, c := range []byte(s) {
			v := int(c - '0')
			if c == 'X' {
				v = 10
			}
			sum = (sum*2 + v) % 11
		}
		return sum == 1
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := idNo(rapid.StringMatching(`19[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])`).Draw(rt, "birth"), rapid.StringMatching(`[0-9]{3}`).Draw(rt, "serial"))
		if !holds(s) || CheckID(s) != nil {
			rt.Fatalf("%s does not hold: %v", s, CheckID(s))
		}
		at := rapid.IntRange(0, 16).Draw(rt, "at")
		b := []byte(s)
		b[at] = '0' + (b[at]-'0'+byte(rapid.IntRange(1, 9).Draw(rt, "by")))%10
		if CheckID(string(b)) == nil {
			rt.Errorf("%s passes with digit %d changed", b, at)
		}
		b = []byte(s)
		if b[16] != b[15] {
			b[15], b[16] = b[16], b[15]
			if CheckID(string(b)) == nil {
				rt.Errorf("%s passes with two digits exchanged", b)
			}
		}
	})
	for _, bad := range []string{"", "1234567890123456", "1234567890123456a"} {
		if IDCheckDigit(bad) != 0 {
			t.Errorf("%q has a check digit", bad)
		}
	}
}

func TestIDNumberForms(t *testing.T) {
	good := idNo("19700305", "001")
	remade := func(body string) string { return body + string(IDCheckDigit(body)) }
	for _, c := range []struct {
		why, s string
		ok     bool
	}{
		{"ID card", good, true},
		{"disability certificate", good + "14", true},
		{"22 characters", good + "1234", true},
		{"19 characters", good + "1", false},
		{"certificate of kind 8", good + "81", false},
		{"certificate of grade 5", good + "15", false},
		{"letters after it", good + "AB", false},
		{"30 February", remade("99999919700230001"), false},
		{"born in 1700", remade("99999917000203001"), false},
		{"no such region", remade("00010119700305001"), false},
		{"letter inside", "99999919700X050010", false},
	} {
		if got := CheckID(c.s) == nil; got != c.ok {
			t.Errorf("%s: accepted %v, want %v", c.why, got, c.ok)
		}
	}
	if IDSex(good) != "男" || IDSex(idNo("19700305", "002")) != "女" || IDBirth(good) != "1970-03" {
		t.Error("sex or birth read wrongly")
	}
}

func TestNumbersAsExcelKeepsThem(t *testing.T) {
	for _, c := range []struct{ in, want, problem string }{
		{"1.9900000001E10", "19900000001", ""}, {"9.9990110100001E+13", "99990110100001", ""}, {"12.0", "12", ""}, {"Ｈ１ ２", "H12", ""},
		{"9.9999919700305E+17", "", CodeNumberLost}, {"1.5E0", "", CodeNumberLost}, {"2E5", "2E5", ""}, {"a.0", "a.0", ""},
	} {
		got, p := code(nil, record.Field{}, c.in)
		if got != c.want || (p == nil) != (c.problem == "") || (p != nil && p.Code != c.problem) {
			t.Errorf("%s: %q %v, want %q %s", c.in, got, p, c.want, c.problem)
		}
	}
}

func TestMoney(t *testing.T) {
	f, _ := household.HouseholdType.Field("income")
	for _, c := range []struct {
		in, fen string
	}{
		{"0", "0"}, {"0.01", "1"}, {"¥1,234.5", "123450"}, {"1000000", "100000000"}, {"3245.6999999999998", "324570"}, {"1.5E+3", "150000"},
		{"1000000.01", ""}, {"0.005", ""}, {"1/3", ""}, {"0x10", ""}, {"1e999999999", ""}, {"", ""}, {"--1", ""}, {"1-1", ""}, {"1.0E99", ""}, {"1e3", ""},
	} {
		got, p := yuan(nil, f, c.in)
		if got != c.fen || (p == nil) != (c.fen != "") {
			t.Errorf("%s: %q %v, want %q", c.in, got, p, c.fen)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(1, f.Max).Draw(rt, "fen")
		if got, p := yuan(nil, f, pointed(n, 2)); p != nil || atoi(got) != n {
			rt.Errorf("%d fen is written %s and read %s (%v)", n, pointed(n, 2), got, p)
		}
	})
}

// The two day systems of Excel, by the examples of ECMA-376 part 1, 18.17.4.1.
func TestSerialDays(t *testing.T) {
	for _, c := range []struct {
		s, want string
		system  bool
	}{{"25569", "1970-01-01", false}, {"43831", "2020-01-01", false}, {"43831.75", "2020-01-01", false}, {"42369", "2020-01-01", true}} {
		d, ok := serial(&env{date1904: c.system}, c.s)
		if !ok || d.Format("2006-01-02") != c.want {
			t.Errorf("%s: %s, want %s", c.s, d.Format("2006-01-02"), c.want)
		}
	}
	if _, ok := serial(&env{}, "197003"); ok {
		t.Error("a month is no day number")
	}
}

func TestNearest(t *testing.T) {
	options := []string{"缺技术", "缺资金", "因病", "自身发展动力不足"}
	for _, c := range []struct{ in, want string }{{"缺技木", "缺技术"}, {"资金", "缺资金"}, {"自身动力不足", "自身发展动力不足"}, {"懒", ""}, {"", ""}, {"因病", "因病"}} {
		if got := nearest(c.in, options); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// A workbook may bring pairings alone: what they refer to is in the registry.
func TestKnown(t *testing.T) {
	b := sample()
	known := Known{Areas: b.Areas, Cadre: cadres("c-1", "c-2"), Households: []string{"H1", "H2"}}
	only := &Book{Pairings: b.Pairings, Visits: b.Visits}
	if _, issues := parsed(t, known, written(t, only)); len(issues) > 0 {
		t.Errorf("issues %+v", issues)
	}
	if _, issues := parsed(t, Known{}, written(t, only)); len(issues) != 8 {
		t.Errorf("%d issues where nothing is known, want one for each of 8 references", len(issues))
	}
	// The household is in the registry with its head; a further member alone is fine.
	one := &Book{Members: b.Members[1:2]}
	if _, issues := parsed(t, known, written(t, one)); len(issues) > 0 {
		t.Errorf("one more member: %+v", issues)
	}
}

func TestAreaTree(t *testing.T) {
	for _, c := range []struct {
		why    string
		change func(a []area.Area)
		want   fact
	}{
		{"a county under something", func(a []area.Area) { a[0].Parent = "999901101" }, fact{Error, SheetAreas, 2, "上级代码", CodeNoArea, ""}},
		{"a township under nothing", func(a []area.Area) { a[1].Parent = "" }, fact{Error, SheetAreas, 3, "上级代码", "required", ""}},
		{"a group under a group", func(a []area.Area) { a[4].Parent = a[4].Code }, fact{Error, SheetAreas, 6, "上级代码", CodeNoArea, ""}},
		{"the same code twice", func(a []area.Area) { a[3].Code = a[2].Code }, fact{Error, SheetAreas, 5, "代码", CodeDuplicate, ""}},
		{"a township that leaves the list", func(a []area.Area) { a[1].ExitPlan = 2020 }, fact{Warning, SheetAreas, 3, "贫困类型", "not-allowed", ""}},
	} {
		b := sample()
		c.change(b.Areas)
		_, issues := parsed(t, Known{}, written(t, b))
		if !slices.Contains(facts(issues), c.want) {
			t.Errorf("%s: not named; issues %+v", c.why, issues)
		}
	}
	twins := sample()
	twins.Areas[3].Name = twins.Areas[2].Name
	raw := edited(t, twins, put(t, SheetHouseholds, "行政村", 2, "东村"))
	if _, issues := parsed(t, Known{}, raw); !slices.Contains(facts(issues), fact{Error, SheetHouseholds, 2, "行政村", CodeNoVillage, ""}) {
		t.Errorf("two villages of one name: %+v", issues)
	}
}
