package account

import (
	"context"
	"net/netip"
	"time"

	"daohu/server/calendar"
	"daohu/server/fault"
)

// limit is how many tries of a kind are let through in one window. Windows are
// fixed (they begin at whole multiples of their length, days at midnight in
// Shanghai), so around a boundary twice the number can pass; the day of a PIN
// has one boundary.
type limit struct {
	name   string
	n      int64
	window time.Duration // 24 h = a calendar day
	detail string
}

var (
	pinLimit      = limit{"pin", 10, 24 * time.Hour, "今天密码输错太多次了，请明天再试，或请帮扶干部重发明白卡密码。"}
	bindLimit     = limit{"bind", 10, 24 * time.Hour, "今天绑定码输错太多次了，请明天再试，或请管理员核对绑定码。"}
	numberLimit   = limit{"number", 10, 24 * time.Hour, "今天用手机号试了太多次，请明天再试，或者用绑定码登录。"}
	passwordLimit = limit{"password", 10, 15 * time.Minute, "密码输错太多次了，请过一会儿再试。"}
	totpLimit     = limit{"totp", 10, 15 * time.Minute, "动态验证码输错太多次了，请过一会儿再试。"}
	// addressLimit counts logins that fail, from one IPv4 address or one IPv6
	// /64: enough for a village office behind one line, too few to spray names.
	addressLimit = limit{"address", 100, time.Hour, "这个网络上登录失败的次数太多，请过一会儿再试。"}
)

func (l limit) at(now time.Time) (start, end time.Time) {
	if l.window == 24*time.Hour {
		y, m, d := now.In(calendar.Zone()).Date()
		start = time.Date(y, m, d, 0, 0, 0, 0, calendar.Zone())
		return start, start.AddDate(0, 0, 1)
	}
	start = now.Truncate(l.window)
	return start, start.Add(l.window)
}

// try is one counted attempt.
type try struct {
	s       *Service
	subject string
	started int64
}

// take counts an attempt of who before it is made, so that guesses made at the
// same moment cannot pass the limit together. TooMany, with Retry up to the end
// of the window.
func (s *Service) take(ctx context.Context, l limit, who string) (try, error) {
	now := s.now()
	start, end := l.at(now)
	t := try{s, s.keyed("attempt "+l.name, who), start.UnixMilli()}
	ok, err := s.attempts.TakeAttempt(ctx, Attempt{Subject: t.subject, StartedAt: t.started, ExpiresAt: end.UnixMilli()}, l.n)
	if err != nil {
		return t, err
	}
	if !ok {
		return t, &fault.Error{Code: fault.TooMany, Detail: l.detail, Retry: max(end.Sub(now), time.Second)}
	}
	return t, nil
}

// refund takes the attempt back: it succeeded. Failing to only costs the user
// a try, not the login.
func (t try) refund(ctx context.Context) {
	if err := t.s.attempts.RefundAttempt(context.WithoutCancel(ctx), t.subject, t.started); err != nil {
		t.s.log.WarnContext(ctx, "a login attempt could not be taken back", "err", err)
	}
}

// clear forgets all attempts of the subject.
func (t try) clear(ctx context.Context) {
	if err := t.s.attempts.ClearAttempts(context.WithoutCancel(ctx), t.subject); err != nil {
		t.s.log.WarnContext(ctx, "login attempts could not be cleared", "err", err)
	}
}

// address names who is counted behind an IP address. What cannot be read is
// counted together.
func address(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64) // what one customer gets (RFC 6177)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
