package quality

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"daohu/server/demo"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/roster"
)

func today() time.Time { return time.Date(2026, 7, 14, 9, 30, 0, 0, time.UTC) }

func rules(t testing.TB) *Set {
	t.Helper()
	s, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func number(birth, serial, tail string) string {
	s := "999999" + birth + serial
	return s + string(roster.IDCheckDigit(s)) + tail
}

// family is a household without a fault: a couple, a pupil, a disabled uncle
// and one who has left.
func family() Case {
	p := func(id, relation, sex, idNo string, fill household.Member) Person {
		fill.ID, fill.Household, fill.Relation, fill.Sex, fill.Insured = id, "house0000001", relation, sex, "是"
		fill.Birth = idNo[6:10] + "-" + idNo[10:12]
		return Person{Rec: &fill, IDNo: idNo}
	}
	return Case{
		Today: today(), Phone: "19900000001",
		House: &household.Household{Meta: record.Meta{ID: "house0000001", Household: "house0000001"}, Village: "999901101201",
			Class: "一般贫困户", Cause: "因残", Causes: record.ListOf([]string{"因学"}), Exit: "已脱贫", ExitYear: 2024, Income: 800_000, Danger: "否", Water: "是"},
		Members: []Person{
			p("head00000001", "户主", "男", number("19800305", "001", ""), household.Member{Education: "初中", Labour: "普通劳动力", Health: "健康", Work: "省外", WorkMonths: 6}),
			p("wife00000001", "配偶", "女", number("19810405", "002", ""), household.Member{Education: "小学", Labour: "普通劳动力", Health: "健康"}),
			p("kid000000001", "之女", "女", number("20150505", "004", ""), household.Member{School: "小学", Labour: "无劳动力", Health: "健康"}),
			p("uncle0000001", "之兄弟姐妹", "男", number("19780605", "003", "43"), household.Member{Education: "小学", Labour: "丧失劳动力", Health: "残疾,长期慢性病"}),
			p("gone00000001", "户主", "男", number("19500605", "005", ""), household.Member{Left: "去世"}),
		},
	}
}

const (
	head, wife, kid, uncle = 0, 1, 2, 3
	none                   = -1
)

// plants is one fault for every rule: what is done to the clean family, and
// whose fault it is.
var plants = map[string]struct {
	at    int
	spoil func(c *Case)
}{
	"id-missing":          {wife, func(c *Case) { c.Members[wife].IDNo = "" }},
	"id-number":           {wife, func(c *Case) { c.Members[wife].IDNo = c.Members[wife].IDNo[:17] + "*" }},
	"id-birth":            {wife, func(c *Case) { c.Members[wife].Rec.Birth = "1981-05" }},
	"id-sex":              {uncle, func(c *Case) { c.Members[uncle].Rec.Sex = "女" }},
	"id-twice":            {kid, func(c *Case) { c.Members[kid].Twice = true }},
	"birth-range":         {uncle, func(c *Case) { c.Members[uncle].Rec.Birth = "2026-08" }},
	"one-head":            {none, func(c *Case) { c.Members[uncle].Rec.Relation = "户主" }},
	"one-spouse":          {none, func(c *Case) { c.Members[uncle].Rec.Relation, c.Members[uncle].Rec.Sex = "配偶", "女" }},
	"spouse-sex":          {wife, func(c *Case) { c.Members[wife].Rec.Sex = "男" }},
	"relation-known":      {uncle, func(c *Case) { c.Members[uncle].Rec.Relation = "邻居" }},
	"relation-man":        {uncle, func(c *Case) { c.Members[uncle].Rec.Relation, c.Members[uncle].Rec.Sex = "之叔伯", "女" }},
	"relation-woman":      {kid, func(c *Case) { c.Members[kid].Rec.Sex = "男" }},
	"school-or-education": {kid, func(c *Case) { c.Members[kid].Rec.Education = "小学" }},
	"work-months":         {head, func(c *Case) { c.Members[head].Rec.Work = "" }},
	"phone-missing":       {none, func(c *Case) { c.Phone = "" }},
	"phone-digits":        {none, func(c *Case) { c.Phone = "1990000001" }},
	"insured-missing":     {wife, func(c *Case) { c.Members[wife].Rec.Insured = "" }},
	"child-labour":        {kid, func(c *Case) { c.Members[kid].Rec.Labour = "普通劳动力" }},
	"able-adult":          {wife, func(c *Case) { c.Members[wife].Rec.Labour = "弱劳动力或半劳动力" }},
	"certificate":         {uncle, func(c *Case) { c.Members[uncle].IDNo = c.Members[uncle].IDNo[:18] }},
	"school-age":          {kid, func(c *Case) { c.Members[kid].Rec.School = "学龄前儿童" }},
	"cause-ill":           {none, func(c *Case) { c.House.Cause, c.Members[uncle].Rec.Health = "因病", "残疾" }},
	"cause-disabled":      {none, func(c *Case) { c.Members[uncle].Rec.Health = "长期慢性病" }},
	"cause-pupil":         {none, func(c *Case) { c.Members[kid].Rec.School = "学前教育" }},
	"no-labour-no-aid": {none, func(c *Case) {
		for i := range c.Members {
			c.Members[i].Rec.Labour = "丧失劳动力"
		}
	}},
	"exited-house":  {none, func(c *Case) { c.House.Danger = "C级" }},
	"exited-water":  {none, func(c *Case) { c.House.Water = "否" }},
	"exited-income": {none, func(c *Case) { c.House.Income = 729_999 }},
	"exit-year":     {none, func(c *Case) { c.House.ExitYear = 0 }},
}

func TestCleanFamily(t *testing.T) {
	if got := rules(t).Check(family()); len(got) > 0 {
		t.Errorf("a clean household: %+v", got)
	}
}

// Every rule finds the fault that is planted for it, at the right person, with
// its own field and a sentence without values.
func TestEveryRuleFindsItsFault(t *testing.T) {
	s := rules(t)
	for _, r := range s.Rules() {
		plant, ok := plants[r.Code]
		if !ok {
			t.Errorf("%s: no fault is planted", r.Code)
			continue
		}
		c := family()
		plant.spoil(&c)
		want := Result{Rule: r.Code, Severity: r.Severity, Household: "house0000001", Field: r.Field, Sentence: r.Sentence}
		if plant.at != none {
			want.Member = c.Members[plant.at].Rec.ID
		}
		got := s.Check(c)
		found := 0
		for _, f := range got {
			if f.Rule == r.Code {
				if found++; f != want {
					t.Errorf("%s: %+v, want %+v", r.Code, f, want)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s: found %d times, want once: %+v", r.Code, found, got)
		}
		if r.Severity == Error && !Blocks(got) {
			t.Errorf("%s is an error and does not block", r.Code)
		}
		if n := utf8.RuneCountInString(r.Sentence); n > 40 {
			t.Errorf("%s: %d characters are no short sentence", r.Code, n)
		}
	}
	if len(plants) != len(s.Rules()) {
		t.Errorf("%d plants for %d rules", len(plants), len(s.Rules()))
	}
}

// The other sides of rules that look two ways.
func TestFurtherFaults(t *testing.T) {
	s := rules(t)
	for _, c := range []struct {
		why, rule string
		spoil     func(c *Case)
	}{
		{"no head at all", "one-head", func(c *Case) { c.Members[head].Rec.Relation = "之子" }},
		{"months without a place", "work-months", func(c *Case) { c.Members[wife].Rec.WorkMonths = 3 }},
		{"neither school nor education", "school-or-education", func(c *Case) { c.Members[wife].Rec.Education = "" }},
		{"letters in a telephone number", "phone-digits", func(c *Case) { c.Phone = "1990000000a" }},
		{"121 years old", "birth-range", func(c *Case) { c.Members[uncle].Rec.Birth = "1905-07" }},
		{"a year without an exit", "exit-year", func(c *Case) { c.House.Exit = "未脱贫" }},
		{"an exit to come", "exit-year", func(c *Case) { c.House.ExitYear = 2027 }},
		{"an unsafe house, worse", "exited-house", func(c *Case) { c.House.Danger = "D级" }},
		{"a second cause", "cause-pupil", func(c *Case) { c.Members[kid].Rec.School, c.Members[kid].Rec.Education = "", "小学" }},
		{"a household that nobody is left of", "one-head", func(c *Case) { c.Members = c.Members[4:] }},
	} {
		f := family()
		c.spoil(&f)
		ok := false
		for _, r := range s.Check(f) {
			ok = ok || r.Rule == c.rule
		}
		if !ok {
			t.Errorf("%s: not found", c.why)
		}
	}
}

// What is right, or cannot be told, is not found.
func TestNoFalseFaults(t *testing.T) {
	s := rules(t)
	for why, spoil := range map[string]func(c *Case){
		"15 in the last month": func(c *Case) {
			c.Members[kid].Rec.Birth, c.Members[kid].IDNo = "2010-08", number("20100805", "004", "")
		},
		"16 and able":                    func(c *Case) { setBirth(&c.Members[kid], "20100705"); c.Members[kid].Rec.Labour = "普通劳动力" },
		"a student of 17 without labour": func(c *Case) { setBirth(&c.Members[kid], "20090705") },
		"5 and at home": func(c *Case) {
			setBirth(&c.Members[kid], "20200805")
			c.Members[kid].Rec.School, c.House.Causes = "学龄前儿童", ""
		},
		"no birth given": func(c *Case) { c.Members[uncle].Rec.Birth = "" },
		"no sex given":   func(c *Case) { c.Members[kid].Rec.Sex, c.Members[wife].Rec.Sex = "", "" },
		"no spouse":      func(c *Case) { c.Members = append(c.Members[:wife:wife], c.Members[wife+1:]...) },
		"no income told": func(c *Case) { c.House.Income = 0 },
		"at the line":    func(c *Case) { c.House.Income = 730_000 },
		"not exited, unsafe water": func(c *Case) {
			c.House.Exit, c.House.ExitYear, c.House.Water, c.House.Income = "未脱贫", 0, "否", 1
		},
		"nobody works, with aid": func(c *Case) {
			c.House.Class = "低保脱贫户"
			plants["no-labour-no-aid"].spoil(c)
			c.Members[head].Rec.Health, c.Members[wife].Rec.Health, c.Members[kid].Rec.Labour = "长期慢性病", "长期慢性病", "无劳动力"
		},
		"closed":    func(c *Case) { c.House.State, c.Phone = "closed", "" },
		"no family": func(c *Case) { c.House.Kind, c.Members = "township", nil },
	} {
		c := family()
		spoil(&c)
		if got := s.Check(c); len(got) > 0 {
			t.Errorf("%s: %+v", why, got)
		}
	}
}

func setBirth(p *Person, day string) {
	p.Rec.Birth, p.IDNo = day[:4]+"-"+day[4:6], number(day, "004", "")
}

// The watch line is the latest one set for the year the income is of.
func TestWatchLine(t *testing.T) {
	v := newView(family())
	lines := map[string]int64{"2020": 400_000, "2025": 800_000, "2026": 900_000}
	if got := v.line(lines); got != 800_000 {
		t.Errorf("in 2026: %d", got)
	}
	v.Today = v.Today.AddDate(-2, 0, 0)
	if got := v.line(lines); got != 400_000 {
		t.Errorf("in 2024: %d", got)
	}
	if got := v.line(map[string]int64{"2025": 1}); got != 0 {
		t.Errorf("before the first line: %d", got)
	}
}

// cases turns a workbook's rows into what the rules see.
func cases(b *roster.Book, day time.Time) []Case {
	people, twice := map[string][]Person{}, map[string]int{}
	for i := range b.Members {
		twice[b.Members[i].IDNo[:18]]++
	}
	for i := range b.Members {
		m := &b.Members[i]
		people[m.House] = append(people[m.House], Person{Rec: &m.Rec, IDNo: m.IDNo, Twice: twice[m.IDNo[:18]] > 1})
	}
	var out []Case
	for i := range b.Households {
		h := &b.Households[i]
		out = append(out, Case{Today: day, House: &h.Rec, Phone: h.Phone, Members: people[h.Rec.Code]})
	}
	return out
}

// Nothing is found in the demo, whatever it is drawn from and whenever.
func TestDemoIsClean(t *testing.T) {
	s := rules(t)
	for seed, day := range map[uint64]time.Time{1: today(), 20260101: today().AddDate(0, 5, 18), 7: time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC)} {
		houses := 0
		for _, b := range demo.Townships(seed, day) {
			report := s.Report()
			for _, c := range cases(b, day) {
				report.Add(c)
			}
			for _, f := range report.Results[:min(len(report.Results), 5)] {
				t.Errorf("seed %d: %+v", seed, f)
			}
			for _, v := range report.Villages() {
				houses += v.Households
			}
			if report.Blocked || len(report.Rules()) > 0 {
				t.Errorf("seed %d: blocked %v, %d rules", seed, report.Blocked, len(report.Rules()))
			}
		}
		if houses != 1896+60 {
			t.Errorf("%d households looked at", houses)
		}
	}
}

func TestReport(t *testing.T) {
	r := rules(t).Report()
	clean, bad, asked := family(), family(), family()
	plants["id-twice"].spoil(&bad)
	plants["work-months"].spoil(&bad)
	asked.House.Village = "999901101202"
	plants["able-adult"].spoil(&asked)
	plants["phone-missing"].spoil(&asked)
	for _, c := range []Case{clean, asked} {
		r.Add(c)
	}
	if r.Blocked {
		t.Error("a question blocks")
	}
	r.Add(bad)
	got := r.Villages()
	if len(got) != 2 || got[0].Village != "999901101201" || got[0].Households != 2 || got[0].Faulty != 1 || got[0].BySeverity[Error] != 2 || got[0].ByRule["id-twice"] != 1 {
		t.Fatalf("%+v", got)
	}
	if got[1].Faulty != 0 || got[1].BySeverity[Warning] != 1 || got[1].BySeverity[Question] != 1 || got[1].BySeverity[Error] != 0 {
		t.Errorf("%+v", got[1])
	}
	var codes []string
	for _, rule := range r.Rules() {
		codes = append(codes, rule.Code)
	}
	if s := strings.Join(codes, " "); s != "id-twice work-months phone-missing able-adult" || !r.Blocked || len(r.Results) != 4 {
		t.Errorf("rules %s, blocked %v, %d findings", s, r.Blocked, len(r.Results))
	}
}

func TestWrongRulesAreRefused(t *testing.T) {
	good := `{"code":"x","ref":1,"severity":"error","field":"member.idNo","check":"age-outside","params":{"from":1,"to":2},"sentence":"不对。"}`
	whole := func(rules string) string { return `{"edition":"e","rules":[` + rules + `]}` }
	if s, err := Parse([]byte(whole(good))); err != nil || s.Edition != "e" || len(s.Rules()) != 1 {
		t.Fatal(err)
	}
	for why, text := range map[string]string{
		"no rules":            whole(""),
		"no edition":          `{"rules":[` + good + `]}`,
		"an unknown key":      `{"edition":"e","ages":1,"rules":[` + good + `]}`,
		"the same code twice": whole(good + "," + good),
		"no code":             whole(strings.Replace(good, `"x"`, `""`, 1)),
		"an unknown severity": whole(strings.Replace(good, `"error"`, `"fatal"`, 1)),
		"an unknown check":    whole(strings.Replace(good, "age-outside", "age", 1)),
		"an unknown field":    whole(strings.Replace(good, "member.idNo", "member.idno", 1)),
		"a field of no type":  whole(strings.Replace(good, "member.idNo", "person.idNo", 1)),
		"a parameter missing": whole(strings.Replace(good, `"from":1,`, "", 1)),
		"one too many":        whole(strings.Replace(good, `"from":1`, `"from":1,"sex":"男"`, 1)),
		"an unknown one":      whole(strings.Replace(good, `"from":1`, `"from":1,"age":3`, 1)),
		"ages upside down":    whole(strings.Replace(good, `"from":1`, `"from":3`, 1)),
		"no sentence":         whole(strings.Replace(good, "不对。", "不对", 1)),
		"no data":             "",
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: taken", why)
		}
	}
}

// The two sources of the plan: 1896/8640 against 1899/8403 (domain.md A.7, 1).
func TestReconcile(t *testing.T) {
	d := Reconcile(Figures{1896, 8640}, Figures{1899, 8403})
	if d.Households != -3 || d.People != 237 || d.Same() || d.Own != (Figures{1896, 8640}) || d.Other != (Figures{1899, 8403}) {
		t.Errorf("%+v", d)
	}
	for _, want := range []string{"1896", "8640", "1899", "8403", "-3 户", "+237 人"} {
		if !strings.Contains(d.String(), want) {
			t.Errorf("%q lacks %q", d, want)
		}
	}
	if same := Reconcile(d.Own, d.Own); !same.Same() || !strings.Contains(same.String(), "一致") {
		t.Errorf("%s", same)
	}
}
