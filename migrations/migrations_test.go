package migrations

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
)

func TestStatements(t *testing.T) {
	got := Statements(`-- +goose Up
-- a note; with a semicolon;
CREATE TABLE x (
  a INT, -- inside
  b INT
);
CREATE INDEX i ON x (a);

-- the last one needs no semicolon
DROP TABLE x`)
	want := []string{"CREATE TABLE x (\n  a INT, -- inside\n  b INT\n);", "CREATE INDEX i ON x (a);", "DROP TABLE x"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestFilesUseWhatStatementsKnows: other notes of goose would be passed over
// in silence.
func TestFilesUseWhatStatementsKnows(t *testing.T) {
	files, err := fs.Glob(FS, "*/*.sql")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		text, err := fs.ReadFile(FS, f)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, "+goose") != (i == 0) || i == 0 && line != "-- +goose Up" {
				t.Errorf("%s:%d: %q", f, i+1, line)
			}
		}
	}
}
