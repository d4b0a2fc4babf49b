// Package xlsform reads papers from workbooks in the survey/choices layout
// that KoBoToolbox and ODK use (XLSForm), or rather from a subset of it;
// docs/forms.md has the table. Whatever lies outside the subset is named by
// sheet, row, column and header, and nothing is read half.
package xlsform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"daohu/server/fault"
	"daohu/server/form"
	"daohu/server/workbook"
)

// The sheets.
const (
	Survey   = "survey"
	Choices  = "choices"
	Topics   = "topics"
	Settings = "settings"
)

// Bounds of a workbook: far more than the largest paper takes.
const (
	maxSheetRows = 1000
	maxIssues    = 200
)

// The codes of an Issue beside those of the paper's own check.
const (
	CodeSheet  = "unknown-sheet"
	CodeNo     = "no-sheet"
	CodeHeader = "missing-column"
	CodeColumn = "unknown-column"
	CodeType   = "unknown-type"
	CodeExpr   = "expression"
	CodeTwice  = "duplicate"
)

// headers are the columns of each sheet; those with a * must be there. points,
// topic, answer and met of survey, the sheet topics, and kind and pass of
// settings are ours.
func headers() map[string][]string {
	return map[string][]string{
		Survey:   {"*type", "*name", "*label", "required", "relevant", "points", "topic", "answer", "met"},
		Choices:  {"*list_name", "*name", "*label"},
		Topics:   {"*key", "*name", "card", "aware"},
		Settings: {"*form_title", "*form_id", "kind", "pass"},
	}
}

// Read reads a workbook of size bytes. With issues there is no Entry. The
// error is fault.TooLarge or BadMedia.
func Read(r io.ReaderAt, size int64) (form.Entry, []workbook.Issue, error) {
	sheets, date1904, err := workbook.ReadAll(r, size, maxSheetRows)
	if err != nil {
		return form.Entry{}, nil, err
	}
	x := &reader{date1904: date1904, tables: map[string]*table{}, lists: map[string][]form.Option{}, options: map[string][]row{}, kinds: map[string]form.Kind{}}
	x.split(sheets)
	entry := x.entry()
	if len(x.issues) > 0 {
		slices.SortStableFunc(x.issues, func(a, b workbook.Issue) int {
			order := []string{Survey, Choices, Topics, Settings}
			return 10000*(slices.Index(order, a.Sheet)-slices.Index(order, b.Sheet)) + a.Row - b.Row
		})
		return form.Entry{}, x.issues[:min(len(x.issues), maxIssues)], nil
	}
	return entry, nil, nil
}

// ReadBytes is Read of a workbook in memory.
func ReadBytes(raw []byte) (form.Entry, []workbook.Issue, error) {
	return Read(bytes.NewReader(raw), int64(len(raw)))
}

// Fields says issues in the shape of a refusal: survey!C5.
func Fields(issues []workbook.Issue) error {
	var bad []fault.Field
	for _, i := range issues {
		name := i.Sheet
		if i.Row > 0 {
			name += "!" + i.Column + strconv.Itoa(i.Row)
		}
		detail := i.Reason
		if i.Header != "" {
			detail = i.Header + "：" + detail
		}
		if i.Suggest != "" {
			detail += "建议：" + i.Suggest
		}
		bad = append(bad, fault.Field{Name: name, Code: i.Code, Detail: detail})
	}
	return fault.Bad(bad...)
}

// table is one sheet with its headers.
type table struct {
	name string
	at   map[string]int // header -> column
	rows []row
}

type row struct {
	table *table
	n     int // as in Excel
	cells []string
}

// get is a cell by its header; "" where there is none.
func (r row) get(header string) string {
	i, ok := r.table.at[header]
	if !ok {
		return ""
	}
	return r.cell(i)
}

// cell is a cell by its column, from 0; "" where there is none.
func (r row) cell(i int) string {
	if i >= len(r.cells) {
		return ""
	}
	return r.cells[i]
}

type reader struct {
	date1904 bool
	tables   map[string]*table
	lists    map[string][]form.Option
	options  map[string][]row     // of lists, in step with them
	kinds    map[string]form.Kind // of items, by name
	topics   []row
	items    []row // of the paper's items
	issues   []workbook.Issue
	before   int // issues that were found before the paper's own check
}

// add names a cell; one that was named before is left at that.
func (x *reader) add(r row, header, code, reason, suggest string) {
	i := workbook.Issue{Level: workbook.Error, Sheet: r.table.name, Row: r.n, Header: header, Code: code, Reason: reason, Suggest: suggest}
	if at, ok := r.table.at[header]; ok {
		i.Column = workbook.Letter(at)
	}
	if !slices.ContainsFunc(x.issues, func(o workbook.Issue) bool { return o.Sheet == i.Sheet && o.Row == i.Row && o.Header == header }) {
		x.issues = append(x.issues, i)
	}
}

// split finds the sheets and their headers.
func (x *reader) split(sheets []workbook.Sheet) {
	known := headers()
	for _, s := range sheets {
		name := strings.ToLower(strings.TrimSpace(s.Name))
		t := &table{name: name, at: map[string]int{}}
		switch {
		case known[name] == nil && len(s.Rows) > 0:
			t.name = s.Name
			x.add(row{table: t}, "", CodeSheet, "不认识这张表，只读 survey、choices、topics、settings。", workbook.Nearest(name, []string{Survey, Choices, Topics, Settings}))
			continue
		case known[name] == nil || len(s.Rows) == 0:
			continue
		}
		x.tables[name] = t
		for i, cells := range s.Rows[1:] {
			if cells != nil {
				t.rows = append(t.rows, row{t, i + 2, cells})
			}
		}
		x.head(t, s.Rows[0], known[name])
	}
}

// head reads the first row. A column that is not ours must be empty.
func (x *reader) head(t *table, cells, known []string) {
	var names []string
	for _, k := range known {
		names = append(names, strings.TrimPrefix(k, "*"))
	}
	width := len(cells)
	for _, r := range t.rows {
		width = max(width, len(r.cells))
	}
	for i := range width {
		h := strings.ToLower(row{cells: cells}.cell(i))
		_, twice := t.at[h]
		switch {
		case twice:
			x.column(t, 1, i, h, CodeTwice, "这个表头有两列，请删去一列。", "")
			continue
		case h != "":
			t.at[h] = i
		}
		n := slices.IndexFunc(t.rows, func(r row) bool { return r.cell(i) != "" })
		switch {
		case slices.Contains(names, h) || n < 0:
		case h == "":
			x.column(t, t.rows[n].n, i, h, CodeColumn, "这一列没有表头。", "")
		default:
			x.column(t, t.rows[n].n, i, h, CodeColumn, "不支持这一列，请清空或删去。", workbook.Nearest(h, names))
		}
	}
	for _, k := range known {
		if name, must := strings.CutPrefix(k, "*"); must {
			if _, have := t.at[name]; !have {
				x.add(row{t, 1, cells}, name, CodeHeader, "缺少“"+name+"”这一列。", "")
			}
		}
	}
}

// column names a cell by its column.
func (x *reader) column(t *table, n, column int, header, code, reason, suggest string) {
	x.issues = append(x.issues, workbook.Issue{Level: workbook.Error, Sheet: t.name, Row: n, Column: workbook.Letter(column), Header: header, Code: code, Reason: reason, Suggest: suggest})
}

// rows of a sheet; none where it is not there.
func (x *reader) rows(name string) []row {
	if t := x.tables[name]; t != nil {
		return t.rows
	}
	return nil
}

// entry puts the sheets together.
func (x *reader) entry() form.Entry {
	for _, must := range []string{Survey, Settings} {
		if len(x.rows(must)) == 0 {
			x.add(row{table: &table{name: must}}, "", CodeNo, "没有“"+must+"”这张表，或者表里没有内容。", "")
		}
	}
	if len(x.issues) > 0 { // without headers nothing below is worth reading
		return form.Entry{}
	}
	set := x.rows(Settings)[0]
	for _, more := range x.rows(Settings)[1:] {
		x.add(more, "form_title", CodeTwice, "settings 只能有一行。", "")
	}
	p := &form.Paper{Title: set.get("form_title"), Topics: []form.Topic{}, Items: []form.Item{}}
	x.choices()
	for _, r := range x.rows(Survey) {
		x.item(p, r)
	}
	for _, r := range x.rows(Topics) {
		p.Topics = append(p.Topics, form.Topic{Key: r.get("key"), Name: r.get("name"), Card: r.get("card"), Aware: x.condition(r, "aware")})
		x.topics = append(x.topics, r)
	}
	for i, r := range x.items { // all items are known now
		p.Items[i].VisibleIf, p.Items[i].Met = x.condition(r, "relevant"), x.condition(r, "met")
		x.required(&p.Items[i], r)
	}
	p.Pass = x.condition(set, "pass")
	e := form.Entry{Code: set.get("form_id"), Kind: set.get("kind")}
	if e.Kind == "" {
		e.Kind = "checklist"
	}
	raw, err := json.Marshal(p)
	if err != nil { // a condition is what json.Marshal made
		x.add(set, "form_title", "format", "题目的内容不能保存。", "")
		return e
	}
	e.Paper = raw
	_, err = e.Check()
	x.before = len(x.issues)
	x.refused(set, err)
	return e
}

// refused names the cells of what the paper's own check found.
func (x *reader) refused(set row, err error) {
	if err == nil {
		return
	}
	fe, ours := errors.AsType[*fault.Error](err)
	if !ours || len(fe.Fields) == 0 {
		x.add(set, "form_title", string(fault.CodeOf(err)), "题目不能保存："+fault.New(fault.CodeOf(err), "").Sentence(), "")
		return
	}
	for _, f := range fe.Fields {
		r, header := x.cell(set, f.Name)
		if _, ours := r.table.at[header]; x.before > 0 && (x.named(r) || ours && isCondition(header)) {
			continue // may well follow from what is named already
		}
		_, detail, found := strings.Cut(f.Detail, "：") // what is before says the place, which the cell does
		if !found {
			detail = f.Detail
		}
		x.add(r, header, f.Code, detail, suggest(header, r.get(header)))
	}
}

func isCondition(header string) bool {
	return slices.Contains([]string{"relevant", "required", "met", "aware", "pass"}, header)
}

// named reports whether a row has an issue that was found before the paper's
// own check.
func (x *reader) named(r row) bool {
	return slices.ContainsFunc(x.issues[:x.before], func(i workbook.Issue) bool { return i.Sheet == r.table.name && i.Row == r.n })
}

// cell is where a field of the paper stands.
func (x *reader) cell(set row, name string) (row, string) {
	parts := strings.Split(name, ".")
	n := -1
	if len(parts) > 2 {
		n, _ = strconv.Atoi(parts[1])
	}
	switch {
	case len(parts) == 5 && n >= 0 && n < len(x.items): // items.3.options.0.label
		_, list, _ := strings.Cut(x.items[n].get("type"), " ")
		o, _ := strconv.Atoi(parts[3])
		if rows := x.options[strings.TrimSpace(list)]; o < len(rows) {
			return rows[o], map[string]string{"key": "name", "label": "label"}[parts[4]]
		}
		return x.items[n], "type"
	case parts[0] == "items" && n >= 0 && n < len(x.items):
		header := map[string]string{"key": "name", "kind": "type", "options": "type", "required": "required", "required_if": "required", "visible_if": "relevant"}[parts[2]]
		if header == "" {
			header = parts[2]
		}
		return x.items[n], header
	case parts[0] == "topics" && n >= 0 && n < len(x.topics):
		return x.topics[n], parts[2]
	case parts[0] == "items":
		return row{table: x.tables[Survey]}, ""
	case parts[0] == "topics" && x.tables[Topics] != nil:
		return row{table: x.tables[Topics]}, ""
	case name == "kind" || name == "pass":
		return set, name
	case name == "code":
		return set, "form_id"
	}
	return set, "form_title"
}

// suggest proposes a key that has the right form.
func suggest(header, have string) string {
	if header != "name" && header != "key" && header != "form_id" || have == "" {
		return ""
	}
	most := 16
	if header == "form_id" {
		most = 32
	}
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == '_' || r == '.' || r == ' ' || r == '-':
			return '-'
		}
		return -1
	}, strings.ToLower(have))
	s = strings.Trim(strings.TrimLeft(s, "0123456789-"), "-")
	if s = s[:min(len(s), most)]; s == have {
		return ""
	}
	return s
}

// condition reads an expression; "" = none.
func (x *reader) condition(r row, header string) json.RawMessage {
	s := r.get(header)
	if s == "" {
		return nil
	}
	c, err := expression(s, func(name string) (form.Kind, bool) {
		k, ok := x.kinds[name]
		return k, ok
	})
	if w, outside := errors.AsType[*wrong](err); outside {
		x.add(r, header, CodeExpr, w.reason, w.suggest)
		return nil
	}
	raw, err := json.Marshal(c)
	if err != nil {
		x.add(r, header, CodeExpr, fmt.Sprintf("条件不能保存：%v", err), "")
		return nil
	}
	return raw
}

// required is yes, no or a condition.
func (x *reader) required(it *form.Item, r row) {
	switch strings.ToLower(r.get("required")) {
	case "", "no", "false", "false()", "否", "0":
	case "yes", "true", "true()", "是", "1":
		it.Required = true
	default:
		it.RequiredIf = x.condition(r, "required")
	}
}
