package rediskv

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"daohu/server/servertest"
)

// clock is a clock that stands still until it is moved.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).UnixMilli())
	return c
}
func (c *clock) now() time.Time       { return time.UnixMilli(c.ms.Load()) }
func (c *clock) move(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func open(t *testing.T, target string, opt Options) *KV {
	t.Helper()
	k, err := Open(target, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// each runs f on the Redis in the process and on a real one.
func each(t *testing.T, f func(t *testing.T, k *KV, prefix string)) {
	t.Run("embedded", func(t *testing.T) { f(t, open(t, "", Options{}), t.Name()+":") })
	t.Run("redis", func(t *testing.T) { f(t, open(t, servertest.Redis(t), Options{}), t.Name()+":") })
}

func TestCache(t *testing.T) {
	each(t, func(t *testing.T, k *KV, p string) {
		ctx := t.Context()
		if err := k.Ping(ctx); err != nil {
			t.Fatal(err)
		}
		if v, ok := k.Get(ctx, p+"a"); ok {
			t.Fatalf("an empty cache gave %q", v)
		}
		k.Set(ctx, p+"a", "1", time.Minute)
		if v, ok := k.Get(ctx, p+"a"); !ok || v != "1" {
			t.Fatalf("got %q %v", v, ok)
		}
		if k.Add(ctx, p+"a", "2", time.Minute) {
			t.Fatal("Add stored over a value")
		}
		if v, _ := k.Get(ctx, p+"a"); v != "1" {
			t.Fatalf("Add changed the value to %q", v)
		}
		if !k.Add(ctx, p+"b", "2", time.Minute) {
			t.Fatal("Add did not store")
		}
		k.Set(ctx, p+"b", "3", 0)
		if v, ok := k.Get(ctx, p+"b"); ok {
			t.Fatalf("a ttl of zero kept %q for ever", v)
		}
		k.Delete(ctx, p+"a")
		if _, ok := k.Get(ctx, p+"a"); ok {
			t.Fatal("deleted, but still there")
		}
		if n := k.Failures(); n != 0 {
			t.Fatalf("%d failures", n)
		}
	})
}

func TestExpiryFollowsTheClock(t *testing.T) {
	c := newClock()
	k := open(t, "", Options{Now: c.now})
	ctx := t.Context()
	k.Set(ctx, "a", "1", time.Minute)
	c.move(59 * time.Second)
	if _, ok := k.Get(ctx, "a"); !ok {
		t.Fatal("gone a second early")
	}
	c.move(-time.Hour)
	if _, ok := k.Get(ctx, "a"); !ok {
		t.Fatal("a clock set back expired it")
	}
	c.move(2 * time.Second)
	if _, ok := k.Get(ctx, "a"); ok {
		t.Fatal("still there after its minute")
	}
}

func TestAllow(t *testing.T) {
	each(t, func(t *testing.T, k *KV, p string) {
		ctx, rate := t.Context(), Rate{N: 5, Per: time.Hour}
		var granted atomic.Int64
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if ok, retry := k.Allow(ctx, p+"k", rate); ok {
					granted.Add(1)
				} else if retry <= 0 || retry > time.Hour {
					t.Errorf("retry %v", retry)
				}
			})
		}
		wg.Wait()
		if granted.Load() != 5 {
			t.Fatalf("%d of 40 allowed, want 5", granted.Load())
		}
		if ok, _ := k.Allow(ctx, p+"other", rate); !ok {
			t.Fatal("another key was counted too")
		}
	})
}

func TestAllowFollowsTheClock(t *testing.T) {
	c := newClock()
	k := open(t, "", Options{Now: c.now})
	rate := Rate{N: 2, Per: time.Minute}
	for range 2 {
		if ok, _ := k.Allow(t.Context(), "k", rate); !ok {
			t.Fatal("refused within the rate")
		}
	}
	ok, retry := k.Allow(t.Context(), "k", rate)
	if ok || retry != 30*time.Second {
		t.Fatalf("third: %v, retry %v; want refused, 30s", ok, retry)
	}
	c.move(31 * time.Second)
	if ok, _ := k.Allow(t.Context(), "k", rate); !ok {
		t.Fatal("refused after its time")
	}
	if ok, _ := k.Allow(t.Context(), "k", Rate{}); !ok {
		t.Fatal("no rate must allow")
	}
}

func TestLock(t *testing.T) {
	each(t, func(t *testing.T, k *KV, p string) {
		ctx := t.Context()
		release, ok := k.TryLock(ctx, p+"l", time.Minute)
		if !ok {
			t.Fatal("a free lock was refused")
		}
		if _, ok := k.TryLock(ctx, p+"l", time.Minute); ok {
			t.Fatal("two holders")
		}
		release()
		release2, ok := k.TryLock(ctx, p+"l", time.Minute)
		if !ok {
			t.Fatal("released, but not free")
		}
		release() // the old token must not free the new holder's lock
		if _, ok := k.TryLock(ctx, p+"l", time.Minute); ok {
			t.Fatal("an old holder released another's lock")
		}
		release2()
	})
}

func TestLockExpires(t *testing.T) {
	c := newClock()
	k := open(t, "", Options{Now: c.now})
	ctx, cancel := context.WithCancel(t.Context())
	release, _ := k.TryLock(ctx, "l", 10*time.Second)
	c.move(11 * time.Second)
	release2, ok := k.TryLock(t.Context(), "l", 10*time.Second)
	if !ok {
		t.Fatal("a dead holder keeps the lock")
	}
	release()
	if _, ok := k.TryLock(t.Context(), "l", time.Second); ok {
		t.Fatal("the late holder released the new one's lock")
	}
	cancel()
	release2()
	release3, ok := k.TryLock(t.Context(), "l", time.Second)
	if !ok {
		t.Fatal("not released")
	}
	release3()
}

// A released lock whose caller has gone must be free.
func TestReleaseAfterCancel(t *testing.T) {
	k := open(t, "", Options{})
	ctx, cancel := context.WithCancel(t.Context())
	release, _ := k.TryLock(ctx, "l", time.Minute)
	cancel()
	release()
	if _, ok := k.TryLock(t.Context(), "l", time.Minute); !ok {
		t.Fatal("the lock stayed after its caller was cancelled")
	}
	if k.Failures() != 0 {
		t.Fatal("a cancelled caller was counted as a failure of Redis")
	}
}

func TestLosingRedis(t *testing.T) {
	server := miniredis.RunT(t)
	server.RequireAuth("planted-redis-secret")
	c := newClock()
	var out bytes.Buffer
	k := open(t, "planted-redis-secret@"+server.Addr(), Options{Now: c.now, Log: slog.New(slog.NewTextHandler(&out, nil))})
	ctx := t.Context()
	k.Set(ctx, "a", "1", time.Hour)
	if _, ok := k.Get(ctx, "a"); !ok {
		t.Fatal("the password form does not log in")
	}
	if k.Embedded() {
		t.Fatal("not embedded")
	}
	server.Close()
	for range 5 {
		if _, ok := k.Get(ctx, "a"); ok {
			t.Fatal("a lost Redis gave a value")
		}
		if ok, _ := k.Allow(ctx, "a", Rate{N: 1, Per: time.Hour}); !ok {
			t.Fatal("a lost Redis must not refuse")
		}
		if k.Add(ctx, "a", "1", time.Hour) {
			t.Fatal("a lost Redis stored something")
		}
		release, ok := k.TryLock(ctx, "l", time.Second)
		if !ok {
			t.Fatal("a lost Redis must not block")
		}
		release()
	}
	k.Set(ctx, "a", "2", time.Hour)
	k.Delete(ctx, "a")
	if err := k.Ping(ctx); err == nil {
		t.Fatal("ping answered")
	}
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Fatalf("%d log lines within a minute, want 1:\n%s", n, out.String())
	}
	c.move(2 * time.Minute)
	k.Get(ctx, "a")
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Fatalf("%d log lines after two minutes, want 2", n)
	}
	if strings.Contains(out.String(), "planted-redis-secret") {
		t.Fatal("the password is in the log")
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	c.move(2 * time.Second)
	k.Set(ctx, "b", "1", time.Hour)
	if _, ok := k.Get(ctx, "b"); !ok {
		t.Fatal("not back after the restart")
	}
}

func TestParseTarget(t *testing.T) {
	good := map[string]Target{
		"127.0.0.1:6379":                   {Addr: "127.0.0.1:6379"},
		"s3c@r:et@kv.example:6380":         {Addr: "kv.example:6380", Password: "s3c@r:et"},
		"redis://kv.example":               {Addr: "kv.example:6379"},
		"redis://:pa%40ss@kv.example:1/7":  {Addr: "kv.example:1", Password: "pa@ss", DB: 7},
		"redis://daohu:p@[::1]:6379/":      {Addr: "[::1]:6379", User: "daohu", Password: "p"},
		"redis://daohu:p@kv.example:6379/": {Addr: "kv.example:6379", User: "daohu", Password: "p"},
	}
	for in, want := range good {
		if got, err := ParseTarget(in); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"planted", ":6379", "planted@", "planted@host", "host:0", "host:70000", "host:x", "redis://:planted@host:6379/x", "redis://:planted@host:6379/-1", "redis://host:6379?planted=1", "redis://:pla%zznted@host", "redis://"} {
		if _, err := ParseTarget(in); !errors.Is(err, ErrTarget) {
			t.Errorf("%q: got %v, want ErrTarget", in, err)
		} else if strings.Contains(err.Error(), "planted") {
			t.Errorf("the error repeats the value: %v", err)
		}
		if _, err := Open(in, Options{}); err == nil {
			t.Errorf("Open took %q", in)
		}
	}
}
