package registry_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
	"daohu/server/write"
)

// ask puts an open proposal of a cadre.
func ask(t *testing.T, tn *town.Town, by access.Actor, row, field, mine, reason string) string {
	t.Helper()
	sealed, err := tn.Box.Seal(mine)
	check(t, err)
	id := tn.DB.NewID()
	_, err = tn.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: tn.Houses[:1]}, func(tx write.Tx) error {
		tx.Put(household.ProposalType, &household.Proposal{Meta: record.Meta{ID: id, Household: tn.Houses[0], MadeBy: by.User, MadeAt: tx.Now()},
			Target: "member", Row: row, Field: field, Mine: sealed, State: "open", Reason: reason})
		return nil
	})
	check(t, err)
	return id
}

// TestHistoryOfAMember: an addition, two changes that were agreed to, one by
// the admin's own hand; what was refused or waits did not happen.
func TestHistoryOfAMember(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 2})
		c, w, second := tn.Cadres[0], tn.Workers[0], as(tn.Admin, func(a *access.Actor) { a.User = b.DB.NewID() })
		settle := func(by access.Actor, id, action string) {
			t.Helper()
			b.Pass(time.Hour)
			_, err := b.Workflow.Settle(t.Context(), by, id, workflow.Decision{Action: action, Rev: 1, Reason: "看过户口本"})
			check(t, err)
		}
		born := b.DB.NewID()
		settle(tn.Admin, ask(t, tn, c, born, "*", `{"name":"孙三","relation":"之子","sex":"男"}`, "漏登补录"), "accept")
		settle(second, ask(t, tn, w, born, "name", "孙山", "同音写错"), "accept")
		settle(tn.Admin, ask(t, tn, c, born, "health", "残疾", "看过残疾证"), "refuse")
		settle(second, ask(t, tn, c, born, "name", "孙珊", "又写错"), "accept")
		ask(t, tn, c, born, "left", "外嫁", "外嫁")
		b.Pass(time.Hour)
		_, err := b.Registry.Change(t.Context(), tn.Admin, household.MemberType, born, 3, json.RawMessage(`{"idNo":"999999195001010000","work":"省外","workMonths":3,"reason":"看过证件"}`))
		check(t, err)

		tell := func(a access.Actor) string {
			t.Helper()
			es, err := b.Registry.History(t.Context(), a, household.MemberType, born)
			check(t, err)
			var lines []string
			for i, e := range es {
				if i > 0 && e.At < es[i-1].At {
					t.Errorf("out of order: %+v", es)
				}
				lines = append(lines, strings.TrimSpace(fmt.Sprint(e.What, " ", e.Field, " ", e.Old, ">", e.New, map[bool]string{true: " hidden"}[e.Hidden], " ", who(tn, second, e.By), " ", e.Reason, " ", who(tn, second, e.Agreed))))
			}
			return strings.Join(lines, "\n")
		}
		const all = `made  > cadre 漏登补录 admin
changed name 孙三>孙山 worker 同音写错 second
changed name 孙山>孙珊 cadre 又写错 second
changed idNo > hidden admin 看过证件
changed work >省外 admin 看过证件
changed workMonths >3 admin 看过证件`
		trim := func(s string) string { return strings.Join(strings.Fields(s), " ") }
		if got := tell(tn.Admin); trim(got) != trim(all) {
			t.Errorf("the township reads\n%s\nwant\n%s", got, all)
		}
		masked := strings.NewReplacer("孙三", "**", "孙山", "**", "孙珊", "**").Replace(all)
		county := access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
		for _, a := range []access.Actor{county, as(county, func(a *access.Actor) { a.Role = access.Auditor })} {
			if got := tell(a); trim(got) != trim(masked) {
				t.Errorf("%s reads\n%s", a.Role, got)
			}
		}
		for _, a := range []access.Actor{as(county, func(a *access.Actor) { a.County = "999800" }), tn.Cadres[1], {}} {
			if _, err := b.Registry.History(t.Context(), a, household.MemberType, born); !fault.Is(err, fault.NotFound) {
				t.Errorf("%+v: %v", a, err)
			}
		}
	})
}

func who(tn *town.Town, second access.Actor, id string) string {
	return map[string]string{tn.Cadres[0].User: "cadre", tn.Workers[0].User: "worker", tn.Admin.User: "admin", second.User: "second"}[id]
}

// TestHistoryOfAReview: the steps of a reviewed row stand in its history, and
// what the township enters itself is approved by no review.
func TestHistoryOfAReview(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		raw, err := b.Registry.Make(t.Context(), tn.Admin, measure.Type, house(tn, 0), "", json.RawMessage(`{"kind":"搬迁"}`))
		check(t, err)
		var made struct{ ID string }
		check(t, json.Unmarshal(raw, &made))
		again, err := b.Registry.Make(t.Context(), tn.Admin, measure.Type, house(tn, 0), made.ID, json.RawMessage(`{"kind":"搬迁"}`))
		if err != nil || string(again) != string(raw) {
			t.Errorf("the same again: %s %v", again, err)
		}
		es, err := b.Registry.History(t.Context(), tn.Admin, measure.Type, made.ID)
		check(t, err)
		want := []registry.HistoryEvent{{What: "made", At: b.Now().UnixMilli(), By: tn.Admin.User}, {What: "reviewed", At: b.Now().UnixMilli(), By: tn.Admin.User, To: "approved"}}
		if len(es) != 2 || es[0] != want[0] || es[1] != want[1] {
			t.Errorf("%+v", es)
		}
	})
}
