package form

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daohu/server/record"
)

const allRight = `[["a","x"],["b",["x","z"]],["c","no"],["d",12],["e","2026-01-31"],["f","随便说说"]]`

func answers(t testing.TB, raw string) record.List {
	t.Helper()
	l, err := record.ParseList([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestScore(t *testing.T) {
	p := mustParse(t, small)
	for _, c := range []struct {
		name, answers string
		score         int64
		weak          string
	}{
		{"all right", allRight, 8, ""},
		{"nothing answered", `[]`, 0, "health home"},
		{"one topic right", `[["a","x"],["b",["z","x"]]]`, 5, "home"},
		{"one option too few", strings.Replace(allRight, `["x","z"]`, `["x"]`, 1), 5, "health"},
		{"one option too many", strings.Replace(allRight, `["x","z"]`, `["x","y","z"]`, 1), 5, "health"},
		{"wrong option", strings.Replace(allRight, `"a","x"`, `"a","y"`, 1), 6, "health"},
		{"wrong yes", strings.Replace(allRight, `"no"`, `"yes"`, 1), 7, "home"},
		{"wrong number", strings.Replace(allRight, `12`, `13`, 1), 7, "home"},
		{"wrong day", strings.Replace(allRight, `01-31`, `01-30`, 1), 7, "home"},
		{"left open in four ways", `[["a",""],["b",[]],["c",null],["d",null],["e",""],["f",""]]`, 0, "health home"},
		{"free text counts for nothing", `[["f","好"]]`, 0, "health home"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, bad := Score(p, answers(t, c.answers))
			if len(bad) > 0 {
				t.Fatal(bad)
			}
			if s.Score != c.score || s.Full != 8 || strings.Join(s.Weak, " ") != c.weak {
				t.Errorf("got %+v, want %d of 8, weak %q", s, c.score, c.weak)
			}
		})
	}
}

func TestScoreProblems(t *testing.T) {
	p := mustParse(t, small)
	for _, c := range []struct{ name, answers, field, code, says string }{
		{"not pairs", `["a"]`, "answers.0", "format", "格式"},
		{"three in a pair", `[["a","x","y"]]`, "answers.0", "format", "格式"},
		{"key not text", `[[1,"x"]]`, "answers.0", "format", "格式"},
		{"key null", `[[null,"x"]]`, "answers.0", "format", "格式"},
		{"unknown item", `[["a","x"],["zz","x"]]`, "answers.1", "unknown", "没有这道题"},
		{"answered twice", `[["c","no"],["c","no"]]`, "answers.1", "not-allowed", "第 3 题答了两次"},
		{"left open, then answered", `[["c",null],["c","no"]]`, "answers.1", "not-allowed", "第 3 题答了两次"},
		{"no such option", `[["a","q"]]`, "answers.0", "format", "第 1 题请从选项里选一个"},
		{"list for single", `[["a",["x"]]]`, "answers.0", "format", "第 1 题请从选项里选一个"},
		{"number for single", `[["a",1]]`, "answers.0", "format", "第 1 题请从选项里选一个"},
		{"text for multiple", `[["b","x"]]`, "answers.0", "format", "第 2 题请从选项里选"},
		{"repeat in multiple", `[["b",["x","x"]]]`, "answers.0", "format", "每项只选一次"},
		{"stranger in multiple", `[["b",["x","q"]]]`, "answers.0", "format", "第 2 题"},
		{"truth value for yesno", `[["c",true]]`, "answers.0", "format", "请答是或不是"},
		{"text for number", `[["d","12"]]`, "answers.0", "format", "要填整数"},
		{"negative number", `[["d",-1]]`, "answers.0", "format", "要填整数"},
		{"no such day", `[["e","2026-02-30"]]`, "answers.0", "format", "要填日期"},
		{"long text", `[["f","` + strings.Repeat("字", maxLabel+1) + `"]]`, "answers.0", "format", "要填文字"},
		{"number for text", `[["f",1]]`, "answers.0", "format", "要填文字"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, bad := Score(p, answers(t, c.answers))
			if len(bad) != 1 || bad[0].Name != c.field || bad[0].Code != c.code || !strings.Contains(bad[0].Detail, c.says) {
				t.Fatalf("problems = %+v", bad)
			}
			if s.Score != 0 || s.Full != 0 || s.Weak != nil {
				t.Errorf("scored all the same: %+v", s)
			}
			if strings.ContainsFunc(bad[0].Detail, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
				t.Errorf("not a sentence for people: %s", bad[0].Detail)
			}
		})
	}
	if _, bad := Score(p, record.List("{")); len(bad) != 1 {
		t.Errorf("a broken list gives %v", bad)
	}
}

// paperGen makes valid papers with items of every kind.
var paperGen = rapid.Custom(func(t *rapid.T) *Paper {
	p := &Paper{Title: "题"}
	for i := range rapid.IntRange(1, 4).Draw(t, "topics") {
		p.Topics = append(p.Topics, Topic{Key: fmt.Sprintf("t%d", i), Name: "主题"})
	}
	kinds := []Kind{Single, Multiple, YesNo, Number, Date, Words}
	for i := range rapid.IntRange(1, 12).Draw(t, "items") {
		it := Item{Key: fmt.Sprintf("k%d", i), Label: "问？", Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		if it.Kind == Single || it.Kind == Multiple {
			for o := range rapid.IntRange(2, 5).Draw(t, "options") {
				it.Options = append(it.Options, Option{Key: fmt.Sprintf("o%d", o), Label: "选"})
			}
		}
		if it.Kind != Words && rapid.Bool().Draw(t, "scored") {
			it.Points = rapid.Int64Range(1, MaxPoints).Draw(t, "points")
			it.Topic = rapid.SampledFrom(p.Topics).Draw(t, "topic").Key
			it.Answer = answerTo(t, it)
		} else if rapid.Bool().Draw(t, "about") { // asked, not scored
			it.Topic = rapid.SampledFrom(p.Topics).Draw(t, "topic").Key
		}
		p.Items = append(p.Items, it)
	}
	body, err := p.Encode()
	if err != nil {
		t.Fatalf("%+v: %v", p, err)
	}
	p, err = ParsePaper(body)
	if err != nil {
		t.Fatal(err)
	}
	return p
})

// answerTo draws a fitting answer to it, right or wrong, in any spelling.
func answerTo(t *rapid.T, it Item) json.RawMessage {
	var v any
	switch it.Kind {
	case Single:
		v = rapid.SampledFrom(it.Options).Draw(t, "option").Key
	case Multiple:
		keys := rapid.Permutation(it.Options).Draw(t, "order")
		chosen := []string{}
		for _, o := range keys[:rapid.IntRange(1, len(keys)).Draw(t, "chosen")] {
			chosen = append(chosen, o.Key)
		}
		v = chosen
	case YesNo:
		v = rapid.SampledFrom([]string{Yes, No}).Draw(t, "yes")
	case Number:
		v = rapid.Int64Range(0, 3).Draw(t, "number")
	case Date:
		v = rapid.SampledFrom([]string{"2026-01-01", "2026-01-02", "2024-02-29"}).Draw(t, "day")
	case Words:
		v = rapid.SampledFrom([]string{"好", "<b>\u2028&", `"\`}).Draw(t, "words")
	}
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sheet draws answers to some items of p.
func sheet(t *rapid.T, p *Paper) [][2]json.RawMessage {
	pairs := [][2]json.RawMessage{}
	for _, it := range p.Items {
		switch rapid.IntRange(0, 3).Draw(t, "how") {
		case 0: // left out
		case 1:
			pairs = append(pairs, [2]json.RawMessage{[]byte(`"` + it.Key + `"`), []byte("null")})
		case 2:
			if it.Points > 0 {
				pairs = append(pairs, [2]json.RawMessage{[]byte(`"` + it.Key + `"`), it.Answer})
			}
		case 3:
			pairs = append(pairs, [2]json.RawMessage{[]byte(`"` + it.Key + `"`), answerTo(t, it)})
		}
	}
	return pairs
}

func TestScoreProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := paperGen.Draw(t, "paper")
		pairs := sheet(t, p)
		s, bad := Score(p, record.ListOf(pairs))
		if len(bad) > 0 {
			t.Fatalf("fitting answers refused: %v", bad)
		}
		if s.Score < 0 || s.Score > s.Full {
			t.Fatalf("%d of %d points", s.Score, s.Full)
		}
		if (s.Score == s.Full) != (len(s.Weak) == 0) {
			t.Fatalf("%d of %d points, yet weak is %v", s.Score, s.Full, s.Weak)
		}
		shuffled := rapid.Permutation(pairs).Draw(t, "shuffled")
		other, _ := Score(p, record.ListOf(shuffled))
		if other.Score != s.Score || !slices.Equal(other.Weak, s.Weak) {
			t.Fatalf("order matters: %+v and %+v", s, other)
		}
		// Full marks if and only if every scored item is answered rightly,
		// judged here by decoding both sides instead of comparing text.
		all := true
		for _, it := range p.Items {
			all = all && (it.Points == 0 || slices.ContainsFunc(pairs, func(pr [2]json.RawMessage) bool {
				return string(pr[0]) == `"`+it.Key+`"` && same(t, it, pr[1])
			}))
		}
		if all != (s.Score == s.Full) {
			t.Fatalf("all right = %v, but %d of %d", all, s.Score, s.Full)
		}
	})
}

// same compares an answer with the right one by value, sets without order.
func same(t *rapid.T, it Item, given json.RawMessage) bool {
	if it.Kind != Multiple {
		var a, b any
		if json.Unmarshal(it.Answer, &a) != nil || json.Unmarshal(given, &b) != nil {
			t.Fatal("not JSON")
		}
		return a == b
	}
	var a, b []string
	if json.Unmarshal(it.Answer, &a) != nil || json.Unmarshal(given, &b) != nil {
		t.Fatal("not a set")
	}
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// A right answer more never lowers the score nor adds a weak topic.
func TestScoreGrowsWithRightAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := paperGen.Draw(t, "paper")
		pairs := sheet(t, p)
		before, _ := Score(p, record.ListOf(pairs))
		it := rapid.SampledFrom(p.Items).Draw(t, "item")
		if it.Points == 0 {
			return
		}
		key := `"` + it.Key + `"`
		pairs = slices.DeleteFunc(pairs, func(pr [2]json.RawMessage) bool { return string(pr[0]) == key })
		after, _ := Score(p, record.ListOf(append(pairs, [2]json.RawMessage{[]byte(key), it.Answer})))
		if after.Score < before.Score || len(after.Weak) > len(before.Weak) {
			t.Fatalf("%+v became %+v", before, after)
		}
	})
}

func TestPaperRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := paperGen.Draw(t, "paper")
		a, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		q, err := ParsePaper(a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := q.Encode()
		if err != nil || string(a) != string(b) {
			t.Fatalf("%v\n%s\n%s", err, a, b)
		}
	})
}
