package photo

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
)

// LinkLife is how long a link to a picture works: long enough to load a page
// of them over a bad line, too short to be passed on.
const LinkLife = 5 * time.Minute

// Holders finds who holds a session (account.Service).
type Holders interface {
	// Holder fails with fault.Unauthorized when the session has ended or was
	// revoked.
	Holder(ctx context.Context, session string) (access.Actor, error)
}

// Links are addresses of pictures for what cannot send a header: the <img> of
// the console, the image component of the mini-program. A link is bound to one
// session, photo and size by an HMAC; it gives no more than its holder has when
// it is used. It is safe for concurrent use.
type Links struct {
	Desk    *Desk
	Holders Holders
	Keys    [][]byte // the first signs, all are taken; 32 bytes each
	Now     func() time.Time
}

// A ticket is the moment it ends (8 bytes, Unix ms), the session id (32), the
// user id (12) and the HMAC-SHA256 (32), in base64url.
const (
	userAt    = 8 + 32
	signedLen = userAt + 12
	ticketLen = signedLen + sha256.Size
)

// Issue makes a ticket for the picture of a photo row, size thumb or full, and
// says until when (Unix ms) it works. Codes as Desk.Open.
func (l *Links) Issue(ctx context.Context, a access.Actor, id, size string) (ticket string, until int64, err error) {
	session, err := hex.DecodeString(a.Session)
	if err != nil || len(session) != 32 || len(a.User) != 12 || a.PushOnly {
		return "", 0, fault.New(fault.Unauthorized, "")
	}
	if _, err := l.Desk.seen(ctx, a, id); err != nil {
		return "", 0, err
	}
	until = l.Now().Add(LinkLife).UnixMilli()
	raw := append(binary.BigEndian.AppendUint64(nil, uint64(until)), session...)
	raw = append(raw, a.User...)
	raw = append(raw, sign(l.Keys[0], raw, id, size)...)
	return base64.RawURLEncoding.EncodeToString(raw), until, nil
}

// Open opens the picture a ticket speaks of, if its holder may still see it.
// What is not a ticket for this picture is fault.NotFound; one that ran out, or
// whose session ended, is fault.Gone.
func (l *Links) Open(ctx context.Context, id, size, ticket string) (io.ReadSeekCloser, time.Time, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(ticket)
	if err != nil || len(raw) != ticketLen {
		return nil, time.Time{}, fault.New(fault.NotFound, "")
	}
	body, mac := raw[:signedLen], raw[signedLen:]
	ours := false
	for _, key := range l.Keys {
		ours = ours || hmac.Equal(mac, sign(key, body, id, size))
	}
	switch {
	case !ours: // nobody is asked about what we did not sign
		return nil, time.Time{}, fault.New(fault.NotFound, "")
	case int64(binary.BigEndian.Uint64(body)) <= l.Now().UnixMilli():
		return nil, time.Time{}, fault.New(fault.Gone, over)
	}
	a, err := l.Holders.Holder(ctx, hex.EncodeToString(body[8:userAt]))
	if fault.Is(err, fault.Unauthorized) || err == nil && a.User != string(body[userAt:]) {
		return nil, time.Time{}, fault.New(fault.Gone, over)
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	return l.Desk.Open(ctx, a, id, size)
}

const over = "链接过期了，请刷新页面。"

// sign binds a ticket to photo and size; none of the two holds a line break.
func sign(key, body []byte, id, size string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("photo\n" + id + "\n" + size + "\n"))
	m.Write(body)
	return m.Sum(nil)
}
