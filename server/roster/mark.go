package roster

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// markHead is the header of the column Mark adds; the importer does not read
// it, so a marked workbook can be corrected and handed in again.
const markHead = "导入时发现的问题"

// Mark writes a copy of the workbook with the cells of the issues coloured,
// red for errors and yellow for warnings, and what is wrong with each row in
// words in one more column. Nothing else in it changes. Issues of sheets and
// rows that are not in the file are left out.
func Mark(w io.Writer, r io.ReaderAt, size int64, issues []Issue) (err error) {
	defer func() { // a hostile file must not be able to stop the server
		if p := recover(); p != nil {
			err = notXLSX(fmt.Errorf("panic: %v", p))
		}
	}()
	if _, err := guard(r, size); err != nil {
		return err
	}
	f, err := open(r, size)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	bySheet := map[string][]Issue{}
	for _, i := range issues {
		bySheet[i.Sheet] = append(bySheet[i.Sheet], i)
	}
	m := &marker{file: f, styles: map[styleKey]int{}}
	taken := map[string]bool{}
	for _, s := range sheets() {
		for _, title := range f.GetSheetList() {
			if !s.known(title) || taken[s.name()] {
				continue
			}
			taken[s.name()] = true
			if err := m.mark(title, s, bySheet[s.name()]); err != nil {
				return broken(err)
			}
		}
	}
	f.ZipWriter = newOrderedZip
	if err := f.Write(w); err != nil {
		return broken(err)
	}
	return nil
}

// marker is the state of one Mark.
type marker struct {
	file   *excelize.File
	styles map[styleKey]int
}

type styleKey struct {
	was   int
	error bool
}

// mark colours one sheet. The added column stands right of everything, or
// where an earlier Mark put it, whose words go.
func (m *marker) mark(title string, s sheet, issues []Issue) error {
	head, at, last, err := m.layout(title, s)
	if err != nil || head == 0 {
		return err
	}
	for row := 1; at > 0 && row <= last; row++ {
		if err := m.file.SetCellStr(title, cell(at, row), ""); err != nil {
			return err
		}
	}
	if len(issues) == 0 {
		return nil
	}
	if at == 0 {
		if at, err = m.width(title); err != nil {
			return err
		}
		at++
	}
	if err := m.file.SetCellStr(title, cell(at, head), markHead); err != nil {
		return err
	}
	words := map[int][]string{}
	for _, i := range issues {
		if i.Row == 0 || i.Row > last {
			continue
		}
		text := i.Reason
		if i.Header != "" {
			text = i.Header + "：" + text
		}
		if i.Suggest != "" {
			text += "建议：" + i.Suggest
		}
		words[i.Row] = append(words[i.Row], text)
		ref := cell(at, i.Row)
		if i.Column != "" {
			ref = i.Column + itoa(i.Row)
		}
		if err := m.colour(title, ref, i.Level != Warning); err != nil {
			return err
		}
	}
	for row, all := range words {
		text := strings.Join(all, " ")
		if row == head {
			text = markHead + " " + text
		}
		if err := m.file.SetCellStr(title, cell(at, row), cut(text, 1000)); err != nil {
			return err
		}
	}
	return m.file.SetColWidth(title, letter(at-1), letter(at-1), 50)
}

func cell(column, row int) string { return letter(column-1) + itoa(row) }

// layout finds the header row (0 = none), the column of an earlier Mark (0 =
// none) and the last row.
func (m *marker) layout(title string, s sheet) (head, marked, last int, err error) {
	it, err := m.file.Rows(title)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { _ = it.Close() }()
	for it.Next() {
		if last++; last > headRows || head > 0 {
			continue
		}
		cells, err := it.Columns()
		if err != nil {
			return 0, 0, 0, err
		}
		if known, _ := s.likeness(cells); known < 2 {
			continue
		}
		head = last
		for i, c := range cells {
			if strings.HasPrefix(clean(c), markHead) {
				marked = i + 1
			}
		}
	}
	return head, marked, last, it.Error()
}

// width is the number of the last column with anything in it.
func (m *marker) width(title string) (int, error) {
	it, err := m.file.Rows(title)
	if err != nil {
		return 0, err
	}
	defer func() { _ = it.Close() }()
	widest := 0
	for it.Next() {
		cells, err := it.Columns()
		if err != nil {
			return 0, err
		}
		widest = max(widest, len(cells))
	}
	return widest, it.Error()
}

// colour fills a cell and keeps the rest of its style: a date stays a date.
func (m *marker) colour(title, ref string, isError bool) error {
	was, err := m.file.GetCellStyle(title, ref)
	if err != nil {
		return err
	}
	key := styleKey{was, isError}
	if m.styles[key] == 0 {
		style, err := m.file.GetStyle(was)
		if err != nil {
			return err
		}
		fill := "FFEB9C"
		if isError {
			fill = "FFC7CE"
		}
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}}
		id, err := m.file.NewStyle(style)
		if err != nil {
			return err
		}
		m.styles[key] = id
		m.styles[styleKey{id, isError}] = id // two issues of one cell
	}
	return m.file.SetCellStyle(title, ref, ref, m.styles[key])
}
