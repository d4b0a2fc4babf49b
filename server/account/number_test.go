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
	"daohu/server/wechat"
)

// numberOf is the number that the demo's WeChat vouches for.
func (w *world) numberOf(login string) string {
	w.t.Helper()
	n, err := wechat.NewFake().PhoneNumber(w.t.Context(), "demo:"+login)
	w.want("", err)
	w.plant(n)
	return n
}

// numbered makes a user for whom the township wrote a number down.
func (w *world) numbered(role access.Role, login, number string) account.User {
	w.t.Helper()
	n := account.NewUser{Login: login, Name: "演示" + login, Role: role, County: county, Township: township, Phone: number}
	if role == access.Village {
		n.Area = township + "001"
	}
	u, err := w.CreateUser(w.t.Context(), n)
	w.want("", err)
	return u
}

// TestLoginPhone: the number that the township wrote down binds the WeChat
// account the first time; afterwards the number does not matter any more.
func TestLoginPhone(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.t.Context()
		plain := w.numberOf("mine")
		spaced := "+86 " + plain[:3] + "-" + plain[3:7] + " " + plain[7:]
		for i := range 3 { // others, on both sides of it
			w.user(access.Cadre, "cadre-a"+string(rune('0'+i)))
		}
		u := w.numbered(access.Village, "village-01", spaced)
		l, err := w.LoginPhone(ctx, "demo:somebody", "demo:mine")
		w.want("", err)
		if a, err := w.Authenticate(ctx, l.Token); err != nil || a.User != u.ID || a.PushOnly {
			w.t.Fatalf("%+v %v", a, err)
		}
		for _, login := range []func() (account.Login, error){
			func() (account.Login, error) { return w.LoginPhone(ctx, "demo:somebody", "demo:mine") },
			func() (account.Login, error) { return w.LoginPhone(ctx, "demo:somebody", "used up") },
			func() (account.Login, error) { return w.LoginWeChat(ctx, "demo:somebody", "") },
		} {
			if l, err := login(); err != nil || l.User.ID != u.ID {
				w.t.Errorf("again: %v %v", l.User.ID, err)
			}
		}
		// Another WeChat account with the same number: it was given to somebody else.
		_, err = w.LoginPhone(ctx, "demo:the-next-owner", "demo:mine")
		w.want(fault.IDTaken, err)
	})
}

func TestLoginPhoneRefused(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	say := func(code fault.Code, words string, err error) {
		t.Helper()
		w.want(code, err)
		e, _ := errors.AsType[*fault.Error](err)
		said := e.Sentence()
		for _, f := range e.Fields {
			said += f.Detail
		}
		if !strings.Contains(said, words) {
			t.Errorf("%q does not say %q", said, words)
		}
	}
	number := w.numberOf("mine")
	_, err := w.LoginPhone(ctx, "no code", "demo:mine")
	w.want(fault.BadLogin, err)
	_, err = w.LoginPhone(ctx, "demo:me", "no code")
	say(fault.Invalid, "再点一次", err)
	_, err = w.LoginPhone(ctx, "demo:me", "demo:mine")
	say(fault.Unbound, "没有账号登记了这个手机号", err)
	admin := w.numbered(access.Township, "admin", number) // an admin's account is worth more than a number
	_, err = w.LoginPhone(ctx, "demo:me", "demo:mine")
	w.want(fault.Unbound, err)
	one := w.numbered(access.Cadre, "cadre-001", number)
	w.want("", w.Disable(ctx, one.ID, true))
	_, err = w.LoginPhone(ctx, "demo:me", "demo:mine")
	say(fault.Forbidden, "停用", err)
	two := w.numbered(access.Cadre, "cadre-002", number)
	w.want("", w.Disable(ctx, one.ID, false))
	_, err = w.LoginPhone(ctx, "demo:me", "demo:mine")
	say(fault.Conflict, "有两个账号", err)
	w.want("", w.Disable(ctx, one.ID, true)) // who is out of use stands in nobody's way
	l, err := w.LoginPhone(ctx, "demo:me", "demo:mine")
	w.want("", err)
	if l.User.ID != two.ID || l.User.ID == admin.ID {
		t.Errorf("logged in as %s", l.User.Login)
	}
	// Ten tries a day of one WeChat account; a day later again.
	for range 10 {
		_, err = w.LoginPhone(ctx, "demo:guesser", "demo:unknown")
		w.want(fault.Unbound, err)
	}
	_, err = w.LoginPhone(ctx, "demo:guesser", "demo:unknown")
	say(fault.TooMany, "明天再试", err)
	w.move(24 * time.Hour)
	_, err = w.LoginPhone(ctx, "demo:guesser", "demo:unknown")
	w.want(fault.Unbound, err)
}

// One number, several WeChat accounts at once: one is bound.
func TestParallelNumbers(t *testing.T) {
	each(t, func(w *world) {
		u := w.numbered(access.Cadre, "cadre-001", w.numberOf("mine"))
		var won atomic.Int64
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				l, err := w.LoginPhone(w.t.Context(), "demo:phone-"+string(rune('a'+i)), "demo:mine")
				switch {
				case err == nil && l.User.ID == u.ID:
					won.Add(1)
				case !fault.Is(err, fault.IDTaken):
					w.t.Errorf("a loser got %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			w.t.Errorf("%d accounts bound by one number", won.Load())
		}
	})
}
