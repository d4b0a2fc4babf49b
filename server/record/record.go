// Package record says what a synced record is. One Go struct per type drives
// the store, the wire, the projection by role, the sync engine, the API
// document and the phone's typings; nothing about a field is written twice.
//
// A record is a struct that embeds Meta first. Its fields are exported and
// carry two tags:
//
//	json:"name"   the wire name; "-" keeps the field inside the server
//	rec:"…"       options, comma separated:
//	  col=x       column name; default: the Go name in snake_case
//	  merge | propose | online | author | server
//	              who may change the field and how (see Class); default: the
//	              type's own class
//	  read=HCV    roles that see the value; default: the type's Readers
//	  mask=TK     roles that see it masked (Mask); "" = nobody
//	  blind       masked, it only shows that there is something
//	  write=VT    roles that may set it from the wire; default: all whom the
//	              class lets, which for merge and propose is never H
//	  max=N       longest text in runes (default 100), longest list in items
//	              (default 20), largest number (default 2^53-1)
//	  min=N       smallest number (default 0)
//	  enum=a|b    the only values allowed besides empty
//	  list=name   the same, from a code list (lists/*.json)
//	  offer=name  a code list to choose from; other words are kept too
//	  required    may not be empty when a row is made
//	  day | month | sha256 | area | id  the text's format
//	  personal | kept  whether Erase empties it, where the rule of Personal
//	              would say otherwise
//	doc:"…"       one English phrase for the API document and the typings
//
// Kinds of field: string, int64, bool, List (a JSON array) and Sealed
// (encrypted at rest). There are no floats: money is fen, places are
// micro-degrees.
package record

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Meta is embedded first in every synced record. The server sets all of it.
type Meta struct {
	Township  string // area code of the township: the partition
	Household string // id of the household the row lies with
	ID        string // 12 characters made by the phone (72 random bits), or by the server
	Seq       int64  // the township's counter when the row last changed
	Version   int64  // 1 when made, +1 by every write: the revision of a compare-and-set
	DeletedAt int64  // Unix ms; > 0 marks a tombstone
	MadeBy    string // user id of the author
	MadeAt    int64  // arrival at the server, Unix ms
}

// Base returns m; it makes every struct that embeds Meta a Record.
func (m *Meta) Base() *Meta { return m }

// Record is a pointer to a struct that embeds Meta.
type Record interface{ Base() *Meta }

// Class says how a field may change.
type Class string

// The classes.
const (
	Author  Class = "author"  // by the row's author while the row's workflow lets it be revised
	Merge   Class = "merge"   // by anyone who holds the household, merged per field against the base
	Propose Class = "propose" // only through a proposal that a township admin settles
	Online  Class = "online"  // only online, by a township admin
	Server  Class = "server"  // never from the wire
)

// Kind is the kind of value of a field.
type Kind string

// The kinds.
const (
	Text   Kind = "text"
	Int    Kind = "int"
	Bool   Kind = "bool"
	Array  Kind = "list"
	Secret Kind = "sealed"
)

// Sealed is a text encrypted at rest. In memory it holds the ciphertext
// ("" = no value); only a Sealer turns it into plain text and back.
type Sealed string

// Field is one declared field.
type Field struct {
	Name     string // wire name; "" = never on the wire
	GoName   string
	Column   string
	Kind     Kind
	Class    Class
	Read     string // role letters that see the value
	Mask     string // role letters that see it masked
	Blind    bool   // masked, it only shows that there is something
	Write    string // role letters that may set it from the wire; "" = all whom the class lets
	Max, Min int64
	Enum     []string
	List     string // name of the code list Enum or Offer comes from; "" = none
	Offer    []string
	Required bool
	Format   string // day, month, sha256, area, id or ""
	IndexOf  string // Go name of the sealed field whose blind index this is; "" = none
	Doc      string
	erase    string // personal, kept or "" = by rule; see Personal
	index    []int
}

// Policy is what a type declares beside its fields.
type Policy struct {
	Class    Class  // default class of its fields
	Readers  string // role letters that may see rows of the type at all
	Creators string // role letters that may make a row through sync or the API
	Common   bool   // rows lie with the township's pseudo-household: cards, forms, settings
	Anywhere bool   // rows lie with a household or with the pseudo-household
	// Workflow says that rows carry `state` and `words` moved by the workflow
	// package, from "pending" on.
	Workflow bool
	After    []string // states of a reviewed type that come after review and are no step of its workflow
	Doc      string   // one English sentence
	// Check looks at a whole row after a patch; nil = nothing to check.
	Check func(Record) []Problem
	// Unfit says what keeps a row of a reviewed type from being approved, where
	// its workflow has the gate for it; nil = nothing ever does.
	Unfit func(Record) []Problem
	// Hidden says that a row is not to be served to role letters; nil = never.
	Hidden func(r Record, role string) bool
	// Private names the person a row is about (user id, "" = nobody), who never
	// sees it, whatever the role; nil = the type is not private. Of a private
	// row no copy is made where others look: it never becomes a proposal, goes
	// to no quarantine and is never deleted. Such a type is of class author.
	Private func(Record) string
}

// Lies reports whether rows of the type may lie with the pseudo-household
// (common) or with any other.
func (t *Type) Lies(common bool) bool { return t.Anywhere || t.Common == common }

// Problem is one thing wrong with one field; fault.Field has the same shape.
type Problem struct{ Name, Code, Detail string }

// Type is one declared record type.
type Type struct {
	Name   string // wire name and table name, singular: "visit"
	Fields []Field
	Policy
	rt     reflect.Type
	byName map[string]int
}

// Of declares T as the record type called name. It panics on a wrong
// declaration: that is a bug the first test run shows.
func Of[T any, P interface {
	*T
	Record
}](name string, p Policy) *Type {
	t := &Type{Name: name, Policy: p, rt: reflect.TypeFor[T](), byName: map[string]int{}}
	if p.Private != nil && (p.Class != Author || p.Workflow) {
		panic("record: " + name + " is private and not of class author alone")
	}
	if t.rt.NumField() == 0 || t.rt.Field(0).Type != reflect.TypeFor[Meta]() {
		panic("record: " + name + " must embed record.Meta first")
	}
	for i := 1; i < t.rt.NumField(); i++ {
		f := field(name, t.rt.Field(i), p)
		if slices.Contains(t.Columns(), f.Column) {
			panic("record: " + name + " has two columns " + f.Column)
		}
		if f.Name != "" {
			if _, twice := t.byName[f.Name]; twice || slices.Contains(metaNames, f.Name) {
				panic("record: " + name + " has two fields " + f.Name)
			}
			t.byName[f.Name] = len(t.Fields)
		}
		t.Fields = append(t.Fields, f)
	}
	for _, f := range t.Fields {
		if f.IndexOf != "" && !slices.ContainsFunc(t.Fields, func(of Field) bool { return of.GoName == f.IndexOf && of.Kind == Secret }) {
			panic("record: " + name + "." + f.GoName + " is no index of a sealed field")
		}
	}
	return t
}

func field(typ string, sf reflect.StructField, p Policy) Field {
	f := Field{Name: sf.Tag.Get("json"), GoName: sf.Name, Column: snake(sf.Name), Class: p.Class, Read: p.Readers, Doc: sf.Tag.Get("doc"), index: sf.Index}
	if f.Name == "-" {
		f.Name, f.Class = "", Server
	}
	f.Kind = kindOf(sf.Type)
	f.Max = map[Kind]int64{Text: 100, Secret: 100, Array: 20, Int: 1<<53 - 1, Bool: 1}[f.Kind]
	if f.Kind == "" || !sf.IsExported() {
		panic(fmt.Sprintf("record: %s.%s has kind %s", typ, sf.Name, sf.Type))
	}
	for o := range strings.SplitSeq(sf.Tag.Get("rec"), ",") {
		if o != "" {
			f.option(typ, o)
		}
	}
	if f.Min > f.Max {
		panic(fmt.Sprintf("record: %s.%s: min is above max", typ, sf.Name))
	}
	return f
}

func (f *Field) option(typ, o string) {
	key, val, _ := strings.Cut(o, "=")
	var err error
	switch key {
	case "merge", "propose", "online", "author", "server":
		f.Class = Class(key)
	case "col":
		f.Column = val
	case "index":
		f.IndexOf = val
	case "read":
		f.Read = val
	case "mask":
		f.Mask = val
	case "write":
		f.Write = val
	case "max":
		f.Max, err = strconv.ParseInt(val, 10, 64)
	case "min":
		f.Min, err = strconv.ParseInt(val, 10, 64)
	case "enum":
		f.Enum = strings.Split(val, "|")
	case "list":
		f.List, f.Enum = val, ListNamed(val).Words()
	case "offer":
		f.List, f.Offer = val, ListNamed(val).Words()
	case "blind":
		f.Blind = true
	case "required":
		f.Required = true
	case "day", "month", "sha256", "area", "id":
		f.Format = key
	case "personal", "kept":
		f.erase = key
	default:
		panic(fmt.Sprintf("record: %s.%s: unknown option %q", typ, f.GoName, o))
	}
	if err != nil {
		panic(fmt.Sprintf("record: %s.%s: %v", typ, f.GoName, err))
	}
}

func kindOf(t reflect.Type) Kind {
	switch t {
	case reflect.TypeFor[string]():
		return Text
	case reflect.TypeFor[int64]():
		return Int
	case reflect.TypeFor[bool]():
		return Bool
	case reflect.TypeFor[List]():
		return Array
	case reflect.TypeFor[Sealed]():
		return Secret
	}
	return ""
}

// snake turns GoName into go_name; runs of capitals stay together (IDNo -> id_no).
func snake(s string) string {
	var b strings.Builder
	rs := []rune(s)
	for i, r := range rs {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(rs[i-1]) || (i+1 < len(rs) && unicode.IsLower(rs[i+1]))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// New returns a pointer to a zero record.
func (t *Type) New() Record { return reflect.New(t.rt).Interface().(Record) }

// GoName is the name of the Go struct, for typings.
func (t *Type) GoName() string { return t.rt.Name() }

// Field returns the field with a wire name.
func (t *Type) Field(name string) (Field, bool) {
	i, ok := t.byName[name]
	if !ok {
		return Field{}, false
	}
	return t.Fields[i], true
}

// Clone returns a copy of r.
func (t *Type) Clone(r Record) Record {
	c := reflect.New(t.rt)
	c.Elem().Set(reflect.ValueOf(r).Elem())
	return c.Interface().(Record)
}

// metaNames are the wire names of a row that are no fields.
var metaNames = []string{"id", "by", "household", "rev", "del"}

// MetaColumns are the columns of Meta, in the order of Values and Pointers.
var MetaColumns = []string{"township", "household", "id", "seq", "version", "deleted_at", "made_by", "made_at"}

// Columns lists every column of the type's table.
func (t *Type) Columns() []string {
	cols := append([]string(nil), MetaColumns...)
	for _, f := range t.Fields {
		cols = append(cols, f.Column)
	}
	return cols
}

// Pointers returns where a row's columns are scanned to, in Columns order.
func (t *Type) Pointers(r Record) []any {
	m := r.Base()
	out := []any{&m.Township, &m.Household, &m.ID, &m.Seq, &m.Version, &m.DeletedAt, &m.MadeBy, &m.MadeAt}
	v := reflect.ValueOf(r).Elem()
	for _, f := range t.Fields {
		out = append(out, v.FieldByIndex(f.index).Addr().Interface())
	}
	return out
}

// Values returns a row's column values, in Columns order.
func (t *Type) Values(r Record) []any {
	m := r.Base()
	out := []any{m.Township, m.Household, m.ID, m.Seq, m.Version, m.DeletedAt, m.MadeBy, m.MadeAt}
	v := reflect.ValueOf(r).Elem()
	for _, f := range t.Fields {
		fv := v.FieldByIndex(f.index)
		switch f.Kind {
		case Int:
			out = append(out, fv.Int())
		case Bool:
			out = append(out, fv.Bool())
		default:
			out = append(out, fv.String())
		}
	}
	return out
}

// Get returns a field's value as text: digits for numbers, "1" or "" for
// booleans, ciphertext for sealed fields, "" for every zero value.
func (t *Type) Get(r Record, f Field) string {
	v := reflect.ValueOf(r).Elem().FieldByIndex(f.index)
	switch f.Kind {
	case Int:
		if v.Int() == 0 {
			return ""
		}
		return strconv.FormatInt(v.Int(), 10)
	case Bool:
		if v.Bool() {
			return "1"
		}
		return ""
	}
	return v.String()
}

// Set is the reverse of Get.
func (t *Type) Set(r Record, f Field, s string) error {
	v := reflect.ValueOf(r).Elem().FieldByIndex(f.index)
	switch f.Kind {
	case Int:
		if s == "" {
			s = "0"
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("record: %s.%s: %w", t.Name, f.Name, err)
		}
		v.SetInt(n)
	case Bool:
		v.SetBool(s == "1")
	default:
		v.SetString(s)
	}
	return nil
}
