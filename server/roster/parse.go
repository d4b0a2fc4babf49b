package roster

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/record"
)

// Known is what the registry holds already, for workbooks that bring only some
// of the sheets. The zero Known knows nothing: a workbook must then be complete
// in itself.
type Known struct {
	Today      string // Asia/Shanghai, 2006-01-02: nothing may lie after it; "" = not checked
	Areas      []area.Area
	Cadre      func(login string) bool // whether a cadre has an account; nil = nobody has
	Households []string                // 户编号
}

// Parse reads a workbook that is complete in itself; see Known.Parse.
func Parse(ctx context.Context, r io.ReaderAt, size int64, progress func(done, total int)) (*Book, []Issue, error) {
	return Known{}.Parse(ctx, r, size, progress)
}

// Parse reads the workbook of size bytes in r and checks every cell by its
// field's declared rule and the rows against each other. It returns every row,
// those with issues included (a cell that failed is left empty), and the
// issues in the order of sheets, rows and columns, at most MaxIssues. A book
// may be stored only when HasErrors says no.
//
// The error is a *fault.Error: TooLarge for a file beyond the bounds of this
// package, BadMedia for one that is no readable xlsx, or ctx's end. progress
// may be nil; it hears of rows read out of rows announced.
func (k Known) Parse(ctx context.Context, r io.ReaderAt, size int64, progress func(done, total int)) (*Book, []Issue, error) {
	total, err := guard(r, size)
	if err != nil {
		return nil, nil, err
	}
	f, err := open(r, size)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	p := newParser(ctx, k, total, progress)
	p.file = f
	if w, err := f.GetWorkbookProps(); err == nil && w.Date1904 != nil {
		p.env.date1904 = *w.Date1904
	}
	if err := p.run(f.GetSheetList()); err != nil {
		return nil, nil, err
	}
	return p.book, p.list(), nil
}

func newParser(ctx context.Context, k Known, total int, progress func(done, total int)) *parser {
	src := &source{heads: map[string]map[string]int{}, none: map[cellKey]bool{}}
	return &parser{ctx: ctx, known: k, total: total, progress: progress, book: &Book{src: src}, heads: src.heads,
		bad: map[cellKey]bool{}, rowsOf: map[string][]int{}, issues: issues{order: map[string]int{}}}
}

type cellKey struct {
	sheet string
	row   int
	head  string
}

// parser is the state of one Parse.
type parser struct {
	issues
	ctx      context.Context
	file     *excelize.File
	csv      map[string]*csvSheet // by title, in place of file; nil = a workbook
	known    Known
	env      env
	book     *Book
	heads    map[string]map[string]int // sheet -> declared header -> column
	bad      map[cellKey]bool          // cells that were refused: not judged twice
	rowsOf   map[string][]int          // sheet -> Excel row of each row in the book
	total    int
	done     int
	progress func(done, total int)
}

// sheet is a table, whatever its rows are.
type sheet interface {
	name() string
	known(string) bool
	parse(p *parser, title string) error
	write(w *excelize.StreamWriter, e *env, b *Book, style int) error
	widths() []float64
	lines(e *env, b *Book, each func([]string) error) error
	headers() []string
	likeness(cells []string) (known int, complete bool)
}

func (t *table[R]) name() string { return t.sheet }

func (t *table[R]) known(title string) bool {
	title = narrow(title)
	return title == t.sheet || slices.Contains(t.alias, title)
}

func (p *parser) run(titles []string) error {
	p.env.places = newPlaces(p.known.Areas, nil)
	all, taken := sheets(), map[string]bool{}
	for i, s := range all {
		p.order[s.name()] = i + 1
	}
	for _, s := range all {
		for _, title := range titles {
			if !s.known(title) || taken[s.name()] {
				continue
			}
			taken[s.name()], taken["title "+title] = true, true
			if err := s.parse(p, title); err != nil {
				return err
			}
		}
		if s.name() == SheetAreas {
			p.env.places = newPlaces(p.known.Areas, p.book.Areas)
		}
	}
	for i, title := range titles {
		if !taken["title "+title] && title != SheetNote {
			p.order[title] = len(all) + 1 + i
			p.add(p.strange(title, all))
		}
	}
	if p.masked(titles) {
		p.add(Issue{Level: Error, Code: CodeMasked, Reason: "这个文件是脱敏导出的，里面的星号会盖掉真实内容，不能导入。"})
	}
	if len(p.heads) == 0 {
		p.add(Issue{Level: Error, Code: CodeNoSheet, Reason: "文件里没有名册的表，至少要有“" + SheetHouseholds + "”“" + SheetMembers + "”这样的一张。"})
		return nil
	}
	p.check()
	p.book.derive(p.env.places)
	p.book.src.areas = p.rowsOf[SheetAreas]
	p.tell(true)
	return nil
}

// masked reports whether the watermark says that the file was masked.
func (p *parser) masked(titles []string) bool {
	for _, s := range p.csv {
		if len(s.records) > 0 && strings.HasPrefix(clean(s.records[0][0]), maskedKind) {
			return true
		}
	}
	if p.file == nil || !slices.Contains(titles, SheetNote) {
		return false
	}
	said := false
	err := p.rows(SheetNote, func(_ int, cells []string) error {
		said = said || len(cells) > 1 && cells[1] == maskedKind
		return nil
	})
	return said && err == nil
}

// strange names a sheet that is not known: of a workbook it may be anything, a
// CSV file was meant to be read.
func (p *parser) strange(title string, all []sheet) Issue {
	i := Issue{Level: Warning, Sheet: title, Code: CodeSheet, Reason: "不认识这张表，没有读它。", Suggest: p.nearSheet(title, all)}
	if p.csv != nil {
		i.Level, i.Reason, i.Suggest = Error, "看不出这个文件是哪张表，请核对第一行的表头。", ""
	}
	return i
}

func (p *parser) nearSheet(title string, all []sheet) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.name()
	}
	return nearest(narrow(title), names)
}

func (p *parser) tell(end bool) {
	if p.progress == nil {
		return
	}
	if end {
		p.progress(p.total, p.total)
		return
	}
	p.progress(min(p.done, p.total), p.total)
}

// at files an issue about a cell (head given) or a row.
func (p *parser) at(level, sheet string, row int, head, code, reason, suggest string) {
	i := Issue{Level: level, Sheet: sheet, Row: row, Header: head, Code: code, Reason: reason, Suggest: suggest}
	if col, ok := p.heads[sheet][head]; ok && head != "" {
		i.Column = letter(col)
	}
	p.add(i)
}

// rows calls each for every row that has cells, with its number in Excel.
func (p *parser) rows(title string, each func(row int, cells []string) error) (err error) {
	defer func() { // a hostile file must not be able to stop the server
		if x := recover(); x != nil {
			err = notXLSX(fmt.Errorf("panic: %v", x))
		}
	}()
	if p.csv != nil {
		return p.csvRows(p.csv[title], each)
	}
	it, err := p.file.Rows(title)
	if err != nil {
		return notXLSX(err)
	}
	defer func() { _ = it.Close() }()
	for row := 1; it.Next(); row++ {
		cells, err := it.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return notXLSX(err)
		}
		if err := p.step(row, cells, each); err != nil {
			return err
		}
	}
	if err := it.Error(); err != nil {
		return notXLSX(err)
	}
	return nil
}

// step bounds one row and hands it on unless it is blank.
func (p *parser) step(row int, cells []string, each func(row int, cells []string) error) error {
	if row > maxRows {
		return fault.New(fault.TooLarge, "一张表最多 "+itoa(maxRows)+" 行，请分开导入。")
	}
	if row%256 == 0 {
		if err := p.ctx.Err(); err != nil {
			return fault.Wrap(fault.Unavailable, err)
		}
		p.tell(false)
	}
	if len(cells) > maxColumns {
		return bomb("columns")
	}
	if !slices.ContainsFunc(cells, func(s string) bool { return clean(s) != "" }) {
		return nil
	}
	p.done++
	return each(row, cells)
}

// headRows is within how many rows the headers must come: official forms put a
// title above them. Where no row looks like headers the first one is judged as
// such, and named for what it lacks.
const headRows = 6

func (t *table[R]) parse(p *parser, title string) error {
	var at []int // column of each declared one, -1 = not there
	var first []string
	firstRow := 1
	err := p.rows(title, func(row int, cells []string) error {
		switch {
		case at != nil:
			t.row(p, at, row, cells)
		case t.isHead(cells):
			at = t.head(p, row, cells)
		case row > headRows:
			at = t.head(p, firstRow, first)
		case first == nil:
			first, firstRow = cells, row
		}
		return nil
	})
	if err == nil && at == nil {
		t.head(p, firstRow, first)
	}
	return err
}

// isHead reports whether at least two cells are headers.
func (t *table[R]) isHead(cells []string) bool {
	n := 0
	for _, c := range cells {
		if t.find(c) >= 0 {
			n++
		}
	}
	return n >= 2
}

func (t *table[R]) find(header string) int {
	key := headerKey(header)
	if key == "" {
		return -1
	}
	return slices.IndexFunc(t.cols, func(c column[R]) bool { return slices.Contains(c.names(), key) })
}

// head reads the headers and says which are missing, doubled or unknown.
func (t *table[R]) head(p *parser, row int, cells []string) []int {
	at := slices.Repeat([]int{-1}, len(t.cols))
	byHead := map[string]int{}
	p.heads[t.sheet] = byHead
	all := make([]string, len(t.cols))
	for i := range t.cols {
		all[i] = t.cols[i].head
	}
	for j, c := range cells {
		shown := clean(c)
		if shown == "" || strings.HasPrefix(shown, markHead) {
			continue
		}
		issue := Issue{Level: Warning, Sheet: t.sheet, Row: row, Column: letter(j), Header: cut(shown, 30), Code: CodeColumn, Reason: "不认识这一列，没有读它。"}
		switch i := t.find(c); {
		case i < 0:
			issue.Suggest = nearest(headerKey(c), all)
			p.add(issue)
		case at[i] >= 0:
			issue.Level, issue.Code, issue.Reason = Error, CodeTwiceColumn, "这一列和 "+letter(at[i])+" 列是同一个表头，请删去一列。"
			p.add(issue)
		default:
			at[i], byHead[t.cols[i].head] = j, j
		}
	}
	for i, c := range t.cols {
		if c.need && at[i] < 0 {
			p.add(Issue{Level: Error, Sheet: t.sheet, Row: row, Header: c.head, Code: CodeNoColumn, Reason: "缺少“" + c.head + "”这一列。"})
		}
	}
	return at
}

// row reads one row. A value that is refused is named and left empty.
func (t *table[R]) row(p *parser, at []int, row int, cells []string) {
	var r R
	for i := range t.cols {
		c := &t.cols[i]
		if at[i] < 0 {
			continue
		}
		cell := ""
		if at[i] < len(cells) {
			cell = cells[at[i]]
		}
		v, problem := c.read(&p.env, cell)
		if problem != nil {
			suggest := ""
			if len(p.errors) < MaxIssues {
				suggest = c.suggestFor(&p.env, problem, cell)
			}
			p.refuse(t.sheet, row, c.head, problem, suggest)
			continue
		}
		if c.set(&r, v); v == "" && clean(cell) != "" {
			p.book.src.none[cellKey{t.sheet, row, c.head}] = true
		}
	}
	if t.at != nil {
		*t.at(&r) = row
	}
	rows := t.rows(p.book)
	*rows = append(*rows, r)
	p.rowsOf[t.sheet] = append(p.rowsOf[t.sheet], row)
}

func (p *parser) refuse(sheet string, row int, head string, problem *record.Problem, suggest string) {
	if len(p.bad) < 10*MaxIssues { // beyond it only the count of issues is off
		p.bad[cellKey{sheet, row, head}] = true
	}
	p.at(Error, sheet, row, head, problem.Code, problem.Detail, suggest)
}

func (c *column[R]) suggestFor(e *env, problem *record.Problem, cell string) string {
	switch problem.Code {
	case "not-allowed":
		return c.suggest(cell)
	case CodeNoVillage:
		if v := nearest(narrow(cell), e.places.names()); v != narrow(cell) { // twins are named alike
			return v
		}
	}
	return ""
}

// names lists the villages in a fixed order; nobody looks for a typing error
// among more than a few hundred.
func (p *places) names() []string {
	if len(p.villages) > 500 {
		return nil
	}
	out := make([]string, 0, len(p.villages))
	for n := range p.villages {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return strings.ReplaceAll(s, "\n", " ")
}
