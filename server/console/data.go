package console

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"strings"

	"daohu/server/api"
	"daohu/server/fault"
	"daohu/server/roster"
)

// dataBody is the largest file of an import and the form around it: a byte more
// than the importer takes, whose sentence is the better one.
const dataBody = 20<<20 + 1 + small

func dataPages() []Page {
	return []Page{
		{Path: "/data", Title: "导入导出", Roles: "TKA", File: "data", Body: dataBody, Scripts: []string{"htmx.min.js"}, Show: showData,
			Acts: map[string]Act{"check": checkFile, "mark": markFile, "store": storeFile, "export": exportFile}},
	}
}

// Data is what was imported into a township.
type Data struct {
	Town  bool
	Rows  []roster.Run
	Month string // that a ledger is offered of: 2026-11
}

func showData(v *View) (any, error) {
	out := &Data{Town: v.Township != "", Month: cmp.Or(v.Text("month"), v.Today()[:7])}
	if !out.Town {
		return out, nil
	}
	return out, v.Get("/api/v1/imports", v.In(url.Values{}), out)
}

// Checked is what came of a file.
type Checked struct {
	*roster.Report
	Columns []Share
}

// Share is how many rows of a kind an import has.
type Share struct {
	Word string
	roster.Count
}

func checkFile(v *View) (Done, error) { return v.bringIn("1") }

func storeFile(v *View) (Done, error) { return v.bringIn("") }

// bringIn checks the chosen file and, unless dry, stores it.
func (v *View) bringIn(dry string) (Done, error) {
	body, media, err := v.rosterFile()
	if err != nil {
		return Done{}, err
	}
	q := v.fileQuery()
	if dry != "" {
		q.Set("dry", dry)
	}
	out := &Checked{Report: &roster.Report{}}
	if err := v.Upload("/api/v1/imports", q, media, body, out.Report); err != nil {
		return Done{}, err
	}
	n := out.Counts
	for _, s := range []Share{{"地区", n.Areas}, {"户", n.Households}, {"人", n.Members}, {"干部", n.Cadres}, {"结对", n.Pairings}, {"走访", n.Visits}, {"措施", n.Measures}} {
		if s.Count != (roster.Count{}) {
			out.Columns = append(out.Columns, s)
		}
	}
	return Done{Data: out}, nil
}

// markFile gives the file back with what is wrong beside the cells.
func markFile(v *View) (Done, error) {
	body, media, err := v.rosterFile()
	if err != nil {
		return Done{}, err
	}
	if media != api.TypeXLSX {
		return Done{}, fault.Bad(fault.Field{Name: "file", Code: "format", Detail: "CSV 文件标不了颜色。请看下面的表，或者改用 xlsx。"})
	}
	out := &Download{Name: "标记过的-" + strings.TrimSuffix(v.fileName("file"), path.Ext(v.fileName("file"))) + ".xlsx"}
	if err := v.Upload("/api/v1/imports/marked", v.fileQuery(), media, body, out); err != nil {
		return Done{}, err
	}
	if len(out.Body) == 0 {
		return Done{Say: "这个文件没有错，不用标记。可以导入。"}, nil
	}
	return Done{File: out}, nil
}

func (v *View) fileQuery() url.Values {
	q := v.In(url.Values{})
	if v.Ticked("update") {
		q.Set("update", "1")
	}
	return q
}

// rosterFile is the chosen workbook or sheet and its media type, by its name:
// browsers name the type of a CSV file as they please.
func (v *View) rosterFile() (body []byte, media string, err error) {
	if body, err = v.File("file"); err != nil {
		return nil, "", err
	}
	if len(body) == 0 {
		return nil, "", fault.Bad(fault.Field{Name: "file", Code: "required", Detail: "请选一个文件。"})
	}
	switch strings.ToLower(path.Ext(v.fileName("file"))) {
	case ".xlsx":
		return body, api.TypeXLSX, nil
	case ".csv":
		return body, "text/csv", nil
	}
	return nil, "", fault.Bad(fault.Field{Name: "file", Code: "format", Detail: "只收 xlsx 和 csv 文件。旧的 xls 请另存为 xlsx。"})
}

// fileName is the name of an uploaded file, "" = none was chosen.
func (v *View) fileName(field string) string {
	if v.r.MultipartForm == nil || len(v.r.MultipartForm.File[field]) == 0 {
		return ""
	}
	return v.r.MultipartForm.File[field][0].Filename
}

// exportFile takes the township out as a workbook.
func exportFile(v *View) (Done, error) {
	out := &Download{Name: v.Township + "-" + v.Today() + ".xlsx"}
	err := v.Send(http.MethodPost, "/api/v1/exports", v.In(url.Values{}), Body("full", v.Ticked("full"), "reason", v.Text("reason")), nil, out)
	return Done{File: out}, err
}

// runWord is the state of an import in words.
func runWord(r roster.Run) Chip {
	switch r.State {
	case roster.Running:
		return Chip{"正在导入", "amber", "…"}
	case roster.Checked:
		return Chip{"只检查", "slate", "·"}
	case roster.Stored:
		return Chip{"已导入", "pine", "✓"}
	case roster.Refused:
		return Chip{"有错，没导入", "brick", "✕"}
	case roster.Broken:
		return Chip{"中断，没导入", "brick", "!"}
	}
	return Chip{"没成功", "brick", "✕"}
}
