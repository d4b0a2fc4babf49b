package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"daohu/server/fault"
)

func TestStrict(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	many := func(last string) string {
		var b strings.Builder
		b.WriteByte('{')
		for i := range 40 {
			b.WriteString(`"k` + string(rune('a'+i%26)) + string(rune('a'+i/26)) + `":1,`)
		}
		return b.String() + `"` + last + `":2}`
	}
	for _, ok := range []string{
		`{}`, ` [ ] `, `"a"`, `1`, `null`, `{"a":{"a":[{"a":1},{"a":2}]}}`, deep(8), `{"a":"{\"a\":1,\"a\":2}"}`, many("kz"),
		`{"a":"\\","b":"\""}`, `[-1.5e10, true, false, null]`, "\t{ \"a\" : 1 , \"b\" : [ ] }\n",
	} {
		if err := strict([]byte(ok), maxDepth); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{
		``, ` `, `{`, `{"a":1}{}`, `{"a":1,}`, `[1,]`, `nul`, `{'a':1}`, "{\"a\":\"\xff\"}", deep(9), strings.Repeat(`{"a":`, 9) + `1` + strings.Repeat(`}`, 9),
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `[{"x":{"é":1,"b":2,"\u00e9":3}}]`, many("kaa"), many("kaa"), `[` + strings.Repeat("9", 25) + `]`,
		strings.Repeat("[", 100000),
	} {
		if err := strict([]byte(bad), maxDepth); !fault.Is(err, fault.BadRequest) {
			t.Errorf("%.60s: %v", bad, err)
		}
	}
}

// FuzzStrict checks the scanner against the standard decoder: what it takes is
// valid, holds no key twice, and nests at most maxDepth deep.
func FuzzStrict(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,{"b":null}]}`, `{"a":1,"\u0061":2}`, `[[[[[[[[[]]]]]]]]]`, `{"\"":"\\"}`, ` [ -0.1e+5 , "x" ] `, `{"cursor":"","muts":[[1,0,"visit","abc","def",{"text":"x"},1]]}`,
		"\"\u2028\"", `{"":{"":0},"a":0}`, `1`, `"`, `{"a" :`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if strict(raw, maxDepth) != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		depth, err := walk(d, 0)
		if err != "" || depth > maxDepth {
			t.Errorf("%q: %s, depth %d", raw, err, depth)
		}
		if _, e := d.Token(); e != io.EOF {
			t.Errorf("%q: something follows", raw)
		}
	})
}

// walk is a slow, plain reader of one value: how deep it nests, and what is wrong.
func walk(d *json.Decoder, depth int) (int, string) {
	tok, err := d.Token()
	if err != nil {
		return depth, err.Error()
	}
	open, ok := tok.(json.Delim)
	if !ok {
		return depth, ""
	}
	deepest, seen := depth+1, map[string]bool{}
	for d.More() {
		if open == '{' {
			key, _ := d.Token()
			k, _ := key.(string)
			if seen[k] {
				return deepest, "key twice"
			}
			seen[k] = true
		}
		n, wrong := walk(d, depth+1)
		if deepest = max(deepest, n); wrong != "" {
			return deepest, wrong
		}
	}
	_, _ = d.Token()
	return deepest, ""
}

func TestReadJSONChecksTheMediaType(t *testing.T) {
	for kind, ok := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "Application/JSON; charset=UTF-8": true,
		"": false, "text/plain": false, "application/json; charset=gbk": false, "application/x-www-form-urlencoded": false, "application/json; =": false,
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(`{}`))
		r.Header.Set("Content-Type", kind)
		if _, err := readJSON(r, maxDepth); (err == nil) != ok || (!ok && !fault.Is(err, fault.BadMedia)) {
			t.Errorf("%q: %v", kind, err)
		}
	}
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Encoding", "gzip")
	if _, err := readJSON(r, maxDepth); !fault.Is(err, fault.BadMedia) {
		t.Errorf("compressed body: %v", err)
	}
}

func BenchmarkStrict(b *testing.B) {
	one := `[1,1234,"visit","abcdefghijkl","mnopqrstuvwx",{"day":"2026-01-31","stage":2,"text":"` + strings.Repeat("走访", 200) + `","met":["甲","乙"]},1700000000000]`
	raw := []byte(`{"cursor":"","schema":1,"muts":[` + strings.Repeat(one+",", 49) + one + `]}`)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if err := strict(raw, maxDepth); err != nil {
			b.Fatal(err)
		}
	}
}
