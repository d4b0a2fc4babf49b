package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// The table stands between these two lines of docs/reliability.md.
const (
	tableBegin = "<!-- make mutants writes this table -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// table lists the mutants with what caught each.
func table(all []mutant, caught []catch) string {
	var b strings.Builder
	b.WriteString("| planted | the bug | caught by | in world |\n|---|---|---|---|\n")
	for i, m := range all {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d |\n", m.name, m.says, caught[i].promise, caught[i].worlds)
	}
	return b.String()
}

// placed is text with the table in its place.
func placed(text, table string) (string, error) {
	before, rest, begun := strings.Cut(text, tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !begun || !ended {
		return "", errors.New("docs/reliability.md has no place for the table of mutants")
	}
	return before + tableBegin + table + tableEnd + after, nil
}

func writeTable(file string, all []mutant, caught []catch) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	out, err := placed(string(text), table(all, caught))
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(out), 0o644)
}
