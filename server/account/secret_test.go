package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"daohu/server/calendar"
	"daohu/server/fault"
)

func TestHash(t *testing.T) {
	h := newHasher(HashParams{MemoryKiB: 64, Passes: 1}, rand.Reader, 2)
	ctx := t.Context()
	a, err := h.hash(ctx, "密码 one")
	if err != nil || !strings.HasPrefix(a, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("got %q, %v", a, err)
	}
	if b, _ := h.hash(ctx, "密码 one"); a == b {
		t.Fatal("no salt")
	}
	for secret, want := range map[string]bool{"密码 one": true, "密码 two": false, "": false} {
		if ok, err := h.verify(ctx, a, secret); ok != want || err != nil {
			t.Errorf("%q: %v, %v", secret, ok, err)
		}
	}
	// Costs may be raised later: old hashes keep theirs.
	if ok, err := newHasher(HashParams{MemoryKiB: 128, Passes: 2, Lanes: 2}, rand.Reader, 1).verify(ctx, a, "密码 one"); !ok || err != nil {
		t.Errorf("an older hash: %v, %v", ok, err)
	}
	if ok, err := h.verify(ctx, "", ""); ok || err != nil {
		t.Errorf("no hash: %v, %v", ok, err)
	}
	for _, bad := range []string{"x", "$2a$10$abc", strings.Replace(a, "argon2id", "argon2i", 1), strings.Replace(a, "m=64", "m=4000000", 1), strings.Replace(a, "t=1", "t=0", 1), a[:len(a)-4], strings.Replace(a, "v=19", "v=16", 1)} {
		if ok, err := h.verify(ctx, bad, "密码 one"); ok || err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if d := newHasher(HashParams{}, nil, 0); d.params != (HashParams{19456, 2, 1}) || cap(d.slots) != 1 {
		t.Errorf("default %+v", d.params)
	}
}

// A vector of the reference implementation (RFC 9106, section 5.3 has other
// inputs than a password; this one is from the argon2 command line):
// echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32.
func TestHashIsArgon2id(t *testing.T) {
	const stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	h := newHasher(HashParams{}, rand.Reader, 1)
	if ok, err := h.verify(t.Context(), stored, "password"); !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
}

// When all slots are taken a caller who leaves does not wait.
func TestHasherBoundsItsWork(t *testing.T) {
	h := newHasher(HashParams{MemoryKiB: 64, Passes: 1}, rand.Reader, 1)
	h.slots <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := h.verify(ctx, "", "x"); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("got %v", err)
	}
}

func TestCodesAndPINs(t *testing.T) {
	seen := map[byte]int{}
	for range 2000 {
		c, err := newCode(rand.Reader)
		if err != nil || readCode(c) != c {
			t.Fatalf("%q, %v", c, err)
		}
		for i := range len(c) {
			seen[c[i]]++
		}
		pin, err := newPIN(rand.Reader)
		if err != nil || len(pin) != 6 || strings.Trim(pin, "0123456789") != "" {
			t.Fatalf("%q, %v", pin, err)
		}
	}
	if len(seen) != 32 {
		t.Errorf("%d characters in use, want 32", len(seen))
	}
	for c, n := range seen { // 16000 draws, 500 each; ten deviations of 22
		if n < 280 || n > 720 {
			t.Errorf("%c came %d times", c, n)
		}
	}
	for in, want := range map[string]string{"oil1-2345": "01112345", " abcd efgh ": "ABCDEFGH", "ABCDEFG": "", "ABCDEFGHJ": "", "ABCDEFGU": "", "": "", "一二三四五六七八": "", strings.Repeat(" ", 65): ""} {
		if got := readCode(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	// A draw above the last whole million would favour low PINs.
	if pin, err := newPIN(bytes.NewReader([]byte{255, 255, 255, 255, 0, 0, 0, 7})); err != nil || pin != "000007" {
		t.Errorf("%q, %v", pin, err)
	}
	if _, err := newPIN(bytes.NewReader(bytes.Repeat([]byte{255}, 256))); err == nil {
		t.Error("a PIN from broken randomness")
	}
	if _, err := newToken(bytes.NewReader(nil)); err == nil {
		t.Error("a token from no randomness")
	}
}

func TestWindows(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", s, calendar.Zone())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, x := range []struct {
		l               limit
		now, start, end string
	}{
		{pinLimit, "2026-03-02 00:00:00", "2026-03-02 00:00:00", "2026-03-03 00:00:00"},
		{pinLimit, "2026-03-02 23:59:59", "2026-03-02 00:00:00", "2026-03-03 00:00:00"},
		{pinLimit, "2026-12-31 07:00:00", "2026-12-31 00:00:00", "2027-01-01 00:00:00"}, // still the 30th in UTC
		{passwordLimit, "2026-03-02 08:14:59", "2026-03-02 08:00:00", "2026-03-02 08:15:00"},
		{addressLimit, "2026-03-02 08:14:59", "2026-03-02 08:00:00", "2026-03-02 09:00:00"},
	} {
		start, end := x.l.at(at(x.now).UTC())
		if !start.Equal(at(x.start)) || !end.Equal(at(x.end)) {
			t.Errorf("%s at %s: %v to %v", x.l.name, x.now, start, end)
		}
	}
	for in, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "unknown", "1.2.3.4, 5.6.7.8": "unknown"} {
		if got := address(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
