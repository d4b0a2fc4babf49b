package delta

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"daohu/server/parcel"
	"daohu/server/record"
)

// In a parcel the rows of a page lie type by type and column by column
// (docs/sync-protocol.md, Columns): keys stand once, and like stands beside
// like, which is what a compressor needs.

// table is all rows of one type in one page.
type table struct {
	t      *record.Type
	counts []int            // rows of each household of the page
	rows   []map[string]raw // values by key
	keys   map[string]bool
	ids    []string
	own    bool // every row is the household's own: its id is the household's
}

// raw is one value as JSON.
type raw = []byte

// parcel packs the answer; households become `houses` and `rows`.
func (a *answer) parcel(types []*record.Type, items []item) ([]byte, error) {
	ids := make([]string, 0, len(items)*8)
	houses, tables, err := tabulate(types, items)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		ids = append(ids, it.id)
	}
	var rows []byte
	for _, tb := range tables {
		if len(rows) > 0 {
			rows = append(rows, ',')
		}
		rows = tb.encode(rows)
		if !tb.own {
			ids = append(ids, tb.ids...)
		}
	}
	a.households, a.houses, a.rows = nil, houses, rows
	return parcel.Wrap(ids, a.encode()), nil
}

// tabulate sorts the rows of items into tables, types in their order.
func tabulate(types []*record.Type, items []item) (houses []byte, tables []*table, err error) {
	if len(items) == 0 {
		return nil, nil, nil
	}
	byType := make([]*table, len(types))
	for n, it := range items {
		for _, r := range it.rows {
			tb := byType[r.typ]
			if tb == nil {
				tb = &table{t: types[r.typ], counts: make([]int, len(items)), keys: map[string]bool{}, own: true}
				byType[r.typ] = tb
			}
			tb.counts[n]++
			tb.ids, tb.own = append(tb.ids, r.id), tb.own && r.id == it.id && tb.counts[n] == 1
			values, err := cells(r.text)
			if err != nil {
				return nil, nil, err
			}
			delete(values, "id")
			for k := range values {
				tb.keys[k] = true
			}
			tb.rows = append(tb.rows, values)
		}
	}
	flag := func(of func(item) int64) []byte {
		all := make([]int64, len(items))
		same := true
		for i, it := range items {
			all[i] = of(it)
			same = same && all[i] == all[0]
		}
		if same {
			return strconv.AppendInt(nil, all[0], 10)
		}
		return column(len(all), func(i int) []byte { return strconv.AppendInt(nil, all[i], 10) })
	}
	is := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	parts := [][]byte{
		strconv.AppendInt(nil, int64(len(items)), 10),
		flag(func(it item) int64 { return it.space }),
		flag(func(it item) int64 { return is(it.full) }),
		flag(func(it item) int64 { return is(it.cont) }),
		flag(func(it item) int64 { return is(it.more) }),
	}
	tables = slices.DeleteFunc(byType, func(t *table) bool { return t == nil })
	return bytes.Join(parts, []byte{','}), tables, nil
}

// encode appends [type, counts, own, keys, column …].
func (tb *table) encode(b []byte) []byte {
	b = append(record.AppendString(append(b, '['), tb.t.Name), ',')
	b = append(b, column(len(tb.counts), func(i int) []byte { return strconv.AppendInt(nil, int64(tb.counts[i]), 10) })...)
	b = append(b, ',', '0')
	if tb.own {
		b[len(b)-1] = '1'
	}
	var keys []string
	for _, k := range append([]string{"by", "del"}, fieldNames(tb.t)...) {
		if k != "" && tb.keys[k] {
			keys = append(keys, k)
		}
	}
	b = append(b, ',', '"')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, k...)
	}
	b = append(b, '"')
	for _, k := range keys {
		b = append(append(b, ','), column(len(tb.rows), func(i int) []byte { return tb.rows[i][k] })...)
	}
	return append(b, ']')
}

func fieldNames(t *record.Type) []string {
	var out []string
	for _, f := range t.Fields {
		out = append(out, f.Name)
	}
	return out
}

// column encodes n values, absent ones as nothing or 0:
//
//   - texts as one text: "=" and the text when all are the same; joined without
//     anything between when all are equally long in UTF-16 units; else by "|";
//   - whole numbers as "#" and their base-36 digits, joined by spaces, 0 as
//     nothing; only once when all are the same;
//   - anything else, and texts with a "|" or a leading "#" or "=", as a list.
func column(n int, at func(int) []byte) []byte {
	texts, ints, length, equal, same := true, true, -1, true, true
	for i := range n {
		v := at(i)
		same = same && bytes.Equal(v, at(0))
		if len(v) == 0 {
			equal = false
			continue
		}
		texts = texts && v[0] == '"' && bytes.IndexByte(v, '|') < 0
		ints = ints && (v[0] == '-' || v[0] >= '0' && v[0] <= '9')
		l := units(v)
		equal = equal && l > 0 && (length < 0 || l == length)
		length = l
	}
	b := []byte{'"'}
	switch {
	case n > 0 && ints:
		b = append(b, '#')
		if same {
			n = 1
		}
		for i := range n {
			if i > 0 {
				b = append(b, ' ')
			}
			if v, _ := strconv.ParseInt(string(at(i)), 10, 64); v != 0 {
				b = strconv.AppendInt(b, v, 36)
			}
		}
		return append(b, '"')
	case texts && n > 1 && same && len(at(0)) > 0:
		b = append(b, '=')
		return append(append(b, at(0)[1:len(at(0))-1]...), '"')
	case texts && n > 0 && !marked(at(0)):
		for i := range n {
			if i > 0 && !equal {
				b = append(b, '|')
			}
			if v := at(i); len(v) > 2 {
				b = append(b, v[1:len(v)-1]...)
			}
		}
		return append(b, '"')
	}
	b[0] = '['
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if v := at(i); len(v) > 0 {
			b = append(b, v...)
		} else {
			b = append(b, '0')
		}
	}
	return append(b, ']')
}

// marked reports whether a text would read as numbers or as one for all.
func marked(v []byte) bool { return len(v) > 1 && (v[1] == '#' || v[1] == '=') }

// units is the length of a JSON text in UTF-16 units; 0 = it has escapes, and
// a phone would count otherwise.
func units(v []byte) int {
	n := 0
	for _, r := range string(v) {
		if r == '\\' {
			return 0
		}
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// cells takes a projected row apart: values by key, as they stand.
func cells(row []byte) (map[string]raw, error) {
	var out map[string]json.RawMessage
	if err := json.Unmarshal(row, &out); err != nil {
		return nil, err
	}
	m := make(map[string]raw, len(out))
	for k, v := range out {
		m[k] = v
	}
	return m, nil
}
