package app

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/account"
	"daohu/server/area"
	"daohu/server/config"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/write"
)

// plain is an App on an empty database of its own, with the clock at noon of
// 2026-07-14 in Shanghai.
func plain(t *testing.T) *App {
	t.Helper()
	env := map[string]string{"DAOHU_KEY": hex.EncodeToString(make([]byte, 31)) + "01", "DAOHU_DATA": t.TempDir(), "DAOHU_ADDR": "127.0.0.1:0"}
	c, err := config.Load(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 7, 14, 4, 0, 0, 0, time.UTC) }
	a, err := New(t.Context(), Options{Config: c, Log: slog.New(slog.DiscardHandler), Now: now, Rand: rand.Reader, Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if err := a.DB.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

const testTownship = "999901101"

// settled puts an area tree and the given rows into a.
func settled(t *testing.T, a *App, fill func(tx write.Tx)) {
	t.Helper()
	err := a.DB.PutAreas(t.Context(), []area.Area{{Code: "999901", Level: area.County, Name: "试县"}, {Code: testTownship, Parent: "999901", Level: area.Township, Name: "试镇", Township: testTownship}})
	if err != nil {
		t.Fatal(err)
	}
	common := a.DB.NewID()
	if err := a.DB.OpenSpace(t.Context(), testTownship, "999901", common); err != nil {
		t.Fatal(err)
	}
	_, err = a.DB.Write(t.Context(), write.Intent{Township: testTownship, Action: "import", Households: []string{common}}, func(tx write.Tx) error {
		tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{ID: common, Household: common}, Kind: "township", People: 9})
		fill(tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func putHouse(tx write.Tx, h household.Household, members ...household.Member) string {
	id := tx.NewID()
	h.Meta = record.Meta{ID: id, Household: id}
	tx.Put(household.HouseholdType, &h)
	for _, m := range members {
		m.Meta = record.Meta{ID: tx.NewID(), Household: id}
		tx.Put(household.MemberType, &m)
	}
	return id
}

// TestFiguresCountRows: closed households, members who left, wrong counts and
// changes that nobody approved.
func TestFiguresCountRows(t *testing.T) {
	a := plain(t)
	one, left := household.Member{Name: "甲"}, household.Member{Name: "乙", Left: "去世"}
	settled(t, a, func(tx write.Tx) {
		putHouse(tx, household.Household{Code: "H1", Exit: "已脱贫", ExitYear: 2024, People: 2}, one, one, left)
		putHouse(tx, household.Household{Code: "H2", Exit: "已脱贫", ExitYear: 2023, People: 1}, one)
		putHouse(tx, household.Household{Code: "H3", Exit: "未脱贫", PlanYear: 2026, People: 3}, one, one) // counts wrongly
		putHouse(tx, household.Household{Code: "H4", Exit: "未脱贫", PlanYear: 2027, People: 1}, one)
		putHouse(tx, household.Household{Code: "H5", Exit: "未脱贫", PlanYear: 2027, Safety: true, People: 1}, one)
		putHouse(tx, household.Household{Code: "H6", Exit: "返贫", People: 1}, one)
		putHouse(tx, household.Household{Code: "H7", Exit: "未脱贫", PlanYear: 2026, State: "closed", People: 1}, one)
		h := putHouse(tx, household.Household{Code: "H8", Exit: "未脱贫", PlanYear: 2026, People: 0}, left)
		for _, p := range []household.Proposal{
			{Target: "member", Row: "row000000001", State: "accepted"}, {Target: "member", Row: "row000000001", State: "accepted"},
			{Target: "member", Row: "row000000002", State: "accepted"}, {Target: "member", Row: "row000000003", State: "open"},
			{Target: "household", Row: h, State: "accepted"},
		} {
			p.Meta = record.Meta{ID: tx.NewID(), Household: h}
			tx.Put(household.ProposalType, &p)
		}
	})
	got, err := a.Figures(t.Context(), testTownship, 0)
	if err != nil {
		t.Fatal(err)
	}
	type pair [2]int
	of := func(c Cohort) pair { return pair{c.Households, c.People} }
	for name, c := range map[string][2]pair{
		"all": {of(got.All), {7, 8}}, "out": {of(got.Out), {2, 3}}, "in": {of(got.In), {5, 5}}, "this year": {of(got.ThisYear), {2, 2}},
		"next year": {of(got.NextYear), {1, 1}}, "safety net": {of(got.Safety), {1, 1}}, "later": {of(got.Later), {1, 1}},
		"unpaired": {of(got.Unpaired), {2, 2}}, "paired": {of(got.Paired), {0, 0}}, "changes": {of(got.Changes), {1, 2}},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %v, want %v", name, c[0], c[1])
		}
	}
	if len(got.Exited) != 2 || got.Exited[0].Year != 2023 || of(got.Exited[0]) != (pair{1, 1}) || of(got.Exited[1]) != (pair{1, 2}) {
		t.Errorf("exited %+v", got.Exited)
	}
	if got.Miscounted != 1 || got.Pairings != 0 || got.Year != 2026 {
		t.Errorf("%+v", got)
	}
	text := strings.Join(got.Lines(), "\n")
	for _, want := range []string{"其余未脱贫\t1 户", "人数和成员对不上的户\t1 户", "人员变动（已批准）\t1 户\t2 人"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if next, err := a.Figures(t.Context(), testTownship, 2027); err != nil || of(next.ThisYear) != (pair{1, 1}) || of(next.Later) != (pair{3, 3}) {
		t.Errorf("in 2027: %+v %v", next, err)
	}
	if _, err := a.Figures(t.Context(), "999901", 0); !fault.Is(err, fault.Invalid) {
		t.Errorf("a county has township figures: %v", err)
	}
}

// TestTiers: cadres who are disabled, village workers, and those of whom
// nobody said where they come from.
func TestTiers(t *testing.T) {
	var f Figures
	f.tiers(map[string]account.User{
		"a": {Role: "C", Tier: "county"}, "b": {Role: "C", Tier: "township"}, "c": {Role: "C", Tier: "township"}, "d": {Role: "C"},
		"e": {Role: "V", Tier: "village"}, "f": {Role: "V"}, "g": {Role: "C", Tier: "county", DisabledAt: 1},
	})
	if f.CountyCadres != 1 || f.TownshipCadres != 2 || f.VillageWorkers != 2 || f.Untold != 1 {
		t.Errorf("%+v", f)
	}
	if text := strings.Join(f.Lines(), "\n"); !strings.Contains(text, "共 4 名") || !strings.Contains(text, "没有写明") {
		t.Errorf("%s", text)
	}
}

// TestTwice: a number is compared without what a certificate adds, and a
// person who married away has two rows but one that is living.
func TestTwice(t *testing.T) {
	a := plain(t)
	person := func(name, number, left string) household.Member {
		s, err := a.Box.Seal(number)
		if err != nil {
			t.Fatal(err)
		}
		return household.Member{Code: name, Name: name, IDNo: s, IDIndex: a.Box.Index(number), Left: left}
	}
	const number, moved = "999999198003050016", "999999198104050024"
	settled(t, a, func(tx write.Tx) {
		putHouse(tx, household.Household{Code: "H1"}, person("m1", number, ""), person("m2", moved, "外嫁"), person("m3", "", ""))
		putHouse(tx, household.Household{Code: "H2"}, person("m4", number+"43", ""), person("m5", moved, ""), person("m6", "", ""))
	})
	town, err := a.readTownship(t.Context(), testTownship)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := a.twice(t.Context(), town)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, members := range town.members {
		for _, m := range members {
			if twice[m.ID] {
				got = append(got, m.Code)
			}
		}
	}
	if slices.Sort(got); !reflect.DeepEqual(got, []string{"m1", "m4"}) || len(twice) != 2 {
		t.Errorf("%v, want m1 and m4", got)
	}
	living, err := a.DB.LivingNumbers(t.Context(), testTownship, []string{a.Box.Index(number), a.Box.Index(moved), a.Box.Index("x"), ""})
	if err != nil || len(living) != 2 {
		t.Errorf("living numbers %v: %v", slices.Sorted(maps.Keys(living)), err)
	}
}
