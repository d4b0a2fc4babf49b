package wechat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"daohu/server/fault"
)

const (
	sendPath  = "/cgi-bin/message/subscribe/send"
	checkPath = "/wxa/msg_sec_check"
)

var message = map[string]string{"thing1": "到户记录", "phrase2": "退回", "thing3": strings.Repeat("长", 21)}

func send(t *testing.T, c *Client) error {
	return c.Subscribe(t.Context(), "js-code-planted", "TPL-1", "pages/todo", message)
}

func TestSubscribe(t *testing.T) {
	a := newAPI(t)
	c, _ := client(t, a, 0)
	if err := send(t, c); err != nil {
		t.Fatal(err)
	}
	body := a.bodies[0]
	for _, want := range []string{`"touser":"js-code-planted"`, `"template_id":"TPL-1"`, `"page":"pages/todo"`, `"退回"`, strings.Repeat("长", 19) + "…"} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	if message["thing3"] != strings.Repeat("长", 21) {
		t.Error("the caller's values were changed")
	}
	for code, want := range map[int]fault.Code{43101: fault.Forbidden, 40003: fault.NotFound, 45009: fault.TooMany, -1: fault.Unavailable, 40037: fault.Internal, 47003: fault.Internal, 41030: fault.Internal} {
		a.set(sendPath, fmt.Sprintf(`{"errcode":%d,"errmsg":"js-code-planted %s rid: 61e7-ab"}`, code, secret))
		err := send(t, c)
		if !fault.Is(err, want) || !strings.Contains(err.Error(), fmt.Sprint("errcode ", code)) {
			t.Errorf("%d: %v, want %s", code, err, want)
		}
		noSecret(t, err)
	}
	for _, answer := range []string{"", "<html>", "[]"} {
		a.set(sendPath, answer)
		if err := send(t, c); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%q: %v", answer, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := a.count(sendPath)
	if err := c.Subscribe(ctx, "o", "T", "", message); !errors.Is(err, context.Canceled) || a.count(sendPath) != n {
		t.Errorf("a worker that was stopped sent: %v", err)
	}
}

func TestRisky(t *testing.T) {
	a := newAPI(t)
	c, _ := client(t, a, 0)
	for suggest, want := range map[string]bool{"pass": false, "review": false, "risky": true} {
		a.set(checkPath, checkAnswer(suggest, 20001))
		if got, err := c.Risky(t.Context(), "o1", "路断了 <b>"); err != nil || got != want {
			t.Errorf("%s: %v %v", suggest, got, err)
		}
	}
	for _, answer := range []string{`{}`, `{"errcode":0,"errmsg":"ok"}`, checkAnswer("", 0), "", "<html>"} {
		a.set(checkPath, answer)
		if got, err := c.Risky(t.Context(), "o1", "x"); got || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%q: %v %v", answer, got, err)
		}
	}
	for code, want := range map[int]fault.Code{61010: fault.Gone, 40003: fault.NotFound, 45009: fault.TooMany, -1: fault.Unavailable, 44991: fault.Internal} {
		a.set(checkPath, fmt.Sprintf(`{"errcode":%d,"errmsg":"js-code-planted"}`, code))
		_, err := c.Risky(t.Context(), "js-code-planted", "js-code-planted")
		if !fault.Is(err, want) {
			t.Errorf("%d: %v, want %s", code, err, want)
		}
		noSecret(t, err)
	}
}

// A refused token is replaced once for messages and checks too.
func TestRefusedTokenOfMessages(t *testing.T) {
	for path, call := range map[string]func(*Client) error{
		sendPath:  func(c *Client) error { return send(t, c) },
		checkPath: func(c *Client) error { _, err := c.Risky(t.Context(), "o1", "x"); return err },
	} {
		for _, bad := range []string{refused, strings.Replace(refused, "40001", "42001", 1)} {
			a := newAPI(t)
			c, _ := client(t, a, 0)
			good := a.answers[path][0]
			a.set(path, bad, good)
			a.set("/cgi-bin/stable_token", tokenAnswer("TOKEN-1"), tokenAnswer("TOKEN-2"))
			if err := call(c); err != nil || !slices.Equal(a.tokens, []string{"TOKEN-1", "TOKEN-2"}) {
				t.Errorf("%s: %v, tokens %v", path, err, a.tokens)
			}
			a.set(path, bad)
			if err := call(c); err == nil || a.count(path) != 4 {
				t.Errorf("%s, refused twice: %v after %d calls", path, err, a.count(path))
			} else {
				noSecret(t, err)
			}
		}
	}
}

func TestFakeRemembers(t *testing.T) {
	f := NewFake()
	for range mostSent + 5 {
		if err := f.Subscribe(t.Context(), "o1", "T1", "p", message); err != nil {
			t.Fatal(err)
		}
	}
	got := f.Sent()
	if len(got) != mostSent || got[0].OpenID != "o1" || !maps.Equal(got[0].Data, cut(message)) {
		t.Errorf("%d messages, %v", len(got), got[0])
	}
	for text, want := range map[string]bool{"好": false, "有" + FakeRisky: true} {
		if risky, err := f.Risky(t.Context(), "o1", text); err != nil || risky != want {
			t.Errorf("%s: %v %v", text, risky, err)
		}
	}
	if err := (None{}).Subscribe(t.Context(), "o", "T", "", nil); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
	if _, err := (None{}).Risky(t.Context(), "o", "x"); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
}
