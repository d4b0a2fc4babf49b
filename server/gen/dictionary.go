package main

import (
	"fmt"
	"regexp"
	"strings"

	"daohu/server/booklet"
	"daohu/server/parcel"
	"daohu/server/record"
	"daohu/server/types"
)

// chinese is a run of text as people write it.
var chinese = regexp.MustCompile(`[\p{Han}，。、]+`)

// dictionary is the text that the next number of server/parcel would begin
// with: the words of the cards, which visits talk about; then what every
// exchange repeats, the likeliest last, since DEFLATE names what is near in
// fewer bits. It is written by `gen -dictionary` when a new
// number pays, and never again for a number that was shipped.
func dictionary() (string, error) {
	lists, err := record.Lists()
	if err != nil {
		return "", err
	}
	cards, err := booklet.Builtin()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, c := range cards {
		b.WriteString(strings.Join(chinese.FindAllString(string(c.Body), -1), ""))
	}
	for _, l := range lists {
		for _, c := range l.Items {
			b.WriteString(c.Word + "|")
		}
	}
	all := types.All()
	for i := len(all) - 1; i >= 0; i-- {
		if onPhone(all[i]) {
			columns(&b, all[i])
		}
	}
	for i := len(all) - 1; i >= 0; i-- {
		if onPhone(all[i]) && (strings.ContainsAny(all[i].Creators, synced) || all[i].Class == record.Merge) {
			patch(&b, all[i])
		}
	}
	b.WriteString(`{"cursor":"","schema":1,"client":"","acked":[0,""],"budget":12288,"unsent":[0,0],"muts":[],"pack":1}`)
	b.WriteString(`,"last":,"own":[["visit","","",{"by":"","state":"pending"}],["response","","",{"by":"","full":8,"score":,"weak":[""]}]],"more":true,"next":3,"now":179`)
	b.WriteString(`{"cursor":"","tops":[[1,,1]],"houses":[1,1,0,0,0],"rows":[["household","#1",1,"code,head","#1"],["visit","#1",0,"by,day,stage,text","=`)
	return b.String(), nil
}

// columns is a table of one type as parcels have it.
func columns(b *strings.Builder, t *record.Type) {
	fmt.Fprintf(b, `],["%s","#1",0,"by`, t.Name)
	fields := phoneFields(t)
	for _, f := range fields {
		b.WriteString("," + f.Name)
	}
	b.WriteString(`","`)
	said := map[string]bool{}
	for _, f := range fields {
		if words := strings.Join(f.Enum, ""); words != "" && len(f.Enum) <= 4 && !said[words] {
			said[words] = true
			for i := range f.Enum {
				b.WriteString("=" + f.Enum[len(f.Enum)-1-i] + `","`)
			}
		}
	}
}

// patch is a mutation of one type as phones send it.
func patch(b *strings.Builder, t *record.Type) {
	fmt.Fprintf(b, `],[1,1,"%s","`, t.Name)
	sep := `",{`
	for _, f := range phoneFields(t) {
		if f.Class == record.Server || f.Class == record.Online {
			continue
		}
		value := map[record.Kind]string{record.Int: "1", record.Bool: "true", record.Array: `[""]`}[f.Kind]
		if value == "" {
			value = `"` + strings.Join(f.Enum, `"`) + `"`
		}
		if f.Format == "day" {
			value = `"2026-1"`
		}
		fmt.Fprintf(b, `%s"%s":%s`, sep, f.Name, value)
		sep = ","
	}
	b.WriteString(`},179`)
}

// dictionaries is the phone's copy of the dictionary in use.
func dictionaries() []byte {
	return fmt.Appendf(nil, "// Written by \"make gen\" from server/parcel. Do not edit.\n\n"+
		"/** The number of the dictionary: the first byte of every parcel. */\nexport const NUMBER = %d;\n\n"+
		"/** What both sides begin with (docs/sync-protocol.md, Parcels). */\nexport const DICTIONARY =\n  %s;\n", parcel.Current, quote(parcel.Dictionary))
}
