package roster_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/area"
	"daohu/server/roster"
	"daohu/server/servertest/town"
)

// over writes what the row with says over the row of, which is what an update
// is to do: nothing is said by a zero value but by a yes or no, which a sheet
// always says.
func over(of, with reflect.Value) {
	for i := range with.NumField() {
		from, to := with.Field(i), of.Field(i)
		switch {
		case with.Type().Field(i).Name == "Row" || !to.CanSet():
		case from.Kind() == reflect.Struct:
			over(to, from)
		case from.Kind() == reflect.Bool || !from.IsZero():
			to.Set(from)
		}
	}
}

// TestUpdateIsTheUnion, for any book and any other of the same households and
// people: after the update every field says what the other book says of it,
// or, where that is silent, what it said before; and the same update again
// changes nothing.
func TestUpdateIsTheUnion(t *testing.T) {
	b, err := town.Open(t.Context(), town.Options{File: t.TempDir() + "/t.db"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		was, other := roster.DrawBook(rt), roster.DrawBook(rt)
		w := begin(t, b, fmt.Sprintf("9998%05d", n))
		w.into.Areas, w.into.Update = was.Areas, true
		for _, c := range was.Cadres {
			w.into.People[c.Login] = account.User{ID: b.DB.NewID(), Login: c.Login, Name: c.Name, Role: access.Role(c.Role), Unit: c.Unit, Rank: c.Rank, Area: c.Village}
		}
		next := &roster.Book{Areas: was.Areas}
		for i := range was.Households {
			h := &was.Households[i]
			at := slices.IndexFunc(other.Households, func(x roster.HouseRow) bool { return x.Rec.Code == h.Rec.Code })
			if at < 0 {
				continue
			}
			row := other.Households[at]
			row.Rec.Village = was.Households[rapid.IntRange(0, len(was.Households)-1).Draw(rt, "village of")].Rec.Village
			next.Households = append(next.Households, row)
		}
		for i := range was.Members {
			m := &was.Members[i]
			at := slices.IndexFunc(other.Members, func(x roster.MemberRow) bool { return x.Rec.Code == m.Rec.Code })
			if at < 0 {
				continue
			}
			row := other.Members[at]
			row.IDNo = m.IDNo // drawn by place in the book: it would be somebody else's
			next.Members = append(next.Members, row)
		}
		next.Settle()
		if _, err := w.load(w.reread(was), w.into); err != nil {
			rt.Fatal(err)
		}
		want := &roster.Book{Areas: was.Areas, Households: slices.Clone(was.Households), Members: slices.Clone(was.Members)}
		for i := range want.Households {
			for _, row := range next.Households {
				if row.Rec.Code == want.Households[i].Rec.Code {
					if row.Rec.Village != want.Households[i].Rec.Village {
						want.Households[i].Group = "" // a group is one of its village
					}
					over(reflect.ValueOf(&want.Households[i]).Elem(), reflect.ValueOf(row))
				}
			}
		}
		for i := range want.Members {
			for _, row := range next.Members {
				if row.Rec.Code == want.Members[i].Rec.Code {
					over(reflect.ValueOf(&want.Members[i]).Elem(), reflect.ValueOf(row))
				}
			}
		}
		want.Settle()
		p, err := w.load(w.reread(next), w.into)
		if err != nil {
			rt.Fatal(err)
		}
		got := w.out(want)
		if !reflect.DeepEqual(got.Households, want.Households) || !reflect.DeepEqual(got.Members, want.Members) {
			rt.Errorf("after the update\ngot  %+v\n     %+v\nwant %+v\n     %+v", got.Households, got.Members, want.Households, want.Members)
		}
		if p.Counts.Households.New+p.Counts.Members.New > 0 {
			rt.Errorf("%+v", p.Counts)
		}
		if again := w.plan(w.reread(next), w.into); again.All().New+again.All().Changed > 0 {
			rt.Errorf("the same again: %+v", again.Counts)
		}
	})
}

// reread sends a book through a file.
func (w *world) reread(b *roster.Book) *roster.Book {
	w.t.Helper()
	var buf bytes.Buffer
	if err := roster.Write(&buf, b); err != nil {
		w.t.Fatal(err)
	}
	out, issues, err := roster.Known{}.Parse(w.t.Context(), bytes.NewReader(buf.Bytes()), int64(buf.Len()), nil)
	for _, i := range issues { // an update may bring some members only: heads are judged against the registry
		if i.Level != roster.Warning && i.Code != roster.CodeNoHead && i.Code != roster.CodeNoHousehold {
			w.t.Fatalf("%+v", i)
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// out reads the households and people of a township in full, in the order of
// like.
func (w *world) out(like *roster.Book) *roster.Book {
	w.t.Helper()
	view, out := roster.View{Role: "T", Full: true, Sealer: w.Box}, &roster.Book{}
	codes := map[string]string{}
	for _, row := range like.Households {
		h := w.house(row.Rec.Code)
		codes[h.Code] = h.ID
		got, _, err := view.House(h, strings.TrimPrefix(h.Place, like.Areas[slices.IndexFunc(like.Areas, func(a area.Area) bool { return a.Code == h.Village })].Name))
		if err != nil {
			w.t.Fatal(err)
		}
		got.Row = row.Row
		out.Households = append(out.Households, got)
	}
	for _, row := range like.Members {
		m := w.person(row.Rec.Code)
		if m.Household != codes[row.House] || m.IDIndex != w.Box.Index(row.IDNo) {
			w.t.Errorf("%s lies elsewhere, or its index is wrong", m.Code)
		}
		got, _, err := view.Member(m, row.House)
		if err != nil {
			w.t.Fatal(err)
		}
		got.Row = row.Row
		out.Members = append(out.Members, got)
	}
	return out
}
