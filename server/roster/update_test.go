package roster_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/roster"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/write"
)

// loaded is a township with book in it, and what an update of it is.
func loaded(t *testing.T, b *town.Base, township string) *world {
	t.Helper()
	w := begin(t, b, township)
	w.into.Areas = book().Areas
	if _, err := w.load(book(), w.into); err != nil {
		t.Fatal(err)
	}
	w.into.Update = true
	return w
}

// read sends a book through a file, as an update comes in.
func (w *world) read(b *roster.Book) *roster.Book {
	w.t.Helper()
	var buf bytes.Buffer
	if err := roster.Write(&buf, b); err != nil {
		w.t.Fatal(err)
	}
	known := roster.Known{Areas: book().Areas, Households: []string{"H1", "H2"}, Cadre: func(l string) bool { return w.into.People[l].ID != "" }}
	out, issues, err := known.Parse(w.t.Context(), bytes.NewReader(buf.Bytes()), int64(buf.Len()), nil)
	if err != nil || roster.HasErrors(issues) {
		w.t.Fatalf("%v %+v", err, issues)
	}
	return out
}

// one is the row of t that is meant.
func one[R record.Record](w *world, t *record.Type, meant func(R) bool) R {
	w.t.Helper()
	for _, r := range w.rows(t) {
		if meant(r.(R)) {
			return r.(R)
		}
	}
	w.t.Fatalf("no such %s", t.Name)
	panic("not reached")
}

func (w *world) house(code string) *household.Household {
	w.t.Helper()
	return one(w, household.HouseholdType, func(h *household.Household) bool { return h.Code == code })
}

func (w *world) person(code string) *household.Member {
	w.t.Helper()
	return one(w, household.MemberType, func(m *household.Member) bool { return m.Code == code })
}

// history is what the last transaction wrote over, without sealed values.
func (w *world) history() []string {
	w.t.Helper()
	hs, err := w.DB.Histories(w.t.Context(), w.Township)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, h := range hs {
		if h.Seq != w.seq() {
			continue
		}
		if h.By != w.Admin.User || h.At != w.Now().UnixMilli() {
			w.t.Errorf("history %+v", h)
		}
		if h.Field == "phone" || h.Field == "idNo" {
			h.Old, h.New = "", ""
		}
		out = append(out, fmt.Sprintf("%s.%s %s>%s", h.Type, h.Field, h.Old, h.New))
	}
	slices.Sort(out)
	return out
}

// TestUpdateOfTheSame: a book that is there already writes nothing, whether it
// comes from a file or from a program.
func TestUpdateOfTheSame(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := loaded(t, b, "999901101")
		before := w.seq()
		for _, same := range []*roster.Book{book(), w.read(book()), w.read(&roster.Book{Pairings: book().Pairings}), {}} {
			p := w.plan(same, w.into)
			n := p.All()
			if n.New+n.Changed != 0 || n.Same != len(same.Areas)+len(same.Households)+len(same.Members)+len(same.Cadres)+len(same.Pairings)+len(same.Visits) || len(p.Areas) != 0 {
				t.Errorf("%+v, areas %v", p.Counts, p.Areas)
			}
			if seq, err := w.loader.Store(t.Context(), w.into, p); err != nil || seq != 0 {
				t.Errorf("seq %d, %v", seq, err)
			}
		}
		if w.seq() != before || len(w.history()) != 0 {
			t.Errorf("something was written: seq %d, history %q", w.seq(), w.history())
		}
	})
}

// TestUpdateChangesWhatIsSaid: a value that is given is written, with its
// history; one that is not given stays.
func TestUpdateChangesWhatIsSaid(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := loaded(t, b, "999901101")
		first := book()
		first.Households[0].Rec.Safety, first.Households[0].Rec.Address = true, "东村1号"
		if _, err := w.load(w.read(first), w.into); err != nil {
			t.Fatal(err)
		}
		was, person := w.house("H1"), w.person("H102")
		if !was.Safety || was.Address != "东村1号" {
			t.Fatalf("%+v", was)
		}
		next := &roster.Book{
			Households: []roster.HouseRow{{Phone: "19900000009", Group: "大寨", Rec: household.Household{Code: "H1", Village: "999901101202", Income: 320050, Causes: record.ListOf([]string{"因病"})}}},
			Members: []roster.MemberRow{
				{House: "H1", IDNo: "999999197208060038", Rec: household.Member{Code: "H102", Name: "试二改", Relation: "配偶"}},
				{House: "H1", Rec: household.Member{Code: "H103", Name: "试四", Relation: "之女"}},
			},
		}
		next.Settle()
		p, err := w.load(w.read(next), w.into)
		if err != nil {
			t.Fatal(err)
		}
		if p.Counts.Households != (roster.Count{Changed: 1}) || p.Counts.Members != (roster.Count{New: 1, Changed: 1}) {
			t.Errorf("%+v", p.Counts)
		}
		h := w.house("H1")
		plain, err := b.Box.Open(h.Phone)
		switch {
		case err != nil || plain != "19900000009":
			t.Errorf("telephone %q %v", plain, err)
		case h.Safety || h.Income != 320050 || h.Village != "999901101202" || h.Place != "西村大寨": // the sheet says 否
			t.Errorf("not written: %+v", h)
		case h.Address != "东村1号" || h.Class != "一般贫困户" || h.Head != "试一" || h.ID != was.ID || h.MadeAt != was.MadeAt:
			t.Errorf("not kept: %+v", h)
		case h.People != 3 || h.Version != was.Version+1 || h.Seq != w.seq():
			t.Errorf("people %d, version %d then %d", h.People, was.Version, h.Version)
		}
		m := w.person("H102")
		if m.Name != "试二改" || m.Version != person.Version+1 || m.IDIndex != b.Box.Index("999999197208060038") || m.IDNo == person.IDNo || m.ID != person.ID {
			t.Errorf("%+v", m)
		}
		want := []string{"household.causes >[\"因病\"]", "household.income >320050", "household.phone >", "household.place 东村>西村大寨", "household.safety 1>",
			"household.village " + village + ">999901101202", "member.idNo >", "member.name 试二>试二改"}
		if got := w.history(); !slices.Equal(got, want) {
			t.Errorf("history %q\nwant %q", got, want)
		}
		w.holds("v-1", map[string]string{"H1": h.ID, "H2": w.house("H2").ID}, [2]string{"", ""}) // hers is the other village
		if r, err := b.DB.Verify(t.Context(), store.Audit{Township: w.Township}); err != nil || len(r) != 1 || len(r[0].Findings) > 0 {
			t.Errorf("the audit: %v %+v", err, r)
		}
	})
}

// TestUpdateRefuses names what cannot be brought in, by cell.
func TestUpdateRefuses(t *testing.T) {
	b, err := town.Open(t.Context(), town.Options{File: t.TempDir() + "/t.db"})
	if err != nil {
		t.Fatal(err)
	}
	w := loaded(t, b, "999901101")
	u := w.into.People["c-1"]
	u.DisabledAt = 1
	w.into.People["c-1"] = u
	w.into.Bound, w.into.Quota = true, &pairing.Quota{Release: pairing.AfterExit}
	member := func(house, code, idno, relation, left string) *roster.Book {
		return &roster.Book{Members: []roster.MemberRow{{House: house, IDNo: idno, Rec: household.Member{Code: code, Name: "某", Relation: relation, Left: left}}}}
	}
	pair := func(house, cadre, from, to string) *roster.Book {
		return &roster.Book{Pairings: []roster.PairingRow{{House: house, Cadre: cadre, From: from, To: to}}}
	}
	for _, c := range []struct {
		name, want string
		b          *roster.Book
		add        bool // without Update
	}{
		{"a person of another household", "家庭成员 户编号 moved", member("H2", "H101", "", "户主", ""), false},
		{"a number of somebody else", "家庭成员 证件号码 duplicate", member("H1", "H102", first, "配偶", ""), false},
		{"a number of somebody else for a new one", "家庭成员 证件号码 duplicate", member("H2", "H209", first, "之子", ""), false},
		{"a second head", "家庭成员 与户主关系 two-heads", member("H1", "H109", "", "户主", ""), true},
		{"somebody becomes a second head", "家庭成员 与户主关系 two-heads", member("H1", "H102", "", "户主", ""), false},
		{"the head becomes something else", "家庭成员 与户主关系 no-head", member("H2", "H201", "", "其他", ""), false},
		{"the head leaves", "家庭成员 与户主关系 no-head", member("H2", "H201", "", "户主", "死亡"), false},
		{"known people, not an update", "家庭成员 人编号 duplicate", member("H1", "H102", "", "配偶", ""), true},
		{"a running pairing, not an update", "结对 户编号 two-pairings", pair("H2", "c-9", "2025-06-01", ""), true},
		{"before the running one began", "结对 开始日期 order", pair("H2", "c-9", "2025-01-01", ""), false},
		{"the same cadre from another day", "结对 开始日期 two-pairings", pair("H2", "c-2", "2025-06-01", ""), false},
		{"let go before it left poverty", "结对 结束日期 kept", pair("H2", "c-2", "2025-01-02", "2025-06-01"), false},
		{"a disabled cadre", "结对 干部工号 no-cadre", pair("H2", "c-1", "2025-06-01", ""), false},
		{"another person's login", "帮扶干部 工号 account", &roster.Book{Cadres: []roster.CadreRow{{Login: "c-2", Name: "别人", Role: "C", Tier: roster.TierCounty}}}, false},
		{"another role", "帮扶干部 工号 account", &roster.Book{Cadres: []roster.CadreRow{{Login: "c-2", Name: "试乙", Role: "V", Tier: roster.TierCounty, Village: village}}}, false},
		{"another township's village", "行政区划 代码 other-township", &roster.Book{Areas: []area.Area{{Code: "999901102201", Parent: "999901102", Level: area.Village, Name: "外村", Township: "999901102"}}}, false},
		{"the county", "行政区划 代码 other-township", &roster.Book{Areas: []area.Area{{Code: "999901", Level: area.County, Name: "改县"}}}, false},
		{"a village that moves", "行政区划 上级代码 no-area", &roster.Book{Areas: []area.Area{{Code: village, Parent: "999901", Level: area.Village, Name: "东村", Township: "999901101"}}}, false},
		{"a village's name, not an update", "行政区划 代码 duplicate", &roster.Book{Areas: []area.Area{{Code: village, Parent: "999901101", Level: area.Village, Name: "改村", Township: "999901101"}}}, true},
	} {
		in := w.into
		in.Update = !c.add
		_, issues, err := w.loader.Plan(t.Context(), in, c.b, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(issues) != 1 || !roster.HasErrors(issues) || issues[0].Sheet+" "+issues[0].Header+" "+issues[0].Code != c.want {
			t.Errorf("%s: %+v, want %s", c.name, issues, c.want)
		}
	}
	closed := w.house("H1")
	if _, err := b.DB.Write(t.Context(), write.Intent{Township: w.Township, Households: []string{closed.ID}}, func(tx write.Tx) error {
		now := *closed
		now.State = "closed"
		tx.Put(household.HouseholdType, &now)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	_, issues, err := w.loader.Plan(t.Context(), w.into, book(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		if i.Code != roster.CodeClosed {
			t.Errorf("%+v", i)
		}
	}
	if len(issues) != 6 { // one household, two people, two pairings, one visit
		t.Errorf("%d rows of a closed household named, want 6", len(issues))
	}
}

// TestUpdateHandsOver: another cadre ends the pairing that runs, on the day
// the new one begins; the old one stays in the history.
func TestUpdateHandsOver(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := loaded(t, b, "999901101")
		w.into.Quota = &pairing.Quota{Release: pairing.AfterExit} // met: the book names who follows
		ids := map[string]string{"H1": w.house("H1").ID, "H2": w.house("H2").ID}
		p, err := w.load(w.read(&roster.Book{Pairings: []roster.PairingRow{{House: "H2", Cadre: "c-1", From: "2025-06-01"}}}), w.into)
		if err != nil || p.Counts.Pairings != (roster.Count{New: 1}) {
			t.Fatal(err, p.Counts)
		}
		var got []string
		for _, r := range w.rows(pairing.Type) {
			if x := r.(*pairing.Pairing); x.Household == ids["H2"] {
				got = append(got, x.Name+" "+x.From+" "+x.To)
			}
		}
		if slices.Sort(got); !slices.Equal(got, []string{"试乙 2025-01-02 2025-06-01", "试甲 2025-06-01 "}) {
			t.Errorf("%q", got)
		}
		w.holds("c-1", ids, [2]string{"", ids["H2"]})
		w.holds("c-2", ids, [2]string{ids["H1"], ""})
		if got := w.history(); !slices.Equal(got, []string{"pairing.reason >按导入的结对表换人", "pairing.to >2025-06-01"}) {
			t.Errorf("history %q", got)
		}
		// A row that gives the end of one that runs ends it.
		end := &roster.Book{Pairings: []roster.PairingRow{
			{House: "H2", Cadre: "c-1", From: "2025-06-01", To: "2025-07-01", Reason: "调动"}, {House: "H2", Cadre: "c-2", From: "2025-07-01"}}}
		if p, err = w.load(w.read(end), w.into); err != nil || p.Counts.Pairings != (roster.Count{New: 1, Changed: 1}) {
			t.Fatal(err, p.Counts)
		}
		w.holds("c-1", ids, [2]string{"", ""})
		w.holds("c-2", ids, [2]string{ids["H1"], ids["H2"]})
	})
}

// TestStoreComparesUnderTheLocks: whatever changes between planning and
// storing, nothing is written over, and nothing of the import is stored.
func TestStoreComparesUnderTheLocks(t *testing.T) {
	next := func() *roster.Book {
		n := &roster.Book{
			Households: []roster.HouseRow{{Rec: household.Household{Code: "H1", Village: village, Address: "新址"}}, {Rec: household.Household{Code: "H7", Village: village}}},
			Members: []roster.MemberRow{{House: "H1", Rec: household.Member{Code: "H102", Name: "改名", Relation: "配偶"}},
				{House: "H7", IDNo: "999999197208060038", Rec: household.Member{Code: "H701", Name: "新", Relation: "户主"}}},
			Pairings: []roster.PairingRow{{House: "H1", Cadre: "c-1", From: "2025-06-01"}},
		}
		n.Settle()
		return n
	}
	put := func(t *record.Type, row func(w *world, in string) record.Record) func(w *world, in string, tx write.Tx) {
		return func(w *world, in string, tx write.Tx) {
			r := row(w, in)
			if r.Base().ID == "" {
				r.Base().ID, r.Base().Household = tx.NewID(), in
			}
			if t == household.HouseholdType {
				r.Base().Household = r.Base().ID
			}
			tx.Put(t, r)
		}
	}
	house := func(change func(h *household.Household)) func(*world, string, write.Tx) {
		return put(household.HouseholdType, func(w *world, _ string) record.Record { h := w.house("H1"); change(h); return h })
	}
	person := func(m household.Member) func(*world, string, write.Tx) {
		return put(household.MemberType, func(*world, string) record.Record { m := m; m.Name, m.Relation = "插", "之子"; return &m })
	}
	cases := map[string]func(w *world, in string, tx write.Tx){
		"the household's row": house(func(h *household.Household) { h.Notes = "手机上写的" }),
		"it was closed":       house(func(h *household.Household) { h.State = "closed" }),
		"the code is taken":   put(household.HouseholdType, func(*world, string) record.Record { return &household.Household{Code: "H7"} }),
		"somebody else in it": put(household.MemberType, func(w *world, _ string) record.Record { return w.person("H101") }),
		"the person is deleted": put(household.MemberType, func(w *world, _ string) record.Record {
			m := w.person("H102")
			m.DeletedAt = 1
			return m
		}),
		"a new person in it": person(household.Member{}),
		"the person's code":  person(household.Member{Code: "H701"}),
		"a pairing of it": put(pairing.Type, func(w *world, in string) record.Record {
			return pairing.Open(w.DB.NewID(), in, "", 1, w.into.People["c-2"].ID, "试乙", "", "", "2025-05-01")
		}),
	}
	town.Each(t, func(t *testing.T, b *town.Base) {
		cases["the ID number"] = person(household.Member{IDIndex: b.Box.Index("999999197208060038")})
		for i, name := range slices.Sorted(maps.Keys(cases)) {
			w := loaded(t, b, fmt.Sprintf("9998011%02d", i))
			p, in := w.plan(next(), w.into), w.house("H1").ID
			if name == "the person's code" || name == "the ID number" {
				in = w.house("H2").ID // a household that the import does not touch
			}
			if _, err := b.DB.Write(t.Context(), write.Intent{Township: w.Township, Households: []string{in}}, func(tx write.Tx) error {
				cases[name](w, in, tx)
				return nil
			}); err != nil {
				t.Fatal(name, err)
			}
			before, rows := w.seq(), len(w.rows(household.MemberType))
			if _, err := w.loader.Store(t.Context(), w.into, p); !fault.Is(err, fault.Stale) {
				t.Errorf("%s: %v", name, err)
			}
			if w.seq() != before || len(w.rows(household.MemberType)) != rows || w.house("H1").Address != "" {
				t.Errorf("%s: something was stored", name)
			}
			if name == "the household's row" { // planned again it goes through, and what the phone wrote stays
				if _, err := w.load(next(), w.into); err != nil || w.house("H1").Address != "新址" || w.house("H1").Notes != "手机上写的" {
					t.Errorf("planned again: %v %+v", err, w.house("H1"))
				}
			}
		}
	})
}
