package account

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
)

// Config is what a Service needs; everything without a default is required.
type Config struct {
	Users    Users
	Sessions Sessions
	Codes    Codes
	Attempts Attempts
	Janitor  Janitor
	Factors  Factors
	Cache    Cache
	WeChat   WeChat
	Sealer   record.Sealer
	// Key makes the hashes of codes, PINs and counted subjects; at least 32
	// bytes. OldKeys recognise the codes and PINs made before it was the key;
	// without theirs, these are void. Counts of failed tries begin anew.
	Key     []byte
	OldKeys [][]byte
	Hash    HashParams
	Hashers int              // argon2id computations at a time; default: one per CPU
	Now     func() time.Time // default: time.Now
	Rand    io.Reader        // tokens, codes, PINs, ids, salts
	Log     *slog.Logger     // default: nothing is logged
}

// Service logs people in and recognises them. It is safe for concurrent use.
type Service struct {
	users    Users
	sessions Sessions
	codes    Codes
	attempts Attempts
	janitor  Janitor
	factors  Factors
	cache    Cache
	wechat   WeChat
	sealer   record.Sealer
	keys     [][]byte // the first makes new hashes
	hasher   *hasher
	now      func() time.Time
	rand     io.Reader
	log      *slog.Logger
}

// New checks c.
func New(c Config) (*Service, error) {
	if c.Users == nil || c.Sessions == nil || c.Codes == nil || c.Attempts == nil || c.Janitor == nil || c.Factors == nil || c.Cache == nil || c.WeChat == nil || c.Sealer == nil || c.Rand == nil {
		return nil, errors.New("account: a part of Config is missing")
	}
	if len(c.Key) < 32 {
		return nil, errors.New("account: Key must have at least 32 bytes")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Hashers <= 0 {
		c.Hashers = runtime.NumCPU()
	}
	random := &lockedRand{r: c.Rand}
	return &Service{
		users: c.Users, sessions: c.Sessions, codes: c.Codes, attempts: c.Attempts, janitor: c.Janitor, factors: c.Factors, cache: c.Cache, wechat: c.WeChat,
		sealer: c.Sealer, keys: append([][]byte{c.Key}, c.OldKeys...), hasher: newHasher(c.Hash, random, c.Hashers), now: c.Now, rand: random, log: c.Log,
	}, nil
}

// Login is a new session.
type Login struct {
	Token     string // shown once; the server keeps its hash
	ExpiresAt int64  // Unix ms
	User      User
	// PushOnly: the user is disabled, and the session serves only to hand in
	// what the phone still holds.
	PushOnly bool
}

// LogValue keeps the token out of logs.
func (l Login) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("user", l.User), slog.Bool("pushOnly", l.PushOnly))
}

// LoginWeChat logs the owner of a WeChat account in. code is from wx.login.
// When the account belongs to no user yet, bindCode, the one-time code the
// township handed out, ties it to one.
// Codes: Unbound (send bindCode), BadLogin, Gone (bindCode used or too old),
// TooMany, Forbidden (disabled), and those of WeChat.
func (s *Service) LoginWeChat(ctx context.Context, code, bindCode string) (Login, error) {
	openid, err := s.wechat.Code2Session(ctx, code)
	if err != nil {
		return Login{}, err
	}
	u, err := s.users.FindUser(ctx, ByOpenID, openid)
	if fault.Is(err, fault.NotFound) {
		if strings.TrimSpace(bindCode) == "" {
			return Login{}, fault.New(fault.Unbound, "")
		}
		u, err = s.bind(ctx, openid, bindCode)
		if fault.Is(err, fault.Gone) || fault.Is(err, fault.IDTaken) {
			// The same login sent twice: the other one has bound it.
			if other, err2 := s.users.FindUser(ctx, ByOpenID, openid); err2 == nil {
				u, err = other, nil
			}
		}
	}
	if err != nil {
		return Login{}, err
	}
	return s.enter(ctx, u)
}

// enter opens a session on the phone of u. A disabled user whose session has
// run out must still be able to hand in work: the phone logs in by itself.
func (s *Service) enter(ctx context.Context, u User) (Login, error) {
	pushOnly := u.DisabledAt > 0
	if pushOnly && !s.inGrace(u.DisabledAt) {
		return Login{}, disabled()
	}
	l, err := s.open(ctx, u, Phone)
	l.PushOnly = pushOnly
	return l, err
}

func disabled() error {
	return fault.New(fault.Forbidden, "这个账号已停用，请联系乡镇管理员。")
}

func badCode() error {
	return fault.New(fault.BadLogin, "绑定码不对，请核对后再输。")
}

// bind ties openid to the user of a one-time code, who may have had another
// openid until now: then the old phones are revoked.
func (s *Service) bind(ctx context.Context, openid, bindCode string) (User, error) {
	attempt, err := s.take(ctx, bindLimit, openid)
	if err != nil {
		return User{}, err
	}
	text := readCode(bindCode)
	if text == "" {
		return User{}, badCode()
	}
	c, err := s.findCode(ctx, text)
	if fault.Is(err, fault.NotFound) || err == nil && c.Purpose != Bind {
		return User{}, badCode()
	}
	if err != nil {
		return User{}, err
	}
	var had Optional
	u, err := s.again(ctx, c.User, func(u User) error {
		if u.DisabledAt > 0 {
			return disabled()
		}
		had = u.OpenID
		ctx = access.By(ctx, u.ID) // whoever holds the code acts as its user
		return s.codes.BindCode(ctx, Binding{Code: c.Hash, User: u.ID, Version: u.Version, OpenID: openid, At: s.now().UnixMilli()})
	})
	switch {
	case fault.Is(err, fault.Gone):
		return User{}, usedCode()
	case fault.Is(err, fault.IDTaken): // the openid was bound to another user a moment ago
		return User{}, fault.New(fault.IDTaken, "这个微信刚刚绑定了别的账号，请重新登录。")
	case err != nil:
		return User{}, err
	}
	attempt.refund(ctx)
	u.OpenID = Optional(openid)
	u.Version++
	if had != "" {
		err = s.RevokeUser(ctx, u.ID, Phone)
	}
	return u, err
}

func usedCode() error {
	return fault.New(fault.Gone, "这个绑定码已经用过或过期，请向管理员再要一个。")
}

// LoginPassword logs a user in to the console; totp is the code of those who
// have a second factor, "" of the others. A missing or wrong one is a failed
// try like a wrong password. Codes: BadLogin (of name and password it never
// says which; with the field totp when these were right), TooMany, Forbidden
// (disabled), Unavailable.
func (s *Service) LoginPassword(ctx context.Context, login, password, totp, ip string) (Login, error) {
	byAddress, err := s.take(ctx, addressLimit, address(ip))
	if err != nil {
		return Login{}, err
	}
	login = readLogin(login)
	byLogin, err := s.take(ctx, passwordLimit, login)
	if err != nil {
		return Login{}, err
	}
	if len(password) > maxSecret {
		return Login{}, fault.New(fault.BadLogin, "")
	}
	u, err := s.users.FindUser(ctx, ByLogin, login)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Login{}, err
	}
	// Without such a user u is zero: the same work is done for nothing.
	ok, err := s.hasher.verify(ctx, u.PasswordHash, password)
	if err != nil {
		return Login{}, err
	}
	if !ok {
		return Login{}, fault.New(fault.BadLogin, "")
	}
	if err := s.second(ctx, u, totp); err != nil {
		return Login{}, err
	}
	byLogin.clear(ctx)
	byAddress.refund(ctx)
	if u.DisabledAt > 0 {
		return Login{}, disabled()
	}
	return s.open(ctx, u, Console)
}

// LoginCard logs a household in by the token in the code printed on its card
// and the PIN told to it. At most 10 wrong PINs a day are looked at, however
// many cards, phones and addresses they come from. Codes as for LoginPassword.
func (s *Service) LoginCard(ctx context.Context, cardToken, pin, ip string) (Login, error) {
	byAddress, err := s.take(ctx, addressLimit, address(ip))
	if err != nil {
		return Login{}, err
	}
	var u User
	if hash := tokenHash(cardToken); hash != "" {
		if u, err = s.users.FindUser(ctx, ByCard, hash); err != nil && !fault.Is(err, fault.NotFound) {
			return Login{}, err
		}
	}
	var byCard try
	if u.ID != "" {
		if byCard, err = s.take(ctx, pinLimit, u.ID); err != nil {
			return Login{}, err
		}
	}
	if pin = strings.TrimSpace(pin); len(pin) > maxSecret {
		pin = ""
	}
	ok, err := s.checkPIN(ctx, u, pin)
	if err != nil {
		return Login{}, err
	}
	if !ok {
		return Login{}, fault.New(fault.BadLogin, "明白卡或密码不对。")
	}
	byCard.refund(ctx)
	byAddress.refund(ctx)
	if u.DisabledAt > 0 {
		return Login{}, disabled()
	}
	return s.open(ctx, u, Card)
}

// findCode finds a one-time code by its text, whatever key it was made with.
func (s *Service) findCode(ctx context.Context, text string) (c Code, err error) {
	for _, key := range s.keys {
		if c, err = s.codes.FindCode(ctx, keyed(key, "code", text)); !fault.Is(err, fault.NotFound) {
			break
		}
	}
	return c, err
}

// checkPIN compares a PIN with the stored hash under every key. One that fits
// none costs as many hashes as there are keys, with a user and without.
func (s *Service) checkPIN(ctx context.Context, u User, pin string) (bool, error) {
	for _, key := range s.keys {
		if ok, err := s.hasher.verify(ctx, u.PinHash, pinText(key, u.ID, pin)); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// pinText is what is hashed of a PIN: without the key a million guesses would do.
func pinText(key []byte, user, pin string) string { return keyed(key, "pin "+user, pin) }
