package workbook

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daohu/server/fault"
)

// book writes a workbook of one sheet.
func book(t *testing.T, change func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	change(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func cell(t *testing.T, f *excelize.File, at string, v any) {
	t.Helper()
	if err := f.SetCellValue("Sheet1", at, v); err != nil {
		t.Fatal(err)
	}
}

func TestReadAll(t *testing.T) {
	raw := book(t, func(f *excelize.File) {
		cell(t, f, "A1", "  头\u200b ")
		cell(t, f, "C1", "尾\u3000")
		cell(t, f, "A3", "\u00a0")
		cell(t, f, "B4", 12)
		on := true
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &on}); err != nil {
			t.Fatal(err)
		}
	})
	sheets, date1904, err := ReadAll(bytes.NewReader(raw), int64(len(raw)), 4)
	if err != nil || !date1904 || len(sheets) != 1 || len(sheets[0].Rows) != 4 {
		t.Fatalf("%+v %v %v", sheets, date1904, err)
	}
	r := sheets[0].Rows
	if strings.Join(r[0], "|") != "头||尾" || r[1] != nil || r[2] != nil || strings.Join(r[3], "|") != "|12" {
		t.Errorf("%q", r)
	}
	if _, _, err := ReadAll(bytes.NewReader(raw), int64(len(raw)), 3); !fault.Is(err, fault.TooLarge) {
		t.Errorf("four rows of three: %v", err)
	}
}

func TestReadAllRefuses(t *testing.T) {
	good := book(t, func(f *excelize.File) { cell(t, f, "A1", "x") })
	wide := book(t, func(f *excelize.File) { cell(t, f, "GZ1", "x") }) // column 208
	// bomb adds a part that unpacks to much more than it holds.
	bomb := func(name string, size int64) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		p, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(p, zeros{}, size); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		raw  []byte
		code fault.Code
	}{
		"nothing":       {nil, fault.BadMedia},
		"cut off":       {good[:len(good)-30], fault.BadMedia},
		"too wide":      {wide, fault.TooLarge},
		"a large sheet": {bomb("xl/worksheets/sheet1.xml", maxUnpacked+1), fault.TooLarge},
		"a large style": {bomb("xl/styles.xml", maxOtherPart+1), fault.TooLarge},
	} {
		if _, _, err := ReadAll(bytes.NewReader(c.raw), int64(len(c.raw)), 100); !fault.Is(err, c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
