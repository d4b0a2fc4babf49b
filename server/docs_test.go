package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var namedTest = regexp.MustCompile("`(\\w+)\\.((?:Test|Fuzz)\\w+)`")

// TestNamedTestsExist: the pages that map rules and attacks to tests name
// tests that are there.
func TestNamedTestsExist(t *testing.T) {
	have := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		pkg := filepath.Base(filepath.Dir(path))
		if pkg == "." {
			pkg = "main"
		}
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			have[pkg+"."+m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"compliance.md", "security.md", "reliability.md"} {
		text, err := os.ReadFile(filepath.Join("..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		names := namedTest.FindAllStringSubmatch(string(text), -1)
		if len(names) < 3 && page != "reliability.md" {
			t.Errorf("%s names %d tests", page, len(names))
		}
		for _, m := range names {
			if !have[m[1]+"."+m[2]] {
				t.Errorf("%s names %s.%s, which is not there", page, m[1], m[2])
			}
		}
	}
}
