package account

import (
	"context"
	"encoding/json"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
)

const (
	// cacheLife is how long a recognised session is believed without asking
	// SQL: the most that a revoke can take on a server that does not share the
	// cache of the one that revoked.
	cacheLife = time.Minute
	// takenBack is what replaces a cached session that was ended. It keeps a
	// request that read SQL just before from caching what it read.
	takenBack = "-"
	// slideAfter: a phone's session is extended once a day at most.
	slideAfter = 24 * time.Hour
)

// Caller is a recognised session.
type Caller struct {
	Actor     access.Actor
	Kind      Kind
	ExpiresAt int64 // Unix ms
}

// open makes a session. Every login gets a token of its own, so that nobody
// can plant one.
func (s *Service) open(ctx context.Context, u User, k Kind) (Login, error) {
	token, err := newToken(s.rand)
	if err != nil {
		return Login{}, err
	}
	now := s.now()
	se := Session{ID: tokenHash(token), User: u.ID, Kind: k, CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(k.life()).UnixMilli()}
	if err := s.sessions.AddSession(ctx, se); err != nil {
		return Login{}, err
	}
	return Login{Token: token, ExpiresAt: se.ExpiresAt, User: u}, nil
}

// Authenticate recognises the bearer of a token. A phone whose session was
// revoked, or whose user was disabled, less than PushGrace ago is recognised
// with PushOnly. Codes: Unauthorized, Unavailable.
func (s *Service) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	c, err := s.Identify(ctx, token)
	return c.Actor, err
}

// Identify is Authenticate for those who also ask which kind of session it is:
// a route made for the console must not take a card's cookie.
func (s *Service) Identify(ctx context.Context, token string) (Caller, error) {
	id := tokenHash(token)
	if id == "" {
		return Caller{}, fault.New(fault.Unauthorized, "")
	}
	return s.recognise(ctx, id)
}

// Holder finds who holds the session with an id (not a token) now; a revoked
// one has no holder. It is for what was signed in the name of a session; the id
// alone must never let anyone in. Codes: Unauthorized, Unavailable.
func (s *Service) Holder(ctx context.Context, session string) (access.Actor, error) {
	c, err := s.recognise(ctx, session)
	if err == nil && c.Actor.PushOnly {
		err = fault.New(fault.Unauthorized, "")
	}
	if err != nil {
		return access.Actor{}, err
	}
	return c.Actor, nil
}

// recognise finds a session by its id.
func (s *Service) recognise(ctx context.Context, id string) (Caller, error) {
	now := s.now()
	if text, ok := s.cache.Get(ctx, cacheKey(id)); ok {
		var c Caller
		if json.Unmarshal([]byte(text), &c) == nil && c.Actor.User != "" && c.Actor.Session == id && c.ExpiresAt > now.UnixMilli() {
			return c, nil
		}
	}
	se, u, err := s.sessions.FindSession(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return Caller{}, fault.New(fault.Unauthorized, "")
	}
	if err != nil {
		return Caller{}, err
	}
	c, ok := s.judge(se, u, now)
	if !ok {
		return Caller{}, fault.New(fault.Unauthorized, "")
	}
	if c.Actor.PushOnly {
		return c, nil // rare, and ends at a moment of its own: always asked
	}
	c.ExpiresAt = s.slide(ctx, se, now)
	if text, err := json.Marshal(c); err == nil {
		s.cache.Add(ctx, cacheKey(id), string(text), min(cacheLife, time.Duration(c.ExpiresAt-now.UnixMilli())*time.Millisecond))
	}
	return c, nil
}

// judge says what a session is worth now.
func (s *Service) judge(se Session, u User, now time.Time) (Caller, bool) {
	c := Caller{Actor: u.Actor(), Kind: se.Kind, ExpiresAt: se.ExpiresAt}
	c.Actor.Session = se.ID
	ended := max(se.RevokedAt, u.DisabledAt)
	if se.RevokedAt > 0 && u.DisabledAt > 0 {
		ended = min(se.RevokedAt, u.DisabledAt)
	}
	if ended > 0 {
		c.Actor.PushOnly, c.Actor.Disabled = true, u.DisabledAt > 0
		c.ExpiresAt = min(se.ExpiresAt, ended+PushGrace.Milliseconds())
		return c, se.Kind == Phone && c.ExpiresAt > now.UnixMilli()
	}
	return c, se.ExpiresAt > now.UnixMilli()
}

// inGrace reports whether something ended at at is still within PushGrace.
func (s *Service) inGrace(at int64) bool {
	return s.now().UnixMilli() < at+PushGrace.Milliseconds()
}

// slide extends a phone's session when a day of it has passed. That it cannot
// be stored is no reason to send anyone away.
func (s *Service) slide(ctx context.Context, se Session, now time.Time) int64 {
	end := now.Add(PhoneLife).UnixMilli()
	if se.Kind != Phone || end-se.ExpiresAt < slideAfter.Milliseconds() {
		return se.ExpiresAt
	}
	if err := s.sessions.ExtendSession(ctx, se.ID, end); err != nil {
		s.log.WarnContext(ctx, "a session could not be extended", "user", se.User, "err", err)
		return se.ExpiresAt
	}
	return end
}

// Logout ends the caller's session at once; nothing can be pushed with it
// afterwards. An unknown token is no error.
func (s *Service) Logout(ctx context.Context, token string) error {
	id := tokenHash(token)
	if id == "" {
		return nil
	}
	err := s.sessions.ExpireSession(ctx, id, s.now().UnixMilli())
	s.forget(ctx, id)
	return err
}

// Revoke takes a session (its id, not its token) away from its holder: a phone
// may push for PushGrace, everything else ends.
func (s *Service) Revoke(ctx context.Context, session string) error {
	err := s.sessions.RevokeSession(ctx, session, s.now().UnixMilli())
	s.forget(ctx, session)
	return err
}

// RevokeUser revokes the user's open sessions of the kinds; no kinds = all.
func (s *Service) RevokeUser(ctx context.Context, user string, kinds ...Kind) error {
	open, err := s.Sessions(ctx, user)
	if err != nil {
		return err
	}
	for _, se := range open {
		if len(kinds) == 0 || contains(kinds, se.Kind) {
			if err := s.Revoke(ctx, se.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// EndOthers ends the user's open sessions but that of token.
func (s *Service) EndOthers(ctx context.Context, user, token string) error {
	open, err := s.Sessions(ctx, user)
	for _, se := range open {
		if err == nil && se.ID != tokenHash(token) {
			err = s.Revoke(ctx, se.ID)
		}
	}
	return err
}

// Here reports whether a session is that of token.
func (s Session) Here(token string) bool { return s.ID == tokenHash(token) }

// Sessions lists the user's open sessions.
func (s *Service) Sessions(ctx context.Context, user string) ([]Session, error) {
	return s.sessions.OpenSessions(ctx, user, s.now().UnixMilli())
}

// forget makes the next request with these sessions ask SQL.
func (s *Service) forget(ctx context.Context, ids ...string) {
	for _, id := range ids {
		s.cache.Set(context.WithoutCancel(ctx), cacheKey(id), takenBack, cacheLife)
	}
}

// forgetUser does so for all open sessions of a user. It must come after the
// change is stored.
func (s *Service) forgetUser(ctx context.Context, user string) error {
	open, err := s.Sessions(ctx, user)
	for _, se := range open {
		s.forget(ctx, se.ID)
	}
	return err
}

func cacheKey(id string) string { return "session:" + id }

func contains(kinds []Kind, k Kind) bool {
	for _, have := range kinds {
		if have == k {
			return true
		}
	}
	return false
}

// Purge deletes what has run out for good: attempts and codes at once,
// sessions PushGrace after their end.
func (s *Service) Purge(ctx context.Context) (rows int64, err error) {
	now := s.now()
	return s.janitor.PurgeAccounts(ctx, now.UnixMilli(), now.Add(-PushGrace).UnixMilli())
}
