package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Sealer encrypts and decrypts sealed fields and says how a value is masked.
type Sealer interface {
	Seal(plain string) (Sealed, error)
	Open(Sealed) (string, error)
}

// Mask hides the middle of an identifying number: 3 leading and 2 trailing
// characters stay when it is longer than 7, else only asterisks.
func Mask(s string) string {
	r := []rune(s)
	if len(r) <= 7 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:3]) + strings.Repeat("*", len(r)-5) + string(r[len(r)-2:])
}

// blind is what a blind field shows of any value but none.
const blind = "***"

// mask hides a value of f from who may only know of it.
func (f Field) mask(s string) string {
	if f.Blind && s != "" {
		return blind
	}
	return Mask(s)
}

// List is a JSON array in canonical form: leaves are text, whole numbers,
// booleans or null, nested at most three deep, no objects (a phone's JSON
// engine may re-order their keys, and rows are compared byte for byte).
// The zero value "" is the empty list.
type List string

// ListOf encodes v; it panics on a value that is not a list of plain values.
func ListOf(v any) List {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("record: " + err.Error())
	}
	l, err := ParseList(buf.Bytes())
	if err != nil {
		panic("record: " + err.Error())
	}
	return l
}

// Into decodes l into v; an empty list leaves v as it is.
func (l List) Into(v any) error {
	if l == "" {
		return nil
	}
	return json.Unmarshal([]byte(l), v)
}

// ParseList checks raw and returns it in canonical form.
func ParseList(raw []byte) (List, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || !ended(d) || !utf8.Valid(raw) {
		return "", errors.New("not JSON")
	}
	a, ok := v.([]any)
	if !ok && v != nil {
		return "", errors.New("not a list")
	}
	if len(a) == 0 {
		return "", nil
	}
	out, err := appendList(nil, a, 1)
	return List(out), err
}

func appendList(b []byte, a []any, depth int) ([]byte, error) {
	if depth > 3 {
		return nil, errors.New("nested too deep")
	}
	b = append(b, '[')
	for i, v := range a {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case bool:
			b = strconv.AppendBool(b, v)
		case string:
			if !storable(v) {
				return nil, errors.New("a character that cannot be kept")
			}
			b = AppendString(b, v)
		case json.Number:
			n, err := safeInt(v.String())
			if err != nil {
				return nil, err
			}
			b = strconv.AppendInt(b, n, 10)
		case []any:
			var err error
			if b, err = appendList(b, v, depth+1); err != nil {
				return nil, err
			}
		default:
			return nil, errors.New("objects are not allowed in a list")
		}
	}
	return append(b, ']'), nil
}

// ended reports whether nothing but space follows what d has read.
func ended(d *json.Decoder) bool {
	_, err := d.Token()
	return err == io.EOF
}

// storable reports whether s has no control characters but line breaks and
// tabs. U+FFFD passes: a phone puts it where half a character was typed.
func storable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool {
		return (r < 0x20 && r != '\n' && r != '\t') || r == 0x7f
	}) < 0
}

// safeInt reads a whole number that JavaScript keeps exactly (|n| < 2^53).
func safeInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n >= 1<<53 || n <= -(1<<53) || s == "-0" {
		return 0, errors.New("not a whole number below 2^53")
	}
	return n, nil
}

// AppendString appends s as JSON exactly as JavaScript's JSON.stringify does
// (ECMA-262 QuoteJSONString): Go's encoder differs for <, >, &, U+2028, U+2029.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < 0x20:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// Hash32 is FNV-1a, 32 bits (Fowler, Noll, Vo), of b: the version of a projected row. Digests
// add these, so a household's digest does not depend on order.
func Hash32(b []byte) uint32 {
	h := fnv.New32a()
	h.Write(b)
	return h.Sum32()
}

// Object reads one JSON object of at most n keys, refusing a repeated key.
func Object(raw []byte, n int) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	out := map[string]json.RawMessage{}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return nil, errors.New("not JSON")
		}
		key := tok.(string)
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("key %q twice", key)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, errors.New("not JSON")
		}
		if out[key] = v; len(out) > n {
			return nil, errors.New("too many keys")
		}
	}
	if _, err := d.Token(); err != nil || !ended(d) {
		return nil, errors.New("not JSON")
	}
	return out, nil
}

// Decode checks one wire value of f and returns it as Get would (plain text
// for sealed fields: the caller seals it before Set). JSON null is the zero value.
func (f Field) Decode(raw json.RawMessage) (string, *Problem) {
	bad := func(code, detail string) (string, *Problem) { return "", &Problem{f.Name, code, detail} }
	if string(raw) == "null" {
		return "", nil
	}
	switch f.Kind {
	case Bool:
		switch string(raw) {
		case "true":
			return "1", nil
		case "false":
			return "", nil
		}
		return bad("format", "这里只能选是或否。")
	case Int:
		n, err := safeInt(string(raw))
		if err != nil {
			return bad("format", "这里要填整数。")
		}
		if n < f.Min || n > f.Max {
			return bad("range", fmt.Sprintf("数字要在 %d 到 %d 之间。", f.Min, f.Max))
		}
		if n == 0 {
			return "", nil
		}
		return strconv.FormatInt(n, 10), nil
	case Array:
		l, err := ParseList(raw)
		if err != nil {
			return bad("format", "这里要填一个列表。")
		}
		var items []json.RawMessage
		_ = l.Into(&items)
		if int64(len(items)) > f.Max || len(l) > 16<<10 {
			return bad("too-long", fmt.Sprintf("最多 %d 项。", f.Max))
		}
		return string(l), nil
	}
	var s string
	if !utf8.Valid(raw) || json.Unmarshal(raw, &s) != nil {
		return bad("format", "这里要填文字。")
	}
	if p := f.CheckText(s); p != nil {
		return "", p
	}
	return s, nil
}

// CheckText checks a text value of f (Text and Secret kinds).
func (f Field) CheckText(s string) *Problem {
	if n := int64(utf8.RuneCountInString(s)); n > f.Max {
		return &Problem{f.Name, "too-long", fmt.Sprintf("最多 %d 个字，现在有 %d 个。", f.Max, n)}
	}
	if !storable(s) {
		return &Problem{f.Name, "format", "里面有不能保存的字符。"}
	}
	if s == "" {
		return nil
	}
	if len(f.Enum) > 0 {
		for _, e := range f.Enum {
			if s == e {
				return nil
			}
		}
		return &Problem{f.Name, "not-allowed", "请从给出的选项里选。"}
	}
	if !formatOK(f.Format, s) {
		return &Problem{f.Name, "format", formatSentence[f.Format]}
	}
	return nil
}

var formatSentence = map[string]string{
	"day": "日期要写成 2026-01-31 这样。", "month": "年月要写成 2026-01 这样。",
	"sha256": "照片的校验值不对。", "area": "地区代码不对。", "id": "编号的格式不对。",
}

func formatOK(format, s string) bool {
	switch format {
	case "day":
		_, err := time.Parse("2006-01-02", s)
		return err == nil
	case "month":
		_, err := time.Parse("2006-01", s)
		return err == nil
	case "sha256":
		return len(s) == 64 && only(s, "0123456789abcdef")
	case "area":
		return len(s) >= 6 && len(s) <= 16 && only(s, "0123456789")
	case "id":
		return IsID(s)
	}
	return true
}

// IsID reports whether s has the form of a record id: 12 characters of the
// URL-safe base64 alphabet (RFC 4648, section 5).
func IsID(s string) bool {
	return len(s) == 12 && only(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}

func only(s, set string) bool {
	return strings.Trim(s, set) == "" && strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(set, r) }) < 0
}

// Project encodes what role may see of r, as JSON with the keys in declared
// order and zero values left out: the one projection that sync, API and export
// share. It returns nil when the role may not see the row; "" is no role.
func (t *Type) Project(r Record, role string, s Sealer) ([]byte, error) {
	if len(role) != 1 || !strings.Contains(t.Readers, role) || (t.Hidden != nil && t.Hidden(r, role)) {
		return nil, nil
	}
	m := r.Base()
	b := append(make([]byte, 0, 256), `{"id":`...)
	b = AppendString(b, m.ID)
	if role != "H" && m.MadeBy != "" {
		b = append(b, `,"by":`...)
		b = AppendString(b, m.MadeBy)
	}
	if strings.Contains("TKA", role) {
		b = append(b, `,"household":`...)
		b = AppendString(b, m.Household)
		b = append(b, `,"rev":`...)
		b = strconv.AppendInt(b, m.Version, 10)
	}
	v := reflect.ValueOf(r).Elem()
	for _, f := range t.Fields {
		if f.Name == "" {
			continue
		}
		sees, masked := strings.Contains(f.Read, role), strings.Contains(f.Mask, role)
		if !sees && !masked {
			continue
		}
		fv := v.FieldByIndex(f.index)
		if fv.IsZero() {
			continue
		}
		b = append(b, ',')
		b = AppendString(b, f.Name)
		b = append(b, ':')
		switch f.Kind {
		case Int:
			b = strconv.AppendInt(b, fv.Int(), 10)
		case Bool:
			b = append(b, "true"...)
		case Array:
			b = append(b, fv.String()...)
		case Secret:
			plain, err := s.Open(Sealed(fv.String()))
			if err != nil {
				return nil, fmt.Errorf("record: %s.%s: %w", t.Name, f.Name, err)
			}
			if !sees {
				plain = f.mask(plain)
			}
			b = AppendString(b, plain)
		default:
			text := fv.String()
			if !sees {
				text = f.mask(text)
			}
			b = AppendString(b, text)
		}
	}
	return append(b, '}'), nil
}
