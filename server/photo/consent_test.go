package photo_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

// say lets a statement arrive as through sync.
func (w *deskWorld) say(by access.Actor, answer string, base int64, change ...func(*photo.Consent)) (photo.Consent, error) {
	w.t.Helper()
	c := &photo.Consent{Meta: record.Meta{ID: w.DB.NewID(), Household: w.Houses[0], MadeBy: by.User}, Answer: answer, Day: "2026-03-02", Who: "户主本人", Edition: "2026-1"}
	for _, f := range change {
		f(c)
	}
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Actor: by.User, Households: w.Houses}, func(tx write.Tx) error {
		next := *c
		if err := photo.Agree(tx, write.Arrival{By: by.User, Role: string(by.Role), Row: &next, Base: base}); err != nil {
			return err
		}
		tx.Put(photo.ConsentType, &next)
		return nil
	})
	if err != nil {
		return *c, err
	}
	r, ferr := w.DB.Find(w.t.Context(), photo.ConsentType, []string{w.Township}, c.ID)
	if ferr != nil {
		w.t.Fatal(ferr)
	}
	return *r.(*photo.Consent), nil
}

// arrives lets a new photo row arrive.
func (w *deskWorld) arrives(change func(*photo.Photo)) photo.Photo {
	w.t.Helper()
	p := &photo.Photo{Meta: record.Meta{ID: w.DB.NewID(), Household: w.Houses[0], MadeBy: w.Cadres[0].User, MadeAt: w.Now().UnixMilli()}, Visit: w.visit, SHA256: strings.Repeat("0a", 32), Size: 9, Mime: "image/jpeg"}
	change(p)
	_, err := w.DB.Write(w.t.Context(), write.Intent{Township: w.Township, Households: w.Houses}, func(tx write.Tx) error {
		next := *p
		if err := photo.Arrive(tx, write.Arrival{By: p.MadeBy, Role: "C", Row: &next}); err != nil {
			return err
		}
		tx.Put(photo.Type, &next)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.row.ID = p.ID
	return w.read()
}

func (w *deskWorld) state(id string) string {
	w.t.Helper()
	w.row.ID = id
	return w.read().State
}

// TestConsentMovesThePictures goes through a household's life with pictures.
func TestConsentMovesThePictures(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := beginDesk(t, b)
		cadre, own := w.Cadres[0], access.Actor{User: b.DB.NewID(), Role: access.Household}
		waiting := w.row.ID
		kept := w.arrives(func(*photo.Photo) {}).ID
		if p := w.read(); p.Flags != record.ListOf([]string{"no-consent"}) || p.State != "" {
			t.Errorf("before anyone was asked: %+v", p)
		}
		if err := w.desk.Finish(t.Context(), kept, photo.Stored{Township: w.Township, Author: cadre.User, SHA256: w.row.SHA256, State: "stored", Width: 4, Height: 3}); err != nil {
			t.Fatal(err)
		}
		if c, err := w.say(cadre, photo.Given, 0); err != nil || c.Channel != "cadre_phone" {
			t.Fatalf("%+v %v", c, err)
		}
		if p := w.arrives(func(*photo.Photo) {}); p.Flags != "" || p.State != "" {
			t.Errorf("after an agreement: %+v", p)
		}
		if c, err := w.say(own, photo.Withdrawn, 0); err != nil || c.Channel != "own" {
			t.Fatalf("%+v %v", c, err)
		}
		if a, b := w.state(waiting), w.state(kept); a != photo.Refused || b != photo.Withheld {
			t.Errorf("on its way: %q, stored: %q", a, b)
		}
		if p := w.arrives(func(*photo.Photo) {}); p.State != photo.Refused {
			t.Errorf("a new picture: %+v", p)
		}
		for id, want := range map[string]fault.Code{waiting: fault.Gone, kept: ""} {
			if _, err := w.desk.Row(t.Context(), cadre, id); (want == "") != (err == nil) || want != "" && !fault.Is(err, want) {
				t.Errorf("sending %s: %v", id, err)
			}
			err := w.desk.Finish(t.Context(), id, photo.Stored{Township: w.Township, Author: cadre.User, SHA256: w.row.SHA256, State: "stored"})
			if (want == "") != (err == nil) || w.state(id) == "stored" {
				t.Errorf("finishing %s: %v, %q", id, err, w.state(id))
			}
		}
		for _, a := range []access.Actor{cadre, w.Admin} {
			_, _, err := w.desk.Open(t.Context(), a, kept, "full")
			if want := map[bool]fault.Code{true: fault.Gone, false: fault.NotFound}[a.Role == access.Cadre]; !fault.Is(err, want) { // no file here
				t.Errorf("withheld, as %s: %v", a.Role, err)
			}
		}
		if _, err := w.say(own, photo.Given, 0); err != nil {
			t.Fatal(err)
		}
		if a, b := w.state(waiting), w.state(kept); a != photo.Refused || b != "stored" {
			t.Errorf("given again: on its way %q, stored %q", a, b)
		}
	})
}

func TestConsentIsNotTalkedOver(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := beginDesk(t, b)
		a, other, own := w.Cadres[0], w.Cadres[1], access.Actor{User: b.DB.NewID(), Role: access.Household}
		no, err := w.say(other, photo.Declined, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.say(a, photo.Given, no.Seq-1); !fault.Is(err, fault.WrongState) {
			t.Errorf("over a refusal its phone had not seen: %v", err)
		}
		if _, err := w.say(a, photo.Given, no.Seq); err != nil {
			t.Errorf("asked again: %v", err)
		}
		if no, err = w.say(own, photo.Withdrawn, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.say(a, photo.Given, no.Seq+100); !fault.Is(err, fault.WrongState) {
			t.Errorf("over what the household tapped itself: %v", err)
		}
		if _, err := w.say(a, photo.Declined, 0); err != nil {
			t.Errorf("a further no: %v", err)
		}
		if _, err := w.say(own, photo.Given, 0); err != nil {
			t.Errorf("the household itself: %v", err)
		}
		foreign := &household.Member{Meta: record.Meta{ID: b.DB.NewID(), Household: w.Houses[1]}, Name: "别家的人", Relation: "户主"}
		w.put(household.MemberType, foreign)
		if _, err := w.say(a, photo.Given, 0, func(c *photo.Consent) { c.Member = foreign.ID }); !fault.Is(err, fault.Invalid) {
			t.Errorf("said by a member of another household: %v", err)
		}
		_, err = w.DB.Write(t.Context(), write.Intent{Township: w.Township, Households: w.Houses}, func(tx write.Tx) error {
			return photo.Agree(tx, write.Arrival{By: own.User, Role: "H", Row: &no, Before: &no})
		})
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("a statement changed: %v", err)
		}
	})
}

func TestLatestConsent(t *testing.T) {
	row := func(seq int64, answer string, deleted int64) record.Record {
		return &photo.Consent{Meta: record.Meta{ID: answer, Seq: seq, DeletedAt: deleted}, Answer: answer}
	}
	for name, c := range map[string]struct {
		rows []record.Record
		want string
	}{
		"none":          {nil, ""},
		"the newest":    {[]record.Record{row(3, photo.Given, 0), row(2, photo.Declined, 0)}, photo.Given},
		"together":      {[]record.Record{row(3, photo.Withdrawn, 0), row(3, photo.Given, 0)}, photo.Withdrawn},
		"together, two": {[]record.Record{row(3, photo.Given, 0), row(3, photo.Withdrawn, 0)}, photo.Withdrawn},
		"being stored":  {[]record.Record{row(0, photo.Given, 0), row(9, photo.Declined, 0)}, photo.Given},
		"deleted":       {[]record.Record{row(9, photo.Declined, 5)}, ""},
	} {
		got := photo.Latest(c.rows)
		if (got == nil) != (c.want == "") || got != nil && got.Answer != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if p := photo.ConsentType.Check(&photo.Consent{Answer: photo.Given}); len(p) != 1 {
		t.Errorf("said by nobody: %v", p)
	}
}

func TestConsentText(t *testing.T) {
	k, err := photo.ConsentKind()
	if err != nil || k.Check(k.Shipped[0].Body) != nil {
		t.Fatal(err)
	}
	text, _ := photo.ParseText(k.Shipped[0].Body)
	all := strings.Join(text.Lines, "")
	for _, must := range []string{"不同意也没关系", "收回", "不拍人脸", "不拍证件", "删掉"} {
		if !strings.Contains(all, must) {
			t.Errorf("the text does not say %s", must)
		}
	}
	for name, bad := range map[string]string{
		"no edition": `{"edition":"","title":"x","lines":["x"]}`, "no line": `{"edition":"1","title":"x","lines":[]}`,
		"unknown": `{"edition":"1","title":"x","lines":["x"],"must":true}`, "too long": `{"edition":"1","title":"x","lines":["` + strings.Repeat("长", 61) + `"]}`,
		"no title": `{"edition":"1","title":"","lines":["x"]}`, "two": `{"edition":"1","title":"x","lines":["x"]}{}`,
	} {
		if k.Check([]byte(bad)) == nil {
			t.Errorf("taken: %s", name)
		}
	}
}

// TestTwins: the same file, or what looks the same, in another visit is a hint
// on the later row; in the same visit and of another township it is none.
func TestTwins(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := beginDesk(t, b)
		if _, err := w.say(w.Cadres[0], photo.Given, 0); err != nil {
			t.Fatal(err)
		}
		visits := []string{w.visit}
		for range 3 {
			visits = append(visits, w.newVisit(w.Cadres[0].User))
		}
		sum := func(n byte) string { return strings.Repeat(hex.EncodeToString([]byte{n}), 32) }
		const look, close, far = "0f0f0f0f0f0f0f0f", "0f0f0f0f0f0f0f00", "f0f0f0f0f0f0f0f0"
		arrive := func(visit, sha, print string) photo.Photo {
			t.Helper()
			p := w.arrives(func(p *photo.Photo) { p.Visit, p.SHA256 = visit, sha })
			body := photo.Body{Township: w.Township, Photo: p.ID, Author: p.MadeBy, Upload: p.ID, SHA256: sha, Size: 9, BodyKey: p.ID, ThumbKey: p.ID, Print: print}
			if err := b.DB.SaveBody(t.Context(), body); err != nil {
				t.Fatal(err)
			}
			err := w.desk.Finish(t.Context(), p.ID, photo.Stored{Township: w.Township, Author: p.MadeBy, SHA256: sha, State: "stored", Print: print})
			if err != nil {
				t.Fatal(err)
			}
			return w.read()
		}
		first := arrive(visits[0], sum(1), look)
		for _, c := range []struct{ name, visit, sha, print, flag, twin string }{
			{"the first", "", "", "", "", ""},
			{"the same visit", visits[0], sum(1), look, "", ""},
			{"the same file", visits[1], sum(1), look, "reused", ""},
			{"looks the same", visits[2], sum(2), close, "similar", ""},
			{"looks different", visits[3], sum(3), far, "", ""},
			{"too plain to tell", visits[3], sum(4), "", "", ""},
		} {
			p := first
			if c.visit != "" {
				p = arrive(c.visit, c.sha, c.print)
			}
			want := record.List("")
			if c.flag != "" {
				want = record.ListOf([]string{c.flag})
			}
			if p.Flags != want || (p.Twin != "") != (c.flag != "") || p.State != "stored" {
				t.Errorf("%s: flags %s, twin %q, state %s", c.name, p.Flags, p.Twin, p.State)
			}
			if p.Twin != "" {
				w.row.ID = p.Twin
				if w.read().Visit == p.Visit {
					t.Errorf("%s: the twin is of the same visit", c.name)
				}
			}
		}
		if ok, err := b.DB.BodyKnown(t.Context(), first.ID); !ok || err != nil {
			t.Errorf("a known key: %v %v", ok, err)
		}
	})
}

func TestWatermarkAndWaiting(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := beginDesk(t, b)
		if _, err := w.say(w.Cadres[0], photo.Given, 0); err != nil {
			t.Fatal(err)
		}
		at := func(text string) int64 {
			d, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return d.UnixMilli()
		}
		for text, flag := range map[string]string{"2026-03-02T00:30:00+08:00": "", "2026-03-02T23:30:00+08:00": "", "2026-03-03T00:30:00+08:00": `["day"]`, "2025-03-02T12:00:00+08:00": `["day"]`} {
			p := w.arrives(func(p *photo.Photo) { p.TakenAt, p.Place, p.Cadre = at(text), "平丰村三组", "干部1" })
			if string(p.Flags) != flag || p.Place != "平丰村三组" || p.Cadre != "干部1" {
				t.Errorf("taken %s: %+v", text, p)
			}
		}
		now := b.Now()
		for days, want := range map[int]int{0: 5, 2: 5, 3: 0} {
			list, err := w.desk.Waiting(t.Context(), w.Cadres[0], now.Add(2*24*time.Hour+time.Minute), days)
			if err != nil || len(list) != want {
				t.Errorf("after %d days: %d, want %d, %v", days, len(list), want, err)
			}
		}
		for name, a := range map[string]access.Actor{"another cadre": w.Cadres[1], "the admin": w.Admin, "nobody": {}} {
			if list, err := w.desk.Waiting(t.Context(), a, now.Add(time.Hour), 0); err != nil || len(list) != 0 {
				t.Errorf("%s sees %d, %v", name, len(list), err)
			}
		}
	})
}
