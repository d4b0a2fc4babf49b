// Package workbook opens Excel files that strangers made: it looks at the
// archive before anything is unpacked into memory, and says what is wrong with
// a cell in one shape for every import.
package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"daohu/server/fault"
)

// Bounds of a workbook. A township of 2000 households with 20 000 visits takes
// about 2 MB packed and 40 MB unpacked; a file that wants much more is not a
// table, or is made to exhaust the server (quality.md A7).
const (
	MaxPacked    = 20 << 20 // bytes of the file
	maxUnpacked  = 96 << 20 // bytes of all parts together; excelize keeps them in memory
	maxParts     = 500      // parts in the archive
	maxOtherPart = 4 << 20  // bytes of a part that is neither cells, texts nor a picture
	maxTexts     = 2_000_000
	maxTags      = 12_000_000 // markup of one sheet
	MaxColumns   = 200
	MaxRows      = 60_000 // rows of one sheet, the last one's number
)

// Bomb refuses a file that would not fit: fault.TooLarge.
func Bomb(why string) error {
	return &fault.Error{Code: fault.TooLarge, Detail: "这个文件解开后太大，没有导入。请另存一份只含要导入的表的 xlsx 再试。", Err: errors.New("workbook: " + why)}
}

// NotXLSX refuses what cannot be read as a workbook: fault.BadMedia.
func NotXLSX(err error) error {
	return &fault.Error{Code: fault.BadMedia, Detail: "这不是能读的 xlsx 文件。请用 Excel 或 WPS 打开，另存为没有密码的 xlsx 再试。", Err: fmt.Errorf("workbook: %w", err)}
}

// Guard looks at the archive before excelize does. It unpacks every part once,
// keeping nothing, and returns the number of row elements, for the progress.
// Go's archive/zip stops a part that yields more than its header announces.
func Guard(r io.ReaderAt, size int64) (rows int, err error) {
	if size > MaxPacked {
		return 0, fault.New(fault.TooLarge, "文件不能超过 20 MB。")
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return 0, NotXLSX(err)
	}
	if len(z.File) > maxParts {
		return 0, Bomb("too many parts")
	}
	var sum uint64
	for _, f := range z.File {
		if sum += f.UncompressedSize64; f.UncompressedSize64 > maxUnpacked || sum > maxUnpacked {
			return 0, Bomb("unpacked size")
		}
	}
	for _, f := range z.File {
		n, err := part(f)
		if err != nil {
			return 0, err
		}
		rows += n
	}
	return rows, nil
}

// part counts the markup of one part and bounds it by what the part is for:
// texts become one structure each, sheets cost time by the tag.
func part(f *zip.File) (rows int, err error) {
	name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
	sheet, texts := strings.HasPrefix(name, "xl/worksheets/sheet"), strings.HasSuffix(name, "sharedstrings.xml")
	if !sheet && !texts {
		if !strings.Contains(name, "/media/") && f.UncompressedSize64 > maxOtherPart {
			return 0, Bomb("part " + f.Name)
		}
		return 0, nil
	}
	rc, err := f.Open()
	if err != nil {
		return 0, NotXLSX(err)
	}
	defer func() { _ = rc.Close() }()
	limit, tags := maxTags, 0
	if texts {
		limit = maxTexts
	}
	const keep = 16 // longer than any needle, for those across two reads
	buf, tail := make([]byte, 64<<10), 0
	for {
		n, err := rc.Read(buf[tail:])
		chunk := buf[:tail+n]
		rows += bytes.Count(chunk, []byte("<row ")) - bytes.Count(buf[:tail], []byte("<row "))
		if tags += bytes.Count(buf[tail:tail+n], []byte("<")); tags > limit {
			return 0, Bomb("markup of " + f.Name)
		}
		if errors.Is(err, io.EOF) {
			// A sheet that stops half-way would read as a shorter sheet.
			if sheet && !closed(chunk) {
				return 0, NotXLSX(errors.New("part cut short: " + f.Name))
			}
			return rows, nil
		}
		if err != nil {
			return 0, NotXLSX(err)
		}
		tail = copy(buf, chunk[max(0, len(chunk)-keep):])
	}
}

// closed reports whether a sheet's text ends with its closing tag.
func closed(end []byte) bool {
	return bytes.HasSuffix(bytes.TrimSpace(end), []byte("worksheet>"))
}

// Open reads a workbook that Guard let pass. Both limits are the same on purpose: beyond
// UnzipXMLSizeLimit excelize would write parts to the system's temporary
// folder, and people's data has no business there.
func Open(r io.ReaderAt, size int64) (f *excelize.File, err error) {
	defer func() { // a hostile file must not be able to stop the server
		if p := recover(); p != nil {
			f, err = nil, NotXLSX(fmt.Errorf("panic: %v", p))
		}
	}()
	f, err = excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked,
	})
	if err != nil {
		return nil, NotXLSX(err)
	}
	return f, nil
}
