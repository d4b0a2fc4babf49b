package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"daohu/server/fault"
)

func TestCode2Session(t *testing.T) {
	a := newAPI(t)
	c, _ := client(t, a, 0)
	openid, err := c.Code2Session(t.Context(), "0a3Xyz-code_1")
	if err != nil || openid != "oABC-1_x" {
		t.Fatalf("got %q, %v", openid, err)
	}
	if a.count("/cgi-bin/stable_token") != 0 {
		t.Fatal("a login needs no access token")
	}
	// A code is text from outside: it must not add parameters of its own.
	evil := "x&appid=wxevil&secret=s#frag%20"
	if _, err := c.Code2Session(t.Context(), evil); err != nil {
		t.Fatal(err)
	}
	if got := a.bodies[len(a.bodies)-1]; got != evil {
		t.Fatalf("WeChat saw the code %q, want %q", got, evil)
	}
	before := a.count("/sns/jscode2session")
	for _, bad := range []string{"", strings.Repeat("a", 129), "a b", "码", "a\nb", "a\x00"} {
		if _, err := c.Code2Session(t.Context(), bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want invalid", bad, err)
		}
		if _, err := c.PhoneNumber(t.Context(), bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("phone %q: %v, want invalid", bad, err)
		}
	}
	if a.count("/sns/jscode2session") != before {
		t.Error("WeChat was asked about a code that cannot be one")
	}
}

func TestErrorCodes(t *testing.T) {
	a := newAPI(t)
	c, _ := client(t, a, 0)
	for _, x := range []struct {
		code  int
		want  fault.Code
		retry bool
	}{
		{40029, fault.BadLogin, false}, {40163, fault.BadLogin, false}, {40226, fault.Forbidden, false},
		{45011, fault.TooMany, true}, {-1, fault.Unavailable, true},
		{40125, fault.Internal, false}, {40013, fault.Internal, false}, {99999, fault.Internal, false},
	} {
		// WeChat has been seen to repeat what it was sent in its message.
		answer := fmt.Sprintf(`{"errcode":%d,"errmsg":"no %s, js-code-planted, rid: 61e7-ab"}`, x.code, secret)
		for _, path := range []string{"/sns/jscode2session", "/wxa/business/getuserphonenumber"} {
			a.set(path, answer)
			var err error
			if strings.HasPrefix(path, "/sns") {
				_, err = c.Code2Session(t.Context(), "js-code-planted")
			} else {
				_, err = c.PhoneNumber(t.Context(), "js-code-planted")
			}
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Code != x.want || (e.Retry > 0) != x.retry {
				t.Errorf("%s %d: got %v", path, x.code, err)
				continue
			}
			if s := err.Error(); !strings.Contains(s, fmt.Sprint("errcode ", x.code)) || !strings.Contains(s, "rid: 61e7-ab") {
				t.Errorf("the log cannot tell what happened: %s", s)
			}
			noSecret(t, err)
		}
	}
}

// noSecret fails when err, at any depth, shows what must stay hidden.
func noSecret(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, s := range []string{secret, url.QueryEscape(secret), "TOKEN-", "js-code-planted"} {
			if text := fmt.Sprintf("%v %+v %#v", e, e, e.Error()); strings.Contains(text, s) {
				t.Errorf("%q is in the error: %s", s, text)
			}
		}
	}
}

func TestStrangeAnswers(t *testing.T) {
	a := newAPI(t)
	c, _ := client(t, a, 0)
	for _, answer := range []string{``, `{}`, `[]`, `<html>`, `{"openid":""}`, `{"openid":"` + strings.Repeat("o", 65) + `"}`, `{"openid":"o p"}`, `{"openid":"` + strings.Repeat("o", maxBody) + `"}`, `{"openid":7}`} {
		a.set("/sns/jscode2session", answer)
		if got, err := c.Code2Session(t.Context(), "c"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%.20q: got %q, %v; want unavailable", answer, got, err)
		}
	}
	for _, answer := range []string{``, `{}`, `{"phone_info":{}}`, phoneAnswer("86", "", appID), phoneAnswer("86", "1990000x", appID), phoneAnswer("", "19900001234", appID)} {
		a.set("/wxa/business/getuserphonenumber", answer)
		if got, err := c.PhoneNumber(t.Context(), "c"); err == nil || got != "" {
			t.Errorf("%.40q: got %q, %v; want an error", answer, got, err)
		}
	}
	a.set("/wxa/business/getuserphonenumber", phoneAnswer("86", "19900001234", "wxother"))
	if _, err := c.PhoneNumber(t.Context(), "c"); !fault.Is(err, fault.Internal) {
		t.Errorf("another app's number was taken: %v", err)
	}
}

func TestStatusAndNetwork(t *testing.T) {
	a := newAPI(t)
	c, _ := client(t, a, 0)
	for _, status := range []int{302, 307, 403, 500, 502} {
		a.status = status
		_, err := c.Code2Session(t.Context(), "js-code-planted")
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), fmt.Sprint("status ", status)) {
			t.Errorf("%d: %v", status, err)
		}
		noSecret(t, err)
		_, err = c.PhoneNumber(t.Context(), "js-code-planted")
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%d: %v", status, err)
		}
		noSecret(t, err)
	}
	if a.count("/") != 0 {
		t.Error("a redirect was followed")
	}
	nowhere := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	c2, _ := client(t, a, 0)
	util.DefaultHTTPClient.Transport = guard{toLocal{nowhere}}
	_, err := c2.Code2Session(t.Context(), "js-code-planted")
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("refused connection: %v", err)
	}
	noSecret(t, err)
}

func TestTimeout(t *testing.T) {
	a := newAPI(t)
	a.stall = make(chan struct{})
	c, _ := client(t, a, 50*time.Millisecond)
	_, err := c.Code2Session(t.Context(), "js-code-planted")
	e, _ := errors.AsType[*fault.Error](err)
	if e == nil || e.Code != fault.Unavailable || e.Retry <= 0 {
		t.Fatalf("got %v", err)
	}
	noSecret(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = c.Code2Session(ctx, "js-code-planted"); !errors.Is(err, context.Canceled) {
		t.Fatalf("a caller who left: %v", err)
	}
	noSecret(t, err)
	if _, err = c.PhoneNumber(t.Context(), "js-code-planted"); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("token: %v", err)
	}
	noSecret(t, err)
	close(a.stall)
}

func TestOnlyWeChatsHost(t *testing.T) {
	a := newAPI(t)
	client(t, a, 0)
	for _, u := range []string{"https://elsewhere.example/", "http://api.weixin.qq.com/", "https://api.weixin.qq.com.evil.example/", "https://api.weixin.qq.com:8443/"} {
		res, err := util.DefaultHTTPClient.Get(u)
		if err == nil {
			_ = res.Body.Close()
			t.Errorf("%s was called", u)
		}
	}
}

func TestPhoneNumber(t *testing.T) {
	a := newAPI(t)
	c, _ := client(t, a, 0)
	for range 3 {
		if got, err := c.PhoneNumber(t.Context(), "phone-code"); err != nil || got != "19900001234" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if n := a.count("/cgi-bin/stable_token"); n != 1 {
		t.Errorf("%d tokens fetched for three calls, want 1", n)
	}
	if a.bodies[0] != `{"code":"phone-code"}`+"\n" {
		t.Errorf("body %q", a.bodies[0])
	}
	a.set("/wxa/business/getuserphonenumber", phoneAnswer("852", "51230000", appID))
	if got, err := c.PhoneNumber(t.Context(), "c"); err != nil || got != "+852 51230000" {
		t.Errorf("got %q, %v", got, err)
	}
}

const refused = `{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest rid: 1-2"}`

func TestRefusedToken(t *testing.T) {
	const phone = "/wxa/business/getuserphonenumber"
	ok := phoneAnswer("86", "19900001234", appID)
	for _, x := range []struct {
		name    string
		phone   []string
		token   []string
		want    bool
		used    []string
		forced  int
		fetches int
	}{
		{"a new one comes", []string{refused, ok}, []string{tokenAnswer("TOKEN-1"), tokenAnswer("TOKEN-2")}, true, []string{"TOKEN-1", "TOKEN-2"}, 0, 2},
		{"the same one comes", []string{refused, ok}, []string{tokenAnswer("TOKEN-1"), tokenAnswer("TOKEN-1"), tokenAnswer("TOKEN-3")}, true, []string{"TOKEN-1", "TOKEN-3"}, 1, 3},
		{"refused twice", []string{refused}, []string{tokenAnswer("TOKEN-1"), tokenAnswer("TOKEN-2")}, false, []string{"TOKEN-1", "TOKEN-2"}, 0, 2},
		{"expired", []string{strings.Replace(refused, "40001", "42001", 1), ok}, []string{tokenAnswer("TOKEN-1"), tokenAnswer("TOKEN-2")}, true, []string{"TOKEN-1", "TOKEN-2"}, 0, 2},
	} {
		t.Run(x.name, func(t *testing.T) {
			a := newAPI(t)
			c, kv := client(t, a, 0)
			a.set(phone, x.phone...)
			a.set("/cgi-bin/stable_token", x.token...)
			got, err := c.PhoneNumber(t.Context(), "js-code-planted")
			if (err == nil) != x.want || (x.want && got != "19900001234") {
				t.Fatalf("got %q, %v", got, err)
			}
			noSecret(t, err)
			if !slices.Equal(a.tokens, x.used) || a.forced != x.forced || a.count("/cgi-bin/stable_token") != x.fetches {
				t.Errorf("used %v, forced %d, fetched %d", a.tokens, a.forced, a.count("/cgi-bin/stable_token"))
			}
			if v, _ := kv.Get(t.Context(), c.tokens.key); v != x.used[1] {
				t.Errorf("cached %q, want %q", v, x.used[1])
			}
		})
	}
}

func tokenAnswer(token string) string {
	return fmt.Sprintf(`{"access_token":%q,"expires_in":7200}`, token)
}

func TestTokenErrors(t *testing.T) {
	a := newAPI(t)
	c, kv := client(t, a, 0)
	a.set("/cgi-bin/stable_token", `{"errcode":40125,"errmsg":"invalid appsecret `+secret+`"}`)
	_, err := c.PhoneNumber(t.Context(), "c")
	if !fault.Is(err, fault.Internal) {
		t.Fatalf("got %v", err)
	}
	noSecret(t, err)
	// A token with less life than the library's spare must not be kept for ever.
	a.set("/cgi-bin/stable_token", `{"access_token":"TOKEN-9","expires_in":200}`)
	if _, err := c.PhoneNumber(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	if v, ok := kv.Get(t.Context(), c.tokens.key); ok {
		t.Errorf("a dying token is cached: %q", v)
	}
}

// Many callers with a cold cache fetch one token; each gets its number.
func TestOneTokenForMany(t *testing.T) {
	a := newAPI(t)
	c, kv := client(t, a, 0)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := c.PhoneNumber(t.Context(), "c"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := a.count("/cgi-bin/stable_token"); n != 1 {
		t.Errorf("%d tokens fetched, want 1", n)
	}
	// A refresh by someone else is noticed without asking WeChat.
	kv.Set(t.Context(), c.tokens.key, "TOKEN-other", time.Hour)
	if v, err := c.tokens.refresh(t.Context(), "TOKEN-1"); err != nil || v != "TOKEN-other" {
		t.Errorf("got %q, %v", v, err)
	}
	// Another server that holds the lock for long does not block us for ever,
	// and a caller who leaves stops waiting.
	kv.Delete(t.Context(), c.tokens.key)
	release, _ := kv.TryLock(t.Context(), "lock:"+c.tokens.key, time.Minute)
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.tokens.get(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	c.tokens.wait = 60 * time.Millisecond
	if _, err := c.tokens.get(t.Context()); err != nil {
		t.Errorf("blocked by another's lock: %v", err)
	}
}

func TestNewNeedsEverything(t *testing.T) {
	_, kv := client(t, newAPI(t), 0)
	for _, opt := range []Options{{}, {AppID: appID}, {Secret: secret}, {AppID: appID, Secret: secret}, {AppID: appID, Secret: secret, Cache: kv}} {
		if c, err := New(opt); err == nil {
			t.Errorf("made %v", c)
		} else {
			noSecret(t, err)
		}
	}
}

func TestLibCache(t *testing.T) {
	_, kv := client(t, newAPI(t), 0)
	l := libCache{kv}
	if v := l.Get("k"); v != nil {
		t.Fatalf("an empty cache gave %v", v)
	}
	if err := l.Set("k", "v", time.Minute); err != nil || l.Get("k") != "v" || !l.IsExist("k") {
		t.Fatal("not kept")
	}
	if err := l.Set("n", 7, time.Minute); err != nil || l.IsExist("n") {
		t.Fatal("a number was kept: the library would panic on it")
	}
	if err := l.Delete("k"); err != nil || l.IsExist("k") {
		t.Fatal("not deleted")
	}
	_ = kv.Close()
	if err := l.Set("k", "v", time.Minute); err != nil || l.Get("k") != nil {
		t.Fatal("a lost cache must be a miss, not an error")
	}
}

func TestFake(t *testing.T) {
	f := NewFake()
	got, err := f.Code2Session(t.Context(), "demo:cadre-001")
	if err != nil || got != FakeOpenID("cadre-001") {
		t.Fatalf("got %q, %v", got, err)
	}
	phone, err := f.PhoneNumber(t.Context(), "demo:cadre-001")
	if err != nil || len(phone) != 11 || !strings.HasPrefix(phone, "1990000") {
		t.Fatalf("got %q, %v", phone, err)
	}
	if again, _ := f.PhoneNumber(t.Context(), "demo:cadre-001"); again != phone {
		t.Fatal("the number changes")
	}
	for _, bad := range []string{"", "cadre-001", "demo:", "Demo:cadre-001", "demo:a b", "demo:" + strings.Repeat("a", 41)} {
		if _, err := f.Code2Session(t.Context(), bad); !fault.Is(err, fault.BadLogin) {
			t.Errorf("%q: %v", bad, err)
		}
		if _, err := f.PhoneNumber(t.Context(), bad); !fault.Is(err, fault.BadLogin) {
			t.Errorf("phone %q: %v", bad, err)
		}
	}
	c, _ := client(t, newAPI(t), 0)
	if !IsFake(f) || !IsFake(*f) || IsFake(c) || IsFake(nil) {
		t.Error("IsFake does not tell them apart")
	}
	// The real client never takes a demo code for a login by itself: WeChat decides.
	if openid, err := c.Code2Session(t.Context(), "demo:cadre-001"); err != nil || openid == FakeOpenID("cadre-001") {
		t.Errorf("got %q, %v", openid, err)
	}
}
