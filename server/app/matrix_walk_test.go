package app

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/registry"
)

// time2 lets the limits by user and address recover between two requests.
const time2 = 2 * time.Second

// walkRow is one row of the database and where it lies.
type walkRow struct {
	id, typ, household, township string
}

func (m *matrix) walkRows() []walkRow {
	m.Helper()
	var out []walkRow
	for _, t := range m.Registry.Types {
		for _, town := range m.Towns {
			recs, err := m.DB.Page(m.Context(), t, registry.PageQuery{Township: town.Township, Limit: 1000})
			m.must(err)
			for _, r := range recs {
				out = append(out, walkRow{r.Base().ID, t.Name, r.Base().Household, town.Township})
			}
		}
	}
	return out
}

// mayRead says from the table of the matrix whether a role may read a row.
func (m *matrix) mayRead(role string, readers string, r walkRow) bool {
	if !strings.Contains(readers, role) {
		return false
	}
	for _, town := range m.Towns {
		if town.Township == r.township && town.Common == r.household { // common rows: everyone of the township
			return town.No == 1 || town.No == 2 && strings.Contains("KA", role)
		}
	}
	return m.reaches(role, r.household)
}

// TestWalkingIDs asks for every row of the database by its id, and by ids
// beside it, under every type, as every role (quality.md A3).
func TestWalkingIDs(t *testing.T) {
	m := newMatrix(t)
	rows, turn, asked, shown := m.walkRows(), 0, 0, 0
	readers := map[string]string{}
	for _, r := range matrixRecords() {
		readers[r.name] = r.readers
	}
	sees := map[string]map[string]bool{}
	for _, role := range strings.Split("HCVTKA", "") {
		sees[role] = map[string]bool{}
		for _, r := range rows {
			for typ := range readers {
				if turn++; typ != r.typ && turn%7 != 0 { // the wrong type: a sample
					continue
				}
				want := http.StatusNotFound
				if !strings.Contains(readers[typ], role) {
					want = http.StatusForbidden
				} else if typ == r.typ && m.mayRead(role, readers[typ], r) {
					want = http.StatusOK
				}
				m.Pass(time2)
				a := m.Do("GET", m.tokens[role], "/api/v1/records/"+typ+"/"+r.id, nil)
				asked++
				if a.Status != want {
					t.Errorf("%s asks for %s %s in %s: %d, want %d", role, r.typ, typ, r.township, a.Status, want)
				}
				if m.check(role, "walk "+typ, a); a.Status == http.StatusOK {
					shown++
					sees[role][r.typ+" "+r.id] = true
				}
			}
			asked++
			beside := r.id[:11] + map[bool]string{true: "B", false: "A"}[r.id[11] == 'A']
			if a := m.Do("GET", m.tokens[role], "/api/v1/records/"+r.typ+"/"+beside, nil); a.Status == http.StatusOK {
				t.Errorf("%s finds a row beside %s", role, r.id)
			}
		}
	}
	m.lattice(t, sees, readers)
	fixtureFigure(t, "walking ids: %d rows, %d questions, %d shown, %d leaks", len(rows), asked, shown, m.leaks)
}

// lattice: whoever stands higher sees at least the same rows, in the types
// both may read; the household sees no row its cadre does not.
func (m *matrix) lattice(t *testing.T, sees map[string]map[string]bool, readers map[string]string) {
	t.Helper()
	for _, pair := range []string{"HC", "CT", "VT", "TK", "TA"} {
		low, high := pair[:1], pair[1:]
		for row := range sees[low] {
			typ, _, _ := strings.Cut(row, " ")
			if strings.Contains(readers[typ], high) && !sees[high][row] {
				t.Errorf("%s sees %s, %s does not", low, row, high)
			}
		}
		if len(sees[low]) == 0 {
			t.Errorf("%s sees nothing: the property is empty", low)
		}
	}
}

// TestWalkingLists pages through every list as every role, with and without a
// household, and finds exactly the rows in reach.
func TestWalkingLists(t *testing.T) {
	m := newMatrix(t)
	rows, pages := m.walkRows(), 0
	for _, r := range matrixRecords() {
		for _, role := range strings.Split(r.readers, "") {
			if !r.common && strings.Contains("CVH", role) {
				continue // they must name a household: the matrix does
			}
			for _, town := range m.Towns {
				var want []string
				for _, row := range rows {
					if row.typ == r.name && row.township == town.Township && (m.mayRead(role, r.readers, row)) {
						want = append(want, row.id)
					}
				}
				got, after := []string{}, ""
				for {
					m.Pass(time2)
					a := m.Do("GET", m.tokens[role], "/api/v1/records/"+r.name+"?limit=3&township="+town.Township+"&after="+after, nil)
					m.check(role, "list "+r.name, a)
					var p struct {
						Rows []struct{ ID string }
						Next string
					}
					_ = json.Unmarshal([]byte(a.Body), &p)
					for _, row := range p.Rows {
						got = append(got, row.ID)
					}
					if pages++; p.Next == "" {
						break
					}
					after = p.Next
				}
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("%s lists %s of township %d: %d rows, want %d", role, r.name, town.No, len(got), len(want))
				}
			}
		}
	}
	fixtureFigure(t, "walking lists: %d pages, %d leaks", pages, m.leaks)
}

// TestEscalation: nothing a caller says about itself is believed.
func TestEscalation(t *testing.T) {
	m := newMatrix(t)
	x, token := m.targets[3], m.tokens["C"]
	admin := m.User("admin-3")
	for _, h := range [][]string{
		{"X-Role", "K"}, {"X-User", admin.ID}, {"X-Forwarded-User", "admin-3"}, {"X-Original-Url", "/api/v1/me"}, {"X-Rewrite-Url", "/api/v1/me"},
		{"Cookie", "daohu=" + m.Token("admin-3") + "x"}, {"X-Forwarded-For", "127.0.0.1"}, {"X-Real-Ip", "127.0.0.1"}, {"Authorization", "Bearer " + token + " " + m.Token("admin-3")},
	} {
		for _, path := range []string{"/api/v1/records/household/" + x.house, "/api/v1/records/visit?household=" + x.house, "/api/v1/inbox"} {
			m.Pass(time2)
			a := m.Do("GET", token, path, nil, h...)
			if a.Status < 400 {
				t.Errorf("%s with %v: %d %s", path, h, a.Status, a.Body)
			}
			m.check("C", path, a)
		}
	}
	for _, method := range []string{"PATCH", "DELETE", "PUT"} {
		a := m.Do("POST", m.tokens["T"], "/api/v1/records/household/"+m.targets[0].house, map[string]any{"notes": "x"}, "X-HTTP-Method-Override", method, "If-Match", "1")
		if a.Status != http.StatusMethodNotAllowed {
			t.Errorf("override by %s: %d %s", method, a.Status, a.Body)
		}
	}
}
