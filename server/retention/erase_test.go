package retention_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/blob"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/photo"
	"daohu/server/record"
	"daohu/server/rediskv"
	"daohu/server/registry"
	"daohu/server/retention"
	"daohu/server/servertest/town"
	"daohu/server/store"
	"daohu/server/types"
	"daohu/server/wechat"
	"daohu/server/write"
)

// office is a township with a service that erases, on real parts.
type office struct {
	*testing.T
	*town.Town
	*retention.Service
	accounts *account.Service
	blobs    *blob.Disk
	planted  []string
	count    int
}

func newOffice(t *testing.T, b *town.Base) *office {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Houses: 3})
	o := &office{T: t, Town: tn}
	o.must(err)
	kv, err := rediskv.Open("", rediskv.Options{Now: b.Now})
	o.must(err)
	t.Cleanup(func() { _ = kv.Close() })
	kept := b.DB.Accounts()
	o.accounts, err = account.New(account.Config{Users: kept, Sessions: kept, Codes: kept, Attempts: kept, Janitor: kept, Factors: kept, Cache: kv, WeChat: wechat.NewFake(),
		Sealer: b.Box, Key: make([]byte, 32), Hash: account.HashParams{MemoryKiB: 64, Passes: 1, Lanes: 1}, Now: b.Now, Rand: strings.NewReader(strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 4000))})
	o.must(err)
	o.blobs, err = blob.NewDisk(t.TempDir(), b.Now())
	o.must(err)
	t.Cleanup(func() { _ = o.blobs.Close() })
	rules, err := retention.Builtin()
	o.must(err)
	o.Service = &retention.Service{Store: b.DB, Accounts: b.DB, Closer: o.accounts, Scope: b.Registry, Writer: b.DB, Pictures: o.blobs, Types: types.All(), Rules: rules, Now: b.Now,
		Purges: map[string]func(context.Context) (int64, error){retention.Logins: o.accounts.Purge, retention.Tombstones: b.DB.Purge}}
	return o
}

func (o *office) must(err error) {
	if err != nil {
		o.Helper()
		o.Fatal(err)
	}
}

// plant makes a text that occurs once, in letters that any column takes.
func (o *office) plant() string {
	o.count++
	o.planted = append(o.planted, fmt.Sprintf("P%05dq", 70000+o.count))
	return o.planted[len(o.planted)-1]
}

// fill gives every personal field of a row a planted value, whatever the type,
// so that fields declared later are looked at too.
func (o *office) fill(t *record.Type, r record.Record) {
	o.Helper()
	for _, f := range t.Fields {
		if !f.Personal() || f.Name == "" { // an index follows its number
			continue
		}
		v := "7"
		switch {
		case f.Format == "month":
			v = "1950-07"
		case f.Format == "day":
			v = "1950-07-01"
		case f.Kind == record.Text:
			v = o.plant()
		case f.Kind == record.Array:
			v = string(record.ListOf([]string{o.plant()}))
		case f.Kind == record.Secret:
			s, err := o.Box.Seal(o.plant())
			o.must(err)
			v = string(s)
		}
		o.must(t.Set(r, f, v))
	}
}

// furnish gives a household a row of every type, and a history, steps and
// quarantine that speak of them. It returns the ids by type.
func (o *office) furnish(house string) map[string]string {
	o.Helper()
	ids := map[string]string{}
	kept, err := o.Box.Seal(`{"text":"` + o.plant() + `"}`)
	o.must(err)
	_, err = o.DB.Write(o.Context(), write.Intent{Township: o.Township, Action: "test", Households: []string{house}}, func(tx write.Tx) error {
		for _, t := range types.All() {
			if t.Common {
				continue
			}
			r := t.New()
			*r.Base() = record.Meta{Household: house, ID: tx.NewID(), MadeBy: o.Cadres[0].User, MadeAt: tx.Now()}
			if t == household.HouseholdType {
				got, err := tx.Load(t, house)
				if err != nil {
					return err
				}
				r = t.Clone(got[house])
			}
			o.fill(t, r)
			switch r := r.(type) {
			case *household.Member:
				number, err := o.Box.Open(r.IDNo)
				if err != nil {
					return err
				}
				r.Relation, r.IDIndex = "之子", o.Box.Index(number)
			case *household.Proposal:
				r.State, r.Target, r.Row = "open", "member", ids["member"]
			case *photo.Photo:
				r.SHA256, r.State = strings.Repeat("ab", 32), "stored"
			}
			ids[t.Name] = r.Base().ID
			tx.Put(t, r)
			for _, f := range t.Fields {
				if f.Name != "" && f.Personal() {
					tx.Add(&write.History{Household: house, Type: t.Name, Row: r.Base().ID, Field: f.Name, Old: o.plant(), New: o.plant(), At: tx.Now()})
				}
			}
			tx.Add(&write.Step{Type: t.Name, Row: r.Base().ID, To: "returned", Reason: o.plant(), At: tx.Now()})
		}
		tx.Add(&write.Quarantine{ID: tx.NewID(), Household: house, Mutation: string(kept), Reason: o.plant(), State: "open", At: tx.Now()})
		return nil
	})
	o.must(err)
	return ids
}

// close ends a household as an admin does and returns its revision.
func (o *office) close(house string) int64 {
	o.Helper()
	_, err := o.Registry.End(o.Context(), o.Admin, o.in(house), registry.Ending{Rev: o.home(house).Version, Reason: "全户迁往外省定居"})
	o.must(err)
	return o.home(house).Version
}

func (o *office) in(house string) registry.House {
	return registry.House{ID: house, Township: o.Township}
}

func (o *office) home(house string) *household.Household {
	o.Helper()
	r, err := o.DB.Find(o.Context(), household.HouseholdType, []string{o.Township}, house)
	o.must(err)
	return r.(*household.Household)
}

// dump is every table of the database as text, sealed values opened too.
func (o *office) dump() string {
	o.Helper()
	var b bytes.Buffer
	_, err := o.DB.Dump(o.Context(), func(string) (io.WriteCloser, error) { return discard{&b}, nil })
	o.must(err)
	for _, t := range types.All() {
		rows, err := o.DB.Page(o.Context(), t, registry.PageQuery{Township: o.Township, Limit: 1000})
		o.must(err)
		for _, r := range rows {
			for _, f := range t.Fields {
				if f.Kind == record.Secret {
					plain, err := o.Box.Open(record.Sealed(t.Get(r, f)))
					o.must(err)
					b.WriteString(plain + "\n")
				}
			}
		}
	}
	return b.String()
}

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// left are the planted values found in text.
func (o *office) left(text string) []string {
	return slices.DeleteFunc(slices.Clone(o.planted), func(s string) bool { return !strings.Contains(text, s) })
}

func (o *office) audited() {
	o.Helper()
	got, err := o.DB.Verify(o.Context(), store.Audit{})
	o.must(err)
	for _, v := range got {
		for _, f := range v.Findings {
			o.Errorf("audit: %s", f)
		}
	}
}

// TestErase: nothing of what was planted in any field of any type, in history,
// steps and quarantine is left; counts, ids and the audit chain are.
func TestErase(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		o := newOffice(t, b)
		gone, stays := o.Houses[0], o.Houses[1]
		ids := o.furnish(gone)
		mine := o.planted
		if found := o.left(o.dump()); len(found) < len(mine)-2 { // the kept mutation is sealed and opened nowhere
			t.Fatalf("%d of %d are in the database: the test looks at nothing", len(found), len(mine))
		}
		o.planted = nil
		o.furnish(stays)
		others := o.planted
		key, user := o.picture(gone, ids["photo"], stays)
		token := o.login(gone)
		rev := o.close(gone)
		if _, err := o.Erase(t.Context(), o.Admin, o.in(gone), retention.Ask{Rev: rev - 1, Reason: "本人三月来信要求"}); !fault.Is(err, fault.Stale) {
			t.Errorf("at an old revision: %v", err)
		}
		before := o.home(gone)
		raw, err := o.Erase(t.Context(), o.Admin, o.in(gone), retention.Ask{Rev: rev, Reason: "本人三月来信要求"})
		o.must(err)
		h := o.home(gone)
		if !strings.Contains(string(raw), `"erasedAt"`) || h.ErasedAt != b.Now().UnixMilli() || h.Version != rev+1 || h.Code != before.Code || h.People != before.People || h.Village != before.Village || h.State != "closed" || h.Head != record.Erased {
			t.Errorf("answered %s, row %+v", raw, h)
		}
		text := o.dump()
		o.planted = mine
		if found := o.left(text); len(found) > 0 {
			t.Errorf("left: %v", found)
		}
		o.planted = others
		if found := o.left(text); len(found) < len(others)-2 {
			t.Errorf("of the other household %d of %d are left", len(found), len(others))
		}
		if !strings.Contains(text, "本人三月来信要求") || strings.Contains(text, "全户迁往外省定居") {
			t.Errorf("the reason of the erasure must stay, the reason of the end must not")
		}
		o.pictureGone(key, user, token)
		o.audited()
		raw, err = o.Erase(t.Context(), o.Admin, o.in(gone), retention.Ask{Rev: h.Version, Reason: "再来一次也一样"})
		if o.must(err); !strings.Contains(string(raw), `"erasedAt"`) {
			t.Errorf("again: %s", raw)
		}
		o.audited()
	})
}

// picture stores a body for a photo row, and one that another household shares.
func (o *office) picture(house, id, other string) (key, user string) {
	o.Helper()
	author := o.Cadres[0].User
	alone := photo.Body{Township: o.Township, Photo: id, Author: author, Upload: strings.Repeat("1", 32), SHA256: strings.Repeat("ab", 32), BodyKey: "photo/x/alone.jpg", ThumbKey: "photo/x/alone-s.jpg"}
	o.must(o.DB.SaveBody(o.Context(), alone))
	for i, h := range []string{house, other} { // one picture in two rows of one author
		p := &photo.Photo{Meta: record.Meta{Household: h, ID: o.DB.NewID(), MadeBy: author, MadeAt: o.DB.Clock()}, Visit: o.DB.NewID(), SHA256: strings.Repeat("cd", 32), Size: 5, Mime: "image/jpeg", State: "stored"}
		_, err := o.DB.Write(o.Context(), write.Intent{Township: o.Township, Action: "test", Households: []string{h}}, func(tx write.Tx) error {
			tx.Put(photo.Type, p)
			return nil
		})
		o.must(err)
		o.must(o.DB.SaveBody(o.Context(), photo.Body{Township: o.Township, Photo: p.ID, Author: author, Upload: fmt.Sprintf("%032d", i+2), SHA256: p.SHA256, BodyKey: "photo/x/shared.jpg", ThumbKey: "photo/x/shared-s.jpg"}))
	}
	for _, k := range []string{"photo/x/alone.jpg", "photo/x/alone-s.jpg", "photo/x/shared.jpg", "photo/x/shared-s.jpg"} {
		o.must(o.blobs.Put(o.Context(), k, strings.NewReader("bytes"), 5))
	}
	u, err := o.accounts.CreateUser(o.Context(), account.NewUser{Login: "h-" + strings.ToLower(strings.Trim(house, "-_")), Name: o.plant(), Role: access.Household, County: "999900", Township: o.Township, Household: house, OpenID: wechat.FakeOpenID("h-" + o.Township), Phone: "19900001111"})
	o.must(err)
	return "photo/x/alone.jpg", u.ID
}

func (o *office) login(string) string {
	o.Helper()
	l, err := o.accounts.LoginWeChat(o.Context(), "demo:h-"+o.Township, "")
	o.must(err)
	return l.Token
}

func (o *office) pictureGone(key, user, token string) {
	o.Helper()
	for k, want := range map[string]bool{key: false, "photo/x/alone-s.jpg": false, "photo/x/shared.jpg": true, "photo/x/shared-s.jpg": true} {
		if there, err := o.blobs.Exists(o.Context(), k); err != nil || there != want {
			o.Errorf("%s is there: %v, %v", k, there, err)
		}
	}
	u, err := o.accounts.User(o.Context(), account.ByID, user)
	if o.must(err); u.Name != record.Erased || u.Phone != "" || u.OpenID != "" || u.DisabledAt == 0 {
		o.Errorf("the account: %+v", u)
	}
	if _, err := o.accounts.Authenticate(o.Context(), token); !fault.Is(err, fault.Unauthorized) {
		o.Errorf("the household's phone: %v", err)
	}
	if _, err := o.accounts.LoginWeChat(o.Context(), "demo:h-"+o.Township, ""); !fault.Is(err, fault.Unbound) {
		o.Errorf("logging in again: %v", err)
	}
}

// TestEraseMember: one person who has left, and what was proposed about it.
func TestEraseMember(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		o := newOffice(t, b)
		house := o.Houses[0]
		ids := o.furnish(house)
		find := func() *household.Member {
			r, err := b.DB.Find(t.Context(), household.MemberType, []string{o.Township}, ids["member"])
			o.must(err)
			return r.(*household.Member)
		}
		ask := retention.Ask{Member: ids["member"], Rev: find().Version, Reason: "本人三月来信要求"}
		live := find()
		_, err := b.DB.Write(t.Context(), write.Intent{Township: o.Township, Action: "test", Households: []string{house}}, func(tx write.Tx) error {
			live.Left = ""
			tx.Put(household.MemberType, live)
			return nil
		})
		o.must(err)
		ask.Rev = find().Version
		if _, err := o.Erase(t.Context(), o.Admin, o.in(house), ask); !fault.Is(err, fault.WrongState) {
			t.Errorf("one who lives here: %v", err)
		}
		_, err = b.DB.Write(t.Context(), write.Intent{Township: o.Township, Action: "test", Households: []string{house}}, func(tx write.Tx) error {
			live.Left = "外嫁"
			tx.Put(household.MemberType, live)
			return nil
		})
		o.must(err)
		if _, err := o.Erase(t.Context(), o.Admin, o.in(house), ask); !fault.Is(err, fault.Stale) {
			t.Errorf("at an old revision: %v", err)
		}
		ask.Rev = find().Version
		if _, err := o.Erase(t.Context(), o.Admin, o.in(o.Houses[1]), ask); !fault.Is(err, fault.NotFound) {
			t.Errorf("through another household: %v", err)
		}
		_, err = o.Erase(t.Context(), o.Admin, o.in(house), ask)
		o.must(err)
		m := find()
		if m.Name != record.Erased || m.IDNo != "" || m.IDIndex != "" || m.Birth != "" || m.Relation != "之子" || m.Left == "" || m.ErasedAt == 0 {
			t.Errorf("the member: %+v", m)
		}
		rows, err := b.DB.Page(t.Context(), household.ProposalType, registry.PageQuery{Township: o.Township, Limit: 10})
		o.must(err)
		if p := rows[0].(*household.Proposal); len(rows) != 1 || p.State != "refused" || p.Mine != "" || p.Was != "" || p.Theirs != "" {
			t.Errorf("the proposal: %+v", p)
		}
		hs, err := b.DB.Histories(t.Context(), o.Township)
		o.must(err)
		for _, h := range hs {
			if empty := h.Old == "" && h.New == ""; empty != (h.Row == ids["member"] || h.Row == ids["proposal"]) {
				t.Errorf("history of %s.%s is empty: %v", h.Type, h.Field, empty)
			}
		}
		if h := o.home(house); h.ErasedAt != 0 || h.Head == record.Erased {
			t.Errorf("the household: %+v", h)
		}
		o.audited()
	})
}

func TestEraseRefused(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		o := newOffice(t, b)
		far, err := b.Add(t.Context(), town.Size{Houses: 1})
		o.must(err)
		open, ended := o.Houses[0], o.Houses[1]
		rev := o.close(ended)
		const why = "本人三月来信要求"
		county := access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
		ended2 := o.Admin
		ended2.PushOnly = true
		for i, c := range []struct {
			who  access.Actor
			in   registry.House
			ask  retention.Ask
			code fault.Code
		}{
			{o.Cadres[0], o.in(ended), retention.Ask{Rev: rev, Reason: why}, fault.Forbidden},
			{county, o.in(ended), retention.Ask{Rev: rev, Reason: why}, fault.Forbidden},
			{ended2, o.in(ended), retention.Ask{Rev: rev, Reason: why}, fault.Forbidden},
			{far.Admin, o.in(ended), retention.Ask{Rev: rev, Reason: why}, fault.NotFound},
			{o.Admin, o.in(open), retention.Ask{Rev: o.home(open).Version, Reason: why}, fault.WrongState},
			{o.Admin, o.in(o.Common), retention.Ask{Rev: 1, Reason: why}, fault.NotFound},
			{o.Admin, o.in(ended), retention.Ask{Rev: rev, Reason: "要求"}, fault.Invalid},
			{o.Admin, o.in(ended), retention.Ask{Rev: rev, Reason: strings.Repeat("长", 201)}, fault.Invalid},
			{o.Admin, o.in(ended), retention.Ask{Rev: rev, Reason: "19900001111 来电要求"}, fault.Invalid},
			{o.Admin, o.in(ended), retention.Ask{Rev: rev, Member: b.DB.NewID(), Reason: why}, fault.NotFound},
		} {
			if raw, err := o.Erase(t.Context(), c.who, c.in, c.ask); !fault.Is(err, c.code) || raw != nil {
				t.Errorf("%d: %s %v, want %s", i, raw, err, c.code)
			}
		}
		if o.home(open).Head == record.Erased || o.home(ended).ErasedAt != 0 {
			t.Error("a refusal erased something")
		}
	})
}

// TestPass: what is due goes, what is not stays, a dry run changes nothing,
// and what comes after an erasure is erased too.
func TestPass(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		o := newOffice(t, b)
		old, young := o.Houses[0], o.Houses[1]
		o.furnish(old)
		ids := o.furnish(young)
		o.close(old)
		rules := map[string]retention.Rule{}
		for _, r := range o.Rules.Rules {
			rules[r.What] = r
		}
		day := 24 * time.Hour
		o.must(b.DB.LogAccess(t.Context(), []registry.Access{{ID: b.DB.NewID(), Township: o.Township, Household: young, Field: "phone", User: o.Admin.User, Role: "T", Reason: "核对电话", At: b.DB.Clock()}}))
		pass := func(apply bool) map[string][2]int64 {
			t.Helper()
			list, err := o.Pass(t.Context(), apply)
			o.must(err)
			out := map[string][2]int64{}
			for _, r := range list {
				out[r.What] = [2]int64{r.Due, r.Done}
			}
			return out
		}
		want := func(got map[string][2]int64, what string, due, done int64) {
			t.Helper()
			if got[what] != [2]int64{due, done} {
				t.Errorf("%s: %v, want %d due, %d done", what, got[what], due, done)
			}
		}
		b.Pass(time.Duration(rules[retention.Photos].Days)*day - time.Minute)
		got := pass(true)
		want(got, retention.Photos, 0, 0)
		want(got, retention.Looks, 0, 0)
		b.Pass(2 * time.Minute)
		got = pass(false)
		want(got, retention.Photos, 1, 0)
		want(got, retention.Looks, 1, 0)
		want(got, retention.Contents, 0, 0)
		got = pass(true)
		want(got, retention.Photos, 1, 1)
		want(got, retention.Looks, 1, 1)
		want(pass(true), retention.Photos, 0, 0)
		if o.home(old).Head == record.Erased {
			t.Error("the contents went with the photos")
		}
		o.close(young)
		b.Pass(time.Duration(rules[retention.Contents].Days-rules[retention.Photos].Days) * day)
		got = pass(true)
		want(got, retention.Contents, 1, 1)
		if o.home(old).Head != record.Erased || o.home(young).Head == record.Erased {
			t.Error("the wrong household was erased")
		}
		want(pass(true), retention.Contents, 0, 0)
		// Late work for it.
		_, err := b.DB.Write(t.Context(), write.Intent{Township: o.Township, Action: "test", Households: []string{old}}, func(tx write.Tx) error {
			m := &household.Member{Meta: record.Meta{Household: old, ID: tx.NewID()}, Name: o.plant(), Relation: "之女"}
			tx.Put(household.MemberType, m)
			return nil
		})
		o.must(err)
		want(pass(true), retention.Contents, 1, 1)
		want(pass(true), retention.Contents, 0, 0)
		if text := o.dump(); strings.Contains(text, o.planted[len(o.planted)-1]) || !strings.Contains(text, ids["member"]) {
			t.Error("late work outlived the erasure")
		}
		o.audited()
	})
}
