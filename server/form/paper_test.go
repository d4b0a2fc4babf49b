package form

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daohu/server/fault"
)

// small is a paper with one item of every kind; the tests below bend it.
const small = `{"title":"问答","topics":[{"key":"health","name":"看病","card":"health-claim"},{"key":"home","name":"住房"}],"items":[
{"key":"a","kind":"single","label":"甲？","options":[{"key":"x","label":"一"},{"key":"y","label":"二"}],"answer":"x","points":2,"topic":"health"},
{"key":"b","kind":"multiple","label":"乙？","options":[{"key":"x","label":"一"},{"key":"y","label":"二"},{"key":"z","label":"三"}],"answer":["z","x"],"points":3,"topic":"health"},
{"key":"c","kind":"yesno","label":"丙？","answer":"no","points":1,"topic":"home"},
{"key":"d","kind":"number","label":"丁？","answer":12,"points":1,"topic":"home"},
{"key":"e","kind":"date","label":"戊？","answer":"2026-01-31","points":1,"topic":"home"},
{"key":"f","kind":"text","label":"己？","required":true}]}`

func mustParse(t testing.TB, body string) *Paper {
	t.Helper()
	p, err := ParsePaper([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParsePaper(t *testing.T) {
	p := mustParse(t, small)
	if len(p.Items) != 6 || p.Items[5].Kind != Words || !p.Items[5].Required || p.Topics[0].Card != "health-claim" {
		t.Fatalf("read as %+v", p)
	}
	if got := string(p.Items[1].Answer); got != `["x","z"]` {
		t.Errorf("answer of the multiple choice = %s, want the options' own order", got)
	}
	body, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again := mustParse(t, string(body))
	if !reflect.DeepEqual(p, again) {
		t.Errorf("encoding changed the paper:\n%+v\n%+v", p, again)
	}
	if bytes.ContainsAny(body, "\n\t") || bytes.Contains(body, []byte(": ")) {
		t.Errorf("not compact: %s", body)
	}
}

func TestEncodeDoesNotDependOnSpelling(t *testing.T) {
	want, err := mustParse(t, small).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, twist := range []string{
		strings.ReplaceAll(small, ",", " ,\n\t"),
		strings.Replace(small, `["z","x"]`, `["x","z"]`, 1),
		strings.Replace(small, `{"key":"c","kind":"yesno"`, `{"kind":"yesno","key":"c"`, 1),
		strings.Replace(small, `"甲？"`, "\"\\u7532？\"", 1),
		strings.Replace(small, `"points":2`, `"required":false,"points":2`, 1),
	} {
		got, err := mustParse(t, twist).Encode()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v\n%s\nwant\n%s", err, got, want)
		}
	}
}

func TestParsePaperRefuses(t *testing.T) {
	item := func(rest string) string {
		return `{"title":"t","topics":[{"key":"h","name":"n"}],"items":[{"key":"a","label":"l",` + rest + `}]}`
	}
	xy := `"options":[{"key":"x","label":"1"},{"key":"y","label":"2"}]`
	many := func(n int, one string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = strings.ReplaceAll(one, "#", fmt.Sprint(i))
		}
		return strings.Join(all, ",")
	}
	for _, c := range []struct {
		name, body string
		code       fault.Code
		field      string
	}{
		{"empty", ``, fault.BadRequest, ""},
		{"null", `null`, fault.BadRequest, ""},
		{"list", `[]`, fault.BadRequest, ""},
		{"more behind", small + `{}`, fault.BadRequest, ""},
		{"cut off", small[:len(small)-1], fault.BadRequest, ""},
		{"not UTF-8", strings.Replace(small, "问答", "\xff\xfe", 1), fault.BadRequest, ""},
		{"unknown key", strings.Replace(small, `"title"`, `"note":1,"title"`, 1), fault.BadRequest, ""},
		{"unknown key of an item", item(`"kind":"text","if":[]`), fault.BadRequest, ""},
		{"unknown key of a topic", strings.Replace(small, `"name":"看病"`, `"name":"看病","x":1`, 1), fault.BadRequest, ""},
		{"unknown key of an option", strings.Replace(small, `"label":"一"`, `"label":"一","x":1`, 1), fault.BadRequest, ""},
		{"wrong case of a key", strings.Replace(small, `"title"`, `"Title"`, 1), fault.BadRequest, ""},
		{"repeated key", strings.Replace(small, `"title":"问答"`, `"title":"问答","title":"问"`, 1), fault.BadRequest, ""},
		{"repeated key of an item", item(`"kind":"text","kind":"text"`), fault.BadRequest, ""},
		{"null value", item(`"kind":"text","points":null`), fault.BadRequest, ""},
		{"points as text", item(`"kind":"text","points":"1"`), fault.BadRequest, ""},
		{"points with a fraction", item(`"kind":"yesno","answer":"yes","topic":"h","points":1.5`), fault.BadRequest, ""},
		{"too many items", `{"title":"t","topics":[],"items":[` + many(MaxItems+1, `{"key":"k#","kind":"text","label":"l"}`) + `]}`, fault.BadRequest, ""},
		{"too many topics", `{"title":"t","items":[{"key":"k","kind":"text","label":"l"}],"topics":[` + many(MaxTopics+1, `{"key":"k#","name":"n"}`) + `]}`, fault.BadRequest, ""},
		{"too many options", item(`"kind":"single","options":[` + many(MaxOptions+1, `{"key":"k#","label":"l"}`) + `]`), fault.BadRequest, ""},
		{"too large", small + strings.Repeat(" ", MaxSize), fault.TooLarge, ""},
		{"no title", `{"topics":[],"items":[{"key":"k","kind":"text","label":"l"}]}`, fault.Invalid, "title"},
		{"long title", strings.Replace(small, "问答", strings.Repeat("问", maxTitle+1), 1), fault.Invalid, "title"},
		{"control character", strings.Replace(small, "问答", `问\u0007`, 1), fault.Invalid, "title"},
		{"no items", `{"title":"t","topics":[],"items":[]}`, fault.Invalid, "items"},
		{"topic twice", strings.Replace(small, `"住房"}`, `"住房"},{"key":"home","name":"家"}`, 1), fault.Invalid, "topics.2.key"},
		{"topic without a name", strings.Replace(small, `"name":"住房"`, `"name":""`, 1), fault.Invalid, "topics.1.name"},
		{"card's code", strings.Replace(small, `health-claim`, `health claim`, 1), fault.Invalid, "topics.0.card"},
		{"item twice", strings.Replace(small, `"key":"b"`, `"key":"a"`, 1), fault.Invalid, "items.1.key"},
		{"item's key", strings.Replace(small, `"key":"b"`, `"key":"B"`, 1), fault.Invalid, "items.1.key"},
		{"long key", strings.Replace(small, `"key":"b"`, `"key":"b2345678901234567"`, 1), fault.Invalid, "items.1.key"},
		{"no such kind", item(`"kind":"video"`), fault.Invalid, "items.0.kind"},
		{"no such topic", item(`"kind":"text","topic":"no"`), fault.Invalid, "items.0.topic"},
		{"points without a topic", item(`"kind":"yesno","answer":"yes","points":1`), fault.Invalid, "items.0.topic"},
		{"points without an answer", item(`"kind":"yesno","points":1,"topic":"h"`), fault.Invalid, "items.0.answer"},
		{"answer without points", item(`"kind":"yesno","answer":"yes","topic":"h"`), fault.Invalid, "items.0.answer"},
		{"negative points", item(`"kind":"yesno","points":-1`), fault.Invalid, "items.0.points"},
		{"too many points", item(`"kind":"yesno","answer":"yes","topic":"h","points":101`), fault.Invalid, "items.0.points"},
		{"options where none belong", item(`"kind":"yesno",` + xy), fault.Invalid, "items.0.options"},
		{"one option", item(`"kind":"single","options":[{"key":"x","label":"1"}]`), fault.Invalid, "items.0.options"},
		{"option twice", item(`"kind":"single","options":[{"key":"x","label":"1"},{"key":"x","label":"2"}]`), fault.Invalid, "items.0.options.1.key"},
		{"option without a label", item(`"kind":"single","options":[{"key":"x","label":"1"},{"key":"y","label":""}]`), fault.Invalid, "items.0.options.1.label"},
		{"answer not an option", item(`"kind":"single","answer":"z","points":1,"topic":"h",` + xy), fault.Invalid, "items.0.answer"},
		{"answer a list for single", item(`"kind":"single","answer":["x"],"points":1,"topic":"h",` + xy), fault.Invalid, "items.0.answer"},
		{"answer a text for multiple", item(`"kind":"multiple","answer":"x","points":1,"topic":"h",` + xy), fault.Invalid, "items.0.answer"},
		{"empty set", item(`"kind":"multiple","answer":[],"points":1,"topic":"h",` + xy), fault.Invalid, "items.0.answer"},
		{"set with a repeat", item(`"kind":"multiple","answer":["x","x"],"points":1,"topic":"h",` + xy), fault.Invalid, "items.0.answer"},
		{"set with a stranger", item(`"kind":"multiple","answer":["x","z"],"points":1,"topic":"h",` + xy), fault.Invalid, "items.0.answer"},
		{"set with a hole", item(`"kind":"multiple","answer":["x",null],"points":1,"topic":"h",` + xy), fault.Invalid, "items.0.answer"},
		{"yes or no in other words", item(`"kind":"yesno","answer":"ja","points":1,"topic":"h"`), fault.Invalid, "items.0.answer"},
		{"truth value", item(`"kind":"yesno","answer":true,"points":1,"topic":"h"`), fault.Invalid, "items.0.answer"},
		{"number with a fraction", item(`"kind":"number","answer":1.5,"points":1,"topic":"h"`), fault.Invalid, "items.0.answer"},
		{"negative number", item(`"kind":"number","answer":-1,"points":1,"topic":"h"`), fault.Invalid, "items.0.answer"},
		{"huge number", item(`"kind":"number","answer":9007199254740992,"points":1,"topic":"h"`), fault.Invalid, "items.0.answer"},
		{"no such day", item(`"kind":"date","answer":"2026-02-30","points":1,"topic":"h"`), fault.Invalid, "items.0.answer"},
		{"points for free text", item(`"kind":"text","answer":"好","points":1,"topic":"h"`), fault.Invalid, "items.0.answer"},
		{"object as answer", item(`"kind":"single","answer":{"x":1},"points":1,"topic":"h",` + xy), fault.Invalid, "items.0.answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePaper([]byte(c.body))
			if !fault.Is(err, c.code) {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if c.field == "" {
				return
			}
			fe, _ := errors.AsType[*fault.Error](err)
			if len(fe.Fields) != 1 || fe.Fields[0].Name != c.field || fe.Fields[0].Detail == "" {
				t.Errorf("fields = %+v, want %s alone", fe.Fields, c.field)
			}
		})
	}
}

func TestEncodeLeavesThePaperAlone(t *testing.T) {
	p := mustParse(t, small)
	p.Items[1].Answer = json.RawMessage(`["z","x"]`)
	p.Items[0].Label = "甲<乙&丙"
	body, err := p.Encode()
	if err != nil || !bytes.Contains(body, []byte(`"甲<乙&丙"`)) || !bytes.Contains(body, []byte(`["x","z"]`)) {
		t.Errorf("%v: %s", err, body)
	}
	if string(p.Items[1].Answer) != `["z","x"]` {
		t.Errorf("encoding changed the paper: %s", p.Items[1].Answer)
	}
}

func TestEncodeRefuses(t *testing.T) {
	p := mustParse(t, small)
	p.Items[0].Answer = json.RawMessage(`"x"],["y"`)
	if _, err := p.Encode(); !fault.Is(err, fault.Invalid) {
		t.Errorf("a broken answer gives %v", err)
	}
	p = mustParse(t, small)
	p.Items[0].Label = ""
	if _, err := p.Encode(); !fault.Is(err, fault.Invalid) {
		t.Errorf("an empty label gives %v", err)
	}
	p = mustParse(t, small)
	long := strings.Repeat("字", maxLabel)
	for len(p.Items) < MaxItems {
		it := Item{Key: fmt.Sprintf("k%d", len(p.Items)), Kind: Single, Label: long}
		for o := range MaxOptions {
			it.Options = append(it.Options, Option{Key: fmt.Sprintf("o%d", o), Label: long})
		}
		p.Items = append(p.Items, it)
	}
	if _, err := p.Encode(); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a paper over MaxSize gives %v", err)
	}
}

func TestParsePaperNeverPanics(t *testing.T) {
	bits := []string{"{", "}", "[", "]", ",", ":", "null", "1", "1e99", `"x"`, `"title"`, `"topics"`, `"items"`, `"key"`, `"kind"`, `"single"`, `"options"`, `"answer"`, `"\ud800"`, "\xff"}
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 40).Draw(t, "bits"), "")
		if p, err := ParsePaper([]byte(body)); err == nil {
			if _, err := p.Encode(); err != nil {
				t.Fatalf("parsed but cannot be encoded: %v", err)
			}
		}
	})
}

// An edition once shipped keeps its bytes: answers of households are bound to
// it. When this fails, raise the edition and add a line instead.
func TestBuiltinEditionsKeepTheirText(t *testing.T) {
	shipped := map[string]string{
		"policy-quiz 1": "173fc8a62ac54197d97894c42580e6e0ab551adecea84ea432cb2591ae25d1b3",
	}
	seeds, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range seeds {
		sum := sha256.Sum256(s.Body)
		name := fmt.Sprintf("%s %d", s.Code, s.Edition)
		if got := hex.EncodeToString(sum[:]); got != shipped[name] {
			t.Errorf("%s has become %s", name, got)
		}
		if s.Title == "" || Type.Name != "form" {
			t.Errorf("%s has no title", name)
		}
		if f, ok := Type.Field("kind"); !ok || f.CheckText(s.Kind) != nil {
			t.Errorf("%s: kind %q is not one of Form's", name, s.Kind)
		}
	}
}

// The quiz asks whether things were explained; it never speaks of testing
// people (product rule 8) and names no sum, share or term.
func TestBuiltinWording(t *testing.T) {
	seeds, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := mustParse(t, string(seeds[0].Body))
	if len(p.Topics) < 3 || len(p.Items) < 6 || len(p.Items) > 8 {
		t.Errorf("%d topics, %d items", len(p.Topics), len(p.Items))
	}
	var words []string
	for _, it := range p.Items {
		words = append(words, it.Label)
		if it.Required {
			t.Errorf("%s must not be required: a household may leave any question", it.Key)
		}
		for _, o := range it.Options {
			words = append(words, o.Label)
		}
	}
	all := strings.Join(append(words, p.Title), "\n")
	for _, no := range []string{"考试", "考核", "得分", "及格", "成绩", "%", "％", "元", "百分", "天内", "个月"} {
		if strings.Contains(all, no) {
			t.Errorf("the quiz says %q", no)
		}
	}
	if strings.ContainsAny(all, "0123456789") {
		t.Error("the quiz contains a figure")
	}
	used := map[string]bool{}
	for _, it := range p.Items {
		used[it.Topic] = true
	}
	for _, topic := range p.Topics {
		if !used[topic.Key] || topic.Card == "" {
			t.Errorf("topic %s: asked about %v, card %q", topic.Key, used[topic.Key], topic.Card)
		}
	}
}

// fieldsOf are the fields of a refusal; nil = it is none.
func fieldsOf(err error) []fault.Field {
	fe, ours := errors.AsType[*fault.Error](err)
	if !ours {
		return nil
	}
	return fe.Fields
}
