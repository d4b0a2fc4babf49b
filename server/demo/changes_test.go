package demo

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"daohu/server/roster"
)

// applied is what a book says once its changes are carried out.
func applied(b *roster.Book, list []Change) *roster.Book {
	out := *b
	out.Members = slices.Clone(b.Members)
	out.Households = slices.Clone(b.Households)
	gone := map[string]Change{}
	for _, c := range list {
		if c.Came != nil {
			out.Members = append(out.Members, *c.Came)
		} else {
			gone[c.Member] = c
		}
	}
	for i := range out.Members {
		if c, ok := gone[out.Members[i].Rec.Code]; ok {
			out.Members[i].Rec.Left, out.Members[i].Rec.LeftDay = c.Left, c.Day
		}
	}
	slices.SortStableFunc(out.Members, func(x, y roster.MemberRow) int {
		return cmp.Or(cmp.Compare(x.House, y.House), cmp.Compare(x.Rec.Code, y.Rec.Code))
	})
	out.Settle()
	return &out
}

// TestChangesOfThePlan: product.md row 6, and every other figure to the person
// before and after, for several seeds and days.
func TestChangesOfThePlan(t *testing.T) {
	for _, c := range []struct {
		seed uint64
		day  string
	}{{1, "2026-07-14"}, {20260101, "2026-11-27"}, {3, "2028-02-29"}, {4, "2025-12-31"}, {5, "2027-01-01"}} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		b := Townships(c.seed, day)[0]
		list, err := Changes(b, c.seed, day)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Changes(b, c.seed, day)
		if !reflect.DeepEqual(list, again) {
			t.Error("the same seed gives other changes")
		}
		houses, people, reasons := map[string]bool{}, map[string]bool{}, map[string]int{}
		for _, x := range list {
			houses[x.House] = true
			who, why := x.Member, x.Left
			if x.Came != nil {
				who, why = x.Came.Rec.Code, x.Came.Rec.Joined
			}
			people[who] = true
			reasons[why]++
			if x.Author == "" || x.Day > c.day || x.Day < day.AddDate(-1, 0, 0).Format(time.DateOnly) {
				t.Errorf("%s: by %q on %s", who, x.Author, x.Day)
			}
		}
		if len(list) != 334 || len(people) != 334 || len(houses) != 286 {
			t.Errorf("%s: %d changes of %d people in %d households, want 334 and 286", c.day, len(list), len(people), len(houses))
		}
		for _, why := range []string{"出生", "婚入", "漏登补录", "去世", "外嫁", "户籍迁出"} {
			if reasons[why] == 0 {
				t.Errorf("nobody %s: %v", why, reasons)
			}
		}
		after := applied(b, list)
		if !reflect.DeepEqual(figures(b), figures(after)) {
			t.Errorf("figures %v, want %v", figures(after), figures(b))
		}
		checkQuality(t, living(after), day)
	}
}

// figures are households and people of every cohort and of all.
func figures(b *roster.Book) map[string][2]int {
	out := map[string][2]int{}
	for _, h := range b.Households {
		k := fmt.Sprint(h.Rec.ExitYear, h.Rec.PlanYear, h.Rec.Safety)
		if _, seen := out[k]; !seen {
			out[k] = count(b, func(o roster.HouseRow) bool { return k == fmt.Sprint(o.Rec.ExitYear, o.Rec.PlanYear, o.Rec.Safety) })
		}
	}
	out["all"] = count(b, func(roster.HouseRow) bool { return true })
	return out
}

// living leaves out who has left, and the number of people, so that incomes,
// which are last year's, are not held against it.
func living(b *roster.Book) *roster.Book {
	out := *b
	out.Members = slices.DeleteFunc(slices.Clone(b.Members), func(m roster.MemberRow) bool { return m.Rec.Left != "" })
	out.Households = slices.Clone(b.Households)
	for i := range out.Households {
		out.Households[i].Rec.People = 0
	}
	return &out
}

// TestChangesNeedPeople: a book in which nobody can leave says so.
func TestChangesNeedPeople(t *testing.T) {
	b := Townships(1, today())[0]
	b.Members = slices.DeleteFunc(b.Members, func(m roster.MemberRow) bool { return m.Rec.Relation != "户主" })
	if list, err := Changes(b, 1, today()); err == nil {
		t.Errorf("%d changes of households of one", len(list))
	}
}
