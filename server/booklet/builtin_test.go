package booklet

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func builtin(t *testing.T) []Seed {
	t.Helper()
	seeds, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return seeds
}

func TestBuiltinFitsTheDeclaration(t *testing.T) {
	seeds := builtin(t)
	if len(seeds) < 8 {
		t.Fatalf("only %d cards", len(seeds))
	}
	seen := map[string]bool{}
	for i, s := range seeds {
		if s.Order != int64(i+1) || s.Edition < 1 || seen[s.Code] || seen[s.Title] {
			t.Errorf("%s: order %d at place %d, edition %d, or a code or title twice", s.Code, s.Order, i+1, s.Edition)
		}
		seen[s.Code], seen[s.Title] = true, true
		for name, value := range map[string]string{"code": s.Code, "topic": s.Topic, "title": s.Title} {
			f, ok := Type.Field(name)
			if p := f.CheckText(value); !ok || p != nil || value == "" {
				t.Errorf("%s: %s = %q: %v", s.Code, name, value, p)
			}
		}
	}
}

// Cards are for people who read little: short, short sentences, four parts.
func TestBuiltinIsShortAndPlain(t *testing.T) {
	for _, s := range builtin(t) {
		text := string(s.Body)
		words := regexp.MustCompile(`[#*\-\s]`).ReplaceAllString(text, "")
		if n := utf8.RuneCountInString(words); n < 120 || n > 350 {
			t.Errorf("%s: %d characters", s.Code, n)
		}
		for _, sentence := range regexp.MustCompile(`[。\n]`).Split(text, -1) {
			if n := utf8.RuneCountInString(sentence); n > 40 {
				t.Errorf("%s: a sentence of %d characters: %s", s.Code, n, sentence)
			}
		}
		for _, part := range []string{"## 这是什么\n", "## 您要做什么\n", "## 问谁\n"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no part %q", s.Code, part)
			}
		}
		if strings.Contains(text, "你") {
			t.Errorf("%s says 你 instead of 您", s.Code)
		}
	}
}

// figure finds digits and Chinese numbers that measure money, shares or time.
var figure = regexp.MustCompile(`[0-9０-９%％]|[百千万亿]分?|[一二三四五六七八九十两几]+(元|块钱|成|折|倍|天|个月|年|岁|个工作日|分之)`)

func TestBuiltinInventsNoFigures(t *testing.T) {
	for _, s := range builtin(t) {
		if found := figure.FindString(s.Title + string(s.Body)); found != "" {
			t.Errorf("%s contains %q", s.Code, found)
		}
	}
	for _, bad := range []string{"报 70%", "报七成", "补两千", "满六十岁", "三个月内", "百分之五", "１２"} {
		if !figure.MatchString(bad) {
			t.Errorf("%q is not noticed", bad)
		}
	}
}

// Where amounts differ by place the card says whom to ask.
func TestBuiltinSaysWhomToAsk(t *testing.T) {
	local := 0
	for _, s := range builtin(t) {
		if strings.Contains(string(s.Body), "具体标准问") {
			local++
		}
		if !strings.Contains(string(s.Body), "村干部") {
			t.Errorf("%s names nobody near", s.Code)
		}
	}
	if local < 8 {
		t.Errorf("only %d cards send to the township for what differs by place", local)
	}
}

func TestBuiltinRenders(t *testing.T) {
	for _, s := range builtin(t) {
		out, err := Render(s.Body)
		if err != nil {
			t.Fatalf("%s: %v", s.Code, err)
		}
		if bad := forbidden(out); bad != "" {
			t.Errorf("%s: %s", s.Code, bad)
		}
		if strings.ContainsAny(string(s.Body), "<>`![]|") {
			t.Errorf("%s uses markup that old phones or ears do not get", s.Code)
		}
		plain := Plain(string(s.Body))
		if strings.ContainsAny(plain, "#*<>") || strings.Count(plain, "\n") < 6 {
			t.Errorf("%s is read as\n%s", s.Code, plain)
		}
		if strings.Contains(string(s.Body), "edition:") {
			t.Errorf("%s: the head is part of the text", s.Code)
		}
	}
}

func TestParseSeedRefuses(t *testing.T) {
	const good = "---\ncode: a\nedition: 1\ntopic: t\ntitle: 题\norder: 2\n---\n\n正文"
	s, err := parseSeed([]byte(good))
	if err != nil || s.Code != "a" || s.Edition != 1 || s.Order != 2 || string(s.Body) != "正文" {
		t.Fatalf("%+v, %v", s, err)
	}
	for name, bad := range map[string]string{
		"no head":       "正文",
		"head not over": strings.Replace(good, "\n---\n\n", "\n\n", 1),
		"unknown key":   strings.Replace(good, "topic:", "subject:", 1),
		"repeated key":  strings.Replace(good, "topic: t", "topic: t\ntopic: u", 1),
		"missing key":   strings.Replace(good, "topic: t\n", "", 1),
		"no value":      strings.Replace(good, "topic: t", "topic: ", 1),
		"not a number":  strings.Replace(good, "order: 2", "order: two", 1),
	} {
		if _, err := parseSeed([]byte(bad)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
