package app

import (
	"encoding/json"
	"strings"
	"testing"

	"daohu/server/casework"
	"daohu/server/pairing"
)

// publish makes a county's document hold in the first township.
func (f *fixture) publish(code string, body any) {
	f.Helper()
	a := f.Do("POST", f.Token("county-1"), "/api/v1/settings/"+code+"?township="+f.Towns[0].Township, map[string]any{"edition": 0, "reason": "县里统一要求", "body": body})
	if a.Status != 200 {
		f.Fatalf("%s: %d %s", code, a.Status, a.Body)
	}
}

// document is the one that holds, as an object to change.
func (f *fixture) document(code string) map[string]any {
	f.Helper()
	raw, err := f.Settings.Current(f.Context(), f.Towns[0].Township, code)
	f.must(err)
	var v map[string]any
	f.must(json.Unmarshal(raw, &v))
	return v
}

// TestOwnClocksAndQuota: what a township publishes of its own is what its
// needs, its holidays and its pairings go by; the next township's stay.
func TestOwnClocksAndQuota(t *testing.T) {
	both(t, func(t *testing.T, f *fixture) {
		due := func(n int) string {
			t.Helper()
			h := f.Towns[n].Houses[0]
			id := f.DB.NewID()
			f.Phone(f.Token(h.Cadre)).Send(fixtureMut{Type: "need", ID: id, House: h.ID, Patch: map[string]any{"text": "修路"}})
			r, err := f.DB.Find(t.Context(), casework.NeedType, []string{f.Towns[n].Township}, id)
			f.must(err)
			return r.(*casework.Need).Due
		}
		shipped := due(0)
		book := f.document("cases")
		book["needDays"] = 1
		f.publish("cases", book)
		sooner := due(0)
		days := f.document("calendar")
		year := days["years"].([]any)[1].(map[string]any) // 2026
		year["holidays"] = append(year["holidays"].([]any), map[string]any{"name": "本地节日", "from": sooner, "to": sooner, "work": []any{}})
		f.publish("calendar", days)
		later := due(0)
		if !(sooner < later && later < shipped) || due(1) != shipped {
			t.Errorf("due %s, with one day %s, past a holiday %s, next township %s", shipped, sooner, later, due(1))
		}

		quota := f.document("quota")
		quota["release"] = "any"
		h := f.Towns[0].Houses[0]
		end := func() fixtureAnswer {
			return f.Do("POST", f.Token("admin-1"), "/api/v1/households/"+h.ID+"/pairing", map[string]any{"cadre": "", "day": f.Today(), "reason": "调整"})
		}
		if a := end(); a.Status != 409 {
			t.Errorf("let go before it has left: %d %s", a.Status, a.Body)
		}
		f.publish("quota", quota)
		if a := end(); a.Status != 204 {
			t.Errorf("by the township's own rule: %d %s", a.Status, a.Body)
		}
		if q, err := f.Pairing.Quota(t.Context(), f.Towns[1].Township); err != nil || q.Release == "any" || pairing.Code != "quota" {
			t.Errorf("the next township's: %+v %v", q, err)
		}
		if a := f.Do("POST", f.Token("county-1"), "/api/v1/settings/quota?township="+f.Towns[0].Township, map[string]any{"edition": 1, "reason": "再改", "body": map[string]any{"release": "whenever"}}); a.Status != 422 || strings.Contains(a.Body, "whenever") {
			t.Errorf("a quota that is none: %d %s", a.Status, a.Body)
		}
	})
}
