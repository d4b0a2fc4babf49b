package api

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listen serves the fixture on a real socket, with short timeouts.
func listen(t *testing.T, f *fixture) string {
	t.Helper()
	s := Server("127.0.0.1:0", f.api, nil, f.api.deps.Log)
	s.ReadHeaderTimeout = 50 * time.Millisecond
	l, err := net.Listen("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestSlowHeadersAreCutOff(t *testing.T) {
	addr := listen(t, newFixture(t))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer, err := io.ReadAll(conn)
	if err != nil || strings.Contains(string(answer), "200 OK") {
		t.Errorf("%v %q", err, answer)
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	addr := listen(t, newFixture(t))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	go func() {
		_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Big: "+strings.Repeat("a", 40<<10)+"\r\n\r\n")
	}()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%v %+v", err, res)
	}
}

// TestAnUploadMayTakeLonger sends a body that starts only after the server's
// read timeout has passed: the route's own time must hold.
func TestAnUploadMayTakeLonger(t *testing.T) {
	f := newFixture(t)
	s := Server("127.0.0.1:0", f.api, nil, f.api.deps.Log)
	s.ReadTimeout = 100 * time.Millisecond
	l, err := net.Listen("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	defer func() { _ = s.Close() }()
	send := func(path string) int {
		body, w := io.Pipe()
		time.AfterFunc(400*time.Millisecond, func() {
			_, _ = io.WriteString(w, "{}")
			_ = w.Close()
		})
		r, err := http.NewRequestWithContext(context.Background(), "POST", "http://"+l.Addr().String()+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer role-C")
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0 // cut off
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if c := send("/api/v1/uploads"); c != 201 {
		t.Errorf("upload: %d", c)
	}
	if c := send("/api/v1/login/password"); c == 200 || c == 422 {
		t.Errorf("a log-in waited: %d", c)
	}
}

func TestPollIsSmall(t *testing.T) {
	addr := listen(t, newFixture(t))
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /api/v1/sync?cursor=c&schema=1&client="+rowID+" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer role-C\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	// 148 bytes is the best of the measured rivals.
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 204 ") || len(answer) > 148 {
		t.Errorf("%v: %d bytes\n%s", err, len(answer), answer)
	}
}

func TestGzip(t *testing.T) {
	f := newFixture(t)
	for accept, want := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "*": true, "": false, "gzip;q=0": false, "gzip; q=0.0, *": false, "br": false, "*;q=0": false} {
		w := f.do("", "GET", "/openapi.json", "", "Accept-Encoding", accept)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: %v", accept, got)
		}
		if w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: no Vary", accept)
		}
		if !want {
			continue
		}
		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := io.ReadAll(z); err != nil || string(raw) != string(f.api.document) {
			t.Errorf("%v, %d bytes", err, len(raw))
		}
	}
	if w := f.do("T", "GET", "/api/v1/me", "", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
		t.Errorf("a small body grew: %d bytes", w.Body.Len())
	}
	if w := f.do("T", "GET", "/api/v1/photos/"+rowID, ""); w.Code != 403 && w.Header().Get("Content-Encoding") != "" {
		t.Error("a photo was compressed")
	}
}

// status asks a real server; headers come as pairs.
func status(t *testing.T, url string, headers ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}
