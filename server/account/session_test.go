package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
)

const day = 24 * time.Hour

func TestAuthenticate(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u, l := w.bound("cadre-001")
	for range 2 { // from SQL, then from the cache
		c, err := w.Identify(ctx, l.Token)
		w.want("", err)
		want := u.Actor()
		want.Session = c.Actor.Session
		if c.Actor != want || c.Kind != account.Phone || len(c.Actor.Session) != 64 || strings.Contains(c.Actor.Session, l.Token) {
			t.Fatalf("got %+v", c)
		}
	}
	tail := "A"
	if strings.HasSuffix(l.Token, "A") {
		tail = "Q"
	}
	for _, bad := range []string{"", "x", l.Token[:42], l.Token + "A", l.Token[:42] + tail, strings.Repeat("é", 43), l.Token[:42] + "\n", "session:" + l.Token[:35]} {
		_, err := w.Authenticate(ctx, bad)
		w.want(fault.Unauthorized, err)
	}
	// The session id, which others may see, is no token.
	c, err := w.Identify(ctx, l.Token)
	w.want("", err)
	_, err = w.Authenticate(ctx, c.Actor.Session)
	w.want(fault.Unauthorized, err)
}

func TestSessionsRunOut(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	admin := w.user(access.Township, "admin")
	w.want("", w.SetPassword(ctx, admin.ID, "planted-correct-horse"))
	console, err := w.LoginPassword(ctx, "admin", "planted-correct-horse", "", "192.0.2.1")
	w.want("", err)
	_, phone := w.bound("cadre-001")
	_, err = w.Authenticate(ctx, console.Token)
	w.want("", err)
	// Cached just before its end, a session is not believed after it.
	w.move(account.ConsoleLife - time.Second)
	_, err = w.Authenticate(ctx, console.Token)
	w.want("", err)
	w.move(2 * time.Second)
	_, err = w.Authenticate(ctx, console.Token)
	w.want(fault.Unauthorized, err)
	// A phone used now and then lasts; one put away for 180 days does not.
	for range 5 {
		w.move(170 * day)
		c, err := w.Identify(ctx, phone.Token)
		w.want("", err)
		if c.ExpiresAt != w.now().Add(account.PhoneLife).UnixMilli() {
			t.Fatalf("not extended: %d", c.ExpiresAt)
		}
	}
	w.move(account.PhoneLife + time.Millisecond)
	_, err = w.Authenticate(ctx, phone.Token)
	w.want(fault.Unauthorized, err)
}

func TestSlidesOnceADay(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u, l := w.bound("cadre-001")
	end := func() int64 {
		open, err := w.Sessions(ctx, u.ID)
		w.want("", err)
		return open[0].ExpiresAt
	}
	first := end()
	w.move(23 * time.Hour)
	_, err := w.Authenticate(ctx, l.Token)
	w.want("", err)
	if end() != first {
		t.Error("extended within the day")
	}
	w.move(2 * time.Hour)
	_, err = w.Authenticate(ctx, l.Token)
	w.want("", err)
	if end() != first+(25*time.Hour).Milliseconds() {
		t.Error("not extended after a day")
	}
}

func TestLogout(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u, l := w.bound("cadre-001")
	other, err := w.LoginWeChat(ctx, "demo:cadre-001", "")
	w.want("", err)
	_, err = w.Authenticate(ctx, l.Token)
	w.want("", err)
	w.want("", w.Logout(ctx, l.Token))
	_, err = w.Authenticate(ctx, l.Token)
	w.want(fault.Unauthorized, err) // at once, and not push-only
	w.want("", w.Logout(ctx, l.Token))
	w.want("", w.Logout(ctx, "nonsense"))
	_, err = w.Authenticate(ctx, other.Token)
	w.want("", err)
	// Logging out holds although the user is disabled later or the session revoked.
	w.want("", w.Disable(ctx, u.ID, true))
	_, err = w.Authenticate(ctx, l.Token)
	w.want(fault.Unauthorized, err)
	w.want("", w.Logout(ctx, other.Token))
	_, err = w.Authenticate(ctx, other.Token)
	w.want(fault.Unauthorized, err)
}

func TestRevoke(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	_, l := w.bound("cadre-001")
	a, err := w.Authenticate(ctx, l.Token)
	w.want("", err)
	w.want("", w.Revoke(ctx, a.Session))
	for _, after := range []time.Duration{0, time.Second, 30*day - 2*time.Second} {
		w.move(after)
		a, err = w.Authenticate(ctx, l.Token)
		w.want("", err)
		if !a.PushOnly || a.Disabled || a.User == "" {
			t.Fatalf("after %v: %+v", after, a)
		}
	}
	w.want("", w.Revoke(ctx, a.Session)) // does not begin the 30 days anew
	w.move(time.Second)
	_, err = w.Authenticate(ctx, l.Token)
	w.want(fault.Unauthorized, err)
	w.want("", w.Revoke(ctx, "no-such-session"))
}

func TestDisable(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u, l := w.bound("cadre-001")
	w.want("", w.SetPassword(ctx, u.ID, "planted-correct-horse"))
	console, err := w.LoginPassword(ctx, "cadre-001", "planted-correct-horse", "", "192.0.2.1")
	w.want("", err)
	for _, token := range []string{l.Token, console.Token} {
		_, err = w.Authenticate(ctx, token)
		w.want("", err)
	}
	w.want("", w.Disable(ctx, u.ID, true))
	w.want("", w.Disable(ctx, u.ID, true)) // the 30 days count from the first time
	a, err := w.Authenticate(ctx, l.Token)
	w.want("", err)
	if !a.PushOnly || !a.Disabled {
		t.Error("a disabled user's phone is served, or not told why not")
	}
	_, err = w.Authenticate(ctx, console.Token)
	w.want(fault.Unauthorized, err)
	_, err = w.LoginPassword(ctx, "cadre-001", "planted-correct-horse", "", "192.0.2.1")
	w.want(fault.Forbidden, err)
	_, err = w.LoginPassword(ctx, "cadre-001", "planted-wrong-one", "", "192.0.2.1")
	w.want(fault.BadLogin, err) // who does not know the password learns nothing
	_, _, err = w.IssueCode(ctx, u.ID)
	w.want(fault.Forbidden, err)
	// The phone that lost its session logs in again to hand in its work.
	late, err := w.LoginWeChat(ctx, "demo:cadre-001", "")
	w.want("", err)
	if a, err = w.Authenticate(ctx, late.Token); err != nil || !a.PushOnly || !late.PushOnly {
		t.Errorf("got %+v, %v", a, err)
	}
	// Back in use, everything works as before.
	w.want("", w.Disable(ctx, u.ID, false))
	for _, token := range []string{l.Token, late.Token, console.Token} {
		if a, err = w.Authenticate(ctx, token); err != nil || a.PushOnly || a.Disabled {
			t.Errorf("got %+v, %v", a, err)
		}
	}
	w.want("", w.Disable(ctx, u.ID, true))
	w.move(30 * day)
	_, err = w.Authenticate(ctx, l.Token)
	w.want(fault.Unauthorized, err)
	_, err = w.LoginWeChat(ctx, "demo:cadre-001", "")
	w.want(fault.Forbidden, err)
	w.want(fault.NotFound, w.Disable(ctx, "nobody", true))
}

// slow is a store whose session reads wait, as under load.
type slow struct {
	account.Sessions
	read, goOn chan struct{}
}

func (s slow) FindSession(ctx context.Context, id string) (account.Session, account.User, error) {
	se, u, err := s.Sessions.FindSession(ctx, id)
	s.read <- struct{}{}
	<-s.goOn
	return se, u, err
}

// A request that read SQL before a revoke must not cache what it read after it.
func TestRevokeBeatsASlowReader(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	_, l := w.bound("cadre-001")
	cfg := w.cfg
	s := slow{w.cfg.Sessions, make(chan struct{}), make(chan struct{})}
	cfg.Sessions = s
	slowService, err := account.New(cfg)
	w.want("", err)
	done := make(chan access.Actor)
	go func() {
		a, _ := slowService.Authenticate(ctx, l.Token)
		done <- a
	}()
	<-s.read
	a, err := w.Authenticate(ctx, l.Token)
	w.want("", err)
	w.want("", w.Revoke(ctx, a.Session))
	close(s.goOn)
	<-done // this one request may still pass
	if a, err = w.Authenticate(ctx, l.Token); err != nil || !a.PushOnly {
		t.Fatalf("the revoked session came back from the cache: %+v, %v", a, err)
	}
}

// What the cache holds is checked: another's entry, an ended one, rubbish.
func TestCacheIsNotBelievedBlindly(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	_, l := w.bound("cadre-001")
	a, err := w.Authenticate(ctx, l.Token)
	w.want("", err)
	key := "session:" + a.Session
	text, ok := w.kv.Get(ctx, key)
	if !ok {
		t.Fatal("not cached")
	}
	if strings.Contains(text, l.Token) {
		t.Fatal("the token is in the cache")
	}
	for _, bad := range []string{"", "{", "{}", `{"Actor":{"User":"x","Role":"K"}}`, strings.Replace(text, a.Session, strings.Repeat("0", 64), 1), strings.Replace(text, `"ExpiresAt":`, `"ExpiresAt":-`, 1)} {
		w.kv.Set(ctx, key, bad, time.Minute)
		if got, err := w.Authenticate(ctx, l.Token); err != nil || got != a {
			t.Errorf("%q: got %+v, %v", bad, got, err)
		}
	}
	w.kv.Delete(ctx, key)
	_, err = w.Authenticate(ctx, l.Token)
	w.want("", err)
	if _, ok := w.kv.Get(ctx, key); !ok {
		t.Error("not cached again")
	}
	w.move(61 * time.Second)
	if _, ok := w.kv.Get(ctx, key); ok {
		t.Error("believed for more than a minute")
	}
}

// With the database down nobody is told to log in again.
func TestDatabaseDown(t *testing.T) {
	w := open(t, "")
	_, l := w.bound("cadre-001")
	a, err := w.Authenticate(t.Context(), l.Token)
	w.want("", err)
	_ = w.db.Close()
	if got, err := w.Authenticate(t.Context(), l.Token); err != nil || got != a {
		t.Errorf("a cached session: %v", err)
	}
	w.kv.Delete(t.Context(), "session:"+a.Session)
	_, err = w.Authenticate(t.Context(), l.Token)
	if err == nil || fault.Is(err, fault.Unauthorized) {
		t.Errorf("got %v", err)
	}
	_, err = w.LoginWeChat(t.Context(), "demo:cadre-001", "")
	if err == nil || fault.Is(err, fault.Unbound) || fault.Is(err, fault.BadLogin) {
		t.Errorf("got %v", err)
	}
}

func TestPurge(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u, l := w.bound("cadre-001")
	a, err := w.Authenticate(ctx, l.Token)
	w.want("", err)
	_, _ = w.LoginPassword(ctx, "cadre-001", "x", "", "192.0.2.1")
	other, err := w.LoginWeChat(ctx, "demo:cadre-001", "")
	w.want("", err)
	w.want("", w.Revoke(ctx, a.Session))
	w.move(29 * day)
	n, err := w.Purge(ctx)
	w.want("", err)
	if n != 4 { // the used code and the three windows of bind, address and name
		t.Errorf("%d rows went", n)
	}
	if a, err = w.Authenticate(ctx, l.Token); err != nil || !a.PushOnly {
		t.Error("a revoked session went before its time")
	}
	w.move(2 * day)
	if n, err = w.Purge(ctx); err != nil || n != 1 {
		t.Errorf("%d rows went, %v", n, err)
	}
	_, err = w.Authenticate(ctx, other.Token)
	w.want("", err)
	if open, err := w.Sessions(ctx, u.ID); err != nil || len(open) != 1 {
		t.Errorf("%v, %v", open, err)
	}
}

func TestNewChecksItsParts(t *testing.T) {
	w := open(t, "")
	for name, spoil := range map[string]func(*account.Config){
		"store": func(c *account.Config) { c.Attempts = nil }, "cache": func(c *account.Config) { c.Cache = nil },
		"wechat": func(c *account.Config) { c.WeChat = nil }, "key": func(c *account.Config) { c.Key = c.Key[:31] }, "rand": func(c *account.Config) { c.Rand = nil },
	} {
		cfg := w.cfg
		spoil(&cfg)
		if _, err := account.New(cfg); err == nil {
			t.Errorf("made without %s", name)
		}
	}
	cfg := w.cfg
	cfg.Rand = broken{}
	s, err := account.New(cfg)
	w.want("", err)
	if _, _, err := s.IssueCode(t.Context(), w.user(access.Cadre, "cadre-001").ID); err == nil {
		t.Error("a code without randomness")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no randomness") }
