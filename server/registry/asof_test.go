package registry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
	"daohu/server/write"
)

var cst = time.FixedZone("CST", 8*3600)

func dayAt(b *town.Base) string { return b.Now().In(cst).Format(time.DateOnly) }

// changes is a town in which anything may happen to households.
type changes struct {
	*town.Town
	t *testing.T
	r *rand.Rand
	n int
}

func (c *changes) rows(typ *record.Type, house string) []record.Record {
	c.t.Helper()
	recs, err := c.DB.Page(c.t.Context(), typ, registry.PageQuery{Township: c.Township, Household: house, Limit: 1000})
	check(c.t, err)
	return recs
}

func (c *changes) home(house string) *household.Household {
	return c.rows(household.HouseholdType, house)[0].(*household.Household)
}

func (c *changes) living(house string) []*household.Member {
	var out []*household.Member
	for _, r := range c.rows(household.MemberType, house) {
		if m := r.(*household.Member); m.Left == "" {
			out = append(out, m)
		}
	}
	return out
}

// picture is what the three roles see of a household now, without revisions.
func (c *changes) picture(house string) string {
	c.t.Helper()
	var out []string
	for _, role := range []string{"T", "K", "A"} {
		show := func(typ *record.Type, r record.Record) {
			r = typ.Clone(r)
			r.Base().Version = 0
			raw, err := typ.Project(r, role, c.Box)
			check(c.t, err)
			out = append(out, string(raw))
		}
		show(household.HouseholdType, c.home(house))
		for _, m := range c.living(house) {
			show(household.MemberType, m)
		}
	}
	return strings.Join(out, "\n")
}

// asOf is the same of a day.
func (c *changes) asOf(house, day string) string {
	c.t.Helper()
	var out []string
	for _, role := range []access.Role{access.Township, access.County, access.Auditor} {
		got, err := c.Registry.AsOf(c.t.Context(), access.Actor{User: "asker0000001", Role: role, Township: c.Township, County: "999900"}, registry.House{ID: house, Township: c.Township}, day)
		check(c.t, err)
		if got.Day != day {
			c.t.Errorf("asked for %s, told of %s", day, got.Day)
		}
		out = append(out, string(got.Household))
		for _, m := range got.Members {
			out = append(out, string(m))
		}
	}
	return strings.Join(out, "\n")
}

// value is a legal value of a field, other ones at every call.
func (c *changes) value(f record.Field) any {
	c.n++
	words := append(slices.Clone(f.Enum), f.Offer...)
	switch {
	case f.Kind == record.Array:
		return []string{words[c.r.IntN(len(words))]}
	case len(words) > 0 && c.r.IntN(5) > 0:
		return words[c.r.IntN(len(words))]
	case len(words) > 0:
		return nil
	case f.Kind == record.Int:
		return c.r.Int64N(min(f.Max, 5000) + 1)
	case f.Kind == record.Bool:
		return c.r.IntN(2) == 0
	case f.Format == "month":
		return fmt.Sprintf("20%02d-%02d", c.r.IntN(27), 1+c.r.IntN(12))
	case f.Format == "area":
		return fmt.Sprintf("999901101%03d", c.r.IntN(1000))
	case f.Kind == record.Secret:
		return fmt.Sprintf("999999%010d", c.n)
	}
	return string([]rune(fmt.Sprintf("第%d次<改>", c.n))[:min(int(f.Max), 6)])
}

// free are the fields of a type that an admin may change at will here: whether
// and when people came and left is told by steps of their own.
func free(typ *record.Type) []record.Field {
	return slices.DeleteFunc(slices.Clone(typ.Fields), func(f record.Field) bool {
		own := slices.Contains([]string{"left", "leftDay", "joined", "joinedDay", "relation"}, f.Name)
		return f.Name == "" || own || !slices.Contains([]record.Class{record.Merge, record.Propose, record.Online}, f.Class)
	})
}

func (c *changes) patch(typ *record.Type, r record.Record, patch map[string]any) {
	c.t.Helper()
	raw, err := json.Marshal(patch)
	check(c.t, err)
	_, err = c.Registry.Change(c.t.Context(), c.Admin, typ, r.Base().ID, r.Base().Version, raw)
	check(c.t, err)
}

// propose lets a cadre ask for a value and the admin accept it.
func (c *changes) propose(typ *record.Type, r record.Record, field string, value string) {
	c.t.Helper()
	mine, err := c.Box.Seal(value)
	check(c.t, err)
	p := &household.Proposal{Meta: record.Meta{ID: c.DB.NewID(), Household: r.Base().Household, MadeBy: c.Cadres[0].User, MadeAt: c.Now().UnixMilli()},
		Target: typ.Name, Row: r.Base().ID, Field: field, Mine: mine, State: "open"}
	_, err = c.DB.Write(c.t.Context(), write.Intent{Township: c.Township, Households: []string{p.Household}}, func(tx write.Tx) error {
		tx.Put(household.ProposalType, household.ProposalType.Clone(p))
		return nil
	})
	check(c.t, err)
	_, err = c.Workflow.Settle(c.t.Context(), c.Admin, p.ID, workflow.Decision{Action: "accept", Rev: 1})
	check(c.t, err)
}

// step changes something; every day told is that of the telling.
func (c *changes) step(house string) {
	c.t.Helper()
	people := c.living(house)
	typ, row := household.HouseholdType, record.Record(c.home(house))
	if len(people) > 0 && c.r.IntN(2) == 0 {
		typ, row = household.MemberType, people[c.r.IntN(len(people))]
	}
	switch k := c.r.IntN(14); {
	case k > 11: // a cadre's phone, merged field by field
		p := phone(c.t, c.Town, c.Cadres[0])
		danger, _ := household.HouseholdType.Field("danger")
		patch := fmt.Sprintf(`{"phone":"1990000%04d","notes":"第%d次","danger":%q}`, c.r.IntN(10_000), c.n, danger.Enum[c.r.IntN(len(danger.Enum))])
		if got := p.exchange(p.mut("household", house, house, patch)).codes(); got[1] != "" {
			c.t.Fatalf("the phone's change: %v", got)
		}
		c.n++
	case k < 6:
		patch, fields := map[string]any{}, free(typ)
		for range 1 + c.r.IntN(4) {
			f := fields[c.r.IntN(len(fields))]
			patch[f.Name] = c.value(f)
		}
		if patch["name"] == nil {
			delete(patch, "name") // required
		}
		c.patch(typ, row, patch)
	case k < 8:
		c.propose(household.HouseholdType, c.home(house), "class", []string{"一般贫困户", "低保贫困户", ""}[c.r.IntN(3)])
	case k < 10:
		body := map[string]any{"name": fmt.Sprintf("新人%d", c.n), "relation": "之子", "health": "健康"}
		if c.r.IntN(2) == 0 {
			body["joined"], body["joinedDay"] = "出生", dayAt(c.Base)
		}
		raw, err := json.Marshal(body)
		check(c.t, err)
		_, err = c.Registry.Make(c.t.Context(), c.Admin, household.MemberType, registry.House{ID: house, Township: c.Township}, "", raw)
		check(c.t, err)
	case k == 10 && len(people) > 1: // somebody else becomes the head
		for _, m := range people {
			if m.Relation == "户主" {
				c.patch(household.MemberType, m, map[string]any{"relation": "其他"})
			}
		}
		next := c.living(house)[c.r.IntN(len(people))]
		c.propose(household.MemberType, next, "relation", "户主")
	case len(people) > 0:
		m := people[c.r.IntN(len(people))]
		if c.r.IntN(2) == 0 {
			c.patch(household.MemberType, m, map[string]any{"left": "去世", "leftDay": dayAt(c.Base)})
		} else {
			c.propose(household.MemberType, m, "left", "外嫁") // nobody says when
		}
	}
}

// TestAsOfIsWhatWasThere: whatever happens, a household as of a past day is
// what was there at the end of that day, byte for byte, for every role.
func TestAsOfIsWhatWasThere(t *testing.T) {
	seeds := []uint64{1, 2, rand.Uint64()}
	town.Each(t, func(t *testing.T, b *town.Base) {
		for _, seed := range seeds {
			b.SetClock(town.Start.UnixMilli())
			c := &changes{Town: add(t, b, town.Size{Cadres: 1, Houses: 3}), t: t, r: rand.New(rand.NewPCG(seed, 1))}
			pictures := map[string]map[string]string{} // by day, then household
			const steps = 70
			for n := range steps {
				open := slices.DeleteFunc(slices.Clone(c.Houses), func(id string) bool { return c.home(id).State != "" })
				house := open[c.r.IntN(len(open))]
				if n == steps/2 {
					_, err := c.Registry.End(t.Context(), c.Admin, registry.House{ID: c.Houses[0], Township: c.Township}, registry.Ending{Rev: c.home(c.Houses[0]).Version, Into: c.Houses[1], Reason: "两户合成一户"})
					check(t, err)
				} else {
					c.step(house)
				}
				pass := time.Duration(c.r.Int64N(int64(30 * time.Hour)))
				for now, end := b.Now(), b.Now().Add(pass); dayAt(b) < end.In(cst).Format(time.DateOnly); now = b.Now() {
					seen := map[string]string{}
					for _, h := range c.Houses {
						seen[h] = c.picture(h)
					}
					pictures[dayAt(b)] = seen
					y, m, d := now.In(cst).Date()
					next := time.Date(y, m, d+1, 0, 0, 0, 0, cst)
					pass -= next.Sub(now)
					b.SetClock(next.UnixMilli())
				}
				b.Pass(pass)
			}
			for _, day := range slices.Sorted(maps.Keys(pictures)) {
				for i, h := range c.Houses {
					if got := c.asOf(h, day); got != pictures[day][h] {
						t.Fatalf("seed %d: household %d as of %s is\n%s\nbut was\n%s", seed, i, day, got, pictures[day][h])
					}
				}
			}
			for _, h := range c.Houses { // the running day too
				if got, want := c.asOf(h, dayAt(b)), c.picture(h); got != want {
					t.Fatalf("seed %d: today is\n%s\nbut is\n%s", seed, got, want)
				}
			}
			t.Logf("seed %d: %d changes over %d days hold", seed, steps, len(pictures))
		}
	})
}

// TestAsOfCountsByTheDaysTold: who belonged follows from the days on which
// people came and left as they are known now, however late they were told.
func TestAsOfCountsByTheDaysTold(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		b.SetClock(town.Start.UnixMilli()) // 2026-03-02
		c := &changes{Town: add(t, b, town.Size{Cadres: 1, Houses: 1}), t: t, r: rand.New(rand.NewPCG(1, 1))}
		house := b.DB.NewID()
		member := func(name, joinedDay, left, leftDay string) *household.Member {
			return &household.Member{Meta: record.Meta{ID: b.DB.NewID(), Household: house, MadeAt: b.Now().UnixMilli()}, Name: name, Relation: "之子", JoinedDay: joinedDay, Left: left, LeftDay: leftDay}
		}
		_, err := b.DB.Write(t.Context(), write.Intent{Township: c.Township}, func(tx write.Tx) error {
			tx.Put(household.HouseholdType, &household.Household{Meta: record.Meta{ID: house, Household: house, MadeAt: tx.Now()}, Code: "H9", Class: "一般贫困户"})
			head := member("户主", "", "", "")
			head.Relation = "户主"
			for _, m := range []*household.Member{head, member("一", "2026-01-10", "", ""), member("二", "", "外嫁", ""), member("三", "", "去世", "2026-02-20")} {
				tx.Put(household.MemberType, m)
			}
			return nil
		})
		check(t, err)
		find := func(name string) *household.Member {
			for _, r := range c.rows(household.MemberType, house) {
				if m := r.(*household.Member); m.Name == name {
					return m
				}
			}
			t.Fatalf("no %s", name)
			return nil
		}
		b.Pass(10 * 24 * time.Hour) // 03-12: a birth in February is told, a bride without a day
		for _, body := range []string{`{"name":"四","relation":"之子","joined":"出生","joinedDay":"2026-02-14"}`, `{"name":"五","relation":"之儿媳","joined":"婚入"}`} {
			_, err := b.Registry.Make(t.Context(), c.Admin, household.MemberType, registry.House{ID: house, Township: c.Township}, "", json.RawMessage(body))
			check(t, err)
		}
		b.Pass(10 * 24 * time.Hour) // 03-22: the death of 一 on the 5th is told; 五 left, nobody says when
		c.patch(household.MemberType, find("一"), map[string]any{"left": "去世", "leftDay": "2026-03-05", "health": "患有大病"})
		c.patch(household.MemberType, find("五"), map[string]any{"left": "其他"})
		b.Pass(10 * 24 * time.Hour) // 04-01: 四 was said to have left by mistake; the reason for 五 is corrected
		c.patch(household.MemberType, find("四"), map[string]any{"left": "户籍迁出", "leftDay": "2026-03-01"})
		c.patch(household.MemberType, find("五"), map[string]any{"left": "户籍迁出"})
		b.Pass(24 * time.Hour)
		c.patch(household.MemberType, find("四"), map[string]any{"left": nil, "leftDay": nil})
		for day, want := range map[string]string{
			"2025-12-31": "户主 三", "2026-01-09": "户主 三", "2026-01-10": "户主 一 三", "2026-02-13": "户主 一 三", "2026-02-14": "户主 一 三 四",
			"2026-02-20": "户主 一 四", "2026-03-04": "户主 一 四", "2026-03-05": "户主 四", "2026-03-11": "户主 四", "2026-03-12": "户主 四 五",
			"2026-03-21": "户主 四 五", "2026-03-22": "户主 四", "2026-04-01": "户主 四", "2026-04-02": "户主 四",
		} {
			got, err := b.Registry.AsOf(t.Context(), c.Admin, registry.House{ID: house, Township: c.Township}, day)
			check(t, err)
			if got.Since != "2026-03-02" {
				t.Errorf("on record since %s", got.Since)
			}
			var names []string
			for _, raw := range got.Members {
				var m map[string]any
				check(t, json.Unmarshal(raw, &m))
				names = append(names, m["name"].(string))
				if m["left"] != nil || m["leftDay"] != nil || m["rev"] != 0.0 {
					t.Errorf("%s shows %s", day, raw)
				}
				if ill := m["name"] == "一" && m["health"] != nil; ill {
					t.Errorf("%s: 一 is ill before it was told: %s", day, raw)
				}
			}
			order := map[string]int{"户主": 0, "一": 1, "三": 3, "四": 4, "五": 5}
			slices.SortFunc(names, func(x, y string) int { return order[x] - order[y] })
			var h map[string]any
			check(t, json.Unmarshal(got.Household, &h))
			if strings.Join(names, " ") != want || h["people"] != float64(len(names)) || h["head"] != "户主" || h["rev"] != 0.0 {
				t.Errorf("%s: %v of %v, head %v; want %s", day, names, h["people"], h["head"], want)
			}
		}
	})
}

// TestAsOfStaysSealed: values that were sealed then are masked now, in no role
// plain, and not even their ciphertext is answered.
func TestAsOfStaysSealed(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		b.SetClock(town.Start.UnixMilli())
		c := &changes{Town: add(t, b, town.Size{Cadres: 1, Houses: 1}), t: t}
		house := c.Houses[0]
		first, second := dayAt(b), ""
		old := map[string]string{"phone": "19900001111", "bankAccount": "9999990000000001111", "idNo": "999999195001011111", "certNo": "99999919500101111143", "diagnosis": "旧的病情"}
		now := map[string]string{"phone": "19900002222", "bankAccount": "9999990000000002222", "idNo": "999999195001012222", "certNo": "99999919500101222243", "diagnosis": "新的病情"}
		for _, values := range []map[string]string{old, now} {
			c.patch(household.HouseholdType, c.home(house), map[string]any{"phone": values["phone"], "bankAccount": values["bankAccount"], "bank": "试行" + values["phone"][10:]})
			c.patch(household.MemberType, c.living(house)[0], map[string]any{"idNo": values["idNo"], "certNo": values["certNo"], "diagnosis": values["diagnosis"]})
			b.Pass(48 * time.Hour)
		}
		second = dayAt(b)
		for day, marks := range map[string][]string{first: {"199******11", "999**************11", "999*************11", "999***************43"}, second: {"199******22", "999**************22", "999*************22", "999***************43"}} {
			text := c.asOf(house, day)
			for _, mark := range append(marks, `"diagnosis":"***"`) {
				if strings.Count(text, mark) != 3 {
					t.Errorf("%s: %s is not shown to three roles: %s", day, mark, text)
				}
			}
			if strings.Count(text, "试行") != 2 { // the auditor does not see the bank
				t.Errorf("%s: %s", day, text)
			}
			for _, plain := range slices.Concat(slices.Collect(maps.Values(old)), slices.Collect(maps.Values(now)), []string{string(c.home(house).Phone), "t."}) {
				if strings.Contains(text, plain) {
					t.Errorf("%s shows %s", day, plain)
				}
			}
		}
	})
}

func TestAsOfRefuses(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		b.SetClock(town.Start.UnixMilli())
		c := &changes{Town: add(t, b, town.Size{Cadres: 1, Houses: 1}), t: t}
		in := registry.House{ID: c.Houses[0], Township: c.Township}
		for day, code := range map[string]string{"": "required", "2026-02-30": "format", "gestern": "format", "2026-03-03": "range", "20260302": "format"} {
			_, err := b.Registry.AsOf(t.Context(), c.Admin, in, day)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(fieldsOf(err)), code) {
				t.Errorf("%q: %v %v, want %s", day, err, fieldsOf(err), code)
			}
		}
		if _, err := b.Registry.AsOf(t.Context(), c.Admin, in, "2026-03-02"); err != nil {
			t.Error(err)
		}
		b.Pass(15 * time.Hour) // in Shanghai the next day has begun, in Greenwich not
		if _, err := b.Registry.AsOf(t.Context(), c.Admin, in, "2026-03-03"); err != nil {
			t.Error(err)
		}
		for _, in := range []registry.House{{ID: b.DB.NewID(), Township: c.Township}, {ID: c.Common, Township: c.Township}, {ID: c.Houses[0], Township: "999999999"}} {
			if _, err := b.Registry.AsOf(t.Context(), c.Admin, in, "2026-03-02"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%+v: %v", in, err)
			}
		}
		if _, err := b.Registry.AsOf(t.Context(), access.Actor{User: "x", Role: "X"}, in, "2026-03-02"); !fault.Is(err, fault.NotFound) {
			t.Errorf("no role: %v", err)
		}
	})
}

func fieldsOf(err error) []fault.Field {
	e, _ := errors.AsType[*fault.Error](err)
	if e == nil {
		return nil
	}
	return e.Fields
}
