package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"

	"daohu/server/fault"
)

// HashParams are the costs of argon2id. The zero value is the least that the
// OWASP Password Storage Cheat Sheet allows: 19 MiB, 2 passes, 1 lane. RFC
// 9106's second choice (64 MiB, 3 passes, 4 lanes) is better where the machine
// has the memory for it.
type HashParams struct {
	MemoryKiB uint32 // default 19456
	Passes    uint32 // default 2
	Lanes     uint8  // default 1
}

const (
	saltBytes = 16 // RFC 9106, section 3.1
	hashBytes = 32
	// maxSecret bounds what is hashed, in bytes.
	maxSecret = 128
	// maxMemoryKiB refuses a stored hash that would eat the machine: 1 GiB.
	maxMemoryKiB = 1 << 20
)

// hasher makes and checks argon2id hashes, a few at a time: every one takes
// MemoryKiB, and logins come from anyone.
type hasher struct {
	params HashParams
	rand   io.Reader
	slots  chan struct{}
}

func newHasher(p HashParams, rand io.Reader, slots int) *hasher {
	if p.MemoryKiB == 0 {
		p.MemoryKiB = 19456
	}
	if p.Passes == 0 {
		p.Passes = 2
	}
	if p.Lanes == 0 {
		p.Lanes = 1
	}
	return &hasher{params: p, rand: rand, slots: make(chan struct{}, max(slots, 1))}
}

func (h *hasher) key(ctx context.Context, p HashParams, secret string, salt []byte) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, ctx.Err())
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(secret), salt, p.Passes, p.MemoryKiB, p.Lanes, hashBytes), nil
}

// hash returns secret's hash in the PHC string format.
func (h *hasher) hash(ctx context.Context, secret string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", fmt.Errorf("account: randomness: %w", err)
	}
	p := h.params
	key, err := h.key(ctx, p, secret, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.MemoryKiB, p.Passes, p.Lanes, b64(salt), b64(key)), nil
}

// verify reports whether secret has this hash. An empty hash costs the same
// time and never matches, so that a name nobody has answers no faster.
func (h *hasher) verify(ctx context.Context, stored, secret string) (bool, error) {
	if stored == "" {
		_, err := h.key(ctx, h.params, secret, make([]byte, saltBytes))
		return false, err
	}
	p, salt, want, err := parseHash(stored)
	if err != nil {
		return false, err
	}
	got, err := h.key(ctx, p, secret, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

func parseHash(s string) (p HashParams, salt, key []byte, err error) {
	part := strings.Split(s, "$")
	var v int
	if len(part) != 6 || part[1] != "argon2id" {
		return p, nil, nil, errors.New("account: a stored hash is not argon2id")
	}
	if _, err := fmt.Sscanf(part[2]+" "+part[3], "v=%d m=%d,t=%d,p=%d", &v, &p.MemoryKiB, &p.Passes, &p.Lanes); err != nil || v != argon2.Version ||
		p.MemoryKiB == 0 || p.MemoryKiB > maxMemoryKiB || p.Passes == 0 || p.Passes > 64 || p.Lanes == 0 {
		return p, nil, nil, errors.New("account: a stored hash has costs that are not ours")
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[4])
	key, err2 := base64.RawStdEncoding.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(key) != hashBytes {
		return p, nil, nil, errors.New("account: a stored hash is damaged")
	}
	return p, salt, key, nil
}

// lockedRand lets many requests read one source of randomness.
type lockedRand struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedRand) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return io.ReadFull(l.r, p)
}

// tokenBytes is the length of a session or card token: 256 random bits.
const tokenBytes = 32

func newToken(rand io.Reader) (string, error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return "", fmt.Errorf("account: randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// tokenHash is what is kept of a token: SHA-256, hex; "" when the text cannot
// be a token. A plain hash is enough for 256 random bits.
func tokenHash(token string) string {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return ""
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(token); err != nil || strings.ContainsAny(token, "\r\n") {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// keyed is the HMAC-SHA256 of text, hex. Codes, PINs and counted subjects are
// short enough to guess, so that a plain hash of them would give them away to
// whoever reads the database.
func (s *Service) keyed(domain, text string) string { return keyed(s.keys[0], domain, text) }

func keyed(key []byte, domain, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(domain))
	m.Write([]byte{0})
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// codeAlphabet is Crockford's base 32: no I, L, O, U. 8 characters are 40 bits;
// with ten tries a day an openid, guessing one of a thousand open codes takes
// some 300 years of a thousand WeChat accounts.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeLength   = 8
)

func newCode(rand io.Reader) (string, error) {
	raw := make([]byte, codeLength)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return "", fmt.Errorf("account: randomness: %w", err)
	}
	for i, b := range raw {
		raw[i] = codeAlphabet[b&31]
	}
	return string(raw), nil
}

// readCode undoes what people do to a code when they type it: small letters,
// spaces, hyphens, O for 0, I and L for 1. "" = not a code.
func readCode(s string) string {
	if len(s) > 64 {
		return ""
	}
	s = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
	if len(s) != codeLength || strings.Trim(s, codeAlphabet) != "" {
		return ""
	}
	return s
}

// newPIN makes 6 digits, all equally likely.
func newPIN(rand io.Reader) (string, error) {
	const fair = 1<<32 - 1<<32%1_000_000
	for range 64 { // a draw is refused once in 4400
		var raw [4]byte
		if _, err := io.ReadFull(rand, raw[:]); err != nil {
			return "", fmt.Errorf("account: randomness: %w", err)
		}
		if n := binary.BigEndian.Uint32(raw[:]); uint64(n) < fair {
			return fmt.Sprintf("%06d", n%1_000_000), nil
		}
	}
	return "", errors.New("account: randomness is broken")
}
