package main

import (
	"errors"
	"fmt"
	"io"

	"daohu/server/access"
	"daohu/server/app"
	"daohu/server/roster"
)

type exportCmd struct {
	File     string `arg:"" help:"Where to: a new .xlsx file, or .csv for one sheet."`
	Township string `required:"" placeholder:"CODE" help:"The township to export; one a file."`
	As       string `enum:"T,K,A" default:"T" help:"Whose view: township admin (T), county (K) or auditor (A)."`
	Full     bool   `help:"Write ID numbers, telephones, bank accounts, certificates and diagnoses in full. Needs --reason; at most 5 a day."`
	Reason   string `help:"Why; it is logged and stands in the file."`
	Sheet    string `help:"With .csv: which sheet, such as 农户 or 家庭成员."`
	GB18030  bool   `name:"gb18030" help:"With .csv: for programs that cannot read UTF-8."`
	Demo     bool   `help:"Export from the demo's database."`
}

// Validate refuses what does not fit together.
func (c exportCmd) Validate() error {
	switch {
	case isCSV(c.File) != (c.Sheet != ""):
		return errors.New("a .csv file takes exactly one --sheet, a workbook none")
	case c.Full && c.Reason == "":
		return errors.New("--full needs a --reason")
	}
	return nil
}

// Run writes the file. What the role may not see is masked or missing; the
// export is logged before a byte is written.
func (c exportCmd) Run(e *env) error {
	a, err := e.look(c.Demo)
	if err != nil {
		return err
	}
	defer a.Close()
	var got *app.Exported
	err = newFile(c.File, func(w io.Writer) error {
		var err error
		if got, err = a.Export(e.ctx, app.Export{Township: c.Township, As: access.Role(c.As), Full: c.Full, Reason: c.Reason}); err != nil {
			return err
		}
		if c.Sheet != "" {
			return roster.WriteCSV(w, got.Book, c.Sheet, roster.CSVOptions{GB18030: c.GB18030, Title: got.Note.Line()})
		}
		return roster.WriteNoted(w, got.Book, got.Note)
	})
	if err != nil {
		return err
	}
	b := got.Book
	fmt.Fprintf(e.out, "乡镇 %s：%d 户，%d 人，%d 名干部，%d 个结对，%d 次走访，已写入 %s（导出编号 %s）。\n", c.Township, len(b.Households), len(b.Members), len(b.Cadres), len(b.Pairings), len(b.Visits), c.File, got.Note.ID)
	if got.Waiting > 0 {
		fmt.Fprintf(e.out, "另有 %d 条走访或措施没有通过审核，没有导出。\n", got.Waiting)
	}
	return nil
}
