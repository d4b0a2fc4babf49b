package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"daohu/server/activity"
	"daohu/server/config"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/types"
)

func root(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWriteThenCheck(t *testing.T) {
	dir := root(t)
	var out bytes.Buffer
	if err := run([]string{"-check", "-root", dir}, &out); err == nil || strings.Count(out.String(), "\n") != 9 {
		t.Errorf("an empty tree passes: %v\n%s", err, out.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "docs")); !os.IsNotExist(err) {
		t.Error("-check wrote something")
	}
	if err := run([]string{"-root", dir}, &out); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := run([]string{"-check", "-root", dir}, &out); err != nil || out.Len() != 0 {
		t.Errorf("what was just written differs: %v %s", err, out.String())
	}
	path := filepath.Join(dir, "docs", "errors.md")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(old, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-check", "-root", dir}, &out); err == nil || out.String() != "docs/errors.md\n" {
		t.Errorf("%v %q", err, out.String())
	}
	if err := run([]string{"-root", dir}, &out); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, old) {
		t.Errorf("not restored: %v", err)
	}
}

func TestWrongCalls(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-root", t.TempDir()}, &out); err == nil {
		t.Error("a folder without go.mod was taken for the root")
	}
	if err := run([]string{"-nonsense"}, &out); err == nil {
		t.Error("an unknown flag was taken")
	}
}

func TestSameDeclarationsSameBytes(t *testing.T) {
	a, err := all()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		b, err := all()
		if err != nil {
			t.Fatal(err)
		}
		for i := range a {
			if !bytes.Equal(a[i].body, b[i].body) {
				t.Errorf("%s differs between two runs", a[i].path)
			}
		}
	}
}

func TestPagesNameEverything(t *testing.T) {
	page := string(errorsPage(fault.Codes))
	for _, s := range fault.Codes {
		if !strings.Contains(page, "| `"+string(s.Code)+"` | ") || !strings.Contains(page, s.Detail) {
			t.Errorf("%s is missing", s.Code)
		}
	}
	page = string(settingsPage(config.Vars()))
	for _, v := range config.Vars() {
		line := regexp.MustCompile("(?m)^\\| `" + v.Name + "` .*$").FindString(page)
		if line == "" || strings.Contains(line, "**Secret.**") != v.Secret {
			t.Errorf("%s: %q", v.Name, line)
		}
	}
	if got := cell("a|b\nc"); got != `a\|b c` {
		t.Error(got)
	}
}

type sample struct {
	record.Meta
	Title  string        `json:"title" rec:"required,max=9" doc:"a title */ of it"`
	Hidden string        `json:"-"`
	Office string        `json:"office" rec:"server,read=TKA"`
	Kind   string        `json:"kind" rec:"enum=a|it's"`
	Size   int64         `json:"size" rec:"min=-5"`
	Done   bool          `json:"done" rec:"server"`
	Phone  record.Sealed `json:"phone" rec:"online,read=C,mask=H"`
	Met    record.List   `json:"met" rec:"max=3"`
	Day    string        `json:"day" rec:"day"`
	Exit   string        `json:"exit" rec:"list=exit"`
	Kin    string        `json:"kin" rec:"offer=relation"`
}

func TestTypings(t *testing.T) {
	typ := record.Of[sample]("sample", record.Policy{Class: record.Author, Readers: "HCT", Doc: "A sample."})
	office := record.Of[struct {
		record.Meta
		A string `json:"a"`
	}]("office", record.Policy{Class: record.Server, Readers: "TKA"})
	lists, err := record.Lists()
	if err != nil {
		t.Fatal(err)
	}
	got := string(records([]*record.Type{typ, office})) + string(tables([]*record.Type{typ, office}, 7)) + string(codeLists(lists))
	for _, want := range []string{
		"/** A sample. */\nexport interface sample {\n  id: string;\n",
		"  /** a title * / of it */\n  title?: string;\n",
		"  kind?: 'a' | 'it\\'s';\n  size?: number;\n",
		"  /** set by the server */\n  done?: boolean;\n",
		"  /** seen by C; masked for H; changed online only */\n  phone?: string;\n  met?: List;\n",
		"  schema: 7,\n",
		"name: 'sample',\n      common: false,\n",
		`
        { name: 'title', kind: 'text', class: 'author', max: 9, required: true },
        { name: 'kind', kind: 'text', class: 'author', max: 100, enum: ['a', 'it\'s'] },
        { name: 'size', kind: 'int', class: 'author', min: -5 },
        { name: 'done', kind: 'bool', class: 'server' },
        { name: 'phone', kind: 'sealed', class: 'online', max: 100 },
        { name: 'met', kind: 'list', class: 'author', max: 3 },
        { name: 'day', kind: 'text', class: 'author', max: 100, format: 'day' },
        { name: 'exit', kind: 'text', class: 'author', max: 100, list: 'exit' },
        { name: 'kin', kind: 'text', class: 'author', max: 100, offer: 'relation' },
`,
		"  exit?: Word<'exit'>;\n  kin?: string;\n",
		"  exit: list(\n    { word: '未脱贫' },\n",
		"    { word: '一般贫困户', profiles: ['alleviation-2016'] },\n",
		"    { word: '之子', sex: '男' },\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, leak := range []string{"office", "Hidden"} {
		if strings.Contains(got, leak) {
			t.Errorf("%s reached the phone", leak)
		}
	}
}

// TestEveryProjectedFieldIsInTheTable: a row that a syncing role gets has no
// key the phone does not know; its text is compared byte for byte.
func TestEveryProjectedFieldIsInTheTable(t *testing.T) {
	for _, typ := range types.All() {
		known := map[string]bool{}
		for _, f := range phoneFields(typ) {
			known[f.Name] = true
		}
		for _, f := range typ.Fields {
			if f.Name != "" && strings.ContainsAny(f.Read+f.Mask, synced) && !known[f.Name] {
				t.Errorf("%s.%s is sent but not declared", typ.Name, f.Name)
			}
			if f.Name != "" && !strings.ContainsAny(f.Read+f.Mask, synced) && f.Class == record.Server && known[f.Name] {
				t.Errorf("%s.%s is declared but never sent", typ.Name, f.Name)
			}
		}
	}
}

func TestProfilesForThePhone(t *testing.T) {
	b, err := profiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  /** a household of the registry */\n  | 'household'\n",
		"export type Profile = 'alleviation-2016' | 'monitoring-2021' | 'regular-2026';\n",
		"DEFAULT_PROFILE: Profile = 'alleviation-2016';\n",
		"    household: '贫困户',\n",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
}

// TestRulesForThePhone keeps what ships on the phone the documents of the
// server, byte for byte.
func TestRulesForThePhone(t *testing.T) {
	b, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := activity.Kinds(func() string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) != 3 || strings.Count(string(b), "/** ") != 6 {
		t.Errorf("%d kinds of visits in\n%s", len(kinds), b)
	}
	for _, k := range kinds {
		text, err := json.Marshal(string(k.Shipped[0].Body))
		if err != nil {
			t.Fatal(err)
		}
		if want := "  " + k.Code + ":\n    " + string(text) + ",\n"; !strings.Contains(string(b), want) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
}
