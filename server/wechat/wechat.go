// Package wechat talks to WeChat's server interface for mini-programs. It is
// the only package that knows silenceper/wechat.
//
// What that library needs to be told, and is told here: a client with a
// timeout; that its errors carry the app secret; that its code goes unescaped
// into an address; that an access token is one per app and shared by all
// servers.
package wechat

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/miniprogram/auth"
	"github.com/silenceper/wechat/v2/miniprogram/business"
	"github.com/silenceper/wechat/v2/miniprogram/config"
	mini "github.com/silenceper/wechat/v2/miniprogram/context"
	"github.com/silenceper/wechat/v2/util"

	"daohu/server/fault"
)

// Cache keeps the access token between calls and servers. A miss costs one
// call to WeChat and nothing else.
type Cache interface {
	Get(ctx context.Context, key string) (string, bool)
	Set(ctx context.Context, key, value string, ttl time.Duration)
	Delete(ctx context.Context, keys ...string)
}

// Locks keeps servers from asking for the token at the same time. Two holders
// do no harm: the stable token is the same for both.
type Locks interface {
	TryLock(ctx context.Context, key string, ttl time.Duration) (release func(), ok bool)
}

// Options say which mini-program this is.
type Options struct {
	AppID, Secret string // DAOHU_WECHAT_APPID, DAOHU_WECHAT_SECRET; required
	Cache         Cache  // required
	Locks         Locks  // required
	// Transport carries the requests; default: a copy of http.DefaultTransport.
	Transport http.RoundTripper
	// Timeout of one request, connecting and reading included; default: 5 s,
	// the time a person waits at a login button before pressing it again.
	Timeout time.Duration
}

// Client is the real WeChat. It is safe for concurrent use.
type Client struct {
	cfg    *config.Config
	tokens *tokens
}

// New makes the client; it asks WeChat nothing yet. The library has one HTTP
// client per process, which New sets: call it once, at start.
func New(opt Options) (*Client, error) {
	if opt.AppID == "" || opt.Secret == "" {
		return nil, errors.New("wechat: DAOHU_WECHAT_APPID and DAOHU_WECHAT_SECRET are required")
	}
	if opt.Cache == nil || opt.Locks == nil {
		return nil, errors.New("wechat: Cache and Locks are required")
	}
	util.DefaultHTTPClient = httpClient(opt.Transport, opt.Timeout)
	c := &Client{cfg: &config.Config{AppID: opt.AppID, AppSecret: opt.Secret, Cache: libCache{opt.Cache}, UseStableAK: true}}
	stable, ok := credential.NewStableAccessToken(opt.AppID, opt.Secret, keyPrefix, c.cfg.Cache).(*credential.StableAccessToken)
	if !ok {
		return nil, errors.New("wechat: the library no longer offers the stable access token")
	}
	c.tokens = &tokens{stable: stable, cache: opt.Cache, locks: opt.Locks, key: keyPrefix + "_stable_access_token_" + opt.AppID, gate: make(chan struct{}, 1), wait: lockWait}
	return c, nil
}

// Code2Session turns the code of wx.login into the user's openid. A code works
// once, for five minutes. Codes: Invalid (not a code), BadLogin (used up or
// too old: call wx.login again), Forbidden (WeChat blocks the account),
// TooMany, Unavailable, Internal (wrong app id or secret).
func (c *Client) Code2Session(ctx context.Context, code string) (string, error) {
	if err := checkCode(code); err != nil {
		return "", err
	}
	// The library pastes the code into the address as it is.
	res, err := auth.NewAuth(&mini.Context{Config: c.cfg}).Code2SessionContext(ctx, url.QueryEscape(code))
	if err != nil {
		return "", c.fault("code2session", err, code)
	}
	if res.OpenID == "" || len(res.OpenID) > 64 || !printable(res.OpenID) {
		return "", &fault.Error{Code: fault.Unavailable, Retry: retryBusy, Err: errors.New("wechat: code2session: an answer without an openid")}
	}
	return res.OpenID, nil // the session key is not needed and not kept
}

// PhoneNumber turns the code of a phone-number button into the number:
// 11 digits within China, +CC number elsewhere. Codes as for Code2Session.
func (c *Client) PhoneNumber(ctx context.Context, code string) (string, error) {
	if err := checkCode(code); err != nil {
		return "", err
	}
	var info business.PhoneInfo
	err := c.withToken(ctx, "phonenumber", []string{code}, func(with *mini.Context) (err error) {
		info, err = business.NewBusiness(with).GetPhoneNumberWithContext(ctx, &business.GetPhoneNumberRequest{Code: code})
		return err
	})
	if err != nil {
		return "", err
	}
	switch {
	case info.Watermark.AppID != c.cfg.AppID:
		return "", fault.Wrap(fault.Internal, errors.New("wechat: phonenumber: the number is for another app"))
	case !digits(info.PurePhoneNumber) || !digits(info.CountryCode):
		return "", &fault.Error{Code: fault.Unavailable, Retry: retryBusy, Err: errors.New("wechat: phonenumber: an answer without a number")}
	case info.CountryCode == "86":
		return info.PurePhoneNumber, nil
	}
	return "+" + info.CountryCode + " " + info.PurePhoneNumber, nil
}

// withToken calls the library with the app's access token; once more with a
// new one when WeChat refuses it. The error is ours, without the secrets.
func (c *Client) withToken(ctx context.Context, op string, secrets []string, call func(*mini.Context) error) error {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return c.fault("token", err)
	}
	with := func(token string) *mini.Context {
		return &mini.Context{Config: c.cfg, AccessTokenContextHandle: credential.AccessTokenCompatibleHandle{AccessTokenHandle: given(token)}}
	}
	err = call(with(token))
	if tokenRefused(errcode(err)) {
		// Another server or the operator's console may have made a new token
		// while ours was still cached. Once; a second refusal is an error.
		if token, err = c.tokens.refresh(ctx, token); err != nil {
			return c.fault("token", err, token)
		}
		err = call(with(token))
	}
	if err != nil {
		return c.fault(op, err, append(secrets, token)...)
	}
	return nil
}

// checkCode: WeChat gives no length; those seen have 32 to 64 characters.
func checkCode(code string) error {
	if code == "" || len(code) > 128 || !printable(code) {
		return fault.Bad(fault.Field{Name: "code", Code: "format", Detail: "微信登录没有成功，请再点一次。"})
	}
	return nil
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 20
}
