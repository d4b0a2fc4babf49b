package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestMatrixSync: what each role may push about each household, and that the
// rows of others cannot be reached through an id of one's own.
func TestMatrixSync(t *testing.T) {
	m := newMatrix(t)
	pushes, roles := 0, map[string]string{"H": "household-1-0", "C": "cadre-1-0", "V": "village-1"}
	for role, login := range roles {
		for _, x := range m.targets {
			near := m.reaches(role, x.house)
			for _, c := range []struct {
				what, typ, id string
				patch         map[string]any
				want          map[string]string // result by role, when the household is in reach
			}{
				{"make a visit", "visit", m.DB.NewID(), map[string]any{"day": m.Today()}, map[string]string{"H": "forbidden"}},
				{"make a measure", "measure", m.DB.NewID(), map[string]any{"kind": "健康帮扶"}, map[string]string{"H": "forbidden"}},
				{"make a need", "need", m.DB.NewID(), map[string]any{"text": "难"}, nil},
				{"rate a need", "need", x.rows["need"], map[string]any{"rating": "满意"}, map[string]string{"H": "wrong-state", "C": "forbidden", "V": "forbidden"}},
				{"dispatch a need", "need", x.rows["need"], map[string]any{"owner": ""}, map[string]string{"H": "forbidden", "C": "forbidden"}},
				{"close a need", "need", x.rows["need"], map[string]any{"closed": m.Today()}, map[string]string{"H": "invalid", "C": "invalid", "V": "invalid"}},
				{"make a complaint", "complaint", m.DB.NewID(), map[string]any{"text": "难", "kind": "投诉"}, map[string]string{"C": "forbidden", "V": "forbidden"}},
				{"change a complaint", "complaint", x.rows["complaint"], map[string]any{"text": "改", "withdrawn": false}, map[string]string{"C": "forbidden", "V": "forbidden"}},
				{"delete a complaint", "complaint", x.rows["complaint"], nil, map[string]string{"H": "forbidden", "C": "forbidden", "V": "forbidden"}},
				{"give the booklet", "delivery", m.DB.NewID(), map[string]any{"day": m.Today(), "way": "上门"}, map[string]string{"H": "forbidden"}},
				{"say how it was given", "delivery", x.rows["delivery"], map[string]any{"way": "电话"}, map[string]string{"H": "forbidden", "V": "forbidden"}},
				{"make an issue", "issue", m.DB.NewID(), map[string]any{"category": "other", "subject": "难"}, map[string]string{"H": "forbidden"}},
				{"change an issue", "issue", x.rows["issue"], map[string]any{"state": "doing"}, map[string]string{"H": "forbidden"}},
				{"make a member", "member", m.DB.NewID(), map[string]any{"name": "新", "relation": "之子"}, map[string]string{"H": "forbidden", "C": "proposal", "V": "proposal"}},
				{"make a pairing", "pairing", m.DB.NewID(), map[string]any{"name": "我"}, map[string]string{"H": "forbidden", "C": "forbidden", "V": "forbidden"}},
				{"make a household", "household", m.DB.NewID(), map[string]any{"notes": "我"}, map[string]string{"H": "forbidden", "C": "forbidden", "V": "forbidden"}},
				{"change the household", "household", x.house, map[string]any{"water": "否"}, map[string]string{"H": "forbidden"}},
				{"change a visit", "visit", x.rows["visit"], map[string]any{"text": "改"}, map[string]string{"H": "forbidden", "V": "forbidden"}},
				{"change a measure", "measure", x.rows["measure"], map[string]any{"what": "改"}, map[string]string{"H": "forbidden", "V": "forbidden"}},
				{"delete a visit", "visit", x.rows["visit"], nil, map[string]string{"H": "forbidden", "V": "forbidden"}},
				{"delete a member", "member", x.rows["member"], nil, map[string]string{"H": "forbidden", "C": "forbidden", "V": "forbidden"}},
			} {
				if c.what == "delete a visit" && role == "C" {
					continue // the author may, and the others need it
				}
				want := "not-found"
				if near {
					want = c.want[role]
				}
				a, codes := m.Phone(m.Token(login)).Push(fixtureMut{Type: c.typ, ID: c.id, House: x.house, Patch: c.patch})
				if pushes++; codes[0] != want {
					t.Errorf("%s as %s (%s): %q, want %q: %s", c.what, role, x.scope, codes[0], want, a.Body)
				}
				m.check(role, c.what, a)
			}
			m.borrowed(role, login, x)
		}
	}
	fixtureFigure(t, "matrix of mutations: %d pushed, %d leaks", pushes, m.leaks)
}

// borrowed pushes another's row id under a household of one's own.
func (m *matrix) borrowed(role, login string, x *matrixTarget) {
	m.Helper()
	if m.reaches(role, x.house) {
		return
	}
	mine := m.Towns[0].Houses[0].ID
	for _, typ := range []string{"visit", "need", "member", "household", "photo", "response", "proposal", "pairing", "issue", "complaint", "delivery", "clip"} {
		before := m.fingerprint()
		a, codes := m.Phone(m.Token(login)).Push(fixtureMut{Type: typ, ID: x.rows[typ], House: mine, Patch: map[string]any{"text": "改", "name": "改", "notes": "改"}})
		if codes[0] == "" || codes[0] == "late" || codes[0] == "conflict" {
			m.Errorf("%s of %s pushed under %s's own household: %q %s", typ, x.scope, role, codes[0], a.Body)
		}
		if after := m.fingerprint(); after != before {
			m.Errorf("%s of %s pushed under %s's own household changed something: %v", typ, x.scope, role, codes)
		}
		m.check(role, "borrowed "+typ, a)
	}
}

// TestMatrixCommonRows: everyone in a township holds its pseudo-household, so
// nobody may write there what is meant for one household.
func TestMatrixCommonRows(t *testing.T) {
	m := newMatrix(t)
	common := m.Towns[0].Common
	before := m.fingerprint()
	for _, login := range []string{"household-1-0", "cadre-1-0", "village-1"} {
		for _, mut := range []fixtureMut{
			{Type: "visit", Patch: map[string]any{"day": m.Today(), "text": "给全镇看"}},
			{Type: "need", Patch: map[string]any{"text": "给全镇看"}},
			{Type: "issue", Patch: map[string]any{"category": "other", "subject": "给全镇看"}},
			{Type: "complaint", Patch: map[string]any{"text": "给全镇看", "kind": "投诉"}},
			{Type: "member", Patch: map[string]any{"name": "给全镇", "relation": "之子"}},
			{Type: "household", ID: common, Patch: map[string]any{"notes": "给全镇看"}},
			{Type: "delivery", Patch: map[string]any{"day": m.Today(), "way": "上门"}},
			{Type: "clip", ID: m.targets[1].rows["clip"], Patch: map[string]any{"dialect": "别人的"}},
			{Type: "clip", ID: m.targets[2].rows["clip"], Patch: map[string]any{"dialect": "外镇的"}},
			{Type: "form", ID: m.targets[0].rows["form"], Patch: map[string]any{"title": "改题"}},
			{Type: "card", ID: m.targets[0].rows["card"]},
		} {
			if mut.House = common; mut.ID == "" {
				mut.ID = m.DB.NewID()
			}
			if _, codes := m.Phone(m.Token(login)).Push(mut); !slices.Contains([]string{"not-found", "forbidden", "invalid"}, codes[0]) {
				t.Errorf("%s pushed a %s to the common rows: %q", login, mut.Type, codes[0])
			}
		}
	}
	admin := m.Token("admin-1")
	for what, a := range map[string]fixtureAnswer{
		"make a member":        m.Do("POST", admin, "/api/v1/records/member?household="+common, map[string]any{"name": "给全镇", "relation": "之子"}),
		"make a need":          m.Do("POST", admin, "/api/v1/records/need?household="+common, map[string]any{"text": "给全镇看"}),
		"pair":                 m.Do("POST", admin, "/api/v1/households/"+common+"/pairing", map[string]any{"cadre": "cadre-1-0", "day": m.Today()}),
		"change the household": m.Do("PATCH", admin, "/api/v1/records/household/"+common, map[string]any{"notes": "给全镇看"}, "If-Match", fmt.Sprint(m.Rev(0, m.Towns[0], common))),
	} {
		if a.Status != 404 {
			t.Errorf("admin: %s of the common rows: %d %s", what, a.Status, a.Body)
		}
	}
	if after := m.fingerprint(); after != before {
		t.Errorf("the common rows were changed:\n%s", fixtureDiff(before, after))
	}
	if strings.Count(fmt.Sprint(m.RowsOf("visit", m.Towns[0], common)), " ") > 0 {
		t.Error("the pseudo-household has visits")
	}
}
