package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"reflect"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/registry"
)

func (s *service) AsOf(_ context.Context, a access.Actor, in House, day string) (registry.AsOf, error) {
	return registry.AsOf{Day: day, Household: json.RawMessage(`{"id":"` + in.ID + `"}`), Members: []json.RawMessage{}}, s.ask("asof", string(a.Role), in.ID, in.Township, day)
}

func TestAsOf(t *testing.T) {
	f := newFixture(t)
	for _, role := range []string{"T", "K", "A"} {
		w := f.do(role, "GET", "/api/v1/households/"+mine+"/asof?day=2026-01-31", "")
		if w.Code != 200 || w.Body.String() != `{"day":"2026-01-31","household":{"id":"`+mine+`"},"members":[]}` || f.last() != "asof "+role+" "+mine+" "+town+" 2026-01-31" {
			t.Errorf("%s: %d %s after %q", role, w.Code, w.Body, f.last())
		}
		if c := w.Header().Get("Cache-Control"); c != "no-store" {
			t.Errorf("kept as %q", c)
		}
	}
	asked := len(f.asked)
	f.problem(f.do("T", "GET", "/api/v1/households/"+theirs+"/asof?day=2026-01-31", ""), 404, fault.NotFound)
	for _, role := range []string{"H", "C", "V"} {
		f.problem(f.do(role, "GET", "/api/v1/households/"+mine+"/asof?day=2026-01-31", ""), 403, fault.Forbidden)
	}
	if len(f.asked) != asked {
		t.Errorf("asked %v all the same", f.asked[asked:])
	}
	f.err = fault.Bad(fault.Field{Name: "day", Code: "range", Detail: "这一天还没有到。"})
	f.problem(f.do("T", "GET", "/api/v1/households/"+mine+"/asof?day=2999-01-31", ""), 422, fault.Invalid)
}

// TestLists: every list as it is declared, whole and packed, and not again to
// who has it.
func TestLists(t *testing.T) {
	f := newFixture(t)
	want, err := record.Lists()
	if err != nil {
		t.Fatal(err)
	}
	w := f.do("C", "GET", "/api/v1/lists", "")
	var got Lists
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || !reflect.DeepEqual(got.Rows, want) {
		t.Fatalf("%d: %d lists, want %d: %v", w.Code, len(got.Rows), len(want), err)
	}
	plain, tag := bytes.Clone(w.Body.Bytes()), w.Header().Get("ETag")
	if tag == "" || w.Header().Get("Cache-Control") != "private, max-age=3600" {
		t.Errorf("headers %v", w.Header())
	}
	w = f.do("H", "GET", "/api/v1/lists", "", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if packed, err := io.ReadAll(z); err != nil || !bytes.Equal(packed, plain) || w.Header().Get("ETag") != tag || w.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("packed: %v, %v", err, w.Header())
	}
	for header, status := range map[string]int{tag: 304, `"x", ` + tag: 304, tag[2:]: 304, "*": 304, `"x"`: 200, "": 200, tag[:len(tag)-1]: 200} {
		w := f.do("A", "GET", "/api/v1/lists", "", "If-None-Match", header)
		if w.Code != status || (status == 304) != (w.Body.Len() == 0) || w.Header().Get("ETag") != tag {
			t.Errorf("If-None-Match %s: %d with %d bytes, want %d", header, w.Code, w.Body.Len(), status)
		}
	}
	f.problem(f.do("", "GET", "/api/v1/lists", ""), 401, fault.Unauthorized)
}
