package delta_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"daohu/server/delta"
	"daohu/server/parcel"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/types"
)

// TestColumn: every rule of the format once, and what breaks it.
func TestColumn(t *testing.T) {
	for want, values := range map[string][]string{
		`"#1 z -10"`:     {"1", "35", "-36"},
		`"#5 "`:          {"5", ""},
		`"#7"`:           {"7", "7", "7"},
		`"=是"`:           {`"是"`, `"是"`},
		`"男女"`:           {`"男"`, `"女"`},
		`"配偶|户主的妹妹"`:     {`"配偶"`, `"户主的妹妹"`},
		`"甲|"`:           {`"甲"`, ""},
		`"|甲"`:           {"", `"甲"`},
		`"one"`:          {`"one"`},
		`"a\"b|cde"`:     {`"a\"b"`, `"cde"`}, // an escape: never by length
		`["a|b","c"]`:    {`"a|b"`, `"c"`},
		`["#1","x"]`:     {`"#1"`, `"x"`},
		`["=1"]`:         {`"=1"`},
		`["a|b","a|b"]`:  {`"a|b"`, `"a|b"`},
		`"x#yy"`:         {`"x#"`, `"yy"`},
		`[["户主"],0]`:     {`["户主"]`, ""},
		`[true,0]`:       {"true", ""},
		`"𠮷甲乙"`:          {`"𠮷"`, `"甲乙"`}, // two units each
		`"𠮷|甲"`:          {`"𠮷"`, `"甲"`},
		`"#2gosa7pa2gv"`: {"9007199254740991"}, // 2^53-1
	} {
		got := delta.Column(len(values), func(i int) []byte { return []byte(values[i]) })
		if string(got) != want {
			t.Errorf("%v: %s, want %s", values, got, want)
		}
		back := unpack(t, json.RawMessage(got), len(values))
		for i, v := range back {
			if v != values[i] {
				t.Errorf("%s: value %d is %s, was %s", got, i, v, values[i])
			}
		}
	}
}

// unpack reads a column as docs/sync-protocol.md says; absent = "".
func unpack(t *testing.T, raw json.RawMessage, n int) []string {
	var list []json.RawMessage
	if raw[0] == '[' {
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, v := range list {
			out = append(out, strings.TrimSuffix(string(v), "0"[:b2i(string(v) == "0")]))
		}
		return out
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	var parts []string
	switch units := utf16.Encode([]rune(text)); {
	case text[0] == '#':
		for _, d := range strings.Split(text[1:], " ") {
			v, _ := strconv.ParseInt(d, 36, 64)
			parts = append(parts, strings.TrimPrefix(strconv.FormatInt(v, 10), "0"[:b2i(v == 0)]))
		}
		if len(parts) == 1 {
			parts = strings.Split(strings.Repeat(parts[0]+" ", n)[:n*(len(parts[0])+1)-1], " ")
		}
		return parts
	case text[0] == '=':
		for range n {
			parts = append(parts, text[1:])
		}
	case strings.Count(text, "|") == n-1:
		parts = strings.Split(text, "|")
	default:
		for i := range n {
			w := len(units) / n
			parts = append(parts, string(utf16.Decode(units[i*w:(i+1)*w])))
		}
	}
	for i, p := range parts {
		if p != "" {
			parts[i] = string(record.AppendString(nil, p))
		}
	}
	return parts
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestParcelIsTheAnswer: random households as a parcel are, row by row and byte
// by byte, what they are in JSON.
func TestParcelIsTheAnswer(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 7))
	all := types.All()
	for range 60 {
		items := someItems(r, all)
		raw, err := delta.ParcelOf(all, items)
		if err != nil {
			t.Fatal(err)
		}
		ids, text, err := parcel.Open(raw, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		got := unfold(t, ids, text)
		var want []string
		for _, it := range items {
			id, space, full, cont, more := it.Head()
			want = append(want, fmt.Sprint(id, space, " ", b2i(full), " ", b2i(cont), " ", b2i(more)))
			it.Each(func(typ int, text []byte) { want = append(want, id+" "+all[typ].Name+" "+string(text)) })
		}
		if !sameSet(got, want) {
			t.Fatalf("%s\n got %q\nwant %q", text, got, want)
		}
	}
}

func sameSet(a, b []string) bool {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return reflect.DeepEqual(len(a), len(b))
}

func someItems(r *rand.Rand, all []*record.Type) (items []delta.Item) {
	id := func() string {
		b := make([]byte, 9)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	words := []string{"", "", "是", "否", "a|b", "#1", "=x", `q"\`, "长一点的话", "𠮷", "2026-01-31", "0"}
	for range r.IntN(6) {
		house := id()
		it := delta.NewItem(house, 1+int64(r.IntN(2)), r.IntN(2) == 0, r.IntN(9) == 0, r.IntN(9) == 0)
		for ti, t := range all {
			for k := range r.IntN(4) {
				row := id()
				if ti == 0 && k == 0 && r.IntN(2) == 0 {
					row = house
				}
				text := delta.Tombstone(row)
				if r.IntN(5) > 0 {
					text = record.AppendString([]byte(`{"id":`), row)
					for _, f := range t.Fields {
						text = appendSome(text, f, words[r.IntN(len(words))], int64(r.IntN(3))*int64(r.IntN(1<<40)))
					}
					text = append(text, '}')
				}
				it.Row(ti, row, text)
			}
		}
		items = append(items, it)
	}
	return items
}

func appendSome(b []byte, f record.Field, word string, n int64) []byte {
	var v []byte
	switch {
	case f.Name == "":
	case f.Kind == record.Int && n != 0:
		v = strconv.AppendInt(nil, n, 10)
	case f.Kind == record.Bool && n != 0:
		v = []byte("true")
	case f.Kind == record.Array && word != "":
		v = append(append([]byte{'['}, record.AppendString(nil, word)...), ']')
	case (f.Kind == record.Text || f.Kind == record.Secret) && word != "":
		v = record.AppendString(nil, word)
	}
	if v == nil {
		return b
	}
	return append(append(record.AppendString(append(b, ','), f.Name), ':'), v...)
}

// unfold turns a parcel's text into one line per household and per row.
func unfold(t *testing.T, ids []string, text []byte) (out []string) {
	var a struct {
		Houses []json.RawMessage
		Rows   [][]json.RawMessage
	}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if a.Houses == nil {
		return nil
	}
	n, _ := strconv.Atoi(string(a.Houses[0]))
	var flags [4][]string
	for i := range flags {
		if raw := a.Houses[i+1]; raw[0] == '"' {
			flags[i] = unpack(t, raw, n)
		} else {
			flags[i] = strings.Split(strings.Repeat(string(raw)+" ", n), " ")
		}
	}
	or0 := func(s string) string { return s + "0"[:b2i(s == "")] }
	for i := range n {
		out = append(out, fmt.Sprint(ids[i], or0(flags[0][i]), " ", or0(flags[1][i]), " ", or0(flags[2][i]), " ", or0(flags[3][i])))
	}
	used := n
	for _, tb := range a.Rows {
		var name, keys string
		_ = json.Unmarshal(tb[0], &name)
		_ = json.Unmarshal(tb[3], &keys)
		counts := unpack(t, tb[1], n)
		var homes []string
		for i, c := range counts {
			k, _ := strconv.Atoi(or0(c))
			for range k {
				homes = append(homes, ids[i])
			}
		}
		named := homes
		if string(tb[2]) == "0" {
			named = ids[used : used+len(homes)]
			used += len(homes)
		}
		lines := make([][]byte, len(homes))
		for i := range lines {
			lines[i] = record.AppendString([]byte(`{"id":`), named[i])
		}
		for k, key := range strings.FieldsFunc(keys, func(r rune) bool { return r == ',' }) {
			for i, v := range unpack(t, tb[4+k], len(homes)) {
				if v != "" {
					lines[i] = append(append(record.AppendString(append(lines[i], ','), key), ':'), v...)
				}
			}
		}
		for i, l := range lines {
			out = append(out, homes[i]+" "+name+" "+string(append(l, '}')))
		}
	}
	if used != len(ids) {
		t.Errorf("%d of %d ids used", used, len(ids))
	}
	return out
}

// TestPacked: a phone that asks for a parcel gets the same as one that does
// not, by both ways of asking; an unknown dictionary is answered in JSON.
func TestPacked(t *testing.T) {
	b, _ := open(t, nil)
	tn := add(t, b, town.Size{Cadres: 1, Houses: 5})
	p := newPhone(t, b, tn.Cadres[0])
	post := func(pack int) []byte {
		body, err := b.Delta.Exchange(t.Context(), p.who, fmt.Appendf(nil, `{"cursor":"","schema":1,"client":%q,"acked":[0,""],"muts":[],"budget":65536,"unsent":[0,0],"pack":%d}`, p.client, pack))
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	poll := func(pack int) []byte {
		body, err := b.Delta.Poll(t.Context(), p.who, "", 1, p.client, pack)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	for name, ask := range map[string]func(int) []byte{"exchange": post, "poll": poll} {
		packed, plain := ask(parcel.Current), ask(0)
		ids, text, err := parcel.Open(packed, 1<<20)
		if err != nil || parcel.Is(plain) || parcel.Is(ask(parcel.Current+1)) {
			t.Fatalf("%s: %v", name, err)
		}
		var want []string
		var out struct {
			Households []struct {
				ID   string
				S    int
				Full bool
				Rows map[string][]json.RawMessage
			}
		}
		if err := json.Unmarshal(plain, &out); err != nil {
			t.Fatal(err)
		}
		for _, h := range out.Households {
			want = append(want, fmt.Sprint(h.ID, h.S, " ", b2i(h.Full), " 0 0"))
			for typ, rows := range h.Rows {
				for _, r := range rows {
					want = append(want, h.ID+" "+typ+" "+string(r))
				}
			}
		}
		if got := unfold(t, ids, text); len(out.Households) != 6 || !sameSet(got, want) {
			t.Errorf("%s: got %q\nwant %q", name, got, want)
		}
		if len(packed)*3 > len(plain) {
			t.Errorf("%s: %d bytes packed, %d plain", name, len(packed), len(plain))
		}
	}
	if _, err := delta.Cells([]byte(`{"id":`)); err == nil {
		t.Error("half a row was taken apart")
	}
}
