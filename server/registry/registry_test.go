package registry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/booklet"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, b *town.Base, size town.Size) *town.Town {
	t.Helper()
	tn, err := b.Add(t.Context(), size)
	check(t, err)
	return tn
}

// login is the login of a household itself.
func login(t *testing.T, tn *town.Town, house string) access.Actor {
	t.Helper()
	h := access.Actor{User: tn.DB.NewID(), Role: access.Household, Township: tn.Township, Household: house}
	_, err := tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Action: "card", Households: []string{house, tn.Common}}, func(tx write.Tx) error {
		return pairing.Assign(tx, tn.Common, "H", pairing.SourceSelf, map[string][]string{h.User: {house}})
	})
	check(t, err)
	return h
}

func as(a access.Actor, change func(*access.Actor)) access.Actor {
	change(&a)
	return a
}

func TestReach(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, far := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 4}), add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 2})
		mine, other, away := tn.Houses[0], tn.Houses[1], far.Houses[0]
		h := login(t, tn, mine)
		county := access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
		audit := as(county, func(a *access.Actor) { a.Role = access.Auditor })
		foreign := as(county, func(a *access.Actor) { a.County = "999800" })
		one, both := []string{tn.Township}, []string{tn.Township, far.Township}
		for _, c := range []struct {
			name  string
			who   access.Actor
			sees  [3]bool // mine, another of the township, another township's
			towns []string
		}{
			{"household", h, [3]bool{true, false, false}, one},
			{"cadre", tn.Cadres[0], [3]bool{true, false, false}, one},
			{"the other cadre", tn.Cadres[1], [3]bool{false, true, false}, one},
			{"village worker", tn.Workers[0], [3]bool{true, true, false}, one},
			{"township admin", tn.Admin, [3]bool{true, true, false}, one},
			{"county", county, [3]bool{true, true, true}, both},
			{"auditor", audit, [3]bool{true, true, true}, both},
			{"another county", foreign, [3]bool{}, nil},
			{"nobody", access.Actor{}, [3]bool{}, nil},
			{"a role without a user", access.Actor{Role: access.Township, Township: tn.Township}, [3]bool{}, nil},
			{"push-only cadre", as(tn.Cadres[0], func(a *access.Actor) { a.PushOnly = true }), [3]bool{}, nil},
			{"a cadre who calls himself of the township", access.Actor{User: b.DB.NewID(), Role: access.Cadre, Township: tn.Township}, [3]bool{}, nil},
		} {
			for i, house := range []string{mine, other, away} {
				got, err := b.Registry.Reach(t.Context(), c.who, house)
				if ok := err == nil && got.ID == house; ok != c.sees[i] || (err != nil && !fault.Is(err, fault.NotFound)) {
					t.Errorf("%s, household %d: %+v %v", c.name, i, got, err)
				}
				if _, err := b.Registry.Get(t.Context(), c.who, household.HouseholdType, house); (err == nil) != c.sees[i] {
					t.Errorf("%s gets household %d: %v", c.name, i, err)
				}
			}
			for _, bad := range []string{"", "x", b.DB.NewID()} {
				if _, err := b.Registry.Reach(t.Context(), c.who, bad); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s reaches %q: %v", c.name, bad, err)
				}
			}
			for _, tw := range both {
				got, err := b.Registry.ReachTownship(t.Context(), c.who, tw)
				if want := slices.Contains(c.towns, tw); want != (err == nil && got == tw) {
					t.Errorf("%s, township %s: %q %v", c.name, tw, got, err)
				}
			}
			got, err := b.Registry.ReachTownship(t.Context(), c.who, "")
			if home := len(c.towns) == 1; home != (err == nil && got == tn.Township) {
				t.Errorf("%s without a township: %q %v", c.name, got, err)
			}
		}
		check(t, tn.Pair(t.Context(), mine, &tn.Cadres[1]))
		if _, err := b.Registry.Reach(t.Context(), tn.Cadres[0], mine); !fault.Is(err, fault.NotFound) {
			t.Errorf("after the hand-over: %v", err)
		}
	})
}

func list(t *testing.T, tn *town.Town, a access.Actor, typ *record.Type, q registry.PageQuery) ([]map[string]any, string) {
	t.Helper()
	q.Township = tn.Township
	raw, next, err := tn.Registry.List(t.Context(), a, typ, q)
	check(t, err)
	var out []map[string]any
	for _, r := range raw {
		var m map[string]any
		check(t, json.Unmarshal(r, &m))
		out = append(out, m)
	}
	return out, next
}

func TestListPagesAndMasks(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 7})
		seen, after := []string{}, ""
		for {
			rows, next := list(t, tn, tn.Admin, household.HouseholdType, registry.PageQuery{After: after, Limit: 3})
			if len(rows) > 3 {
				t.Fatalf("a page of %d", len(rows))
			}
			for _, r := range rows {
				seen = append(seen, r["id"].(string))
			}
			if after = next; next == "" {
				break
			}
		}
		if want := slices.Sorted(slices.Values(append(slices.Clone(tn.Houses), tn.Common))); !slices.Equal(seen, want) {
			t.Errorf("pages give %v, want %v", seen, want)
		}
		if rows, next := list(t, tn, tn.Admin, household.HouseholdType, registry.PageQuery{Limit: 8}); len(rows) != 8 || next != "" {
			t.Errorf("a full last page: %d rows, next %q", len(rows), next)
		}
		if rows, next := list(t, tn, tn.Admin, household.MemberType, registry.PageQuery{Household: tn.Houses[2], Limit: 9}); len(rows) != 1 || next != "" || rows[0]["household"] != tn.Houses[2] {
			t.Errorf("one household's members: %v %q", rows, next)
		}
		if _, _, err := b.Registry.List(t.Context(), tn.Admin, household.MemberType, registry.PageQuery{Township: tn.Township, State: "open", Limit: 1}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a state where there is none: %v", err)
		}
		for role, want := range map[access.Role][5]any{ // head, phone, name, idNo, by the projection's rules
			access.Cadre:     {"户主1", "19900000000", "户主1", nil},
			access.Village:   {"户主1", "19900000000", "户主1", nil},
			access.Household: {"户主1", "199******00", "户主1", nil},
			access.Township:  {"户主1", "199******00", "户主1", "999*************00"},
			access.County:    {"户主1", "199******00", "户主1", "999*************00"},
			access.Auditor:   {"***", "199******00", "***", "999*************00"},
		} {
			a := access.Actor{User: b.DB.NewID(), Role: role}
			h, _ := list(t, tn, a, household.HouseholdType, registry.PageQuery{Household: tn.Houses[0], Limit: 9})
			m, _ := list(t, tn, a, household.MemberType, registry.PageQuery{Household: tn.Houses[0], Limit: 9})
			if got := [5]any{h[0]["head"], h[0]["phone"], m[0]["name"], m[0]["idNo"]}; got != want {
				t.Errorf("role %s sees %q, want %q", role, got, want)
			}
		}
		if rows, _ := list(t, tn, as(tn.Admin, func(a *access.Actor) { a.Role = access.County }), household.ProposalType, registry.PageQuery{Limit: 9}); len(rows) != 0 {
			t.Error("the county reads proposals")
		}
	})
}

func TestDraftsAndForeignTypesStayHidden(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		draft := &booklet.Card{Meta: record.Meta{ID: b.DB.NewID(), Household: tn.Common}, Code: "x", State: "draft"}
		_, err := b.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: []string{tn.Common}}, func(tx write.Tx) error {
			tx.Put(booklet.Type, booklet.Type.Clone(draft))
			return nil
		})
		check(t, err)
		for _, c := range []struct {
			who  access.Actor
			sees bool
		}{{tn.Admin, true}, {tn.Cadres[0], false}} {
			_, err := b.Registry.Get(t.Context(), c.who, booklet.Type, draft.ID)
			_, err2 := b.Registry.Row(t.Context(), c.who, booklet.Type, draft.ID)
			if (err == nil) != c.sees || (err2 == nil) != c.sees {
				t.Errorf("role %s: %v, %v", c.who.Role, err, err2)
			}
		}
		for _, raw := range []string{"", "x", "AAAAAAAAAAAA"} {
			if _, err := b.Registry.Row(t.Context(), tn.Admin, booklet.Type, raw); !fault.Is(err, fault.NotFound) {
				t.Errorf("id %q: %v", raw, err)
			}
		}
		if _, err := b.Registry.Row(t.Context(), as(tn.Admin, func(a *access.Actor) { a.Role = access.County }), activity.VisitType, "AAAAAAAAAAAA"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a type the role may not see: %v", err)
		}
		mime, body, err := b.Registry.Body(t.Context(), tn.Cadres[0], card(t, tn).SHA256)
		if err != nil || !strings.HasPrefix(mime, "text/markdown") || len(body) == 0 {
			t.Errorf("a card's body: %q %d bytes %v", mime, len(body), err)
		}
		if _, _, err := b.Registry.Body(t.Context(), access.Actor{User: "x", Role: access.Cadre}, card(t, tn).SHA256); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger reads it: %v", err)
		}
	})
}

func card(t *testing.T, tn *town.Town) *booklet.Card {
	t.Helper()
	r, err := tn.DB.Find(t.Context(), booklet.Type, []string{tn.Township}, tn.Cards[0])
	check(t, err)
	return r.(*booklet.Card)
}

func member(t *testing.T, tn *town.Town, house string) *household.Member {
	t.Helper()
	rs, err := tn.DB.Page(t.Context(), household.MemberType, registry.PageQuery{Township: tn.Township, Household: house, Limit: 1})
	check(t, err)
	return rs[0].(*household.Member)
}

func TestChange(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, far := add(t, b, town.Size{Cadres: 1, Houses: 2}), add(t, b, town.Size{})
		m := member(t, tn, tn.Houses[0])
		change := func(who access.Actor, rev int64, patch string, code fault.Code) {
			t.Helper()
			out, err := b.Registry.Change(t.Context(), who, household.MemberType, m.ID, rev, json.RawMessage(patch))
			if fault.Is(err, code) || (code == "" && err == nil && strings.Contains(string(out), fmt.Sprintf(`"rev":%d`, rev+1))) {
				return
			}
			t.Errorf("%s at %d: %s %v, want %q", patch, rev, out, err, code)
		}
		const idNo = "999999196002020018"
		change(tn.Admin, 2, `{"name":"改名"}`, fault.Stale)
		change(tn.Admin, 1, `{"by":"x"}`, fault.Invalid)
		change(tn.Admin, 1, `{"relation":null}`, fault.Invalid)
		change(tn.Admin, 1, `[]`, fault.BadRequest)
		change(far.Admin, 1, `{"name":"改名"}`, fault.NotFound)
		change(tn.Admin, 1, `{"name":"改名","idNo":"`+idNo+`"}`, "")
		change(tn.Admin, 1, `{"name":"又改"}`, fault.Stale)
		got := member(t, tn, tn.Houses[0])
		if plain, err := b.Box.Open(got.IDNo); err != nil || plain != idNo || got.IDIndex != b.Box.Index(idNo) || got.IDIndex == m.IDIndex {
			t.Errorf("the blind index did not follow: %v", err)
		}
		known, err := b.DB.LivingNumbers(t.Context(), tn.Township, []string{b.Box.Index(idNo), m.IDIndex})
		if err != nil || !known[b.Box.Index(idNo)] || known[m.IDIndex] {
			t.Errorf("known numbers: %v %v", known, err)
		}
		change(tn.Admin, 2, `{"idNo":null}`, "")
		if got = member(t, tn, tn.Houses[0]); got.IDNo != "" || got.IDIndex != "" {
			t.Error("an erased number leaves its index")
		}
		r, err := b.DB.Find(t.Context(), household.HouseholdType, []string{tn.Township}, tn.Houses[0])
		if err != nil || r.(*household.Household).Head != "改名" {
			t.Errorf("the household's head did not follow: %v", err)
		}
		hs, err := b.DB.Histories(t.Context(), tn.Township)
		check(t, err)
		fields := map[string]int{}
		for _, h := range hs {
			if h.Row == m.ID {
				fields[h.Field]++
				if h.By != tn.Admin.User || h.Seq == 0 || h.At == 0 || strings.Contains(h.Old+h.New, "9999991") {
					t.Errorf("history %+v", h)
				}
			}
		}
		if fields["name"] != 1 || fields["idNo"] != 2 || len(fields) != 2 {
			t.Errorf("history of %v", fields)
		}
		seq := got.Seq
		out, err := b.Registry.Change(t.Context(), tn.Admin, household.MemberType, m.ID, 3, json.RawMessage(`{"name":"改名"}`))
		if err != nil || !strings.Contains(string(out), `"rev":3`) || member(t, tn, tn.Houses[0]).Seq != seq {
			t.Errorf("nothing changed, but something was written: %s %v", out, err)
		}
	})
}

func TestMakeTwiceIsOnce(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
		at := registry.House{ID: tn.Houses[0], Township: tn.Township}
		const body = `{"name":"媳妇","relation":"配偶","sex":"女","idNo":"999999196002020018"}`
		id := b.DB.NewID()
		var first string
		for range 3 {
			out, err := b.Registry.Make(t.Context(), tn.Admin, household.MemberType, at, id, json.RawMessage(body))
			check(t, err)
			if first == "" {
				first = string(out)
			}
			if string(out) != first || !strings.Contains(first, `"idNo":"999*************18"`) {
				t.Fatalf("%s, then %s", first, out)
			}
		}
		r, err := b.DB.Find(t.Context(), household.HouseholdType, []string{tn.Township}, tn.Houses[0])
		if err != nil || r.(*household.Household).People != 2 {
			t.Errorf("people: %v", err)
		}
		for name, c := range map[string]struct {
			at   registry.House
			id   string
			body string
			code fault.Code
		}{
			"another body":       {at, id, `{"name":"媳妇","relation":"儿媳"}`, fault.IDTaken},
			"another ID number":  {at, id, strings.Replace(body, "196002020018", "197002020018", 1), fault.IDTaken},
			"another household":  {registry.House{ID: tn.Houses[1], Township: tn.Township}, id, body, fault.IDTaken},
			"not an id":          {at, "x", body, fault.Invalid},
			"a server-set field": {at, "", `{"name":"媳妇","relation":"配偶","by":"x"}`, fault.Invalid},
			"what is required":   {at, "", `{"name":"媳妇"}`, fault.Invalid},
			"not an object":      {at, "", `[]`, fault.BadRequest},
		} {
			if _, err := b.Registry.Make(t.Context(), tn.Admin, household.MemberType, c.at, c.id, json.RawMessage(c.body)); !fault.Is(err, c.code) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		}
		out, err := b.Registry.Make(t.Context(), tn.Admin, household.MemberType, at, "", json.RawMessage(`{"name":"孙子","relation":"孙子"}`))
		if err != nil || !strings.Contains(string(out), "孙子") {
			t.Errorf("with an id of the server's: %s %v", out, err)
		}
	})
}

func TestMy(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
		h := login(t, tn, tn.Houses[0])
		_, err := b.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: tn.Houses}, func(tx write.Tx) error {
			for i := range 20 {
				tx.Put(activity.VisitType, &activity.Visit{Meta: record.Meta{ID: tx.NewID(), Household: tn.Houses[i%2], MadeBy: tn.Cadres[0].User}, Day: fmt.Sprintf("2026-02-%02d", 1+(i*7)%20), State: "approved", Flags: `["double"]`})
			}
			return nil
		})
		check(t, err)
		my, err := b.Registry.My(t.Context(), h)
		check(t, err)
		if len(my.Helpers) != 1 || !strings.Contains(string(my.Helpers[0]), "干部1") || len(my.Visits) != 10 || len(my.Cards) != len(tn.Cards) {
			t.Fatalf("%d helpers, %d visits, %d cards", len(my.Helpers), len(my.Visits), len(my.Cards))
		}
		last := "9"
		for _, raw := range my.Visits {
			var v map[string]any
			check(t, json.Unmarshal(raw, &v))
			if day := v["day"].(string); day > last {
				t.Errorf("%s after %s", day, last)
			} else {
				last = day
			}
			if v["flags"] != nil || v["by"] != nil {
				t.Errorf("a household sees %v", v)
			}
		}
		check(t, tn.Pair(t.Context(), tn.Houses[0], nil))
		if my, err = b.Registry.My(t.Context(), h); err != nil || len(my.Helpers) != 0 {
			t.Errorf("an ended pairing is shown: %v %v", my.Helpers, err)
		}
		if _, err = b.Registry.My(t.Context(), as(h, func(a *access.Actor) { a.Household = tn.Houses[1] })); !fault.Is(err, fault.NotFound) {
			t.Errorf("another household's page: %v", err)
		}
	})
}
