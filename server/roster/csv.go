package roster

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"daohu/server/fault"
)

// CSVFile is one sheet saved as CSV. Which sheet it is, is told by its headers.
type CSVFile struct {
	Name string // shown where no sheet is recognised
	Body io.Reader
}

// bom is the byte order mark Excel puts before "CSV UTF-8".
const bom = "\ufeff"

// csvSheet is a decoded file: records with their rows as a spreadsheet counts.
type csvSheet struct {
	records [][]string
	rows    []int
}

// ParseCSV is Parse for sheets saved as CSV, one a file: UTF-8 with or without
// a byte order mark, or GB18030, which is what a Chinese Excel writes; commas,
// tabs or semicolons between the cells. Issues name the sheet by its usual
// name.
func (k Known) ParseCSV(ctx context.Context, files []CSVFile, progress func(done, total int)) (*Book, []Issue, error) {
	p := newParser(ctx, k, 0, progress)
	p.csv, p.env.shown = map[string]*csvSheet{}, true
	var titles []string
	for i, file := range files {
		title, s, err := readCSV(file)
		if err != nil {
			return nil, nil, err
		}
		if title != "" && p.csv[title] != nil {
			p.order[file.Name] = len(sheets()) + 1 + i
			p.add(Issue{Level: Error, Sheet: file.Name, Code: CodeTwiceSheet, Reason: "前面已有一个文件也是“" + title + "”这张表，请合成一个文件。"})
			continue
		}
		if title == "" {
			title = file.Name // named as unknown like a sheet of a workbook
		}
		p.csv[title] = s
		p.total += len(s.records)
		titles = append(titles, title)
	}
	if err := p.run(titles); err != nil {
		return nil, nil, err
	}
	return p.book, p.list(), nil
}

func (p *parser) csvRows(s *csvSheet, each func(row int, cells []string) error) error {
	for i, cells := range s.records {
		if err := p.step(s.rows[i], cells, each); err != nil {
			return err
		}
	}
	return nil
}

func badCSV(name, detail string, err error) error {
	return &fault.Error{Code: fault.BadMedia, Detail: "“" + cut(name, 60) + "”" + detail, Err: err}
}

// readCSV tries the encodings and separators that are possible and takes the
// first that shows the headers of a sheet; "" when none does.
func readCSV(file CSVFile) (title string, s *csvSheet, err error) {
	raw, err := io.ReadAll(io.LimitReader(file.Body, maxPacked+1))
	switch {
	case err != nil:
		return "", nil, badCSV(file.Name, "读不出来。", err)
	case len(raw) > maxPacked:
		return "", nil, fault.New(fault.TooLarge, "文件不能超过 20 MB。")
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")), bytes.IndexByte(raw, 0) >= 0:
		return "", nil, badCSV(file.Name, "不是 CSV，或是“Unicode 文本”。请用 Excel 或 WPS 另存为“CSV UTF-8”再试。", errors.New("roster: zero bytes"))
	}
	texts := decodings(raw)
	if len(texts) == 0 {
		return "", nil, badCSV(file.Name, "的文字编码读不懂，请另存为“CSV UTF-8”再试。", errors.New("roster: neither UTF-8 nor GB18030"))
	}
	for _, text := range texts {
		for _, comma := range ",\t;" {
			if title = detect(text, comma); title != "" {
				s, err = records(file.Name, text, comma)
				return title, s, err
			}
		}
	}
	s, err = records(file.Name, texts[0], ',')
	return "", s, err
}

// decodings are the readings of raw without a wrong character: UTF-8 first.
func decodings(raw []byte) []string {
	if text, ok := bytes.CutPrefix(raw, []byte(bom)); ok {
		if utf8.Valid(text) {
			return []string{string(text)}
		}
		return nil
	}
	var out []string
	if utf8.Valid(raw) {
		out = append(out, string(raw))
	}
	text, _, err := transform.Bytes(simplifiedchinese.GB18030.NewDecoder(), raw)
	if err == nil && !bytes.ContainsRune(text, utf8.RuneError) {
		out = append(out, string(text))
	}
	return out
}

func reader(text string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = comma, -1
	return r
}

// detect says which sheet's headers stand in the first rows: the one that
// knows most of them, of two that know as many the one whose required ones are
// all there.
func detect(text string, comma rune) string {
	r := reader(text, comma)
	best, title := 0, ""
	for range headRows {
		cells, err := r.Read()
		if err != nil {
			break
		}
		for _, s := range sheets() {
			known, complete := s.likeness(cells)
			score := 2 * known
			if complete {
				score++
			}
			if known >= 2 && score > best {
				best, title = score, s.name()
			}
		}
	}
	return title
}

// likeness counts the headers among cells and says whether all required ones
// are there.
func (t *table[R]) likeness(cells []string) (known int, complete bool) {
	have := map[int]bool{}
	for _, c := range cells {
		if i := t.find(c); i >= 0 {
			have[i] = true
		}
	}
	complete = true
	for i := range t.cols {
		complete = complete && (have[i] || !t.cols[i].need)
	}
	return len(have), complete
}

// records reads the whole text. A line break within quotes belongs to the
// cell, so rows are counted as a spreadsheet counts them: the reader's line
// number less the breaks before.
func records(name, text string, comma rune) (*csvSheet, error) {
	s, err := readRecords(name, text, comma)
	if at, ok := errors.AsType[*csv.ParseError](err); ok && errors.Is(at, csv.ErrBareQuote) && strings.Contains(text, `="`) {
		// ="001" is also written without the quotes that CSV asks for.
		cell := string(comma)
		text = strings.NewReplacer(cell+`="`, cell+`"`, "\n=\"", "\n\"").Replace(text)
		s, err = readRecords(name, text, comma)
	}
	return s, err
}

func readRecords(name, text string, comma rune) (*csvSheet, error) {
	r := reader(text, comma)
	s := &csvSheet{}
	inside := 0
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			line := 0
			if at, ok := errors.AsType[*csv.ParseError](err); ok {
				line = at.Line
			}
			return nil, badCSV(name, fmt.Sprintf("第 %d 行的引号不成对，请用 Excel 或 WPS 重新保存。", line), fmt.Errorf("roster: csv line %d: %w", line, err))
		}
		line, _ := r.FieldPos(0)
		s.rows = append(s.rows, line-inside)
		for i, c := range cells {
			inside += strings.Count(c, "\n")
			cells[i] = unguard(c)
		}
		if len(s.records) > maxRows {
			return nil, fault.New(fault.TooLarge, "一张表最多 "+itoa(maxRows)+" 行，请分开导入。")
		}
		s.records = append(s.records, slices.Clone(cells))
	}
}

// CSVOptions say how WriteCSV writes.
type CSVOptions struct {
	GB18030 bool   // for programs that know no UTF-8; else UTF-8 with a byte order mark
	Title   string // a first line above the headers: the watermark; "" = none
}

// WriteCSV writes one sheet of b, settled, so that ParseCSV reads it back.
// Excel takes cells for what they look like, so a text that begins like a
// formula gets an apostrophe before it, and a number whose digits Excel would
// lose a tab, which makes it a text (quality.md A9).
func WriteCSV(w io.Writer, b *Book, title string, o CSVOptions) error {
	i := slices.IndexFunc(sheets(), func(s sheet) bool { return s.name() == title })
	if i < 0 {
		return fault.New(fault.Invalid, "没有“"+cut(title, 30)+"”这张表。")
	}
	s := sheets()[i]
	if o.GB18030 {
		t := transform.NewWriter(w, simplifiedchinese.GB18030.NewEncoder())
		if err := writeCSV(t, s, b, o); err != nil {
			return broken(err)
		}
		if err := t.Close(); err != nil {
			return broken(err)
		}
		return nil
	}
	_, err := io.WriteString(w, bom)
	if err == nil {
		err = writeCSV(w, s, b, o)
	}
	if err != nil {
		return broken(err)
	}
	return nil
}

func writeCSV(w io.Writer, s sheet, b *Book, o CSVOptions) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true // as Excel writes it
	put := func(cells []string) error {
		guarded := make([]string, len(cells))
		for i, s := range cells {
			guarded[i] = GuardText(s)
		}
		return c.Write(guarded)
	}
	if o.Title != "" {
		if err := put([]string{o.Title}); err != nil {
			return err
		}
	}
	if err := put(s.headers()); err != nil {
		return err
	}
	if err := s.lines(&env{places: newPlaces(nil, b.Areas)}, b, put); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

func (t *table[R]) headers() []string {
	out := make([]string, len(t.cols))
	for i := range t.cols {
		out[i] = t.cols[i].head
	}
	return out
}

// formulaLike reports whether a spreadsheet might calculate s: the first
// characters of the OWASP list, full-width forms included, behind any
// apostrophes.
func formulaLike(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(s)[0])
}

// GuardText makes a cell of a CSV file that no spreadsheet calculates or shortens.
func GuardText(s string) string {
	switch {
	case formulaLike(s), strings.HasPrefix(s, "'") && longNumber(strings.TrimLeft(s, "'")):
		return "'" + s
	case len(s) > 11 && longNumber(s), len(s) > 1 && s[0] == '0' && digits(s):
		return "\t" + s // the reader drops blanks around a value
	}
	return s
}

// longNumber reports whether s is digits, an X at the end allowed.
func longNumber(s string) bool { return s != "" && digits(strings.TrimSuffix(s, "X")) }

// unguard is the reverse of GuardText but for the tab, which clean drops. It
// also takes the two ways in which people keep the digits of a long number: an
// apostrophe before it, and ="…".
func unguard(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && (formulaLike(rest) || longNumber(strings.TrimLeft(rest, "'"))) {
		return rest
	}
	if rest, ok := strings.CutPrefix(s, `="`); ok && strings.HasSuffix(rest, `"`) && longNumber(rest[:len(rest)-1]) {
		return rest[:len(rest)-1]
	}
	return s
}
