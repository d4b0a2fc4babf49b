package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"daohu/server/app"
	"daohu/server/form/xlsform"
	"daohu/server/workbook"
)

type formCmd struct {
	Import  formImport  `cmd:"" help:"Keep a draft from a workbook in the survey/choices layout (docs/forms.md), whole or not at all."`
	Example formExample `cmd:"" help:"Write a workbook to begin with."`
}

type formImport struct {
	File     string `arg:"" type:"existingfile" help:"Workbook (xlsx) with the sheets survey, choices, topics, settings."`
	Township string `required:"" placeholder:"CODE"`
	DryRun   bool   `help:"Check and report; store nothing."`
}

// errForm says that the workbook was refused; the list is printed already.
var errForm = errors.New("no draft was made: the workbook has errors")

// Run makes the draft; a township admin publishes it.
func (c formImport) Run(e *env) error {
	f, err := os.Open(filepath.Clean(c.File))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return e.with(func(a *app.App) error {
		got, issues, err := a.ImportForm(e.ctx, c.Township, f, info.Size(), c.DryRun)
		if err != nil {
			return err
		}
		e.issues(issues)
		switch {
		case issues != nil:
			return errForm
		case c.DryRun:
			fmt.Fprintf(e.out, "%s（%s）：没有问题。只是检查，没有存草稿。\n", got.Title, got.Code)
		default:
			fmt.Fprintf(e.out, "%s（%s）：草稿 %s 已存好，请乡镇管理员看过再发布。\n", got.Title, got.Code, got.ID)
		}
		return nil
	})
}

// issues prints what is wrong with a workbook, a line a cell.
func (e *env) issues(list []workbook.Issue) {
	for _, i := range list {
		fmt.Fprintf(e.out, "%s\t%s!%s%d\t%s\t%s", i.Level, i.Sheet, i.Column, i.Row, i.Header, i.Reason)
		if i.Suggest != "" {
			fmt.Fprintf(e.out, "\t建议：%s", i.Suggest)
		}
		fmt.Fprintln(e.out)
	}
}

type formExample struct {
	Out string `arg:"" help:"File to write (xlsx); one that exists is not touched."`
}

// Run writes the example.
func (c formExample) Run(*env) error {
	return newFile(c.Out, func(w io.Writer) error { return xlsform.Example(w) })
}
