package rediskv

import (
	"context"
	"encoding/base64"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// Rate is how often something may happen: N times per Per, all of them at once
// if need be, then evenly (the generic cell rate algorithm of redis_rate).
type Rate struct {
	N   int
	Per time.Duration
}

// Allow counts one event of key and reports whether it is within rate; if not,
// retry says when it is worth trying again. Without Redis it allows.
func (k *KV) Allow(ctx context.Context, key string, rate Rate) (ok bool, retry time.Duration) {
	if rate.N <= 0 || rate.Per <= 0 || !k.up() {
		return true, 0
	}
	if k.mini != nil {
		return k.local.allow(key, rate, k.now())
	}
	res, err := redis_rate.NewLimiter(k.rdb).Allow(ctx, key, redis_rate.Limit{Rate: rate.N, Burst: rate.N, Period: rate.Per})
	if !k.ok(ctx, "limit", err) || res.Allowed > 0 {
		return true, 0
	}
	return false, max(res.RetryAfter, time.Millisecond)
}

// buckets is Allow for the Redis inside the process, by the same algorithm:
// there it is a script in an interpreter of its own, a third of what a poll
// costs.
type buckets struct {
	mu   sync.Mutex
	full map[string]time.Time // when the bucket of a key is full again
}

// sweepFrom is the number of keys from which full buckets are looked for.
const sweepFrom = 4096

func (b *buckets) allow(key string, rate Rate, now time.Time) (bool, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.full) >= sweepFrom {
		maps.DeleteFunc(b.full, func(_ string, at time.Time) bool { return at.Before(now) })
	}
	at := b.full[key]
	if at.Before(now) {
		at = now
	}
	at = at.Add(rate.Per / time.Duration(rate.N))
	if wait := at.Add(-rate.Per).Sub(now); wait > 0 {
		return false, max(wait, time.Millisecond)
	}
	if b.full == nil {
		b.full = map[string]time.Time{}
	}
	b.full[key] = at
	return true, 0
}

// unlock deletes the lock only while it still carries our token: it may have
// expired and be another holder's by now.
const unlock = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`

// TryLock takes the lock called key for at most ttl. ok is false while someone
// else holds it. Without Redis it is granted: what it guards must bear two
// holders, and only costs more then. release may be called once, and always.
func (k *KV) TryLock(ctx context.Context, key string, ttl time.Duration) (release func(), ok bool) {
	free := func() {}
	raw := make([]byte, 12)
	if _, err := io.ReadFull(k.rand, raw); err != nil || !k.up() {
		return free, true
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	err := k.rdb.SetArgs(ctx, key, token, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if err == redis.Nil {
		return free, false
	}
	if !k.ok(ctx, "lock", err) {
		return free, true
	}
	return func() {
		// The work may have used up ctx; the lock must go all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		k.ok(ctx, "unlock", k.rdb.Eval(ctx, unlock, []string{key}, token).Err())
	}, true
}
