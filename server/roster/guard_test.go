package roster

import (
	"archive/zip"
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"daohu/server/fault"
)

// repack copies a workbook, putting other content in place of some parts.
func repack(t *testing.T, raw []byte, parts map[string]string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, f := range z.File {
		if _, other := parts[f.Name]; !other {
			if err := w.Copy(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, body := range parts {
		p, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

const oneRow = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">`

func TestHostileFilesAreRefused(t *testing.T) {
	good := written(t, sample())
	part := func(name, body string) []byte { return repack(t, good, map[string]string{name: body}) }
	sheet := "xl/worksheets/sheet1.xml"
	cut := oneRow + strings.Repeat(`<c r="A1" t="inlineStr"><is><t>x</t></is></c>`, 50)
	for _, c := range []struct {
		why  string
		raw  []byte
		code fault.Code
	}{
		{"nothing", nil, fault.BadMedia},
		{"no archive", []byte("户编号,姓名\n1,2\n"), fault.BadMedia},
		{"old xls", append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, make([]byte, 4096)...), fault.BadMedia},
		{"an archive of something else", repack(t, zipped(t), nil), fault.BadMedia},
		{"cut in the middle", good[:len(good)/2], fault.BadMedia},
		{"a sheet that stops half-way", part(sheet, cut), fault.BadMedia},
		{"blanks that unpack to 97 MB", part(sheet, strings.Repeat(" ", 97<<20)), fault.TooLarge},
		{"a text table of 3 million texts", part("xl/sharedStrings.xml", strings.Repeat("<si/>", 3_000_000)), fault.TooLarge},
		{"13 million cells", part(sheet, strings.Repeat("<c/>", 13_000_000)), fault.TooLarge},
		{"a row 16384 columns wide", part(sheet, oneRow+`<c r="XFD1"><v>1</v></c></row></sheetData></worksheet>`), fault.TooLarge},
		{"a row numbered a million", part(sheet, strings.Replace(oneRow, `r="1"`, `r="1000000"`, 1)+`<c><v>1</v></c></row></sheetData></worksheet>`), fault.TooLarge},
		{"a huge theme", part("xl/theme/theme1.xml", strings.Repeat("x", 5<<20)), fault.TooLarge},
	} {
		_, _, err := Parse(context.Background(), bytes.NewReader(c.raw), int64(len(c.raw)), nil)
		if !fault.Is(err, c.code) {
			t.Errorf("%s (%d bytes packed): %v, want %s", c.why, len(c.raw), err, c.code)
		}
	}
	if _, _, err := Parse(context.Background(), bytes.NewReader(good), maxPacked+1, nil); !fault.Is(err, fault.TooLarge) {
		t.Errorf("file over its limit: %v", err)
	}
}

func zipped(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	if _, err := w.Create("readme.txt"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// The row count is the total of the progress: it must not depend on where the
// reads happen to end.
func TestGuardCountsRows(t *testing.T) {
	for _, n := range []int{0, 1, 100, 3000} {
		f := excelize.NewFile()
		for i := range n {
			if err := f.SetCellStr("Sheet1", "A"+itoa(i+1), strings.Repeat("字", i%97)); err != nil {
				t.Fatal(err)
			}
		}
		var buf bytes.Buffer
		if err := f.Write(&buf); err != nil {
			t.Fatal(err)
		}
		got, err := guard(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		if err != nil || got != n {
			t.Errorf("%d rows counted, want %d (%v)", got, n, err)
		}
	}
}

// Whatever the bytes are, Parse answers with a fault or a book.
func FuzzParse(f *testing.F) {
	var buf bytes.Buffer
	if err := Write(&buf, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>99</v></c></row></sheetData>"))
	f.Add([]byte("<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>户编号</t></is></c><c t=\"b\"><v>1</v></c></row></sheetData></worksheet>"))
	f.Add([]byte("<worksheet><sheetData><row r=\"-5\"><c r=\"\"><v>1e400</v></c></row></sheetData></worksheet>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, sheet := range []string{"xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml", "xl/workbook.xml"} {
			raw := repack(t, buf.Bytes(), map[string]string{sheet: string(body)})
			b, _, err := Parse(context.Background(), bytes.NewReader(raw), int64(len(raw)), nil)
			if (b == nil) == (err == nil) {
				t.Fatalf("book %v, error %v", b, err)
			}
			if err != nil && fault.Is(err, fault.Internal) {
				t.Fatalf("not a fault for the user: %v", err)
			}
		}
	})
}
