package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/registry"
	"daohu/server/servertest/town"
)

const caseReason = "核对发放名单，案号 2026-015"

// headOf is the id of the only member of a household.
func headOf(t *testing.T, tn *town.Town, house string) string {
	t.Helper()
	rs, err := tn.DB.Page(t.Context(), household.MemberType, registry.PageQuery{Township: tn.Township, Household: house, Limit: 1})
	check(t, err)
	return rs[0].Base().ID
}

func house(tn *town.Town, i int) registry.House {
	return registry.House{ID: tn.Houses[i], Township: tn.Township}
}

// looks reads the log of one household through the store.
func looks(t *testing.T, tn *town.Town, house string) []registry.Seen {
	t.Helper()
	out, err := tn.DB.AccessPage(t.Context(), tn.Township, house, "", 1000)
	check(t, err)
	return out
}

// TestRevealByRole holds the table of the role matrix (domain.md F): who sees
// which sealed field of a household in reach, and that nothing is shown that
// is not in the log, and nothing logged that was refused.
func TestRevealByRole(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, far := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 2}), add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 1})
		county := access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
		head, want := headOf(t, tn, tn.Houses[0]), map[string]string{"phone": "19900000000", "idNo": "999999195001010000"}
		for _, c := range []struct {
			who    access.Actor
			phone  fault.Code // "" = shown
			idNo   fault.Code
			reason string
		}{
			{login(t, tn, tn.Houses[0]), fault.Forbidden, fault.Forbidden, caseReason},
			{tn.Cadres[0], "", fault.Forbidden, "打电话约时间"},
			{tn.Cadres[1], fault.NotFound, fault.Forbidden, caseReason},
			{tn.Workers[0], "", "", "核对证件号码"},
			{tn.Admin, "", "", "核对证件号码"},
			{county, "", "", "核对证件号码"},
			{as(county, func(a *access.Actor) { a.Role = access.Auditor }), "", "", caseReason},
			{as(county, func(a *access.Actor) { a.Role = access.Auditor }), fault.Invalid, fault.Invalid, "核对证件号码"},
			{as(county, func(a *access.Actor) { a.County = "999800" }), fault.NotFound, fault.NotFound, caseReason},
			{far.Admin, fault.NotFound, fault.NotFound, caseReason},
			{far.Cadres[0], fault.NotFound, fault.Forbidden, caseReason},
			{far.Workers[0], fault.NotFound, fault.NotFound, caseReason},
			{as(tn.Workers[0], func(a *access.Actor) { a.PushOnly = true }), fault.NotFound, fault.NotFound, caseReason},
			{access.Actor{}, fault.Forbidden, fault.Forbidden, caseReason},
		} {
			for field, code := range map[string]fault.Code{"phone": c.phone, "idNo": c.idNo} {
				k := registry.Ask{Field: field, Reason: "  " + c.reason + " "}
				if field == "idNo" {
					k.Member = head
				}
				before := looks(t, tn, tn.Houses[0])
				b.Pass(time.Second)
				got, err := b.Registry.Reveal(t.Context(), c.who, house(tn, 0), k)
				after := looks(t, tn, tn.Houses[0])
				if code != "" {
					if !fault.Is(err, code) || got != "" || len(after) != len(before) {
						t.Errorf("%s %s: %q %v, %d looks more; want %s", c.who.Role, field, got, err, len(after)-len(before), code)
					}
					continue
				}
				if err != nil || got != want[field] || len(after) != len(before)+1 {
					t.Errorf("%s %s: %q %v, %d looks more", c.who.Role, field, got, err, len(after)-len(before))
					continue
				}
				l := after[0].Access
				if l.ID == "" || (l != registry.Access{ID: l.ID, Township: tn.Township, Household: tn.Houses[0], Member: k.Member, Field: field, User: c.who.User, Role: string(c.who.Role), Reason: c.reason, At: b.Now().UnixMilli()}) {
					t.Errorf("%s %s was logged as %+v", c.who.Role, field, l)
				}
				if strings.Contains(fmt.Sprintf("%+v", after), want[field]) {
					t.Error("the log has the value")
				}
			}
		}
	})
}

// TestRevealAsks: wishes that name no field, another household's member, the
// township's own row, or no reason.
func TestRevealAsks(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
		head, other := headOf(t, tn, tn.Houses[0]), headOf(t, tn, tn.Houses[1])
		for _, c := range []struct {
			in   string
			ask  registry.Ask
			code fault.Code
		}{
			{tn.Houses[0], registry.Ask{Field: "notes", Reason: caseReason}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "IDIndex", Member: head, Reason: caseReason}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Reason: caseReason}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "idNo", Reason: caseReason}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "phone", Member: head, Reason: caseReason}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "idNo", Member: head}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "idNo", Member: head, Reason: "看一看吧"}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "idNo", Member: head, Reason: "看一看" + strings.Repeat(" ", 9)}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "idNo", Member: head, Reason: strings.Repeat("看", 201)}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "idNo", Member: head, Reason: "核对证件\x00号码"}, fault.Invalid},
			{tn.Houses[0], registry.Ask{Field: "idNo", Member: other, Reason: caseReason}, fault.NotFound},
			{tn.Houses[0], registry.Ask{Field: "idNo", Member: b.DB.NewID(), Reason: caseReason}, fault.NotFound},
			{tn.Houses[0], registry.Ask{Field: "idNo", Member: "x", Reason: caseReason}, fault.NotFound},
			{tn.Common, registry.Ask{Field: "phone", Reason: caseReason}, fault.NotFound},
		} {
			got, err := b.Registry.Reveal(t.Context(), tn.Admin, registry.House{ID: c.in, Township: tn.Township}, c.ask)
			if !fault.Is(err, c.code) || got != "" || len(looks(t, tn, c.in)) > 0 {
				t.Errorf("%+v: %q %v", c.ask, got, err)
			}
		}
		for _, reason := range []string{"看一看证件", strings.Repeat("看", 200)} {
			if _, err := b.Registry.Reveal(t.Context(), tn.Admin, house(tn, 0), registry.Ask{Field: "phone", Reason: reason}); err != nil {
				t.Errorf("%d runes: %v", len([]rune(reason)), err)
			}
		}
	})
}

func TestCaseNumbers(t *testing.T) {
	tn := single(t, town.Size{Houses: 1})
	auditor := access.Actor{User: tn.DB.NewID(), Role: access.Auditor, County: "999900"}
	for reason, ok := range map[string]bool{
		"案号 2026-015": true, "按案号：纪审3号核对": true, "核对（2026）县审字第12号": true, "县审〔2026〕12号": true,
		"核对证件号码": false, "案号还没有下来": false, "第12号文件要求": false, "案号：": false, "2026 年审计抽查": false,
	} {
		_, err := tn.Registry.Reveal(t.Context(), auditor, house(tn, 0), registry.Ask{Field: "phone", Reason: reason})
		if ok != (err == nil) || (err != nil && !fault.Is(err, fault.Invalid)) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// single is a township on the embedded database alone.
func single(t *testing.T, size town.Size) *town.Town {
	t.Helper()
	b, err := town.Open(t.Context(), town.Options{File: t.TempDir() + "/daohu.db", Seed: 1})
	check(t, err)
	t.Cleanup(func() { _ = b.DB.Close() })
	return add(t, b, size)
}

// deaf is a store whose log takes nothing.
type deaf struct{ registry.Store }

var errDeaf = errors.New("the log is full")

func (deaf) LogAccess(context.Context, []registry.Access) error { return errDeaf }

// TestNoLogNoValue: what cannot be logged is not shown.
func TestNoLogNoValue(t *testing.T) {
	tn := single(t, town.Size{Houses: 1})
	s := *tn.Registry
	s.Store = deaf{s.Store}
	got, err := s.Reveal(t.Context(), tn.Admin, house(tn, 0), registry.Ask{Field: "phone", Reason: caseReason})
	if got != "" || !errors.Is(err, errDeaf) {
		t.Errorf("%q %v", got, err)
	}
}

// TestLooks pages through a household's own access list.
func TestLooks(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 2})
		h, head := login(t, tn, tn.Houses[0]), headOf(t, tn, tn.Houses[0])
		worker := tn.Workers[0]
		check(t, b.DB.Accounts().AddUser(t.Context(), account.User{ID: worker.User, Version: 1, Login: "worker", Name: "村干甲", Role: access.Village, County: "999900", Township: tn.Township, Unit: "坪子村委会"}))
		check(t, b.DB.Accounts().AddUser(t.Context(), account.User{ID: tn.Admin.User, Version: 1, Login: "admin", Name: "管理员甲", Role: access.Township, County: "999900", Township: tn.Township}))
		var want []string
		for i := range 5 {
			who, k := worker, registry.Ask{Field: "idNo", Member: head, Reason: fmt.Sprintf("第 %d 次核对", i)}
			if i%2 == 1 {
				who, k.Field, k.Member = tn.Admin, "phone", ""
				b.Pass(time.Minute) // two at a time share an instant
			}
			_, err := b.Registry.Reveal(t.Context(), who, house(tn, 0), k)
			check(t, err)
			_, err = b.Registry.Reveal(t.Context(), tn.Admin, house(tn, 1), registry.Ask{Field: "phone", Reason: "别家的电话"})
			check(t, err)
			want = append(want, k.Reason)
		}
		var all []registry.Look
		for after, pages := "", 0; ; pages++ {
			page, next, err := b.Registry.MyLooks(t.Context(), h, after, 2)
			check(t, err)
			all = append(all, page...)
			if after = next; next == "" {
				if pages != 2 {
					t.Errorf("%d pages", pages+1)
				}
				break
			}
		}
		var got []string
		for i, l := range all {
			got = append(got, l.Reason)
			if i > 0 && l.At > all[i-1].At {
				t.Error("not newest first")
			}
			shown := registry.Look{ID: l.ID, At: l.At, Name: "村干甲", Who: "坪子村委会", Field: "身份证号", Member: "户主1", Reason: l.Reason}
			if l.Member == "" {
				shown.Name, shown.Who, shown.Field, shown.Member = "管理员甲", "乡镇管理员", "联系电话", ""
			}
			if l != shown || l.At == 0 {
				t.Errorf("%+v", l)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		same, _, err := b.Registry.Looks(t.Context(), house(tn, 0), "", 50)
		if check(t, err); !slices.Equal(same, all) {
			t.Error("the township sees another list than the household")
		}
		for after, code := range map[string]fault.Code{"x": fault.BadRequest, b.DB.NewID(): fault.NotFound, looks(t, tn, tn.Houses[1])[0].ID: fault.NotFound} {
			if _, _, err := b.Registry.MyLooks(t.Context(), h, after, 2); !fault.Is(err, code) {
				t.Errorf("after %q: %v", after, err)
			}
		}
		if _, _, err := b.Registry.MyLooks(t.Context(), as(h, func(a *access.Actor) { a.Household = tn.Houses[1] }), "", 2); !fault.Is(err, fault.NotFound) {
			t.Errorf("another household's list: %v", err)
		}
	})
}
