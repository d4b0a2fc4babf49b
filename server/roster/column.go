package roster

import (
	"encoding/json"
	"strings"

	"daohu/server/record"
)

// column declares one header of a sheet of R once: what it is called, which
// field it fills, how its text is read and written.
type column[R any] struct {
	head    string
	alias   []string // other headers taken for it: national codes, older wordings
	need    bool     // the column must be there and, unless blanks, no cell may be empty
	blanks  bool
	field   record.Field
	in      conv
	out     func(e *env, v string) string
	options []string // what to suggest from; nil = field.Enum
	get     func(*R) string
	set     func(*R, string)
}

// must, also and by complete a declaration.
func (c column[R]) must() column[R]                { c.need = true; return c }
func (c column[R]) listed() column[R]              { c.need, c.blanks = true, true; return c }
func (c column[R]) also(alias ...string) column[R] { c.alias = append(c.alias, alias...); return c }
func (c column[R]) by(in conv) column[R]           { c.in = in; return c }
func (c column[R]) as(out func(string) string) column[R] {
	c.out = func(_ *env, v string) string { return out(v) }
	return c
}

// of declares a column of a record's field: rule and reading follow from the
// field's own declaration.
func of[R any](head string, t *record.Type, field string, rec func(*R) record.Record) column[R] {
	f := fieldOf(t, field)
	c := column[R]{head: head, field: f, need: f.Required,
		get: func(r *R) string { return t.Get(rec(r), f) },
		set: func(r *R, v string) { _ = t.Set(rec(r), f, v) }, // numbers were checked by Decode
	}
	c.in, c.out = reading(f)
	return c
}

// text declares a column of a plain string that f's rule holds for: values
// kept beside the record (sealed ones, references) and rows that are no record.
func text[R any](head string, f record.Field, at func(*R) *string) column[R] {
	c := column[R]{head: head, field: f,
		get: func(r *R) string { return *at(r) },
		set: func(r *R, v string) { *at(r) = v },
	}
	c.in, c.out = reading(f)
	return c
}

// number declares a column of a plain whole number.
func number[R any](head string, max int64, at func(*R) *int64) column[R] {
	f := record.Field{Name: head, Kind: record.Int, Max: max}
	c := column[R]{head: head, field: f,
		get: func(r *R) string {
			if *at(r) == 0 {
				return ""
			}
			return itoa(int(*at(r)))
		},
		set: func(r *R, v string) { *at(r) = atoi(v) },
	}
	c.in, c.out = reading(f)
	return c
}

// sealed is text under the rule of a declared field.
func sealed[R any](head string, t *record.Type, field string, at func(*R) *string) column[R] {
	return text(head, fieldOf(t, field), at)
}

// words declares values that are kept under another word than the sheet shows:
// pairs of kept and shown; spellings maps further accepted words to shown ones.
func (c column[R]) words(pairs [][2]string, spellings map[string]string) column[R] {
	c.options = nil
	for _, p := range pairs {
		c.options = append(c.options, p[1])
	}
	c.in = func(_ *env, _ record.Field, s string) (string, *record.Problem) {
		s = narrow(s)
		if to, ok := spellings[s]; ok {
			s = to
		}
		for _, p := range pairs {
			if p[1] == s {
				return p[0], nil
			}
		}
		return "", &record.Problem{Code: "not-allowed", Detail: "这里只能填：" + strings.Join(c.options, "、") + "。"}
	}
	c.out = func(_ *env, v string) string {
		for _, p := range pairs {
			if p[0] == v {
				return p[1]
			}
		}
		return v
	}
	return c
}

// reading is how fields of a kind and format are read and written unless the
// column says otherwise.
func reading(f record.Field) (conv, func(*env, string) string) {
	same := func(_ *env, v string) string { return v }
	switch {
	case f.Format == "day":
		return day, same
	case f.Format == "month":
		return month, same
	case f.Format == "area":
		return code, same
	case f.Kind == record.Int:
		return whole, same
	case f.Kind == record.Bool:
		return yes, func(_ *env, v string) string {
			if v == "1" {
				return "是"
			}
			return "否"
		}
	case len(f.Enum) > 0:
		return choice(f), same
	case len(f.Offer) > 0:
		return offered(f), same
	}
	return free, same
}

// read turns a cell's text into the field's value by the column's reading and
// the field's own rule. "" for an empty cell.
func (c *column[R]) read(e *env, cell string) (string, *record.Problem) {
	s := clean(cell)
	if s == "" {
		if c.need && !c.blanks {
			return "", &record.Problem{Code: "required", Detail: "这一格不能空着。"}
		}
		return "", nil
	}
	if formulaError(s) {
		return "", &record.Problem{Code: CodeFormula, Detail: "这一格是公式错误，请改成实际的内容。"}
	}
	v, p := c.in(e, c.field, s)
	if p != nil || v == "" {
		return "", p
	}
	switch c.field.Kind {
	case record.Int, record.Array:
		v, p = c.field.Decode(json.RawMessage(v))
	case record.Bool:
	default:
		p = c.field.CheckText(v)
	}
	if p != nil {
		return "", p
	}
	return v, nil
}

// suggest is the allowed value nearest to what was written.
func (c *column[R]) suggest(cell string) string {
	options := c.options
	if options == nil {
		options = c.field.Enum
	}
	return nearest(narrow(cell), options)
}

// names lists every header taken for the column, as headerKey gives it.
func (c *column[R]) names() []string {
	out := []string{headerKey(c.head)}
	for _, a := range c.alias {
		out = append(out, headerKey(a))
	}
	return out
}

// headerKey makes headers comparable: blanks and the star of required columns
// go, brackets become ASCII.
func headerKey(s string) string {
	return strings.ToUpper(strings.Trim(narrow(s), "*:"))
}

func atoi(s string) int64 {
	var n int64
	_ = json.Unmarshal([]byte(s), &n) // checked by Decode; "" stays 0
	return n
}
