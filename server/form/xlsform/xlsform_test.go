package xlsform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/form/logic"
	"daohu/server/workbook"
)

// written makes a workbook of sheets.
func written(t testing.TB, sheets []exampleSheet) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for _, s := range sheets {
		if _, err := f.NewSheet(s.name); err != nil {
			t.Fatal(err)
		}
		for n, cells := range s.rows {
			if err := f.SetSheetRow(s.name, fmt.Sprintf("A%d", n+1), &cells); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExampleIsRead(t *testing.T) {
	var b bytes.Buffer
	if err := Example(&b); err != nil {
		t.Fatal(err)
	}
	e, issues, err := ReadBytes(b.Bytes())
	if err != nil || issues != nil || e.Code != "example-quiz" || e.Kind != "quiz" {
		t.Fatalf("%+v %v %v", e, issues, err)
	}
	p, err := form.ParsePaper(e.Paper)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"stay":  `{"==":[{"var":"pupil"},"yes"]}`,
		"since": `{">":[{"var":"out"},0]}`,
		"why":   `{"and":[{"not":[{"in":["office",{"var":"find"}]}]},{"not":[{"==":[{"var":"ask"},"office"]}]}]}`,
	}
	kinds := []form.Kind{form.Note, form.YesNo, form.YesNo, form.Single, form.Multiple, form.Number, form.Date, form.Words, form.Photo}
	for i, it := range p.Items {
		if it.Kind != kinds[i] || string(it.VisibleIf) != want[it.Key] {
			t.Errorf("%s is %s, visible if %s", it.Key, it.Kind, it.VisibleIf)
		}
	}
	if it := p.Items[6]; string(it.RequiredIf) != want["since"] || !p.Items[1].Required || p.Items[2].Required {
		t.Errorf("required: %+v", it)
	}
	if it := p.Items[4]; string(it.Answer) != `["office","course"]` || it.Points != 2 || it.Topic != "job" || len(it.Options) != 3 {
		t.Errorf("answer: %+v", it)
	}
	if string(p.Pass) != `{">=":[{"var":"@percent"},75]}` || p.Topics[1].Card != "health-claim" || string(p.Topics[2].Aware) != `{">=":[{"var":"@percent"},50]}` {
		t.Errorf("pass %s, topics %+v", p.Pass, p.Topics)
	}
}

// bent is the example with some cells changed: "survey!C5" -> value.
func bent(cells map[string]any) []exampleSheet {
	sheets := example()
	for at, v := range cells {
		name, ref, _ := strings.Cut(at, "!")
		col, row, _ := excelize.CellNameToCoordinates(ref)
		for i := range sheets {
			if sheets[i].name != name {
				continue
			}
			for len(sheets[i].rows) < row {
				sheets[i].rows = append(sheets[i].rows, nil)
			}
			for len(sheets[i].rows[row-1]) < col {
				sheets[i].rows[row-1] = append(sheets[i].rows[row-1], "")
			}
			sheets[i].rows[row-1][col-1] = v
		}
	}
	return sheets
}

// TestIssues: what lies outside the subset is named by its cell, once.
func TestIssues(t *testing.T) {
	type cells = map[string]any
	for _, c := range []struct {
		name            string
		cells           cells
		at, header      string
		code, says, put string
	}{
		{"unknown type", cells{"survey!A7": "decimal"}, "survey!A7", "type", CodeType, "不支持“decimal”", "integer"},
		{"misspelt type", cells{"survey!A7": "interger"}, "survey!A7", "type", CodeType, "不支持“interger”", "integer"},
		{"group", cells{"survey!A11": "begin_group", "survey!B11": "g", "survey!C11": "组"}, "survey!A11", "type", CodeType, "begin_group", ""},
		{"no list", cells{"survey!A5": "select_one"}, "survey!A5", "type", CodeType, "选项组", "select_one yesno"},
		{"unknown list", cells{"survey!A5": "select_one whoo"}, "survey!A5", "type", CodeType, "没有“whoo”", "select_one who"},
		{"or_other", cells{"survey!A5": "select_one who or_other"}, "survey!A5", "type", CodeType, "写多了", "select_one who"},
		{"list where none belongs", cells{"survey!A9": "text who"}, "survey!A9", "type", CodeType, "写多了", "text"},
		{"no type", cells{"survey!A9": ""}, "survey!A9", "type", "required", "空着", ""},
		{"name", cells{"survey!B9": "Why_Not"}, "survey!B9", "name", "format", "小写字母", "why-not"},
		{"name in Chinese", cells{"survey!B9": "原因"}, "survey!B9", "name", "format", "小写字母", ""},
		{"name twice", cells{"survey!B9": "ask"}, "survey!B9", "name", CodeTwice, "前面已有", ""},
		{"no label", cells{"survey!C9": ""}, "survey!C9", "label", "required", "空着", ""},
		{"long label", cells{"survey!C9": strings.Repeat("字", 201)}, "survey!C9", "label", "too-long", "200", ""},
		{"points", cells{"survey!F5": "两分"}, "survey!F5", "points", "format", "整数", ""},
		{"many points", cells{"survey!F5": 101}, "survey!F5", "points", "range", "100", ""},
		{"topic", cells{"survey!G5": "money"}, "survey!G5", "topic", "unknown", "没有这个主题", ""},
		{"answer", cells{"survey!H5": "gold"}, "survey!H5", "answer", "not-allowed", "对不上", ""},
		{"answer without points", cells{"survey!F5": ""}, "survey!H5", "answer", "required", "分值", ""},
		{"answer of a multiple", cells{"survey!H6": "office gold"}, "survey!H6", "answer", "not-allowed", "对不上", ""},
		{"face", cells{"survey!C10": "请拍户主正脸"}, "survey!C10", "label", "not-allowed", "不拍人脸", ""},
		{"relevant on a later item", cells{"survey!E4": "${why} = 'x'"}, "survey!E4", "relevant", "not-allowed", "“why”不是", ""},
		{"relevant on nothing", cells{"survey!E4": "${pupill} = 'yes'"}, "survey!E4", "relevant", CodeExpr, "没有代号是“pupill”的题", ""},
		{"function", cells{"survey!E4": "regex(${why}, '.*')"}, "survey!E4", "relevant", CodeExpr, "“regex”不能写在这里", ""},
		{"sum", cells{"survey!E8": "${out} + 1 > 2"}, "survey!E8", "relevant", CodeExpr, "“+”看不懂", ""},
		{"this item", cells{"survey!E8": ". > 2"}, "survey!E8", "relevant", CodeExpr, "“.”看不懂", ""},
		{"fraction", cells{"survey!E8": "${out} > 1.5"}, "survey!E8", "relevant", CodeExpr, "“1.5”不是整数", ""},
		{"open bracket", cells{"survey!E8": "(${out} > 1"}, "survey!E8", "relevant", CodeExpr, "没有写完", ""},
		{"open quote", cells{"survey!E4": "${pupil} = 'yes"}, "survey!E4", "relevant", CodeExpr, "没有关上", ""},
		{"open name", cells{"survey!E4": "${pupil = 'yes'"}, "survey!E4", "relevant", CodeExpr, "${题目代号}", ""},
		{"half", cells{"survey!E4": "${pupil} ="}, "survey!E4", "relevant", CodeExpr, "没有写完", ""},
		{"nothing between", cells{"survey!E4": "${pupil} 'yes'"}, "survey!E4", "relevant", CodeExpr, "“yes”不能写在这里", ""},
		{"empty", cells{"survey!E4": "${pupil} != ''"}, "survey!E4", "relevant", CodeExpr, "不能和空的", ""},
		{"multiple with =", cells{"survey!E9": "${find} = 'office'"}, "survey!E9", "relevant", CodeExpr, "多选题", "selected(${find}, 'office')"},
		{"multiple with !=", cells{"survey!E9": "'office' != ${find}"}, "survey!E9", "relevant", CodeExpr, "多选题", "not(selected(${find}, 'office'))"},
		{"selected of a number", cells{"survey!E9": "selected(${out}, 'x')"}, "survey!E9", "relevant", CodeExpr, "不是选择题", ""},
		{"selected without an option", cells{"survey!E9": "selected(${find})"}, "survey!E9", "relevant", CodeExpr, "selected 要写成", ""},
		{"option that is not there", cells{"survey!E4": "${pupil} = 'maybe'"}, "survey!E4", "relevant", "not-allowed", "没有“maybe”这个选项", ""},
		{"number as text", cells{"survey!E8": "${out} > '0'"}, "survey!E8", "relevant", "not-allowed", "不是同一种内容", ""},
		{"what is counted, too early", cells{"survey!E8": "${@score} > 1"}, "survey!E8", "relevant", "not-allowed", "“@score”不是", ""},
		{"required", cells{"survey!D9": "maybe"}, "survey!D9", "required", CodeExpr, "“maybe”不能写在这里", ""},
		{"met", cells{"survey!I7": "${out} > ${gossip}"}, "survey!I7", "met", CodeExpr, "gossip", ""},
		{"unknown column", cells{"survey!J1": "constraint", "survey!J7": ". < 9"}, "survey!J7", "constraint", CodeColumn, "不支持这一列", ""},
		{"language", cells{"survey!J1": "label::English", "survey!J7": "How many?"}, "survey!J7", "label::english", CodeColumn, "不支持这一列", ""},
		{"no header", cells{"survey!J7": "note"}, "survey!J7", "", CodeColumn, "没有表头", ""},
		{"header twice", cells{"survey!J1": "label"}, "survey!J1", "label", CodeTwice, "两列", ""},
		{"missing column", cells{"choices!C1": ""}, "choices!1", "label", CodeHeader, "缺少“label”", ""},
		{"option twice", cells{"choices!B3": "office"}, "choices!B3", "name", CodeTwice, "已有这个选项", ""},
		{"option's name", cells{"choices!B3": "Advert!"}, "choices!B3", "name", "format", "小写字母", "advert"},
		{"option without a label", cells{"choices!C3": ""}, "choices!C3", "label", "required", "空着", ""},
		{"topic's key", cells{"topics!A2": "Education"}, "topics!A2", "key", "format", "小写字母", "education"},
		{"topic's rule", cells{"topics!D4": "${@failing} = 0"}, "topics!D4", "aware", "not-allowed", "“@failing”不是", ""},
		{"kind", cells{"settings!C2": "poll"}, "settings!C2", "kind", "not-allowed", "quiz", ""},
		{"code", cells{"settings!B2": "Example Quiz"}, "settings!B2", "form_id", "format", "小写字母", "example-quiz"},
		{"title", cells{"settings!A2": ""}, "settings!A2", "form_title", "required", "空着", ""},
		{"pass", cells{"settings!D2": "${@money} > 1"}, "settings!D2", "pass", "not-allowed", "“@money”不是", ""},
		{"two settings", cells{"settings!A3": "又一份"}, "settings!A3", "form_title", CodeTwice, "只能有一行", ""},
	} {
		e, issues, err := ReadBytes(written(t, bent(c.cells)))
		if err != nil || e.Paper != nil || len(issues) == 0 {
			t.Errorf("%s: %v %+v %s", c.name, err, issues, e.Paper)
			continue
		}
		place := func(i workbook.Issue) string { return fmt.Sprintf("%s!%s%d", i.Sheet, i.Column, i.Row) }
		i := issues[max(0, slices.IndexFunc(issues, func(i workbook.Issue) bool { return place(i) == c.at }))]
		if place(i) != c.at || i.Header != c.header || i.Code != c.code || !strings.Contains(i.Reason, c.says) || i.Suggest != c.put {
			t.Errorf("%s: %+v", c.name, i)
		}
		// A topic's wrong key is also one no item may name.
		if len(issues) > 1 && c.name != "topic's key" && c.name != "missing column" { // the column without a header is named too
			t.Errorf("%s is named %d times: %+v", c.name, len(issues), issues[1:])
		}
		if fe := fault.CodeOf(Fields(issues)); fe != fault.Invalid {
			t.Errorf("%s: %v", c.name, fe)
		}
	}
}

func TestSheetsThatAreNotThere(t *testing.T) {
	all := example()
	for name, c := range map[string]struct {
		sheets []exampleSheet
		says   string
	}{
		"survey":   {all[1:], "没有“survey”"},
		"settings": {all[:3], "没有“settings”"},
		"stranger": {append(example(), exampleSheet{"serve", [][]any{{"x"}}}), "不认识这张表"},
	} {
		_, issues, err := ReadBytes(written(t, c.sheets))
		if err != nil || len(issues) != 1 || !strings.Contains(issues[0].Reason, c.says) {
			t.Errorf("%s: %v %+v", name, err, issues)
		}
	}
	if e, issues, err := ReadBytes(written(t, append(example(), exampleSheet{"空", nil}))); err != nil || issues != nil || e.Code == "" {
		t.Errorf("an empty sheet: %v %v", issues, err)
	}
}

// TestDaysAndTruthsOfExcel: a day is a number and TRUE is 1 in the file.
func TestDaysAndTruthsOfExcel(t *testing.T) {
	e, issues, err := ReadBytes(written(t, bent(map[string]any{"survey!D10": true, "survey!D6": false, "survey!F8": 1, "survey!G8": "job", "survey!H8": 46053})))
	if err != nil || issues != nil {
		t.Fatal(issues, err)
	}
	p, err := form.ParsePaper(e.Paper)
	if err != nil || string(p.Items[6].Answer) != `"2026-01-31"` || !p.Items[8].Required || p.Items[4].Required {
		t.Errorf("%v %+v", err, p)
	}
}

func TestHostileWorkbooks(t *testing.T) {
	for name, raw := range map[string][]byte{"nothing": nil, "text": []byte("type,name,label\n"), "archive of nothing": written(t, example())[:200]} {
		if _, _, err := ReadBytes(raw); !fault.Is(err, fault.BadMedia) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := Read(bytes.NewReader(nil), workbook.MaxPacked+1); !fault.Is(err, fault.TooLarge) {
		t.Error("a large file is taken")
	}
	long := exampleSheet{"survey", [][]any{{"type", "name", "label"}}}
	for i := range maxSheetRows {
		long.rows = append(long.rows, []any{"text", fmt.Sprintf("k%d", i), "问？"})
	}
	if _, _, err := ReadBytes(written(t, []exampleSheet{long})); !fault.Is(err, fault.TooLarge) {
		t.Error("a long sheet is taken")
	}
	many := example()
	many[0].rows = many[0].rows[:1]
	for i := range 300 {
		many[0].rows = append(many[0].rows, []any{"gossip", fmt.Sprintf("k%d", i), "问？"})
	}
	if _, issues, err := ReadBytes(written(t, many)); err != nil || len(issues) != maxIssues {
		t.Errorf("%d issues, %v", len(issues), err)
	}
	many[0].rows = many[0].rows[:1]
	for i := range form.MaxItems + 1 {
		many[0].rows = append(many[0].rows, []any{"text", fmt.Sprintf("k%d", i), "问？"})
	}
	if _, issues, err := ReadBytes(written(t, many)); err != nil || len(issues) == 0 || !strings.Contains(issues[0].Reason, "60") {
		t.Errorf("%+v, %v", issues, err)
	}
}

func TestExpression(t *testing.T) {
	kinds := func(name string) (form.Kind, bool) {
		k, ok := map[string]form.Kind{"a": form.Single, "m": form.Multiple, "n": form.Number, "d": form.Date}[name]
		return k, ok
	}
	for _, c := range []struct{ in, out string }{
		{"${a} = 'x'", `{"==":[{"var":"a"},"x"]}`},
		{`  "x"=${ a }`, `{"==":["x",{"var":"a"}]}`},
		{"${a} != 'x'", `{"not":[{"==":[{"var":"a"},"x"]}]}`},
		{"${n}>=-5", `{">=":[{"var":"n"},-5]}`},
		{"${n} < 5", `{">":[5,{"var":"n"}]}`},
		{"${n}<=5", `{">=":[5,{"var":"n"}]}`},
		{"${d} > '2026-01-31'", `{">":[{"var":"d"},"2026-01-31"]}`},
		{"selected(${m}, 'x')", `{"in":["x",{"var":"m"}]}`},
		{"selected( ${a} ,'x' )", `{"==":[{"var":"a"},"x"]}`},
		{"not(selected(${m}, 'x'))", `{"not":[{"in":["x",{"var":"m"}]}]}`},
		{"${n} > 1 and ${n} < 9 or ${a} = 'x'", `{"or":[{"and":[{">":[{"var":"n"},1]},{">":[9,{"var":"n"}]}]},{"==":[{"var":"a"},"x"]}]}`},
		{"${n} > 1 and (${n} < 9 or ${a} = 'x')", `{"and":[{">":[{"var":"n"},1]},{"or":[{">":[9,{"var":"n"}]},{"==":[{"var":"a"},"x"]}]}]}`},
		{"${a} = 'and' or ${a} = '${n}'", `{"or":[{"==":[{"var":"a"},"and"]},{"==":[{"var":"a"},"${n}"]}]}`},
		{"${@percent} >= 80", `{">=":[{"var":"@percent"},80]}`},
	} {
		x, err := expression(c.in, kinds)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		raw, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		e, err := logic.Parse(raw)
		if err != nil || string(e.Encode()) != c.out {
			t.Errorf("%s became %s: %v", c.in, raw, err)
		}
	}
	deep := strings.Repeat("(", 100) + "${n} > 1" + strings.Repeat(")", 100)
	for _, in := range []string{"", "and", "${a}", "'x'", "${a} = 'x' and", "not ${a} = 'x'", "${a} = 'x')", "${a} == 'x'", "if(${a} = 'x', 1, 2)", "${a} = ${b}", deep, strings.Repeat("字", maxExpr+1), "${a} = 'x' AND ${n} > 1", "true", "$a = 'x'", "${n} > 99999999999999999999"} {
		if x, err := expression(in, kinds); err == nil {
			t.Errorf("%q became %v", in, x)
		} else if w, ok := err.(*wrong); !ok || w.reason == "" {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"${a} = 'x'", "not(selected(${m}, 'x')) and ${n} > 1", "((${n} <= 5))", "${d} >= '2026-01-31' or ${@score} > 3", "'", "${", "$", "!", "-", "-1 < ${n}", "\xff", "selected(", strings.Repeat("(", 50)} {
		f.Add(s)
	}
	kinds := func(name string) (form.Kind, bool) {
		k, ok := map[string]form.Kind{"a": form.Single, "m": form.Multiple, "n": form.Number, "d": form.Date}[name]
		return k, ok
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := expression(s, kinds)
		if err != nil {
			if w, ok := err.(*wrong); !ok || w.reason == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		raw, err := json.Marshal(x)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		// It is a condition, but for what only logic bounds.
		if _, err := logic.Parse(raw); err != nil {
			if le, ours := err.(*logic.Error); !ours || le.Code != logic.TooDeep && le.Code != logic.TooLarge && le.Code != logic.Name && le.Code != logic.Operand {
				t.Fatalf("%q became %s: %v", s, raw, err)
			}
		}
	})
}
