package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Subkeys are what one key proves things with. They say nothing about the key
// they come from: who has them opens no sealed value. Every way of printing
// hides them; Exposed is their form for the key ring, where they are sealed.
type Subkeys struct {
	ID       string `json:"id"`       // of the key
	Blind    []byte `json:"blind"`    // blind indexes
	Audit    []byte `json:"audit"`    // audit chains
	Cursor   []byte `json:"cursor"`   // tags of cursors
	Accounts []byte `json:"accounts"` // hashes of one-time codes and of what PINs are hashed from
	Links    []byte `json:"links"`    // links to photos; none in a ring written before there were any
}

// Exposed are Subkeys as they are, to be written as JSON and sealed at once.
type Exposed Subkeys

func derive(k Key) (Subkeys, error) {
	s := Subkeys{ID: k.ID}
	for _, d := range []struct {
		to   *[]byte
		info string
	}{{&s.Blind, "daohu blind index"}, {&s.Audit, "daohu audit chain"}, {&s.Cursor, "daohu cursor"}, {&s.Accounts, "daohu accounts"}, {&s.Links, "daohu photo links"}} {
		var err error
		if *d.to, err = hkdf.Key(sha256.New, k.Bytes, nil, d.info, 32); err != nil {
			return Subkeys{}, err
		}
	}
	return s, nil
}

// Format prints the id alone.
func (s Subkeys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "subkeys of "+s.ID) }

// LogValue hides the keys from slog.
func (s Subkeys) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// MarshalJSON writes the id alone.
func (s Subkeys) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprint(s)) }

// Index is the keyed blind index of an identifying number: 32 hex digits,
// equal for equal numbers, useless without the key. Small and capital letters
// are the same: a check digit may be typed as x. "" stays "".
func (s Subkeys) Index(plain string) string {
	if plain == "" {
		return ""
	}
	m := hmac.New(sha256.New, s.Blind)
	m.Write([]byte(strings.ToUpper(plain)))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// Chain is the next link of an audit chain: HMAC-SHA256 over the previous
// link and the entry, 64 hex digits.
func (s Subkeys) Chain(prev string, entry []byte) string {
	m := hmac.New(sha256.New, s.Audit)
	m.Write([]byte(prev))
	m.Write([]byte{0})
	m.Write(entry)
	return hex.EncodeToString(m.Sum(nil))
}

// Tag authenticates a cursor: 4 bytes of HMAC-SHA256. It only has to make
// forging pointless, not impossible: nothing is authorised by a cursor.
func (s Subkeys) Tag(data []byte) uint32 {
	m := hmac.New(sha256.New, s.Cursor)
	m.Write(data)
	return binary.BigEndian.Uint32(m.Sum(nil))
}
