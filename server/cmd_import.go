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
	Files  []string `arg:"" name:"file" type:"existingfile" help:"Workbook with the national export's headers (xlsx), or its sheets as CSV files (UTF-8 or GB18030), one sheet a file."`
	DryRun bool     `help:"Check and report; store nothing."`
	Marked string   `placeholder:"OUT.xlsx" help:"Write a copy of the workbook with the bad cells coloured and the reasons beside them, when there are any."`
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
	in := app.Import{DryRun: c.DryRun, Progress: b.step}
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
	for _, i := range got.Issues {
		fmt.Fprintf(e.out, "%s\t%s!%s%d\t%s\t%s", i.Level, i.Sheet, i.Column, i.Row, i.Header, i.Reason)
		if i.Suggest != "" {
			fmt.Fprintf(e.out, "\t建议：%s", i.Suggest)
		}
		fmt.Fprintln(e.out)
	}
	fmt.Fprintf(e.out, "乡镇 %s：%d 户，%d 人，%d 名干部，%d 个结对，%d 次走访；%d 处要看。\n", got.Township, got.Households, got.Members, got.Cadres, got.Pairings, got.Visits, len(got.Issues))
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
