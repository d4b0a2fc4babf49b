package account_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
)

func TestWeChatBinding(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Cadre, "cadre-001")
	_, err := w.LoginWeChat(ctx, "demo:cadre-001", "")
	w.want(fault.Unbound, err)
	_, err = w.LoginWeChat(ctx, "demo:cadre-001", "  ")
	w.want(fault.Unbound, err)
	code, until, err := w.IssueCode(ctx, u.ID)
	w.want("", err)
	w.plant(code)
	if len(code) != 8 || until != w.now().Add(account.CodeLife).UnixMilli() {
		t.Fatalf("code of %d characters until %d", len(code), until)
	}
	for _, wrong := range []string{"0000000", "nonsense!", strings.Repeat("A", 5000), "ZZZZZZZZ"} {
		_, err = w.LoginWeChat(ctx, "demo:cadre-001", wrong)
		w.want(fault.BadLogin, err)
	}
	// As people type it.
	typed := strings.ToLower(code[:4]) + "-" + strings.ReplaceAll(code[4:], "0", "o") + " "
	l, err := w.LoginWeChat(ctx, "demo:cadre-001", typed)
	w.want("", err)
	w.plant(l.Token)
	if l.User.ID != u.ID || l.PushOnly || l.ExpiresAt != w.now().Add(account.PhoneLife).UnixMilli() {
		t.Fatalf("got %v", l)
	}
	got, err := w.User(ctx, account.ByOpenID, "fake:cadre-001")
	w.want("", err)
	if got.ID != u.ID || got.Version != l.User.Version {
		t.Fatalf("stored version %d, returned %d", got.Version, l.User.Version)
	}
	// The next logins need no code, and a used one is void for others.
	again, err := w.LoginWeChat(ctx, "demo:cadre-001", "")
	w.want("", err)
	if again.Token == l.Token {
		t.Fatal("two logins with one token")
	}
	_, err = w.LoginWeChat(ctx, "demo:someone-else", code)
	w.want(fault.Gone, err)
	// The same login sent twice finds itself bound.
	_, err = w.LoginWeChat(ctx, "demo:cadre-001", code)
	w.want("", err)
}

func TestCodesExpireAndReplace(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Cadre, "cadre-002")
	first, _, err := w.IssueCode(ctx, u.ID)
	w.want("", err)
	second, _, err := w.IssueCode(ctx, u.ID)
	w.want("", err)
	w.plant(first, second)
	_, err = w.LoginWeChat(ctx, "demo:cadre-002", first)
	w.want(fault.BadLogin, err) // a newer one was handed out
	w.move(account.CodeLife)
	_, err = w.LoginWeChat(ctx, "demo:cadre-002", second)
	w.want(fault.Gone, err)
	_, _, err = w.IssueCode(ctx, "nobody")
	w.want(fault.NotFound, err)
}

// Binding another WeChat account takes the old phone's session away; it may
// still hand in what it holds.
func TestRebinding(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u, old := w.bound("cadre-003")
	code, _, err := w.IssueCode(ctx, u.ID)
	w.want("", err)
	_, err = w.Authenticate(ctx, old.Token) // into the cache
	w.want("", err)
	l, err := w.LoginWeChat(ctx, "demo:new-phone", code)
	w.want("", err)
	a, err := w.Authenticate(ctx, old.Token)
	w.want("", err)
	if !a.PushOnly {
		t.Error("the old phone still reads")
	}
	if a, err = w.Authenticate(ctx, l.Token); err != nil || a.PushOnly || a.User != u.ID {
		t.Errorf("the new phone: %+v, %v", a, err)
	}
	_, err = w.LoginWeChat(ctx, "demo:cadre-003", "")
	w.want(fault.Unbound, err)
}

// One code, many WeChat accounts at once: one is bound.
func TestParallelBinding(t *testing.T) {
	each(t, func(w *world) {
		u := w.user(access.Cadre, "cadre-004")
		code, _, err := w.IssueCode(w.t.Context(), u.ID)
		w.want("", err)
		var won atomic.Int64
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				_, err := w.LoginWeChat(w.t.Context(), "demo:phone-"+string(rune('a'+i)), code)
				switch {
				case err == nil:
					won.Add(1)
				case !fault.Is(err, fault.Gone):
					w.t.Errorf("a loser got %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			w.t.Fatalf("%d accounts bound by one code", won.Load())
		}
	})
}

// One WeChat account, several codes at once: it ends bound to one user, and
// the codes that lost are unused.
func TestOneOpenIDOneUser(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.t.Context()
		codes := map[string]string{}
		for _, login := range []string{"cadre-011", "cadre-012", "cadre-013", "cadre-014"} {
			u := w.user(access.Cadre, login)
			code, _, err := w.IssueCode(ctx, u.ID)
			w.want("", err)
			codes[u.ID] = code
		}
		var mu sync.Mutex
		got := map[string]int{}
		var wg sync.WaitGroup
		for _, code := range codes {
			wg.Go(func() {
				l, err := w.LoginWeChat(ctx, "demo:one-person", code)
				if err != nil {
					w.t.Errorf("got %v", err)
				}
				mu.Lock()
				got[l.User.ID]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if len(got) != 1 {
			w.t.Fatalf("one openid logs in as %d users", len(got))
		}
		for id, code := range codes {
			if got[id] == 0 {
				_, err := w.LoginWeChat(ctx, "demo:phone-"+strings.ToLower(id[:3]), code)
				w.want("", err)
			}
		}
	})
}

func TestPassword(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Township, "admin")
	const right = "planted-correct-horse"
	w.plant(right, "planted-wrong")
	_, err := w.LoginPassword(ctx, "admin", right, "", "192.0.2.1")
	w.want(fault.BadLogin, err) // none set yet
	w.want("", w.SetPassword(ctx, u.ID, right))
	for _, x := range [][2]string{{"admin", "planted-wrong"}, {"nobody", right}, {"", ""}, {"admin", ""}, {"admin", strings.Repeat("x", 1<<20)}, {strings.Repeat("x", 1<<20), right}} {
		_, err = w.LoginPassword(ctx, x[0], x[1], "", "192.0.2.1")
		w.want(fault.BadLogin, err)
	}
	l, err := w.LoginPassword(ctx, " Admin ", right, "", "192.0.2.1")
	w.want("", err)
	w.plant(l.Token)
	c, err := w.Identify(ctx, l.Token)
	w.want("", err)
	if c.Kind != account.Console || c.Actor.User != u.ID || c.Actor.Role != access.Township || c.Actor.Township != township || c.ExpiresAt != w.now().Add(account.ConsoleLife).UnixMilli() {
		t.Fatalf("got %+v", c)
	}
	// A new password ends the sessions of the old one, also cached ones.
	w.want("", w.SetPassword(ctx, u.ID, right+"2"))
	_, err = w.Authenticate(ctx, l.Token)
	w.want(fault.Unauthorized, err)
	_, err = w.LoginPassword(ctx, "admin", right, "", "192.0.2.1")
	w.want(fault.BadLogin, err)
	for _, weak := range []string{"", "short", "aaaaaaaaaaaa", "my-admin-password", strings.Repeat("长长短短", 40)} {
		w.want(fault.Invalid, w.SetPassword(ctx, u.ID, weak))
	}
	w.want(fault.NotFound, w.SetPassword(ctx, "nobody", right))
}

// TestChangePassword: who is logged in changes it with the old one, ten wrong
// ones are a lock, and other log-ins end on request.
func TestChangePassword(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Township, "admin")
	const first, next = "planted-correct-horse", "planted-better-horse"
	w.plant(first, next)
	w.want("", w.SetPassword(ctx, u.ID, first))
	login := func(password string) account.Login {
		t.Helper()
		l, err := w.LoginPassword(ctx, "admin", password, "", "192.0.2.1")
		w.want("", err)
		w.plant(l.Token)
		return l
	}
	old := login(first)
	w.want(fault.Invalid, w.ChangePassword(ctx, u.ID, "wrong-wrong", next))
	w.want(fault.Invalid, w.ChangePassword(ctx, u.ID, first, "short"))
	w.want(fault.NotFound, w.ChangePassword(ctx, "nobody", first, next))
	if _, err := w.Authenticate(ctx, old.Token); err != nil {
		t.Errorf("a refusal ended the session: %v", err)
	}
	w.want("", w.ChangePassword(ctx, u.ID, first, next))
	_, err := w.Authenticate(ctx, old.Token)
	w.want(fault.Unauthorized, err)
	here, there := login(next), login(next)
	w.want("", w.EndOthers(ctx, u.ID, here.Token))
	_, err = w.Authenticate(ctx, there.Token)
	w.want(fault.Unauthorized, err)
	open, err := w.Sessions(ctx, u.ID)
	if w.want("", err); len(open) != 1 || !open[0].Here(here.Token) || open[0].Here(there.Token) {
		t.Errorf("%+v", open)
	}
	for range 10 {
		w.want(fault.Invalid, w.ChangePassword(ctx, u.ID, "wrong-wrong", first))
	}
	w.want(fault.TooMany, w.ChangePassword(ctx, u.ID, next, first))
}

func TestPasswordLimits(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Township, "admin")
	const right = "planted-correct-horse"
	w.want("", w.SetPassword(ctx, u.ID, right))
	for i := range 10 {
		// A forged address changes nothing for the name.
		_, err := w.LoginPassword(ctx, "admin", "wrong-wrong", "", "192.0.2."+string(rune('0'+i)))
		w.want(fault.BadLogin, err)
	}
	_, err := w.LoginPassword(ctx, "ADMIN", right, "", "198.51.100.1")
	w.want(fault.TooMany, err)
	if e, _ := errors.AsType[*fault.Error](err); e.Retry <= 0 || e.Retry > 15*time.Minute {
		t.Errorf("retry %v", e.Retry)
	}
	w.move(15 * time.Minute)
	_, err = w.LoginPassword(ctx, "admin", right, "", "198.51.100.1")
	w.want("", err)
	// Success begins anew.
	for range 3 {
		for range 9 {
			_, err = w.LoginPassword(ctx, "admin", "wrong-wrong", "", "198.51.100.1")
			w.want(fault.BadLogin, err)
		}
		_, err = w.LoginPassword(ctx, "admin", right, "", "198.51.100.1")
		w.want("", err)
	}
}

func TestAddressLimit(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Township, "admin")
	const right = "planted-correct-horse"
	w.want("", w.SetPassword(ctx, u.ID, right))
	for i := range 150 { // successes do not count
		if i < 100 {
			// One IPv6 customer has a whole /64.
			_, err := w.LoginPassword(ctx, "name"+string(rune('a'+i%26))+string(rune('a'+i/26)), "wrong-wrong", "", "2001:db8:1:2::"+string(rune('1'+i%9)))
			w.want(fault.BadLogin, err)
		}
		_, err := w.LoginPassword(ctx, "admin", right, "", "2001:db8:1:3::1")
		w.want("", err)
	}
	_, err := w.LoginPassword(ctx, "admin", right, "", "2001:db8:1:2:ffff::1")
	w.want(fault.TooMany, err)
	_, err = w.LoginCard(ctx, "x", "000000", "2001:db8:1:2::1")
	w.want(fault.TooMany, err)
	_, err = w.LoginPassword(ctx, "admin", right, "", "::ffff:192.0.2.9")
	w.want("", err)
	w.move(time.Hour)
	_, err = w.LoginPassword(ctx, "admin", right, "", "2001:db8:1:2::1")
	w.want("", err)
}
