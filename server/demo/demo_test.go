package demo

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/area"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/roster"
)

func today() time.Time { return time.Date(2026, 7, 14, 9, 30, 0, 0, time.UTC) }

func books(t *testing.T) (first, second *roster.Book) {
	t.Helper()
	b := Townships(1, today())
	if len(b) != 2 {
		t.Fatalf("%d books, want 2", len(b))
	}
	return b[0], b[1]
}

// count is households and people of those that pick takes.
func count(b *roster.Book, pick func(roster.HouseRow) bool) [2]int {
	living := map[string]int{}
	for _, m := range b.Members {
		if m.Rec.Left == "" {
			living[m.House]++
		}
	}
	var n [2]int
	for _, h := range b.Households {
		if pick(h) {
			n[0]++
			n[1] += living[h.Rec.Code]
			if int(h.Rec.People) != living[h.Rec.Code] {
				n[1] = -1 << 30
			}
		}
	}
	return n
}

// The figures are those of product.md rows 2, 3, 8, 9 and 13.
func TestFiguresOfThePlan(t *testing.T) {
	b, _ := books(t)
	left := func(y int64) func(roster.HouseRow) bool {
		return func(h roster.HouseRow) bool {
			return h.Rec.Exit == "已脱贫" && h.Rec.ExitYear == y && h.Rec.PlanYear == 0
		}
	}
	plan := func(y int64, safety bool) func(roster.HouseRow) bool {
		return func(h roster.HouseRow) bool {
			return h.Rec.Exit == "未脱贫" && h.Rec.ExitYear == 0 && h.Rec.PlanYear == y && h.Rec.Safety == safety
		}
	}
	for _, c := range []struct {
		name string
		pick func(roster.HouseRow) bool
		want [2]int
	}{
		{"all", func(roster.HouseRow) bool { return true }, [2]int{1896, 8640}},
		{"left four years ago", left(2022), [2]int{233, 1212}},
		{"left three years ago", left(2023), [2]int{94, 506}},
		{"left two years ago", left(2024), [2]int{196, 950}},
		{"left last year", left(2025), [2]int{266, 1435}},
		{"left", func(h roster.HouseRow) bool { return h.Rec.Exit == "已脱贫" }, [2]int{789, 4103}},
		{"not left", func(h roster.HouseRow) bool { return h.Rec.Exit == "未脱贫" }, [2]int{1107, 4537}},
		{"this year", plan(2026, false), [2]int{373, 1930}},
		{"next year", plan(2027, false), [2]int{430, 1758}},
		{"safety net", plan(2028, true), [2]int{304, 849}},
		{"any safety net", func(h roster.HouseRow) bool { return h.Rec.Safety }, [2]int{304, 849}},
	} {
		if got := count(b, c.pick); got != c.want {
			t.Errorf("%s: %d households %d people, want %d and %d", c.name, got[0], got[1], c.want[0], c.want[1])
		}
	}
}

func TestVillagesOfThePlan(t *testing.T) {
	b, _ := books(t)
	got := map[string]string{}
	groups, villages := map[string]int{}, 0
	for _, a := range b.Areas {
		switch a.Level {
		case area.Village:
			if villages++; a.Poor != "" {
				got[a.Name] = fmt.Sprint(a.Poor, a.ExitPlan, a.ExitYear)
			}
		case area.Group:
			groups[a.Parent]++
		}
		if !strings.HasPrefix(a.Code, "99") || len(a.Code) > 16 {
			t.Errorf("area code %s", a.Code)
		}
		if a.Level != area.County && a.Township != Township {
			t.Errorf("%s lies in %q", a.Code, a.Township)
		}
	}
	want := map[string]string{
		"冲子村": "poor2025 2025", "河畔村": "poor2025 2025", "平丰村": "poor2026 0", "朱家坡村": "poor2026 0",
		"坪子村": "deep_poor2027 0", "岩头村": "deep_poor2027 0",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("poor villages %v, want %v", got, want)
	}
	if villages != 12 || len(groups) != 12 {
		t.Errorf("%d villages, %d with groups, want 12", villages, len(groups))
	}
	for v, n := range groups {
		if n < 3 || n > 6 {
			t.Errorf("%s has %d groups", v, n)
		}
	}
	homes := map[string]int{}
	for _, h := range b.Households {
		homes[h.Rec.Village]++
	}
	if len(homes) != 12 {
		t.Errorf("households in %d villages, want 12", len(homes))
	}
}

func TestCadresAndPairings(t *testing.T) {
	b, second := books(t)
	tiers, names := map[string]int{}, map[string]string{}
	for _, c := range slices.Concat(b.Cadres, second.Cadres) {
		if other, twice := names[c.Name]; twice && other != c.Login {
			t.Errorf("%s and %s share a name", other, c.Login)
		}
		names[c.Name] = c.Login
	}
	for _, c := range b.Cadres {
		tiers[c.Role+c.Tier]++
		if c.Login == SharedCadre && c.Tier != roster.TierCounty {
			t.Errorf("%s is of %s", c.Login, c.Tier)
		}
	}
	if want := map[string]int{"Ccounty": 25, "Ctownship": 132, "Vvillage": 12}; !reflect.DeepEqual(tiers, want) {
		t.Errorf("cadres %v, want %v", tiers, want)
	}
	checkPairings(t, b, 2026, 373)
	share := map[int]int{}
	for _, n := range perCadre(b) {
		share[n]++
	}
	if want := map[int]int{2: 98, 3: 59}; !reflect.DeepEqual(share, want) {
		t.Errorf("cadres by number of households %v, want %v", share, want)
	}
}

func perCadre(b *roster.Book) map[string]int {
	n := map[string]int{}
	for _, p := range b.Pairings {
		n[p.Cadre]++
	}
	return n
}

// checkPairings wants exactly this year's households paired, once each.
func checkPairings(t *testing.T, b *roster.Book, year int64, want int) {
	t.Helper()
	open := map[string]bool{}
	for _, p := range b.Pairings {
		if open[p.House] || p.To != "" {
			t.Errorf("%s is paired twice, or not openly", p.House)
		}
		open[p.House] = true
	}
	if len(open) != want {
		t.Errorf("%d pairings, want %d", len(open), want)
	}
	for _, h := range b.Households {
		if open[h.Rec.Code] != (h.Rec.PlanYear == year && !h.Rec.Safety) {
			t.Errorf("%s planned %d: paired %v", h.Rec.Code, h.Rec.PlanYear, open[h.Rec.Code])
		}
	}
}

func TestVisits(t *testing.T) {
	b, second := books(t)
	for _, c := range []struct {
		b    *roster.Book
		want int
	}{{b, 373 * 11}, {second, 22 * 11}} {
		if len(c.b.Visits) != c.want {
			t.Errorf("%d visits, want %d", len(c.b.Visits), c.want)
		}
		from := map[string]string{}
		for _, p := range c.b.Pairings {
			from[p.House+p.Cadre] = p.From
		}
		months, texts, stages := map[string]int{}, map[string]bool{}, map[int64]int{}
		for _, v := range c.b.Visits {
			if f := from[v.House+v.Cadre]; f == "" || f >= v.Rec.Day || v.Rec.Day >= "2026-07-01" || v.Rec.Day < "2025-08-01" {
				t.Fatalf("visit of %s on %s, paired since %q", v.House, v.Rec.Day, f)
			}
			months[v.House+v.Rec.Day[:7]]++
			texts[v.Rec.Text] = true
			stages[v.Rec.Stage]++
		}
		if len(months) != c.want {
			t.Errorf("%d household months, want one visit in each of %d", len(months), c.want)
		}
		if len(texts) < c.want/8 || len(stages) != 4 || stages[0] != 0 {
			t.Errorf("%d different texts, stages %v", len(texts), stages)
		}
	}
}

func TestSecondTownship(t *testing.T) {
	b, second := books(t)
	if got := count(second, func(roster.HouseRow) bool { return true }); got != [2]int{60, 269} {
		t.Errorf("%v households and people, want 60 and 269", got)
	}
	if second.Township() != SecondTownship || b.Township() != Township {
		t.Errorf("townships %s, %s", b.Township(), second.Township())
	}
	checkPairings(t, second, 2026, 22)
	var names []string
	for _, c := range second.Cadres {
		names = append(names, c.Login)
	}
	want := "cadre-201 cadre-202 cadre-203 cadre-204 cadre-205 cadre-206 cadre-207 cadre-208 cadre-157 village-51 village-52"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("cadres %s, want %s", got, want)
	}
	if n := perCadre(second)[SharedCadre]; n != 3 {
		t.Errorf("%s has %d households in the second township, want 3", SharedCadre, n)
	}
	shared := func(b *roster.Book) roster.CadreRow {
		i := slices.IndexFunc(b.Cadres, func(c roster.CadreRow) bool { return c.Login == SharedCadre })
		c := b.Cadres[i]
		c.Row = 0
		return c
	}
	if shared(b) != shared(second) {
		t.Error("the shared cadre differs between the books")
	}
}

var phoneForm = regexp.MustCompile(`^1990000[0-9]{4}$`)

func TestNobodyExists(t *testing.T) {
	first, second := books(t)
	numbers, codes, accounts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, b := range []*roster.Book{first, second} {
		for _, m := range b.Members {
			if !strings.HasPrefix(m.IDNo, "999999") || numbers[m.IDNo[:18]] || codes[m.Rec.Code] {
				t.Fatalf("member %s: number or code not its own", m.Rec.Code)
			}
			numbers[m.IDNo[:18]], codes[m.Rec.Code] = true, true
			if roster.IDCheckDigit(m.IDNo[:17]) != m.IDNo[17] {
				t.Errorf("member %s: check digit", m.Rec.Code)
			}
		}
		for _, h := range b.Households {
			if !phoneForm.MatchString(h.Phone) {
				t.Errorf("household %s: telephone", h.Rec.Code)
			}
			if accounts[h.BankAccount] || h.BankAccount != "" && !strings.HasPrefix(h.BankAccount, "999999") {
				t.Errorf("household %s: bank account", h.Rec.Code)
			}
			accounts[h.BankAccount] = h.BankAccount != ""
		}
		for _, c := range b.Cadres {
			if !phoneForm.MatchString(c.Phone) {
				t.Errorf("cadre %s: telephone", c.Login)
			}
		}
	}
	if len(numbers) != 8640+269 {
		t.Errorf("%d ID numbers", len(numbers))
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	write := func(seed uint64, day time.Time) []byte {
		var buf bytes.Buffer
		for _, b := range Townships(seed, day) {
			if err := roster.Write(&buf, b); err != nil {
				t.Fatal(err)
			}
		}
		return buf.Bytes()
	}
	if !reflect.DeepEqual(Townships(7, today()), Townships(7, today().Add(5*time.Hour))) {
		t.Error("the hour of the day changes the books")
	}
	one := write(7, today())
	if !bytes.Equal(one, write(7, today())) {
		t.Error("the same seed gives other bytes")
	}
	if bytes.Equal(one, write(8, today())) {
		t.Error("another seed gives the same bytes")
	}
}

// The demo shows what the fields are for: not one of them stays empty in every
// row, except those that must (rule 11) or that only changes fill.
func TestEveryFieldIsUsed(t *testing.T) {
	b, _ := books(t)
	filled := map[string]int{}
	count := func(typ *record.Type, r record.Record) {
		for _, f := range typ.Fields {
			if typ.Get(r, f) != "" {
				filled[typ.Name+"."+f.Name]++
			}
		}
	}
	watched, running := 0, 0
	for i := range b.Households {
		h := &b.Households[i]
		count(household.HouseholdType, &h.Rec)
		if h.BankAccount != "" {
			filled["household.bankAccount"]++
		}
		if h.Rec.Watch != "" {
			watched++
			if h.Rec.Cleared == "否" {
				running++
			}
		}
	}
	for i := range b.Members {
		m := &b.Members[i]
		count(household.MemberType, &m.Rec)
		if m.CertNo != "" {
			filled["member.certNo"]++
		}
		if m.Diagnosis != "" {
			filled["member.diagnosis"]++
		}
	}
	beside := " household.kind household.phone household.notes household.state household.erasedAt member.erasedAt member.idNo member.left member.leftDay member.joined member.joinedDay member.serious "
	for _, typ := range []*record.Type{household.HouseholdType, household.MemberType} {
		for _, f := range typ.Fields {
			name := typ.Name + "." + f.Name
			if f.Name != "" && filled[name] == 0 && !strings.Contains(beside, " "+name+" ") {
				t.Errorf("%s is empty in every row", name)
			}
		}
	}
	if watched < 24 || watched > 60 || running < 6 {
		t.Errorf("%d households are monitored, %d of them now", watched, running)
	}
}

// Clean means: not one issue, and what is read is what was written. Days at
// the edges of the calendar move ages, years and months.
func TestBooksAreClean(t *testing.T) {
	for _, c := range []struct {
		seed uint64
		day  string
	}{{1, "2026-07-14"}, {2, "2026-01-01"}, {3, "2028-02-29"}, {4, "2025-12-31"}} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		list := Townships(c.seed, day)
		made := time.Since(start)
		for i, b := range list {
			var buf bytes.Buffer
			start = time.Now()
			if err := roster.Write(&buf, b); err != nil {
				t.Fatal(err)
			}
			wrote := time.Since(start)
			start = time.Now()
			got, issues, err := roster.Known{Today: c.day}.Parse(context.Background(), bytes.NewReader(buf.Bytes()), int64(buf.Len()), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("seed %d %s book %d: made both %v, wrote %v (%d bytes), read %v", c.seed, c.day, i+1, made, wrote, buf.Len(), time.Since(start))
			if len(issues) > 0 {
				t.Errorf("%d issues, the first %+v", len(issues), issues[0])
			}
			if got.Settle(); !reflect.DeepEqual(got, b) {
				t.Error("read back differs")
			}
			checkQuality(t, b, day)
		}
	}
}
