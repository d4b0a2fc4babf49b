package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestCells: what is written comes back, a change leaves the rest, and a
// formula, a fill and a page's header are seen.
func TestCells(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	do := func(in string, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := run(args, strings.NewReader(in), &out); err != nil {
			t.Fatal(args, err)
		}
		return out.String()
	}
	do(`{"sheets":[{"name":"农户","rows":[["编号","名"],["=1+1","甲"]]},{"name":"二","rows":[["x"]]}]}`, "write", path)
	do(`[{"sheet":"农户","cell":"B2","text":"007"}]`, "change", path)
	var b Book
	if err := json.Unmarshal([]byte(do("", "read", path)), &b); err != nil {
		t.Fatal(err)
	}
	if len(b.Sheets) != 2 || b.Computed != 0 || b.Sheets[0].Rows[1][0] != "=1+1" || b.Sheets[0].Rows[1][1] != "007" || len(b.Sheets[0].Fills) != 0 {
		t.Errorf("%+v", b)
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	red, err := f.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFC7CE"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		f.SetCellStyle("农户", "A1", "A1", red), f.SetCellFormula("二", "A2", "1+1"),
		f.SetHeaderFooter("二", &excelize.HeaderFooterOptions{OddHeader: "&C谁", OddFooter: "&C何时"}), f.Save(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if b, err = read(path); err != nil || b.Computed != 1 || b.Sheets[0].Fills["A1"] != "FFC7CE" || b.Sheets[1].Header != "&C谁" || b.Sheets[1].Footer != "&C何时" {
		t.Errorf("%+v %v", b, err)
	}
	for _, args := range [][]string{{"read"}, {"open", path}, {"read", path + "x"}} {
		if run(args, strings.NewReader("{"), &bytes.Buffer{}) == nil {
			t.Errorf("%v passed", args)
		}
	}
}
