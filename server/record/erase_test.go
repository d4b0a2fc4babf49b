package record_test

import (
	"testing"

	"daohu/server/record"
	"daohu/server/types"
)

type private struct {
	record.Meta
	Words  string        `json:"words" rec:"required"`
	Code   string        `json:"code" rec:"kept"`
	Birth  string        `json:"birth" rec:"month,personal"`
	Day    string        `json:"day" rec:"day"`
	Pick   string        `json:"pick" rec:"enum=a|b"`
	Lat    int64         `json:"lat" rec:"personal"`
	Fen    int64         `json:"fen"`
	Met    record.List   `json:"met"`
	Topics record.List   `json:"topics" rec:"kept"`
	Phone  record.Sealed `json:"phone"`
	Index  string        `json:"-"`
	Empty  string        `json:"empty"`
}

func TestErase(t *testing.T) {
	typ := record.Of[private]("private", record.Policy{Class: record.Merge, Readers: "T"})
	r := &private{Words: "张三家里的事", Code: "H1", Birth: "1950-01", Day: "2026-01-01", Pick: "a", Lat: 5, Fen: 7, Met: `["张三"]`, Topics: `["health"]`, Phone: "x.y", Index: "ab"}
	if !typ.Erase(r) {
		t.Error("nothing changed")
	}
	want := private{Words: record.Erased, Code: "H1", Day: "2026-01-01", Pick: "a", Fen: 7, Topics: `["health"]`}
	if *r != want {
		t.Errorf("got %+v", *r)
	}
	if typ.Erase(r) || *r != want {
		t.Errorf("again: %+v", *r)
	}
}

// TestEverySecretIsPersonal: no declaration keeps a sealed value, and what is
// erased may stand where it stands: a required field does not become empty.
func TestEverySecretIsPersonal(t *testing.T) {
	for _, typ := range types.All() {
		for _, f := range typ.Fields {
			if f.Kind == record.Secret && !f.Personal() {
				t.Errorf("%s.%s outlives an erasure", typ.Name, f.Name)
			}
			if f.Personal() && f.Kind == record.Text && f.Format == "" && f.Max < int64(len([]rune(record.Erased))) {
				t.Errorf("%s.%s has no room for %s", typ.Name, f.Name, record.Erased)
			}
			if f.Personal() && f.Required && (f.Kind != record.Text || f.Format != "" || len(f.Enum) > 0) {
				t.Errorf("%s.%s is required and becomes empty", typ.Name, f.Name)
			}
		}
	}
}
