package workbook

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/xuri/excelize/v2"

	"daohu/server/fault"
)

// Sheet is a small sheet read whole.
type Sheet struct {
	Name string
	Rows [][]string // cleaned; Rows[0] is row 1 of Excel
}

// ReadAll reads every sheet of a workbook of size bytes in r, at most rows
// rows each; it is for tables of a few hundred rows. date1904 tells how days
// that are numbers are counted. Codes: too-large, bad-media.
func ReadAll(r io.ReaderAt, size int64, rows int) (sheets []Sheet, date1904 bool, err error) {
	if _, err := Guard(r, size); err != nil {
		return nil, false, err
	}
	f, err := Open(r, size)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }() // only read
	defer func() {                   // a hostile file must not be able to stop the server
		if x := recover(); x != nil {
			err = NotXLSX(fmt.Errorf("panic: %v", x))
		}
	}()
	if w, err := f.GetWorkbookProps(); err == nil && w.Date1904 != nil {
		date1904 = *w.Date1904
	}
	for _, name := range f.GetSheetList() {
		s, err := readSheet(f, name, rows)
		if err != nil {
			return nil, false, err
		}
		sheets = append(sheets, s)
	}
	return sheets, date1904, nil
}

func readSheet(f *excelize.File, name string, rows int) (Sheet, error) {
	s := Sheet{Name: name}
	it, err := f.Rows(name)
	if err != nil {
		return s, NotXLSX(err)
	}
	defer func() { _ = it.Close() }()
	for it.Next() {
		cells, err := it.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return s, NotXLSX(err)
		}
		if len(cells) > MaxColumns {
			return s, Bomb("columns")
		}
		filled := false
		for i := range cells {
			cells[i] = strings.TrimFunc(cells[i], func(r rune) bool { return unicode.IsSpace(r) || r == 0xfeff || r >= 0x200b && r <= 0x200f })
			filled = filled || cells[i] != ""
		}
		if !filled {
			cells = nil
		}
		if s.Rows = append(s.Rows, cells); len(s.Rows) > rows {
			return s, fault.New(fault.TooLarge, fmt.Sprintf("“%s”这张表最多 %d 行。", name, rows))
		}
	}
	if err := it.Error(); err != nil {
		return s, NotXLSX(err)
	}
	return s, nil
}
