package parcel

import (
	"unicode/utf16"
	"unicode/utf8"
)

// In the short form ASCII is one byte and a character of the blocks that
// Chinese is written in two, where UTF-8 takes three; any other UTF-16 unit
// takes three.
const (
	han      = 0x4e00 // U+4E00 to U+9FFF: CJK unified ideographs …
	hanEnd   = 0xa000
	hanLead  = 0x80 // … lie under the lead bytes 0x80 to 0xD1
	cjkLead  = 0xd2 // U+3000 to U+30FF: punctuation, kana
	fullLead = 0xd3 // U+FF00 to U+FFFF: full-width forms
	unitLead = 0xd4 // a UTF-16 unit in the two bytes behind it
)

// Shorten appends the short form of a UTF-8 text to b.
func Shorten(b, text []byte) []byte {
	for len(text) > 0 {
		if text[0] < utf8.RuneSelf {
			b, text = append(b, text[0]), text[1:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		switch {
		case r >= han && r < hanEnd:
			b = append(b, hanLead+byte((r-han)>>8), byte(r))
		case r>>8 == 0x30:
			b = append(b, cjkLead, byte(r))
		case r>>8 == 0xff:
			b = append(b, fullLead, byte(r))
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			b = append(b, unitLead, byte(hi>>8), byte(hi), unitLead, byte(lo>>8), byte(lo))
		default:
			b = append(b, unitLead, byte(r>>8), byte(r))
		}
	}
	return b
}

// lengthen is the reverse of Shorten. It fails with ErrBroken on what Shorten
// does not make of valid UTF-8.
func lengthen(short []byte) ([]byte, error) {
	out := make([]byte, 0, len(short)+len(short)/4)
	var high rune // a surrogate that waits for its second half
	for i := 0; i < len(short); {
		r, n := unit(short[i:])
		switch i += n; {
		case n == 0:
			return nil, ErrBroken
		case high != 0:
			if r = utf16.DecodeRune(high, r); r == utf8.RuneError {
				return nil, ErrBroken
			}
			high = 0
		case utf16.IsSurrogate(r):
			high = r
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	if high != 0 {
		return nil, ErrBroken
	}
	return out, nil
}

// unit reads one UTF-16 unit and its length in bytes; 0 = there is none.
func unit(b []byte) (rune, int) {
	switch lead := b[0]; {
	case lead < hanLead:
		return rune(lead), 1
	case lead == unitLead && len(b) > 2:
		return rune(b[1])<<8 | rune(b[2]), 3
	case lead >= unitLead || len(b) < 2:
		return 0, 0
	case lead == cjkLead:
		return 0x3000 | rune(b[1]), 2
	case lead == fullLead:
		return 0xff00 | rune(b[1]), 2
	default:
		return han + rune(lead-hanLead)<<8 | rune(b[1]), 2
	}
}
