package parcel

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestDictionaryStays: phones were shipped with it. A change needs a new
// number, the old text kept.
func TestDictionaryStays(t *testing.T) {
	const shipped = "f1dce6fcb0c42162"
	sum := sha256.Sum256([]byte(Dictionary))
	if got := hex.EncodeToString(sum[:8]); got != shipped {
		t.Errorf("dictionary %d is %s, shipped was %s", Current, got, shipped)
	}
	if n := len(start()); n > 32<<10 {
		t.Errorf("%d bytes; DEFLATE looks back 32 KB", n)
	}
	if Is([]byte("{}")) || Is(nil) {
		t.Error("JSON taken for a parcel")
	}
}

// texts are random: ASCII, Chinese, punctuation, everything else, and pairs.
func texts(seed uint64) func() string {
	r := rand.New(rand.NewPCG(seed, 1))
	from := []func() rune{
		func() rune { return rune(r.IntN(0x80)) },
		func() rune { return 0x4e00 + rune(r.IntN(0x5200)) },
		func() rune { return 0x3000 + rune(r.IntN(0x100)) },
		func() rune { return 0xff00 + rune(r.IntN(0xfe)) },
		func() rune { return 0x80 + rune(r.IntN(0x4d80)) },
		func() rune { return 0xe000 + rune(r.IntN(0x1f00)) },
		func() rune { return 0x10000 + rune(r.IntN(0x100000)) },
	}
	return func() string {
		var b strings.Builder
		for range r.IntN(200) {
			b.WriteRune(from[r.IntN(len(from))]())
		}
		return b.String()
	}
}

func TestRoundTrip(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	next := texts(seed)
	for range 500 {
		text, ids := next(), []string{"AAAAAAAAAAAA", "-_09azAZ-_09"}
		gotIDs, got, err := Open(Wrap(ids, []byte(text)), 1<<20)
		if err != nil || string(got) != text || strings.Join(gotIDs, " ") != strings.Join(ids, " ") {
			t.Fatalf("%q: %q %v %v", text, got, gotIDs, err)
		}
	}
	for _, edge := range []string{"一鿿䷿ꀀ", "\u2fff\u3000\u30ff\u3100", "\ufeff\uff00\uffff", "\U00010000\U0010ffff", "\x00\x7f\u0080"} {
		if got, err := lengthen(Shorten(nil, []byte(edge))); err != nil || string(got) != edge {
			t.Errorf("%q: %q %v", edge, got, err)
		}
	}
}

// TestDamage: a cut parcel is none, at every byte; a damaged one never panics
// and never gives text that is not UTF-8.
func TestDamage(t *testing.T) {
	whole := Wrap([]string{"AAAAAAAAAAAA"}, []byte(`{"cursor":"","muts":[[1,1,"visit","到户坐了半个多小时。"]],"x":"𠮷"}`))
	for n := range whole {
		if _, _, err := Open(whole[:n], 1<<20); err == nil {
			t.Errorf("cut at %d of %d: no error", n, len(whole))
		}
	}
	if _, _, err := Open(append(bytes.Clone(whole), 0), 1<<20); err == nil {
		t.Error("a byte behind the end: no error")
	}
	for i := range whole {
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[i] ^= 1 << bit
			if _, text, err := Open(b, 1<<20); err == nil && !utf8.Valid(text) {
				t.Errorf("byte %d bit %d: %q", i, bit, text)
			}
		}
	}
	for _, bad := range [][]byte{{0xd5, 0}, {0x80}, {unitLead, 1}, {unitLead, 0xd8, 0}, {unitLead, 0xdc, 0}, {unitLead, 0xd8, 0, 'a'}} {
		if text, err := lengthen(bad); err == nil {
			t.Errorf("%x: %q", bad, text)
		}
	}
}

// TestBomb: what inflates beyond the limit is refused without being held.
func TestBomb(t *testing.T) {
	bomb := Wrap(nil, bytes.Repeat([]byte("a"), 64<<20))
	if len(bomb) > 256<<10 {
		t.Fatalf("%d bytes: no bomb", len(bomb))
	}
	if _, _, err := Open(bomb, 256<<10); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
	if _, _, err := Open(Wrap(nil, []byte(strings.Repeat("户", 100))), 250); !errors.Is(err, ErrTooLong) {
		t.Errorf("200 short bytes, 300 of UTF-8: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(Wrap([]string{"AAAAAAAAAAAA"}, []byte(`{"a":"户"}`)))
	f.Add([]byte{Current, 0, 3, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, text, err := Open(b, 1<<16)
		if err == nil && (len(text) > 1<<16 || !utf8.Valid(text)) {
			t.Errorf("%q", text)
		}
	})
}
