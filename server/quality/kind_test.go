package quality

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// documents are those that hold, by township.
type documents map[string]string

func (d documents) Current(_ context.Context, township, _ string) ([]byte, error) {
	return []byte(d[township]), nil
}

// TestEditionsAreReadOnce: the same text is the same set, another text is
// another one, and what cannot be read is not remembered.
func TestEditionsAreReadOnce(t *testing.T) {
	other := strings.Replace(string(builtin), "id-missing", "id-absent", 1)
	d := documents{"a": string(builtin), "b": string(builtin), "c": other, "d": "{}"}
	var e Editions
	read := func(township string) *Set {
		t.Helper()
		s, err := e.Of(t.Context(), d, township)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if read("a") != read("b") || read("a") == read("c") {
		t.Error("a text is read twice, or two texts are one")
	}
	for range 2 {
		if _, err := e.Of(t.Context(), d, "d"); err == nil {
			t.Error("what is no edition passes")
		}
	}
	d["c"] = string(builtin) // published anew
	if read("c") != read("a") {
		t.Error("the township stays with the edition before")
	}
	for i := range mostEditions + 2 {
		d["x"] = strings.Replace(other, "id-absent", fmt.Sprintf("id-absent-%d", i), 1)
		if read("x") == nil || len(e.read) > mostEditions {
			t.Fatalf("%d editions are remembered", len(e.read))
		}
	}
}
