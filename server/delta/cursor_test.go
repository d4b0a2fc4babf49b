package delta

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"testing"
)

func testTag(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

func TestCursorRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		c := &cursor{}
		for i := range r.IntN(4) {
			c.marks = append(c.marks, mark{space: int64(i + 1), epoch: 1 + r.Int64N(3), seq: r.Int64N(1 << (1 + r.IntN(40)))})
		}
		if r.IntN(2) == 0 {
			c.walk = &walk{space: 1, top: r.Int64N(1 << 40), done: r.Int64N(1 << 20), typ: r.Int64N(10), whole: r.IntN(2) == 0}
			if c.walk.typ > 0 && r.IntN(3) > 0 {
				c.walk.id = base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64([]byte{7}, r.Uint64()))
			}
		}
		got, err := decodeCursor(c.encode(testTag), testTag)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Fatalf("%+v became %+v: %v", c, got, err)
		}
	}
}

func TestCursorLength(t *testing.T) {
	one := &cursor{marks: []mark{{space: 150, epoch: 3, seq: 1 << 27}}} // a busy township after years
	if n := len(one.encode(testTag)); n > 22 {
		t.Errorf("finished: %d characters", n)
	}
	one.walk = &walk{space: 150, top: 1<<27 + 1, done: 9000, typ: 9, id: "AAAAAAAAAAAA"}
	if n := len(one.encode(testTag)); n > 48 {
		t.Errorf("unfinished: %d characters", n)
	}
	if c, err := decodeCursor("", testTag); err != nil || len(c.marks) != 0 || c.walk != nil {
		t.Errorf("the empty cursor: %+v %v", c, err)
	}
}

// TestCursorsOfOlderKeys: a cursor of a key used before goes on; one of a key
// nobody named does not.
func TestCursorsOfOlderKeys(t *testing.T) {
	tag := func(n uint32) func([]byte) uint32 { return func(b []byte) uint32 { return testTag(b) + n } }
	s := &Service{Config: Config{Tag: tag(0), OldTags: []func([]byte) uint32{tag(1), tag(2)}}}
	c := &cursor{marks: []mark{{1, 1, 5}}}
	for n := range uint32(4) {
		got, err := s.readCursor(c.encode(tag(n)))
		if (err == nil) != (n < 3) || err == nil && got.mark(1) != c.marks[0] {
			t.Errorf("key %d: %+v %v", n, got, err)
		}
	}
}

// FuzzDecodeCursor: no text makes it panic, and whatever it takes is exactly
// what encode makes, even with a tag that anybody can compute.
func FuzzDecodeCursor(f *testing.F) {
	for _, c := range []*cursor{{}, {marks: []mark{{1, 1, 5}}}, {marks: []mark{{1, 1, 5}, {2, 1, 9}}, walk: &walk{2, 9, 3, 4, "AAAAAAAAAAAA", true}}} {
		s := c.encode(testTag)
		b, _ := base64.RawURLEncoding.DecodeString(s)
		f.Add(s, b[4:])
		f.Add(s+"\n", append(b[4:], 0x80, 0))
	}
	f.Add("x", []byte{1, 0x81, 0, 1, 1})            // a number spelt too long
	f.Add("", []byte{0xff, 0xff, 0xff, 0xff, 0x7f}) // more townships than anybody has
	f.Add("", []byte{1, 1, 1, 1, 1, 9, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Fuzz(func(t *testing.T, s string, body []byte) {
		signed := base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, testTag(body)), body...))
		for _, s := range []string{s, signed} {
			c, err := decodeCursor(s, testTag)
			if err == nil && s != "" && c.encode(testTag) != s {
				t.Fatalf("%q was taken as %+v, which is written %q", s, c, c.encode(testTag))
			}
		}
	})
}
