package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daohu/server/servertest"
)

// TestCaught hunts every mutant: the simulation that guards the product must
// see each of them by a broken promise.
func TestCaught(t *testing.T) {
	if !servertest.Full() {
		t.Skip("all mutants are hunted by make test and make mutants")
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	b, err := build(ctx, mutants(), root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	caught, survived := report(ctx, b, mutants(), 2, &out, false)
	if survived > 0 {
		t.Errorf("%d mutants survived:\n%s", survived, out.String())
	}
	if n := len(caught) - survived; n < 25 {
		t.Errorf("%d mutants caught, at least 25 are due", n)
	}
	t.Logf("figure: mutants: caught=%d survived=%d", len(caught)-survived, survived)
}

// TestTable: the document has one row for each mutant, as make mutants wrote it.
func TestTable(t *testing.T) {
	text, err := os.ReadFile("../../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants() {
		if row := "| `" + m.name + "` | " + m.says + " | P"; strings.Count(string(text), row) != 1 {
			t.Errorf("docs/reliability.md has no row %q: make mutants writes it", row)
		}
	}
	if got, err := placed("a\n"+tableBegin+"old\n"+tableEnd+"b\n", "new\n"); err != nil || got != "a\n"+tableBegin+"new\n"+tableEnd+"b\n" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := placed("nothing here", "new"); err == nil {
		t.Error("a document without a place took the table")
	}
}

// TestPlanted: every mutant's text is in the product's source exactly once, no
// two want one place, and each edit can be switched off.
func TestPlanted(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range mutants() {
		if names[m.name] || m.says == "" {
			t.Errorf("mutant %q is there twice, or says nothing", m.name)
		}
		names[m.name] = true
		switched := false
		for _, e := range m.edits {
			switched = switched || strings.Contains(e.new, mark)
		}
		if !switched {
			t.Errorf("mutant %s cannot be switched off", m.name)
		}
	}
	if _, err := plant(mutants(), root, t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

// TestMoved: a text that is gone, doubled, or wanted by two mutants is an error.
func TestMoved(t *testing.T) {
	a := mutant{name: "a", says: "a", edits: []edit{{"x.go", "one two", "MUTANT"}}}
	b := mutant{name: "b", says: "b", edits: []edit{{"x.go", "two three", "MUTANT"}}}
	for text, want := range map[string]string{
		"package x\n": "0 times",
		"package x // one two one two two three\n": "2 times",
		"package x // one two three\n":             "same place",
	} {
		if _, err := mutate([]mutant{a, b}, "x.go", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	got, err := mutate([]mutant{a}, "x.go", "package x // one two\n")
	if err != nil || got != "package x // mutantOn(\"a\")\n" {
		t.Errorf("%q, %v", got, err)
	}
}
