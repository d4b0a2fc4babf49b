// Package parcel is the short form of the bodies of an exchange, for phones
// that speak it (docs/sync-protocol.md, Parcels; ADR 26):
//
//	1 byte   the dictionary, Current for now; never '{', with which JSON begins
//	uvarint  how many record ids follow
//	9 each   the ids as they are: 72 random bits that no compressor shortens
//	the rest raw DEFLATE (RFC 1951) behind that dictionary, of a JSON text
//	         that is written in two bytes a Chinese character (Shorten)
package parcel

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/flate" // 4 % smaller than the standard library's
)

// Current is the dictionary that parcels are made with. A dictionary that
// phones were shipped with is never changed: a better one gets a new number
// and the old ones stay readable.
const Current = 1

// Dictionary is the text both sides begin with, as UTF-8.
//
//go:embed dictionary-1.txt
var Dictionary string

// idBytes is the length of a record id: 12 characters of base64.
const idBytes = 9

// ErrBroken says that something is no parcel, or a damaged one.
var ErrBroken = errors.New("parcel: broken")

// ErrTooLong says that the text inside is longer than allowed.
var ErrTooLong = errors.New("parcel: too long")

// packers and unpackers are dear to make (1 MB and 40 KB) and are kept.
var (
	packers = sync.Pool{New: func() any {
		w, _ := flate.NewWriterDict(nil, flate.BestCompression, start()) // the level is valid
		return w
	}}
	unpackers = sync.Pool{New: func() any {
		u := &unpacker{dictionary: start()}
		u.stream = flate.NewReaderDict(nil, u.dictionary)
		return u
	}}
)

type unpacker struct {
	dictionary []byte
	stream     io.ReadCloser
}

// start is the dictionary as a compressor begins with it.
func start() []byte { return Shorten(nil, []byte(Dictionary)) }

// Is reports whether a body is a parcel and no JSON.
func Is(body []byte) bool { return len(body) > 0 && body[0] == Current }

// Wrap makes a parcel of record ids, which must be well-formed, and a JSON
// text.
func Wrap(ids []string, text []byte) []byte {
	head := binary.AppendUvarint([]byte{Current}, uint64(len(ids)))
	for _, id := range ids {
		head, _ = base64.RawURLEncoding.AppendDecode(head, []byte(id)) // by record.IsID
	}
	out := bytes.NewBuffer(head)
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(out)
	_, _ = w.Write(Shorten(make([]byte, 0, len(text)), text)) // a bytes.Buffer does not fail
	_ = w.Close()
	return out.Bytes()
}

// Open takes a parcel apart; the text may be limit bytes long at most. It
// fails with ErrBroken or ErrTooLong.
func Open(body []byte, limit int) (ids []string, text []byte, err error) {
	if !Is(body) {
		return nil, nil, ErrBroken
	}
	n, size := binary.Uvarint(body[1:])
	if size <= 0 || n > uint64(len(body))/idBytes || len(body) < 1+size+int(n)*idBytes {
		return nil, nil, ErrBroken
	}
	body = body[1+size:]
	for range n {
		ids = append(ids, base64.RawURLEncoding.EncodeToString(body[:idBytes]))
		body = body[idBytes:]
	}
	u := unpackers.Get().(*unpacker)
	defer unpackers.Put(u)
	rest := bytes.NewReader(body)
	if err := u.stream.(flate.Resetter).Reset(rest, u.dictionary); err != nil {
		return nil, nil, ErrBroken
	}
	short, err := io.ReadAll(io.LimitReader(u.stream, int64(limit)+1))
	switch {
	case len(short) > limit:
		return nil, nil, ErrTooLong
	case err != nil || rest.Len() > 0:
		return nil, nil, ErrBroken
	}
	if text, err = lengthen(short); err == nil && len(text) > limit {
		err = ErrTooLong
	}
	return ids, text, err
}
