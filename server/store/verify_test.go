package store_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/activity"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/seal"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/write"
)

// eventful is a township in which everything happened once: new rows, changed
// rows, tombstones old and young, households that changed hands, a purge.
func eventful(t *testing.T, p *place) *town.Town {
	t.Helper()
	tw := p.town(t, town.Size{Cadres: 2, Workers: 1, Houses: 4})
	visit := func(id string, change func(v *activity.Visit)) {
		p.Pass(time.Minute)
		put(t, p.DB, write.Intent{Township: tw.Township, Actor: tw.Cadres[0].User, Action: "sync", Households: tw.Houses[:1]}, func(tx write.Tx) error {
			v := aVisit(id, tw.Houses[0])
			got, err := tx.Load(activity.VisitType, id)
			if r, ok := got[id]; ok {
				v = r.(*activity.Visit)
			}
			change(v)
			tx.Put(activity.VisitType, v)
			return err
		})
	}
	pair := func(house int, to int) {
		t.Helper()
		p.Pass(time.Minute)
		if err := tw.Pair(t.Context(), tw.Houses[house], &tw.Cadres[to]); err != nil {
			t.Fatal(err)
		}
	}
	erase := func(v *activity.Visit) { v.DeletedAt = p.Now().UnixMilli() }
	visit("visit00000A1", func(*activity.Visit) {})
	visit("visit00000A2", func(*activity.Visit) {})
	visit("visit00000A1", erase)
	pair(1, 0)
	p.Pass(store.KeepTombstones + time.Hour)
	if n, err := p.DB.Purge(t.Context()); err != nil || n < 2 {
		t.Fatalf("purged %d: %v", n, err)
	}
	visit("visit00000A3", func(v *activity.Visit) { v.Text = "访谈<&>\u2028😀" })
	visit("visit00000A4", func(*activity.Visit) {})
	visit("visit00000A4", erase)
	pair(1, 1)
	if err := tw.Pair(t.Context(), tw.Houses[2], nil); err != nil {
		t.Fatal(err)
	}
	pair(2, 1)
	put(t, p.DB, write.Intent{Township: tw.Township, Action: "edit", Households: tw.Houses[3:]}, func(tx write.Tx) error {
		h, err := houseOf(tx, tw.Houses[3])
		if err == nil {
			h.Safety, h.Income, h.Notes = true, 1200_00, "门前路<滑>"
			tx.Put(household.HouseholdType, h)
		}
		return err
	})
	return tw
}

// verify returns what is found, one line each.
func verify(t *testing.T, p *place, a store.Audit) (string, []store.Verified) {
	t.Helper()
	all, err := p.DB.Verify(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, v := range all {
		for _, f := range v.Findings {
			b.WriteString(f.String() + "\n")
		}
	}
	return b.String(), all
}

func clean(t *testing.T, p *place) {
	t.Helper()
	if found, _ := verify(t, p, store.Audit{}); found != "" {
		t.Fatalf("found in a clean database:\n%s", found)
	}
}

func TestVerifyCleanDatabase(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		clean(t, p) // empty
		tw := eventful(t, p)
		other := p.town(t, town.Size{Cadres: 1, Houses: 2})
		found, all := verify(t, p, store.Audit{})
		if found != "" || len(all) != 2 {
			t.Fatalf("%d townships\n%s", len(all), found)
		}
		v := all[slices.IndexFunc(all, func(v store.Verified) bool { return v.Township == tw.Township })]
		rows := int64(0)
		for _, typ := range types.All() {
			rows += p.number(t, "SELECT COUNT(*) FROM `"+typ.Name+"` WHERE `township` = ?", tw.Township)
		}
		if v.Lines != p.number(t, "SELECT `seq` FROM `space` WHERE `township` = ?", tw.Township) || v.Rows != rows ||
			v.Grants != p.number(t, "SELECT COUNT(*) FROM `assignment` WHERE `township` = ?", tw.Township) {
			t.Errorf("counted %+v, there are %d rows", v, rows)
		}
		heads, err := p.DB.Heads(t.Context())
		if err != nil || len(heads) != 2 || !slices.Contains(heads, v.Head) || v.At != p.Now().UnixMilli() {
			t.Errorf("heads %+v, verified %+v: %v", heads, v.Head, err)
		}
		if _, one := verify(t, p, store.Audit{Township: other.Township}); len(one) != 1 || one[0].Township != other.Township {
			t.Errorf("one township: %+v", one)
		}
	})
}

// TestAuditLinesHoldNoValues: nothing a person wrote or is called stands in
// the log, and equal contents of two rows do not show.
func TestAuditLinesHoldNoValues(t *testing.T) {
	p := newPlace(t, "sqlite")
	tw := eventful(t, p)
	rows, err := p.raw.QueryContext(t.Context(), "SELECT `rows` FROM `audit`")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var said map[string][]string
		if err := rows.Scan(&text); err != nil || json.Unmarshal([]byte(text), &said) != nil {
			t.Fatal(err, text)
		}
		for _, word := range []string{"户主", "访谈", "坪子", "2026", "1990000", "999999", tw.Cadres[0].Name, "路"} {
			if strings.Contains(text, word) {
				t.Errorf("%q stands in %s", word, text)
			}
		}
		for _, typ := range types.All() {
			for _, line := range said[typ.Name] {
				if p := strings.Split(line, " "); len(p) < 3 || !record.IsID(p[0]) || len(p[2]) != 16 || strings.Trim(p[2], "0123456789abcdef") != "" {
					t.Errorf("%s: %q", typ.Name, line)
				}
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyNamesWhatWasDone: each kind of tampering is found, and named at
// its place; once undone, the database is clean again.
func TestVerifyNamesWhatWasDone(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := eventful(t, p)
		top := p.number(t, "SELECT `seq` FROM `space` WHERE `township` = ?", tw.Township)
		cols := func(table string) string {
			return "`" + strings.Join(names(columns(t, p, table)), "`, `") + "`"
		}
		audit, visit := cols("audit"), cols("visit")
		for _, c := range []struct {
			name, want string
			do, undo   []string
		}{
			{"a changed actor", "line 3: ", []string{"UPDATE audit SET actor = 'someoneelse0' WHERE seq = 3"}, []string{"UPDATE audit SET actor = '" + tw.Cadres[0].User + "' WHERE seq = 3"}},
			{"a deleted line", "line 5: does not follow from line 3",
				[]string{"CREATE TABLE kept AS SELECT * FROM audit WHERE seq = 4", "DELETE FROM audit WHERE seq = 4"},
				[]string{"INSERT INTO audit (" + audit + ") SELECT " + audit + " FROM kept", "DROP TABLE kept"}},
			{"the last line deleted", "does not end at the stored head",
				[]string{fmt.Sprintf("CREATE TABLE kept AS SELECT * FROM audit WHERE seq = %d", top), fmt.Sprintf("DELETE FROM audit WHERE seq = %d", top)},
				[]string{"INSERT INTO audit (" + audit + ") SELECT " + audit + " FROM kept", "DROP TABLE kept"}},
			{"two lines swapped", "line 3: ", swap(3, 4), swap(3, 4)},
			{"an added line", fmt.Sprintf("line %d: ", top+1),
				[]string{fmt.Sprintf("INSERT INTO audit (%s) SELECT space, %d, at, actor, action, `rows`, hash FROM audit WHERE seq = %d", audit, top+1, top)}, []string{fmt.Sprintf("DELETE FROM audit WHERE seq = %d", top+1)}},
			{"a line of no township", "- : 1 audit lines", []string{fmt.Sprintf("INSERT INTO audit (%s) SELECT space + 900, seq, at, actor, action, `rows`, hash FROM audit WHERE seq = 3", audit)}, []string{"DELETE FROM audit WHERE space > 900"}},
			{"a wrong counter", "the counter stands at", []string{"UPDATE space SET seq = seq + 1"}, []string{"UPDATE space SET seq = seq - 1"}},
			{"a changed row", "visit visit00000A2: the row is not as", []string{"UPDATE visit SET text = 'x' WHERE id = 'visit00000A2'"}, []string{"UPDATE visit SET text = '' WHERE id = 'visit00000A2'"}},
			{"a row brought back to life", "visit visit00000A4: ", []string{"UPDATE visit SET deleted_at = -deleted_at WHERE id = 'visit00000A4'"}, []string{"UPDATE visit SET deleted_at = -deleted_at WHERE id = 'visit00000A4'"}},
			{"an added row", "visit visit00000B1: no audit line names", []string{"INSERT INTO visit (" + visit + ") SELECT " + strings.Replace(visit, "`id`", "'visit00000B1'", 1) + " FROM visit WHERE id = 'visit00000A2'"}, []string{"DELETE FROM visit WHERE id = 'visit00000B1'"}},
			{"a row of no township", "1 rows of visit belong to no township", []string{"INSERT INTO visit (" + visit + ") SELECT " + strings.Replace(visit, "`township`", "'777777777'", 1) + " FROM visit WHERE id = 'visit00000A2'"}, []string{"DELETE FROM visit WHERE township = '777777777'"}},
			{"a deleted row", "visit visit00000A2: the row is missing",
				[]string{"CREATE TABLE kept AS SELECT * FROM visit WHERE id = 'visit00000A2'", "DELETE FROM visit WHERE id = 'visit00000A2'"},
				[]string{"INSERT INTO visit (" + visit + ") SELECT " + visit + " FROM kept", "DROP TABLE kept"}},
			{"a young tombstone deleted", "visit visit00000A4: the row is missing",
				[]string{"CREATE TABLE kept AS SELECT * FROM visit WHERE id = 'visit00000A4'", "DELETE FROM visit WHERE id = 'visit00000A4'"},
				[]string{"INSERT INTO visit (" + visit + ") SELECT " + visit + " FROM kept", "DROP TABLE kept"}},
			{"a household held back from its phones", "last_seq", []string{"UPDATE household SET last_seq = last_seq - 1 WHERE id = '" + tw.Houses[0] + "'"}, []string{"UPDATE household SET last_seq = last_seq + 1 WHERE id = '" + tw.Houses[0] + "'"}},
			{"a household given away", "no audit line gives this",
				[]string{fmt.Sprintf("INSERT INTO assignment (principal, township, household, source, since_seq, until_seq, ended_at, role) VALUES ('someoneelse0', '%s', '%s', 'pairing', 2, 0, 0, 'C')", tw.Township, tw.Houses[0])}, []string{"DELETE FROM assignment WHERE principal = 'someoneelse0'"}},
			{"a higher role", "the role or the end", []string{"UPDATE assignment SET role = 'T' WHERE role = 'V'"}, []string{"UPDATE assignment SET role = 'V' WHERE role = 'T'"}},
		} {
			if p.mysql {
				c.do, c.undo = typed(c.do), typed(c.undo)
			}
			for _, q := range c.do {
				p.exec(t, q)
			}
			found, _ := verify(t, p, store.Audit{})
			if want := strings.Replace(c.want, "- :", "-:", 1); !strings.Contains(found, want) {
				t.Errorf("%s: want %q in\n%s", c.name, want, found)
			}
			for _, word := range []string{"户主", "访谈", "999999", "1990000"} {
				if strings.Contains(found, word) {
					t.Errorf("%s: personal data in\n%s", c.name, found)
				}
			}
			for _, q := range c.undo {
				p.exec(t, q)
			}
			clean(t, p)
		}
	})
}

// typed makes a copied table exactly like its original.
func typed(qs []string) []string {
	out := []string{}
	for _, q := range qs {
		if name, ok := strings.CutPrefix(q, "CREATE TABLE kept AS SELECT * FROM "); ok {
			table, _, _ := strings.Cut(name, " ")
			out = append(out, "CREATE TABLE kept LIKE "+table, "INSERT INTO kept SELECT * FROM "+name)
			continue
		}
		out = append(out, q)
	}
	return out
}

func swap(a, b int) []string {
	return []string{fmt.Sprintf("UPDATE audit SET seq = -1 WHERE seq = %d", a), fmt.Sprintf("UPDATE audit SET seq = %d WHERE seq = %d", a, b), fmt.Sprintf("UPDATE audit SET seq = %d WHERE seq = -1", b)}
}

// TestVerifyHeadsWrittenDown: someone with the database but without the key
// can only cut the end off; a head kept elsewhere shows it.
func TestVerifyHeadsWrittenDown(t *testing.T) {
	p := newPlace(t, "sqlite")
	tw := p.town(t, town.Size{Cadres: 1, Houses: 1})
	heads, err := p.DB.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put(t, p.DB, write.Intent{Township: tw.Township, Action: "sync", Households: tw.Houses}, func(tx write.Tx) error {
		tx.Put(activity.VisitType, aVisit("visit00000A1", tw.Houses[0]))
		return nil
	})
	late, err := p.DB.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found, _ := verify(t, p, store.Audit{Heads: slices.Concat(heads, late)}); found != "" {
		t.Fatal(found)
	}
	for _, q := range []string{"DELETE FROM audit WHERE seq = 2", "DELETE FROM visit", "UPDATE space SET seq = 1, audit_head = '" + heads[0].Hash + "'", "UPDATE household SET last_seq = 1"} {
		p.exec(t, q)
	}
	if found, _ := verify(t, p, store.Audit{}); found != "" {
		t.Fatalf("this cannot be seen from within: %s", found)
	}
	if found, _ := verify(t, p, store.Audit{Heads: slices.Concat(heads, late)}); strings.Count(found, "\n") != 1 || !strings.Contains(found, "line 2: the head written down") {
		t.Fatal(found)
	}
}

// TestVerifyAfterKeyChange: lines of an older key still fit when that key is
// named; with a wrong key one sentence says so instead of a thousand.
func TestVerifyAfterKeyChange(t *testing.T) {
	p := newPlace(t, "sqlite")
	tw := eventful(t, p)
	fresh, err := seal.New(seal.Key{ID: "n", Bytes: []byte(strings.Repeat("n", 32))})
	if err != nil {
		t.Fatal(err)
	}
	both, err := seal.New(seal.Key{ID: "n", Bytes: []byte(strings.Repeat("n", 32))}, seal.Key{ID: "t", Bytes: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	next, err := store.Open(t.Context(), store.Options{File: p.open.File, Unsafe: true, Now: p.Now, Rand: zeros{}, Chain: fresh, Sealer: both, Types: types.All()})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	all, err := next.Verify(t.Context(), store.Audit{})
	if err != nil || len(all) != 1 || len(all[0].Findings) != 1 || !strings.Contains(all[0].Findings[0].What, "DAOHU_KEY") {
		t.Fatalf("%+v %v", all, err)
	}
	put(t, next, write.Intent{Township: tw.Township, Action: "sync", Households: tw.Houses[:1]}, func(tx write.Tx) error {
		tx.Put(activity.VisitType, aVisit("visit00000C1", tw.Houses[0]))
		return nil
	})
	if all, err = next.Verify(t.Context(), store.Audit{Older: []store.Former{{Chainer: p.Box}}}); err != nil || len(all) != 1 || len(all[0].Findings) != 0 {
		t.Fatalf("%+v %v", all, err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestVerifyFindsEveryBit flips one bit of one value at a time, anywhere in
// the audit lines, the synced tables, the assignments and the stored head.
func TestVerifyFindsEveryBit(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		eventful(t, p)
		flipBits(t, p, 100, "audit", "audit", "audit", "assignment", "household", "member", "pairing", "visit", "form", "card")
		clean(t, p)
		p.exec(t, "UPDATE space SET audit_head = REPLACE(audit_head, SUBSTR(audit_head, 1, 1), 'g')")
		if found, _ := verify(t, p, store.Audit{}); !strings.Contains(found, "head") {
			t.Errorf("a changed head is not found: %s", found)
		}
	})
}

// flipBits flips n bits, one at a time, in rows of the tables drawn at random;
// each must be found.
func flipBits(t *testing.T, p *place, n int, in ...string) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	hits := map[string]int{}
	for done := 0; done < n; {
		table := in[r.IntN(len(in))]
		f := pick(t, p, r, table)
		if f == nil || strings.Contains(f.do[0], "SET `last_step`") { // moves at every log-in
			continue
		}
		if res, err := p.raw.ExecContext(t.Context(), f.do[0], f.doArgs...); err != nil {
			continue // a unique key or the column's character set refuses it
		} else if k, err := res.RowsAffected(); err != nil || k > 1 {
			t.Fatalf("%s changed %d rows: %v", f.do[0], k, err)
		} else if k == 0 {
			continue // a row with NULLs is not found by its values
		}
		done++
		hits[table]++
		if found, _ := verify(t, p, store.Audit{}); found == "" {
			t.Errorf("not found: %s %v", f.do[0], f.doArgs)
		}
		p.exec(t, f.do[1], f.undoArgs...)
	}
	for _, table := range in {
		if hits[table] == 0 {
			t.Errorf("%s was not tried in %d flips", table, n)
		}
	}
}

type flip struct {
	do               [2]string
	doArgs, undoArgs []any
}

// pick chooses a value of a table and a bit of it; nil = try another.
func pick(t *testing.T, p *place, r *rand.Rand, table string) *flip {
	t.Helper()
	cs := names(columns(t, p, table))
	total := p.number(t, "SELECT COUNT(*) FROM `"+table+"`")
	cells, into := make([]sql.NullString, len(cs)), make([]any, len(cs))
	for i := range cells {
		into[i] = &cells[i]
	}
	err := p.raw.QueryRowContext(t.Context(), "SELECT `"+strings.Join(cs, "`, `")+"` FROM `"+table+"` ORDER BY 1, 2, 3, 4, 5 LIMIT 1 OFFSET ?", r.Int64N(total)).Scan(into...)
	if err != nil {
		t.Fatal(err)
	}
	at := r.IntN(len(cs))
	bent, ok := bend(r, cells[at].String)
	if !ok {
		return nil
	}
	where, before, after := []string{}, []any{}, []any{}
	for i, c := range cs {
		where = append(where, "`"+c+"` = ?")
		before = append(before, cells[i].String)
		if i == at {
			after = append(after, bent)
		} else {
			after = append(after, cells[i].String)
		}
	}
	set := "UPDATE `" + table + "` SET `" + cs[at] + "` = ? WHERE " + strings.Join(where, " AND ")
	return &flip{[2]string{set, set}, append([]any{bent}, before...), append([]any{cells[at].String}, after...)}
}

// bend flips one bit of a number or of one character.
func bend(r *rand.Rand, s string) (string, bool) {
	if s == "" {
		return "", false
	}
	var n int64
	if _, err := fmt.Sscanf(s, "%d", &n); err == nil && fmt.Sprint(n) == s && len(s) < 16 {
		if n < 2 {
			return fmt.Sprint(n ^ 1), true
		}
		return fmt.Sprint(n ^ 1<<r.IntN(7)), true
	}
	rs := []rune(s)
	i := r.IntN(len(rs))
	rs[i] ^= 1 << r.IntN(6)
	return string(rs), rs[i] >= 0x20 && rs[i] != 0x7f
}
