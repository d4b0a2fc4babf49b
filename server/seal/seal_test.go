package seal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"daohu/server/record"
	"daohu/server/seal"
)

// key makes a key of 32 bytes from its id and a word.
func key(id, word string) seal.Key {
	sum := sha256.Sum256([]byte(word))
	return seal.Key{ID: id, Bytes: sum[:]}
}

func box(t testing.TB, keys ...seal.Key) *seal.Box {
	t.Helper()
	b, err := seal.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const secret = "999999195001010011"

func TestRoundTrip(t *testing.T) {
	b := box(t, key("a", "one"))
	rapid.Check(t, func(rt *rapid.T) {
		plain := rapid.String().Draw(rt, "plain")
		s, err := b.Seal(plain)
		if err != nil {
			rt.Fatal(err)
		}
		if back, err := b.Open(s); err != nil || back != plain {
			rt.Fatalf("%q came back as %q, %v", plain, back, err)
		}
		if plain == "" != (s == "") {
			rt.Fatalf("%q sealed as %q", plain, s)
		}
		if len(plain) > 3 && strings.Contains(string(s), plain) {
			rt.Fatal("the plain text stands in the sealed one")
		}
		for _, c := range string(s) {
			if c >= utf8.RuneSelf {
				rt.Fatalf("%q is not ASCII, the column is", s)
			}
		}
	})
}

// TestNonce: the same text never seals the same way twice.
func TestNonce(t *testing.T) {
	b := box(t, key("a", "one"))
	seen := map[record.Sealed]bool{}
	for range 2000 {
		s, err := b.Seal(secret)
		if err != nil || seen[s] {
			t.Fatalf("%s again, %v", s, err)
		}
		seen[s] = true
	}
}

// TestTampering changes every byte of a sealed value in every bit, and cuts it
// at every length: nothing opens, and no error carries the text.
func TestTampering(t *testing.T) {
	b := box(t, key("a", "one"))
	s, err := b.Seal(secret)
	if err != nil {
		t.Fatal(err)
	}
	id, text, _ := strings.Cut(string(s), ".")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(what string, bad string) {
		t.Helper()
		plain, err := b.Open(record.Sealed(bad))
		if err == nil || plain != "" {
			t.Errorf("%s: opened as %q", what, plain)
		} else if strings.Contains(err.Error(), secret[:6]) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range raw {
		for bit := range 8 {
			bad := bytes.Clone(raw)
			bad[i] ^= 1 << bit
			refuse("bit flipped", id+"."+base64.RawURLEncoding.EncodeToString(bad))
		}
		refuse("cut", id+"."+base64.RawURLEncoding.EncodeToString(raw[:i]))
	}
	refuse("longer", id+"."+base64.RawURLEncoding.EncodeToString(append(bytes.Clone(raw), 0)))
	for _, bad := range []string{secret, "a", "a.", ".", "a.!!", "A." + text, "b." + text, "." + text, text, id + "." + text + "=", " " + string(s)} {
		refuse("not a sealed value", bad)
	}
}

func TestWrongKey(t *testing.T) {
	s, err := box(t, key("a", "one")).Seal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []*seal.Box{box(t, key("a", "two")), box(t, key("b", "one"))} {
		if plain, err := wrong.Open(s); err == nil || plain != "" || strings.Contains(err.Error(), secret) {
			t.Errorf("opened as %q, %v", plain, err)
		}
	}
}

// TestKeyIDIsBound: a value cannot be passed off as sealed with another key of
// the same bytes.
func TestKeyIDIsBound(t *testing.T) {
	both := box(t, key("a", "one"), key("b", "one"))
	s, err := both.Seal(secret)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(s), ".")
	if _, err := both.Open(record.Sealed("b." + text)); err == nil {
		t.Error("opened under another id")
	}
}

// TestRotation: the new key seals, the old one still opens; once the old one
// is taken away, its values are closed for good.
func TestRotation(t *testing.T) {
	old := box(t, key("2026", "one"))
	was, err := old.Seal(secret)
	if err != nil {
		t.Fatal(err)
	}
	both := box(t, key("2027", "two"), key("2026", "one"))
	is, err := both.Seal(secret)
	if err != nil || !strings.HasPrefix(string(is), "2027.") {
		t.Fatalf("%s %v", is, err)
	}
	for _, s := range []record.Sealed{was, is} {
		if plain, err := both.Open(s); err != nil || plain != secret {
			t.Errorf("%s: %q %v", s, plain, err)
		}
	}
	if _, err := old.Open(is); err == nil {
		t.Error("the old key opens the new value")
	}
	if _, err := box(t, key("2027", "two")).Open(was); err == nil {
		t.Error("the new key alone opens the old value")
	}
}

func TestIndex(t *testing.T) {
	a, other := box(t, key("a", "one")), box(t, key("a", "two"))
	rapid.Check(t, func(rt *rapid.T) {
		x := rapid.StringMatching(`[0-9]{17}[0-9X]`).Draw(rt, "x")
		y := rapid.StringMatching(`[0-9]{17}[0-9X]`).Draw(rt, "y")
		ix := a.Index(x)
		switch {
		case len(ix) != 32 || strings.Trim(ix, "0123456789abcdef") != "":
			rt.Fatalf("%q is not 32 hex digits", ix)
		case ix != a.Index(x):
			rt.Fatal("not the same twice")
		case (ix == a.Index(y)) != (x == y):
			rt.Fatalf("%s and %s", x, y)
		case ix == other.Index(x):
			rt.Fatal("does not depend on the key")
		}
	})
	if a.Index("99999919500101001x") != a.Index("99999919500101001X") {
		t.Error("a small x is another number")
	}
	if a.Index("") != "" || a.Indexes("") != nil {
		t.Error("no number has an index")
	}
	if box(t, key("x", "one"), key("y", "two")).Index(secret) != a.Index(secret) {
		t.Error("the index depends on the key's name or on an older key")
	}
}

// TestChain: a link depends on the key, on the link before it and on where
// the one ends and the entry begins.
func TestChain(t *testing.T) {
	b := box(t, key("a", "one"))
	base := b.Chain("prev", []byte("entry"))
	if len(base) != 64 || base != b.Chain("prev", []byte("entry")) {
		t.Errorf("%q", base)
	}
	for _, other := range []string{b.Chain("pre", []byte("ventry")), b.Chain("", []byte("entry")), b.Chain("prev", nil),
		b.Chain("prev", []byte("entrx")), box(t, key("a", "two")).Chain("prev", []byte("entry")), b.Index("prev")} {
		if other == base {
			t.Error("two different links are equal")
		}
	}
}

// TestSubkeys: those of an older key recognise what it made, whatever key is in
// front now, and survive the key ring; nothing prints them.
func TestSubkeys(t *testing.T) {
	old := box(t, key("2026", "one"))
	both := box(t, key("2027", "two"), key("2026", "one"))
	if both.Current() != "2027" || !slices.Equal(both.Indexes(secret), []string{both.Index(secret), old.Index(secret)}) || both.Index(secret) == old.Index(secret) {
		t.Errorf("indexes %v", both.Indexes(secret))
	}
	raw, err := json.Marshal(seal.Exposed(both.Subkeys()[1]))
	if err != nil {
		t.Fatal(err)
	}
	var read seal.Exposed
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	kept := seal.Subkeys(read)
	if kept.ID != "2026" || kept.Index(secret) != old.Index(secret) || kept.Chain("a", []byte("b")) != old.Chain("a", []byte("b")) || kept.Tag([]byte("c")) != old.Tag([]byte("c")) {
		t.Error("what was kept of the old key does not recognise its work")
	}
	seen := map[string]bool{}
	for _, k := range both.Subkeys() {
		for _, b := range [][]byte{k.Blind, k.Audit, k.Cursor, k.Accounts} {
			if len(b) != 32 || seen[string(b)] {
				t.Error("two subkeys are the same, or none")
			}
			seen[string(b)] = true
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "kept", kept, "list", []any{kept})
	for _, text := range []string{log.String(), fmt.Sprintf("%v %+v %#v %s %x", kept, kept, kept, kept, kept)} {
		if !strings.Contains(text, "2026") || strings.Contains(text, fmt.Sprint(kept.Audit[:4])) || strings.Contains(text, hex.EncodeToString(kept.Audit[:4])) || strings.Contains(text, base64.StdEncoding.EncodeToString(kept.Audit)[:8]) {
			t.Errorf("printed: %s", text)
		}
	}
	for text, want := range map[record.Sealed]string{"2026.abc": "2026", "plain": "", "": ""} {
		if got := seal.KeyID(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestOneSpelling: base64 leaves bits over that say nothing, and passes over
// line ends; a sealed value may not be written in two ways.
func TestOneSpelling(t *testing.T) {
	b := box(t, key("a", "one"))
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, plain := range []string{"1", "12", "123"} { // each leaves another number of bits over
		s, err := b.Seal(plain)
		if err != nil {
			t.Fatal(err)
		}
		for i := range digits {
			other := string(s)[:len(s)-1] + digits[i:i+1]
			if got, err := b.Open(record.Sealed(other)); other != string(s) && err == nil {
				t.Errorf("%s opens as %q, and so does %s", other, got, s)
			}
		}
		for _, end := range []string{"\n", "\r"} {
			if _, err := b.Open(s + record.Sealed(end)); err == nil {
				t.Errorf("%q at the end changes nothing", end)
			}
		}
	}
}

// TestTag: cursors of another key, or changed ones, do not fit.
func TestTag(t *testing.T) {
	b := box(t, key("a", "one"))
	tag := b.Tag([]byte{1, 2, 3})
	if tag != b.Tag([]byte{1, 2, 3}) || tag == b.Tag([]byte{1, 2, 4}) || tag == box(t, key("a", "two")).Tag([]byte{1, 2, 3}) {
		t.Error("tag")
	}
}

func TestKeysAreChecked(t *testing.T) {
	good := key("a", "one")
	for name, keys := range map[string][]seal.Key{
		"none":        nil,
		"short":       {{ID: "a", Bytes: good.Bytes[:31]}},
		"long":        {{ID: "a", Bytes: append(bytes.Clone(good.Bytes), 0)}},
		"no id":       {{Bytes: good.Bytes}},
		"dot":         {{ID: "a.b", Bytes: good.Bytes}},
		"second bad":  {good, {ID: "b"}},
		"same id two": {good, key("a", "two")},
	} {
		b, err := seal.New(keys...)
		if err == nil || b != nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), string(good.Bytes[:8])) {
			t.Errorf("%s: the error shows the key", name)
		}
	}
}
