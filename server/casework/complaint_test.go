package casework_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/servertest/town"
)

// TestComplaintLife: written and mended by the household, answered and closed
// by the township within its days; the auditor sees the clock, not the words.
func TestComplaintLife(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		ctx, h, house := t.Context(), w.homes[0], w.Houses[0]
		w.at("2026-09-29 10:00")
		id := w.made(h, "complaint", house, `{"text":"三个月没来过","kind":"投诉","whom":"帮扶干部","about":"`+w.Cadres[0].User+`"}`)
		c := w.complaint(id)
		if c.Due != "2026-10-19" || c.State != casework.Open || c.Level != casework.LevelTownship {
			t.Errorf("%+v", c)
		}
		if strings.Contains(string(c.Text), "三个月") {
			t.Error("the text lies in the open")
		}
		if code, _ := w.push(h, "complaint", id, house, `{"text":"四个月没来过"}`); code != "" {
			t.Errorf("mended: %q", code)
		}
		for _, a := range []access.Actor{w.Admin, w.county} {
			text, err := w.Registry.Get(ctx, a, casework.ComplaintType, id)
			if err != nil || !strings.Contains(string(text), "四个月没来过") {
				t.Errorf("%s reads %s %v", a.Role, text, err)
			}
		}
		seen, err := w.Registry.Get(ctx, w.auditor, casework.ComplaintType, id)
		check(t, err)
		if s := string(seen); strings.Contains(s, "没来过") || strings.Contains(s, w.Cadres[0].User) || !strings.Contains(s, `"due":"2026-10-19"`) || !strings.Contains(s, `"state":"open"`) {
			t.Errorf("the auditor sees %s", s)
		}
		_, err = w.desk.Close(ctx, w.Admin, casework.ComplaintType, id, c.Version+1, "没有答复就办结")
		w.wantCode(err, fault.WrongState, "closed without an answer")
		w.at("2026-10-20 00:00")
		if got := w.list(w.county, casework.ComplaintType, "overdue"); !slices.Equal(got, []string{id}) {
			t.Errorf("overdue: %v", got)
		}
		_, err = w.desk.Answer(ctx, w.Admin, id, c.Version+1, "已换人，下周到户")
		check(t, err)
		if code, _ := w.push(h, "complaint", id, house, `{"text":"改口"}`); code != "wrong-state" {
			t.Errorf("changed after the answer: %q", code)
		}
		_, err = w.desk.Close(ctx, w.Admin, casework.ComplaintType, id, w.complaint(id).Version, "农户认可")
		check(t, err)
		if told := w.pull(h); !strings.Contains(told, "已换人，下周到户") || !strings.Contains(told, "农户认可") || !strings.Contains(told, "四个月没来过") {
			t.Error("the household does not read its own complaint, the answer and the words")
		}
		_, err = w.desk.Answer(ctx, w.Admin, id, w.complaint(id).Version, "又")
		w.wantCode(err, fault.WrongState, "answered after it was closed")
		if strings.Contains(w.pull(w.homes[1]), "没来过") {
			t.Error("another household reads it")
		}
		taken := w.made(h, "complaint", house, `{"text":"想多放电影","kind":"建议"}`)
		if code, _ := w.push(h, "complaint", taken, house, `null`); code != "forbidden" {
			t.Errorf("deleted: %q", code)
		}
		if code, _ := w.push(h, "complaint", taken, house, `{"withdrawn":true}`); code != "" || w.complaint(taken).State != casework.Closed {
			t.Errorf("taken back: %q", code)
		}
		for _, a := range []access.Actor{w.Cadres[0], w.Workers[0]} {
			if code, _ := w.push(a, "complaint", w.DB.NewID(), house, `{"text":"x","kind":"投诉"}`); code != "forbidden" {
				t.Errorf("%s writes one: %q", a.Role, code)
			}
		}
	})
}

// TestComplaintAboutTheTownship: what may concern the township's own people is
// seen and settled by the county alone, and by nobody whom it names; it does
// not come down again.
func TestComplaintAboutTheTownship(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		ctx, h, house := t.Context(), w.homes[0], w.Houses[0]
		second := w.county
		second.User = w.DB.NewID()
		say := func(more string) string {
			return w.made(h, "complaint", house, `{"text":"上面的记号","kind":"投诉"`+more+`}`)
		}
		none := []access.Actor{}
		for name, x := range map[string]struct {
			more string
			sees []access.Actor
		}{
			"nobody named":        {``, []access.Actor{w.Admin, w.other, w.county, second}},
			"the township, words": {`,"whom":"乡镇干部"`, []access.Actor{w.county, second}},
			"an admin by id":      {`,"about":"` + w.Admin.User + `"`, []access.Actor{w.county, second}},
			"the county":          {`,"about":"` + w.county.User + `"`, []access.Actor{second}},
			"its village worker":  {`,"about":"` + w.Workers[0].User + `"`, []access.Actor{w.Admin, w.other, w.county, second}},
			"another's cadre":     {`,"about":"` + w.Cadres[1].User + `"`, []access.Actor{w.county, second}},
			"its cadre and both":  {`,"whom":"乡镇干部","about":"` + w.Cadres[0].User + `"`, []access.Actor{w.county, second}},
		} {
			id := say(x.more)
			for _, a := range append(none, w.Admin, w.other, w.county, second) {
				sees := slices.ContainsFunc(x.sees, func(o access.Actor) bool { return o.User == a.User })
				_, err := w.Registry.Get(ctx, a, casework.ComplaintType, id)
				listed := slices.Contains(w.list(a, casework.ComplaintType, ""), id)
				rows, _, err2 := w.Registry.List(ctx, a, casework.ComplaintType, registry.PageQuery{Township: w.Township, Household: house, Limit: 100})
				check(t, err2)
				among := slices.ContainsFunc(rows, func(r json.RawMessage) bool { return strings.Contains(string(r), id) })
				if (err == nil) != sees || listed != sees || among != sees {
					t.Errorf("%s: %s %s reads %v, listed %v, among the records %v; want %v", name, a.Role, a.User, err == nil, listed, among, sees)
				}
				if !sees {
					_, err := w.desk.Answer(ctx, a, id, 1, "我来答复")
					w.wantCode(err, fault.NotFound, name+": answered by who may not see it")
					_, err = w.Registry.Change(ctx, a, casework.ComplaintType, id, 1, []byte(`{"text":"x"}`))
					w.wantCode(err, fault.NotFound, name+": changed by who may not see it")
				}
			}
			_, err := w.desk.Answer(ctx, second, id, 1, "县里查过了")
			check(t, err)
		}
		up := say(`,"whom":"乡镇干部"`)
		if code, _ := w.push(h, "complaint", up, house, `{"whom":"帮扶干部"}`); code != "" || w.complaint(up).Level != casework.LevelCounty {
			t.Errorf("came down again: %q %+v", code, w.complaint(up))
		}
		down := say(`,"whom":"帮扶干部"`)
		if code, _ := w.push(h, "complaint", down, house, `{"whom":"乡镇干部"}`); code != "" || w.complaint(down).Level != casework.LevelCounty {
			t.Errorf("does not go up: %q", code)
		}
		if code, _ := w.push(h, "complaint", w.DB.NewID(), house, `{"text":"x","kind":"投诉","about":"`+h.User+`"}`); code != "invalid" {
			t.Errorf("about oneself: %q", code)
		}
		// A cadre who becomes a township admin does not get to see it either.
		id := say(`,"about":"` + w.Cadres[0].User + `"`)
		risen := w.Admin
		risen.User = w.Cadres[0].User
		_, err := w.Registry.Get(ctx, risen, casework.ComplaintType, id)
		w.wantCode(err, fault.NotFound, "the cadre it is about, as an admin")
	})
}

// TestComplaintLeavesNoCopy: by the ways on which work that comes late or from
// a revoked phone goes, no copy of a complaint reaches others: no proposal, no
// quarantine; nor does a disabled log-in keep one back.
func TestComplaintLeavesNoCopy(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := begin(t, b)
		ctx, h, house := t.Context(), w.homes[0], w.Houses[0]
		id := w.made(h, "complaint", house, `{"text":"原来的记号","kind":"投诉"}`)
		revoked := h
		revoked.PushOnly = true
		fromRevoked := w.DB.NewID()
		if code, body := w.push(revoked, "complaint", fromRevoked, house, `{"text":"停用后的记号","kind":"投诉"}`); code != "" || strings.Contains(body, "households\":[{") {
			t.Errorf("from a revoked session: %q %s", code, body)
		}
		need := w.DB.NewID()
		if code, _ := w.push(revoked, "need", need, house, `{"text":"停用后的诉求"}`); code != "quarantined" {
			t.Errorf("a need from a revoked session: %q", code)
		}
		held, err := b.DB.Space(ctx, w.Township)
		check(t, err)
		// The household is closed: its log-in holds nothing any more.
		_, err = w.Registry.End(ctx, w.Admin, registry.House{ID: house, Township: w.Township}, registry.Ending{Rev: row[*household.Household](w, household.HouseholdType, house).Version, Reason: "全户迁往外省"})
		check(t, err)
		if code, _ := w.push(h, "complaint", id, house, `{"text":"迟到的记号"}`, held.Seq); code != "" {
			t.Errorf("mended late: %q", code)
		}
		w.Pass(40 * 24 * 3_600_000_000_000)
		old := w.DB.NewID()
		if code, _ := w.push(h, "complaint", old, house, `{"text":"很晚的记号","kind":"建议"}`, held.Seq); code != "late" {
			t.Errorf("made long after: %q", code)
		}
		for _, want := range []string{"迟到的记号", "停用后的记号", "很晚的记号"} {
			i := slices.Index([]string{"迟到的记号", "停用后的记号", "很晚的记号"}, want)
			if plain, err := w.Box.Open(w.complaint([]string{id, fromRevoked, old}[i]).Text); err != nil || plain != want {
				t.Errorf("%q %v, want %q", plain, err, want)
			}
		}
		kept, err := b.DB.Quarantined(ctx, w.Township, "open", "", 100)
		check(t, err)
		for _, q := range kept {
			text, err := w.Box.Open(record.Sealed(q.Mutation))
			check(t, err)
			if strings.Contains(text, "complaint") {
				t.Errorf("in quarantine: %s", text)
			}
		}
		if ps, err := b.DB.Page(ctx, household.ProposalType, registry.PageQuery{Township: w.Township, Limit: 100}); err != nil || len(ps) != 0 || len(kept) != 1 {
			t.Errorf("%d proposals, %d in quarantine, %v", len(ps), len(kept), err)
		}
		hs, err := b.DB.Histories(ctx, w.Township)
		check(t, err)
		for _, x := range hs {
			if x.Type == "complaint" && strings.Contains(x.Old+x.New, "记号") {
				t.Errorf("history in the open: %s %s", x.Field, x.New)
			}
		}
		// A need of the household that waited is taken as the household's own.
		check(t, w.Delta.Settle(ctx, w.Admin, kept[0], "take", ""))
		if n := w.need(need); n.MadeBy != h.User || n.Due == "" {
			t.Errorf("%+v", n)
		}
	})
}
