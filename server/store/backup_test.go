package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/activity"
	"daohu/server/household"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/write"
)

// shelf keeps a dump in memory.
type shelf struct {
	store.Dumped
	tables map[string]*bytes.Buffer
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }

func dump(t *testing.T, db *store.DB) *shelf {
	t.Helper()
	s := &shelf{tables: map[string]*bytes.Buffer{}}
	var err error
	s.Dumped, err = db.Dump(t.Context(), func(table string) (io.WriteCloser, error) {
		s.tables[table] = &bytes.Buffer{}
		return closer{s.tables[table]}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shelf) load(ctx context.Context, db *store.DB) error {
	return db.Load(ctx, s.Dumped, func(table string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(s.tables[table].Bytes())), nil
	})
}

// moves are the ways a backup may go: home, and over to the other database.
var moves = [][2]string{{"sqlite", "sqlite"}, {"mariadb", "mariadb"}, {"mariadb snapshot", "mariadb snapshot"}, {"sqlite", "mariadb"}, {"mariadb", "sqlite"}}

func eachMove(t *testing.T, f func(t *testing.T, from, to *place)) {
	for _, m := range moves {
		t.Run(m[0]+" to "+m[1], func(t *testing.T) {
			from := newPlace(t, m[0])
			to := newPlace(t, m[1])
			// other ids than those given before the disaster
			o := to.open
			o.Seed = 99
			b, err := town.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.DB.Close() })
			to.Base = b
			f(t, from, to)
		})
	}
}

// others fills the tables that no scenario of the township touches.
func others(t *testing.T, p *place, tw *town.Town) {
	t.Helper()
	far, acc := p.Now().Add(time.Hour).UnixMilli(), p.DB.Accounts()
	session := func(id string, ends int64) error {
		return acc.AddSession(t.Context(), account.Session{ID: id, User: "u", Kind: account.Phone, CreatedAt: 1, ExpiresAt: ends})
	}
	code := func(hash string, used int64) error {
		return acc.AddCode(t.Context(), account.Code{Hash: hash, User: "u", Purpose: account.Bind, CreatedAt: 1, ExpiresAt: far, UsedAt: used})
	}
	if err := errors.Join(session("open", far), session("ended", 5), session("revoked", far), acc.RevokeSession(t.Context(), "revoked", 7), code("used", 3), code("fresh", 0)); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		"INSERT INTO `photo_body` (`township`, `photo`, `author`, `upload`, `sha256`, `size`, `body_key`, `thumb_key`, `body_size`, `thumb_size`, `width`, `height`, `made_at`, `updated_at`) VALUES ('" + tw.Township + "', 'photo0000001', 'u', 'up', 'sha', 5, 'photo/b.jpg', 'photo/a.jpg', 4, 3, 2, 1, 7, 8)",
		"INSERT INTO `area` (`code`, `parent`, `level`, `name`, `township`, `poor`, `exit_plan`, `exit_year`, `profile`) VALUES ('999900001', '', 'township', '一镇\\二\"三''四', '', '', 0, 0, '')",
	} {
		if !p.mysql {
			q = strings.ReplaceAll(q, `\\`, `\`)
		}
		p.exec(t, q)
	}
}

// content is everything in a table, in the order of its first columns.
func content(t *testing.T, p *place, table string) string {
	t.Helper()
	cs := names(columns(t, p, table))
	rows, err := p.raw.QueryContext(t.Context(), "SELECT `"+strings.Join(cs, "`, `")+"` FROM `"+table+"`")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	cells, into := make([]*string, len(cs)), make([]any, len(cs))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		raw, _ := json.Marshal(cells)
		out = append(out, string(raw))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func TestRestoreBringsEverythingBack(t *testing.T) {
	eachMove(t, func(t *testing.T, from, to *place) {
		tw := eventful(t, from)
		others(t, from, tw)
		s := dump(t, from.DB)
		if fmt.Sprint(s.Bodies) != "[photo/a.jpg photo/b.jpg]" || len(s.Heads) != 2 || s.Schema < 4 {
			t.Errorf("%v %v %d", s.Bodies, s.Heads, s.Schema)
		}
		var all []string
		for _, tb := range s.Tables {
			all = append(all, tb.Name)
			if n := from.number(t, "SELECT COUNT(*) FROM `"+tb.Name+"`"); n != tb.Rows {
				t.Errorf("%s: %d rows dumped, %d there", tb.Name, tb.Rows, n)
			}
		}
		if slices.Sort(all); !slices.Equal(all, tables(t, from)) {
			t.Errorf("dumped %v, there are %v", all, tables(t, from))
		}
		to.SetClock(from.Now().UnixMilli())
		if err := s.load(t.Context(), to.DB); err != nil {
			t.Fatal(err)
		}
		changed := []string{"space", "session", "onetime", "audit", "account_chain"}
		for _, name := range all {
			if a, b := content(t, from, name), content(t, to, name); a != b && !slices.Contains(changed, name) {
				t.Errorf("%s differs:\n%s\n%s", name, a, b)
			}
		}
		was, _ := from.DB.Space(t.Context(), tw.Township)
		is, err := to.DB.Space(t.Context(), tw.Township)
		if err != nil || is.Epoch <= was.Epoch || is.Seq <= was.Seq+1000 {
			t.Errorf("space %+v after %+v: %v", is, was, err)
		}
		now := to.Now().UnixMilli()
		for query, want := range map[string]int64{
			"SELECT `expires_at` FROM `session` WHERE `id` = 'open'":    now,
			"SELECT `expires_at` FROM `session` WHERE `id` = 'ended'":   5,
			"SELECT `expires_at` FROM `session` WHERE `id` = 'revoked'": now + time.Hour.Milliseconds(),
			"SELECT COUNT(*) FROM `onetime` WHERE `used_at` = 0":        0,
			"SELECT COUNT(*) FROM `onetime`":                            2,
			"SELECT COUNT(*) FROM `audit` WHERE `action` = 'restore'":   2, // the township's and the accounts'

			"SELECT COUNT(*) FROM `body` WHERE `size` = LENGTH(`body`)":   int64(strings.Count(content(t, from, "body"), "\n") + 1),
			"SELECT COUNT(*) FROM `household` WHERE `safety` = 1":         1,
			"SELECT COUNT(*) FROM `space` WHERE `audit_head` = '' OR 0=1": 0,
		} {
			if n := to.number(t, query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
		clean(t, to)
		if again := dump(t, to.DB); len(again.Tables) != len(s.Tables) { // and the copy can be backed up
			t.Error("a backup of the restored database")
		}
		put(t, to.DB, write.Intent{Township: tw.Township, Action: "sync", Households: tw.Houses[:1]}, func(tx write.Tx) error {
			tx.Put(activity.VisitType, aVisit("visit00000Z1", tw.Houses[0]))
			return nil
		})
		clean(t, to)
		if err := s.load(t.Context(), to.DB); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("restored over data: %v", err)
		}
	})
}

// TestDumpIsOfOneMoment: writes that commit while the tables are read are in
// none of them.
func TestDumpIsOfOneMoment(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Cadres: 1, Houses: 2})
		s, n := &shelf{tables: map[string]*bytes.Buffer{}}, 0
		var err error
		s.Dumped, err = p.DB.Dump(t.Context(), func(table string) (io.WriteCloser, error) {
			n++
			put(t, p.DB, write.Intent{Township: tw.Township, Action: "sync", Households: tw.Houses[:1]}, func(tx write.Tx) error {
				tx.Put(activity.VisitType, aVisit(fmt.Sprintf("visit00000%02d", n), tw.Houses[0]))
				tx.Add(&write.Step{Type: "visit", Row: "x", To: "pending", At: tx.Now()})
				return nil
			})
			s.tables[table] = &bytes.Buffer{}
			return closer{s.tables[table]}, nil
		})
		if err != nil || n < 20 {
			t.Fatalf("%d tables: %v", n, err)
		}
		for _, name := range []string{"visit", "step"} {
			if got := s.tables[name].String(); got != "" {
				t.Errorf("%s holds what was written later: %s", name, got)
			}
		}
		if got := strings.Count(s.tables["audit"].String(), "\n"); got != 1 || s.Heads[0].Seq != 1 {
			t.Errorf("%d lines, head %d", got, s.Heads[0].Seq)
		}
	})
}

// TestLoadIsAllOrNothing: whatever is wrong with a dump, the database stays
// empty and takes the right one afterwards.
func TestLoadIsAllOrNothing(t *testing.T) {
	for _, name := range []string{"sqlite", "mariadb"} {
		t.Run(name, func(t *testing.T) {
			from := newPlace(t, name)
			eventful(t, from)
			to := newPlace(t, name)
			good := dump(t, from.DB)
			at := slices.IndexFunc(good.Tables, func(tb store.Table) bool { return tb.Name == "visit" })
			for what, spoil := range map[string]func(s *shelf){
				"a newer schema":       func(s *shelf) { s.Schema = 9999 },
				"an unknown table":     func(s *shelf) { s.Tables[at].Name = "visit` WHERE 1 = 0; --" },
				"an unknown column":    func(s *shelf) { s.Tables[at].Columns[0].Name = "a`) SELECT 1" },
				"a missing column":     func(s *shelf) { s.Tables[at].Columns = s.Tables[at].Columns[1:] },
				"a row too few":        func(s *shelf) { s.Tables[at].Rows++ },
				"a cut row":            func(s *shelf) { s.tables["visit"].Truncate(s.tables["visit"].Len() - 3) },
				"a number that is not": func(s *shelf) { s.tables["visit"].WriteString(`["x"]`) },
				"twice the same row": func(s *shelf) {
					s.tables["visit"].Write(bytes.Clone(s.tables["visit"].Bytes()))
					s.Tables[at].Rows *= 2
				},
			} {
				bad := &shelf{good.Dumped, map[string]*bytes.Buffer{}}
				raw, _ := json.Marshal(good.Dumped)
				bad.Dumped = store.Dumped{}
				if err := json.Unmarshal(raw, &bad.Dumped); err != nil {
					t.Fatal(err)
				}
				for k, b := range good.tables {
					bad.tables[k] = bytes.NewBuffer(bytes.Clone(b.Bytes()))
				}
				spoil(bad)
				if err := bad.load(t.Context(), to.DB); err == nil {
					t.Errorf("%s: loaded", what)
				}
				for _, table := range tables(t, to) {
					if n := to.number(t, "SELECT COUNT(*) FROM `"+table+"`"); n != 0 {
						t.Fatalf("%s: %d rows of %s stay", what, n, table)
					}
				}
			}
			if err := good.load(t.Context(), to.DB); err != nil {
				t.Fatal(err)
			}
			clean(t, to)
		})
	}
}

// journalist is the least of a phone: it keeps what it wrote and offers it
// again when told that the server was restored.
type journalist struct {
	t       *testing.T
	b       *town.Base
	who     access.Actor
	client  string
	cursor  string
	mid     int
	base    int64
	journal []string // mutations without their numbers
}

type told struct {
	Cursor           string
	Last             int
	NewClient        string
	Reconcile, Epoch bool
	More             bool
	Results          [][4]any
	Tops             [][3]int64
}

func newJournalist(t *testing.T, b *town.Base, who access.Actor) *journalist {
	j := &journalist{t: t, b: b, who: who, client: b.DB.NewID()}
	j.round()
	return j
}

func (j *journalist) exchange(muts ...string) told {
	j.t.Helper()
	all := []json.RawMessage{}
	for _, m := range muts {
		j.mid++
		all = append(all, json.RawMessage(fmt.Sprintf("[%d,%s", j.mid, m)))
	}
	body, _ := json.Marshal(map[string]any{"cursor": j.cursor, "schema": types.Schema, "client": j.client, "acked": [2]any{0, ""}, "muts": all, "budget": 65536, "unsent": [2]int{0, 0}})
	raw, err := j.b.Delta.Exchange(j.t.Context(), j.who, body)
	if err != nil {
		j.t.Fatal(err)
	}
	var out told
	if err := json.Unmarshal(raw, &out); err != nil {
		j.t.Fatal(err)
	}
	if !out.Reconcile && out.NewClient == "" {
		j.cursor = out.Cursor
		for _, top := range out.Tops {
			j.base = top[1]
		}
	}
	return out
}

func (j *journalist) round() {
	j.t.Helper()
	for range 100 {
		if out := j.exchange(); !out.More {
			return
		}
	}
	j.t.Fatal("the round never ends")
}

// write sends one mutation and keeps it; the answer must take it plainly.
func (j *journalist) write(typ, id, house, patch string) {
	j.t.Helper()
	m := fmt.Sprintf("%d,%q,%q,%q,%s,%d]", j.base, typ, id, house, patch, j.b.Now().UnixMilli())
	out := j.exchange(m)
	if out.Last != j.mid || len(out.Results) > 0 {
		j.t.Fatalf("%s: %+v", m, out)
	}
	j.journal = append(j.journal, m)
	j.b.Pass(time.Minute)
}

// TestRestoredPhonesLoseNothing is invariant P13: what phones wrote after the
// backup comes back from their journals, once, and takes nothing from what
// was written on the restored server before they came.
func TestRestoredPhonesLoseNothing(t *testing.T) {
	eachMove(t, func(t *testing.T, from, to *place) {
		tw := from.town(t, town.Size{Cadres: 2, Houses: 4})
		one, two := newJournalist(t, from.Base, tw.Cadres[0]), newJournalist(t, from.Base, tw.Cadres[1])
		mine, moved, his := tw.Houses[0], tw.Houses[2], tw.Houses[1]
		visit := func(text string) string { return `{"day":"2026-03-02","text":"` + text + `"}` }
		one.write("visit", "visit00000V1", mine, visit("备份之前"))
		two.write("visit", "visit00000W1", his, visit("备份之前"))
		s := dump(t, from.DB)
		for i := range 30 { // phones run ahead
			one.write("visit", fmt.Sprintf("visit0000L%02d", i), mine, visit("备份之后"))
		}
		one.write("visit", "visit00000V1", mine, `{"text":"备份之后改的"}`)
		one.write("visit", "visit00000V2", moved, visit("移交之前"))
		one.write("household", mine, mine, `{"notes":"手机写的","water":"是"}`)
		two.write("household", his, his, `{"notes":"两边都没有人改过"}`)
		if err := from.DB.Close(); err != nil {
			t.Fatal(err)
		}

		to.SetClock(from.Now().UnixMilli())
		if err := s.load(t.Context(), to.DB); err != nil {
			t.Fatal(err)
		}
		era := to.number(t, "SELECT `epoch` FROM `space`")
		again := *tw
		again.Base = to.Base
		if err := again.Pair(t.Context(), moved, &tw.Cadres[1]); err != nil { // before the phones come
			t.Fatal(err)
		}
		h, err := findHouse(t.Context(), &again, mine)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Registry.Change(t.Context(), tw.Admin, household.HouseholdType, mine, h.Version, json.RawMessage(`{"notes":"镇里写的"}`)); err != nil {
			t.Fatal(err)
		}
		for _, j := range []*journalist{one, two} {
			j.b = to.Base
			j.comeBack()
		}
		for range 2 { // a phone that never heard the answer offers once more
			one.comeBackAgain()
		}
		for query, want := range map[string]int64{
			"SELECT COUNT(*) FROM `visit`":             33,
			"SELECT COUNT(DISTINCT `id`) FROM `visit`": 33,
			"SELECT COUNT(*) FROM `visit` WHERE `id` = 'visit00000V1' AND `text` = '备份之后改的'":     1,
			"SELECT COUNT(*) FROM `visit` WHERE `id` = 'visit00000V1' AND `version` = 2":         1,
			"SELECT COUNT(*) FROM `visit` WHERE `id` = 'visit00000W1' AND `version` = 1":         1,
			"SELECT COUNT(*) FROM `visit` WHERE `id` = 'visit00000V2' AND `flags` LIKE '%late%'": 1,
			"SELECT COUNT(*) FROM `visit` WHERE `text` = '备份之后' AND `version` = 1":               30,
			"SELECT COUNT(*) FROM `household` WHERE `notes` = '镇里写的' AND `water` = '是'":          1,
			"SELECT COUNT(*) FROM `household` WHERE `notes` = '两边都没有人改过'":                        1,
			"SELECT COUNT(*) FROM `proposal` WHERE `state` = 'conflict' AND `field` = 'notes'":   1,
			"SELECT COUNT(*) FROM `proposal`":                                                    1,
			"SELECT COUNT(*) FROM `quarantine`":                                                  0,
			"SELECT `epoch` FROM `space`":                                                        era, // no phone raised it once more
		} {
			if n := to.number(t, query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
		clean(t, to)
		one.round()
		if out := one.exchange(); out.Reconcile || out.Epoch || out.More {
			t.Errorf("not at rest: %+v", out)
		}
	})
}

// TestRestoredByHand: a database put back without `daohu restore` is noticed
// by the first phone ahead of it; one further ahead must not write over what
// was written in between.
func TestRestoredByHand(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := p.town(t, town.Size{Cadres: 2, Houses: 2})
		near, far := newJournalist(t, p.Base, tw.Cadres[0]), newJournalist(t, p.Base, tw.Cadres[1])
		house := tw.Houses[1]
		near.write("visit", "visit00000N1", tw.Houses[0], `{"day":"2026-03-02"}`)
		for i := range 20 {
			far.write("visit", fmt.Sprintf("visit0000F%02d", i), house, `{"day":"2026-03-02"}`)
		}
		far.write("household", house, house, `{"notes":"手机写的"}`)
		for _, q := range []string{"DELETE FROM visit", "DELETE FROM audit WHERE seq > 1", "DELETE FROM result", "DELETE FROM receipt", "DELETE FROM client", "DELETE FROM history",
			"UPDATE household SET notes = '', version = 1, seq = 1, last_seq = 1", "UPDATE space SET seq = 1, audit_head = (SELECT hash FROM audit WHERE seq = 1)"} {
			p.exec(t, q)
		}
		near.comeBack()
		h, err := findHouse(t.Context(), tw, house)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Registry.Change(t.Context(), tw.Admin, household.HouseholdType, house, h.Version, json.RawMessage(`{"notes":"镇里写的"}`)); err != nil {
			t.Fatal(err)
		}
		far.comeBack()
		if h, err = findHouse(t.Context(), tw, house); err != nil || h.Notes != "镇里写的" {
			t.Errorf("the phone's old words took the place of newer ones: %q %v", h.Notes, err)
		}
		if n := p.number(t, "SELECT COUNT(*) FROM `visit`"); n != 21 {
			t.Errorf("%d visits, want 21", n)
		}
	})
}

// comeBack is what a phone does that knew the server before.
func (j *journalist) comeBack() {
	j.t.Helper()
	out := j.exchange()
	if out.NewClient != "" {
		j.t.Fatalf("taken for a clone: %+v", out)
	}
	if !out.Reconcile || !out.Epoch || len(out.Tops) > 0 {
		j.t.Fatalf("a restored server goes on as if nothing were: %+v", out)
	}
	j.comeBackAgain()
}

func (j *journalist) comeBackAgain() {
	j.t.Helper()
	j.client, j.mid, j.cursor = j.b.DB.NewID(), 0, ""
	for part := range slices.Chunk(j.journal, 10) {
		out := j.exchange(part...)
		if out.Last != j.mid {
			j.t.Fatalf("not all consumed: %+v", out)
		}
		for _, r := range out.Results {
			if code := r[1]; code != "late" && code != "conflict" {
				j.t.Errorf("given back: %v", r)
			}
		}
	}
	j.round()
}
