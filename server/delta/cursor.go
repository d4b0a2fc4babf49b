package delta

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// mark is how far a phone is in one township.
type mark struct{ space, epoch, seq int64 }

// cursor says where a pull goes on. The zero value is a phone that has nothing.
type cursor struct {
	marks []mark
	walk  *walk // nil = no round under way
}

// walk is an unfinished round in one township.
type walk struct {
	space int64
	top   int64  // the counter when the round began
	done  int64  // number of the last household sent whole
	typ   int64  // 0 = at a household's beginning, else the code of the type reached
	id    string // last row sent of that type; "" = none yet
	whole bool   // that household goes out whole though its grant is not new: it is being healed
}

func (c *cursor) mark(space int64) mark {
	for _, m := range c.marks {
		if m.space == space {
			return m
		}
	}
	return mark{space: space}
}

func (c *cursor) set(m mark) {
	for i := range c.marks {
		if c.marks[i].space == m.space {
			c.marks[i] = m
			return
		}
	}
	c.marks = append(c.marks, m)
}

// encode packs c as base64url of varints behind a 4-byte tag: 15 characters
// for one township, at most 48 with an unfinished round; of a server that was
// restored from a backup 22 and 52.
func (c *cursor) encode(tag func([]byte) uint32) string {
	b := binary.AppendUvarint(nil, uint64(len(c.marks)))
	for _, m := range c.marks {
		b = binary.AppendUvarint(b, uint64(m.space))
		b = binary.AppendUvarint(b, uint64(m.epoch))
		b = binary.AppendUvarint(b, uint64(m.seq))
	}
	if w := c.walk; w != nil {
		b = binary.AppendUvarint(b, uint64(w.space))
		b = binary.AppendUvarint(b, uint64(w.top))
		b = binary.AppendUvarint(b, uint64(w.done))
		flags := uint64(w.typ) << 1
		if w.whole {
			flags |= 1
		}
		b = binary.AppendUvarint(b, flags)
		if w.typ > 0 && w.id != "" {
			id, _ := base64.RawURLEncoding.DecodeString(w.id) // 12 characters by record.IsID
			b = append(b, id...)
		}
	}
	return base64.RawURLEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, tag(b)), b...))
}

var errCursor = errors.New("unreadable cursor")

// readCursor takes cursors of older keys too; the answer carries one of the
// present key.
func (s *Service) readCursor(text string) (*cursor, error) {
	cur, err := decodeCursor(text, s.Tag)
	for _, tag := range s.OldTags {
		if err == nil {
			break
		}
		cur, err = decodeCursor(text, tag)
	}
	return cur, err
}

// decodeCursor fails on anything encode did not make.
func decodeCursor(s string, tag func([]byte) uint32) (*cursor, error) {
	c := &cursor{}
	if s == "" {
		return c, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) < 5 || len(b) > 4096 || binary.BigEndian.Uint32(b) != tag(b[4:]) {
		return nil, errCursor
	}
	r := &reader{b: b[4:]}
	n := r.next()
	if n > 400 {
		return nil, errCursor
	}
	for range n {
		c.marks = append(c.marks, mark{r.next(), r.next(), r.next()})
	}
	if len(r.b) > 0 && !r.bad {
		c.walk = &walk{space: r.next(), top: r.next(), done: r.next()}
		flags := r.next()
		c.walk.typ, c.walk.whole = flags>>1, flags&1 == 1
		if len(r.b) == 9 {
			c.walk.id = base64.RawURLEncoding.EncodeToString(r.b)
			r.b = nil
		}
	}
	if r.bad || len(r.b) > 0 || c.encode(tag) != s { // base64 and varints have several spellings
		return nil, errCursor
	}
	return c, nil
}

type reader struct {
	b   []byte
	bad bool
}

func (r *reader) next() int64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v >= 1<<62 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return int64(v)
}
