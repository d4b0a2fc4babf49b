package workbook

import (
	"slices"

	"github.com/xuri/excelize/v2"
)

// The levels of an Issue.
const (
	Error   = "error"   // nothing is imported while one is left
	Warning = "warning" // worth a look; the import may go on
)

// Issue is one thing wrong with a workbook.
type Issue struct {
	Level   string `json:"level"`
	Sheet   string `json:"sheet"`
	Row     int    `json:"row"`     // as in Excel, from 1; 0 = the whole sheet
	Column  string `json:"column"`  // letter; "" = the whole row
	Header  string `json:"header"`  // as declared; as written for unknown columns
	Code    string `json:"code"`    // stable
	Reason  string `json:"reason"`  // plain Chinese; never repeats a personal number
	Suggest string `json:"suggest"` // a value to put instead; "" = none
}

// HasErrors reports whether any issue forbids the import: every one that is
// not expressly a warning.
func HasErrors(issues []Issue) bool {
	return slices.ContainsFunc(issues, func(i Issue) bool { return i.Level != Warning })
}

// Letter is the name of the 0-based column i; "" for -1.
func Letter(i int) string {
	s, err := excelize.ColumnNumberToName(i + 1)
	if err != nil {
		return ""
	}
	return s
}

// Nearest returns the option most like s, "" when none is near: at least half
// of the runes have to agree.
func Nearest(s string, options []string) string {
	best, name := 0, ""
	r := []rune(s)
	for _, o := range options {
		q := []rune(o)
		near := 2*(max(len(r), len(q))-distance(r, q)) - max(len(r), len(q)) // >= 0: half agree
		if near >= 0 && near+1 > best {
			best, name = near+1, o
		}
	}
	return name
}

// distance is the Levenshtein distance, cut short for texts that no option is
// near to anyway.
func distance(a, b []rune) int {
	if len(a) > 40 || len(b) > 40 {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diag := row[0]
		row[0] = i + 1
		for j := range b {
			keep := diag
			if a[i] != b[j] {
				keep = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], keep
		}
	}
	return row[len(b)]
}
