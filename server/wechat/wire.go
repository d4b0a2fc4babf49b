package wechat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"daohu/server/fault"
)

const (
	host = "api.weixin.qq.com"
	// maxBody: the longest answer used here has a few hundred bytes.
	maxBody   = 64 << 10
	retryBusy = 5 * time.Second
)

// httpClient is what the library sends everything through.
func httpClient(base http.RoundTripper, timeout time.Duration) *http.Client {
	if base == nil {
		base = http.DefaultTransport
		if t, ok := base.(*http.Transport); ok {
			base = t.Clone()
		}
	}
	if timeout <= 0 {
		timeout = 5 * time.Second
	}
	return &http.Client{
		Transport: guard{base}, Timeout: timeout,
		// The address carries the secret: it must not follow to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// guard lets requests go to WeChat's host only, bounds answers, and turns any
// status but 200 into an error without the address, which the library would
// put into its own.
type guard struct{ base http.RoundTripper }

func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" || r.URL.Host != host {
		return nil, errors.New("not WeChat's address")
	}
	res, err := g.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxBody), res.Body}
	return res, nil
}

var (
	codeText   = regexp.MustCompile(`errcode=(-?\d+)`)
	ridText    = regexp.MustCompile(`rid: ?[0-9A-Za-z-]{1,64}`)
	secretText = regexp.MustCompile(`(?i)(secret|access_token|js_code|uri)=\S+`)
)

// errcode reads WeChat's own code out of a library error; 0 = none.
func errcode(err error) int64 {
	if err == nil {
		return 0
	}
	m := codeText.FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	return n
}

// tokenRefused: invalid credential, invalid token, expired token.
func tokenRefused(code int64) bool { return code == 40001 || code == 40014 || code == 42001 }

// fault says what a failed call means for the person at the phone. The
// library's error is not wrapped: only WeChat's code, its request id and a
// scrubbed sentence of the network are taken from it.
// Codes: developers.weixin.qq.com, code2Session, getPhoneNumber,
// subscribeMessage.send and msgSecCheck.
func (c *Client) fault(op string, err error, secrets ...string) *fault.Error {
	code := errcode(err)
	if code == 0 {
		return c.networkFault(op, err, secrets)
	}
	text := fmt.Sprintf("wechat: %s: errcode %d", op, code)
	if rid := ridText.FindString(err.Error()); rid != "" {
		text += ", " + rid
	}
	cause := errors.New(c.scrub(text, secrets))
	switch code {
	case 40029, 40163: // invalid code, code already used
		return &fault.Error{Code: fault.BadLogin, Detail: "微信登录已过期，请再点一次。", Err: cause}
	case 40226: // blocked as high-risk
		return &fault.Error{Code: fault.Forbidden, Detail: "微信限制了这个账号，暂时不能登录。", Err: cause}
	case 43101: // the person takes no more subscription messages of this template
		return &fault.Error{Code: fault.Forbidden, Detail: "对方没有同意接收这种提醒。", Err: cause}
	case 40003: // no such openid for this app
		return fault.Wrap(fault.NotFound, cause)
	case 61010: // content check: not in the mini-program within two hours
		return fault.Wrap(fault.Gone, cause)
	case 45011, 45009: // per user and minute, per app and day
		return &fault.Error{Code: fault.TooMany, Retry: time.Minute, Err: cause}
	case -1: // WeChat is busy
		return &fault.Error{Code: fault.Unavailable, Detail: "微信正忙，请稍后再试。", Retry: retryBusy, Err: cause}
	}
	return fault.Wrap(fault.Internal, cause)
}

func (c *Client) networkFault(op string, err error, secrets []string) *fault.Error {
	text := err.Error()
	if u, ok := errors.AsType[*url.Error](err); ok {
		text = u.Err.Error() // without the address
	}
	cause := error(errors.New("wechat: " + op + ": " + c.scrub(text, secrets)))
	// Kept apart so that callers can tell a person who left from a dead line.
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			cause = fmt.Errorf("wechat: %s: %w", op, known)
		}
	}
	return &fault.Error{Code: fault.Unavailable, Detail: "暂时连不上微信，请稍后再试。", Retry: retryBusy, Err: cause}
}

// scrub takes out whatever must not reach a log: the app secret, the tokens
// and codes of this call, and anything that looks like one in an address.
func (c *Client) scrub(text string, secrets []string) string {
	text = secretText.ReplaceAllString(text, "$1=***")
	for _, s := range append([]string{c.cfg.AppSecret}, secrets...) {
		if s != "" {
			text = strings.ReplaceAll(text, s, "***")
			text = strings.ReplaceAll(text, url.QueryEscape(s), "***")
		}
	}
	return text
}
