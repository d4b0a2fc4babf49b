package roster

import (
	"slices"
	"strings"

	"daohu/server/record"
)

// wordsOf is how a word of a field's code list is found again: numbers and
// other spellings come from the list, so that a code stands in one place.
// Fields without a list know no other spellings.
func wordsOf(f record.Field) func(string) string {
	if f.List == "" {
		return func(s string) string { return s }
	}
	list := record.ListNamed(f.List)
	own, spellings := list.Words(), list.Spellings()
	return func(s string) string {
		// A number loses its leading nought and a letter may be small: 1 for
		// 01, c级 for C级. What the list has as it stands goes before.
		for _, try := range []string{s, strings.ToUpper(s), "0" + s} {
			if to, ok := spellings[try]; ok {
				return to
			}
			if slices.Contains(own, try) {
				return try
			}
		}
		return s
	}
}

// choice reads one of the field's own words. Whether it is allowed is the
// field's business.
func choice(f record.Field) conv {
	word := wordsOf(f)
	return func(_ *env, f record.Field, s string) (string, *record.Problem) {
		s = narrow(s)
		if slices.Contains(f.Enum, "是") {
			return yesNo(s), nil
		}
		return word(s), nil
	}
}

// offered reads one of the words a field offers; others stay as they are.
func offered(f record.Field) conv {
	word := wordsOf(f)
	return func(_ *env, f record.Field, s string) (string, *record.Problem) {
		if to := word(narrow(s)); slices.Contains(f.Offer, to) {
			return to, nil
		}
		return s, nil
	}
}

// several reads words that may be combined, as health; the field keeps them
// joined by a plain comma.
func several(f record.Field) conv {
	word := wordsOf(f)
	return func(_ *env, _ record.Field, s string) (string, *record.Problem) {
		return strings.Join(words(s, word), ","), nil
	}
}

// words takes a list apart and finds each word again.
func words(s string, word func(string) string) []string {
	items := split(s)
	for i := range items {
		items[i] = word(items[i])
	}
	return items
}

// causeList reads further causes, each of which must be a main cause too.
func causeList(main record.Field) conv {
	word := wordsOf(main)
	return func(_ *env, _ record.Field, s string) (string, *record.Problem) {
		items := words(s, word)
		for _, it := range items {
			if p := main.CheckText(it); p != nil {
				return "", p
			}
		}
		return string(record.ListOf(items)), nil
	}
}

func listOut(v string) string { return strings.Join(itemsOf(v), "、") }

// itemsOf takes a list of texts apart.
func itemsOf(v string) []string {
	var items []string
	_ = record.List(v).Into(&items) // a field's List is always a list
	return items
}

// place declares one column of several that fill a list of texts together, the
// first item in column 0: the national export has five columns of risks. Blank
// columns are skipped, so that the items close up.
func place[R any](head string, t *record.Type, field string, n int, rec func(*R) record.Record) column[R] {
	list := fieldOf(t, field)
	f := record.Field{Name: list.Name, Kind: record.Text, Max: 20, List: list.List, Offer: list.Offer}
	c := column[R]{head: head, field: f,
		get: func(r *R) string {
			if items := itemsOf(t.Get(rec(r), list)); n < len(items) {
				return items[n]
			}
			return ""
		},
		set: func(r *R, v string) {
			if v != "" {
				items := append(itemsOf(t.Get(rec(r), list)), v)
				_ = t.Set(rec(r), list, string(record.ListOf(items))) // a list of texts fits
			}
		},
	}
	c.in, c.out = reading(f)
	return c
}

// fieldOf is the declared field; a missing one is a bug the first test shows.
func fieldOf(t *record.Type, field string) record.Field {
	f, ok := t.Field(field)
	if !ok {
		panic("roster: " + t.Name + " has no field " + field)
	}
	return f
}
