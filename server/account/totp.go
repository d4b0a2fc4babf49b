package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // what every authenticator app computes (RFC 6238, section 1.2)
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"daohu/server/fault"
	"daohu/server/record"
)

const (
	totpPeriod = 30 // seconds: RFC 6238, section 5.2
	totpDrift  = 1  // steps either way: one for the network, as section 5.2 recommends
	totpBytes  = 20 // of the secret: RFC 4226, section 4, R6
	totpDigits = 6
	totpIssuer = "daohu"
)

// Factor is a user's second factor: a secret that an authenticator app shares.
type Factor struct {
	User        string        `gorm:"primaryKey"`
	Secret      record.Sealed // base32
	CreatedAt   int64         // Unix ms
	ConfirmedAt int64         // Unix ms; 0 = shown, but no code of it was given yet: not asked for
	LastStep    int64         // the last step of 30 s whose code was taken: no code works twice
}

// TableName is the table of Factor.
func (Factor) TableName() string { return "totp" }

// Factors keeps second factors.
type Factors interface {
	// AddFactor stores an unconfirmed factor in place of an unconfirmed one.
	// IDTaken: the user's is confirmed.
	AddFactor(ctx context.Context, f Factor) error
	// FindFactor returns the user's factor. NotFound.
	FindFactor(ctx context.Context, user string) (Factor, error)
	// UseStep marks a later step than any before as used and, the first time,
	// the factor as confirmed. It reports whether it did: not when the step is
	// used, or f no longer the user's. It is one atomic step.
	UseStep(ctx context.Context, f Factor, step, at int64) (bool, error)
	DropFactor(ctx context.Context, user string) error
}

// hotp is the 31 bits of RFC 4226, section 5.3.
func hotp(key []byte, counter uint64) uint32 {
	h := hmac.New(sha1.New, key)
	_ = binary.Write(h, binary.BigEndian, counter) // a hash does not fail
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
}

// matchStep finds the step near now, and after last, whose code is code; 0 = none.
func matchStep(key []byte, code string, now time.Time, last int64) int64 {
	var found int64
	middle := now.Unix() / totpPeriod
	for step := max(middle-totpDrift, 1); step <= middle+totpDrift; step++ {
		want := fmt.Sprintf("%06d", hotp(key, uint64(step))%1_000_000)
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > last {
			found = step
		}
	}
	return found
}

// Enrolment is what an authenticator app needs, shown once.
type Enrolment struct {
	URL    string // otpauth://, for a QR code
	Secret string // base32, to be typed in
}

// LogValue keeps the secret out of logs.
func (Enrolment) LogValue() slog.Value { return slog.StringValue("[sealed]") }

// StartTOTP makes the user a new second factor; it is asked for once a code of
// it was given to ConfirmTOTP. Codes: NotFound, WrongState (there is one).
func (s *Service) StartTOTP(ctx context.Context, user string) (Enrolment, error) {
	u, err := s.User(ctx, ByID, user)
	if err != nil {
		return Enrolment{}, err
	}
	raw := make([]byte, totpBytes)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return Enrolment{}, fmt.Errorf("account: randomness: %w", err)
	}
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	sealed, err := s.sealer.Seal(text)
	if err != nil {
		return Enrolment{}, err
	}
	err = s.factors.AddFactor(ctx, Factor{User: u.ID, Secret: sealed, CreatedAt: s.now().UnixMilli()})
	if fault.Is(err, fault.IDTaken) {
		return Enrolment{}, &fault.Error{Code: fault.WrongState, Detail: "动态验证码已经启用；手机丢了请联系系统管理员重置。", Err: err}
	}
	if err != nil {
		return Enrolment{}, err
	}
	q := url.Values{"secret": {text}, "issuer": {totpIssuer}, "algorithm": {"SHA1"}, "digits": {fmt.Sprint(totpDigits)}, "period": {fmt.Sprint(totpPeriod)}}
	link := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + totpIssuer + ":" + u.Login, RawQuery: q.Encode()}
	return Enrolment{URL: link.String(), Secret: text}, nil
}

// ConfirmTOTP turns a factor on by a first code of it. Codes: WrongState (none
// waits), Invalid (wrong code), TooMany.
func (s *Service) ConfirmTOTP(ctx context.Context, user, code string) error {
	tried, err := s.take(ctx, totpLimit, user)
	if err != nil {
		return err
	}
	f, err := s.factors.FindFactor(ctx, user)
	if fault.Is(err, fault.NotFound) || err == nil && f.ConfirmedAt > 0 {
		return fault.New(fault.WrongState, "没有等待启用的动态验证码，请重新开始。")
	}
	if err != nil {
		return err
	}
	ok, err := s.useCode(ctx, f, code)
	if err != nil {
		return err
	}
	if !ok {
		return fault.Bad(wrongTOTP("code"))
	}
	tried.clear(ctx)
	return nil
}

// ResetTOTP takes a second factor away (the authenticator is lost) and ends the
// user's console sessions. Without one it changes nothing. Codes: NotFound.
func (s *Service) ResetTOTP(ctx context.Context, user string) error {
	if _, err := s.User(ctx, ByID, user); err != nil {
		return err
	}
	if err := s.factors.DropFactor(ctx, user); err != nil {
		return err
	}
	return s.RevokeUser(ctx, user, Console)
}

// useCode takes a code: each works once.
func (s *Service) useCode(ctx context.Context, f Factor, code string) (bool, error) {
	text, err := s.sealer.Open(f.Secret)
	if err != nil {
		return false, err
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if err != nil {
		return false, fmt.Errorf("account: secret of a second factor: %w", err)
	}
	now := s.now()
	step := matchStep(key, strings.ReplaceAll(code, " ", ""), now, f.LastStep) // apps show 123 456
	if step == 0 {
		return false, nil
	}
	ok, err := s.factors.UseStep(ctx, f, step, now.UnixMilli())
	if ok || err != nil {
		return ok, err
	}
	// Another request used the code, or the secret was sealed anew meanwhile.
	g, err := s.factors.FindFactor(ctx, f.User)
	if fault.Is(err, fault.NotFound) || err == nil && (g.Secret == f.Secret || g.CreatedAt != f.CreatedAt) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if again, err := s.sealer.Open(g.Secret); err != nil || again != text {
		return false, err
	}
	return s.factors.UseStep(ctx, g, step, now.UnixMilli())
}

// second asks for the code of a user who has a confirmed factor. It is called
// after the password was right: saying so gives a guesser of codes no more
// tries than a guesser of passwords has.
func (s *Service) second(ctx context.Context, u User, code string) error {
	f, err := s.factors.FindFactor(ctx, u.ID)
	if fault.Is(err, fault.NotFound) || err == nil && f.ConfirmedAt == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if strings.TrimSpace(code) == "" {
		field := fault.Field{Name: "totp", Code: "required", Detail: "请输入动态验证码。"}
		return &fault.Error{Code: fault.BadLogin, Detail: field.Detail, Fields: []fault.Field{field}}
	}
	ok, err := s.useCode(ctx, f, code)
	if err == nil && !ok {
		field := wrongTOTP("totp")
		err = &fault.Error{Code: fault.BadLogin, Detail: field.Detail, Fields: []fault.Field{field}}
	}
	return err
}

func wrongTOTP(name string) fault.Field {
	return fault.Field{Name: name, Code: "not-allowed", Detail: "动态验证码不对或已经用过，请等下一个再输。"}
}
