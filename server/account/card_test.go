package account_test

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/rediskv"
)

// wrongPIN gives a PIN of 6 digits that is not pin.
func wrongPIN(pin string, i int) string {
	wrong := fmt.Sprintf("%06d", i)
	if wrong == pin {
		return "999999"
	}
	return wrong
}

func TestCard(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Household, "household-0001")
	token, pin, err := w.IssueCard(ctx, u.ID)
	w.want("", err)
	w.plant(token, pin)
	l, err := w.LoginCard(ctx, token, " "+pin+" ", "192.0.2.1")
	w.want("", err)
	w.plant(l.Token)
	c, err := w.Identify(ctx, l.Token)
	w.want("", err)
	if c.Kind != account.Card || c.Actor.Household != string(u.Household) || c.ExpiresAt != w.now().Add(account.CardLife).UnixMilli() {
		t.Fatalf("got %+v", c)
	}
	for _, x := range [][2]string{{token, wrongPIN(pin, 1)}, {token, ""}, {token[1:] + "A", pin}, {"", pin}, {"../../x", pin}, {l.Token, pin}} {
		_, err = w.LoginCard(ctx, x[0], x[1], "192.0.2.1")
		w.want(fault.BadLogin, err)
	}
	// A new card voids the old one and its sessions.
	token2, pin2, err := w.IssueCard(ctx, u.ID)
	w.want("", err)
	_, err = w.LoginCard(ctx, token, pin, "192.0.2.1")
	w.want(fault.BadLogin, err)
	_, err = w.Authenticate(ctx, l.Token)
	w.want(fault.Unauthorized, err)
	_, err = w.LoginCard(ctx, token2, pin2, "192.0.2.1")
	w.want("", err)
	// Cards are for households.
	_, _, err = w.IssueCard(ctx, w.user(access.Cadre, "cadre-001").ID)
	w.want(fault.Invalid, err)
	_, _, err = w.IssueCard(ctx, "nobody")
	w.want(fault.NotFound, err)
}

// TestOlderKeys: cards and codes handed out under a key stay good when another
// takes its place, and are void without it; what is new is made with the new one.
func TestOlderKeys(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	h, c, d := w.user(access.Household, "household-0001"), w.user(access.Cadre, "cadre-001"), w.user(access.Cadre, "cadre-002")
	token, pin, err := w.IssueCard(ctx, h.ID)
	w.want("", err)
	code, _, err := w.IssueCode(ctx, c.ID)
	w.want("", err)
	under := func(keys ...byte) *account.Service {
		cfg := w.cfg
		cfg.Key, cfg.OldKeys = bytes.Repeat(keys[:1], 32), nil
		for _, k := range keys[1:] {
			cfg.OldKeys = append(cfg.OldKeys, bytes.Repeat([]byte{k}, 32))
		}
		s, err := account.New(cfg)
		w.want("", err)
		return s
	}
	alone, both := under(7), under(7, 8, 9)
	_, err = alone.LoginCard(ctx, token, pin, "192.0.2.1")
	w.want(fault.BadLogin, err)
	_, err = alone.LoginWeChat(ctx, "demo:cadre-001", code)
	w.want(fault.BadLogin, err)
	_, err = both.LoginCard(ctx, token, wrongPIN(pin, 1), "192.0.2.1")
	w.want(fault.BadLogin, err)
	_, err = both.LoginCard(ctx, token, pin, "192.0.2.1")
	w.want("", err)
	l, err := both.LoginWeChat(ctx, "demo:cadre-001", code)
	w.want("", err)
	_, err = alone.Authenticate(ctx, l.Token)
	w.want("", err)
	token, pin, err = both.IssueCard(ctx, h.ID)
	w.want("", err)
	code, _, err = both.IssueCode(ctx, d.ID)
	w.want("", err)
	_, err = alone.LoginCard(ctx, token, pin, "192.0.2.1")
	w.want("", err)
	_, err = alone.LoginWeChat(ctx, "demo:cadre-002", code)
	w.want("", err)
}

// 64 guess at once, from as many addresses: at most 10 PINs are looked at, and
// no more that day.
func TestPINBruteForce(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.t.Context()
		u := w.user(access.Household, "household-0002")
		token, pin, err := w.IssueCard(ctx, u.ID)
		w.want("", err)
		var looked, refused atomic.Int64
		guess := func(from, n int) {
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() {
					_, err := w.LoginCard(ctx, token, wrongPIN(pin, from+i), fmt.Sprintf("10.%d.%d.1", from, i))
					switch {
					case fault.Is(err, fault.BadLogin):
						looked.Add(1)
					case fault.Is(err, fault.TooMany):
						refused.Add(1)
					default:
						w.t.Errorf("got %v", err)
					}
				})
			}
			wg.Wait()
		}
		guess(0, 64)
		if looked.Load() != 10 || refused.Load() != 54 {
			w.t.Fatalf("%d looked at, %d refused", looked.Load(), refused.Load())
		}
		_, err = w.LoginCard(ctx, token, pin, "192.0.2.1")
		w.want(fault.TooMany, err) // even the right one
		// 16 hours later it is past midnight in Shanghai: it was 8 o'clock.
		w.move(16*time.Hour - time.Minute)
		_, err = w.LoginCard(ctx, token, pin, "192.0.2.1")
		w.want(fault.TooMany, err)
		w.move(time.Minute)
		_, err = w.LoginCard(ctx, token, pin, "192.0.2.1")
		w.want("", err)
		// The household's own logins give a guesser nothing back.
		looked.Store(0)
		for i := range 10 {
			guess(100+10*i, 3)
			_, _ = w.LoginCard(ctx, token, pin, "192.0.2.1")
		}
		if looked.Load() != 10 {
			w.t.Fatalf("%d guesses looked at beside the household's own logins", looked.Load())
		}
		// A new card lets the household in again at once.
		token, pin, err = w.IssueCard(ctx, u.ID)
		w.want("", err)
		_, err = w.LoginCard(ctx, token, pin, "192.0.2.1")
		w.want("", err)
	})
}

// Losing Redis changes neither who is logged in nor how many guesses pass.
func TestWithoutRedis(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	dead, err := rediskv.Open("127.0.0.1:1", rediskv.Options{Now: w.now})
	w.want("", err)
	t.Cleanup(func() { _ = dead.Close() })
	w.cfg.Cache = dead
	if w.Service, err = account.New(w.cfg); err != nil {
		t.Fatal(err)
	}
	u := w.user(access.Household, "household-0003")
	token, pin, err := w.IssueCard(ctx, u.ID)
	w.want("", err)
	l, err := w.LoginCard(ctx, token, pin, "192.0.2.1")
	w.want("", err)
	for i := range 12 {
		_, err = w.LoginCard(ctx, token, wrongPIN(pin, i), "192.0.2.1")
		if i < 10 {
			w.want(fault.BadLogin, err)
		} else {
			w.want(fault.TooMany, err)
		}
		_, err = w.Authenticate(ctx, l.Token)
		w.want("", err)
	}
	w.want("", w.Revoke(ctx, func() string { a, _ := w.Authenticate(ctx, l.Token); return a.Session }()))
	_, err = w.Authenticate(ctx, l.Token)
	w.want(fault.Unauthorized, err)
	if dead.Failures() == 0 {
		t.Fatal("the cache was not asked")
	}
}
