package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/seal"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/write"
)

// rotated opens the place's database once more, with a new key before the old;
// hooks hear every statement.
func rotated(t *testing.T, p *place, hooks ...func(sql string)) (*store.DB, *seal.Box) {
	t.Helper()
	box, err := seal.New(seal.Key{ID: "n", Bytes: []byte(strings.Repeat("n", 32))}, seal.Key{ID: "t", Bytes: make([]byte, 32)})
	must(t, err)
	db, err := store.Open(t.Context(), store.Options{MySQL: p.open.MySQL, File: p.open.File, Unsafe: true, Now: p.Now, Rand: zeros{}, Chain: box, Sealer: box, Types: types.All(), Trace: func(sql string) {
		for _, h := range hooks {
			h(sql)
		}
	}})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db, box
}

// secrets puts something sealed into every column that takes it, and something
// with an index.
func secrets(t *testing.T, p *place) *town.Town {
	t.Helper()
	deeds(t, p)
	tw := p.town(t, town.Size{Cadres: 1, Houses: 120})
	s := func() record.Sealed { return aPhone(t, p, 3) }
	put(t, p.DB, write.Intent{Township: tw.Township, Households: tw.Houses}, func(tx write.Tx) error {
		for _, id := range tw.Houses {
			h, err := houseOf(tx, id)
			if err != nil {
				return err
			}
			h.Phone = s()
			tx.Put(household.HouseholdType, h)
			tx.Put(household.ProposalType, &household.Proposal{Meta: record.Meta{ID: tx.NewID(), Household: id}, Was: s(), Mine: s(), Theirs: s()})
			tx.Add(&write.History{Household: id, Type: "household", Row: id, Field: "phone", Old: string(s()), New: string(s())})
			tx.Add(&write.History{Household: id, Type: "household", Row: id, Field: "notes", Old: "t.不是密文", New: "t.也不是"})
			tx.Add(&write.Quarantine{ID: tx.NewID(), Household: id, Mutation: string(s()), State: "open"})
			rows, err := tx.Of(types.All()[2], id)
			if err != nil {
				return err
			}
			for _, r := range rows {
				for i, c := range types.All()[2].Columns() {
					if f, ok := types.All()[2].Pointers(r)[i].(*record.Sealed); ok && c == "phone" {
						*f = s()
					}
				}
				tx.Put(types.All()[2], r)
			}
		}
		return nil
	})
	return tw
}

// sealedWith finds every text column of every table in which something sealed
// with a key stands, anywhere in the text: this test's own list.
func sealedWith(t *testing.T, p *place, id string) map[string]int {
	t.Helper()
	out, looks := map[string]int{}, regexp.MustCompile(`(^|[^0-9A-Za-z])`+id+`\.[A-Za-z0-9_-]{38,}`) // nonce and tag alone are 38
	for _, table := range tables(t, p) {
		for _, c := range columns(t, p, table) {
			if strings.Contains(c.kind, "int") {
				continue
			}
			for _, text := range texts(t, p.raw, "SELECT COALESCE(`"+c.name+"`, '') FROM `"+table+"`") {
				if looks.MatchString(text) {
					out[table+"."+c.name]++
				}
			}
		}
	}
	return out
}

// TestRekeyLeavesNothing: afterwards nothing sealed with the old key is found
// anywhere, everything reads as before, versions and counters stand still, and
// the audit fits. A run that was cut short goes on where it was.
func TestRekeyLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := secrets(t, p)
		next, _ := rotated(t, p, p.gate(t))
		before := sealedWith(t, p, "t")
		for _, c := range []string{"household.phone", "member.id_no", "pairing.phone", "proposal.was", "proposal.mine", "proposal.theirs", "history.old", "history.new", "quarantine.mutation", "user.phone", "totp.secret"} {
			if before[c] == 0 {
				t.Errorf("nothing sealed in %s: the test says nothing of it", c)
			}
		}
		counts, err := next.CountSealed(t.Context())
		must(t, err)
		total := int64(0)
		for _, c := range counts {
			if n := before[c.Table+"."+c.Column]; int64(n) != c.Values || c.Key != "t" {
				t.Errorf("counted %+v, found %d", c, n)
			}
			total += c.Values
			delete(before, c.Table+"."+c.Column)
		}
		if len(before) > 0 {
			t.Errorf("sealed, and not on the list: %v", before)
		}
		seqs := content(t, p, "space")
		rows := p.number(t, "SELECT SUM(version) + SUM(seq) FROM member")

		ctx, cut := context.WithCancel(t.Context())
		half := int64(0)
		if _, err := next.Rekey(ctx, func(done int64) {
			if half = done; done > total/2 {
				cut()
			}
		}); !errors.Is(err, context.Canceled) {
			t.Fatalf("not cut short: %v", err)
		}
		if left := sealedWith(t, p, "t"); half < total/2 || half == total || len(left) == 0 {
			t.Errorf("%d of %d done, %v left", half, total, left)
		}
		if found, _ := verifyAs(t, next, p, nil); found != "" {
			t.Errorf("half-way: %s", found)
		}
		got, err := next.Rekey(t.Context(), func(int64) {})
		must(t, err)
		if got.Values != total-half || got.Closed != 0 {
			t.Errorf("%+v, want %d", got, total-half)
		}
		if left := sealedWith(t, p, "t"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if again, err := next.Rekey(t.Context(), func(int64) {}); err != nil || again.Values != 0 {
			t.Errorf("once more: %+v %v", again, err)
		}
		if found, _ := verifyAs(t, next, p, nil); found != "" {
			t.Errorf("afterwards: %s", found)
		}
		if seqs != content(t, p, "space") || rows != p.number(t, "SELECT SUM(version) + SUM(seq) FROM member") {
			t.Error("a counter or a version moved")
		}
		alone, err := seal.New(seal.Key{ID: "n", Bytes: []byte(strings.Repeat("n", 32))})
		must(t, err)
		for _, r := range texts(t, p.raw, "SELECT id_no FROM member WHERE township = ?", tw.Township) {
			plain, err := alone.Open(record.Sealed(r))
			if err != nil || p.number(t, "SELECT COUNT(*) FROM member WHERE id_no = ? AND id_index = ?", r, alone.Index(plain)) != 1 {
				t.Fatalf("%v: the index is not that of the number", err)
			}
		}
	})
}

// verifyAs verifies with a store of the new key; until is what is kept of the
// old one.
func verifyAs(t *testing.T, db *store.DB, p *place, until map[int64]store.Head) (string, []store.Verified) {
	t.Helper()
	all, err := db.Verify(t.Context(), store.Audit{Older: []store.Former{{Chainer: p.Box, ID: "t", Until: until}}})
	must(t, err)
	var b strings.Builder
	for _, v := range all {
		for _, f := range v.Findings {
			b.WriteString(f.String() + "\n")
		}
	}
	return b.String(), all
}

// TestRekeyBesideWriters: while everything is sealed anew, others change the
// same values and put rows back that they read before. Nothing is lost.
func TestRekeyBesideWriters(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := secrets(t, p)
		next, box := rotated(t, p, p.gate(t))
		last := make([]string, len(tw.Houses))
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for w := range 4 {
			wg.Go(func() {
				for n := 0; ; n++ {
					for i := w; i < len(tw.Houses); i += 4 {
						select {
						case <-stop:
							return
						default:
						}
						id, plain := tw.Houses[i], "1990000"+string(rune('0'+n%10))+string(rune('0'+i%10))
						_, err := next.Write(t.Context(), write.Intent{Township: tw.Township, Households: []string{id}}, func(tx write.Tx) error {
							h, err := houseOf(tx, id)
							if err != nil {
								return err
							}
							if i%2 == 0 { // half of them leave the value as they read it
								tx.Add(&write.History{Household: id, Type: "household", Row: id, Field: "phone", Old: string(h.Phone), New: string(h.Phone)})
							} else if h.Phone, err = box.Seal(plain); err != nil {
								return err
							}
							h.Notes = plain
							tx.Put(household.HouseholdType, h)
							return nil
						})
						if err != nil {
							t.Error(err)
							return
						}
						if last[i] = plain; i%2 == 0 {
							last[i] = "19900000003"
						}
					}
				}
			})
		}
		_, err := next.Rekey(t.Context(), func(int64) {})
		close(stop)
		wg.Wait()
		must(t, err)
		if left := sealedWith(t, p, "t"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		for i, id := range tw.Houses {
			h, err := findHouse(t.Context(), tw, id)
			must(t, err)
			if plain, err := box.Open(h.Phone); err != nil || last[i] != "" && plain != last[i] {
				t.Errorf("household %d: %q, written %q: %v", i, plain, last[i], err)
			}
		}
		if found, _ := verifyAs(t, next, p, nil); found != "" {
			t.Errorf("found %s", found)
		}
	})
}

// TestRekeyGivesWay: a value that someone changes between the reading and the
// writing of the old one is not written over, and is sealed anew as well.
func TestRekeyGivesWay(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		deeds(t, p)
		newer, meddled := aPhone(t, p, 9), 0
		next, box := rotated(t, p, func(sql string) {
			if strings.HasPrefix(sql, "SELECT `id`, `phone` FROM `user`") && meddled == 0 {
				meddled++
				p.exec(t, "UPDATE user SET phone = ? WHERE id = 'user-----001'", string(newer))
			}
		})
		if _, err := next.Rekey(t.Context(), func(int64) {}); err != nil || meddled != 1 {
			t.Fatal(err, meddled)
		}
		u, err := next.Accounts().FindUser(t.Context(), account.ByID, "user-----001")
		must(t, err)
		if plain, err := box.Open(u.Phone); err != nil || plain != "19900000009" || seal.KeyID(u.Phone) != "n" {
			t.Errorf("%q %v, sealed with %s", plain, err, seal.KeyID(u.Phone))
		}
	})
}

// TestRekeyLeavesWhatItCannotOpen: an unknown key, a damaged value and a plain
// text are counted, and stop nothing.
func TestRekeyLeavesWhatItCannotOpen(t *testing.T) {
	p := newPlace(t, "sqlite")
	tw := secrets(t, p)
	next, _ := rotated(t, p, p.gate(t))
	p.exec(t, "UPDATE household SET phone = 'gone.AAAA' WHERE id = ?", tw.Houses[0])
	p.exec(t, "UPDATE household SET phone = SUBSTR(phone, 1, 30) WHERE id = ?", tw.Houses[1])
	p.exec(t, "UPDATE member SET id_no = '999999195001010011' WHERE household = ?", tw.Houses[2])
	got, err := next.Rekey(t.Context(), func(int64) {})
	if err != nil || got.Closed != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	counts, err := next.CountSealed(t.Context())
	must(t, err)
	seen := ""
	for _, c := range counts {
		if c.Key != "n" {
			seen += c.Table + " " + c.Key + ";"
		}
		if strings.Contains(c.Key+string(c.Sample), "999999") {
			t.Errorf("a plain text is shown: %+v", c)
		}
	}
	if seen != "household gone;household t;member ;" {
		t.Errorf("counted %s", seen)
	}
}

// TestReplacedKeyIsNotTaken: once a key is replaced, lines made with it later,
// and a chain made anew with it, are found.
func TestReplacedKeyIsNotTaken(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		tw := secrets(t, p)
		next, box := rotated(t, p, p.gate(t))
		_, err := next.Rekey(t.Context(), func(int64) {})
		must(t, err)
		var until map[int64]store.Head
		replace := func() error {
			return next.Replace(t.Context(), "t", func(u map[int64]store.Head) (record.Sealed, error) {
				until = u
				text, err := json.Marshal(u)
				must(t, err)
				return box.Seal(string(text))
			})
		}
		must(t, replace())
		ring, err := next.Keyring(t.Context())
		if err != nil || len(ring) != 1 || ring[0].ID != "t" || seal.KeyID(ring[0].Secret) != "n" || len(until) != 3 {
			t.Fatalf("%+v %v %v", ring, until, err)
		}
		good := until
		if err := replace(); !fault.Is(err, fault.IDTaken) {
			t.Errorf("twice: %v", err)
		}
		if found, _ := verifyAs(t, next, p, good); found != "" {
			t.Fatalf("found %s", found)
		}
		visit := func(db *store.DB, id string) {
			put(t, db, write.Intent{Township: tw.Township, Households: tw.Houses[:1]}, func(tx write.Tx) error {
				tx.Put(types.All()[3], aVisit(id, tw.Houses[0]))
				return nil
			})
		}
		visit(next, "visit0000001")
		visit(p.DB, "visit0000002") // a server that still has the old key in front
		visit(next, "visit0000003")
		found, _ := verifyAs(t, next, p, good)
		if strings.Count(found, "\n") != 1 || !strings.Contains(found, "was made with the key t after that was replaced") {
			t.Errorf("found %s", found)
		}
		// Someone with the old key and the database writes the accounts' past anew.
		p.exec(t, "DELETE FROM audit WHERE space = 0 AND seq > 5")
		p.exec(t, "UPDATE audit SET actor = 'someoneelse0' WHERE space = 0 AND seq = 2")
		head := ""
		for seq := int64(1); seq <= 5; seq++ {
			var at int64
			var actor, action, rows string
			must(t, p.raw.QueryRowContext(t.Context(), "SELECT at, actor, action, `rows` FROM audit WHERE space = 0 AND seq = ?", seq).Scan(&at, &actor, &action, &rows))
			entry, err := json.Marshal([]any{0, seq, at, actor, action, rows})
			must(t, err)
			head = p.Box.Chain(head, entry)
			p.exec(t, "UPDATE audit SET hash = ? WHERE space = 0 AND seq = ?", head, seq)
		}
		p.exec(t, "UPDATE account_chain SET seq = 5, audit_head = ?", head)
		found, _ = verifyAs(t, next, p, good)
		if !strings.Contains(found, "accounts, line 16: the head written down earlier") {
			t.Errorf("found %s", found)
		}
	})
}
