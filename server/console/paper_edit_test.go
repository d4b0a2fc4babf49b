package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"daohu/server/form"
)

// parsed is a paper as the API would give it back.
func parsed(t *testing.T, body string) form.Paper {
	t.Helper()
	p, err := form.ParsePaper([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return *p
}

const everyCondition = `{"title":"清单","topics":[{"key":"t","name":"甲","aware":{">=":[{"var":"@score"},1]}}],"items":[
{"key":"a","kind":"yesno","label":"有学生吗","answer":"yes","points":2,"topic":"t","required":true},
{"key":"b","kind":"single","label":"在哪里上","options":[{"key":"x","label":"村里"},{"key":"y","label":"镇里"}],"visible_if":{"==":[{"var":"a"},"yes"]},"met":{"==":[{"var":"b"},"y"]}},
{"key":"c","kind":"multiple","label":"缺什么","options":[{"key":"x","label":"书"},{"key":"y","label":"钱"}],"visible_if":{"==":[{"var":"b"},"x"]},"answer":["x","y"],"points":1,"topic":"t"},
{"key":"d","kind":"number","label":"几口人","answer":4,"points":1,"topic":"t","visible_if":{"in":["y",{"var":"c"}]},"required_if":{"==":[{"var":"a"},"no"]}},
{"key":"e","kind":"date","label":"哪天","visible_if":{">":[{"var":"d"},3]},"met":{">=":[{"var":"e"},"2026-01-01"]}},
{"key":"f","kind":"photo","label":"房子的照片"},{"key":"g","kind":"note","label":"谢谢"}],"pass":%s}`

// typedAs is what a browser would send of the editor, unchanged.
func typedAs(e *Editor) *View {
	v := typed("title", e.Title, "pass", e.Pass, "passRaw", e.PassRaw, "percent", e.Percent)
	for i, t := range e.Topics {
		for name, s := range map[string]string{"key": t.Key, "name": t.Name, "card": t.Card, "awareRaw": t.AwareRaw} {
			v.form.Set(fmt.Sprintf("topics.%d.%s", i, name), s)
		}
	}
	for i, it := range e.Items {
		at := fmt.Sprintf("items.%d.", i)
		for name, s := range map[string]string{"key": it.Key, "kind": it.Kind, "label": it.Label, "points": it.Points, "topic": it.Topic, "answer": it.Answer,
			"visible_if": it.If, "ifRaw": it.IfRaw, "met": it.Met, "metRaw": it.MetRaw, "needRaw": it.NeedRaw, "required": map[bool]string{true: "1"}[it.Required]} {
			v.form.Set(at+name, s)
		}
		for n, o := range it.Options {
			v.form.Set(fmt.Sprintf("%soptions.%d.key", at, n), o.Key)
			v.form.Set(fmt.Sprintf("%soptions.%d.label", at, n), o.Label)
		}
		v.form[at+"right"] = it.Right
	}
	return v
}

// TestEditorLosesNothing: a paper taken apart into fields, sent and put together
// again is the same paper to the byte, whatever its conditions.
func TestEditorLosesNothing(t *testing.T) {
	quiz, err := os.ReadFile("../form/papers/policy-quiz.json")
	if err != nil {
		t.Fatal(err)
	}
	papers := []string{string(quiz)}
	for _, pass := range []string{`{">=":[{"var":"@percent"},80]}`, string(allMet()), `{"and":[{">=":[{"var":"@percent"},60]},{"==":[{"var":"a"},"yes"]}]}`} {
		papers = append(papers, fmt.Sprintf(everyCondition, pass))
	}
	for _, body := range papers {
		want := parsed(t, body)
		e := typedAs(editorOf(want)).readEditor()
		got, bad := e.paper()
		if len(bad) > 0 {
			t.Fatalf("%+v", bad)
		}
		a, err := want.Encode()
		b, err2 := got.Encode()
		if err != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%v %v\n%s\n%s", err, err2, a, b)
		}
	}
	e := editorOf(parsed(t, papers[1]))
	if e.Pass != passPercent || e.Percent != "80" || e.Items[1].If != "a|yes" || e.Items[3].If != "c|y" || e.Items[4].If != keep || e.Items[1].Met != "y" || e.Items[4].Met != keep {
		t.Errorf("%+v", e)
	}
}

// TestEditorSteps moves things about at random: no question, option or topic
// but the dropped one is lost or doubled, and keys stay with their texts.
func TestEditorSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	e := editorOf(parsed(t, fmt.Sprintf(everyCondition, string(allMet()))))
	label := map[string]string{}
	for n := range 3000 {
		for _, it := range e.Items {
			if was, known := label[it.Key]; known && was != it.Label {
				t.Fatalf("%s was %q, is %q", it.Key, was, it.Label)
			}
			label[it.Key] = it.Label
		}
		items, at := len(e.Items), r.IntN(len(e.Items)+1)
		name := []string{"up", "down", "add", "drop", "option", "topic", "drop-topic", "look", "drop-option", "drop.x", "up.-1"}[r.IntN(11)]
		e.step(fmt.Sprintf("%s.%d.%d", name, at, r.IntN(3)))
		want := items
		switch {
		case name == "add":
			want++
			e.Items[at].Label = fmt.Sprint("新题 ", n)
			delete(label, e.Items[at].Key) // a key may come back after its question went
		case name == "drop" && at < items:
			want--
		}
		if len(e.Items) != want {
			t.Fatalf("%s.%d: %d questions, not %d", name, at, len(e.Items), want)
		}
		if k := keys(e.Items, func(i EditItem) string { return i.Key }); len(slices.Compact(slices.Sorted(slices.Values(k)))) != len(k) {
			t.Fatalf("a key twice: %v", k)
		}
		if len(e.Items) > 20 || len(e.Items) < 2 {
			e, label = editorOf(parsed(t, fmt.Sprintf(everyCondition, string(allMet())))), map[string]string{}
		}
	}
}

// TestEditorFaults: what cannot be read is told at its field; a choice whose
// question has moved behind or gone stays to be seen and is refused by name.
func TestEditorFaults(t *testing.T) {
	e := editorOf(parsed(t, fmt.Sprintf(everyCondition, `{">=":[{"var":"@percent"},80]}`)))
	e.Percent, e.Items[0].Points, e.Items[3].Answer, e.Items[1].Right = "一百", "两分", "四", []string{"x", "y"}
	_, bad := e.paper()
	var names []string
	for _, f := range bad {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "items.0.points items.1.answer items.3.answer percent" {
		t.Errorf("%q", got)
	}
	e = editorOf(parsed(t, fmt.Sprintf(everyCondition, string(allMet()))))
	e.step("down.0")
	if o := e.Asked(0); o[len(o)-1].Value != "a|yes" || !strings.Contains(o[len(o)-1].Word, "不在前面") {
		t.Errorf("%+v", o)
	}
	p, _ := e.paper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := form.ParsePaper(raw); err == nil {
		t.Error("a condition on a later question was taken")
	}
}
