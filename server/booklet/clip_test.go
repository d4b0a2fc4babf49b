package booklet_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"testing"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/fault"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/workflow"
	"daohu/server/write"
)

// voice is n silent frames of mono MPEG 1 Layer III, 64 kbit/s at 44.1 kHz,
// behind an ID3 tag that names somebody.
func voice(n int) (file, sound []byte) {
	frame := make([]byte, 208)
	copy(frame, []byte{0xff, 0xfb, 0x50, 0xc0})
	sound = bytes.Repeat(frame, n)
	return append([]byte("ID3\x04\x00\x00\x00\x00\x00\x06张三"), sound...), sound
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// clipOf announces a recording as a phone's row does.
func clipOf(d desk, by access.Actor, file []byte) *booklet.Clip {
	return &booklet.Clip{Meta: record.Meta{ID: d.town.DB.NewID(), Household: d.town.Common, MadeBy: by.User}, Card: "safe-water", Dialect: "本地话", SHA256: hash(file), Size: int64(len(file))}
}

// arrive runs the rule on c as on a row that came from a phone, and stores it.
func arrive(d desk, c *booklet.Clip) error {
	_, err := d.town.DB.Write(d.Context(), write.Intent{Township: d.town.Township, Actor: c.MadeBy, Action: "sync", Households: []string{d.town.Common}}, func(tx write.Tx) error {
		got, err := tx.Load(booklet.ClipType, c.ID)
		if err != nil {
			return err
		}
		row := *c
		if now, ok := got[c.ID].(*booklet.Clip); ok {
			row.Meta, row.State, row.Words, row.Sound, row.Bytes, row.Seconds = now.Meta, now.State, now.Words, now.Sound, now.Bytes, now.Seconds
		}
		if err := booklet.ArriveClip(tx, write.Arrival{By: c.MadeBy, Role: "C", Row: &row, Before: got[c.ID]}); err != nil {
			return err
		}
		tx.Put(booklet.ClipType, &row)
		return nil
	})
	return err
}

func (d desk) clip(id string) *booklet.Clip {
	d.Helper()
	r, err := d.town.DB.Find(d.Context(), booklet.ClipType, []string{d.town.Township}, id)
	if err != nil {
		d.Fatal(err)
	}
	return r.(*booklet.Clip)
}

// TestLifeOfAClip: announced, sent, returned, recorded anew, approved; who
// hears it when.
func TestLifeOfAClip(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		me, other, ctx := d.town.Cadres[0], d.town.Cadres[1], t.Context()
		rec := &booklet.Recorder{Store: b.DB, Writer: b.DB}
		file, sound := voice(60)
		c := clipOf(d, me, file)
		if err := arrive(d, c); err != nil {
			t.Fatal(err)
		}
		decide := func(action string, rev int64) error {
			_, err := b.Workflow.Decide(ctx, d.town.Admin, booklet.ClipType, c.ID, workflow.Decision{Action: action, Rev: rev, Reason: "听不清"})
			return err
		}
		if now := d.clip(c.ID); now.State != "" || !fault.Is(decide("approve", now.Version), fault.WrongState) {
			t.Errorf("approved without sound: %+v", now)
		}
		if _, err := rec.Take(ctx, other, c.ID, file); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's recording: %v", err)
		}
		if _, err := rec.Take(ctx, me, c.ID, sound); !fault.Is(err, fault.Checksum) {
			t.Errorf("another file: %v", err)
		}
		got, err := rec.Take(ctx, me, c.ID, file)
		if err != nil || got.State != "pending" || got.Sound != hash(sound) || got.Bytes != int64(len(sound)) || got.Seconds != 2 {
			t.Fatalf("taken: %+v %v", got, err)
		}
		if again, err := rec.Take(ctx, me, c.ID, file); err != nil || *again != *d.clip(c.ID) || again.Version != got.Version {
			t.Errorf("taken again: %+v %v", again, err)
		}
		house := access.Actor{User: b.DB.NewID(), Role: access.Household, Township: d.town.Township, Household: d.town.Houses[0]}
		hears := func(a access.Actor) bool {
			mime, body, err := b.Registry.Body(ctx, a, hash(sound))
			if err == nil && (mime != booklet.ClipMime || !bytes.Equal(body, sound)) {
				t.Errorf("heard by %s: %s, %d bytes", a.Role, mime, len(body))
			}
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			return err == nil
		}
		grant(d, house)
		if !hears(other) || !hears(d.town.Admin) || hears(house) {
			t.Error("waiting, it is heard by those who look after it and by no household")
		}
		if err := decide("return", got.Version); err != nil {
			t.Fatal(err)
		}
		better, louder := voice(80)
		c.SHA256, c.Size = hash(better), int64(len(better))
		if err := arrive(d, c); err != nil {
			t.Fatal(err)
		}
		if now := d.clip(c.ID); now.State != "" || now.Sound != "" || now.Words != "" || now.Seconds != 0 {
			t.Errorf("recorded anew: %+v", now)
		}
		if hears(other) {
			t.Error("what was replaced is still heard")
		}
		if _, err := rec.Take(ctx, me, c.ID, file); !fault.Is(err, fault.Checksum) {
			t.Errorf("the old file: %v", err)
		}
		if got, err = rec.Take(ctx, me, c.ID, better); err != nil || decide("approve", got.Version) != nil {
			t.Fatal(err)
		}
		sound = louder
		if !hears(house) || !hears(other) {
			t.Error("approved and not heard")
		}
		far := newDesk(t, b)
		approved := d.clip(c.ID)
		withdraw := func(a access.Actor, rev int64, why string) error {
			_, err := rec.Withdraw(ctx, a, c.ID, rev, why)
			return err
		}
		for name, c := range map[string]struct {
			err  error
			code fault.Code
		}{
			"without a reason": {withdraw(d.town.Admin, approved.Version, " "), fault.Invalid}, "stale": {withdraw(d.town.Admin, approved.Version-1, "错"), fault.Stale},
			"another township's": {withdraw(far.town.Admin, approved.Version, "错"), fault.NotFound},
		} {
			if !fault.Is(c.err, c.code) {
				t.Errorf("withdrawing %s: %v", name, c.err)
			}
		}
		if hears(far.town.Admin) || hears(far.town.Cadres[0]) {
			t.Error("heard in another township")
		}
		if err := withdraw(d.town.Admin, approved.Version, "说错了"); err != nil || hears(house) || !fault.Is(withdraw(d.town.Admin, approved.Version+1, "错"), fault.WrongState) {
			t.Errorf("withdrawn: %v", err)
		}
		if got, err := b.DB.Verify(ctx, store.Audit{Township: d.town.Township}); err != nil || len(got[0].Findings) > 0 {
			t.Errorf("audit: %+v %v", got, err)
		}
	})
}

// grant lets a household's log-in hold its household and what is everyone's.
func grant(d desk, a access.Actor) {
	d.Helper()
	_, err := d.town.DB.Write(d.Context(), write.Intent{Township: d.town.Township, Households: []string{d.town.Common, a.Household}}, func(tx write.Tx) error {
		for _, h := range []string{d.town.Common, a.Household} {
			tx.Grant(write.Grant{Principal: a.User, Household: h, Role: "H", Source: "self"})
		}
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
}

func TestClipsRefuse(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		me, rec := d.town.Cadres[0], &booklet.Recorder{Store: b.DB, Writer: b.DB}
		file, _ := voice(60)
		first := clipOf(d, me, file)
		if err := arrive(d, first); err != nil {
			t.Fatal(err)
		}
		second := clipOf(d, me, file)
		if err := arrive(d, second); !fault.Is(err, fault.WrongState) {
			t.Errorf("recorded twice: %v", err)
		}
		second.Dialect = "苗语"
		if err := arrive(d, second); err != nil {
			t.Errorf("in another dialect: %v", err)
		}
		second.Dialect = "本地话"
		if err := arrive(d, second); !fault.Is(err, fault.WrongState) {
			t.Errorf("changed to the first's dialect: %v", err)
		}
		if err := arrive(d, clipOf(d, d.town.Cadres[1], file)); err != nil {
			t.Errorf("by another: %v", err)
		}
		none := clipOf(d, me, file)
		none.Card = "gossip"
		if err := arrive(d, none); !fault.Is(err, fault.Invalid) {
			t.Errorf("of no card: %v", err)
		}
		text := []byte("<script>alert(1)</script>")
		bad := clipOf(d, me, text)
		bad.Dialect = "话"
		if err := arrive(d, bad); err != nil {
			t.Fatal(err)
		}
		if _, err := rec.Take(t.Context(), me, bad.ID, text); !fault.Is(err, fault.Invalid) || d.clip(bad.ID).Sound != "" {
			t.Errorf("a text: %v", err)
		}
		if _, err := rec.Take(t.Context(), me, d.town.DB.NewID(), file); !fault.Is(err, fault.NotFound) {
			t.Errorf("no row: %v", err)
		}
		// Sent several times at once it is taken once.
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() { _, errs[i] = rec.Take(t.Context(), me, first.ID, file) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if now := d.clip(first.ID); now.Version != 2 || now.State != "pending" {
			t.Errorf("taken more than once: %+v", now)
		}
		// A new edition of the card says something else: it is recorded anew.
		next := entry("新")
		next.Code = "safe-water"
		d.publish(d.save(next))
		anew := clipOf(d, me, file)
		if err := arrive(d, anew); err != nil || d.clip(anew.ID).Edition != 2 || d.clip(first.ID).Edition != 1 {
			t.Errorf("of the next edition: %v", err)
		}
	})
}

// TestDeliveries: the edition, who may say what of the receipt, and that a
// cadre does not read it.
func TestDeliveries(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		d := newDesk(t, b)
		given := func(change func(*booklet.Delivery), role string, before *booklet.Delivery) (*booklet.Delivery, error) {
			row := &booklet.Delivery{Day: "2026-03-02", Way: "上门"}
			if before != nil {
				*row = *before
			}
			change(row)
			in := write.Intent{Township: d.town.Township, Households: []string{d.town.Common}}
			_, err := b.DB.Write(t.Context(), in, func(tx write.Tx) error {
				a := write.Arrival{Role: role, Row: row}
				if before != nil {
					a.Before = before
				}
				return booklet.ArriveDelivery(tx, a)
			})
			return row, err
		}
		nothing := func(*booklet.Delivery) {}
		receipt := func(word string) func(*booklet.Delivery) { return func(d *booklet.Delivery) { d.Receipt = word } }
		plain, err := given(nothing, "C", nil)
		if err != nil || plain.Edition != 1 || plain.Channel != "" {
			t.Fatalf("%+v %v", plain, err)
		}
		if _, err := given(func(d *booklet.Delivery) { d.Edition = 2 }, "C", nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("an edition that is not out: %v", err)
		}
		for _, bad := range []string{`["健康"]`, `["a","a"]`, `[1]`, `[["a"]]`} {
			if _, err := given(func(d *booklet.Delivery) { d.Cards = record.List(bad) }, "C", nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("cards %s: %v", bad, err)
			}
		}
		there, err := given(receipt("收到"), "C", plain)
		if err != nil || there.Channel != "cadre_phone" {
			t.Errorf("on the cadre's phone: %+v %v", there, err)
		}
		for _, word := range []string{"没收到", ""} {
			if _, err := given(receipt(word), "V", there); !fault.Is(err, fault.Forbidden) {
				t.Errorf("taken back as %q by who gave it: %v", word, err)
			}
		}
		if way, err := given(func(d *booklet.Delivery) { d.Way = "电话" }, "C", there); err != nil || way.Channel != "cadre_phone" {
			t.Errorf("the way put right: %+v %v", way, err)
		}
		own, err := given(receipt("没收到"), "H", there)
		if err != nil || own.Channel != "own" {
			t.Errorf("on the household's own: %+v %v", own, err)
		}
		for role, want := range map[string]bool{"H": true, "T": true, "A": true, "C": false, "V": false, "K": false} {
			shown, err := booklet.DeliveryType.Project(own, role, b.Box)
			if err != nil || bytes.Contains(shown, []byte("没收到")) != want || bytes.Contains(shown, []byte(`"channel"`)) != want {
				t.Errorf("%s reads %s %v", role, shown, err)
			}
		}
	})
}

func TestParseBooklet(t *testing.T) {
	if b, err := booklet.ParseBooklet([]byte(`{"edition":2,"title":"政策口袋书（二）"}`)); err != nil || b.Edition != 2 {
		t.Errorf("%+v %v", b, err)
	}
	for _, bad := range []string{`{}`, `{"edition":0,"title":"书"}`, `{"edition":10000,"title":"书"}`, `{"edition":1,"title":""}`, `{"edition":1}`, `{"edition":1,"title":"书","x":1}`, `{"edition":1,"title":"书"} 2`, `[1]`} {
		if _, err := booklet.ParseBooklet([]byte(bad)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
