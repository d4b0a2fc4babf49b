package roster

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"daohu/server/fault"
)

// Write writes b as a workbook that Parse reads back as the same Book once b
// is settled (Settle). Every cell is text: a value that begins with = + - or @
// is shown, never calculated (quality.md A9), and long numbers keep their last
// digits. The same Book gives the same bytes. Telephone and ID numbers stand in
// it as b holds them: masking is the caller's business.
//
// Write of an empty Book is the blank form.
func Write(w io.Writer, b *Book) error { return writeBook(w, b, nil) }

// writeBook adds the watermark n; nil = none.
func writeBook(w io.Writer, b *Book, n *Note) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return broken(err)
	}
	e := &env{places: newPlaces(nil, b.Areas)}
	for i, s := range sheets() {
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), s.name())
		} else {
			_, err = f.NewSheet(s.name())
		}
		if err != nil {
			return broken(err)
		}
		if err := n.stamp(f, s.name()); err != nil {
			return broken(err)
		}
		if err := writeSheet(f, s, e, b, bold); err != nil {
			return broken(err)
		}
	}
	if err := n.sheet(f); err != nil {
		return broken(err)
	}
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "daohu"}); err != nil {
		return broken(err)
	}
	f.ZipWriter = func(w io.Writer) excelize.ZipWriter {
		return newOrderedZip(w)
	}
	if err := f.Write(w); err != nil {
		return broken(err)
	}
	return nil
}

// orderedZip keeps the parts until the end and writes them by name: excelize
// hands sheets over in the random order of a map.
type orderedZip struct {
	zip   *zip.Writer
	parts map[string]*bytes.Buffer
}

func newOrderedZip(w io.Writer) excelize.ZipWriter {
	return &orderedZip{zip: zip.NewWriter(w), parts: map[string]*bytes.Buffer{}}
}

// Create returns where the part's bytes go.
func (z *orderedZip) Create(name string) (io.Writer, error) {
	z.parts[name] = &bytes.Buffer{}
	return z.parts[name], nil
}

// AddFS hands through; excelize does not use it.
func (z *orderedZip) AddFS(fsys fs.FS) error { return z.zip.AddFS(fsys) }

// Close writes the parts and the directory. Without a time in the headers the
// same parts give the same bytes.
func (z *orderedZip) Close() error {
	for _, name := range slices.Sorted(maps.Keys(z.parts)) {
		w, err := z.zip.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write(z.parts[name].Bytes()); err != nil {
			return err
		}
	}
	return z.zip.Close()
}

func broken(err error) error {
	return fault.Wrap(fault.Internal, fmt.Errorf("roster: write: %w", err))
}

func writeSheet(f *excelize.File, s sheet, e *env, b *Book, bold int) error {
	w, err := f.NewStreamWriter(s.name())
	if err != nil {
		return err
	}
	for i, width := range s.widths() {
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := s.write(w, e, b, bold); err != nil {
		return err
	}
	return w.Flush()
}

func (t *table[R]) write(w *excelize.StreamWriter, e *env, b *Book, bold int) error {
	cells := make([]any, len(t.cols))
	for i := range t.cols {
		cells[i] = excelize.Cell{StyleID: bold, Value: t.cols[i].head}
	}
	if err := w.SetRow("A1", cells); err != nil {
		return err
	}
	row := 1
	return t.lines(e, b, func(texts []string) error {
		for i, s := range texts {
			cells[i] = nil // no cell at all for an empty value
			if s != "" {
				cells[i] = s
			}
		}
		row++
		return w.SetRow("A"+itoa(row), cells)
	})
}

// lines calls each for every row with its cells as they are shown. The slice
// is used again for the next row.
func (t *table[R]) lines(e *env, b *Book, each func([]string) error) error {
	rows, texts := *t.rows(b), make([]string, len(t.cols))
	for n := range rows {
		for i := range t.cols {
			texts[i] = t.cols[i].out(e, t.cols[i].get(&rows[n]))
		}
		if err := each(texts); err != nil {
			return err
		}
	}
	return nil
}

// widths are in characters; wide enough for the header and the usual value.
func (t *table[R]) widths() []float64 {
	out := make([]float64, len(t.cols))
	for i := range t.cols {
		out[i] = float64(4 + 2*utf8.RuneCountInString(t.cols[i].head))
	}
	return out
}
