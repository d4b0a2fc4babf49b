package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"daohu/server/app"
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
	File   string `arg:"" type:"existingfile" help:"Workbook with the national export's headers (xlsx)."`
	DryRun bool   `help:"Check and report; store nothing."`
}

// errIssues says that the workbook was refused; the list is printed already.
var errIssues = errors.New("nothing was imported: the workbook has errors")

// Run checks the workbook and stores it whole, or nothing of it.
func (c importCmd) Run(e *env) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	a, _, err := e.open(e.ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.DB.CheckSchema(e.ctx); err != nil {
		return err
	}
	b := newBar(e.err)
	got, err := a.Import(e.ctx, app.Import{File: f, Size: info.Size(), DryRun: c.DryRun, Progress: b.step})
	b.end()
	if err != nil {
		return err
	}
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
