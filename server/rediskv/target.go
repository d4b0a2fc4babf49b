package rediskv

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrTarget says that DAOHU_REDIS cannot be read. It never repeats the value,
// which may hold a password.
var ErrTarget = errors.New("DAOHU_REDIS must look like redis://:password@host:port/0, password@host:port or host:port")

// Target says which Redis.
type Target struct {
	Addr     string // host:port
	User     string // "" = the default user
	Password string // "" = none
	DB       int    // 0 to 15 on a default Redis
}

// ParseTarget reads redis://[user][:password@]host:port[/db],
// password@host:port or host:port. In the second form everything before the
// last @ is the password. It fails with ErrTarget.
func ParseTarget(s string) (Target, error) {
	if strings.HasPrefix(s, "redis://") {
		return parseURL(s)
	}
	var t Target
	t.Addr = s
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		t.Password, t.Addr = s[:i], s[i+1:]
	}
	return t, checkAddr(t.Addr)
}

func parseURL(s string) (Target, error) {
	u, err := url.Parse(s)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return Target{}, ErrTarget
	}
	t := Target{Addr: u.Host}
	if u.Port() == "" {
		t.Addr = net.JoinHostPort(u.Hostname(), "6379")
	}
	if u.User != nil {
		t.User = u.User.Username()
		t.Password, _ = u.User.Password()
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		if t.DB, err = strconv.Atoi(path); err != nil || t.DB < 0 {
			return Target{}, ErrTarget
		}
	}
	return t, checkAddr(t.Addr)
}

func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return ErrTarget
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return ErrTarget
	}
	return nil
}

func (k *KV) defaults() {
	if k.now == nil {
		k.now = time.Now
	}
	if k.rand == nil {
		k.rand = rand.Reader
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
}
