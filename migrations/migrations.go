// Package migrations embeds the numbered, append-only SQL of each dialect.
package migrations

import (
	"embed"
	"strings"
)

// FS holds mysql/*.sql and sqlite/*.sql in goose's format.
//
//go:embed mysql/*.sql sqlite/*.sql
var FS embed.FS

// Statements splits a file into its statements. It knows of goose's format
// what these files use: a statement ends with the line that ends in a
// semicolon, a line that begins with -- is no statement.
func Statements(file string) []string {
	var out []string
	var cur strings.Builder
	for line := range strings.Lines(file) {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "--") {
			continue
		}
		cur.WriteString(line)
		if strings.HasSuffix(text, ";") {
			out = append(out, strings.TrimSpace(cur.String()))
			cur.Reset()
		}
	}
	if s := strings.TrimSpace(cur.String()); s != "" {
		out = append(out, s)
	}
	return out
}
