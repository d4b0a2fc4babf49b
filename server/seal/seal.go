// Package seal encrypts the fields that are sealed at rest and derives the
// keys that prove things: the blind index of ID numbers and the audit chain.
//
// Cipher: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. A sealed
// value reads "<key id>.<base64url of nonce and ciphertext>", so that keys can
// be rotated. Subkeys come from the first key by HKDF (RFC 5869).
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
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
	index   []byte
	audit   []byte
	tag     []byte
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
	}
	var err error
	if b.index, err = hkdf.Key(sha256.New, keys[0].Bytes, nil, "daohu blind index", 32); err != nil {
		return nil, err
	}
	if b.audit, err = hkdf.Key(sha256.New, keys[0].Bytes, nil, "daohu audit chain", 32); err != nil {
		return nil, err
	}
	b.tag, err = hkdf.Key(sha256.New, keys[0].Bytes, nil, "daohu cursor", 32)
	return b, err
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
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < a.NonceSize() {
		return "", errors.New("seal: value is damaged")
	}
	plain, err := a.Open(nil, raw[:a.NonceSize()], raw[a.NonceSize():], []byte(id))
	if err != nil {
		return "", errors.New("seal: value is damaged or sealed with another key")
	}
	return string(plain), nil
}

// Index is the keyed blind index of an identifying number: 32 hex digits,
// equal for equal numbers, useless without the key. "" stays "".
func (b *Box) Index(plain string) string {
	if plain == "" {
		return ""
	}
	m := hmac.New(sha256.New, b.index)
	m.Write([]byte(plain))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// Chain is the next link of an audit chain: HMAC-SHA256 over the previous
// link and the entry, 64 hex digits.
func (b *Box) Chain(prev string, entry []byte) string {
	m := hmac.New(sha256.New, b.audit)
	m.Write([]byte(prev))
	m.Write([]byte{0})
	m.Write(entry)
	return hex.EncodeToString(m.Sum(nil))
}

// Tag authenticates a cursor: 4 bytes of HMAC-SHA256. It only has to make
// forging pointless, not impossible: nothing is authorised by a cursor.
func (b *Box) Tag(data []byte) uint32 {
	m := hmac.New(sha256.New, b.tag)
	m.Write(data)
	return binary.BigEndian.Uint32(m.Sum(nil))
}
