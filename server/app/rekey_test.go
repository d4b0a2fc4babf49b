package app_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/app"
	"daohu/server/config"
	"daohu/server/demo"
	"daohu/server/household"
	"daohu/server/registry"
	"daohu/server/roster"
	"daohu/server/seal"
	"daohu/server/store"
)

const adminPassword = "rotation-Mima-2026"

// keyOf is the setting of one key by its id; the site's own is called 1.
func keyOf(id string) string {
	word := "scenario"
	if id != "1" {
		word = "key " + id
	}
	k := sha256.Sum256([]byte(word))
	return id + ":" + hex.EncodeToString(k[:])
}

// under starts the program anew with these keys on the same data.
func (s *site) under(ids ...string) error {
	s.srv.Close()
	_ = s.Close() // it may be closed already: the last start failed
	s.env["DAOHU_KEY"] = strings.Join(named(ids), ",")
	return s.start()
}

// beside starts the program a second time on the same data.
func (s *site) beside(ids ...string) *site {
	s.t.Helper()
	other := &site{t: s.t, env: maps.Clone(s.env)}
	other.env["DAOHU_KEY"] = strings.Join(named(ids), ",")
	if err := other.start(); err != nil {
		s.t.Fatal(err)
	}
	return other
}

func named(ids []string) (keys []string) {
	for _, id := range ids {
		keys = append(keys, keyOf(id))
	}
	return keys
}

// handed is what was given out before the keys changed.
type handed struct {
	s         *site
	cadre     *person // a phone with a cursor
	admin     *person
	house     string
	member    string
	number    string // of the member
	card, pin string
	codes     []string // for the accounts late-0, late-1, …
	totp      []byte
	used      int
}

func handOut(t *testing.T, s *site) *handed {
	t.Helper()
	ctx := t.Context()
	h := &handed{s: s, house: s.paired("cadre-201", 0)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h.cadre, h.admin = s.login("cadre-201"), s.login("admin")
	h.cadre.sync()
	recs, err := s.DB.Page(ctx, household.MemberType, registry.PageQuery{Township: s.where, Household: h.house, Limit: 10})
	must(err)
	m := recs[0].(*household.Member)
	h.member = m.ID
	h.number, err = s.Box.Open(m.IDNo)
	must(err)
	u := s.user("household-x", access.Household, h.house)
	h.card, h.pin, err = s.Accounts.IssueCard(ctx, u.ID)
	must(err)
	for i := range 6 {
		u, err := s.AddUser(ctx, account.NewUser{Login: fmt.Sprintf("late-%d", i), Name: "后来", Role: access.Cadre, County: demo.County, Township: s.where, Phone: "19900000077"})
		must(err)
		code, _, err := s.Accounts.IssueCode(ctx, u.ID)
		must(err)
		h.codes = append(h.codes, code)
	}
	a, err := s.Accounts.User(ctx, account.ByLogin, "admin")
	must(err)
	must(s.Accounts.SetPassword(ctx, a.ID, adminPassword))
	e, err := s.Accounts.StartTOTP(ctx, a.ID)
	must(err)
	h.totp, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(e.Secret)
	must(err)
	must(s.Accounts.ConfirmTOTP(ctx, a.ID, h.otp(-1)))
	// Something sealed in a proposal, in the history and in quarantine.
	h.cadre.sync(h.cadre.mutation("household", h.house, h.house, map[string]any{"phone": "19900004321"}),
		h.cadre.mutation("member", h.member, h.house, map[string]any{"health": "长期慢性病"}))
	push := s.login("cadre-202")
	push.sync()
	home := s.paired("cadre-202", 0)
	must(s.Accounts.RevokeUser(ctx, push.user))
	if code, out, _ := push.do("POST", "/api/v1/sync", push.request(push.mutation("visit", s.DB.NewID(), home, map[string]any{"day": "2026-03-02"}))); code != 200 || !strings.Contains(string(out), "quarantined") {
		t.Fatalf("quarantine: %d %s", code, out)
	}
	return h
}

// otp is the code of an authenticator app, steps of 30 s away from now (RFC 4226).
func (h *handed) otp(steps int64) string {
	m := hmac.New(sha1.New, h.totp)
	_ = binary.Write(m, binary.BigEndian, time.Now().Unix()/30+steps)
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// works uses everything that was handed out.
func (h *handed) works(stage string) {
	s, t := h.s, h.s.t
	t.Helper()
	audit, err := s.Audit(t.Context(), store.Audit{})
	if err != nil || len(audit) != 2 || len(audit[0].Findings)+len(audit[1].Findings) > 0 {
		t.Fatalf("%s: audit %v %+v", stage, err, audit)
	}
	var got struct {
		Rows []struct{ Members []struct{ ID string } }
	}
	h.admin.want(200, "POST", "/api/v1/search", map[string]string{"q": h.number}, &got) // the session is an old one too
	if len(got.Rows) != 1 || len(got.Rows[0].Members) != 1 || got.Rows[0].Members[0].ID != h.member {
		t.Errorf("%s: searched: %+v", stage, got)
	}
	var shown struct{ Value string }
	h.admin.want(200, "POST", "/api/v1/households/"+h.house+"/reveal", map[string]string{"field": "idNo", "member": h.member, "reason": "核对证件号码"}, &shown)
	if shown.Value != h.number {
		t.Errorf("%s: revealed another number", stage)
	}
	h.admin.want(200, "POST", "/api/v1/households/"+h.house+"/reveal", map[string]string{"field": "phone", "reason": "电话联系入户"}, &shown)
	if shown.Value != "19900004321" {
		t.Errorf("%s: revealed another telephone", stage)
	}
	h.cadre.want(200, "POST", "/api/v1/login/household", map[string]string{"card": h.card, "pin": h.pin}, nil)
	h.cadre.want(200, "POST", "/api/v1/login/wechat", map[string]string{"code": fmt.Sprintf("demo:late-%d", h.used), "bind": h.codes[h.used]}, nil)
	h.used++
	var kept struct{ Rows []struct{ Mutation []any } }
	h.admin.want(200, "GET", "/api/v1/quarantine", nil, &kept)
	if len(kept.Rows) != 1 || len(kept.Rows[0].Mutation) < 5 {
		t.Errorf("%s: quarantine %+v", stage, kept)
	}
	h.phone(stage)
	h.duplicates(stage)
}

// phone goes on where it was: nothing to reconcile, and nothing sent anew.
func (h *handed) phone(stage string) {
	t := h.s.t
	t.Helper()
	var a struct {
		answer
		Reconcile bool
	}
	h.cadre.want(200, "POST", "/api/v1/sync", h.cadre.request(), &a)
	if a.Reconcile || len(a.Households) > 0 {
		t.Errorf("%s: the phone is sent %d households anew, reconcile %v", stage, len(a.Households), a.Reconcile)
	}
	h.cadre.cursor = a.Cursor
}

// duplicates: a number that is there is refused, whatever key its row is of.
func (h *handed) duplicates(stage string) {
	t := h.s.t
	t.Helper()
	again := &roster.Book{}
	for i, m := range h.s.book.Members {
		if m.IDNo != "" && m.Rec.Left == "" {
			m.Rec.Code = fmt.Sprintf("again-%d", i) // somebody else, with the same number
			again.Members = append(again.Members, m)
		}
	}
	_, issues, err := h.s.Loader.Plan(t.Context(), roster.Into{Township: h.s.where, Update: true}, again, nil)
	taken := 0
	for _, i := range issues {
		if i.Code == roster.CodeDuplicate && i.Header == "证件号码" {
			taken++
		}
	}
	if err != nil || taken != len(again.Members) || taken < 60 {
		t.Errorf("%s: %d duplicates, want %d: %v", stage, taken, len(again.Members), err)
	}
}

// secondFactor logs in with a code that was not used yet.
func (h *handed) secondFactor(stage string, steps int64) {
	h.s.t.Helper()
	if code, out, _ := (&person{s: h.s}).do("POST", "/api/v1/login/password", map[string]string{"name": "admin", "password": adminPassword, "totp": h.otp(steps)}); code != 200 {
		h.s.t.Errorf("%s: second factor: %d %s", stage, code, out)
	}
}

// keys are the states of all keys, as doctor says them.
func (s *site) keys() map[string]string {
	s.t.Helper()
	all, err := s.Keys(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, k := range all {
		text, bad := k.Say()
		if bad {
			text = "BAD " + text
		}
		out[k.ID] = text
	}
	return out
}

func (s *site) saysOf(id, words string) {
	s.t.Helper()
	if got := s.keys()[id]; !strings.Contains(got, words) {
		s.t.Errorf("key %s: %q, want %q", id, got, words)
	}
}

// TestKeyRotation goes the whole way, on both databases: a new key in front,
// everything sealed anew in two goes while people write, the old key dropped,
// and the same once more.
func TestKeyRotation(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		h := handOut(t, s)
		h.works("before")
		s.saysOf("1", "seals")
		start := func(ids ...string) {
			t.Helper()
			if err := s.under(ids...); err != nil {
				t.Fatal(err)
			}
		}
		start("2", "1")
		h.works("a new key in front")
		h.secondFactor("a new key in front", 0)
		s.saysOf("1", "still sealed with it")

		start("1", "3") // the next key waits behind: it is not replaced before it was used
		if early, err := s.Rekey(t.Context(), false, quiet); err != nil || early.Replaced != nil {
			t.Fatalf("too early: %+v %v", early, err)
		}
		start("2", "1")
		was, err := s.Rekey(t.Context(), true, quiet)
		if err != nil || was.Old < 100 || was.Values != 0 {
			t.Fatalf("dry run: %+v %v", was, err)
		}
		ctx, cut := context.WithCancel(t.Context())
		half, err := s.Rekey(ctx, false, func(_ string, done, total int) {
			if done > total/2 {
				cut()
			}
		})
		if !errors.Is(err, context.Canceled) || half.Values < was.Old/2 || half.Values >= was.Old || half.Replaced != nil {
			t.Fatalf("cut short: %+v of %d, %v", half, was.Old, err)
		}
		h.works("half-way")

		lag := s.beside("1", "2")
		(&person{s: lag}).want(200, "GET", "/readyz", nil, nil)
		stop, written := make(chan struct{}), ""
		var wg sync.WaitGroup
		wg.Go(func() { written = s.busy(h, stop) })
		rest, err := s.Rekey(t.Context(), false, quiet)
		close(stop)
		wg.Wait()
		if err != nil || rest.Left != 0 || rest.Values < was.Old-half.Values-10 || len(rest.Replaced) != 1 || rest.Replaced[0] != "1" {
			t.Fatalf("the rest: %+v %v", rest, err)
		}
		h.works("sealed anew")
		s.saysOf("1", "may be taken out")
		(&person{s: s}).want(200, "GET", "/readyz", nil, nil)
		code, body, _ := (&person{s: lag}).do("GET", "/readyz", nil)
		if code != 503 || !strings.Contains(string(body), `"key"`) {
			t.Errorf("a server with the old key in front is ready: %d %s", code, body)
		}
		other := s.paired("cadre-202", 1)
		var shown struct{ Value string }
		h.admin.want(200, "POST", "/api/v1/households/"+other+"/reveal", map[string]string{"field": "phone", "reason": "电话联系入户"}, &shown)
		if shown.Value != written || written == "" {
			t.Errorf("written %q meanwhile, found %q", written, shown.Value)
		}

		start("2")
		h.works("the old key dropped")
		h.secondFactor("the old key dropped", 1)
		if k := s.keys(); len(k) != 1 {
			t.Errorf("keys %v", k)
		}
		for _, ids := range [][]string{{"1"}, {"1", "2"}} {
			if err := s.under(ids...); !errors.Is(err, app.ErrOldKeyFirst) {
				t.Errorf("%v: %v", ids, err)
			}
			start("2")
		}
		start("3", "2")
		if again, err := s.Rekey(t.Context(), false, quiet); err != nil || again.Left != 0 || len(again.Replaced) != 1 {
			t.Fatalf("once more: %+v %v", again, err)
		}
		start("3")
		h.works("the second key dropped as well")
		start("4") // the right key lost: the rest can still be used
		all, err := s.Keys(t.Context())
		if err == nil || !strings.Contains(err.Error(), "not in DAOHU_KEY") {
			t.Errorf("the ring: %v", err)
		}
		for _, k := range all {
			if text, bad := k.Say(); bad != (k.ID == "3") {
				t.Errorf("key %s: %s", k.ID, text)
			}
		}
	})
}

// boxes are those of the site's keys.
func (s *site) boxes() []*seal.Box {
	s.t.Helper()
	c, err := config.Load(func(k string) string { return s.env[k] })
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := app.Boxes(c)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// busy changes a household's telephone over and over until stop, and returns
// the last one that was taken.
func (s *site) busy(h *handed, stop <-chan struct{}) (last string) {
	house := s.paired("cadre-202", 1)
	for n := 0; ; n++ {
		select {
		case <-stop:
			return last
		default:
		}
		phone := fmt.Sprintf("1990001%04d", n)
		rec, err := s.DB.Find(s.t.Context(), household.HouseholdType, []string{s.where}, house)
		if err != nil {
			s.t.Error(err)
			return ""
		}
		code, out, _ := h.admin.do("PATCH", "/api/v1/records/household/"+house, map[string]string{"phone": phone}, "If-Match", fmt.Sprint(rec.Base().Version))
		if code != 200 {
			s.t.Errorf("%d %s", code, out)
			return ""
		}
		last = phone
	}
}

// TestRestoreAfterRotation: a backup made after the rotation needs the new key
// alone; one made before needs the old one too, and goes through rekey again.
func TestRestoreAfterRotation(t *testing.T) {
	s := newSite(t, "", "")
	h := handOut(t, s)
	old, fresh := t.TempDir()+"/old", t.TempDir()+"/fresh"
	if _, err := s.Backup(t.Context(), old, quiet); err != nil {
		t.Fatal(err)
	}
	if err := s.under("2", "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rekey(t.Context(), false, quiet); err != nil {
		t.Fatal(err)
	}
	if err := s.under("2"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Backup(t.Context(), fresh, quiet); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir  string
		keys []string
	}{{fresh, []string{"2"}}, {old, []string{"2", "1"}}} {
		s.env["DAOHU_DATA"] = t.TempDir()
		if err := s.under(c.keys...); err != nil {
			t.Fatal(err)
		}
		b, err := app.OpenBackup(c.dir, s.boxes(), false)
		if err != nil {
			t.Fatal(err)
		}
		audit, err := s.Restore(t.Context(), b, quiet)
		_ = b.Close()
		if err != nil || len(audit) != 2 || len(audit[0].Findings)+len(audit[1].Findings) > 0 {
			t.Fatalf("%v %+v", err, audit)
		}
		if err := s.under(c.keys...); err != nil {
			t.Fatal(err)
		}
		h.duplicates(c.dir)
		if code, out, _ := (&person{s: s}).do("POST", "/api/v1/login/household", map[string]string{"card": h.card, "pin": h.pin}); code != 200 {
			t.Errorf("card: %d %s", code, out)
		}
	}
	if got, err := s.Rekey(t.Context(), false, quiet); err != nil || len(got.Replaced) != 1 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := app.OpenBackup(old, s.boxes()[:1], false); !errors.Is(err, app.ErrOtherKey) {
		t.Errorf("an old backup with the new key alone: %v", err)
	}
}

// TestKeyRingIsGuarded: what is kept of a replaced key cannot be changed, moved
// or taken away without being seen.
func TestKeyRingIsGuarded(t *testing.T) {
	s := newSite(t, "", "")
	h := handOut(t, s)
	for _, ids := range [][]string{{"2", "1"}, {"3", "2"}} {
		if err := s.under(ids...); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Rekey(t.Context(), false, quiet); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.under("3"); err != nil {
		t.Fatal(err)
	}
	h.works("both dropped")
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(s.env["DAOHU_DATA"], "daohu.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for name, q := range map[string]string{
		"changed":    "UPDATE keyring SET secret = REPLACE(secret, SUBSTR(secret, 20, 4), 'AAAA') WHERE id = '1'",
		"moved":      "UPDATE keyring SET secret = (SELECT secret FROM keyring WHERE id = '2') WHERE id = '1'",
		"taken away": "DELETE FROM keyring WHERE id = '1'",
	} {
		for _, q := range []string{"CREATE TABLE kept AS SELECT * FROM keyring", q} {
			if _, err := raw.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Keys(t.Context()); (err == nil) != (name == "taken away") {
			t.Errorf("%s: doctor says %v", name, err)
		}
		audit, err := s.Audit(t.Context(), store.Audit{})
		if err != nil || len(audit) != 2 || len(audit[0].Findings) == 0 || len(audit[1].Findings) == 0 {
			t.Errorf("%s: not found: %v %+v", name, err, audit)
		}
		for _, q := range []string{"DELETE FROM keyring", "INSERT INTO keyring (id, secret, at) SELECT id, secret, at FROM kept", "DROP TABLE kept"} {
			if _, err := raw.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.works("put right")
}
