package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// last is the line a reader of make test looks at.
func last(s string) string {
	l := strings.Split(strings.TrimSpace(s), "\n")
	return l[len(l)-1]
}

func TestRunGoesOnAfterAFailureAndEndsWithTheTotals(t *testing.T) {
	var out bytes.Buffer
	ok := run(&out, []string{
		"gate: one: true",
		"gate: two: echo because; exit 3",
		"node: three: printf '# pass 4\\n# fail 0\\n'",
	})
	if ok || last(out.String()) != "5 passed, 1 failed" || !strings.Contains(out.String(), "because") {
		t.Errorf("%v\n%s", ok, out.String())
	}
	out.Reset()
	if !run(&out, []string{"gate: one: true"}) || last(out.String()) != "1 passed, 0 failed" {
		t.Error(out.String())
	}
}

func TestMarksOfGatesAreRepeated(t *testing.T) {
	gate := "gate: size: echo 'mark: main=7 admin=3'; echo 'a mark: no'"
	for _, c := range [][]string{{"1 passed, 0 failed main=7 admin=3", "-marks", gate}, {"1 passed, 0 failed", gate}} {
		var out bytes.Buffer
		if !run(&out, c[1:]) || last(out.String()) != c[0] {
			t.Errorf("%q\n%s", c[1:], out.String())
		}
	}
}

func TestRunRefusesWhatIsNoStep(t *testing.T) {
	for _, args := range [][]string{nil, {"gate"}, {"gate: x"}, {"gate: x:  "}, {"dance: x: true"}} {
		if run(io.Discard, args) {
			t.Errorf("%q passed", args)
		}
	}
}

func TestReadNode(t *testing.T) {
	for in, want := range map[string]count{
		"ok 1 - a\n# tests 3\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1\n": {2, 2, 2},
		"ℹ tests 3\nℹ pass 3\nℹ fail 0\n":                                                 {3, 0, 0},
		"# pass 2\n# fail 0\n# pass 5\n# fail 1\n":                                        {7, 1, 0},
		"pass 9\n# passport 3 x\n# pass many\n":                                           {},
	} {
		if got := readNode(strings.NewReader(in), io.Discard); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestSettleNeverBeatsTheExitCode(t *testing.T) {
	bad := errors.New("exit status 1")
	for _, c := range []struct {
		kind     string
		in, want count
		err      error
	}{
		{"gate", count{}, count{1, 0, 0}, nil},
		{"gate", count{}, count{0, 1, 0}, bad},
		{"go", count{9, 0, 0}, count{9, 1, 0}, bad},
		{"go", count{9, 2, 0}, count{9, 2, 0}, bad},
		{"go", count{}, count{0, 1, 0}, nil},
		{"node", count{3, 0, 1}, count{3, 0, 1}, nil},
	} {
		if got := settle(c.kind, c.in, c.err, io.Discard); got != c.want {
			t.Errorf("%s %v %v: %v", c.kind, c.in, c.err, got)
		}
	}
}

func TestLeaves(t *testing.T) {
	for _, c := range []struct {
		name string
		in   map[string]string
		want count
	}{
		{"flat", map[string]string{"A": "pass", "B": "fail", "C": "skip"}, count{1, 1, 1}},
		{"parents are not counted", map[string]string{"A": "pass", "A/x": "pass", "A/x/y": "pass", "A/z": "skip"}, count{1, 0, 1}},
		{"one failed leaf is one failure", map[string]string{"A": "fail", "A/x": "fail", "A/x/y": "fail", "A/z": "pass"}, count{1, 1, 0}},
		{"a parent that failed by itself", map[string]string{"A": "fail", "A/x": "pass"}, count{1, 1, 0}},
		{"never ended", map[string]string{"A": "run", "A/x": "run", "B": "pass"}, count{1, 1, 0}},
	} {
		if got := leaves(c.in); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestReadGoOfTheRealThing runs the real go test on small modules and compares
// with what was put there.
func TestReadGoOfTheRealThing(t *testing.T) {
	const head = "package x\nimport \"testing\"\n"
	for _, c := range []struct {
		name, src, says string
		want            count
	}{
		{"good", head + `func TestA(t *testing.T) { t.Log("figure: 42 kB") }
func TestB(t *testing.T) { t.Run("x", func(t *testing.T) {}); t.Run("y", func(t *testing.T) {}) }`, "figure: 42 kB\n", count{3, 0, 0}},
		{"bad", head + `func TestA(t *testing.T) { t.Error("the reason") }
func TestB(t *testing.T) {}`, "the reason", count{1, 1, 0}},
		{"panic", head + `func TestA(t *testing.T) { var m map[int]int; m[1] = 1 }`, "nil map", count{0, 1, 0}},
		{"broken", head + `func TestA(t *testing.T) { nonsense }`, "nonsense", count{0, 1, 0}},
		{"exit", head + "import \"os\"\nfunc TestMain(m *testing.M) { m.Run(); os.Exit(3) }\nfunc TestA(t *testing.T) {}", "", count{1, 1, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "go.mod"), "module x\n\ngo 1.26\n")
			write(t, filepath.Join(dir, "x_test.go"), c.src)
			cmd := exec.Command("go", "test", "-vet=off", "-json", ".")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
			in, _ := cmd.Output()
			var out bytes.Buffer
			if got := readGo(bytes.NewReader(in), &out); got != c.want || !strings.Contains(out.String(), c.says) {
				t.Errorf("%v, want %v and %q in\n%s", got, c.want, c.says, out.String())
			}
		})
	}
}

func TestReadGoMissesNoPackage(t *testing.T) {
	in := `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"pass","Package":"p","Test":"A"}` + "\n"
	if got := readGo(strings.NewReader(in), io.Discard); got != (count{0, 1, 0}) {
		t.Errorf("a stream cut short gave %v", got)
	}
}

func TestLinesSurviveALongLine(t *testing.T) {
	in := strings.NewReader("a\n" + strings.Repeat("x", 17<<20) + "\nb\n")
	var got []string
	for l := range lines(in) {
		got = append(got, l)
	}
	if len(got) != 1 || in.Len() != 0 {
		t.Errorf("%d lines, %d bytes left", len(got), in.Len())
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
