// Command cells lets the browser tests read and write workbooks with the
// library that people's spreadsheets are checked by, as JSON:
//
//	cells read FILE        prints what is in it
//	cells write FILE       makes one of the sheets on standard input
//	cells change FILE      changes the cells on standard input, as a person would: all else stays
package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Sheet is one sheet of a workbook.
type Sheet struct {
	Name string     `json:"name"`
	Rows [][]string `json:"rows"` // as they are kept, not as they are shown

	// Of a workbook that was read.
	Fills  map[string]string `json:"fills,omitempty"`  // colours by cell: E5 = FFC7CE
	Header string            `json:"header,omitempty"` // of a printed page
	Footer string            `json:"footer,omitempty"`
}

// Book is a workbook.
type Book struct {
	Sheets []Sheet `json:"sheets"`
	// Computed counts what a program would calculate or fetch by itself: formulas,
	// links to other files, macros. It is counted in the parts, not by the library,
	// which would have to understand them first.
	Computed int `json:"computed"`
}

// Change is a new text of a cell.
type Change struct {
	Sheet string `json:"sheet"`
	Cell  string `json:"cell"`
	Text  string `json:"text"`
}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cells:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("read, write or change, and a file")
	}
	switch args[0] {
	case "read":
		b, err := read(args[1])
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(b)
	case "write":
		var b Book
		if err := json.NewDecoder(in).Decode(&b); err != nil {
			return err
		}
		return write(args[1], b)
	case "change":
		var list []Change
		if err := json.NewDecoder(in).Decode(&list); err != nil {
			return err
		}
		return change(args[1], list)
	}
	return fmt.Errorf("%q is none of read, write, change", args[0])
}

func read(path string) (b Book, err error) {
	if b.Computed, err = computed(path); err != nil {
		return b, err
	}
	f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
	if err != nil {
		return b, err
	}
	defer func() { _ = f.Close() }()
	for _, name := range f.GetSheetList() {
		s := Sheet{Name: name, Fills: map[string]string{}}
		if s.Rows, err = f.GetRows(name); err != nil {
			return b, err
		}
		page, err := f.GetHeaderFooter(name)
		if err != nil {
			return b, err
		}
		if page != nil {
			s.Header, s.Footer = page.OddHeader, page.OddFooter
		}
		if err := fills(f, &s); err != nil {
			return b, err
		}
		b.Sheets = append(b.Sheets, s)
	}
	return b, nil
}

// fills notes the coloured cells. A style is looked up only in sheets of a few
// hundred rows: the library takes a row's place in the file for each cell.
func fills(f *excelize.File, s *Sheet) error {
	if len(s.Rows) > 1000 {
		return nil
	}
	colours := map[int]string{}
	for y, cells := range s.Rows {
		for x := range max(len(cells), len(s.Rows[0])) {
			at, err := excelize.CoordinatesToCellName(x+1, y+1)
			if err != nil {
				return err
			}
			id, err := f.GetCellStyle(s.Name, at)
			if err != nil {
				return err
			}
			if _, known := colours[id]; !known {
				style, err := f.GetStyle(id)
				if err != nil {
					return err
				}
				colours[id] = strings.Join(style.Fill.Color, " ")
			}
			if colours[id] != "" {
				s.Fills[at] = colours[id]
			}
		}
	}
	return nil
}

// formula begins a formula's element in a sheet.
var formula = regexp.MustCompile(`<(?:\w+:)?f[\s/>]`)

func computed(path string) (n int, err error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = z.Close() }()
	for _, part := range z.File {
		name := strings.ToLower(part.Name)
		if strings.Contains(name, "externallink") || strings.Contains(name, "vba") || strings.HasSuffix(name, "connections.xml") {
			n++
		}
		if !strings.HasPrefix(name, "xl/worksheets/") {
			continue
		}
		r, err := part.Open()
		if err != nil {
			return 0, err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return 0, err
		}
		n += len(formula.FindAll(text, -1))
	}
	return n, nil
}

func write(path string, b Book) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for i, s := range b.Sheets {
		var err error
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), s.Name)
		} else {
			_, err = f.NewSheet(s.Name)
		}
		if err != nil {
			return err
		}
		for y, cells := range s.Rows {
			at, err := excelize.CoordinatesToCellName(1, y+1)
			if err != nil {
				return err
			}
			if err := f.SetSheetRow(s.Name, at, new(slices.Clone(cells))); err != nil {
				return err
			}
		}
	}
	return f.SaveAs(path)
}

func change(path string, list []Change) error {
	f, err := excelize.OpenFile(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for _, c := range list {
		if err := f.SetCellStr(c.Sheet, c.Cell, c.Text); err != nil {
			return err
		}
	}
	return f.Save()
}
