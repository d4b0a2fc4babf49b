package delta

import (
	"encoding/json"
	"testing"

	"daohu/server/activity"
)

// TestOwnFieldsKeepTheirOrder: what the server set in a new row is told in
// declared order, as the row's text has it.
func TestOwnFieldsKeepTheirOrder(t *testing.T) {
	after := `{"id":"visit0000001","by":"author000001","day":"2026-03-02","text":"有","state":"pending","words":"好","flags":["late"]}`
	for _, c := range []struct {
		patch map[string]json.RawMessage
		want  string
	}{
		{map[string]json.RawMessage{"day": json.RawMessage(`"2026-03-02"`), "text": json.RawMessage(`"有"`)}, `{"by":"author000001","state":"pending","words":"好","flags":["late"]}`},
		{map[string]json.RawMessage{"text": json.RawMessage(`"有"`), "stage": json.RawMessage("3")}, `{"by":"author000001","day":"2026-03-02","stage":null,"state":"pending","words":"好","flags":["late"]}`},
	} {
		got, err := unlike(activity.VisitType, []byte(after), c.patch)
		if err != nil || string(got) != c.want {
			t.Errorf("%s %v, want %s", got, err, c.want)
		}
	}
}
