package account_test

import (
	"encoding/base32"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
)

// shows is what an authenticator app shows now, or some steps later.
func (w *world) shows(secret string, later int64) string {
	w.t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	w.want("", err)
	code := fmt.Sprintf("%06d", account.HOTP(key, uint64(w.now().Unix()/30+later))%1_000_000)
	w.plant(secret)
	return code
}

const totpPassword = "planted-correct-horse"

// enrolled is an admin with a confirmed factor.
func (w *world) enrolled(login string) (account.User, string) {
	w.t.Helper()
	u := w.user(access.Township, login)
	w.want("", w.SetPassword(w.t.Context(), u.ID, totpPassword))
	e, err := w.StartTOTP(w.t.Context(), u.ID)
	w.want("", err)
	w.want("", w.ConfirmTOTP(w.t.Context(), u.ID, w.shows(e.Secret, 0)))
	w.move(time.Minute)
	return u, e.Secret
}

func TestTOTPEnrolment(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Township, "admin")
	w.want("", w.SetPassword(ctx, u.ID, totpPassword))
	w.want(fault.WrongState, w.ConfirmTOTP(ctx, u.ID, "123456"))
	first, err := w.StartTOTP(ctx, u.ID)
	w.want("", err)
	link, err := url.Parse(first.URL)
	if err != nil || link.Scheme != "otpauth" || link.Host != "totp" || link.Path != "/daohu:admin" || link.Query().Get("secret") != first.Secret || link.Query().Get("digits") != "6" || link.Query().Get("period") != "30" || len(first.Secret) != 32 {
		t.Errorf("got %s", first.URL)
	}
	// Not confirmed: nobody is locked out by an app that was never set up.
	_, err = w.LoginPassword(ctx, "admin", totpPassword, "", "192.0.2.1")
	w.want("", err)
	second, err := w.StartTOTP(ctx, u.ID)
	w.want("", err)
	w.want(fault.Invalid, w.ConfirmTOTP(ctx, u.ID, w.shows(first.Secret, 0))) // replaced
	w.want(fault.Invalid, w.ConfirmTOTP(ctx, u.ID, w.shows(second.Secret, 5)))
	code := w.shows(second.Secret, 0)
	w.want("", w.ConfirmTOTP(ctx, u.ID, code[:3]+" "+code[3:]))
	w.want(fault.WrongState, w.ConfirmTOTP(ctx, u.ID, code))
	_, err = w.StartTOTP(ctx, u.ID) // a stolen session cannot replace it
	w.want(fault.WrongState, err)
	_, err = w.StartTOTP(ctx, "nobody")
	w.want(fault.NotFound, err)
	// The code that confirmed it is used up.
	_, err = w.LoginPassword(ctx, "admin", totpPassword, code, "192.0.2.1")
	w.want(fault.BadLogin, err)
	w.move(30 * time.Second)
	_, err = w.LoginPassword(ctx, "admin", totpPassword, w.shows(second.Secret, 0), "192.0.2.1")
	w.want("", err)
}

func TestTOTPLogin(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u, secret := w.enrolled("admin")
	login := func(password, code string) error {
		_, err := w.LoginPassword(ctx, "admin", password, code, "192.0.2.1")
		return err
	}
	field := func(err error) string {
		if e, ok := err.(*fault.Error); ok && len(e.Fields) == 1 { //nolint:errorlint // as returned
			return e.Fields[0].Name + " " + e.Fields[0].Code
		}
		return ""
	}
	// Without the password nothing is said about the second factor.
	for _, code := range []string{"", w.shows(secret, 0)} {
		err := login("wrong-wrong", code)
		if w.want(fault.BadLogin, err); field(err) != "" {
			t.Errorf("says %q", field(err))
		}
	}
	err := login(totpPassword, "")
	if w.want(fault.BadLogin, err); field(err) != "totp required" {
		t.Errorf("says %q", field(err))
	}
	for _, code := range []string{"000000", w.shows(secret, 2), w.shows(secret, -2), "abcdef"} {
		err := login(totpPassword, code)
		if w.want(fault.BadLogin, err); field(err) != "totp not-allowed" {
			t.Errorf("says %q", field(err))
		}
	}
	w.want("", login(totpPassword, w.shows(secret, -1)))
	w.want("", login(totpPassword, w.shows(secret, 1)))
	// An earlier step than the last one is used up too.
	w.want(fault.BadLogin, login(totpPassword, w.shows(secret, 0)))
	// 10 wrong codes, and even the right one is not looked at.
	w.move(15 * time.Minute)
	for range 10 {
		w.want(fault.BadLogin, login(totpPassword, "000000"))
	}
	w.want(fault.TooMany, login(totpPassword, w.shows(secret, 0)))
	w.move(15 * time.Minute)
	l, err := w.LoginPassword(ctx, "admin", totpPassword, w.shows(secret, 0), "192.0.2.1")
	w.want("", err)
	// Reset: the session ends, the password alone is enough again.
	w.want("", w.ResetTOTP(ctx, u.ID))
	w.want("", w.ResetTOTP(ctx, u.ID))
	w.want(fault.NotFound, w.ResetTOTP(ctx, "nobody"))
	_, err = w.Authenticate(ctx, l.Token)
	w.want(fault.Unauthorized, err)
	w.want("", login(totpPassword, ""))
	_, err = w.StartTOTP(ctx, u.ID)
	w.want("", err)
}

// TestTOTPOnce: of many logins with one code at the same moment one succeeds.
func TestTOTPOnce(t *testing.T) {
	each(t, func(w *world) {
		_, secret := w.enrolled("admin-once")
		code := w.shows(secret, 0)
		var in, refused atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := w.LoginPassword(w.t.Context(), "admin-once", totpPassword, code, "192.0.2.1")
				switch {
				case err == nil:
					in.Add(1)
				case fault.Is(err, fault.BadLogin):
					refused.Add(1)
				default:
					w.t.Error(err)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 || refused.Load() != 7 {
			w.t.Errorf("%d logged in, %d refused", in.Load(), refused.Load())
		}
	})
}
