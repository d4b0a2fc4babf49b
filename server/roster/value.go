package roster

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"daohu/server/record"
)

// conv turns a cell's text into the value a field keeps (record.Type.Get's
// form), before the field's own rule looks at it.
type conv func(e *env, f record.Field, s string) (string, *record.Problem)

// env is what converters may look at.
type env struct {
	places   *places
	date1904 bool // the workbook counts days from 1904
	shown    bool // cells hold what was shown, not what was kept (CSV): a number with an exponent is rounded
}

// rounded reports whether s is a number that lost digits when it was shown.
func (e *env) rounded(s string) bool { return e != nil && e.shown && scientific.MatchString(s) }

func itoa(n int) string { return strconv.Itoa(n) }

// clean drops what nobody sees: blanks around the text, byte order marks,
// carriage returns.
func clean(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimFunc(s, invisible)
}

func invisible(r rune) bool {
	return unicode.IsSpace(r) || (r >= 0x200b && r <= 0x200f) || r == 0x2060 || r == 0xfeff
}

// narrow also drops every blank inside and turns full-width letters, digits
// and signs (U+FF01 to U+FF5E) into ASCII. For codes, numbers, dates and
// choices; never for free text.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case invisible(r):
			return -1
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xfee0
		}
		return r
	}, s)
}

func format(detail string) *record.Problem {
	return &record.Problem{Code: "format", Detail: detail}
}

// formulaError reports whether Excel put an error in place of a value.
func formulaError(s string) bool {
	switch s {
	case "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!":
		return true
	}
	return false
}

func free(_ *env, _ record.Field, s string) (string, *record.Problem) { return s, nil }

// name drops the blanks that people put between the characters of a short
// Chinese name to align it; blanks between Latin letters stay.
func name(_ *env, _ record.Field, s string) (string, *record.Problem) {
	rs := []rune(s)
	out := make([]rune, 0, len(rs))
	for i, r := range rs {
		if invisible(r) {
			before, after := rs[i-1], rs[i+1] // s is trimmed: both exist
			if invisible(after) || unicode.Is(unicode.Han, before) || unicode.Is(unicode.Han, after) {
				continue
			}
			r = ' '
		}
		out = append(out, r)
	}
	return string(out), nil
}

// scientific is how a workbook keeps a long number; a code that merely holds an
// E has neither point nor plus.
var scientific = regexp.MustCompile(`^[0-9]+(\.[0-9]+[Ee]\+?|[Ee]\+)[0-9]{1,2}$`)

// code reads codes and other digit strings. Excel keeps 15 digits of a number
// (IEEE 754): a longer one that became a number has lost its end.
func code(e *env, _ record.Field, s string) (string, *record.Problem) {
	s = narrow(s)
	if e.rounded(s) {
		return "", numberLost()
	}
	if scientific.MatchString(s) {
		x, ok := new(big.Rat).SetString(s)
		if !ok || !x.IsInt() || len(x.Num().String()) > 15 {
			return "", numberLost()
		}
		return x.Num().String(), nil
	}
	if n, ok := strings.CutSuffix(s, ".0"); ok && digits(n) {
		return n, nil
	}
	return s, nil
}

func numberLost() *record.Problem {
	return &record.Problem{Code: CodeNumberLost, Detail: "这个号码被 Excel 当成数字，后几位已经丢了。请先把这一列设成文本，再重新填写。"}
}

func idNumber(e *env, f record.Field, s string) (string, *record.Problem) {
	s, p := code(e, f, s)
	if p != nil {
		return "", p
	}
	s = strings.ToUpper(s)
	if p = CheckID(s); p != nil && len(s) == 18 && digits(s) && strings.HasSuffix(s, "000") {
		p = numberLost() // 15 digits and three noughts: some programs write it out
	}
	return s, p
}

// certificate wants the number of a disability certificate: an ID number, kind
// and grade, 20 characters; the registry allows two more (domain.md B.4).
func certificate(e *env, f record.Field, s string) (string, *record.Problem) {
	s, p := idNumber(e, f, s)
	if p == nil && len(s) < 20 {
		p = format("残疾证号应是 20 位：身份证号后面加类别和等级。")
	}
	return s, p
}

// account wants the digits of a bank account; blanks and dashes go.
func account(e *env, f record.Field, s string) (string, *record.Problem) {
	s, p := code(e, f, s)
	if p != nil {
		return "", p
	}
	if s = strings.ReplaceAll(s, "-", ""); len(s) < 8 || !digits(s) {
		return "", format("银行账号要填数字，至少 8 位。")
	}
	return s, nil
}

// phone wants 11 digits (domain.md B.5 rule 9); blanks and dashes go.
func phone(e *env, f record.Field, s string) (string, *record.Problem) {
	s, p := code(e, f, s)
	if p != nil {
		return "", p
	}
	if s = strings.ReplaceAll(s, "-", ""); len(s) != 11 || !digits(s) {
		return "", format("电话要填 11 位数字。")
	}
	return s, nil
}

func login(e *env, f record.Field, s string) (string, *record.Problem) {
	s, p := code(e, f, s)
	if p == nil && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
		p = format("工号只能用字母、数字和 - _ .")
	}
	return s, p
}

// whole reads a whole number; the field's rule then bounds it.
func whole(e *env, f record.Field, s string) (string, *record.Problem) {
	s, p := code(e, f, s)
	if p == nil {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "个月"), "月")
	}
	return s, p
}

func year(e *env, f record.Field, s string) (string, *record.Problem) {
	s, p := code(e, f, s)
	if p != nil {
		return "", p
	}
	s = strings.TrimSuffix(strings.TrimSuffix(s, "度"), "年")
	if len(s) != 4 || !digits(s) || s < "1900" {
		return "", format("年度要写成四位数，如 2020。")
	}
	return s, nil
}

// yuan reads an amount in yuan with up to two decimals and returns fen.
func yuan(e *env, f record.Field, s string) (string, *record.Problem) {
	s = strings.TrimSuffix(strings.ReplaceAll(strings.TrimLeft(narrow(s), "¥￥"), ",", ""), "元")
	return scaled(e, f, s, 2, "金额", "元")
}

// mu reads an area of land in mu (亩) with up to two decimals and returns
// hundredths of one.
func mu(e *env, f record.Field, s string) (string, *record.Problem) {
	return scaled(e, f, strings.TrimSuffix(strings.ReplaceAll(narrow(s), ",", ""), "亩"), 2, "面积", "亩")
}

// kilometres reads a distance in kilometres with up to three decimals and
// returns metres.
func kilometres(e *env, f record.Field, s string) (string, *record.Problem) {
	s = narrow(s)
	for _, unit := range []string{"公里", "千米", "KM", "km", "Km"} {
		s = strings.TrimSuffix(s, unit)
	}
	return scaled(e, f, s, 3, "距离", "公里")
}

// area2 reads an area in whole square metres; decimals are rounded, because
// nobody measures a house by the decimetre.
func area2(e *env, f record.Field, s string) (string, *record.Problem) {
	s = narrow(s)
	for _, unit := range []string{"平方米", "平米", "㎡", "m2", "M2"} {
		s = strings.TrimSuffix(s, unit)
	}
	x, p := decimal(e, s, "面积要填数字，单位是平方米。")
	if p != nil {
		return "", p
	}
	return roundRat(x).String(), nil
}

// scaled reads a number of a unit with up to places decimals and returns it
// without the point, within the field's bounds. Excel's own rounding noise
// (3245.6999999999998) is taken for what was typed.
func scaled(e *env, f record.Field, s string, places int, what, unit string) (string, *record.Problem) {
	most := "，最多" + []string{"", "一", "两", "三"}[places] + "位小数。"
	x, p := decimal(e, s, what+"要填数字，单位是"+unit+most)
	if p != nil {
		return "", p
	}
	scale := power(places)
	x.Mul(x, new(big.Rat).SetInt64(scale))
	n := roundRat(x)
	noise := new(big.Rat).Sub(x, new(big.Rat).SetInt(n))
	if noise.Abs(noise).Cmp(big.NewRat(1, 100_000)) > 0 {
		return "", format(what + strings.TrimPrefix(most, "，"))
	}
	if n.Cmp(big.NewInt(f.Min)) < 0 || n.Cmp(big.NewInt(f.Max)) > 0 {
		return "", &record.Problem{Code: "range", Detail: what + "要在 " + pointed(f.Min, places) + " 到 " + pointed(f.Max, places) + " " + unit + "之间。"}
	}
	return n.String(), nil
}

// decimal reads a decimal number exactly.
func decimal(e *env, s, wrong string) (*big.Rat, *record.Problem) {
	if e.rounded(s) {
		return nil, numberLost()
	}
	if len(s) > 30 || strings.Trim(s, "0123456789.-") != "" && !scientific.MatchString(s) { // big.Rat reads much more, at any cost
		return nil, format(wrong)
	}
	x, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, format(wrong)
	}
	return x, nil
}

func power(places int) int64 {
	n := int64(1)
	for range places {
		n *= 10
	}
	return n
}

func roundRat(x *big.Rat) *big.Int {
	twice := new(big.Int).Mul(x.Num(), big.NewInt(2))
	twice.Add(twice, x.Denom())
	return twice.Div(twice, new(big.Int).Mul(x.Denom(), big.NewInt(2))) // floor(x + 1/2)
}

// pointed writes a number of places decimals: 3200 fen are "32", 3250 are
// "32.50", never "32.5".
func pointed(n int64, places int) string {
	scale := power(places)
	if n%scale == 0 {
		return strconv.FormatInt(n/scale, 10)
	}
	tail := strconv.FormatInt(n%scale, 10)
	return strconv.FormatInt(n/scale, 10) + "." + strings.Repeat("0", places-len(tail)) + tail
}

// cents writes hundredths, thousandths what it says; "" stays empty.
func cents(v string) string       { return unscaled(v, 2) }
func thousandths(v string) string { return unscaled(v, 3) }

func unscaled(v string, places int) string {
	if v == "" {
		return ""
	}
	return pointed(atoi(v), places)
}

// serial turns Excel's day number into a day. Day 60 of the 1900 system is a
// 29 February that never was (ECMA-376 part 1, 18.17.4.1), so only later days
// are read; before 1960 nobody types one as a date anyway.
func serial(e *env, s string) (time.Time, bool) {
	whole, _, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	if err != nil || len(whole) != 5 {
		return time.Time{}, false
	}
	if e.date1904 {
		return time.Date(1904, 1, 1+n, 0, 0, 0, 0, time.UTC), true
	}
	return time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC), true
}

var (
	dayParts   = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:T?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?Z?)?$`)
	dayDigits  = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
	monthParts = regexp.MustCompile(`^([0-9]{4})[-/.年]?([0-9]{1,2})月?$`)
)

// day reads a date as text or as an Excel date and returns it as 2006-01-02;
// what it cannot read it leaves to the field's rule, whose sentence says how a
// day is written.
func day(e *env, _ record.Field, s string) (string, *record.Problem) {
	s = narrow(s)
	if t, ok := serial(e, s); ok {
		return t.Format(time.DateOnly), nil
	}
	for _, re := range []*regexp.Regexp{dayParts, dayDigits} {
		if m := re.FindStringSubmatch(s); m != nil {
			return m[1] + "-" + two(m[2]) + "-" + two(m[3]), nil
		}
	}
	return s, nil
}

// month is as day, for the registry's yyyymm and what people write instead.
func month(e *env, f record.Field, s string) (string, *record.Problem) {
	s = narrow(s)
	if m := monthParts.FindStringSubmatch(s); m != nil && len(s) >= 6 {
		return m[1] + "-" + two(m[2]), nil
	}
	if d, _ := day(e, f, s); len(d) == len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, d); err == nil {
			return d[:7], nil
		}
	}
	return s, nil
}

func two(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// yes reads a yes or no and returns "1" or "".
func yes(_ *env, _ record.Field, s string) (string, *record.Problem) {
	switch v := yesNo(narrow(s)); v {
	case "是":
		return "1", nil
	case "否":
		return "", nil
	}
	return "", &record.Problem{Code: "not-allowed", Detail: "这里要填是或否。"}
}

// yesNo knows the spellings of 是 and 否 that Excel and people produce; others
// come back as they are.
func yesNo(s string) string {
	switch strings.ToUpper(s) {
	case "是", "1", "TRUE", "Y", "有", "√":
		return "是"
	case "否", "0", "FALSE", "N", "无", "×":
		return "否"
	}
	return s
}

// split takes a list apart at any usual separator.
func split(s string) []string {
	return strings.FieldsFunc(narrow(s), func(r rune) bool { return strings.ContainsRune(",、;/|", r) })
}
