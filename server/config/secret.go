package config

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// hidden is what a set secret looks like wherever it is printed.
const hidden = "***"

// Secret is a setting that is never printed: every verb of fmt, slog and JSON
// give "***", or nothing when it is unset, so that one can still see whether
// it was given.
type Secret string

// Reveal returns the value, to be handed to what needs it and nothing else.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format hides the value from every verb, wrong ones included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON hides the value from JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// Key is one key of the field encryption.
type Key struct {
	// ID stands beside every value sealed with the key, so that old values
	// stay readable after a change. A key given without an id has "1".
	ID    string
	bytes Secret // 32 bytes
}

// Bytes returns a copy of the 32 bytes of the key.
func (k Key) Bytes() []byte { return []byte(k.bytes) }

// Format prints the id and hides the key.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.ID+":"+k.bytes.String()) }

// LogValue hides the key from slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(k)) }

// MarshalJSON hides the key from JSON.
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + fmt.Sprint(k) + `"`), nil }

// parseKeys reads DAOHU_KEY: one key, or id:key pairs with commas between,
// the first of which seals new values.
func parseKeys(s string) ([]Key, error) {
	var keys []Key
	seen := map[string]bool{}
	list := strings.Split(s, ",")
	for i, item := range list {
		id, text, named := strings.Cut(strings.TrimSpace(item), ":")
		if !named {
			id, text = "1", id
			if len(list) > 1 {
				return nil, fmt.Errorf("key %d of the list has no id: write id:key,id:key", i+1)
			}
		}
		if !keyID(id) {
			return nil, fmt.Errorf("the id of key %d must be 1 to 16 small letters or digits", i+1)
		}
		if seen[id] {
			return nil, fmt.Errorf("two keys have the id %s", id)
		}
		seen[id] = true
		b, err := parseKey(text)
		if err != nil {
			return nil, fmt.Errorf("key %s %w", id, err)
		}
		keys = append(keys, Key{ID: id, bytes: Secret(b)})
	}
	return keys, nil
}

func keyID(id string) bool {
	return id != "" && len(id) <= 16 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// parseKey reads 32 bytes written as 64 hex digits or 44 base64 characters.
// It never repeats what it was given.
func parseKey(s string) ([]byte, error) {
	var b []byte
	var err error
	switch len(s) {
	case 64:
		b, err = hex.DecodeString(s)
	case 44:
		if b, err = base64.StdEncoding.DecodeString(s); err != nil {
			b, err = base64.URLEncoding.DecodeString(s)
		}
	default:
		err = errors.New("length")
	}
	if err != nil || len(b) != 32 {
		return nil, errors.New("must be 32 bytes written as 64 hex digits or 44 base64 characters (try: openssl rand -hex 32)")
	}
	if strings.Count(string(b), string(b[:1])) == len(b) {
		return nil, errors.New("is one byte repeated, not a random key (try: openssl rand -hex 32)")
	}
	return b, nil
}
