package roster_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/area"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/roster"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

const (
	village = "999901101201"
	first   = "999999197003050012"
	second  = "99999919720806002X"
)

// book is a small clean book of two households.
func book() *roster.Book {
	b := &roster.Book{
		Areas: []area.Area{
			{Code: "999901", Level: area.County, Name: "试县"},
			{Code: "999901101", Parent: "999901", Level: area.Township, Name: "试镇"},
			{Code: village, Parent: "999901101", Level: area.Village, Name: "东村"},
			{Code: "999901101202", Parent: "999901101", Level: area.Village, Name: "西村"},
		},
		Households: []roster.HouseRow{
			{Phone: "19900000001", Rec: household.Household{Code: "H1", Village: village, Class: "一般贫困户"}},
			{Rec: household.Household{Code: "H2", Village: "999901101202"}},
		},
		Members: []roster.MemberRow{
			{House: "H1", IDNo: first, Rec: household.Member{Code: "H101", Name: "试一", Relation: "户主"}},
			{House: "H1", IDNo: second, Rec: household.Member{Code: "H102", Name: "试二", Relation: "配偶"}},
			{House: "H2", Rec: household.Member{Code: "H201", Name: "试三", Relation: "户主"}},
		},
		Cadres: []roster.CadreRow{
			{Login: "c-1", Name: "试甲", Unit: "试镇财政所", Phone: "19900000002", Role: "C", Tier: roster.TierCounty},
			{Login: "c-2", Name: "试乙", Role: "C", Tier: roster.TierTownship},
			{Login: "v-1", Name: "试丙", Role: "V", Tier: roster.TierVillage, Village: village},
		},
		Pairings: []roster.PairingRow{
			{House: "H1", Cadre: "c-1", From: "2024-01-02", To: "2025-01-01", Reason: "调动"},
			{House: "H1", Cadre: "c-2", From: "2025-01-02"},
			{House: "H2", Cadre: "c-2", From: "2025-01-02"},
		},
		Visits: []roster.VisitRow{{House: "H1", Cadre: "c-1", Rec: activity.Visit{Day: "2024-02-03", Stage: 1, Text: "认了门"}}},
	}
	b.Settle()
	return b
}

type world struct {
	*town.Town
	t      *testing.T
	loader *roster.Loader
	into   roster.Into
}

// begin opens a township that has nothing but its counter.
func begin(t *testing.T, b *town.Base, township string) *world {
	t.Helper()
	tn := &town.Town{Base: b, Township: township, Common: b.DB.NewID(), Admin: access.Actor{User: b.DB.NewID()}}
	if err := b.DB.OpenSpace(t.Context(), tn.Township, "999900", tn.Common); err != nil {
		t.Fatal(err)
	}
	w := &world{Town: tn, t: t, loader: &roster.Loader{Writer: b.DB, Registry: b.DB, Sealer: b.Box, NewID: b.DB.NewID}}
	w.into = roster.Into{Township: tn.Township, Common: tn.Common, Actor: tn.Admin.User, People: map[string]account.User{}, Workers: map[string][]string{}}
	for _, c := range book().Cadres {
		phone, err := b.Box.Seal(c.Phone)
		if err != nil {
			t.Fatal(err)
		}
		w.into.People[c.Login] = account.User{ID: b.DB.NewID(), Login: c.Login, Name: c.Name, Role: access.Role(c.Role), Unit: c.Unit, Area: c.Village, Phone: phone}
	}
	w.into.Workers[village] = []string{w.into.People["v-1"].ID}
	return w
}

// plan plans without errors.
func (w *world) plan(b *roster.Book, in roster.Into) *roster.Plan {
	w.t.Helper()
	p, issues, err := w.loader.Plan(w.t.Context(), in, b, nil)
	if err != nil || roster.HasErrors(issues) {
		w.t.Fatalf("%v %+v", err, issues)
	}
	return p
}

// load plans and stores.
func (w *world) load(b *roster.Book, in roster.Into) (*roster.Plan, error) {
	w.t.Helper()
	p := w.plan(b, in)
	_, err := w.loader.Store(w.t.Context(), in, p)
	return p, err
}

// rows are all live rows of a type.
func (w *world) rows(typ *record.Type) []record.Record {
	w.t.Helper()
	rs, err := w.DB.Page(w.t.Context(), typ, registry.PageQuery{Township: w.Township, Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return rs
}

func (w *world) seq() int64 {
	w.t.Helper()
	sp, err := w.DB.Space(w.t.Context(), w.Township)
	if err != nil {
		w.t.Fatal(err)
	}
	return sp.Seq
}

func TestLoad(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, "999801101")
		before := w.seq()
		var told [][2]int
		plan, _, err := w.loader.Plan(t.Context(), w.into, book(), func(done, total int) { told = append(told, [2]int{done, total}) })
		if err != nil {
			t.Fatal(err)
		}
		ids := plan.IDs
		if seq, err := w.loader.Store(t.Context(), w.into, plan); err != nil || seq != before+1 {
			t.Fatal(seq, err)
		}
		if w.seq() != before+1 {
			t.Errorf("%d transactions, want one", w.seq()-before)
		}
		if len(told) == 0 || told[len(told)-1] != [2]int{9, 9} {
			t.Errorf("progress %v", told)
		}
		if len(ids) != 2 || len(w.rows(household.HouseholdType)) != 3 || len(w.rows(household.MemberType)) != 3 || len(w.rows(pairing.Type)) != 3 {
			t.Errorf("%d ids, %d households, %d members", len(ids), len(w.rows(household.HouseholdType)), len(w.rows(household.MemberType)))
		}
		for _, r := range w.rows(household.HouseholdType) {
			h := r.(*household.Household)
			plain, err := b.Box.Open(h.Phone)
			switch {
			case err != nil:
				t.Error(err)
			case h.Code == "H1" && (h.Head != "试一" || h.People != 2 || plain != "19900000001" || h.ID != ids["H1"] || string(h.Phone) == plain):
				t.Errorf("%+v", h)
			case h.Code == "H2" && (h.Head != "试三" || h.People != 1 || plain != ""):
				t.Errorf("%+v", h)
			}
		}
		for _, r := range w.rows(household.MemberType) {
			m := r.(*household.Member)
			plain, err := b.Box.Open(m.IDNo)
			if err != nil || m.IDIndex != b.Box.Index(plain) || (m.Code == "H101" && plain != first) || (m.Code == "H201" && m.IDIndex != "") {
				t.Errorf("%s: %v", m.Code, err)
			}
		}
		for _, r := range w.rows(activity.VisitType) {
			v := r.(*activity.Visit)
			if v.State != "approved" || v.MadeBy != w.into.People["c-1"].ID || v.Household != ids["H1"] || v.MadeAt != v.DeviceAt || v.MadeAt == 0 {
				t.Errorf("a visit taken over from paper: %+v", v)
			}
		}
		for login, want := range map[string][2]string{"c-1": {"", ""}, "c-2": {ids["H1"], ids["H2"]}, "v-1": {ids["H1"], ""}} {
			w.holds(login, ids, want)
		}
	})
}

// holds checks who may sync what: by the open pairing, by the village, and
// the common household for whoever holds anything.
func (w *world) holds(login string, ids map[string]string, want [2]string) {
	w.t.Helper()
	any := false
	for i, code := range []string{"H1", "H2"} {
		tw, err := w.DB.Held(w.t.Context(), w.into.People[login].ID, ids[code])
		if err != nil || (tw != "") != (want[i] != "") {
			w.t.Errorf("%s holds %s: %q %v", login, code, tw, err)
		}
		any = any || want[i] != ""
	}
	if tw, err := w.DB.Held(w.t.Context(), w.into.People[login].ID, w.Common); err != nil || (tw != "") != any {
		w.t.Errorf("%s holds the common household: %q %v", login, tw, err)
	}
}

func TestDuplicates(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, "999801101")
		issues := func(bk *roster.Book) []string {
			t.Helper()
			in := w.into
			in.Areas = bk.Areas
			_, got, err := w.loader.Plan(t.Context(), in, bk, nil)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, i := range got {
				out = append(out, fmt.Sprintf("%s %d %s %s %s", i.Sheet, i.Row, i.Header, i.Code, i.Level))
			}
			return out
		}
		if got := issues(book()); len(got) != 0 {
			t.Errorf("a new township: %q", got)
		}
		if _, err := w.load(book(), w.into); err != nil {
			t.Fatal(err)
		}
		want := []string{
			fmt.Sprintf("农户 2 户编号 %s %s", roster.CodeDuplicate, roster.Error), fmt.Sprintf("农户 3 户编号 %s %s", roster.CodeDuplicate, roster.Error),
			fmt.Sprintf("家庭成员 2 人编号 %s %s", roster.CodeDuplicate, roster.Error), fmt.Sprintf("家庭成员 3 人编号 %s %s", roster.CodeDuplicate, roster.Error),
			fmt.Sprintf("家庭成员 4 人编号 %s %s", roster.CodeDuplicate, roster.Error), fmt.Sprintf("结对 2 户编号 %s %s", roster.CodeDuplicate, roster.Error),
			fmt.Sprintf("结对 3 户编号 %s %s", roster.CodeDuplicate, roster.Error), fmt.Sprintf("结对 4 户编号 %s %s", roster.CodeDuplicate, roster.Error),
			fmt.Sprintf("走访 2 日期 %s %s", roster.CodeDuplicate, roster.Error),
		}
		if got := issues(book()); !slices.Equal(got, want) {
			t.Errorf("the same book again: %q", got)
		}
		next := book()
		next.Households[0].Rec.Code, next.Households[1].Rec.Code = "H8", "H9"
		next.Members, next.Pairings, next.Visits = next.Members[1:2], nil, nil
		next.Members[0].House, next.Members[0].Rec.Code = "H8", "H801"
		if got := issues(next); !slices.Equal(got, []string{fmt.Sprintf("家庭成员 3 证件号码 %s %s", roster.CodeDuplicate, roster.Error)}) {
			t.Errorf("one person under another household: %q", got)
		}
		other := begin(t, b, "999801102") // another township's numbers are its own
		w.Town, w.loader, w.into = other.Town, other.loader, other.into
		if got := issues(book()); len(got) != 0 {
			t.Errorf("another township: %q", got)
		}
	})
}

func TestLoadIsAllOrNothing(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b, "999801101")
		before, rows := w.seq(), len(w.rows(household.HouseholdType))
		broken := errors.New("broken")
		in := w.into
		in.Extra = func(write.Tx, string) error { return broken }
		if _, err := w.load(book(), in); !errors.Is(err, broken) {
			t.Errorf("Extra fails: %v", err)
		}
		in = w.into
		in.People = map[string]account.User{"c-1": w.into.People["c-1"]}
		if _, err := w.load(book(), in); err == nil {
			t.Error("a cadre without a user was taken")
		}
		in = w.into
		in.Township = "999999999"
		if _, err := w.load(book(), in); !fault.Is(err, fault.NotFound) {
			t.Errorf("no such township: %v", err)
		}
		if w.seq() != before || len(w.rows(household.HouseholdType)) != rows {
			t.Error("half a book was stored")
		}
		ran := 0
		in = w.into
		in.Extra = func(tx write.Tx, common string) error {
			ran++
			got, err := tx.Load(household.HouseholdType, common)
			if h, ok := got[common].(*household.Household); err == nil && (!ok || h.Kind != "township") {
				t.Error("the common household is not there")
			}
			return err
		}
		if _, err := w.load(book(), in); err != nil || ran == 0 {
			t.Errorf("after the failures: %v, Extra ran %d times", err, ran)
		}
	})
}
