package record_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"daohu/server/record"
	"daohu/server/types"
)

// sample has one field of every kind.
type sample struct {
	record.Meta
	Text   string        `json:"text" rec:"merge,required,max=5" doc:"a text"`
	Pick   string        `json:"pick" rec:"enum=a|b|c"`
	Day    string        `json:"day" rec:"day,col=on_day"`
	N      int64         `json:"n" rec:"min=-3,max=9,propose"`
	Flag   bool          `json:"flag" rec:"server"`
	Items  record.List   `json:"items" rec:"max=3"`
	IDNo   record.Sealed `json:"idNo" rec:"online,read=T,mask=HK,max=22"`
	Hidden string        `json:"-"`
}

func sampleType() *record.Type {
	return record.Of[sample]("sample", record.Policy{Class: record.Author, Readers: "HCTK", Doc: "A sample."})
}

func TestDeclaration(t *testing.T) {
	typ := sampleType()
	want := []record.Field{
		{Name: "text", GoName: "Text", Column: "text", Kind: record.Text, Class: record.Merge, Read: "HCTK", Max: 5, Required: true, Doc: "a text"},
		{Name: "pick", GoName: "Pick", Column: "pick", Kind: record.Text, Class: record.Author, Read: "HCTK", Max: 100, Enum: []string{"a", "b", "c"}},
		{Name: "day", GoName: "Day", Column: "on_day", Kind: record.Text, Class: record.Author, Read: "HCTK", Max: 100, Format: "day"},
		{Name: "n", GoName: "N", Column: "n", Kind: record.Int, Class: record.Propose, Read: "HCTK", Max: 9, Min: -3},
		{Name: "flag", GoName: "Flag", Column: "flag", Kind: record.Bool, Class: record.Server, Read: "HCTK", Max: 1},
		{Name: "items", GoName: "Items", Column: "items", Kind: record.Array, Class: record.Author, Read: "HCTK", Max: 3},
		{Name: "idNo", GoName: "IDNo", Column: "id_no", Kind: record.Secret, Class: record.Online, Read: "T", Mask: "HK", Max: 22},
		{Name: "", GoName: "Hidden", Column: "hidden", Kind: record.Text, Class: record.Server, Read: "HCTK", Max: 100},
	}
	if len(typ.Fields) != len(want) {
		t.Fatalf("%d fields", len(typ.Fields))
	}
	for i, w := range want {
		got, exp := fmt.Sprintf("%+v", typ.Fields[i]), fmt.Sprintf("%+v", w)
		cut := func(s string) string { s, _, _ = strings.Cut(s, " index:"); return s }
		if cut(got) != cut(exp) {
			t.Errorf("got  %s\nwant %s", got, exp)
		}
	}
	if typ.GoName() != "sample" || !slices.Equal(typ.Columns(), slices.Concat(record.MetaColumns, []string{"text", "pick", "on_day", "n", "flag", "items", "id_no", "hidden"})) {
		t.Errorf("%s %v", typ.GoName(), typ.Columns())
	}
	if f, ok := typ.Field("n"); !ok || f.Min != -3 {
		t.Errorf("%+v", f)
	}
	for _, name := range []string{"", "-", "Hidden", "hidden", "N"} {
		if _, ok := typ.Field(name); ok {
			t.Errorf("%q is a field", name)
		}
	}
}

// TestSnake goes through names in which runs of capitals meet words.
func TestSnake(t *testing.T) {
	type names struct {
		record.Meta
		A, Day, CheckinAt, IDNo, IDIndex, WorkMonths, HTTPServer, UserID, X1Y, LastSeq, ABC string
	}
	typ := record.Of[names]("names", record.Policy{})
	want := "a day checkin_at id_no id_index work_months http_server user_id x1y last_seq abc"
	if got := strings.Join(typ.Columns()[len(record.MetaColumns):], " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

type (
	empty    struct{}
	noMeta   struct{ A string }
	metaLate struct {
		A string
		record.Meta
	}
	metaNamed struct {
		record.Meta
		Meta2 record.Meta
	}
	sameColumn struct {
		record.Meta
		A string `json:"a"`
		B string `json:"b" rec:"col=a"`
	}
	metaColumn struct {
		record.Meta
		A string `json:"a" rec:"col=seq"`
	}
	metaName struct {
		record.Meta
		A string `json:"rev"`
	}
	withFloat struct {
		record.Meta
		A float64 `json:"a"`
	}
	withInt struct {
		record.Meta
		A int `json:"a"`
	}
	withPointer struct {
		record.Meta
		A *string `json:"a"`
	}
	withSlice struct {
		record.Meta
		A []string `json:"a"`
	}
	named      string
	withString struct {
		record.Meta
		A named `json:"a"`
	}
	unknownOption struct {
		record.Meta
		A string `json:"a" rec:"merg"`
	}
	badMax struct {
		record.Meta
		A string `json:"a" rec:"max=ten"`
	}
	badMin struct {
		record.Meta
		A int64 `json:"a" rec:"min="`
	}
	unexported struct {
		record.Meta
		a string
	}
	indexless struct {
		record.Meta
		A string        `json:"a"`
		B record.Sealed `json:"b"`
		C string        `json:"-" rec:"index=A"`
	}
	orderless struct {
		record.Meta
		A int64 `json:"a" rec:"min=5,max=4"`
	}
)

func (*empty) Base() *record.Meta  { return nil }
func (*noMeta) Base() *record.Meta { return nil }

// TestWrongDeclarationsPanic: each of these is a bug that the first test run
// is to show, by name.
func TestWrongDeclarationsPanic(t *testing.T) {
	p := record.Policy{Class: record.Merge, Readers: "HC"}
	for name, declare := range map[string]func(){
		"no fields at all":         func() { record.Of[empty]("x", p) },
		"no Meta":                  func() { record.Of[noMeta]("x", p) },
		"Meta not first":           func() { record.Of[metaLate]("x", p) },
		"a struct inside":          func() { record.Of[metaNamed]("x", p) },
		"a column twice":           func() { record.Of[sameColumn]("x", p) },
		"a column of Meta":         func() { record.Of[metaColumn]("x", p) },
		"a wire name of Meta":      func() { record.Of[metaName]("x", p) },
		"a float":                  func() { record.Of[withFloat]("x", p) },
		"an int":                   func() { record.Of[withInt]("x", p) },
		"a pointer":                func() { record.Of[withPointer]("x", p) },
		"a slice":                  func() { record.Of[withSlice]("x", p) },
		"a string type of its own": func() { record.Of[withString]("x", p) },
		"an unknown option":        func() { record.Of[unknownOption]("x", p) },
		"a max that is no number":  func() { record.Of[badMax]("x", p) },
		"a min that is no number":  func() { record.Of[badMin]("x", p) },
		"an unexported field":      func() { _ = unexported{}.a; record.Of[unexported]("x", p) },
		"an index of a plain text": func() { record.Of[indexless]("x", p) },
		"min above max":            func() { record.Of[orderless]("x", p) },
	} {
		func() {
			defer func() {
				switch why := recover().(type) {
				case nil:
					t.Errorf("%s: accepted", name)
				case string:
					if !strings.HasPrefix(why, "record: ") {
						t.Errorf("%s: %s", name, why)
					}
				default:
					t.Errorf("%s: %v", name, why)
				}
			}()
			declare()
		}()
	}
}

// fill gives every field of r a value that is not zero and says which.
func fill(t *testing.T, typ *record.Type, r record.Record, s record.Sealer) map[string]string {
	t.Helper()
	*r.Base() = record.Meta{Township: "999900001", Household: "household001", ID: "row000000001", Seq: 3, Version: 7, MadeBy: "author000001", MadeAt: 9}
	plain := map[string]string{}
	for i, f := range typ.Fields {
		v := map[record.Kind]string{record.Text: fmt.Sprintf("文<&>%04d-%s", i, f.GoName), record.Int: fmt.Sprint(1000 + i), record.Bool: "1",
			record.Array: fmt.Sprintf(`["项%d"]`, i), record.Secret: fmt.Sprintf("99999919%010d", i)}[f.Kind]
		if f.Name == "state" && len(f.Enum) > 0 {
			v = f.Enum[min(1, len(f.Enum)-1)] // published, approved: shown to everyone
		}
		plain[f.GoName] = v
		if f.Kind == record.Secret {
			sealed, err := s.Seal(v)
			if err != nil {
				t.Fatal(err)
			}
			v = string(sealed)
		}
		if err := typ.Set(r, f, v); err != nil {
			t.Fatal(err)
		}
		if got := typ.Get(r, f); got != v {
			t.Errorf("%s.%s: set %q, got %q", typ.Name, f.GoName, v, got)
		}
	}
	return plain
}

// TestColumnsValuesPointers: what Values gives and Pointers takes fit column
// by column, for every type; Clone is a copy and Set back to "" is zero.
func TestColumnsValuesPointers(t *testing.T) {
	for _, typ := range append(types.All(), sampleType()) {
		r := typ.New()
		fill(t, typ, r, box(t))
		values, into := typ.Values(r), typ.New()
		ptrs := typ.Pointers(into)
		if n := len(typ.Columns()); len(values) != n || len(ptrs) != n {
			t.Fatalf("%s: %d columns, %d values, %d pointers", typ.Name, n, len(values), len(ptrs))
		}
		for i, p := range ptrs {
			v := reflect.ValueOf(p).Elem()
			v.Set(reflect.ValueOf(values[i]).Convert(v.Type()))
		}
		if !reflect.DeepEqual(r, into) {
			t.Errorf("%s:\n%+v\n%+v", typ.Name, r, into)
		}
		c := typ.Clone(r)
		if !reflect.DeepEqual(c, r) || c == r {
			t.Errorf("%s: clone %+v", typ.Name, c)
		}
		for _, f := range typ.Fields {
			if err := typ.Set(c, f, ""); err != nil || typ.Get(c, f) != "" {
				t.Errorf("%s.%s: %v, %q", typ.Name, f.GoName, err, typ.Get(c, f))
			}
		}
		if reflect.DeepEqual(c, r) {
			t.Errorf("%s: the clone shares its fields", typ.Name)
		}
		*c.Base() = record.Meta{}
		if !reflect.DeepEqual(c, typ.New()) {
			t.Errorf("%s: %+v is not zero", typ.Name, c)
		}
	}
	n, _ := sampleType().Field("n")
	if err := sampleType().Set(&sample{}, n, "x"); err == nil {
		t.Error("a word was set as a number")
	}
}

// TestListsAndBlind: what list=, offer= and blind make of a field.
func TestListsAndBlind(t *testing.T) {
	type form struct {
		record.Meta
		Exit  string        `json:"exit" rec:"list=exit"`
		Kin   string        `json:"kin" rec:"offer=relation"`
		Ill   record.Sealed `json:"ill" rec:"read=T,mask=A,blind"`
		Words string        `json:"words" rec:"read=T,mask=A,blind"`
	}
	typ := record.Of[form]("form", record.Policy{Class: record.Merge, Readers: "TA"})
	exit, _ := typ.Field("exit")
	if exit.List != "exit" || exit.CheckText("返贫") != nil || exit.CheckText("发财") == nil {
		t.Errorf("exit: %+v", exit)
	}
	kin, _ := typ.Field("kin")
	if len(kin.Offer) < 28 || kin.Enum != nil || kin.CheckText("邻居") != nil {
		t.Errorf("kin: %d words offered, only %v", len(kin.Offer), kin.Enum)
	}
	r := &form{Meta: record.Meta{ID: "AAAAAAAAAAAA"}, Ill: "心脏病后期治疗中", Words: "一二三四五六七八九"}
	for role, want := range map[string]string{"T": "心脏病后期治疗中", "A": `"ill":"***","words":"***"`} {
		b, err := typ.Project(r, role, open{})
		if err != nil || !strings.Contains(string(b), want) || (role == "A" && strings.ContainsAny(string(b), "心一二九")) {
			t.Errorf("%s sees %s, %v", role, b, err)
		}
	}
	if b, _ := typ.Project(&form{Meta: record.Meta{ID: "AAAAAAAAAAAA"}}, "A", open{}); strings.Contains(string(b), "ill") {
		t.Errorf("nothing is masked as something: %s", b)
	}
}

// open is a sealer that leaves things as they are.
type open struct{}

func (open) Seal(plain string) (record.Sealed, error) { return record.Sealed(plain), nil }
func (open) Open(s record.Sealed) (string, error)     { return string(s), nil }
