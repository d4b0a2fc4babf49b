package console

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"daohu/server/fault"
	"daohu/server/pairing"
	"daohu/server/workbook"
)

// bulkMost is how many pairings one list may have: the API takes no more.
const bulkMost = 2000

// bulkTold is how many complaints are shown at once.
const bulkTold = 20

// Bulking is a list of pairings that was tried, and how to carry it out.
type Bulking struct {
	pairing.BulkResult
	Lines  string // the rows, to be sent again
	Reason string
}

// tryBulk says what a list would do: of a workbook, or pasted.
func tryBulk(v *View) (Done, error) {
	rows, err := v.bulkRows()
	if err != nil {
		return Done{}, err
	}
	out := &Bulking{Lines: lines(rows), Reason: v.Text("reason")}
	return Done{Data: out}, v.bulk(rows, true, &out.BulkResult)
}

func carryBulk(v *View) (Done, error) {
	var out pairing.BulkResult
	rows, err := v.bulkRows()
	if err != nil {
		return Done{}, err
	}
	if err := v.bulk(rows, false, &out); err != nil {
		return Done{}, err
	}
	return Done{To: "/pairings/bulk", Say: fmt.Sprintf("已办：新结对 %d 户，换人 %d 户，没变 %d 户。", out.New, out.Moved, out.Same)}, nil
}

// bulk asks the API, and names the lines of what it complains of.
func (v *View) bulk(rows []pairing.BulkRow, dry bool, out *pairing.BulkResult) error {
	err := v.Post("/api/v1/pairings/bulk", pairing.Bulk{Rows: rows, Reason: v.Text("reason"), Dry: dry}, out)
	p, ok := err.(*Problem)
	if !ok {
		return err
	}
	v.form.Set("lines", lines(rows)) // a file cannot be shown again: its rows can
	if more := len(p.Fields) - bulkTold; more > 0 {
		p.Fields = append(p.Fields[:bulkTold:bulkTold], fault.Field{Name: "lines", Code: "more", Detail: fmt.Sprintf("还有 %d 处，改了这些再试。", more)})
	}
	for i, f := range p.Fields {
		at, field, is := strings.Cut(strings.TrimPrefix(f.Name, "rows["), "].")
		n, err := strconv.Atoi(at)
		if !is || err != nil {
			continue
		}
		what := map[string]string{"household": "户编号", "cadre": "干部账号", "day": "从哪天"}[field]
		p.Fields[i] = fault.Field{Name: "lines", Code: f.Code, Detail: fmt.Sprintf("第 %d 行%s：%s", n+1, what, f.Detail)}
	}
	return p
}

// bulkRows reads the workbook that was sent, else the pasted lines.
func (v *View) bulkRows() ([]pairing.BulkRow, error) {
	raw, err := v.File("file")
	if err != nil {
		return nil, err
	}
	var table [][]string
	if raw != nil {
		if table, err = sheetOf(raw); err != nil {
			return nil, fault.Bad(fault.Field{Name: "file", Code: "format", Detail: "读不了这个文件。请用 xlsx 表格，不超过 2000 行。"})
		}
	} else {
		for line := range strings.Lines(v.form.Get("lines")) {
			table = append(table, strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("\t ,，\r\n", r) }))
		}
	}
	var out []pairing.BulkRow
	for _, cells := range table {
		cells = append(cells, "", "", "")
		r := pairing.BulkRow{Household: strings.TrimSpace(cells[0]), Cadre: strings.TrimSpace(cells[1]), Day: strings.TrimSpace(cells[2])}
		if r.Household == "" && r.Cadre == "" || r.Household == "户编号" {
			continue
		}
		if r.Day == "" {
			r.Day = v.Today()
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fault.Bad(fault.Field{Name: "lines", Code: "required", Detail: "请选表格文件，或者把表格里的行贴在这里。"})
	}
	return out, nil
}

// sheetOf is the first sheet of a workbook; days that are numbers are written
// as days.
func sheetOf(raw []byte) ([][]string, error) {
	sheets, date1904, err := workbook.ReadAll(bytes.NewReader(raw), int64(len(raw)), bulkMost+1)
	if err != nil || len(sheets) == 0 {
		return nil, fault.Wrap(fault.BadMedia, err)
	}
	for _, row := range sheets[0].Rows {
		if len(row) < 3 {
			continue
		}
		if n, err := strconv.ParseFloat(row[2], 64); err == nil {
			if day, err := excelize.ExcelDateToTime(n, date1904); err == nil {
				row[2] = day.Format(time.DateOnly)
			}
		}
	}
	return sheets[0].Rows, nil
}

// lines are rows as they are pasted.
func lines(rows []pairing.BulkRow) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%s\t%s\t%s\n", r.Household, r.Cadre, r.Day)
	}
	return b.String()
}
