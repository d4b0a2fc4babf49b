package app

import (
	"fmt"
	"strings"
	"testing"
)

// TestOwnWorkflow: a county publishes another workflow for one township; its
// approvals go by it at once, the next township's do not, and one that lets a
// gate be passed by is refused.
func TestOwnWorkflow(t *testing.T) {
	both(t, func(t *testing.T, f *fixture) {
		approve := func(n int, words string) fixtureAnswer {
			t.Helper()
			h := f.Towns[n].Houses[0]
			id := f.DB.NewID()
			f.Phone(f.Token(h.Cadre)).Send(fixtureMut{Type: "visit", ID: id, House: h.ID, Patch: map[string]any{"day": f.Today(), "text": "看望"}})
			return f.Do("POST", f.Token(fmt.Sprintf("admin-%d", n+1)), "/api/v1/records/visit/"+id+"/decision", map[string]any{"action": "approve", "rev": 1, "reason": words})
		}
		if a := approve(0, ""); a.Status != 200 {
			t.Fatalf("by the one that ships: %d %s", a.Status, a.Body)
		}
		book := f.document("workflow")
		steps := book["flows"].([]any)[0].(map[string]any)["steps"].([]any)
		move := steps[0].(map[string]any)["moves"].([]any)[0].(map[string]any)
		move["words"] = true
		f.publish("workflow", book)
		if a := approve(0, ""); a.Status != 422 || !strings.Contains(a.Body, "reason") {
			t.Errorf("approved without the words that are owed: %d %s", a.Status, a.Body)
		}
		if a := approve(0, "已核对"); a.Status != 200 {
			t.Errorf("with words: %d %s", a.Status, a.Body)
		}
		if a := approve(1, ""); a.Status != 200 {
			t.Errorf("the next township's: %d %s", a.Status, a.Body)
		}
		move["to"] = "rejected"
		if a := f.Do("POST", f.Token("county-1"), "/api/v1/settings/workflow?township="+f.Towns[0].Township, map[string]any{"edition": 1, "reason": "再改", "body": book}); a.Status != 422 {
			t.Errorf("a workflow that is none: %d %s", a.Status, a.Body)
		}
	})
}
