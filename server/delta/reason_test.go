package delta_test

import (
	"fmt"
	"strings"
	"testing"

	"daohu/server/servertest/town"
	"daohu/server/workflow"
)

// because pushes one mutation with a reason behind it.
func (p *phone) because(reason, typ, id, house, patch string) result {
	p.t.Helper()
	p.mid++
	m := p.sign(fmt.Sprintf(`[%d,%d,%q,%q,%q,%s,%d,%q]`, p.mid, p.base[house], typ, id, house, patch, p.b.Now().UnixMilli(), reason))
	return p.verdict(p.send(m), p.mid)
}

// TestProposalsCarryTheReason: the author's own words, else the registry's word
// for why a person joined or left.
func TestProposalsCarryTheReason(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house := tn.Houses[0]
		c := synced(t, b, tn.Cadres[0])
		head := c.ids(house, "member")[0]
		reason := func(r result) any { return c.proposal(house, c.want(r, "proposal"))["reason"] }

		son := `{"name":"孙三","relation":"之子","joined":"漏登补录","joinedDay":"2026-02-01"}`
		if got := reason(c.because("户口本上有他", "member", b.DB.NewID(), house, son)); got != "户口本上有他" {
			t.Errorf("an addition with a reason: %v", got)
		}
		if got := reason(c.push("member", b.DB.NewID(), house, son)); got != "漏登补录" {
			t.Errorf("an addition without: %v", got)
		}
		if got := reason(c.push("member", b.DB.NewID(), house, `{"name":"李四","relation":"之女"}`)); got != nil {
			t.Errorf("an addition that says nothing: %v", got)
		}
		if got := reason(c.because("看过残疾证", "member", head, house, `{"health":"残疾"}`)); got != "看过残疾证" {
			t.Errorf("a change with a reason: %v", got)
		}
		c.want(c.push("member", head, house, `{"left":"去世","leftDay":"2026-02-20"}`), "proposal")
		n := 0
		for _, id := range c.ids(house, "proposal") {
			if p := c.row(house, "proposal", id); p["row"] == head && (p["field"] == "left" || p["field"] == "leftDay") {
				if n++; p["reason"] != "去世" {
					t.Errorf("removal, %v: %v", p["field"], p["reason"])
				}
			}
		}
		if n != 2 {
			t.Errorf("%d proposals of a removal, want the reason and the day", n)
		}
		c.want(c.because(strings.Repeat("长", 201), "member", head, house, `{"health":"健康"}`), "invalid")
		c.want(c.because("随手写的", "member", head, house, `{"work":"省外","workMonths":3}`), "") // applied at once, nobody asks why
		c.converged()
	})
}

// TestReasonOutlivesQuarantine: what a push-only phone hands in keeps its
// reason until it is taken.
func TestReasonOutlivesQuarantine(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 1})
		house, who := tn.Houses[0], tn.Cadres[0]
		before := synced(t, b, who)
		who.PushOnly = true
		c := newPhone(t, b, who)
		c.want(c.because("户口本上有她", "member", b.DB.NewID(), house, `{"name":"李四","relation":"之女"}`), "quarantined")
		kept, err := b.DB.Quarantined(t.Context(), tn.Township, "open", "", 10)
		check(t, err)
		check(t, b.Delta.Settle(t.Context(), tn.Admin, kept[0], "take", ""))
		before.round()
		ids := before.ids(house, "proposal")
		if len(ids) != 1 || before.row(house, "proposal", ids[0])["reason"] != "户口本上有她" {
			t.Fatalf("proposals %v", ids)
		}
		_, err = tn.Workflow.Settle(t.Context(), tn.Admin, ids[0], workflow.Decision{Action: "accept", Rev: 1})
		check(t, err)
	})
}
