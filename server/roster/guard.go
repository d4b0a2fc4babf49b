package roster

import (
	"io"

	"github.com/xuri/excelize/v2"

	"daohu/server/workbook"
)

// Bounds of a workbook.
const (
	maxPacked  = workbook.MaxPacked
	maxColumns = workbook.MaxColumns
	maxRows    = workbook.MaxRows
)

func guard(r io.ReaderAt, size int64) (rows int, err error) { return workbook.Guard(r, size) }

func open(r io.ReaderAt, size int64) (*excelize.File, error) { return workbook.Open(r, size) }

func bomb(why string) error { return workbook.Bomb(why) }

func notXLSX(err error) error { return workbook.NotXLSX(err) }

func letter(i int) string { return workbook.Letter(i) }

func nearest(s string, options []string) string { return workbook.Nearest(s, options) }
