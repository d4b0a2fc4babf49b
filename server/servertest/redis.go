package servertest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// Redis gives the test an empty Redis of its own, gone when the test ends, and
// returns its host:port. It starts in some 20 ms, so tests need not share
// one, may flush it and may run side by side.
func Redis(t testing.TB) string {
	t.Helper()
	if _, err := find("redis-server"); err != nil {
		missing(t, "redis-server", err)
	}
	s, err := StartRedis(t.Context())
	if err != nil {
		t.Fatalf("Redis: %v", err)
	}
	t.Cleanup(s.Stop)
	return s.Addr
}

// StartRedis starts a server of the caller's own that keeps nothing on disk.
func StartRedis(ctx context.Context) (*Service, error) {
	bin, err := find("redis-server")
	if err != nil {
		return nil, err
	}
	return begin(ctx, func(ctx context.Context, dir, addr string) (*Service, error) {
		_, port, _ := net.SplitHostPort(addr)
		s, err := launch(dir, addr, []string{bin, "--bind", "127.0.0.1", "--port", port,
			"--dir", dir, "--save", "", "--appendonly", "no"})
		if err != nil {
			return nil, err
		}
		return s, s.await(ctx, s.hello)
	})
}

// hello asks a starting Redis for its version.
func (s *Service) hello(ctx context.Context) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := fmt.Fprint(c, "INFO server\r\nQUIT\r\n"); err != nil {
		return err
	}
	for in := bufio.NewScanner(c); in.Scan(); {
		if v, ok := strings.CutPrefix(in.Text(), "redis_version:"); ok {
			s.Version = v
			return nil
		}
	}
	return fmt.Errorf("no version from %s", s.Addr)
}
