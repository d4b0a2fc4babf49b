// Package seal encrypts the fields that are sealed at rest and derives the
// keys that prove things: the blind index of ID numbers and the audit chain.
//
// Cipher: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. A sealed
// value reads "<key id>.<base64url of nonce and ciphertext>", so that keys can
// be rotated. Subkeys come from each key by HKDF (RFC 5869): the first key's
// make what is new, the others' recognise what was made before.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"daohu/server/record"
)

// Key is one 32-byte field key with its short id.
type Key struct {
	ID    string
	Bytes []byte
}

// Box seals with its first key and opens with any of them. The zero Box is
// not usable.
type Box struct {
	current string
	aeads   map[string]cipher.AEAD
	subs    []Subkeys // one a key, in order
}

var _ record.Sealer = (*Box)(nil)

// New returns a Box; the first key is the current one.
func New(keys ...Key) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("seal: no key")
	}
	b := &Box{current: keys[0].ID, aeads: map[string]cipher.AEAD{}}
	for _, k := range keys {
		if len(k.Bytes) != 32 || k.ID == "" || strings.Contains(k.ID, ".") {
			return nil, fmt.Errorf("seal: key %q must have an id without a dot and 32 bytes", k.ID)
		}
		if b.aeads[k.ID] != nil {
			return nil, fmt.Errorf("seal: two keys are called %q", k.ID)
		}
		block, err := aes.NewCipher(k.Bytes)
		if err != nil {
			return nil, err
		}
		if b.aeads[k.ID], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
		sub, err := derive(k)
		if err != nil {
			return nil, err
		}
		b.subs = append(b.subs, sub)
	}
	return b, nil
}

// Seal encrypts plain; "" stays "".
func (b *Box) Seal(plain string) (record.Sealed, error) {
	if plain == "" {
		return "", nil
	}
	a := b.aeads[b.current]
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(plain)+a.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	sealed := a.Seal(nonce, nonce, []byte(plain), []byte(b.current))
	return record.Sealed(b.current + "." + base64.RawURLEncoding.EncodeToString(sealed)), nil
}

// Open decrypts s; "" stays "". An error never carries the value.
func (b *Box) Open(s record.Sealed) (string, error) {
	if s == "" {
		return "", nil
	}
	id, text, _ := strings.Cut(string(s), ".")
	a := b.aeads[id]
	if a == nil {
		return "", errors.New("seal: value is not sealed, or its key is missing") // what stands before the dot may be a plain text
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text) // one spelling only: a changed bit must show
	if err != nil || len(raw) < a.NonceSize() || strings.ContainsAny(text, "\r\n") {
		return "", errors.New("seal: value is damaged")
	}
	plain, err := a.Open(nil, raw[:a.NonceSize()], raw[a.NonceSize():], []byte(id))
	if err != nil {
		return "", errors.New("seal: value is damaged or sealed with another key")
	}
	return string(plain), nil
}

// KeyID is the id of the key a value was sealed with, "" when it is not sealed.
func KeyID(s record.Sealed) string {
	id, _, ok := strings.Cut(string(s), ".")
	if !ok {
		return ""
	}
	return id
}

// Current is the id of the key that seals.
func (b *Box) Current() string { return b.current }

// Subkeys are those of every key, the current one's first.
func (b *Box) Subkeys() []Subkeys { return slices.Clone(b.subs) }

// Index is the blind index under the current key (Subkeys.Index).
func (b *Box) Index(plain string) string { return b.subs[0].Index(plain) }

// Indexes are the blind indexes under every key, the current one's first: what
// to look for while rows of an older key are not sealed anew yet. None for "".
func (b *Box) Indexes(plain string) []string {
	if plain == "" {
		return nil
	}
	var out []string
	for _, s := range b.subs {
		out = append(out, s.Index(plain))
	}
	return out
}

// Chain is the next link of an audit chain under the current key.
func (b *Box) Chain(prev string, entry []byte) string { return b.subs[0].Chain(prev, entry) }

// Tag authenticates a cursor under the current key.
func (b *Box) Tag(data []byte) uint32 { return b.subs[0].Tag(data) }
