package registry_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"daohu/server/activity"
	"daohu/server/booklet"
	"daohu/server/casework"
	"daohu/server/household"
	"daohu/server/measure"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// TestMyWords: who helps, what, how much, did it arrive, whom to call, in
// sentences that stand beside their rows; nothing said in confidence.
func TestMyWords(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
		mine, other, me := tn.Houses[0], tn.Houses[1], tn.Cadres[0].User
		h := login(t, tn, mine)
		secret, err := b.Box.Seal("告他的话")
		check(t, err)
		_, err = b.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: tn.Houses}, func(tx write.Tx) error {
			meta := func(house string, at int64) record.Meta {
				return record.Meta{ID: tx.NewID(), Household: house, MadeBy: me, MadeAt: at}
			}
			visit := meta(mine, 1)
			tx.Put(activity.VisitType, &activity.Visit{Meta: visit, Day: "2026-02-09", Text: "屋顶漏雨"})
			for _, m := range []measure.Measure{
				{Meta: meta(mine, 1), Kind: "产业帮扶", What: "两头能繁母牛", From: "2026-02-01", Amount: 1_000_000, Given: 600_050, Quantity: 2, Unit: "头", Stage: measure.Doing, State: "approved"},
				{Meta: meta(mine, 2), Kind: "健康帮扶", From: "2026-01-01", Stage: measure.Done, Result: "报了药费", Given: 12_345, State: "pending"},
				{Meta: meta(mine, 3), Kind: "教育帮扶", What: "不该看到", State: "rejected"},
				{Meta: meta(other, 4), Kind: "住房帮扶", What: "别家的", State: "approved"},
			} {
				tx.Put(measure.Type, &m)
			}
			tx.Put(casework.NeedType, &casework.Need{Meta: meta(mine, 9), Text: "缺水", State: casework.Open, Due: "2026-03-09"})
			tx.Put(casework.NeedType, &casework.Need{Meta: meta(mine, 8), Text: "牛病了。", State: casework.Closed, Answer: "兽医来过"})
			tx.Put(casework.NeedType, &casework.Need{Meta: meta(other, 8), Text: "别家的"})
			tx.Put(booklet.DeliveryType, &booklet.Delivery{Meta: meta(mine, 1), Edition: 1, Day: "2026-02-10", Way: "上门", Receipt: "收到", Channel: "own"})
			tx.Put(booklet.DeliveryType, &booklet.Delivery{Meta: meta(other, 1), Edition: 1, Day: "2026-02-11", Way: "自取"})
			tx.Put(activity.ConfirmationType, &activity.Confirmation{Meta: meta(mine, 1), Visit: visit.ID, Answer: "没来过", Text: "悄悄说的"})
			tx.Put(casework.ComplaintType, &casework.Complaint{Meta: meta(mine, 1), Text: secret, Kind: "投诉", State: casework.Open})
			return nil
		})
		check(t, err)
		my, err := b.Registry.My(t.Context(), h)
		check(t, err)
		want := registry.MyWords{
			Helpers: []string{"帮您家的是干部1，镇农业站的。电话还没有登记，请问村干部。"},
			Visits:  []string{"2026年2月9日来过您家。记的是：屋顶漏雨。"},
			Measures: []string{"产业帮扶：两头能繁母牛。一共2头。计划给10000元，已经给了6000.50元，还差3999.50元。正在办。",
				"健康帮扶。已经给了123.45元。已经办好。报了药费。镇里还在核对。"},
			Needs:      []string{"说过的难处：缺水。最晚2026年3月9日答复您。", "说过的难处：牛病了。答复是：兽医来过。已经办结。"},
			Deliveries: []string{"2026年2月10日送来了口袋书（第1版）。您说收到了。"},
		}
		for _, c := range []struct {
			what      string
			got, want []string
			rows      int
		}{
			{"helpers", my.Words.Helpers, want.Helpers, len(my.Helpers)}, {"visits", my.Words.Visits, want.Visits, len(my.Visits)}, {"measures", my.Words.Measures, want.Measures, len(my.Measures)},
			{"needs", my.Words.Needs, want.Needs, len(my.Needs)}, {"deliveries", my.Words.Deliveries, want.Deliveries, len(my.Deliveries)},
		} {
			if !slices.Equal(c.got, c.want) || c.rows != len(c.want) {
				t.Errorf("%s: %d rows, %q\nwant %q", c.what, c.rows, c.got, c.want)
			}
		}
		all, err := json.Marshal(my)
		check(t, err)
		for _, text := range []string{"不该看到", "别家的", "悄悄说的", "没来过", "告他的话", "投诉"} {
			if strings.Contains(string(all), text) {
				t.Errorf("the page shows %s", text)
			}
		}
	})
}

// TestMyCards: those that hold today and are for the household, with approved
// recordings of these.
func TestMyCards(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn := add(t, b, town.Size{Cadres: 1, Houses: 2})
		mine := tn.Houses[0]
		h := login(t, tn, mine)
		_, err := b.DB.Write(t.Context(), write.Intent{Township: tn.Township, Households: []string{tn.Common, mine}}, func(tx write.Tx) error {
			got, err := tx.Load(household.HouseholdType, mine)
			if err != nil {
				return err
			}
			home := *got[mine].(*household.Household)
			home.Class = "低保户"
			tx.Put(household.HouseholdType, &home)
			for i, c := range []booklet.Card{
				{Code: "for-me", Audience: `["class:低保户"]`}, {Code: "for-others", Audience: `["class:五保户"]`}, {Code: "over", Until: "2026-03-01"}, {Code: "to-come", From: "2026-03-03"},
				{Code: "today", From: "2026-03-02", Until: "2026-03-02"}, {Code: "gone", State: "archived"}, {Code: "draft", State: "draft"},
			} {
				c.Meta = record.Meta{ID: tx.NewID(), Household: tn.Common}
				if c.State == "" {
					c.State = "published"
				}
				c.Edition, c.Order, c.Title, c.SHA256 = 1, int64(100-i), c.Code, strings.Repeat("0", 64)
				tx.Put(booklet.Type, &c)
				for _, state := range []string{"", "pending", "approved", "rejected"} {
					tx.Put(booklet.ClipType, &booklet.Clip{Meta: record.Meta{ID: tx.NewID(), Household: tn.Common}, Card: c.Code, Edition: c.Edition, Dialect: "话" + state, State: state})
				}
				tx.Put(booklet.ClipType, &booklet.Clip{Meta: record.Meta{ID: tx.NewID(), Household: tn.Common}, Card: c.Code, Edition: c.Edition + 1, Dialect: "另一版", State: "approved"})
			}
			return nil
		})
		check(t, err)
		my, err := b.Registry.My(t.Context(), h)
		check(t, err)
		names := func(rows []json.RawMessage, field string) (out []string) {
			for _, raw := range rows {
				var row map[string]any
				check(t, json.Unmarshal(raw, &row))
				out = append(out, row[field].(string))
			}
			return out
		}
		codes := names(my.Cards, "code")
		if n := len(tn.Cards); len(codes) != n+2 || !slices.Equal(codes[n:], []string{"today", "for-me"}) {
			t.Errorf("cards %v", codes)
		}
		if clips := append(names(my.Clips, "card"), names(my.Clips, "state")...); !slices.Equal(clips, []string{"for-me", "today", "approved", "approved"}) {
			t.Errorf("clips %v", clips)
		}
	})
}
