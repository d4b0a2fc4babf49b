package store

import (
	"slices"
	"strconv"
	"strings"

	"daohu/server/record"
)

// Sealer opens and makes what rows hold sealed.
type Sealer interface {
	record.Sealer
	// Current is the id of the key that seals.
	Current() string
	// Index is the blind index of a value; Indexes are those under every key.
	Index(plain string) string
	Indexes(plain string) []string
}

// What an audit line says of a row is "<id> <version> <mark>", and " x" after
// it for a tombstone. The mark is a keyed hash of the row's columns: it shows
// a change made behind the program's back, and says nothing to anyone without
// the key, not even once the row is gone.
//
// A sealed column is marked by the text in it, not by its ciphertext, and a
// blind index by belonging to it: sealing a row anew under another key leaves
// it as it was (docs/adr/0010-keys.md). What cannot be opened is marked as it
// is stored.
const (
	markDigits = 16 // hex digits: 64 bits, for one row of one version
	deadMark   = "x"
)

// shape turns rows of one table into the text that is marked: the columns by
// name, zero values left out, so that a column added later, or another order
// of the fields, changes no mark. Renaming a column does.
type shape struct {
	name   string
	cols   []string
	order  []int // indexes of the columns that are marked, by name
	number []bool
	sealed map[int]bool
	index  map[int]int // column of a blind index -> column of what it indexes
	sealer Sealer      // nil = nothing can be opened
}

func (d *DB) shape(typ *record.Type) shape {
	s := shape{name: typ.Name, cols: typ.Columns(), sealed: map[int]bool{}, index: map[int]int{}, sealer: d.opt.Sealer}
	for i, v := range typ.Values(typ.New()) {
		_, text := v.(string)
		s.number = append(s.number, !text)
		if typ != d.house || s.cols[i] != "last_seq" { // moves without a write to the row; bound by the line itself
			s.order = append(s.order, i)
		}
	}
	for i, f := range typ.Fields {
		at := i + len(record.MetaColumns)
		if f.Kind == record.Secret {
			s.sealed[at] = true
		}
		if f.IndexOf != "" {
			s.index[at] = len(record.MetaColumns) + slices.IndexFunc(typ.Fields, func(of record.Field) bool { return of.GoName == f.IndexOf })
		}
	}
	s.sort()
	return s
}

func (s shape) sort() {
	slices.SortFunc(s.order, func(a, b int) int { return strings.Compare(s.cols[a], s.cols[b]) })
}

// mark is the keyed hash of a row given as the texts of its columns.
func (s shape) mark(c Chainer, texts []string) string {
	if plain, ok := s.open(texts); ok {
		return s.hash(c, "open ", plain)
	}
	return s.hash(c, "row ", texts)
}

// open puts what is sealed in texts in the open and leaves blind indexes out;
// false when there is nothing sealed in the table, or it does not open.
func (s shape) open(texts []string) ([]string, bool) {
	if s.sealer == nil || len(s.sealed) == 0 {
		return nil, false
	}
	out := slices.Clone(texts)
	for i := range s.sealed {
		plain, err := s.sealer.Open(record.Sealed(texts[i]))
		if err != nil {
			return nil, false
		}
		out[i] = plain
	}
	for i := range s.index {
		out[i] = ""
	}
	return out, true
}

// hash makes a mark; a link of the chain never begins with "row" or "open".
func (s shape) hash(c Chainer, kind string, texts []string) string {
	var b []byte
	for _, i := range s.order {
		if v := texts[i]; v != "" && (v != "0" || !s.number[i]) {
			b = append(append(b, s.cols[i]...), 0)
			b = strconv.AppendInt(b, int64(len(v)), 10)
			b = append(append(b, 0), v...)
		}
	}
	return c.Chain(kind+s.name, b)[:markDigits]
}

// wrong says what is wrong with a row that was marked with c; "" = nothing.
func (s shape) wrong(c Chainer, texts []string, mark string) string {
	plain, ok := s.open(texts)
	if ok && s.hash(c, "open ", plain) == mark {
		for i, of := range s.index {
			if texts[i] != s.sealer.Index(plain[of]) && !slices.Contains(s.sealer.Indexes(plain[of]), texts[i]) { // "" has ""
				return "its blind index is not that of the number: it was changed behind the program's back"
			}
		}
		return ""
	}
	if s.hash(c, "row ", texts) == mark {
		return ""
	}
	if s.closed(texts) {
		return "something sealed in it cannot be opened: it was changed behind the program's back, or its key is not in DAOHU_KEY"
	}
	return "the row is not as this line left it: it was changed behind the program's back"
}

// closed reports whether something in texts is sealed and does not open.
func (s shape) closed(texts []string) bool {
	for i := range s.sealed {
		if texts[i] == "" {
			continue
		}
		if s.sealer == nil {
			return true
		}
		if _, err := s.sealer.Open(record.Sealed(texts[i])); err != nil {
			return true
		}
	}
	return false
}

// texts writes column values as the database gives them back.
func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case string:
			out[i] = v
		case int64:
			out[i] = strconv.FormatInt(v, 10)
		case bool:
			out[i] = "0"
			if v {
				out[i] = "1"
			}
		}
	}
	return out
}
