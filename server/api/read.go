package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"daohu/server/fault"
	"daohu/server/parcel"
)

// maxDepth is how deep arrays and objects may nest where the route does not
// say otherwise: a sync request needs 7 (request, muts, mutation, patch, and a
// list of lists of lists).
const maxDepth = 8

// maxNumber is the longest number in characters; ours have 16 digits at most.
const maxNumber = 24

// readJSON reads a body of the route's limit and checks it: media type, UTF-8,
// grammar, depth, duplicate keys. It fails with bad-media, too-large,
// bad-request or, when the peer is too slow, unavailable.
func readJSON(r *http.Request, depth int) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || (params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8")) {
		return nil, fault.New(fault.BadMedia, "")
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, fault.New(fault.BadMedia, "")
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fault.Wrap(fault.BadRequest, err)
		}
		return nil, err
	}
	return raw, strict(raw, depth)
}

// parcelType is the media type of parcels.
const parcelType = "application/octet-stream"

// readSync reads the body of an exchange: JSON, or a parcel of it. Checks and
// failures are those of readJSON.
func readSync(r *http.Request, depth int, most int64) ([]byte, error) {
	if r.Header.Get("Content-Type") != parcelType || r.Header.Get("Content-Encoding") != "" {
		return readJSON(r, depth)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fault.Wrap(fault.BadRequest, err)
		}
		return nil, err
	}
	_, raw, err := parcel.Open(body, int(most))
	switch {
	case len(body) > 0 && !parcel.Is(body): // of a phone newer than this server
		return nil, fault.New(fault.BadMedia, "")
	case errors.Is(err, parcel.ErrTooLong):
		return nil, fault.Wrap(fault.TooLarge, err)
	case err != nil:
		return nil, fault.Wrap(fault.BadRequest, err)
	}
	return raw, strict(raw, depth)
}

// strict refuses what two JSON readers could understand differently, or what
// only an attacker sends.
func strict(raw []byte, depth int) error {
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return fault.New(fault.BadRequest, "内容不是完整的 JSON。")
	}
	s := scanner{raw: raw, most: depth}
	return s.value(1)
}

// scanner walks JSON that is already known to be valid.
type scanner struct {
	raw  []byte
	i    int
	most int // depth
}

// next skips white space and returns the byte there.
func (s *scanner) next() byte {
	for s.raw[s.i] <= ' ' {
		s.i++
	}
	return s.raw[s.i]
}

func (s *scanner) value(depth int) error {
	switch b := s.next(); b {
	case '{', '[':
		if depth > s.most {
			return fault.New(fault.BadRequest, "内容嵌套得太深。")
		}
		s.i++
		return s.items(b == '{', depth)
	case '"':
		s.text()
	default:
		from := s.i
		for s.i < len(s.raw) && strings.IndexByte(",]} \t\r\n", s.raw[s.i]) < 0 {
			s.i++
		}
		if s.i-from > maxNumber {
			return fault.New(fault.BadRequest, "数字太长。")
		}
	}
	return nil
}

// items walks what stands between the brackets, and the closing one.
func (s *scanner) items(object bool, depth int) error {
	var few []string // most objects have few keys: no map for them
	var many map[string]bool
	for {
		switch s.next() {
		case '}', ']':
			s.i++
			return nil
		case ',':
			s.i++
			continue
		}
		if object {
			s.next()
			key := s.text()
			if many == nil && len(few) == 16 {
				many = map[string]bool{}
				for _, k := range few {
					many[k] = true
				}
			}
			if many[key] || slices.Contains(few, key) {
				return fault.New(fault.BadRequest, "内容里有重复的键。")
			}
			if many != nil {
				many[key] = true
			} else {
				few = append(few, key)
			}
			s.next()
			s.i++ // the colon
		}
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
}

// text reads a string; escapes are resolved, so that "a" and "\u0061" are the
// same key.
func (s *scanner) text() string {
	from, escaped := s.i, false
	for s.i++; s.raw[s.i] != '"'; s.i++ {
		if s.raw[s.i] == '\\' {
			escaped = true
			s.i++
		}
	}
	s.i++
	if !escaped {
		return string(s.raw[from+1 : s.i-1])
	}
	var out string
	_ = json.Unmarshal(s.raw[from:s.i], &out) // valid: checked before
	return out
}
