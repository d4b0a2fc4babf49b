package registry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// search returns "code: member names" of what was found.
func search(t *testing.T, tn *town.Town, a access.Actor, text string) []string {
	t.Helper()
	found, _, err := tn.Registry.Search(t.Context(), a, text)
	if err != nil {
		t.Fatalf("%s searches %q: %v", a.Role, text, err)
	}
	out := []string{}
	for _, f := range found {
		var h struct{ Code string }
		check(t, json.Unmarshal(f.Household, &h))
		var names []string
		for _, m := range f.Members {
			var p struct{ Name string }
			check(t, json.Unmarshal(m, &p))
			names = append(names, p.Name)
		}
		out = append(out, h.Code+": "+strings.Join(names, " "))
	}
	return out
}

// people gives household i of a town a member more.
func people(t *testing.T, tn *town.Town, i int, m household.Member) {
	t.Helper()
	_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Action: "test", Households: []string{tn.Houses[i]}}, func(tx write.Tx) error {
		p := m
		p.Meta = record.Meta{ID: tx.NewID(), Household: tn.Houses[i], DeletedAt: m.DeletedAt}
		tx.Put(household.MemberType, &p)
		return nil
	})
	check(t, err)
}

func TestSearch(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, far := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 4}), add(t, b, town.Size{Cadres: 1, Houses: 1})
		people(t, tn, 0, household.Member{Name: "甲%子", Relation: "之子"})
		people(t, tn, 1, household.Member{Name: "甲乙", Relation: "之子"})
		people(t, tn, 1, household.Member{Name: "甲", Relation: "之女", Left: "外嫁"})
		people(t, tn, 2, household.Member{Name: "甲丙", Relation: "之女", Meta: record.Meta{DeletedAt: 1}})
		people(t, far, 0, household.Member{Name: "甲丁", Relation: "之子"})
		check(t, b.DB.PutAreas(t.Context(), []area.Area{{Code: tn.Village, Parent: tn.Township, Level: "village", Name: "坪子村", Township: tn.Township},
			{Code: tn.Township, Level: "township", Name: "坪子镇", Township: tn.Township}}))
		c0, c1, v, admin := tn.Cadres[0], tn.Cadres[1], tn.Workers[0], tn.Admin
		county := access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
		audit := as(county, func(a *access.Actor) { a.Role = access.Auditor })
		foreign := as(county, func(a *access.Actor) { a.County = "999800" })
		all := []string{"H00001: ", "H00002: ", "H00003: ", "H00004: "}
		none := []string{}
		// 户主3 lies with cadre 0: households 0 and 2 are his.
		for _, c := range []struct {
			who  access.Actor
			text string
			want []string
		}{
			{admin, "甲", []string{"H00001: 甲%子", "H00002: 甲乙 甲"}},
			{admin, " 甲乙 ", []string{"H00002: 甲乙"}},
			{admin, "甲%", []string{"H00001: 甲%子"}},
			{admin, "乙", none},
			{admin, "%", none},
			{admin, "_", none},
			{admin, "' OR 1=1 --", none},
			{admin, "H0000", all},
			{admin, "H00003", all[2:3]},
			{admin, "坪子", all},
			{admin, "坪子镇", none},
			{c0, "甲", []string{"H00001: 甲%子"}},
			{c1, "甲", []string{"H00002: 甲乙 甲"}},
			{c0, "H0000", []string{all[0], all[2]}},
			{c0, "坪子", []string{all[0], all[2]}},
			{v, "H0000", all},
			{v, "甲", []string{"H00001: 甲%子", "H00002: 甲乙 甲"}},
			{far.Admin, "甲", []string{"H00001: 甲丁"}},
			{far.Admin, "坪子", none},
			{county, "甲", []string{"H00001: 甲%子", "H00002: 甲乙 甲", "H00001: 甲丁"}},
			{audit, "甲乙", []string{"H00002: " + record.Mask("甲乙")}},
			{audit, "甲", []string{"H00002: " + record.Mask("甲")}}, // no feeling one's way along a masked name
			{audit, "H00001", []string{all[0], all[0]}},
			{foreign, "甲", none},
			{foreign, "H0000", none},
			{as(v, func(a *access.Actor) { a.PushOnly = true }), "甲", none},
			{access.Actor{}, "甲", none},
			{access.Actor{User: b.DB.NewID(), Role: access.Cadre, Township: tn.Township}, "甲", none},
		} {
			got := search(t, tn, c.who, c.text)
			for i := range got { // members come by id
				code, names, _ := strings.Cut(got[i], ": ")
				w := strings.Fields(names)
				slices.SortFunc(w, func(a, b string) int { return len(b) - len(a) })
				got[i] = code + ": " + strings.Join(w, " ")
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s searches %q: %q, want %q", c.who.Role, c.text, got, c.want)
			}
		}
		if check(t, tn.Pair(t.Context(), tn.Houses[0], &c1)); !slices.Equal(search(t, tn, c0, "H0000"), all[2:3]) {
			t.Error("a household handed over is still found")
		}
		for _, text := range []string{"", "  ", strings.Repeat("甲", 51), "甲\x00"} {
			if _, _, err := b.Registry.Search(t.Context(), admin, text); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

// TestSearchByNumber: only a whole number finds, whoever finds is logged, and
// nobody is shown more than a mask.
func TestSearchByNumber(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 2})
		x := "99999919500101111X"
		sealed, err := b.Box.Seal(x)
		check(t, err)
		people(t, tn, 1, household.Member{Name: "乙", Relation: "之父", IDNo: sealed, IDIndex: b.Box.Index(x)})
		audit := access.Actor{User: b.DB.NewID(), Role: access.Auditor, County: "999900"}
		for _, c := range []struct {
			who  access.Actor
			text string
			want string
		}{
			{tn.Admin, "999999195001010000", "H00001: 户主1"},
			{tn.Admin, "９９９９９９ 19500101 0000", "H00001: 户主1"},
			{tn.Admin, "99999919500101111x", "H00002: 乙"},
			{tn.Admin, x, "H00002: 乙"},
			{audit, x, "H00002: " + record.Mask("乙")},
			{tn.Workers[0], x, "H00002: 乙"},
			{tn.Cadres[1], x, "H00002: 乙"},
			{tn.Cadres[0], x, ""},
			{tn.Admin, "99999919500101000", ""},
			{tn.Admin, "9999991950010100", ""},
			{tn.Admin, "999999195001010009", ""},
			{tn.Admin, b.Box.Index(x), ""},
		} {
			before := len(looks(t, tn, tn.Houses[0])) + len(looks(t, tn, tn.Houses[1]))
			got := strings.Join(search(t, tn, c.who, c.text), "; ")
			after := append(looks(t, tn, tn.Houses[0]), looks(t, tn, tn.Houses[1])...)
			grown := len(after) - before
			if got != c.want || (grown == 1) != (c.want != "") {
				t.Errorf("%s searches %q: %q, %d looks", c.who.Role, c.text, got, grown)
			}
			mine := func(l registry.Seen) bool {
				return l.User == c.who.User && l.Field == "idNo" && l.Reason == "搜索" && l.Member != "" && l.Role == string(c.who.Role) && l.At == b.Now().UnixMilli()
			}
			if c.want != "" && !slices.ContainsFunc(after, mine) {
				t.Errorf("%s searches %q: logged as %+v", c.who.Role, c.text, after)
			}
			found, _, err := b.Registry.Search(t.Context(), c.who, c.text)
			if check(t, err); strings.Contains(fmt.Sprintf("%s", found), x) || strings.Contains(fmt.Sprintf("%s", found), "99999919500101") {
				t.Errorf("%s is shown the number", c.who.Role)
			}
		}
	})
}

// TestSearchThatCannotBeLogged answers nothing.
func TestSearchThatCannotBeLogged(t *testing.T) {
	tn := single(t, town.Size{Houses: 1})
	s := *tn.Registry
	s.Store = deaf{s.Store}
	if out, _, err := s.Search(t.Context(), tn.Admin, "999999195001010000"); err == nil || out != nil {
		t.Errorf("%s %v", out, err)
	}
	if out, _, err := s.Search(t.Context(), tn.Admin, "户主"); err != nil || len(out) != 1 {
		t.Errorf("by name nothing is revealed: %s %v", out, err)
	}
}

// TestSearchIsBounded: fifty households, and it is said that there are more.
func TestSearchIsBounded(t *testing.T) {
	tn := single(t, town.Size{Houses: 52, Cadres: 1})
	for text, want := range map[string]int{"H000": 50, "户主": 50, "H0005": 3, "户主5": 4} {
		out, more, err := tn.Registry.Search(t.Context(), tn.Cadres[0], text)
		if check(t, err); len(out) != want || more != (want == 50) {
			t.Errorf("%q: %d, more %v", text, len(out), more)
		}
	}
}
