package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"daohu/server/app"
	"daohu/server/roster"
)

// bar shows progress on a terminal and keeps quiet elsewhere.
type bar struct {
	w     io.Writer
	tty   bool
	stage string
	pb    *progressbar.ProgressBar
}

func newBar(w io.Writer) *bar {
	f, ok := w.(*os.File)
	return &bar{w: w, tty: ok && term.IsTerminal(int(f.Fd()))}
}

func (b *bar) step(stage string, done, total int) {
	if !b.tty {
		return
	}
	if stage != b.stage {
		b.end()
		b.stage = stage
		b.pb = progressbar.NewOptions(total, progressbar.OptionSetWriter(b.w), progressbar.OptionSetDescription(stage), progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	}
	_ = b.pb.Set(done) // a bar that cannot be drawn is no reason to stop
}

func (b *bar) end() {
	if b.pb != nil {
		_ = b.pb.Finish()
		b.pb = nil
	}
}

type importCmd struct {
	Files    []string `arg:"" name:"file" type:"existingfile" help:"Workbook with the national export's headers (xlsx), or its sheets as CSV files (UTF-8 or GB18030), one sheet a file."`
	Township string   `placeholder:"CODE" help:"A township that is there already: its villages, households, people and cadres are known, so that one sheet is enough. Without it the workbook must bring its areas."`
	Update   bool     `help:"Change rows that are there already by what the file says of them, with history. A missing column or an empty cell changes nothing. Without it such a row is an error."`
	DryRun   bool     `help:"Check and report; store nothing."`
	Marked   string   `placeholder:"OUT.xlsx" help:"Write a copy of the workbook with the bad cells coloured and the reasons beside them, when there are any."`
}

// Help says what an import does, for --help.
func (importCmd) Help() string {
	return `A file is read and compared with the registry, every fault is named by cell, and
then all of it is stored in one transaction or nothing. A row is told apart by
户编号, 人编号, 工号, or 户编号 + 干部工号 + 开始日期.

Without --update a row that is there already is an error. With --update it is
changed by what the file says of it: a missing column or an empty cell changes
nothing, 否 and 0 are written, and every value written over stays in the
history. An open pairing ends the one that runs. Nothing is ever deleted, nobody
moves to another household, accounts stay as they are.

Masked exports are refused. docs/operations.md, "Import and export", says more.`
}

// errIssues says that the workbook was refused; the list is printed already.
var errIssues = errors.New("nothing was imported: the workbook has errors")

// Validate refuses a mixture that is no workbook.
func (c importCmd) Validate() error {
	sheets := 0
	for _, f := range c.Files {
		if isCSV(f) {
			sheets++
		}
	}
	switch {
	case sheets == 0 && len(c.Files) > 1, sheets > 0 && sheets < len(c.Files):
		return errors.New("give one workbook (xlsx), or only .csv files")
	case sheets > 0 && c.Marked != "":
		return errors.New("--marked works on a workbook (xlsx), not on .csv files")
	}
	return nil
}

func isCSV(path string) bool { return strings.EqualFold(filepath.Ext(path), ".csv") }

// Run checks the workbook and stores it whole, or nothing of it.
func (c importCmd) Run(e *env) error {
	b := newBar(e.err)
	in := app.Import{Township: c.Township, Update: c.Update, DryRun: c.DryRun, Progress: b.step}
	for _, name := range c.Files {
		f, err := os.Open(filepath.Clean(name))
		if err != nil {
			return err
		}
		defer f.Close()
		if isCSV(name) {
			in.CSV = append(in.CSV, roster.CSVFile{Name: filepath.Base(name), Body: f})
			continue
		}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		in.File, in.Size = f, info.Size()
	}
	a, _, err := e.open(e.ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.DB.CheckSchema(e.ctx); err != nil {
		return err
	}
	got, err := a.Import(e.ctx, in)
	b.end()
	if err != nil {
		return err
	}
	if c.Marked != "" && len(got.Issues) > 0 {
		err := newFile(c.Marked, func(w io.Writer) error { return roster.Mark(w, in.File, in.Size, got.Issues) })
		if err != nil {
			return err
		}
	}
	return c.report(e, got)
}

// report prints what was found and done.
func (c importCmd) report(e *env, got *app.Imported) error {
	e.issues(got.Issues)
	n := got.Counts
	rows := func(c roster.Count) int { return c.New + c.Changed + c.Same }
	fmt.Fprintf(e.out, "乡镇 %s：%d 户，%d 人，%d 名干部，%d 个结对，%d 次走访；%d 处要看。\n", got.Township, rows(n.Households), rows(n.Members), rows(n.Cadres), rows(n.Pairings), rows(n.Visits), len(got.Issues))
	for _, s := range []struct {
		sheet, unit string
		count       roster.Count
	}{
		{roster.SheetAreas, "处", n.Areas}, {roster.SheetHouseholds, "户", n.Households}, {roster.SheetMembers, "人", n.Members},
		{roster.SheetCadres, "名", n.Cadres}, {roster.SheetPairings, "个", n.Pairings}, {roster.SheetVisits, "次", n.Visits}, {roster.SheetMeasures, "项", n.Measures},
	} {
		if rows(s.count) > 0 {
			fmt.Fprintf(e.out, "%s：新增 %d %s，更新 %d %s，不变 %d %s\n", s.sheet, s.count.New, s.unit, s.count.Changed, s.unit, s.count.Same, s.unit)
		}
	}
	switch {
	case got.Stored:
		fmt.Fprintln(e.out, "已全部导入。")
	case c.DryRun:
		fmt.Fprintln(e.out, "只是检查，没有导入。")
	default:
		return errIssues
	}
	return nil
}

// newFile writes a file for its owner's eyes only. One that exists is not
// touched, one that could not be finished does not stay.
func newFile(path string, write func(io.Writer) error) error {
	path = filepath.Clean(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
