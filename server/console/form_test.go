package console

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"daohu/server/fault"
)

func typed(pairs ...string) *View {
	v := &View{r: httptest.NewRequest(http.MethodPost, "/users?role=C", nil), form: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.form.Add(pairs[i], pairs[i+1])
	}
	v.Did = v.form.Get("do")
	return v
}

func TestFen(t *testing.T) {
	for in, want := range map[string]any{"": nil, "12": int64(1200), "12.5": int64(1250), "1,234.56": int64(123456), "¥0.05": int64(5), "-3": int64(-300), "-0.5": int64(-50),
		"12.345": "12.345", "很多": "很多", "1.x": "1.x", ".5": ".5"} {
		if got := typed("m", in).Fen("m"); got != want {
			t.Errorf("%q: %v, not %v", in, got, want)
		}
	}
}

func TestWhole(t *testing.T) {
	for in, want := range map[string]any{"": nil, " 7 ": int64(7), "7.5": "7.5", "x": "x"} {
		if got := typed("n", in).Whole("n"); got != want {
			t.Errorf("%q: %v, not %v", in, got, want)
		}
	}
}

// TestFormAgain: a refused form has what was typed, the sentence at its field,
// and whatever no field shows at its end; other forms of the page have nothing
// of it, and no password comes back.
func TestFormAgain(t *testing.T) {
	v := typed("do", "add", "key", "1", "name", "甲", "kind", "b", "secret", "x")
	v.Problem = &Problem{Status: 422, Fields: []fault.Field{{Name: "name", Detail: "太短。"}, {Name: "list[2].x", Detail: "不对。"}, {Name: "other", Detail: "缺。"}}}
	f := v.Form("add", "1")
	if got := f.Field("name", "姓名", "value=旧"); got.Value != "甲" || got.Wrong != "太短。" {
		t.Errorf("%+v", got)
	}
	if got := f.Field("list", "名单"); got.Wrong != "不对。" {
		t.Errorf("%+v", got)
	}
	if got := f.Field("kind", "种类", "a=甲", "b=乙", "value=a"); got.Options[0].On || !got.Options[1].On {
		t.Errorf("%+v", got.Options)
	}
	if got := f.Field("secret", "密码", "type=password"); got.Value != "" {
		t.Errorf("%+v", got)
	}
	if got := f.Button("存"); len(got.Rest) != 1 || got.Rest[0].Name != "other" {
		t.Errorf("%+v", got)
	}
	if other := v.Form("add", "2"); other.Again() || other.Field("name", "姓名", "value=旧").Value != "旧" || len(other.Button("存").Rest) != 0 {
		t.Errorf("%+v", other)
	}
}

func TestInside(t *testing.T) {
	for in, want := range map[string]string{"/users?role=C": "/users?role=C", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/", "users": "/", "": "/", "/x\r\nSet-Cookie: a": "/", "/%zz": "/"} {
		if got := inside(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}

// TestWith: filters stay in the address, and a list begins anew with each.
func TestWith(t *testing.T) {
	v := typed()
	if got := v.With("village", "9", "after", ""); got != "/users?role=C&village=9" {
		t.Error(got)
	}
	if got := v.With("role", ""); got != "/users" {
		t.Error(got)
	}
	if m := v.More("n1"); m.Next != "/users?after=n1&role=C" || m.First != "" {
		t.Errorf("%+v", m)
	}
}

// TestTooLarge: a body over the limit is told as such, also where the reader of
// forms wraps what it met.
func TestTooLarge(t *testing.T) {
	for _, err := range []error{&http.MaxBytesError{Limit: 9}, fmt.Errorf("multipart: NextPart: %w", &http.MaxBytesError{Limit: 9})} {
		if p := told(tooLarge(err)); !p.Has(fault.TooLarge) {
			t.Errorf("%v: %+v", err, p)
		}
	}
	if p := told(tooLarge(io.ErrUnexpectedEOF)); !p.Has(fault.BadRequest) {
		t.Errorf("%+v", p)
	}
}
