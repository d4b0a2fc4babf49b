package app

import (
	"context"
	"io"

	"daohu/server/access"
	"daohu/server/api"
	"daohu/server/form"
	"daohu/server/form/xlsform"
	"daohu/server/workbook"
)

var _ api.Forms = forms{}

// forms is the desk for papers, with workbooks.
type forms struct{ *form.Service }

func (f forms) Import(ctx context.Context, a access.Actor, township string, book []byte, dry bool) (form.Master, error) {
	entry, issues, err := xlsform.ReadBytes(book)
	if err != nil {
		return form.Master{}, err
	}
	if issues != nil {
		return form.Master{}, xlsform.Fields(issues)
	}
	return saveForm(ctx, f.Service, a, township, entry, dry)
}

func saveForm(ctx context.Context, s *form.Service, a access.Actor, township string, entry form.Entry, dry bool) (form.Master, error) {
	if dry {
		return entry.Check()
	}
	return s.Save(ctx, a, township, entry)
}

// ImportForm reads a workbook in the survey/choices layout and, unless it is a
// dry run or has issues, keeps it as a draft in the name of the operator at
// the command line.
func (a *App) ImportForm(ctx context.Context, township string, r io.ReaderAt, size int64, dry bool) (form.Master, []workbook.Issue, error) {
	entry, issues, err := xlsform.Read(r, size)
	if err != nil || issues != nil {
		return form.Master{}, issues, err
	}
	shown, err := saveForm(ctx, a.Forms, access.Actor{}, township, entry, dry)
	return shown, nil, err
}
