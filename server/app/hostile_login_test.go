package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"daohu/server/config"
	"daohu/server/wechat"
)

// TestPINLimit: ten wrong PINs a day are looked at, whatever the caller says
// about where it comes from, and however many try at once (quality.md A11).
func TestPINLimit(t *testing.T) {
	for name, o := range map[string]fixtureOptions{"embedded": {}, "mariadb": {MariaDB: true}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, o)
			card, pin, err := f.Accounts.IssueCard(t.Context(), f.User("household-1-0").ID)
			f.must(err)
			try := func(pin string, n int) fixtureAnswer {
				return f.Do("POST", "", "/api/v1/login/household", map[string]string{"card": card, "pin": pin},
					"X-Forwarded-For", fmt.Sprintf("203.0.113.%d, 198.51.100.%d", n, n), "X-Real-Ip", fmt.Sprintf("203.0.113.%d", n), "Forwarded", fmt.Sprintf("for=203.0.113.%d", n))
			}
			if a := try(pin, 0); a.Status != http.StatusOK {
				t.Fatalf("the right PIN: %d %s", a.Status, a.Body)
			}
			wrong := "000000"
			if pin == wrong {
				wrong = "111111"
			}
			counts := map[int]int{}
			var mu sync.Mutex
			var wg sync.WaitGroup
			for n := range 25 {
				wg.Go(func() {
					a := try(wrong, n)
					mu.Lock()
					defer mu.Unlock()
					counts[a.Status]++
				})
			}
			wg.Wait()
			if counts[http.StatusUnauthorized] != 10 || counts[http.StatusTooManyRequests] != 15 {
				t.Errorf("25 wrong PINs at once: %v, want 10 looked at", counts)
			}
			a := try(pin, 99) // even the right one: else the limit would tell
			f.hostileProblem("the 11th PIN", a, http.StatusTooManyRequests)
			wait, _ := strconv.Atoi(a.Header.Get("Retry-After"))
			midnight := 15 * time.Hour // the clock stands at 09:00 in Shanghai
			if d := time.Duration(wait)*time.Second - midnight; d < -time.Minute || d > time.Minute {
				t.Errorf("Retry-After %d seconds, want midnight", wait)
			}
			if a := f.Do("POST", "", "/api/v1/login/household", map[string]string{"card": card, "pin": wrong}); strings.Contains(f.log.String(), pin) || strings.Contains(f.log.String(), card) || a.Status != 429 {
				t.Errorf("the log shows the card or the PIN, or the limit is gone: %d", a.Status)
			}
			f.Pass(15*time.Hour + time.Minute)
			if a := try(pin, 1); a.Status != http.StatusOK {
				t.Errorf("the next day: %d %s", a.Status, a.Body)
			}
		})
	}
	fixtureFigure(t, "PIN: 25 wrong ones at once from 25 claimed addresses, 10 looked at, 15 x 429")
}

// TestAddressLimit: what fails from one address is counted together, whatever
// X-Forwarded-For says.
func TestAddressLimit(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	counts := map[int]int{}
	for n := range 110 {
		f.Pass(time2)
		a := f.Do("POST", "", "/api/v1/login/password", map[string]string{"name": fmt.Sprintf("spray-%d", n), "password": "Mima-2026-x"}, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n))
		if counts[a.Status]++; a.Status == http.StatusTooManyRequests && a.Header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
	}
	if counts[http.StatusUnauthorized] != 100 || counts[http.StatusTooManyRequests] != 10 {
		t.Errorf("110 names tried: %v, want 100 looked at", counts)
	}
}

// TestFakeWeChat: the demo's WeChat, which believes everyone, cannot be wired
// into anything that looks like real work.
func TestFakeWeChat(t *testing.T) {
	open := func(demo bool, change func(*config.Config)) (*App, error) {
		c := fixtureConfig(t, t.TempDir())
		change(&c)
		return New(t.Context(), Options{Config: c, Log: slog.New(slog.DiscardHandler), Rand: rand.Reader, Demo: demo, Unsafe: true})
	}
	refused := map[string]func(*config.Config){
		"app id":   func(c *config.Config) { c.WeChatAppID, c.WeChatSecret = "wx0123456789abcdef", "x" },
		"database": func(c *config.Config) { c.DB = "u:p@tcp(127.0.0.1:1)/d" },
	}
	for _, addr := range []string{":8080", "0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080", "localhost.example.org:80", "127.0.0.1.example.org:80", "", "127.0.0.1", "[fe80::1]:80", "127.0.0.1@192.0.2.1:80"} {
		refused["address "+addr] = func(c *config.Config) { c.Addr = addr }
	}
	for what, change := range refused {
		if a, err := open(true, change); !errors.Is(err, ErrDemo) {
			t.Errorf("a demo with %s was built: %v", what, err)
			if a != nil {
				_ = a.Close()
			}
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "[::1]:8080", "localhost:8080", "127.1.2.3:80"} {
		a, err := open(true, func(c *config.Config) { c.Addr = addr })
		if err != nil || !wechat.IsFake(a.WeChat) {
			t.Errorf("a demo on %s: %v", addr, err)
			continue
		}
		_ = a.Close()
	}
	for what, change := range map[string]func(*config.Config){"no app id": func(*config.Config) {}, "app id": refused["app id"], "everyone's address": refused["address :8080"]} {
		a, err := open(false, change)
		if err != nil || wechat.IsFake(a.WeChat) {
			t.Errorf("for real with %s: fake or %v", what, err)
			continue
		}
		_ = a.Close()
	}
}

// TestFakeCodeForReal: a program for real work refuses the demo's codes, even
// for an account that the demo's openid was written into.
func TestFakeCodeForReal(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	real, err := New(t.Context(), Options{Config: f.Config, Log: slog.New(slog.DiscardHandler), Now: f.Now, Rand: rand.Reader, Unsafe: true})
	f.must(err)
	t.Cleanup(func() { _ = real.Close() })
	for _, code := range []string{"demo:cadre-1-0", "demo:admin-1", "fake:admin-1"} {
		if _, err := real.Accounts.LoginWeChat(t.Context(), code, ""); err == nil {
			t.Errorf("%s was let in", code)
		}
	}
	if err := real.BuildDemo(t.Context(), t.TempDir(), false, nil); !errors.Is(err, ErrDemo) {
		t.Errorf("the demo was built into real work: %v", err)
	}
}

// TestOnlyTheDemoCommandIsADemo: in the whole command, Demo is set in one place.
func TestOnlyTheDemoCommandIsADemo(t *testing.T) {
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v %v", files, err)
	}
	found := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		body := string(text)
		found += strings.Count(body, "Demo: ") + strings.Count(body, ".Demo = ")
		if at := strings.Index(body, "Demo: true"); at >= 0 && !strings.Contains(body[:at], "func (e *env) openDemo(") {
			t.Errorf("%s makes a demo outside openDemo", name)
		}
	}
	if found != 1 {
		t.Errorf("Demo is set in %d places, want 1", found)
	}
}
