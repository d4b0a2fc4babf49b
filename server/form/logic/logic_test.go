package logic

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// update writes the made vectors anew: go test ./server/form/logic -update.
// Those written by hand stay as they are.
var update = flag.Bool("update", false, "write testdata/made.json")

// vector is one case of both suites: with Error, why Logic is refused; else
// what it gives for Data.
type vector struct {
	Name   string          `json:"name,omitempty"`
	Logic  json.RawMessage `json:"logic"`
	Data   map[string]any  `json:"data,omitempty"`
	Result bool            `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func readVectors(t *testing.T, file string) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out []vector
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// vars turns JSON values into those of Vars.
func vars(data map[string]any) Vars {
	v := Vars{}
	for k, x := range data {
		switch x := x.(type) {
		case float64:
			v[k] = int64(x)
		case []any:
			set := []string{}
			for _, s := range x {
				set = append(set, s.(string))
			}
			v[k] = set
		default:
			v[k] = x
		}
	}
	return v
}

func TestVectors(t *testing.T) {
	for _, file := range []string{"vectors.json", "made.json"} {
		held, refused := 0, 0
		for i, c := range readVectors(t, file) {
			e, err := Parse(c.Logic)
			if c.Error != "" {
				refused++
				if le, ours := errors.AsType[*Error](err); !ours || le.Code != c.Error || le.Sentence() == "" {
					t.Errorf("%s %d %s: %v, want %s", file, i, c.Name, err, c.Error)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s %d %s: %v", file, i, c.Name, err)
				continue
			}
			if got := e.Eval(vars(c.Data)); got != c.Result {
				t.Errorf("%s %d %s: %s is %v for %v", file, i, c.Name, c.Logic, got, c.Data)
			}
			if c.Result {
				held++
			}
			again, err := Parse(e.Encode())
			if err != nil || !bytes.Equal(again.Encode(), e.Encode()) || again.Eval(vars(c.Data)) != c.Result {
				t.Errorf("%s %d: encoded as %s: %v", file, i, e.Encode(), err)
			}
		}
		if held < 10 || file == "vectors.json" && refused < 20 {
			t.Errorf("%s: only %d hold, %d are refused", file, held, refused)
		}
	}
}

// naive evaluates decoded JSON a second way, without this package: the made
// vectors carry its results.
func naive(x any, data map[string]any) bool {
	op, arg := one(x)
	args := arg.([]any)
	val := func(i int) any {
		if m, ok := args[i].(map[string]any); ok {
			_, name := one(m)
			return data[name.(string)]
		}
		return args[i]
	}
	switch op {
	case "and":
		for _, a := range args {
			if !naive(a, data) {
				return false
			}
		}
		return true
	case "or":
		for _, a := range args {
			if naive(a, data) {
				return true
			}
		}
		return false
	case "not":
		return !naive(args[0], data)
	}
	a, b := val(0), val(1)
	kind := func(x any) string { return fmt.Sprintf("%T", x) }
	if a == nil || b == nil {
		return false
	}
	if op == "in" {
		list, ok := b.([]any)
		if !ok || kind(a) == "[]interface {}" {
			return false
		}
		for _, x := range list {
			if kind(x) == kind(a) && x == a {
				return true
			}
		}
		return false
	}
	if kind(a) != kind(b) || kind(a) == "[]interface {}" {
		return false
	}
	if op == "==" {
		return a == b
	}
	if n, ok := a.(float64); ok {
		return n > b.(float64) || op == ">=" && a == b
	}
	s, u := a.(string), b.(string)
	days := len(s) == 10 && len(u) == 10 && strings.Count(s, "-") == 2 && strings.Count(u, "-") == 2 // as the maker makes them
	return days && (s > u || op == ">=" && s == u)
}

func one(x any) (string, any) {
	for k, v := range x.(map[string]any) {
		return k, v
	}
	return "", nil
}

// maker draws conditions and answers; equal seeds give equal files.
type maker struct{ r *rand.Rand }

var (
	madeNames = []string{"a", "b", "c", "n", "d", "m", "@score"}
	madeTexts = []string{"x", "y", "yes", "no", "", "5", "字", "2026-01-31", "2026-02-01", "2025-12-31"}
	madeSets  = []string{"x", "y", "yes"}
)

func pick[T any](m *maker, list []T) T { return list[m.r.IntN(len(list))] }

func (m *maker) literal() any {
	if m.r.IntN(3) == 0 {
		return m.r.IntN(9) - 2
	}
	return pick(m, madeTexts)
}

func (m *maker) value() any {
	if m.r.IntN(5) < 3 {
		return map[string]any{"var": pick(m, madeNames)}
	}
	return m.literal()
}

func (m *maker) list() any {
	if m.r.IntN(2) == 0 {
		return map[string]any{"var": pick(m, madeNames)}
	}
	numbers := m.r.IntN(3) == 0
	var out []any
	for range 1 + m.r.IntN(3) {
		if numbers {
			out = append(out, m.r.IntN(9)-2)
		} else {
			out = append(out, pick(m, madeTexts))
		}
	}
	return out
}

func (m *maker) condition(depth int) any {
	if depth < 4 && m.r.IntN(2) == 0 {
		op := pick(m, []string{"and", "or", "not"})
		args := []any{m.condition(depth + 1)}
		for op != "not" && m.r.IntN(2) == 0 && len(args) < 4 {
			args = append(args, m.condition(depth+1))
		}
		return map[string]any{op: args}
	}
	op := pick(m, []string{"==", "in", ">", ">="})
	if op == "in" {
		return map[string]any{op: []any{m.value(), m.list()}}
	}
	return map[string]any{op: []any{m.value(), m.value()}}
}

func (m *maker) data() map[string]any {
	out := map[string]any{}
	for _, name := range madeNames {
		switch m.r.IntN(4) {
		case 0: // missing
		case 1:
			out[name] = m.r.IntN(9) - 2
		case 2:
			out[name] = pick(m, madeTexts)
		case 3:
			set := []any{}
			for _, s := range madeSets {
				if m.r.IntN(2) == 0 {
					set = append(set, s)
				}
			}
			out[name] = set
		}
	}
	return out
}

// made writes 500 vectors, one a line, with naive's results.
func made(t *testing.T) []byte {
	m := &maker{rand.New(rand.NewPCG(1, 2))}
	var b bytes.Buffer
	b.WriteString("[\n")
	for i := range 500 {
		raw, err := json.Marshal(m.condition(0))
		if err != nil {
			t.Fatal(err)
		}
		var x any
		if err := json.Unmarshal(raw, &x); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(m.data())
		if err != nil {
			t.Fatal(err)
		}
		var data map[string]any
		if err := json.Unmarshal(text, &data); err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(vector{Logic: raw, Data: data, Result: naive(x, data)})
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		b.Write(line)
	}
	b.WriteString("\n]\n")
	return b.Bytes()
}

func TestMadeVectorsAreThoseOfTheMaker(t *testing.T) {
	want := made(t)
	if *update {
		if err := os.WriteFile("testdata/made.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("testdata/made.json")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("testdata/made.json is not what the maker makes (%v): run go test ./server/form/logic -update", err)
	}
	if len(got) > 200<<10 {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"==":[{"var":"a"},"x"]}`, `{"in":["x",{"var":"m"}]}`, `{"and":[{"not":[{">":[{"var":"n"},-3]}]},{"or":[{"in":[1,[1,2]]}]}]}`,
		`{"not":[]}`, `{"var":"a"}`, `[]`, `{"==":[1]}`, `{"==":["\ud800",""]}`, `{"and":` + strings.Repeat(`[{"and":`, 50), "\xff", `{"a":1,"a":1}`} {
		f.Add([]byte(s), int64(3), "x")
	}
	f.Fuzz(func(t *testing.T, raw []byte, n int64, s string) {
		e, err := Parse(raw)
		if err != nil {
			if le, ours := errors.AsType[*Error](err); !ours || le.Sentence() == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		text := e.Encode()
		again, err := Parse(text)
		if err != nil || !bytes.Equal(again.Encode(), text) {
			t.Fatalf("%s became %s: %v", raw, text, err)
		}
		v := Vars{"a": s, "n": n, "m": []string{s, "x"}, "b": true}
		if e.Eval(v) != again.Eval(v) {
			t.Fatalf("%s and %s differ", raw, text)
		}
		for _, missing := range []Vars{nil, {}} {
			e.Eval(missing)
		}
		e.Check(func(string) (Var, bool) { return Var{Type: Set, Among: []string{s}}, n > 0 })
	})
}
