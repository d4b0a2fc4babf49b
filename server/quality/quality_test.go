package quality

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"daohu/server/demo"
	"daohu/server/household"
	"daohu/server/measure"
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
			Class: "一般贫困户", Cause: "因残", Causes: record.ListOf([]string{"因学"}), Exit: "已脱贫", ExitYear: 2024, Income: 800_000, Danger: "否", Water: "是",
			Farmland: 10_000, Forest: 20_000, Returned: 10_000, Orchard: 10_000, Pasture: 20_000, Pond: 10_000},
		Measures: []*measure.Measure{{Kind: "健康帮扶", Stage: measure.Doing, State: "approved"}, {Kind: "教育帮扶", Stage: measure.Plan, State: "pending", Risk: "因学"}, {Kind: "搬迁", Stage: measure.Stopped, Risk: "因学"}},
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
	"insured-both":        {wife, func(c *Case) { c.Members[wife].Rec.Staff = "是" }},
	"insured-neither":     {wife, func(c *Case) { c.Members[wife].Rec.Insured = "否" }},
	"serious-filled":      {wife, func(c *Case) { c.Members[wife].Rec.Serious = "是" }},
	"old-post":            {uncle, func(c *Case) { c.Members[uncle].Rec.Post, c.Members[uncle].Rec.Birth = "是", "1956-07" }},
	"land-farmland":       {none, func(c *Case) { c.House.Farmland++ }},
	"land-forest":         {none, func(c *Case) { c.House.Forest++ }},
	"land-returned":       {none, func(c *Case) { c.House.Returned++ }},
	"land-orchard":        {none, func(c *Case) { c.House.Orchard++ }},
	"land-pasture":        {none, func(c *Case) { c.House.Pasture = -1 }},
	"land-pond":           {none, func(c *Case) { c.House.Pond++ }},
	"risk-alone":          {none, func(c *Case) { atRisk(c, "2026-05", "因病"); c.Measures = c.Measures[2:] }},
	"cleared-early":       {none, func(c *Case) { c.House.RiskAt, c.House.ClearedAt = "2025-11", "2026-04" }},
	"cause-measure":       {none, func(c *Case) { c.Measures = c.Measures[:1] }},
	"risk-measure":        {none, func(c *Case) { atRisk(c, "2026-06", "因安全饮水") }},
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

func atRisk(c *Case, month string, risks ...string) {
	c.House.Risks, c.House.RiskAt = record.ListOf(risks), month
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
		{"a year-old income below that year's line", "exited-income", func(c *Case) { c.House.IncomeYear, c.House.Income = 2024, 729_999 }},
		{"a household since 2021 below the line", "exited-income", func(c *Case) {
			c.House.Exit, c.House.ExitYear, c.House.Type, c.House.Income = "", 0, "一般农户", 729_999
		}},
		{"only a rejected measure", "risk-alone", func(c *Case) {
			atRisk(c, "2025-12", "因病")
			c.Measures = c.Measures[:1]
			c.Measures[0].State = "rejected"
		}},
		{"only a wish", "risk-alone", func(c *Case) {
			atRisk(c, "2025-12", "因病")
			c.Measures = c.Measures[:1]
			c.Measures[0].Stage = "wish"
		}},
		{"removed before it was identified", "cleared-early", func(c *Case) { c.House.RiskAt, c.House.ClearedAt = "2026-04", "2026-01" }},
		{"a measure that does not fit its risk", "risk-measure", func(c *Case) { c.Measures[0].Risk = "因安全住房" }},
		{"a second risk", "risk-measure", func(c *Case) { atRisk(c, "2026-06", "因学", "因安全住房") }},
		{"neither insurance, both told", "insured-neither", func(c *Case) { c.Members[wife].Rec.Insured, c.Members[wife].Rec.Staff = "否", "否" }},
		{"no staff insurance, the other not told", "insured-missing", func(c *Case) { c.Members[wife].Rec.Insured, c.Members[wife].Rec.Staff = "", "否" }},
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
		"insured as staff, the other not told": func(c *Case) { c.Members[wife].Rec.Insured, c.Members[wife].Rec.Staff = "", "是" },
		"insured as staff":                     func(c *Case) { c.Members[wife].Rec.Insured, c.Members[wife].Rec.Staff = "否", "是" },
		"a certificate number of its own": func(c *Case) {
			c.Members[uncle].CertNo, c.Members[uncle].IDNo = c.Members[uncle].IDNo, c.Members[uncle].IDNo[:18]
		},
		"69 in a post": func(c *Case) {
			setBirth(&c.Members[uncle], "19560805")
			c.Members[uncle].Rec.Post, c.Members[uncle].IDNo = "是", c.Members[uncle].IDNo+"43"
			c.Members[uncle].Rec.Sex = "女"
		},
		"monitored, unsafe and poor": func(c *Case) {
			c.House.Watch, c.House.Danger, c.House.Water, c.House.Income = "脱贫不稳定户", "C级", "否", 1
		},
		"an income of before the first line": func(c *Case) { c.House.IncomeYear, c.House.Income = 2022, 1 },
		"no land told":                       func(c *Case) { c.House.Farmland, c.House.Forest = 0, 0 },
		"a risk of last month, no measure":   func(c *Case) { atRisk(c, "2026-06", "因病"); c.Measures = nil },
		"a risk of no known month":           func(c *Case) { atRisk(c, "", "因病"); c.Measures = nil },
		"a risk that was removed": func(c *Case) {
			atRisk(c, "2025-01", "因病")
			c.Measures, c.House.Cleared, c.House.ClearedAt = nil, "是", "2025-07"
		},
		"a risk that no line speaks of": func(c *Case) { atRisk(c, "2026-06", "其他", "因意外事故") },
		"no measures at all":            func(c *Case) { c.Measures = nil },
		"nobody works, with a safety net": func(c *Case) {
			c.House.Safety = true
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
		people[m.House] = append(people[m.House], Person{Rec: &m.Rec, IDNo: m.IDNo, CertNo: m.CertNo, Twice: twice[m.IDNo[:18]] > 1})
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
	words := `{"code":"x","ref":6,"severity":"error","field":"member.relation","check":"relation-sex","params":{"sex":"女","list":"relation"},"sentence":"不对。"}`
	table := `{"code":"x","ref":21,"severity":"error","field":"measure.kind","check":"cause-unanswered","params":{"table":{"因学":["教育帮扶"]}},"sentence":"不对。"}`
	for _, ok := range []string{words, table} {
		if _, err := Parse([]byte(whole(ok))); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
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
		"something after it":  whole(good) + "{}",
		"a list of no name":   whole(strings.Replace(words, `"relation"`, `"kinship"`, 1)),
		"a list beside words": whole(strings.Replace(words, `"list"`, `"words":["户主"],"list"`, 1)),
		"a table of no cause": whole(strings.Replace(table, "因学", "因懒", 1)),
		"a table of no kind":  whole(strings.Replace(table, "教育帮扶", "教育", 1)),
		"an empty line":       whole(strings.Replace(table, `["教育帮扶"]`, `[]`, 1)),
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

// The words of a rule that names a code list are the list's own.
func TestRulesTakeWordsFromTheList(t *testing.T) {
	want := map[string][]string{"relation-known": record.ListNamed("relation").Words()}
	for _, it := range record.ListNamed("relation").Items {
		if rule := map[string]string{"男": "relation-man", "女": "relation-woman"}[it.Sex]; rule != "" {
			want[rule] = append(want[rule], it.Word)
		}
	}
	for _, r := range rules(t).Rules() {
		if w, named := want[r.Code]; named && (!slices.Equal(r.Params.Words, w) || len(w) < 10) {
			t.Errorf("%s: %v", r.Code, r.Params.Words)
		}
		delete(want, r.Code)
	}
	if len(want) > 0 {
		t.Errorf("no rules %v", want)
	}
}
