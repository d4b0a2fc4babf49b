// Package rediskv is the only one that knows Redis: a cache with expiry, rate
// limits and short locks, on a real Redis or on one inside the process.
//
// Nothing here is the truth. When Redis is lost a read is a miss, a rate limit
// lets through and a lock is granted, so no result changes; what must hold
// without Redis (sessions, PIN tries) is counted in SQL.
package rediskv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// timeout of one dial, read or write. Redis answers in well under a
	// millisecond; a request must not wait longer for a cache than SQL takes.
	timeout = 300 * time.Millisecond
	// pause after a failure during which Redis is not asked at all, so that a
	// dead Redis costs one timeout a second and not one per request.
	pause = time.Second
	// quiet is the least time between two log lines about failures.
	quiet = time.Minute
	// step is how coarsely the in-process Redis follows the clock.
	step = 100 * time.Millisecond
)

// Options say how to open. The zero value of a field is its default.
type Options struct {
	Now  func() time.Time // default: time.Now; drives expiry of the in-process Redis
	Rand io.Reader        // lock tokens, default: crypto/rand
	Log  *slog.Logger     // default: nothing is logged
}

// KV is a connection to Redis. It is safe for concurrent use.
type KV struct {
	rdb   *redis.Client
	mini  *miniredis.Miniredis // nil on a real Redis
	local buckets
	now   func() time.Time
	rand  io.Reader
	log   *slog.Logger

	failures atomic.Int64
	downTill atomic.Int64 // Unix ms; Redis is not asked before
	loggedAt atomic.Int64 // Unix ms

	mu    sync.Mutex // guards synced
	clock bool       // Now was injected
	moved time.Time  // clock of the in-process Redis
}

// Open returns a client of target: "" = a Redis inside this process that
// listens nowhere and forgets everything at Close; else an address as
// ParseTarget takes it. A real Redis need not be up yet: ask Ping.
func Open(target string, opt Options) (*KV, error) {
	k := &KV{now: opt.Now, rand: opt.Rand, log: opt.Log, clock: opt.Now != nil}
	k.defaults()
	conn := &redis.Options{
		DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout, PoolTimeout: timeout,
		DialerRetries: 1, MaxRetries: -1, ContextTimeoutEnabled: true, Protocol: 2, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if target == "" {
		k.mini, k.moved = miniredis.NewMiniRedis(), k.now()
		if k.clock {
			k.mini.SetTime(k.moved)
		}
		conn.Dialer = func(context.Context, string, string) (net.Conn, error) { return k.mini.Dial() }
	} else {
		t, err := ParseTarget(target)
		if err != nil {
			return nil, err
		}
		conn.Addr, conn.Username, conn.Password, conn.DB = t.Addr, t.User, t.Password, t.DB
	}
	// The library writes pool errors to stderr by itself; fail says them once a minute.
	redis.SetLogger(&logging.VoidLogger{})
	k.rdb = redis.NewClient(conn)
	return k, nil
}

// Close ends the connections and the in-process Redis.
func (k *KV) Close() error {
	err := k.rdb.Close()
	if k.mini != nil {
		k.mini.Close()
	}
	return err
}

// Embedded reports whether this is the Redis inside the process.
func (k *KV) Embedded() bool { return k.mini != nil }

// Failures counts the calls that went on without Redis since Open.
func (k *KV) Failures() int64 { return k.failures.Load() }

// Ping asks Redis now, even in the pause after a failure.
func (k *KV) Ping(ctx context.Context) error {
	if err := k.rdb.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("rediskv: ping: %w", err)
	}
	k.downTill.Store(0)
	return nil
}

// Get returns the value of key; false = none, expired, or Redis is lost.
func (k *KV) Get(ctx context.Context, key string) (string, bool) {
	if !k.up() {
		return "", false
	}
	v, err := k.rdb.Get(ctx, key).Result()
	if errors.Is(err, redis.Nil) {
		return "", false
	}
	return v, k.ok(ctx, "get", err)
}

// Set keeps value for ttl. A ttl below one millisecond deletes the key: to
// Redis it would mean for ever. It is tried even in the pause after a failure,
// because the new value may take back an old one.
func (k *KV) Set(ctx context.Context, key, value string, ttl time.Duration) {
	if ttl < time.Millisecond {
		k.Delete(ctx, key)
		return
	}
	k.follow()
	k.ok(ctx, "set", k.rdb.Set(ctx, key, value, ttl).Err())
}

// Add keeps value for ttl unless the key is there already, and reports whether
// it was stored.
func (k *KV) Add(ctx context.Context, key, value string, ttl time.Duration) bool {
	if ttl < time.Millisecond || !k.up() {
		return false
	}
	err := k.rdb.SetArgs(ctx, key, value, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	return !errors.Is(err, redis.Nil) && k.ok(ctx, "add", err)
}

// Delete forgets keys; it is tried even in the pause after a failure.
func (k *KV) Delete(ctx context.Context, keys ...string) {
	if len(keys) == 0 {
		return
	}
	k.follow()
	k.ok(ctx, "delete", k.rdb.Del(ctx, keys...).Err())
}

// up reports whether Redis is worth asking, and moves the in-process clock.
func (k *KV) up() bool {
	if k.now().UnixMilli() < k.downTill.Load() {
		k.failures.Add(1)
		return false
	}
	k.follow()
	return true
}

// follow moves the in-process Redis to the clock: it does not expire keys by
// itself. Moving it from the calls needs no goroutine, and a test that moves
// its clock sees the effect at the next call. A clock set back is ignored.
func (k *KV) follow() {
	if k.mini == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	d := now.Sub(k.moved)
	if d < 0 {
		k.moved = now
	}
	if d < step {
		return
	}
	k.moved = now
	k.mini.FastForward(d)
	if k.clock {
		k.mini.SetTime(now) // else TIME is the machine's, to the microsecond
	}
}

// ok counts err and reports whether there was none. A caller who went away is
// not a failure of Redis.
func (k *KV) ok(ctx context.Context, op string, err error) bool {
	if err == nil {
		return true
	}
	if ctx.Err() != nil {
		return false
	}
	k.failures.Add(1)
	now := k.now().UnixMilli()
	k.downTill.Store(now + pause.Milliseconds())
	last := k.loggedAt.Load()
	if (last == 0 || now-last >= quiet.Milliseconds()) && k.loggedAt.CompareAndSwap(last, now) {
		k.log.WarnContext(ctx, "redis does not answer; going on without it", "op", op, "failures", k.failures.Load(), "err", err)
	}
	return false
}
