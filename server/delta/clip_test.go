package delta_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"daohu/server/booklet"
	"daohu/server/servertest/town"
	"daohu/server/workflow"
)

// TestClipOnPhones: a recording is announced into the common rows by a phone,
// reaches those who look after households at once and households when it is
// approved; nothing else gets there, and no clip anywhere else.
func TestClipOnPhones(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 2, Workers: 1, Houses: 2})
		c, other, v, h := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Cadres[1]), synced(t, b, tn.Workers[0]), synced(t, b, dweller(t, b, tn))
		frame := make([]byte, 208)
		copy(frame, []byte{0xff, 0xfb, 0x50, 0xc0})
		file := bytes.Repeat(frame, 60)
		id := b.DB.NewID()
		patch := fmt.Sprintf(`{"card":"safe-water","dialect":"本地话","sha256":"%x","size":%d}`, sha256.Sum256(file), len(file))
		c.want(c.push("clip", b.DB.NewID(), tn.Houses[0], patch), "not-found")
		h.want(h.push("clip", b.DB.NewID(), tn.Common, patch), "forbidden")
		c.want(c.push("visit", b.DB.NewID(), tn.Common, `{"day":"2026-03-02"}`), "not-found")
		c.want(c.push("clip", id, tn.Common, patch), "")
		other.want(other.push("clip", id, tn.Common, `{"dialect":"别的话"}`), "forbidden")
		holds := func(when string, want map[*phone]bool) {
			t.Helper()
			for p, has := range want {
				p.converged()
				p.digests = true
				p.converged()
				p.digests = false
				if n := len(p.ids(tn.Common, "clip")); (n == 1) != has || n > 1 {
					t.Errorf("%s: %s holds %d", when, p.who.Role, n)
				}
			}
		}
		holds("announced", map[*phone]bool{c: true, other: true, v: true, h: false})
		rec := &booklet.Recorder{Store: b.DB, Writer: b.DB}
		row, err := rec.Take(t.Context(), tn.Cadres[0], id, file)
		check(t, err)
		holds("waiting", map[*phone]bool{c: true, other: true, v: true, h: false})
		decided, err := b.Workflow.Decide(t.Context(), tn.Admin, booklet.ClipType, id, workflow.Decision{Action: "approve", Rev: row.Version})
		check(t, err)
		holds("approved", map[*phone]bool{c: true, other: true, v: true, h: true})
		if got := h.row(tn.Common, "clip", id); got["state"] != "approved" || got["sound"] != row.Sound || got["by"] != nil {
			t.Errorf("the household holds %v", got)
		}
		_, err = rec.Withdraw(t.Context(), tn.Admin, id, decided.Base().Version, "说错了")
		check(t, err)
		holds("withdrawn", map[*phone]bool{c: true, other: true, v: true, h: false})
		if n := b.Delta.Stats().Healed.Load(); n != 0 {
			t.Errorf("%d households had to be healed", n)
		}
	})
}

// TestDeliveryOnPhones: who gave the booklet never reads what the household
// says of it, not after tapping it in, and not from a refusal.
func TestDeliveryOnPhones(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Workers: 1, Houses: 1})
		house, id := tn.Houses[0], b.DB.NewID()
		c, v, h := synced(t, b, tn.Cadres[0]), synced(t, b, tn.Workers[0]), synced(t, b, dweller(t, b, tn))
		h.want(h.push("delivery", b.DB.NewID(), house, `{"day":"2026-03-02","way":"自取"}`), "forbidden")
		c.want(c.push("delivery", id, house, `{"day":"2026-03-02","way":"上门"}`), "")
		if got := c.row(house, "delivery", id); fmt.Sprint(got["edition"]) != "1" {
			t.Errorf("the edition is not told: %v", got)
		}
		v.round()
		h.round()
		h.want(h.push("delivery", id, house, `{"receipt":"没收到"}`), "")
		for _, p := range []*phone{c, v} { // neither has seen it
			p.want(p.push("delivery", id, house, `{"receipt":"收到"}`), "forbidden")
			p.converged()
			if got := p.row(house, "delivery", id); got["receipt"] != nil || got["channel"] != nil {
				t.Errorf("%s holds %v", p.who.Role, got)
			}
			if n := len(p.ids(house, "proposal")); n != 0 {
				t.Errorf("%s holds %d proposals", p.who.Role, n)
			}
		}
		h.converged()
		if got := h.row(house, "delivery", id); got["receipt"] != "没收到" || got["channel"] != "own" {
			t.Errorf("the household holds %v", got)
		}
		second := b.DB.NewID()
		c.want(c.push("delivery", second, house, `{"day":"2026-03-02","way":"电话","receipt":"收到"}`), "")
		c.converged()
		if got := c.row(house, "delivery", second); got["receipt"] != nil {
			t.Errorf("tapped on the cadre's phone it stays there: %v", got)
		}
		h.round()
		h.want(h.push("delivery", second, house, `{"receipt":""}`), "")
		rows, err := b.DB.Live(t.Context(), booklet.DeliveryType, tn.Township, house)
		check(t, err)
		for _, r := range rows {
			if d := r.(*booklet.Delivery); d.ID == second && (d.Receipt != "" || d.Channel != "") {
				t.Errorf("taken back by the household: %+v", d)
			}
		}
	})
}
