package casework_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/casework"
	"daohu/server/fault"
	"daohu/server/pairing"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// world is a township with two cadres (households 0 and 2, household 1), a
// village worker for all of them, a second admin, the county and its auditor,
// and a login for each of the first two households.
type world struct {
	*town.Town
	t        *testing.T
	desk     *casework.Desk
	homes    []access.Actor
	other    access.Actor // the second township admin
	county   access.Actor
	auditor  access.Actor
	deviceAt int64 // what the phones' clocks show, Unix ms
}

func begin(t *testing.T, b *town.Base) *world {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 2, Workers: 1, Houses: 3})
	check(t, err)
	w := &world{Town: tn, t: t, deviceAt: 1}
	w.desk = &casework.Desk{Store: b.DB, Rows: b.Registry, Writer: b.DB, Sealer: b.Box, Rules: casework.Builtin(), Now: b.Now}
	actor := func(role access.Role) access.Actor {
		return access.Actor{User: b.DB.NewID(), Role: role, County: "999900", Township: tn.Township}
	}
	w.other, w.county, w.auditor = actor(access.Township), actor(access.County), actor(access.Auditor)
	held := map[string][]string{}
	for _, h := range tn.Houses[:2] {
		a := actor(access.Household)
		a.Household = h
		w.homes, held[a.User] = append(w.homes, a), []string{h}
	}
	w.write(func(tx write.Tx) error { return pairing.Assign(tx, tn.Common, "H", pairing.SourceSelf, held) })
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write changes rows past every rule but the writer's.
func (w *world) write(f func(tx write.Tx) error) {
	w.t.Helper()
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Action: "test", Households: append([]string{w.Common}, w.Houses...)}, f)
	check(w.t, err)
}

// push sends one change from a new phone of a, made when the township stood at
// base (0 = now), and returns its code and the whole answer.
func (w *world) push(a access.Actor, typ, id, house, patch string, base ...int64) (string, string) {
	w.t.Helper()
	at, err := w.DB.Space(w.t.Context(), w.Township)
	check(w.t, err)
	if len(base) > 0 {
		at.Seq = base[0]
	}
	raw := fmt.Sprintf(`{"cursor":"","schema":1,"client":%q,"acked":[0,""],"muts":[[1,%d,%q,%q,%q,%s,%d]],"budget":65536,"unsent":[0,0]}`,
		w.DB.NewID(), at.Seq, typ, id, house, patch, w.deviceAt)
	body, err := w.Delta.Exchange(w.t.Context(), a, []byte(raw))
	check(w.t, err)
	var out struct{ Results [][]any }
	check(w.t, json.Unmarshal(body, &out))
	if len(out.Results) == 0 {
		return "", string(body)
	}
	return out.Results[0][1].(string), string(body)
}

// made pushes a new row that is plainly applied and returns its id.
func (w *world) made(a access.Actor, typ, house, patch string) string {
	w.t.Helper()
	id := w.DB.NewID()
	if code, body := w.push(a, typ, id, house, patch); code != "" {
		w.t.Fatalf("%s by %s: %s %s", typ, a.Role, code, body)
	}
	return id
}

// pull is everything a new phone of a is told.
func (w *world) pull(a access.Actor) string {
	w.t.Helper()
	var all strings.Builder
	cursor, client := "", w.DB.NewID()
	for range 100 {
		raw := fmt.Sprintf(`{"cursor":%q,"schema":1,"client":%q,"acked":[0,""],"muts":[],"budget":65536,"unsent":[0,0]}`, cursor, client)
		body, err := w.Delta.Exchange(w.t.Context(), a, []byte(raw))
		check(w.t, err)
		all.Write(body)
		var out struct {
			Cursor string
			More   bool
		}
		check(w.t, json.Unmarshal(body, &out))
		if cursor = out.Cursor; !out.More {
			return all.String()
		}
	}
	w.t.Fatal("the pull does not end")
	return ""
}

func row[R record.Record](w *world, t *record.Type, id string) R {
	w.t.Helper()
	r, err := w.DB.Find(w.t.Context(), t, []string{w.Township}, id)
	check(w.t, err)
	return r.(R)
}

func (w *world) need(id string) *casework.Need { return row[*casework.Need](w, casework.NeedType, id) }
func (w *world) issue(id string) *casework.Issue {
	return row[*casework.Issue](w, casework.IssueType, id)
}
func (w *world) complaint(id string) *casework.Complaint {
	return row[*casework.Complaint](w, casework.ComplaintType, id)
}

// list is the ids of a list, in order, through pages of two.
func (w *world) list(a access.Actor, t *record.Type, state string) []string {
	w.t.Helper()
	out, after := []string{}, ""
	for range 100 {
		p, err := w.desk.List(w.t.Context(), a, t, casework.Ask{Township: w.Township, State: state, After: after, Limit: 2})
		check(w.t, err)
		for _, r := range p.Rows {
			var got struct{ ID string }
			check(w.t, json.Unmarshal(r, &got))
			out = append(out, got.ID)
		}
		if after = p.Next; after == "" {
			return out
		}
	}
	w.t.Fatal("the list does not end")
	return nil
}

func (w *world) wantCode(err error, code fault.Code, what string) {
	w.t.Helper()
	if !fault.Is(err, code) {
		w.t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// at sets the clock to a time in Shanghai.
func (w *world) at(text string) {
	w.t.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04", text, time.FixedZone("Asia/Shanghai", 8*3600))
	check(w.t, err)
	w.SetClock(t.UnixMilli())
}
