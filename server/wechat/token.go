package wechat

import (
	"context"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/credential"
)

const (
	keyPrefix = "wechat"
	// lockTTL outlives the two requests a holder may make (5 s each).
	lockTTL = 12 * time.Second
	// lockWait is how long to wait for another server's token before asking
	// for one all the same.
	lockWait = 3 * time.Second
	lockPoll = 50 * time.Millisecond
	// spare is taken off a token's life, as the library does.
	spare = 300 * time.Second
)

// tokens hands out the app's stable access token.
type tokens struct {
	stable *credential.StableAccessToken
	cache  Cache
	locks  Locks
	key    string // where the library caches the token
	// gate lets one caller of this process in. The library has a mutex of its
	// own, but waiting for that one cannot be cancelled.
	gate chan struct{}
	wait time.Duration // lockWait
}

func (t *tokens) get(ctx context.Context) (string, error) {
	if v, ok := t.cache.Get(ctx, t.key); ok && v != "" {
		return v, nil
	}
	leave, err := t.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return t.stable.GetAccessTokenContext(ctx)
}

// refresh replaces a token that WeChat refused. It asks in the normal way
// first, which costs nothing; only when the same token comes back does it force
// a new one (WeChat allows that 20 times a day).
func (t *tokens) refresh(ctx context.Context, bad string) (string, error) {
	leave, err := t.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	if v, ok := t.cache.Get(ctx, t.key); ok && v != "" && v != bad {
		return v, nil // someone else has been here
	}
	t.cache.Delete(ctx, t.key)
	v, err := t.stable.GetAccessTokenContext(ctx)
	if err != nil || v != bad {
		return v, err
	}
	res, err := t.stable.GetAccessTokenDirectly(ctx, true)
	if err != nil {
		return "", err
	}
	t.cache.Set(ctx, t.key, res.AccessToken, time.Duration(res.ExpiresIn)*time.Second-spare)
	return res.AccessToken, nil
}

// enter waits for the gate and, for at most t.wait, for the shared lock.
func (t *tokens) enter(ctx context.Context) (leave func(), err error) {
	select {
	case t.gate <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	wait, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	for {
		release, ok := t.locks.TryLock(ctx, "lock:"+t.key, lockTTL)
		if ok {
			return func() { release(); <-t.gate }, nil
		}
		select {
		case <-poll.C:
		case <-wait.Done():
			if ctx.Err() != nil {
				<-t.gate
				return nil, ctx.Err()
			}
			return func() { <-t.gate }, nil
		}
	}
}

// given is a token already at hand, in the library's terms.
type given string

func (g given) GetAccessToken() (string, error) { return string(g), nil }

// libCache serves the library's cache interface from ours, whatever client is
// behind it. Values are text. The library fails a login when its cache fails to
// store, so Set never does.
type libCache struct{ c Cache }

var _ cache.ContextCache = libCache{}

func (l libCache) Get(key string) any { return l.GetContext(context.Background(), key) }

func (l libCache) GetContext(ctx context.Context, key string) any {
	if v, ok := l.c.Get(ctx, key); ok {
		return v
	}
	return nil // an untyped nil: the library asserts anything else to be text
}

func (l libCache) Set(key string, val any, ttl time.Duration) error {
	return l.SetContext(context.Background(), key, val, ttl)
}

func (l libCache) SetContext(ctx context.Context, key string, val any, ttl time.Duration) error {
	// A life that has run out already must not become "for ever".
	if s, ok := val.(string); ok && ttl > 0 {
		l.c.Set(ctx, key, s, ttl)
	}
	return nil
}

func (l libCache) IsExist(key string) bool { return l.IsExistContext(context.Background(), key) }

func (l libCache) IsExistContext(ctx context.Context, key string) bool {
	_, ok := l.c.Get(ctx, key)
	return ok
}

func (l libCache) Delete(key string) error { return l.DeleteContext(context.Background(), key) }

func (l libCache) DeleteContext(ctx context.Context, key string) error {
	l.c.Delete(ctx, key)
	return nil
}
