package wechat

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"daohu/server/fault"
)

// Fake is the demo's WeChat: it believes everyone. The code demo:<login> is
// the openid FakeOpenID(login). Only the demo command makes one; IsFake lets
// the wiring refuse it everywhere else.
type Fake struct{ sent *sent }

// Sent is one message the fake was given.
type Sent struct {
	OpenID, Template, Page string
	Data                   map[string]string
}

type sent struct {
	mu   sync.Mutex
	list []Sent
}

// NewFake returns the demo's WeChat.
func NewFake() *Fake { return &Fake{&sent{}} }

// IsFake reports whether v is the demo's WeChat.
func IsFake(v any) bool {
	switch v.(type) {
	case *Fake, Fake:
		return true
	}
	return false
}

// FakeOpenID is the openid the fake gives for the code demo:<login>. No real
// openid looks like it.
func FakeOpenID(login string) string { return "fake:" + login }

// Code2Session accepts demo:<login>; anything else is BadLogin.
func (*Fake) Code2Session(_ context.Context, code string) (string, error) {
	login, err := fakeLogin(code)
	if err != nil {
		return "", err
	}
	return FakeOpenID(login), nil
}

// PhoneNumber accepts demo:<login> and gives a number of the demo's own range
// (199 0000 xxxx), always the same for a login.
func (*Fake) PhoneNumber(_ context.Context, code string) (string, error) {
	login, err := fakeLogin(code)
	if err != nil {
		return "", err
	}
	h := fnv.New32a()
	h.Write([]byte(login))
	return fmt.Sprintf("1990000%04d", h.Sum32()%10000), nil
}

// mostSent is how many messages the fake remembers.
const mostSent = 1000

// Subscribe sends nothing; it remembers the message.
func (f *Fake) Subscribe(_ context.Context, openid, template, page string, data map[string]string) error {
	f.sent.mu.Lock()
	defer f.sent.mu.Unlock()
	f.sent.list = append(f.sent.list[max(0, len(f.sent.list)-mostSent+1):], Sent{openid, template, page, cut(data)})
	return nil
}

// Sent lists the latest messages, the oldest first.
func (f *Fake) Sent() []Sent {
	f.sent.mu.Lock()
	defer f.sent.mu.Unlock()
	return slices.Clone(f.sent.list)
}

// FakeRisky is the word that the fake's content check takes for risky.
const FakeRisky = "演示违规内容"

// Risky takes texts with FakeRisky for risky.
func (*Fake) Risky(_ context.Context, _, text string) (bool, error) {
	return strings.Contains(text, FakeRisky), nil
}

func fakeLogin(code string) (string, error) {
	login, ok := strings.CutPrefix(code, "demo:")
	if !ok || login == "" || len(login) > 40 || !printable(login) {
		return "", fault.New(fault.BadLogin, "演示环境的登录码写作 demo:账号，例如 demo:cadre-001。")
	}
	return login, nil
}
