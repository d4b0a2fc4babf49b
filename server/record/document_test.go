package record_test

import (
	"strings"
	"testing"

	"daohu/server/record"
)

func TestDocument(t *testing.T) {
	type inner struct {
		Name string `json:"name"`
	}
	var doc struct {
		N    int     `json:"n"`
		List []inner `json:"list"`
	}
	if err := record.Document([]byte(" {\"n\": 1, \"list\": [{\"name\": \"甲\"}, {\"name\": \"乙\"}]}\n"), &doc); err != nil || doc.N != 1 || doc.List[1].Name != "乙" {
		t.Fatalf("%+v %v", doc, err)
	}
	deep := strings.Repeat("[", 30) + strings.Repeat("]", 30)
	var any any
	for what, text := range map[string]string{
		"nothing": "", "unknown": `{"x":1}`, "unknown inside": `{"list":[{"x":1}]}`, "twice": `{"n":1,"n":2}`, "twice by escape": `{"n":1,"\u006e":2}`,
		"twice inside": `{"list":[{"name":"a"},{"name":"b","name":"c"}]}`, "behind": `{"n":1} {}`, "cut": `{"n":1`, "wrong kind": `{"n":"1"}`, "large": `{"n":1}` + strings.Repeat(" ", 256<<10),
	} {
		if err := record.Document([]byte(text), &doc); err == nil {
			t.Errorf("%s is accepted: %s", what, text[:min(len(text), 80)])
		}
	}
	if err := record.Document([]byte(deep), &any); err == nil {
		t.Error("30 lists within each other are accepted")
	}
}

// TestWhereRowsLie: common rows with the pseudo-household, most with the
// others, some with either.
func TestWhereRowsLie(t *testing.T) {
	for what, x := range map[string]struct {
		p             record.Policy
		common, other bool
	}{"usual": {record.Policy{}, false, true}, "common": {record.Policy{Common: true}, true, false}, "anywhere": {record.Policy{Anywhere: true}, true, true}} {
		x.p.Class = record.Author
		typ := record.Of[sample]("sample", x.p)
		if typ.Lies(true) != x.common || typ.Lies(false) != x.other {
			t.Errorf("%s: common %v, others %v", what, typ.Lies(true), typ.Lies(false))
		}
	}
}

// TestPrivateIsAuthored: a private type that others may change, or that goes
// through review, is a wrong declaration.
func TestPrivateIsAuthored(t *testing.T) {
	about := func(record.Record) string { return "" }
	for what, x := range map[string]struct {
		p  record.Policy
		ok bool
	}{
		"author": {record.Policy{Class: record.Author, Private: about}, true}, "merge": {record.Policy{Class: record.Merge, Private: about}, false},
		"propose": {record.Policy{Class: record.Propose, Private: about}, false}, "reviewed": {record.Policy{Class: record.Author, Workflow: true, Private: about}, false},
	} {
		func() {
			defer func() {
				if (recover() == nil) != x.ok {
					t.Errorf("%s: declared %v, want %v", what, !x.ok, x.ok)
				}
			}()
			record.Of[sample]("sample", x.p)
		}()
	}
}
