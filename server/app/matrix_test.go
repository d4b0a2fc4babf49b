package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/booklet"
	"daohu/server/record"
	"daohu/server/write"
)

// matrixTarget is a household with one row of everything, and what hangs on
// it: what a request of the matrix is aimed at.
type matrixTarget struct {
	scope   string
	town    *fixtureTown
	house   string
	rows    map[string]string // row ids by type name
	live    string            // photo whose body is on its way
	upload  string            // its upload
	kept    string            // mutation in quarantine
	sha     string            // body that only this township has
	photo   []byte            // the picture that was sent
	picture string            // its SHA-256
}

// matrix is a fixture filled for the matrix.
type matrix struct {
	*fixture
	targets []*matrixTarget
	tokens  map[string]string // by role; push = push-only
	seen    map[string]bool   // markers that someone was shown: the net catches
	cells   int
	leaks   int
}

// The roles of the matrix beside the six letters.
const (
	matrixNobody = "nobody"
	matrixPush   = "push-only"
)

func newMatrix(t *testing.T) *matrix { return newMatrixOf(t, fixtureOptions{}) }

func newMatrixOf(t *testing.T, o fixtureOptions) *matrix {
	m := &matrix{fixture: newFixture(t, o), seen: map[string]bool{}}
	for _, s := range []struct {
		scope string
		town  int
		house int
	}{{"own", 0, 0}, {"same township", 0, 3}, {"other township", 1, 0}, {"other county", 2, 0}} {
		m.targets = append(m.targets, m.fill(s.scope, m.Towns[s.town], s.house))
	}
	m.tokens = map[string]string{"H": m.Token("household-1-0"), "C": m.Token("cadre-1-0"), "V": m.Token("village-1"),
		"T": m.Token("admin-1"), "K": m.Token("county-1"), "A": m.Token("auditor-1"), matrixNobody: "", matrixPush: m.PushOnlyToken("cadre-1-0")}
	return m
}

// fill gives a household a row of every type, written by its cadre's phone.
func (m *matrix) fill(scope string, town *fixtureTown, house int) *matrixTarget {
	m.Helper()
	h := town.Houses[house]
	x := &matrixTarget{scope: scope, town: town, house: h.ID, rows: map[string]string{"household": h.ID}}
	x.rows["member"], x.rows["pairing"] = m.RowsOf("member", town, h.ID)[0], m.RowsOf("pairing", town, h.ID)[0]
	x.rows["form"] = m.RowsOf("form", town, town.Common)[0]
	x.rows["setting"] = m.RowsOf("setting", town, town.Common)[0]
	id := func(t string) string { x.rows[t] = m.DB.NewID(); return x.rows[t] }
	mark := func(what, roles string) string {
		return m.mark(fmt.Sprintf("%s记号%d%d", what, town.No, house), roles, h.ID)
	}
	x.photo = matrixJPEG(10*town.No + house)
	x.picture = fmt.Sprintf("%x", sha256.Sum256(x.photo))
	other := matrixJPEG(100 + 10*town.No + house)
	visit, day := id("visit"), m.Today()
	phone := m.Phone(m.Token(h.Cadre))
	phone.Send(
		fixtureMut{Type: "visit", ID: visit, House: h.ID, Patch: map[string]any{"day": day, "text": mark("新走访", "HCVTA"), "needs": mark("需求", "HCVTA")}},
		fixtureMut{Type: "response", ID: id("response"), House: h.ID, Patch: map[string]any{"day": day, "form": x.rows["form"], "visit": visit, "answers": []any{[]any{"visit", "card"}}}},
		fixtureMut{Type: "measure", ID: id("measure"), House: h.ID, Patch: map[string]any{"kind": "产业帮扶", "what": mark("措施", "HCVTKA"), "visit": visit}},
		fixtureMut{Type: "confirmation", ID: id("confirmation"), House: h.ID, Patch: map[string]any{"visit": visit, "answer": "来过", "text": mark("回执", "HTA")}},
		fixtureMut{Type: "need", ID: id("need"), House: h.ID, Patch: map[string]any{"text": mark("难处", "HCVTKA"), "visit": visit}},
		fixtureMut{Type: "consent", ID: id("consent"), House: h.ID, Patch: map[string]any{"answer": "given", "day": day, "who": mark("同意人", "HCVTA"), "edition": "2026-1"}},
		fixtureMut{Type: "photo", ID: id("photo"), House: h.ID, Patch: matrixPhoto(visit, x.photo, mark("照片", "HCVT"))},
		fixtureMut{Type: "photo", ID: m.DB.NewID(), House: h.ID, Patch: matrixPhoto(visit, other, "")},
	)
	for _, p := range m.RowsOf("photo", town, h.ID) {
		if p != x.rows["photo"] {
			x.live = p
		}
	}
	if a := m.create(phone.Token, x.rows["photo"], x.photo, true); a.Status != http.StatusCreated {
		m.Fatalf("photo: %d %s", a.Status, a.Body)
	}
	a := m.create(phone.Token, x.live, other, false)
	x.upload = strings.TrimPrefix(a.Header.Get("Location"), "/api/v1/uploads/")
	_, codes := phone.Push(fixtureMut{Type: "member", ID: x.rows["member"], House: h.ID, Patch: map[string]any{"health": mark("健康", "CVT")}})
	ended := m.Phone(m.PushOnlyToken(h.Cadre))
	_, kept := ended.Push(fixtureMut{Type: "visit", ID: m.DB.NewID(), House: h.ID, Patch: map[string]any{"day": day, "text": mark("隔离", "T")}})
	if codes[0] != "proposal" || kept[0] != "quarantined" || x.upload == "" {
		m.Fatalf("fill: %v %v %q", codes, kept, x.upload)
	}
	x.rows["proposal"] = m.RowsOf("proposal", town, h.ID)[0]
	x.kept = m.keptID(town, h.ID)
	m.card(x, mark)
	m.notice(x)
	m.fillCases(x, house, mark)
	m.fillRights(x, mark)
	m.fillBooklet(x, phone)
	m.fillFund(x)
	m.fillPhotos(x)
	return x
}

func (m *matrix) keptID(town *fixtureTown, house string) string {
	m.Helper()
	list, err := m.DB.Quarantined(m.Context(), town.Township, "open", "", 100)
	m.must(err)
	for _, q := range list {
		if q.Household == house {
			return q.ID
		}
	}
	m.Fatal("nothing in quarantine")
	return ""
}

// card adds a policy card with a body of its own to the township.
func (m *matrix) card(x *matrixTarget, mark func(what, roles string) string) {
	m.Helper()
	body := []byte("# 卡片\n\n" + fmt.Sprintf("卡片正文%d", x.town.No) + mark("卡片", "HCVTKA"))
	sum := sha256.Sum256(body)
	x.sha = hex.EncodeToString(sum[:])
	x.rows["card"] = m.DB.NewID()
	for _, h := range x.town.Houses { // everyone in the township may read it
		last := &m.Markers[len(m.Markers)-1]
		last.Houses = append(last.Houses, h.ID)
	}
	in := write.Intent{Township: x.town.Township, Action: "test", Households: []string{x.town.Common}}
	_, err := m.DB.Write(m.Context(), in, func(tx write.Tx) error {
		tx.Add(&write.Blob{SHA256: x.sha, Mime: "text/markdown", Size: int64(len(body)), Body: body})
		tx.Put(booklet.Type, &booklet.Card{Meta: record.Meta{ID: x.rows["card"], Household: x.town.Common, MadeAt: tx.Now()}, Code: "test-" + x.rows["card"],
			Edition: 1, Topic: "health", Title: "测试卡片", SHA256: x.sha, Size: int64(len(body)), State: "published"})
		return nil
	})
	m.must(err)
}

// matrixJPEG is a small picture, another one for every n.
func matrixJPEG(n int) []byte {
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: uint8(i * (n + 1))}.Y
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // a buffer does not fail
	return b.Bytes()
}

func matrixPhoto(visit string, body []byte, note string) map[string]any {
	out := map[string]any{"visit": visit, "sha256": fmt.Sprintf("%x", sha256.Sum256(body)), "size": len(body), "mime": "image/jpeg"}
	if note != "" {
		out["note"] = note
	}
	return out
}

// create begins an upload; with whole it sends all of the body.
func (m *matrix) create(token, id string, body []byte, whole bool) fixtureAnswer {
	m.Helper()
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	headers := []string{"Tus-Resumable", "1.0.0", "Upload-Length", fmt.Sprint(len(body)),
		"Upload-Metadata", "photo " + b64(id) + ",sha256 " + b64(fmt.Sprintf("%x", sha256.Sum256(body)))}
	if !whole {
		return m.Do("POST", token, "/api/v1/uploads", nil, append(headers, "Content-Type", "")...)
	}
	return m.Do("POST", token, "/api/v1/uploads", string(body), append(headers, "Content-Type", "application/offset+octet-stream")...)
}

// reaches says, from the townships as they were planted and not from the
// program, which households lie in a role's reach.
func (m *matrix) reaches(role string, house string) bool {
	for _, town := range m.Towns {
		for i, h := range town.Houses {
			if h.ID == house {
				return matrixReach(role, town.No, i)
			}
		}
	}
	return false
}

func matrixReach(role string, town, house int) bool {
	switch role {
	case "H":
		return town == 1 && house == 0
	case "C":
		return town == 1 && house <= 1
	case "V":
		return town == 1 && house <= 2
	case "T":
		return town == 1
	case "K", "A":
		return town <= 2
	}
	return false
}

// check looks for planted texts that the role may not see.
func (m *matrix) check(role, what string, a fixtureAnswer) {
	m.Helper()
	text := a.Body + fmt.Sprint(a.Header)
	for _, k := range m.Markers {
		if !strings.Contains(text, k.Text) {
			continue
		}
		near := slices.ContainsFunc(k.Houses, func(h string) bool { return m.reaches(role, h) })
		if len(role) == 1 && strings.Contains(k.Roles, role) && near {
			m.seen[k.Text] = true
			continue
		}
		m.leaks++
		m.Errorf("LEAK: %s as %s shows %s (status %d)", what, role, k.Text, a.Status)
	}
}

// TestMatrix asks every route as everyone about everything (quality.md A1).
func TestMatrix(t *testing.T) {
	m := newMatrix(t)
	table := m.table()
	registered := m.API.Registered()
	slices.Sort(registered) // GET comes before what changes anything
	for _, r := range m.API.Routes() {
		if name := r.Method + " " + r.Path; !slices.Contains(registered, name) {
			t.Errorf("%s is in the table of routes but not in the router", name)
		}
	}
	for _, name := range registered {
		row, ok := table[name]
		if !ok {
			t.Errorf("%s has no row in the matrix", name)
			continue
		}
		for _, role := range slices.Concat(strings.Split("HCVTKA", ""), []string{matrixNobody, matrixPush}) {
			for _, x := range m.targets {
				m.cell(name, row, role, x)
			}
		}
	}
	for name := range table {
		if !slices.Contains(registered, name) {
			t.Errorf("the matrix has a row for %s, which is no route", name)
		}
	}
	shown := 0
	for _, k := range m.Markers {
		may := slices.ContainsFunc(strings.Split(k.Roles, ""), func(r string) bool {
			return r != "" && slices.ContainsFunc(k.Houses, func(h string) bool { return m.reaches(r, h) && m.targeted(h) })
		})
		if may && !m.seen[k.Text] {
			t.Errorf("nobody was shown %s, though some may see it: the net has a hole", k.Text)
		}
		if m.seen[k.Text] {
			shown++
		}
	}
	fixtureFigure(t, "matrix: %d routes x 8 roles x 4 scopes = %d cells, %d planted texts (%d shown to those who may see them), %d leaks",
		len(registered), m.cells, len(m.Markers), shown, m.leaks)
}

func (m *matrix) targeted(house string) bool {
	return slices.ContainsFunc(m.targets, func(x *matrixTarget) bool { return x.house == house })
}

// cell asks one route as one role about one target.
func (m *matrix) cell(name string, row matrixRow, role string, x *matrixTarget) {
	m.Helper()
	m.cells++
	what := fmt.Sprintf("%s (%s)", name, x.scope)
	want := m.want(row, role, x)
	a := m.ask(name, row, role, x)
	if !row.plain || a.Status != http.StatusOK {
		m.check(role, what, a)
	}
	if a.Status != want {
		m.Errorf("%s as %s: %d, want %d: %s", what, role, a.Status, want, a.Body)
		return
	}
	method, _, _ := strings.Cut(name, " ")
	if want >= 400 && method != http.MethodHead {
		p := a.Problem()
		if p.Code == "" || p.Detail == "" || p.RequestID == "" {
			m.Errorf("%s as %s: %d is not a complete problem: %s", what, role, a.Status, a.Body)
		}
	}
	if want < 300 && row.shows != nil && len(role) == 1 {
		if text := row.shows(x); !strings.Contains(a.Body, text) {
			m.Errorf("%s as %s does not show %s: %s", what, role, text, a.Body)
		}
	}
	// What is another's looks like what does not exist.
	if want == row.outside() && row.reach != matrixAny {
		ghost := m.ask(name, row, role, m.ghost(x))
		if g, p := ghost.Problem(), a.Problem(); ghost.Status != a.Status || g.Code != p.Code || g.Detail != p.Detail || len(g.Fields) != len(p.Fields) {
			m.Errorf("%s as %s can be told from what does not exist: %s, %s", what, role, a.Body, ghost.Body)
		}
	}
}

// ghost is a target of which nothing exists.
func (m *matrix) ghost(x *matrixTarget) *matrixTarget {
	g := &matrixTarget{scope: "nowhere", town: &fixtureTown{No: 9, Township: "999919101", County: "999919"}, house: m.DB.NewID(), rows: map[string]string{},
		live: m.DB.NewID(), upload: hex.EncodeToString([]byte("0123456789abcdef")), kept: m.DB.NewID(), sha: strings.Repeat("0f", 32), photo: x.photo}
	for t := range x.rows {
		g.rows[t] = m.DB.NewID()
	}
	return g
}

// want is the status the design gives the cell.
func (m *matrix) want(row matrixRow, role string, x *matrixTarget) int {
	switch {
	case row.who == matrixPublic:
		return row.good()
	case role == matrixNobody, role == matrixPush && !row.push:
		return http.StatusUnauthorized
	case role == matrixPush:
		if row.reach == matrixAuthor && x.scope != "own" {
			return row.outside()
		}
		return row.good()
	case !strings.Contains(row.who, role):
		return http.StatusForbidden
	}
	in := false
	switch row.reach {
	case matrixAny:
		in = true
	case matrixHouse:
		in = m.reaches(role, x.house)
	case matrixTown:
		in = x.town.No == 1 || x.town.No == 2 && strings.Contains("KA", role)
	case matrixAuthor:
		in = role == "C" && x.scope == "own"
	}
	if in {
		return row.good()
	}
	return row.outside()
}

func (m *matrix) ask(name string, row matrixRow, role string, x *matrixTarget) fixtureAnswer {
	m.Helper()
	m.Pass(2 * time.Second) // the limits by user and address are not what is tested here
	method, pattern, _ := strings.Cut(name, " ")
	q := matrixAsk{path: pattern}
	if row.ask != nil {
		q = row.ask(x)
	}
	token := m.tokens[role]
	if row.fresh && role != matrixNobody {
		token = m.fresh(role)
	}
	// Every request also names the target where nobody asked for it.
	if !strings.Contains(q.path, "?") {
		q.path += "?x=1"
	}
	for _, name := range []string{"household", "township", "user", "role"} {
		if !strings.Contains(q.path, name+"=") && !row.bare {
			q.path += "&" + name + "=" + map[string]string{"household": x.house, "township": x.town.Township, "user": x.town.Admin, "role": "K"}[name]
		}
	}
	return m.Do(method, token, q.path, q.body, q.headers...)
}

func (m *matrix) fresh(role string) string {
	m.Helper()
	logins := map[string]string{"H": "household-1-0", "C": "cadre-1-0", "V": "village-1", "T": "admin-1", "K": "county-1", "A": "auditor-1"}
	if role == matrixPush {
		return m.PushOnlyToken("cadre-1-0")
	}
	return m.FreshToken(logins[role])
}

// TestMatrixAfterThePairing: when a pairing ends, everything about the
// household is gone for its cadre with the next request.
func TestMatrixAfterThePairing(t *testing.T) {
	m := newMatrix(t)
	x, token := m.targets[0], m.tokens["C"]
	phone := m.Phone(token)
	if a, _ := phone.Push(); !strings.Contains(a.Body, x.house) {
		t.Fatalf("the cadre does not hold the household: %s", a.Body)
	}
	a := m.Do("POST", m.tokens["T"], "/api/v1/households/"+x.house+"/pairing", map[string]any{"cadre": "cadre-1-1", "day": m.Today(), "reason": "换人"})
	if a.Status != http.StatusOK {
		t.Fatalf("handing over: %d %s", a.Status, a.Body)
	}
	asked := 0
	for name, row := range m.table() {
		if row.reach != matrixHouse || !strings.Contains(row.who, "C") {
			continue
		}
		asked++
		if a := m.ask(name, row, "C", x); a.Status != http.StatusNotFound || strings.Contains(a.Body, "记号") {
			t.Errorf("%s after the pairing ended: %d %s", name, a.Status, a.Body)
		}
	}
	ans, codes := phone.Push(fixtureMut{Type: "household", ID: x.house, House: x.house, Patch: map[string]any{"water": "否"}, Base: 1 << 30})
	var got struct {
		Removed    [][2]string
		Households []struct{ ID string }
	}
	m.must(json.Unmarshal([]byte(ans.Body), &got))
	if codes[0] != "not-found" || len(got.Removed) != 1 || got.Removed[0][0] != x.house || len(got.Households) > 1 {
		t.Errorf("sync after the pairing ended: %v %s", codes, ans.Body)
	}
	fixtureFigure(t, "pairing ended: %d routes answer 404 to the former cadre at once", asked)
}
