package arch

import (
	"slices"
	"testing"
)

const head = `package area
import ("errors"; "net/http"; "regexp"; "sync"; "embed"; "daohu/server/record"; "time")
`

func TestStateThatIsRefused(t *testing.T) {
	for _, text := range []string{
		"var n int",
		"var cache map[string]int",
		"var cache = map[string]int{}\nfunc F() { cache[\"a\"] = 1 }",
		"var cache = map[string]int{}\nfunc F() { delete(cache, \"a\") }",
		"var cache = make(map[string]int)",
		"var list = []int{1}\nfunc F() { list = append(list, 2) }",
		"var list = []int{1}\nfunc F() { func() { list[0]++ }() }",
		"var conf = struct{ N int }{1}\nfunc F() { (conf).N = 2 }",
		"var mu sync.Mutex",
		"var mu = sync.Mutex{}",
		"var mu = &sync.Mutex{}",
		"var once = sync.OnceValue(func() int { return 1 })",
		"var client = &http.Client{}",
		"var client = http.DefaultClient\nfunc F() { client = nil }",
		"var now = time.Now()",
		"var clock = func() int64 { return 0 }",
		"var events = make(chan int)",
		"var p = new(int)",
		"var p *int = nil",
		"var first = <-source",
		"var a, b = 1, make([]int, 3)",
		"var version = \"dev\"\nfunc F() { version = \"x\" }",
	} {
		got := broken(t, map[string]string{"server/area/a.go": head + text + "\n"})
		if !slices.Equal(got, []string{RuleState}) {
			t.Errorf("%q broke %q", text, got)
		}
	}
}

func TestStateThatIsNone(t *testing.T) {
	for _, text := range []string{
		"var ErrGone = errors.New(\"gone\")",
		"var pattern = regexp.MustCompile(`^a$`)",
		"var Type = record.Of[Area](\"area\", record.Policy{Check: func() {}})",
		"var _ Store = (*SQL)(nil)",
		"//go:embed a.html\nvar files embed.FS",
		"var names = map[string]string{\"a\": \"b\"}\nfunc F() string { return names[\"a\"] }",
		"var table = []struct{ A int }{{1}, {2}}",
		"var zone = time.FixedZone(\"CST\", 8*3600)",
		"var version = \"dev\"",
		"var limit = 3 * time.Second",
		"var roles = []string{\"a\"}\nfunc F() { roles := []int{}; roles[0] = 1 }",
		"var n = 1\nfunc F(n int) { n = 2 }",
		"var n = 1\nfunc F() { for n := range 3 { n++ } }",
		"var pool = sync.Pool{New: func() any { return nil }}",
		"func F() { var cache = map[string]int{}; cache[\"a\"] = 1 }",
		"var magic = []byte(\"PNG\")",
		"var all = append(left, right...)",
		"var spec = &Spec{A: 1}",
	} {
		if got := broken(t, map[string]string{"server/area/a.go": head + text + "\n"}); len(got) > 0 {
			t.Errorf("%q broke %q", text, got)
		}
	}
}

func TestStateIsSeenAcrossTheFilesOfAPackage(t *testing.T) {
	files := map[string]string{
		"server/area/a.go": "package area\nvar names = []string{\"a\"}\n",
		"server/area/b.go": "package area\nfunc F() { names[0] = \"b\" }\n",
		"server/form/b.go": "package form\nfunc F() { names[0] = \"b\" }\n",
	}
	if got := broken(t, files); !slices.Equal(got, []string{RuleState}) {
		t.Errorf("broke %q", got)
	}
	delete(files, "server/area/b.go")
	if got := broken(t, files); len(got) > 0 {
		t.Errorf("another package's variable: broke %q", got)
	}
	if got := broken(t, map[string]string{"server/area/a_test.go": "package area\nvar n int\n"}); len(got) > 0 {
		t.Errorf("a test's variable: broke %q", got)
	}
}
