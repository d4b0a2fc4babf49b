package app

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/record"
	"daohu/server/roster"
	"daohu/server/types"
	"daohu/server/write"
)

// planted is one value put into a sealed field, and who may see it plain.
type planted struct {
	what, value string
	read, mask  string // role letters, where the household is in reach
}

// orchard is a fixture with a value in every sealed field there is.
type orchard struct {
	*fixture
	house  string
	ids    []string // of the planted rows
	all    []planted
	seen   map[string]bool
	leaks  int
	asked  int
	sealed int // fields
}

// plantValue makes a value of the kinds that are sealed: an ID number, a
// telephone, a bank account, a word about health, in turn; each occurs once.
func plantValue(n int) string {
	return []string{fmt.Sprintf("9999991970010%05d", 10101+n), fmt.Sprintf("1990000%04d", 9101+n), fmt.Sprintf("62178888000%07d", 3141592+n), fmt.Sprintf("慢性肾病记号%05d", 27182+n)}[n%4]
}

// newOrchard plants a row of every type that has a sealed field, whatever the
// types are: a field declared later is planted without a word here.
func newOrchard(t *testing.T, o fixtureOptions) *orchard {
	g := &orchard{fixture: newFixture(t, o), seen: map[string]bool{}}
	town := g.Towns[0]
	g.house = town.Houses[0].ID
	n := 0
	value := func(what, read, mask string) string {
		n++
		g.all = append(g.all, planted{what, plantValue(n), read, mask})
		return g.all[len(g.all)-1].value
	}
	in := write.Intent{Township: town.Township, Action: "test", Households: []string{g.house}}
	for _, typ := range types.All() {
		var secrets []record.Field
		for _, f := range typ.Fields {
			if f.Kind == record.Secret {
				secrets = append(secrets, f)
			}
		}
		if len(secrets) == 0 {
			continue
		}
		if typ.Common {
			t.Fatalf("%s is held by everyone and has sealed fields: plant them", typ.Name)
		}
		g.sealed += len(secrets)
		_, err := g.DB.Write(t.Context(), in, func(tx write.Tx) error {
			r := typ.New()
			if have, err := tx.Of(typ, g.house); err != nil {
				return err
			} else if typ == types.All()[0] {
				r = typ.Clone(have[0])
			} else {
				*r.Base() = record.Meta{Household: g.house, ID: tx.NewID(), MadeBy: town.Admin, MadeAt: tx.Now()}
			}
			for _, f := range secrets {
				read, mask := f.Read, f.Mask
				if typ.Name == "proposal" {
					read = "CVT" // projected by role; a masked one does not exist
				}
				s, err := g.Box.Seal(value(typ.Name+"."+f.GoName, read, mask))
				if err != nil {
					return err
				}
				if err := typ.Set(r, f, string(s)); err != nil {
					return err
				}
			}
			g.ids = append(g.ids, r.Base().ID)
			tx.Put(typ, r)
			return nil
		})
		g.must(err)
	}
	g.byTheWire(town, value)
	return g
}

// byTheWire sends values the way people do, so that everything on the way -
// logs, history, proposals, quarantine, accounts - had them in its hands.
func (g *orchard) byTheWire(town *fixtureTown, value func(what, read, mask string) string) {
	g.Helper()
	admin, cadre := g.Token("admin-1"), g.Phone(g.Token("cadre-1-0"))
	member := slices.DeleteFunc(g.RowsOf("member", town, g.house), func(id string) bool { return slices.Contains(g.ids, id) })[0]
	// Merged, over the planted one: that one is history now.
	for i := range g.all {
		if g.all[i].what == "household.Phone" {
			g.all[i].read, g.all[i].mask = "", ""
		}
	}
	cadre.Send(fixtureMut{Type: "household", ID: g.house, House: g.house, Patch: map[string]any{"phone": value("household.phone by sync", "CV", "HTKA")}})
	idNo := value("member.idNo online", "", "TKA")
	a := g.Do("PATCH", admin, "/api/v1/records/member/"+member, map[string]any{"idNo": idNo}, "If-Match", fmt.Sprint(g.Rev(1, town, member)))
	if a.Status != http.StatusOK {
		g.Fatalf("idNo: %d %s", a.Status, a.Body)
	}
	if _, codes := cadre.Push(fixtureMut{Type: "member", ID: member, House: g.house, Patch: map[string]any{"health": value("health, proposed", "CVT", "")}}); codes[0] != "proposal" {
		g.Fatalf("health: %v", codes)
	}
	a = g.Do("POST", admin, "/api/v1/users", map[string]any{"login": "cadre-planted", "name": "种", "role": "C", "phone": fmt.Sprintf("1990000%04d", 8642)})
	g.all = append(g.all, planted{"user.phone", "19900008642", "T", "TK"})
	if a.Status != http.StatusOK {
		g.Fatalf("user: %d %s", a.Status, a.Body)
	}
	for what, body := range map[string]any{"search": map[string]any{"q": idNo}, "households/" + g.house + "/reveal": map[string]any{"field": "idNo", "member": member, "reason": "核对身份证号"}} {
		if a := g.Do("POST", admin, "/api/v1/"+what, body); a.Status != http.StatusOK {
			g.Fatalf("%s: %d %s", what, a.Status, a.Body)
		}
	}
	_ = g.Do("PATCH", admin, "/api/v1/records/member/"+member, map[string]any{"idNo": []any{idNo}, idNo: idNo}, "If-Match", "1") // refused, and not repeated
	if g.Config.DB != "" {
		return // push-only sessions are phones', which log in by WeChat
	}
	ended := g.Phone(g.PushOnlyToken("cadre-1-0"))
	if _, codes := ended.Push(fixtureMut{Type: "household", ID: g.house, House: g.house, Patch: map[string]any{"phone": value("phone in quarantine", "T", "")}}); codes[0] != "quarantined" {
		g.Fatalf("quarantine: %v", codes)
	}
}

// look searches one text that somebody was given.
func (g *orchard) look(role, where, text string) {
	g.Helper()
	g.asked++
	for _, p := range g.all {
		if strings.Contains(p.mask, role) && role != "" && (strings.Contains(text, record.Mask(p.value)) || p.what == "member.Diagnosis" && strings.Contains(text, `"diagnosis":"***"`)) {
			g.seen[p.what+" masked"] = true
		}
		if !strings.Contains(text, p.value) {
			continue
		}
		if role != "" && strings.Contains(p.read, role) {
			g.seen[p.what] = true
			continue
		}
		g.leaks++
		g.Errorf("LEAK: %s of %s shows %s", where, role, p.what)
	}
}

// TestPlantedValuesNowhere: what is sealed is seen by those alone who may, and
// lies in the open nowhere: every GET route for every role, sync, workbooks,
// the log, every table, every file.
func TestPlantedValuesNowhere(t *testing.T) {
	for name, o := range map[string]fixtureOptions{"embedded": {}, "mariadb": {MariaDB: true}} {
		t.Run(name, func(t *testing.T) {
			g := newOrchard(t, o)
			logins := map[string]string{"H": "household-1-0", "C": "cadre-1-0", "V": "village-1", "T": "admin-1", "K": "county-1", "A": "auditor-1"}
			for _, role := range strings.Split("HCVTKA", "") {
				token := g.Token(logins[role])
				if strings.Contains("HCV", role) {
					a, _ := g.Phone(token).Push()
					g.look(role, "sync", a.Body)
				}
				g.routes(role, token)
			}
			g.routes("", "")
			for _, role := range []access.Role{access.Township, access.County, access.Auditor} {
				g.workbook(role)
			}
			g.look("", "the log", g.log.String())
			g.tables()
			for _, p := range g.all {
				if p.read != "" && !g.seen[p.what] {
					t.Errorf("nobody saw %s, though %s may: the net has a hole", p.what, p.read)
				}
				if p.mask != "" && !g.seen[p.what+" masked"] {
					t.Errorf("nobody saw %s masked, though %s may", p.what, p.mask)
				}
			}
			g.must(g.Close())
			g.look("", "the files", g.rawFiles())
			fixtureFigure(t, "planted values: %d values, in each of %d sealed fields and on their way, %d outputs searched, %d leaks", len(g.all), g.sealed, g.asked, g.leaks)
		})
	}
}

// routes asks every GET route as one role, about the household and every
// planted row.
func (g *orchard) routes(role, token string) {
	g.Helper()
	for _, r := range g.API.Routes() {
		if r.Method != http.MethodGet {
			continue
		}
		ids := []string{""}
		if strings.Contains(r.Path, ":") {
			ids = append([]string{g.house}, g.ids...)
		}
		for _, id := range ids {
			path := strings.NewReplacer(":id", id, ":sha256", strings.Repeat("0", 64), ":code", "not-found").Replace(r.Path)
			for _, query := range []string{"?limit=200&household=" + g.house + "&township=" + g.Towns[0].Township, "?limit=200&schema=1&client=" + g.DB.NewID() + "&cursor=&township=" + g.Towns[0].Township} {
				g.Pass(time2)
				a := g.Do("GET", token, path+query, nil)
				g.look(role, "GET "+r.Path, a.Body+fmt.Sprint(a.Header))
			}
		}
	}
}

// workbook exports the township masked and looks into every part of the file.
func (g *orchard) workbook(as access.Role) {
	g.Helper()
	out, err := g.Export(g.Context(), Export{Township: g.Towns[0].Township, As: as, Actor: g.User("admin-1").ID})
	g.must(err)
	var b bytes.Buffer
	g.must(roster.WriteNoted(&b, out.Book, out.Note))
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	g.must(err)
	for _, f := range z.File {
		r, err := f.Open()
		g.must(err)
		raw, err := io.ReadAll(r)
		g.must(err)
		g.look(string(as), "the workbook", string(raw))
	}
}

// tables looks into every column of every table.
func (g *orchard) tables() {
	g.Helper()
	rows := 0
	out, err := g.DB.Dump(g.Context(), func(string) (io.WriteCloser, error) { return &dumped{g: g}, nil })
	g.must(err)
	for _, t := range out.Tables {
		rows += int(t.Rows)
	}
	if len(out.Tables) < 20 || rows < 200 {
		g.Errorf("%d tables, %d rows: too little was looked at", len(out.Tables), rows)
	}
}

type dumped struct {
	bytes.Buffer
	g *orchard
}

func (d *dumped) Close() error {
	d.g.look("", "a table", d.String())
	return nil
}

// TestPlantedValuesAreFound: the search of the files finds what lies open, so
// that finding nothing means something.
func TestPlantedValuesAreFound(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	f.must(os.WriteFile(filepath.Join(f.Config.Data, "note.txt"), []byte("x"+plantValue(3)+"y"), 0o600))
	raw := f.rawFiles()
	if !strings.Contains(raw, plantValue(3)) || !strings.Contains(raw, "备注记号7010") {
		t.Error("the search of the files is blind")
	}
	seen := map[string]bool{}
	for n := range 400 {
		if v := plantValue(n); seen[v] {
			t.Fatalf("%s is planted twice", v)
		} else {
			seen[v] = true
		}
	}
}
