package form

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"daohu/server/record"
)

// update writes the vectors that the phone runs too: go test ./server/form -update.
var update = flag.Bool("update", false, "write testdata/judged.json")

// checklist is a paper with conditions of every kind.
const checklist = `{"title":"一达标两不愁三保障","topics":[{"key":"know","name":"政策","aware":{">=":[{"var":"@percent"},25]}},{"key":"more","name":"更多"}],"items":[
{"key":"hello","kind":"note","label":"先说明来意。"},
{"key":"income","kind":"number","label":"去年人均纯收入？","required":true,"met":{">=":[{"var":"income"},4000]}},
{"key":"school","kind":"yesno","label":"有上学的孩子吗？","required":true},
{"key":"attend","kind":"yesno","label":"都在校吗？","visible_if":{"==":[{"var":"school"},"yes"]},"required":true,"met":{"==":[{"var":"attend"},"yes"]}},
{"key":"why","kind":"text","label":"为什么不在校？","visible_if":{"==":[{"var":"attend"},"no"]},"required_if":{"not":[{"in":["ill",{"var":"house"}]}]}},
{"key":"house","kind":"multiple","label":"住房情况？","options":[{"key":"safe","label":"安全"},{"key":"leak","label":"漏雨"},{"key":"ill","label":"有病人"}],"met":{"and":[{"in":["safe",{"var":"house"}]},{"not":[{"in":["leak",{"var":"house"}]}]}]}},
{"key":"roof","kind":"photo","label":"拍一张屋顶","visible_if":{"in":["leak",{"var":"house"}]}},
{"key":"since","kind":"date","label":"哪天搬来的？","required_if":{">":[{"var":"income"},9000]},"met":{"or":[{">=":[{"var":"since"},"2020-01-01"]},{"not":[{"==":[{"var":"school"},"no"]}]}]}},
{"key":"q1","kind":"yesno","label":"报销要带证件吗？","points":1,"answer":"yes","topic":"know"},
{"key":"q2","kind":"single","label":"问谁？","options":[{"key":"office","label":"村里"},{"key":"ad","label":"广告"}],"points":3,"answer":"office","topic":"know","visible_if":{"==":[{"var":"q1"},"yes"]}},
{"key":"q3","kind":"multiple","label":"哪些是正路？","options":[{"key":"a","label":"甲"},{"key":"b","label":"乙"},{"key":"c","label":"丙"}],"points":2,"answer":["b","a"],"topic":"more"}
],"pass":{"and":[{"==":[{"var":"@failing"},0]},{"==":[{"var":"@missing"},0]},{">=":[{"var":"@score"},2]}]}}`

// wanted is what the phone's test compares.
type wanted struct {
	Score   int64    `json:"score"`
	Full    int64    `json:"full"`
	Weak    []string `json:"weak"`
	Failing []string `json:"failing"`
	Verdict string   `json:"verdict"`
	Asked   []string `json:"asked"`
	Aware   []string `json:"aware"`
	Missing []string `json:"missing"`
	Visible []string `json:"visible"`
}

func want(t *testing.T, p *Paper, list record.List) wanted {
	t.Helper()
	given, bad := read(p, list)
	if bad != nil {
		t.Fatalf("%s: %v", list, bad)
	}
	s, _ := Score(p, list)
	asked, _ := p.seen(given)
	visible := []string{}
	for _, it := range p.Items {
		if asked[it.Key] {
			visible = append(visible, it.Key)
		}
	}
	some := func(l []string) []string { return append([]string{}, l...) }
	return wanted{s.Score, s.Full, some(s.Weak), some(s.Failing), s.Verdict, some(s.Asked), some(s.Aware), some(s.Missing), visible}
}

func TestJudge(t *testing.T) {
	p := mustParse(t, checklist)
	none := []string{}
	for _, c := range []struct {
		name, answers string
		want          wanted
	}{
		{"nothing answered", `[]`, wanted{0, 3, []string{"know", "more"}, []string{"income", "house"}, "fail", none, none, []string{"income", "school"},
			[]string{"hello", "income", "school", "house", "since", "q1", "q3"}}},
		{"all is well", `[["income",4000],["school","no"],["house",["safe"]],["since","2020-01-01"],["q3",["a","b"]],["q1","yes"],["q2","office"]]`,
			wanted{6, 6, none, none, "pass", []string{"know", "more"}, []string{"know", "more"}, none, []string{"hello", "income", "school", "house", "since", "q1", "q2", "q3"}}},
		{"what was answered is not all there is", `[["q1","no"],["q3",["a"]],["income",5000],["school","no"]]`,
			wanted{0, 3, []string{"know", "more"}, []string{"house", "since"}, "fail", []string{"know", "more"}, none, none, []string{"hello", "income", "school", "house", "since", "q1", "q3"}}},
		{"an answer of before is no point", `[["q1","no"],["q2","office"]]`, // q2 is not asked then
			wanted{0, 3, []string{"know", "more"}, []string{"income", "house"}, "fail", []string{"know"}, none, []string{"income", "school"}, []string{"hello", "income", "school", "house", "since", "q1", "q3"}}},
		{"a topic is known though its card is to be explained again", `[["q1","yes"],["q2","ad"]]`, wanted{1, 6, []string{"know", "more"}, []string{"income", "house"}, "fail", []string{"know"}, []string{"know"}, []string{"income", "school"},
			[]string{"hello", "income", "school", "house", "since", "q1", "q2", "q3"}}},
		{"an answer to what is no longer asked counts for nothing", `[["school","no"],["attend","no"],["why","远"],["income",1],["since","2021-01-01"]]`,
			wanted{0, 3, []string{"know", "more"}, []string{"income", "house"}, "fail", none, none, none, []string{"hello", "income", "school", "house", "since", "q1", "q3"}}},
		{"one condition leads to the next", `[["school","yes"],["attend","no"],["income",9001]]`,
			wanted{0, 3, []string{"know", "more"}, []string{"attend", "house"}, "fail", none, none, []string{"why", "since"}, []string{"hello", "income", "school", "attend", "why", "house", "since", "q1", "q3"}}},
		{"what is required depends on a later item", `[["school","yes"],["attend","no"],["income",5000],["house",["leak","ill"]],["roof","AAAAAAAAAAAA"]]`,
			wanted{0, 3, []string{"know", "more"}, []string{"attend", "house"}, "fail", none, none, none, []string{"hello", "income", "school", "attend", "why", "house", "roof", "since", "q1", "q3"}}},
	} {
		if got := want(t, p, answers(t, c.answers)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// TestKnown: the whole is known by the paper's own rule, else when every
// scored item is right.
func TestKnown(t *testing.T) {
	bare := `{"title":"t","topics":[{"key":"h","name":"n"}],"items":[{"key":"a","kind":"yesno","label":"l","answer":"yes","points":1,"topic":"h"},{"key":"b","kind":"yesno","label":"l","answer":"yes","points":4,"topic":"h"},{"key":"w","kind":"text","label":"l"}]%s}`
	for _, c := range []struct {
		pass, answers string
		known         bool
		verdict       string
	}{
		{"", `[["a","yes"],["b","yes"]]`, true, ""},
		{"", `[["b","yes"]]`, false, ""},
		{"", `[]`, false, ""},
		{`,"pass":{">=":[{"var":"@percent"},80]}`, `[["b","yes"]]`, true, Passed},
		{`,"pass":{">=":[{"var":"@percent"},81]}`, `[["b","yes"]]`, false, Failed},
		{`,"pass":{"==":[{"var":"w"},"会"]}`, `[["w","会"]]`, true, Passed},
	} {
		p := mustParse(t, string(bytes.Replace([]byte(bare), []byte("%s"), []byte(c.pass), 1)))
		if s, bad := Score(p, answers(t, c.answers)); bad != nil || s.Known != c.known || s.Verdict != c.verdict {
			t.Errorf("%s %s: %+v %v", c.pass, c.answers, s, bad)
		}
	}
}

// TestJudgedVectors keeps the file of both suites: made answers to the papers
// of these tests, and what Score gives for them.
func TestJudgedVectors(t *testing.T) {
	seeds, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	papers := []*Paper{mustParse(t, checklist), mustParse(t, small), mustParse(t, string(seeds[0].Body))}
	r := rand.New(rand.NewPCG(3, 4))
	var b bytes.Buffer
	put := func(v any) {
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	b.WriteString(`{"papers":`)
	put(papers)
	b.WriteString(`,"cases":[` + "\n")
	verdicts := map[string]int{}
	for i := range 300 {
		if i > 0 {
			b.WriteByte(',')
		}
		n := i % len(papers)
		list := record.ListOf(drawn(r, papers[n]))
		w := want(t, papers[n], list)
		verdicts[w.Verdict]++
		if list == "" {
			list = "[]"
		}
		put(map[string]any{"paper": n, "answers": json.RawMessage(list), "want": w})
	}
	b.WriteString("]}\n")
	if verdicts[Passed] < 3 || verdicts[Failed] < 3 || verdicts[""] < 3 {
		t.Errorf("verdicts: %v", verdicts)
	}
	const file = "testdata/judged.json"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, b.Bytes()) || len(got) > 200<<10 {
		t.Errorf("%s (%d bytes) is not what Score gives (%v): run go test ./server/form -run Vectors -update", file, len(got), err)
	}
}

// drawn answers some items of p, mostly rightly.
func drawn(r *rand.Rand, p *Paper) [][2]any {
	out := [][2]any{}
	for _, it := range p.Items {
		var v any
		switch {
		case it.Kind == Note || r.IntN(12) == 0:
			continue
		case r.IntN(20) == 0: // left open
		case len(it.Answer) > 0 && r.IntN(4) > 0:
			v = it.Answer
		case it.Kind == Single:
			v = it.Options[r.IntN(len(it.Options))].Key
		case it.Kind == Multiple:
			set := []string{}
			for _, o := range it.Options {
				if r.IntN(2) == 0 {
					set = append(set, o.Key)
				}
			}
			r.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
			if it.Key == "house" && r.IntN(2) == 0 {
				set = []string{"safe"}
			}
			v = set
		case it.Kind == YesNo:
			v = []string{Yes, No}[r.IntN(2)]
		case it.Kind == Number:
			v = r.IntN(12000)
		case it.Kind == Date:
			v = []string{"2019-12-31", "2020-01-01", "2026-02-28"}[r.IntN(3)]
		case it.Kind == Words:
			v = "随便"
		case it.Kind == Photo:
			v = "AAAAAAAAAAAA"
		}
		out = append(out, [2]any{it.Key, v})
	}
	return out
}

// TestConditionsOfPapers: what a condition may speak of, and that the place is
// named in Chinese.
func TestConditionsOfPapers(t *testing.T) {
	bend := func(item int, field, value string) string {
		p := mustParse(t, checklist)
		raw, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		var x map[string]any
		if err := json.Unmarshal(raw, &x); err != nil {
			t.Fatal(err)
		}
		at := x
		if item >= 0 {
			at = x["items"].([]any)[item].(map[string]any)
		}
		at[field] = json.RawMessage(value)
		out, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	for _, c := range []struct {
		name, body, field, says string
	}{
		{"a later item", bend(2, "visible_if", `{"==":[{"var":"q1"},"yes"]}`), "items.2.visible_if", "第 3 题的出现条件：条件里的“q1”不是"},
		{"itself", bend(2, "visible_if", `{"==":[{"var":"school"},"yes"]}`), "items.2.visible_if", "“school”不是"},
		{"what is counted", bend(2, "visible_if", `{"==":[{"var":"@score"},1]}`), "items.2.visible_if", "“@score”不是"},
		{"what is counted, in met", bend(2, "met", `{"==":[{"var":"@failing"},1]}`), "items.2.met", "第 3 题的达到条件：条件里的“@failing”不是"},
		{"no such item", bend(1, "required_if", `{"==":[{"var":"gossip"},"yes"]}`), "items.1.required_if", "第 2 题的必答条件：条件里的“gossip”不是"},
		{"a photo", bend(8, "visible_if", `{"==":[{"var":"roof"},"AAAAAAAAAAAA"]}`), "items.8.visible_if", "“roof”不是"},
		{"a note", bend(8, "visible_if", `{"==":[{"var":"hello"},"x"]}`), "items.8.visible_if", "“hello”不是"},
		{"unknown operator", bend(1, "required_if", `{"regex":[{"var":"why"},".*"]}`), "items.1.required_if", "第 2 题的必答条件：不认识的算符“regex”"},
		{"no such option", bend(8, "required_if", `{"in":["gold",{"var":"house"}]}`), "items.8.required_if", "没有“gold”这个选项"},
		{"number against text", bend(8, "required_if", `{"==":[{"var":"income"},"5"]}`), "items.8.required_if", "不是同一种内容"},
		{"pass is no condition", bend(-1, "pass", `{"var":"q1"}`), "pass", "通过条件："},
		{"pass over a stranger", bend(-1, "pass", `{">=":[{"var":"@money"},5]}`), "pass", "“@money”不是"},
		{"note asked for", bend(0, "required", `true`), "items.0.required", "说明不用回答"},
		{"note with points", bend(0, "points", `1`), "items.0.topic", ""},
		{"face", bend(6, "label", `"请拍一张户主正脸"`), "items.6.label", "第 7 题的文字：照片只拍东西"},
		{"ID card", bend(6, "label", `"身份证照片"`), "items.6.label", "不拍人脸和证件"},
		{"points for a photo", bend(6, "answer", `"AAAAAAAAAAAA"`), "items.6.answer", "第 7 题的答案：有分值就要"},
	} {
		_, err := ParsePaper([]byte(c.body))
		fe := fieldsOf(err)
		if len(fe) == 0 || fe[0].Name != c.field || !bytes.Contains([]byte(fe[0].Detail), []byte(c.says)) {
			t.Errorf("%s: %v %+v", c.name, err, fe)
		}
	}
}

// TestShapeErrorsNameThePlace: JSON by hand goes wrong; the answer says where.
func TestShapeErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct{ body, field, says string }{
		{`{"title":"t","topics":[],"items":[{"key":"a","kind":"text","label":"l"},{"key":"b","kind":"text","label":"l","if":[]}]}`, "items.1", "第 2 题：没有“if”这一项。"},
		{`{"title":"t","topics":[],"items":[{"key":"a","kind":"text","label":"l","points":"1"}]}`, "items.0.points", "第 1 题的分值：内容的种类不对。"},
		{`{"title":"t","topics":[],"items":[{"key":"a","kind":"single","label":"l","options":[{"key":"x","label":null}]}]}`, "items.0.options.0.label", "第 1 题第 1 个选项的文字：这里不能是空的"},
		{`{"title":"t","topics":[{"key":"a","nam":"b"}],"items":[]}`, "topics.0", "第 1 个主题：没有“nam”这一项。"},
	} {
		_, err := ParsePaper([]byte(c.body))
		if fe := fieldsOf(err); len(fe) != 1 || fe[0].Name != c.field || !bytes.Contains([]byte(fe[0].Detail), []byte(c.says)) {
			t.Errorf("%s: %v %+v", c.body, err, fe)
		}
	}
}

// TestBare: what phones get of an exam tells nothing of what is right.
func TestBare(t *testing.T) {
	p := mustParse(t, checklist)
	bare, err := p.Bare()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{`"answer"`, `"met"`, `"aware"`, `"pass"`} {
		if bytes.Contains(bare, []byte(word)) {
			t.Errorf("%s is in %s", word, bare)
		}
	}
	var got Paper
	if err := json.Unmarshal(bare, &got); err != nil || len(got.Items) != len(p.Items) || got.Items[9].Points != 3 || len(got.Items[9].VisibleIf) == 0 {
		t.Errorf("%v: %s", err, bare)
	}
	if !slices.ContainsFunc(p.Items, func(it Item) bool { return len(it.Answer) > 0 }) || len(p.Pass) == 0 {
		t.Error("Bare changed the paper")
	}
}
