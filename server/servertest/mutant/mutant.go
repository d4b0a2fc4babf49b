package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// env names the one mutant that is switched on; unset = none is.
const env = "DAOHU_MUTANT"

// mark stands in a replacement for the question whether the mutant is on.
const mark = "MUTANT"

// mutant is one classic bug of sync engines, planted in the product's own code.
type mutant struct {
	name  string // lower-case words joined by hyphens
	says  string // what goes wrong, for the table in docs/reliability.md
	edits []edit
}

// edit replaces a text that stands exactly once in a file.
type edit struct {
	file     string // path from the root of the repository; .go or .ts
	old, new string // new holds mark at least once, and does what old does without it
}

// files lists what m touches, each once.
func (m mutant) files() []string {
	var out []string
	for _, e := range m.edits {
		if !slices.Contains(out, e.file) {
			out = append(out, e.file)
		}
	}
	return out
}

// place is one edit found in its file.
type place struct {
	from, to int
	text     string // what stands there instead
	by       string // name of the mutant
}

// mutate plants every edit of all that concerns the file name into its text.
// A text that is not found exactly once, and two mutants in one place, are
// errors: whoever moves the code moves the mutant with it.
func mutate(all []mutant, name, text string) (string, error) {
	var places []place
	var wrong []error
	for _, m := range all {
		for _, e := range m.edits {
			if e.file != name {
				continue
			}
			if n := strings.Count(text, e.old); n != 1 {
				wrong = append(wrong, fmt.Errorf("mutant %s: %s holds this text %d times, not once; "+
					"if the code has moved on, move the mutant (server/servertest/mutant) with it:\n%s", m.name, name, n, e.old))
				continue
			}
			at := strings.Index(text, e.old)
			places = append(places, place{at, at + len(e.old), strings.ReplaceAll(e.new, mark, switchOf(name, m.name)), m.name})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return a.from - b.from })
	var out strings.Builder
	done := 0
	for i, p := range places {
		if i > 0 && p.from < places[i-1].to {
			wrong = append(wrong, fmt.Errorf("mutants %s and %s want the same place in %s", places[i-1].by, p.by, name))
			continue
		}
		out.WriteString(text[done:p.from] + p.text)
		done = p.to
	}
	return out.String() + text[done:], errors.Join(wrong...)
}

// switchOf is the expression that tells whether a mutant is on, in the
// language of the file.
func switchOf(file, name string) string {
	if strings.HasSuffix(file, ".go") {
		return fmt.Sprintf("mutantOn(%q)", name)
	}
	return fmt.Sprintf("(process.env.%s === '%s')", env, name)
}

// goSwitch is the file that each mutated Go package gets: mutantOn.
func goSwitch(pkg string) string {
	return "package " + pkg + "\n\nimport \"os\"\n\nvar mutantNow = os.Getenv(\"" + env + "\")\n\nfunc mutantOn(name string) bool { return name == mutantNow }\n"
}

var packageClause = regexp.MustCompile(`(?m)^package (\w+)$`)

// plant writes every mutated file into dir, under its path from root, and
// returns the paths. Go packages get their switch beside them.
func plant(all []mutant, root, dir string) ([]string, error) {
	var done []string
	var wrong []error
	put := func(name, text string) {
		to := filepath.Join(dir, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(to), 0o755)
		if err == nil {
			err = os.WriteFile(to, []byte(text), 0o644)
		}
		if done = append(done, name); err != nil {
			wrong = append(wrong, err)
		}
	}
	for _, m := range all {
		for _, name := range m.files() {
			if slices.Contains(done, name) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			if err != nil {
				wrong = append(wrong, fmt.Errorf("mutant %s: %w", m.name, err))
				continue
			}
			planted, err := mutate(all, name, string(text))
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			put(name, planted)
			pkg := packageClause.FindStringSubmatch(planted)
			if own := filepath.ToSlash(filepath.Join(filepath.Dir(name), "mutant_switch.go")); strings.HasSuffix(name, ".go") && pkg != nil && !slices.Contains(done, own) {
				put(own, goSwitch(pkg[1]))
			}
		}
	}
	return done, errors.Join(wrong...)
}
