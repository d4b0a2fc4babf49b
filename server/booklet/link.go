package booklet

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
)

// SoundLife is how long a link to a recording works: somebody who reads slowly
// listens card by card, and the page that holds the links cannot ask for more.
const SoundLife = 2 * time.Hour

// Bodies reads a small body within the actor's reach (registry.Service): of
// recordings those the actor may hear now. Code: not-found.
type Bodies interface {
	Body(ctx context.Context, a access.Actor, sha256 string) (mime string, body []byte, err error)
}

// SoundLinks are addresses of recordings for a household's page in a browser,
// whose session has ended before the page is there. A link names one household
// user and one recording by an HMAC and gives no more than the user may hear
// when it is used. It is safe for concurrent use.
type SoundLinks struct {
	Bodies Bodies
	Keys   [][]byte // the first signs, all are taken; 32 bytes each
	Now    func() time.Time
}

// A ticket is the moment it ends (8 bytes, Unix ms), the user id (12) and the
// HMAC-SHA256 (32), in base64url.
const (
	soundSigned = 8 + 12
	soundTicket = soundSigned + sha256.Size
)

// LinkSound makes a ticket for a recording that the household hears and says
// until when (Unix ms) it works. Code: not-found.
func (l *SoundLinks) LinkSound(ctx context.Context, a access.Actor, sha256 string) (ticket string, until int64, err error) {
	if len(a.User) != 12 {
		return "", 0, fault.New(fault.NotFound, "")
	}
	if _, err := l.hear(ctx, a.User, sha256); err != nil {
		return "", 0, err
	}
	until = l.Now().Add(SoundLife).UnixMilli()
	raw := append(binary.BigEndian.AppendUint64(nil, uint64(until)), a.User...)
	raw = append(raw, signSound(l.Keys[0], raw, sha256)...)
	return base64.RawURLEncoding.EncodeToString(raw), until, nil
}

// Sound is the recording that a ticket speaks of. What is no ticket for it, or
// may not be heard any more, is fault.NotFound; one that ran out fault.Gone.
func (l *SoundLinks) Sound(ctx context.Context, sha256, ticket string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil || len(raw) != soundTicket {
		return nil, fault.New(fault.NotFound, "")
	}
	body, mac := raw[:soundSigned], raw[soundSigned:]
	ours := false
	for _, key := range l.Keys {
		ours = ours || hmac.Equal(mac, signSound(key, body, sha256))
	}
	switch {
	case !ours: // nobody is asked about what we did not sign
		return nil, fault.New(fault.NotFound, "")
	case int64(binary.BigEndian.Uint64(body)) <= l.Now().UnixMilli():
		return nil, fault.New(fault.Gone, "链接过期了，请再输一次密码。")
	}
	return l.hear(ctx, string(body[8:]), sha256)
}

func (l *SoundLinks) hear(ctx context.Context, user, sha256 string) ([]byte, error) {
	mime, body, err := l.Bodies.Body(ctx, access.Actor{User: user, Role: access.Household}, sha256)
	if err == nil && mime != ClipMime {
		err = fault.New(fault.NotFound, "")
	}
	return body, err
}

// signSound binds a ticket to a recording; the first word keeps it apart from
// tickets of pictures, which the same key signs.
func signSound(key, body []byte, sum string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("sound\n" + sum + "\n"))
	m.Write(body)
	return m.Sum(nil)
}
