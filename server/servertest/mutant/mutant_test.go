package main

import (
	"path/filepath"
	"strings"
	"testing"
)

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
