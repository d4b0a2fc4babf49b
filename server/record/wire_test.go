package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"daohu/server/record"
	"daohu/server/seal"
	"daohu/server/servertest"
)

func box(t testing.TB) *seal.Box {
	t.Helper()
	b, err := seal.New(seal.Key{ID: "t", Bytes: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDecode is the rules of every kind by example; "!" before the code means
// refused.
func TestDecode(t *testing.T) {
	day64 := strings.Repeat("ab", 32)
	for _, c := range []struct {
		f    record.Field
		raw  string
		want string
	}{
		{record.Field{Kind: record.Text, Max: 3}, `"走访户"`, "走访户"},
		{record.Field{Kind: record.Text, Max: 3}, `"😀😀😀"`, "😀😀😀"},
		{record.Field{Kind: record.Text, Max: 3}, `"走访户们"`, "!too-long"},
		{record.Field{Kind: record.Text, Max: 9}, `"a\nb\tc"`, "a\nb\tc"},
		{record.Field{Kind: record.Text, Max: 9}, `"a\rb"`, "!format"},
		{record.Field{Kind: record.Text, Max: 9}, `"a\u0000"`, "!format"},
		{record.Field{Kind: record.Text, Max: 9}, `"a\u007f"`, "!format"},
		{record.Field{Kind: record.Text, Max: 9}, `"a\ud800"`, "a\ufffd"},
		{record.Field{Kind: record.Text, Max: 9}, `"\ud83d\ude00"`, "😀"},
		{record.Field{Kind: record.Text, Max: 9}, "\"\xff\"", "!format"},
		{record.Field{Kind: record.Text, Max: 9}, `"\u2028"`, "\u2028"},
		{record.Field{Kind: record.Text, Max: 9}, `7`, "!format"},
		{record.Field{Kind: record.Text, Max: 9}, `["a"]`, "!format"},
		{record.Field{Kind: record.Text, Max: 9}, `{}`, "!format"},
		{record.Field{Kind: record.Text, Max: 9}, `true`, "!format"},
		{record.Field{Kind: record.Text, Max: 9}, `null`, ""},
		{record.Field{Kind: record.Text, Max: 9, Enum: []string{"a", "b"}}, `"b"`, "b"},
		{record.Field{Kind: record.Text, Max: 9, Enum: []string{"a", "b"}}, `""`, ""},
		{record.Field{Kind: record.Text, Max: 9, Enum: []string{"a", "b"}}, `"A"`, "!not-allowed"},
		{record.Field{Kind: record.Text, Max: 9, Enum: []string{"a", "b"}}, `"a|b"`, "!not-allowed"},
		{record.Field{Kind: record.Text, Max: 99, Format: "day"}, `"2028-02-29"`, "2028-02-29"},
		{record.Field{Kind: record.Text, Max: 99, Format: "day"}, `"2026-02-29"`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "day"}, `"2026-2-9"`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "day"}, `"2026-02-09 "`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "month"}, `"2026-12"`, "2026-12"},
		{record.Field{Kind: record.Text, Max: 99, Format: "month"}, `"2026-13"`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "sha256"}, `"` + day64 + `"`, day64},
		{record.Field{Kind: record.Text, Max: 99, Format: "sha256"}, `"` + strings.ToUpper(day64) + `"`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "area"}, `"530102001201"`, "530102001201"},
		{record.Field{Kind: record.Text, Max: 99, Format: "area"}, `"53010"`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "area"}, `"5301０2"`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "id"}, `"abcDEF-_0123"`, "abcDEF-_0123"},
		{record.Field{Kind: record.Text, Max: 99, Format: "id"}, `"abcDEF-_012"`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "id"}, `"abcDEF-_012="`, "!format"},
		{record.Field{Kind: record.Text, Max: 99, Format: "id"}, `"abc   DEF012"`, "!format"},
		{record.Field{Kind: record.Secret, Max: 3}, `"1234"`, "!too-long"},
		{record.Field{Kind: record.Secret, Max: 4}, `"1234"`, "1234"},
		{record.Field{Kind: record.Int, Max: 1<<53 - 1}, `9007199254740991`, "9007199254740991"},
		{record.Field{Kind: record.Int, Max: math.MaxInt64}, `9007199254740992`, "!format"},
		{record.Field{Kind: record.Int, Max: 9}, `10`, "!range"},
		{record.Field{Kind: record.Int, Max: 9}, `-1`, "!range"},
		{record.Field{Kind: record.Int, Max: 9, Min: -9}, `-9`, "-9"},
		{record.Field{Kind: record.Int, Max: 9}, `0`, ""},
		{record.Field{Kind: record.Int, Max: 9}, `-0`, "!format"},
		{record.Field{Kind: record.Int, Max: 9}, `1.0`, "!format"},
		{record.Field{Kind: record.Int, Max: 9}, `1e0`, "!format"},
		{record.Field{Kind: record.Int, Max: 9}, `"1"`, "!format"},
		{record.Field{Kind: record.Int, Max: 9}, `null`, ""},
		{record.Field{Kind: record.Bool}, `true`, "1"},
		{record.Field{Kind: record.Bool}, `false`, ""},
		{record.Field{Kind: record.Bool}, `1`, "!format"},
		{record.Field{Kind: record.Bool}, `"true"`, "!format"},
		{record.Field{Kind: record.Array, Max: 2}, ` [ "a" , 1 ] `, `["a",1]`},
		{record.Field{Kind: record.Array, Max: 2}, `[]`, ""},
		{record.Field{Kind: record.Array, Max: 2}, `[1,2,3]`, "!too-long"},
		{record.Field{Kind: record.Array, Max: 2}, `[{"a":1}]`, "!format"},
		{record.Field{Kind: record.Array, Max: 2}, `[1.5]`, "!format"},
		{record.Field{Kind: record.Array, Max: 2}, `[[[[1]]]]`, "!format"},
		{record.Field{Kind: record.Array, Max: 2}, `[[["x"]],null]`, `[[["x"]],null]`},
		{record.Field{Kind: record.Array, Max: 2}, `["a\ud800"]`, "[\"a\ufffd\"]"},
		{record.Field{Kind: record.Array, Max: 2}, "[\"\xff\"]", "!format"},
		{record.Field{Kind: record.Array, Max: 2}, `["a\u0000"]`, "!format"},
		{record.Field{Kind: record.Array, Max: 2}, `["` + strings.Repeat("x", 16<<10) + `"]`, "!too-long"},
		{record.Field{Kind: record.Array, Max: 2}, `"[]"`, "!format"},
		{record.Field{Kind: record.Array, Max: 2}, `null`, ""},
	} {
		c.f.Name = "x"
		got, problem := c.f.Decode(json.RawMessage(c.raw))
		if problem != nil {
			if problem.Name != "x" || problem.Detail == "" || got != "" {
				t.Errorf("%s: %+v, %q", c.raw, problem, got)
			}
			got = "!" + problem.Code
		}
		if got != c.want {
			t.Errorf("%s %s %.60s: got %.60q, want %q", c.f.Kind, c.f.Format, c.raw, got, c.want)
		}
	}
}

// TestDecodeKeepsWhatItTakes: every text that is accepted comes back exactly,
// through a row and its projection; what is refused holds a character that
// cannot be kept or is too long.
func TestDecodeKeepsWhatItTakes(t *testing.T) {
	typ := sampleType()
	f, _ := typ.Field("pick")
	f.Enum = nil
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text")
		raw := record.AppendString(nil, text)
		got, problem := f.Decode(raw)
		unfit := strings.ContainsFunc(text, func(r rune) bool {
			return r < 0x20 && r != '\n' && r != '\t' || r == 0x7f
		})
		if (problem != nil) != (unfit || utf8.RuneCountInString(text) > 100) {
			rt.Fatalf("%q: %v", text, problem)
		}
		if problem != nil {
			return
		}
		r := &sample{Pick: got}
		out, err := typ.Project(r, "H", nil)
		if err != nil || got != text {
			rt.Fatalf("%q came back as %q, %v", text, got, err)
		}
		if want := `{"id":""` + map[bool]string{true: `,"pick":` + string(raw)}[text != ""] + "}"; string(out) != want {
			rt.Fatalf("%s, want %s", out, want)
		}
	})
}

// TestNumbers: a whole number is taken if JavaScript keeps it and it lies in
// range, and comes back by Get.
func TestNumbers(t *testing.T) {
	typ := sampleType()
	f, _ := typ.Field("n")
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-5, 11)).Draw(rt, "n")
		got, problem := f.Decode(fmt.Appendf(nil, "%d", n))
		if (problem == nil) != (n >= -3 && n <= 9) {
			rt.Fatalf("%d: %v", n, problem)
		}
		r := &sample{}
		if err := typ.Set(r, f, got); err != nil || problem == nil && r.N != n || typ.Get(r, f) != got {
			rt.Fatalf("%d became %d, %v", n, r.N, err)
		}
	})
}

// tree draws a list as the wire may carry it, nested at most deep.
func tree(deep int) *rapid.Generator[[]any] {
	leaf := rapid.OneOf(
		rapid.Map(rapid.StringOf(rapid.RuneFrom([]rune("a\"\\\n/<&>\u2028中😀é"))), func(s string) any { return s }),
		rapid.Map(rapid.Int64Range(-(1<<53)+1, 1<<53-1), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil))
	if deep > 1 {
		inner := rapid.Deferred(func() *rapid.Generator[any] { return rapid.Map(tree(deep-1), func(a []any) any { return a }) })
		return rapid.SliceOfN(rapid.OneOf(leaf, leaf, inner), 0, 5)
	}
	return rapid.SliceOfN(leaf, 0, 5)
}

// TestListIsCanonical: however a list is written, it is kept in one form;
// that form is its own canonical form, and the values are the same.
func TestListIsCanonical(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := tree(3).Draw(rt, "v")
		plain, err := json.Marshal(v)
		if err != nil {
			rt.Fatal(err)
		}
		var wide bytes.Buffer
		if err := json.Indent(&wide, plain, " ", "\t"); err != nil {
			rt.Fatal(err)
		}
		a, err := record.ParseList(plain)
		if err != nil {
			rt.Fatalf("%s: %v", plain, err)
		}
		b, err := record.ParseList(wide.Bytes())
		if err != nil || a != b || a != record.ListOf(v) {
			rt.Fatalf("%s and %s, %v", a, b, err)
		}
		if len(v) == 0 {
			if a != "" {
				rt.Fatalf("the empty list is %q", a)
			}
			return
		}
		if again, err := record.ParseList([]byte(a)); err != nil || again != a {
			rt.Fatalf("%s became %s, %v", a, again, err)
		}
		var back []any
		d := json.NewDecoder(strings.NewReader(string(a)))
		d.UseNumber()
		if err := d.Decode(&back); err != nil || fmt.Sprint(back) != fmt.Sprint(v) {
			rt.Fatalf("%v became %v, %v", v, back, err)
		}
	})
}

func TestListRefuses(t *testing.T) {
	for _, raw := range []string{"", "[", "[1", "{}", `"x"`, "1", "true", "[{}]", "[1.0]", "[1e3]", "[-0]", "[9007199254740992]", "[[[[]]]]",
		"[1] x", "[1][2]", "[\"\xff\"]", `["\u0000"]`, `[["\u007f"]]`} {
		if l, err := record.ParseList([]byte(raw)); err == nil {
			t.Errorf("%q accepted as %q", raw, l)
		}
	}
	for raw, want := range map[string]record.List{"null": "", " [] ": "", "[[]]": "[[]]", `["\u00e9\/"]`: `["é/"]`, "[\"\\n\"]": `["\n"]`} {
		if l, err := record.ParseList([]byte(raw)); err != nil || l != want {
			t.Errorf("%q became %q, %v", raw, l, err)
		}
	}
	if err := record.List("").Into(nil); err != nil {
		t.Error(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("ListOf took an object")
		}
	}()
	record.ListOf([]any{map[string]int{"a": 1}})
}

// TestAppendString compares with what JSON.stringify gave (ECMA-262,
// QuoteJSONString), and with a running engine on 2000 random texts.
func TestAppendString(t *testing.T) {
	for s, want := range map[string]string{
		"": `""`, "a/b": `"a/b"`, "<b>&'": `"<b>&'"`, "\u2028\u2029": "\"\u2028\u2029\"", `"\`: `"\"\\"`,
		"\b\f\n\r\t": `"\b\f\n\r\t"`, "\x00\x01\x1f\x0b": `"\u0000\u0001\u001f\u000b"`, "\x7f\u0080": "\"\x7f\u0080\"", "😀é中": `"😀é中"`, "\ufeff\ufffd": "\"\ufeff\ufffd\"",
	} {
		if got := string(record.AppendString([]byte("x"), s)); got != "x"+want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

func TestAppendStringIsStringify(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		if servertest.Full() {
			t.Fatal(err)
		}
		t.Log("no node here: only the fixed vectors of TestAppendString were compared")
		return
	}
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	ranges := [][2]int{{0, 0x20}, {0x20, 0x7f}, {0x20, 0x7f}, {0x7f, 0x800}, {0x2020, 0x2030}, {0x4e00, 0x9fff}, {0xe000, 0x10000}, {0x1f300, 0x1f700}, {0x10000, 0x110000}}
	var want []string
	var ask bytes.Buffer
	for range 2000 {
		var b strings.Builder
		for range rnd.IntN(30) {
			r := ranges[rnd.IntN(len(ranges))]
			b.WriteRune(rune(r[0] + rnd.IntN(r[1]-r[0])))
		}
		points := []int{}
		for _, r := range b.String() {
			points = append(points, int(r))
		}
		line, err := json.Marshal(points)
		if err != nil {
			t.Fatal(err)
		}
		ask.Write(append(line, '\n'))
		want = append(want, string(record.AppendString(nil, b.String())))
	}
	cmd := exec.CommandContext(t.Context(), node, "-e", `
		const lines = require("fs").readFileSync(0, "utf8").trim().split("\n")
		const out = lines.map(l => JSON.stringify(String.fromCodePoint(...JSON.parse(l))))
		process.stdout.write(out.map(s => Buffer.from(s).toString("hex")).join("\n"))`)
	cmd.Stdin = &ask
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(string(out), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d answers", len(got))
	}
	for i, w := range want {
		if got[i] != fmt.Sprintf("%x", w) {
			t.Fatalf("seed %d, text %d: JSON.stringify gives %s, we give %x", seed, i, got[i], w)
		}
	}
	t.Logf("figure: 2000 random texts equal JSON.stringify byte for byte (seed %d)", seed)
}

func TestObject(t *testing.T) {
	got, err := record.Object([]byte(` {"a": 1, "b" : {"a":[1]} , "c":null } `), 3)
	if err != nil || len(got) != 3 || string(got["a"]) != "1" || string(got["b"]) != `{"a":[1]}` || string(got["c"]) != "null" {
		t.Errorf("%s %v", got, err)
	}
	for raw, n := range map[string]int{
		`{"a":1,"a":2}`: 9, `{"a":1,"\u0061":2}`: 9, `{"a":1,"b":2}`: 1, ``: 9, `[]`: 9, `null`: 9, `"x"`: 9, `{`: 9, `{"a"}`: 9, `{"a":}`: 9, `{"a":1`: 9, `{"a":1,}`: 9, `{a:1}`: 9,
		`{"a":1} x`: 9, `{}{}`: 9, `{"a":1}}`: 9,
	} {
		if got, err := record.Object([]byte(raw), n); err == nil {
			t.Errorf("%s accepted as %v", raw, got)
		}
	}
}

func TestMask(t *testing.T) {
	for plain, want := range map[string]string{"": "", "1": "*", "1234567": "*******", "12345678": "123***78", "999999195001010011": "999*************11", "张三丰": "***"} {
		if got := record.Mask(plain); got != want {
			t.Errorf("%s: %s, want %s", plain, got, want)
		}
	}
}

// TestHash32 holds the values the phone computes (FNV-1a test vectors of
// http://www.isthe.com/chongo/tech/comp/fnv/).
func TestHash32(t *testing.T) {
	for s, want := range map[string]uint32{"": 0x811c9dc5, "a": 0xe40c292c, "foobar": 0xbf9cf968} {
		if got := record.Hash32([]byte(s)); got != want {
			t.Errorf("%q: %x, want %x", s, got, want)
		}
	}
}
