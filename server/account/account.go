// Package account says who may log in, how, and for how long: users, sessions,
// one-time codes, household cards, and the limits on guessing.
//
// Sessions live in SQL and are cached; the limits are counted in SQL. Nothing
// that could be used to log in is kept: of tokens, cards and codes only hashes,
// of passwords and PINs only argon2id hashes.
package account

import (
	"context"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"time"

	"daohu/server/access"
	"daohu/server/record"
)

// Optional is a text of which many users may have none but no two the same:
// "" is NULL in SQL, where a unique key lets NULL repeat.
type Optional string

// Value implements driver.Valuer.
func (o Optional) Value() (driver.Value, error) {
	if o == "" {
		return nil, nil
	}
	return string(o), nil
}

// Scan implements sql.Scanner.
func (o *Optional) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*o = ""
	case string:
		*o = Optional(v)
	case []byte:
		*o = Optional(v)
	default:
		return fmt.Errorf("account: cannot read %T as text", src)
	}
	return nil
}

// User is one person, or one household, who may log in.
type User struct {
	ID           string        `gorm:"primaryKey"` // 12 characters
	Version      int64         // 1 when made, +1 by every change: the revision of a compare-and-set
	Login        string        // unique; 2 to 40 of a-z 0-9 : . _ -
	Name         string        // shown to others, never logged
	Role         access.Role   // one letter
	County       string        // area code
	Township     string        // area code of the home township; "" for K and A
	Area         string        // village code of a village worker; else ""
	Household    Optional      // household id of a household's login; else ""
	Unit         string        // 单位, as shown
	Rank         string        // 职务, as shown
	Phone        record.Sealed // "" = unknown
	PasswordHash string        // argon2id; "" = no console login
	PinHash      string        // argon2id; "" = no card
	CardHash     Optional      // SHA-256 of the card token, hex; "" = no card
	OpenID       Optional      `gorm:"column:openid"` // WeChat's id of the person for this app; "" = not bound
	DisabledAt   int64         // Unix ms; 0 = in use
	CreatedAt    int64         // Unix ms
	Tier         string        // where a cadre comes from: county, township, village; "" = not told
}

// TableName is the table of User.
func (User) TableName() string { return "user" }

// LogValue keeps everything but id and role out of logs.
func (u User) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", u.ID), slog.String("role", string(u.Role)))
}

// Actor is u as the caller of a request, without a session.
func (u User) Actor() access.Actor {
	return access.Actor{User: u.ID, Name: u.Name, Role: u.Role, County: u.County, Township: u.Township, Area: u.Area, Household: string(u.Household)}
}

// Kind is the kind of client a session belongs to.
type Kind string

// The kinds.
const (
	Phone   Kind = "phone"   // mini-program, Authorization: Bearer
	Console Kind = "console" // browser, cookie
	Card    Kind = "card"    // household card page, cookie
)

// How long a session lasts, and how long a phone may still push after its
// session or user was ended (docs/sync-protocol.md, `ended`).
const (
	PhoneLife   = 180 * 24 * time.Hour // from the last day it was used
	ConsoleLife = 12 * time.Hour       // from login: a working day
	CardLife    = 30 * 24 * time.Hour  // from login
	PushGrace   = 30 * 24 * time.Hour
	CodeLife    = 72 * time.Hour // a one-time code handed out on Friday works on Monday
)

func (k Kind) life() time.Duration {
	switch k {
	case Phone:
		return PhoneLife
	case Card:
		return CardLife
	}
	return ConsoleLife
}

// Session is one login. Its token is kept nowhere.
type Session struct {
	ID        string `gorm:"primaryKey"` // SHA-256 of the token, hex
	User      string
	Kind      Kind
	CreatedAt int64 // Unix ms
	ExpiresAt int64 // Unix ms; logging out sets it to that moment
	RevokedAt int64 // Unix ms; 0 = not revoked. A revoked phone may push for PushGrace
}

// TableName is the table of Session.
func (Session) TableName() string { return "session" }

// Bind is the purpose of a one-time code that ties a WeChat account to a user.
const Bind = "bind"

// Code is a one-time code; its text is kept nowhere.
type Code struct {
	Hash      string `gorm:"primaryKey"` // HMAC-SHA256 of the code, hex
	User      string
	Purpose   string // bind
	CreatedAt int64  // Unix ms
	ExpiresAt int64  // Unix ms
	UsedAt    int64  // Unix ms; 0 = unused
}

// TableName is the table of Code.
func (Code) TableName() string { return "onetime" }

// Attempt counts the tries of one subject in one window.
type Attempt struct {
	Subject   string `gorm:"primaryKey"` // HMAC of who is counted: no login or address in the table
	StartedAt int64  `gorm:"primaryKey"` // of the window, Unix ms
	N         int64
	ExpiresAt int64 // Unix ms; end of the window, the row may go then
}

// TableName is the table of Attempt.
func (Attempt) TableName() string { return "attempt" }

// Lookup names a column that tells one user from all others.
type Lookup string

// The lookups.
const (
	ByID        Lookup = "id"
	ByLogin     Lookup = "login"
	ByOpenID    Lookup = "openid"
	ByCard      Lookup = "card_hash"
	ByHousehold Lookup = "household"
)

// Filter chooses users of a list, in order of login. The zero value of a field
// does not restrict.
type Filter struct {
	County   string
	Township string
	Role     access.Role
	After    string // login after which the page begins
	Limit    int    // 0 = 100, at most 1000
}

// Binding ties an openid to a user by a one-time code.
type Binding struct {
	Code    string // hash
	User    string
	Version int64 // of the user, as read
	OpenID  string
	At      int64 // Unix ms
}

// Users keeps users.
type Users interface {
	// AddUser stores a new user. IDTaken: login, household, card or openid is another's.
	AddUser(ctx context.Context, u User) error
	// FindUser returns the user with value in the column by. NotFound.
	FindUser(ctx context.Context, by Lookup, value string) (User, error)
	// SaveUser stores u if its version is still the stored one, and adds one to
	// it. Login and creation time do not change. Stale; IDTaken as for AddUser.
	SaveUser(ctx context.Context, u User) error
	ListUsers(ctx context.Context, f Filter) ([]User, error)
}

// Sessions keeps sessions.
type Sessions interface {
	AddSession(ctx context.Context, s Session) error
	// FindSession returns a session and its user. NotFound.
	FindSession(ctx context.Context, id string) (Session, User, error)
	// ExtendSession moves the end of a session that was not revoked, never back.
	ExtendSession(ctx context.Context, id string, expiresAt int64) error
	// ExpireSession ends a session at at, if it would last longer.
	ExpireSession(ctx context.Context, id string, at int64) error
	// RevokeSession marks a session revoked at at, unless it is already.
	RevokeSession(ctx context.Context, id string, at int64) error
	// OpenSessions lists a user's sessions neither expired at now nor revoked.
	OpenSessions(ctx context.Context, user string, now int64) ([]Session, error)
}

// Codes keeps one-time codes.
type Codes interface {
	// AddCode stores a code and deletes the user's unused ones of the purpose.
	AddCode(ctx context.Context, c Code) error
	// FindCode returns a code, used or not. NotFound.
	FindCode(ctx context.Context, hash string) (Code, error)
	// BindCode marks the code used and sets the user's openid, both or neither.
	// Gone: used or expired. Stale: the user changed. IDTaken: the openid is
	// another user's.
	BindCode(ctx context.Context, b Binding) error
}

// Attempts counts tries.
type Attempts interface {
	// TakeAttempt adds one to the subject's count in the window, unless it has
	// reached limit, and reports whether it did. It is one atomic step.
	TakeAttempt(ctx context.Context, a Attempt, limit int64) (bool, error)
	// RefundAttempt takes one off, not below zero.
	RefundAttempt(ctx context.Context, subject string, startedAt int64) error
	// ClearAttempts forgets a subject.
	ClearAttempts(ctx context.Context, subject string) error
}

// Janitor deletes what has run out: attempts and codes expired before now,
// sessions that ended before sessionsBefore. Unix ms.
type Janitor interface {
	PurgeAccounts(ctx context.Context, now, sessionsBefore int64) (rows int64, err error)
}

// Cache keeps recognised sessions for a short while. A lost cache is a miss.
type Cache interface {
	Get(ctx context.Context, key string) (string, bool)
	Set(ctx context.Context, key, value string, ttl time.Duration)
	// Add stores only when the key is absent.
	Add(ctx context.Context, key, value string, ttl time.Duration) bool
}

// WeChat knows the person behind a code of the mini-program.
type WeChat interface {
	Code2Session(ctx context.Context, code string) (openid string, err error)
	PhoneNumber(ctx context.Context, code string) (string, error)
}
