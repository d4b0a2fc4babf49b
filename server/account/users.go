package account

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/record"
)

// casTries is how often a change is tried again that lost against another one.
const casTries = 8

// again reads the user and runs f until f does not find it stale.
func (s *Service) again(ctx context.Context, id string, f func(User) error) (User, error) {
	var err error
	for range casTries {
		var u User
		if u, err = s.users.FindUser(ctx, ByID, id); err != nil {
			return User{}, err
		}
		if err = f(u); !fault.Is(err, fault.Stale) {
			return u, err
		}
	}
	return User{}, err
}

// change reads the user, lets f change it and stores it.
func (s *Service) change(ctx context.Context, id string, f func(*User) error) error {
	_, err := s.again(ctx, id, func(u User) error {
		if err := f(&u); err != nil {
			return err
		}
		return s.users.SaveUser(ctx, u)
	})
	return err
}

// NewUser is what an administrator says about a user.
type NewUser struct {
	Login     string
	Name      string
	Role      access.Role
	County    string
	Township  string // required but for K and A
	Area      string // required for V
	Household string // required for H
	Unit      string
	Rank      string
	Phone     string // plain; sealed before it is stored
	Password  string // "" = no console login
	OpenID    string // only the demo knows one beforehand
	Tier      string // of a cadre: county, township, village; "" = not told
}

// CreateUser makes a user. Codes: Invalid with the fields.
func (s *Service) CreateUser(ctx context.Context, n NewUser) (User, error) {
	n.Login = readLogin(n.Login)
	if bad := n.check(); len(bad) > 0 {
		return User{}, fault.Bad(bad...)
	}
	raw := make([]byte, 9) // 12 characters of base64url, the form of every id
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return User{}, fmt.Errorf("account: randomness: %w", err)
	}
	u := User{
		ID: base64.RawURLEncoding.EncodeToString(raw), Version: 1, Login: n.Login, Name: n.Name, Role: n.Role,
		County: n.County, Township: n.Township, Area: n.Area, Household: Optional(n.Household), Unit: n.Unit, Rank: n.Rank,
		OpenID: Optional(n.OpenID), CreatedAt: s.now().UnixMilli(), Tier: n.Tier,
	}
	var err error
	if u.Phone, err = s.sealer.Seal(n.Phone); err != nil {
		return User{}, err
	}
	if n.Password != "" {
		if u.PasswordHash, err = s.hasher.hash(ctx, n.Password); err != nil {
			return User{}, err
		}
	}
	err = s.users.AddUser(ctx, u)
	if fault.Is(err, fault.IDTaken) {
		field := fault.Field{Name: "login", Code: "not-allowed", Detail: "这个登录名已经有人用，或这一户已经有账号。"}
		return User{}, &fault.Error{Code: fault.Invalid, Fields: []fault.Field{field}, Err: err}
	}
	return u, err
}

func (n NewUser) check() []fault.Field {
	var bad []fault.Field
	say := func(wrong bool, name, code, detail string) {
		if wrong {
			bad = append(bad, fault.Field{Name: name, Code: code, Detail: detail})
		}
	}
	say(len(n.Login) < 2 || len(n.Login) > 40 || !only(n.Login, "abcdefghijklmnopqrstuvwxyz0123456789:._-"), "login", "format", "登录名用 2 到 40 个小写字母、数字或 : . _ -。")
	say(strings.TrimSpace(n.Name) == "", "name", "required", "请填写姓名。")
	for _, t := range []struct {
		name, text string
		max        int
	}{{"name", n.Name, 50}, {"unit", n.Unit, 60}, {"rank", n.Rank, 30}} {
		say(utf8.RuneCountInString(t.text) > t.max, t.name, "too-long", fmt.Sprintf("最多 %d 个字。", t.max))
		say(!utf8.ValidString(t.text) || strings.ContainsFunc(t.text, func(r rune) bool { return r < ' ' || r == 0x7f }), t.name, "format", "里面有不能保存的字符。")
	}
	say(len(n.Role) != 1 || !n.Role.In("HCVTKA"), "role", "not-allowed", "没有这个角色。")
	say(!isArea(n.County), "county", "format", "请填写县的地区代码。")
	if n.Role.In("KA") {
		say(n.Township != "", "township", "not-allowed", "县级用户和审计不属于某个乡镇。")
	} else {
		say(!isArea(n.Township), "township", "format", "请填写乡镇的地区代码。")
	}
	if n.Role == access.Village {
		say(!isArea(n.Area), "area", "format", "请填写村的地区代码。")
	} else {
		say(n.Area != "", "area", "not-allowed", "只有村干部和驻村工作队填写村。")
	}
	if n.Role == access.Household {
		say(!record.IsID(n.Household), "household", "format", "请填写户的编号。")
	} else {
		say(n.Household != "", "household", "not-allowed", "只有农户账号填写户。")
	}
	say(len(n.Phone) > 20 || !only(n.Phone, "0123456789+- "), "phone", "format", "电话号码的格式不对。")
	say(len(n.Tier) > 10 || !only(n.Tier, "abcdefghijklmnopqrstuvwxyz"), "tier", "format", "级别的格式不对。")
	say(len(n.OpenID) > 64, "openid", "too-long", "微信标识太长。")
	if n.Password != "" {
		bad = append(bad, checkPassword(n.Login, n.Password)...)
	}
	return bad
}

// minPassword is in characters: longer than the 8 of NIST SP 800-63B, since
// the console shows whole townships; no rules about kinds of characters.
const minPassword = 10

func checkPassword(login, password string) []fault.Field {
	f := fault.Field{Name: "password"}
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		f.Code, f.Detail = "range", fmt.Sprintf("密码至少 %d 个字符。", minPassword)
	case len(password) > maxSecret:
		f.Code, f.Detail = "too-long", fmt.Sprintf("密码最多 %d 个字节。", maxSecret)
	case strings.Contains(strings.ToLower(password), login), distinct(password) < 4:
		f.Code, f.Detail = "not-allowed", "密码太容易猜：不要包含登录名，也不要重复几个字符。"
	default:
		return nil
	}
	return []fault.Field{f}
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// readLogin forgives capitals and spaces around a login; "" = it can be none.
func readLogin(s string) string {
	if len(s) > 200 {
		return ""
	}
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.IndexFunc(s, func(r rune) bool { return r > 0x7e || r < 0x20 }) >= 0 {
		return ""
	}
	return s
}

func only(s, set string) bool { return strings.Trim(s, set) == "" }

func isArea(s string) bool { return len(s) >= 6 && len(s) <= 16 && only(s, "0123456789") }

// User returns one user. Codes: NotFound.
func (s *Service) User(ctx context.Context, by Lookup, value string) (User, error) {
	if value == "" {
		return User{}, fault.New(fault.NotFound, "")
	}
	return s.users.FindUser(ctx, by, value)
}

// Users lists users; who may see whom is the caller's business.
func (s *Service) Users(ctx context.Context, f Filter) ([]User, error) {
	return s.users.ListUsers(ctx, f)
}

// SetPassword gives the user a console password and ends the console sessions
// opened with the old one. Codes: Invalid, NotFound.
func (s *Service) SetPassword(ctx context.Context, user, password string) error {
	u, err := s.User(ctx, ByID, user)
	if err != nil {
		return err
	}
	if bad := checkPassword(u.Login, password); len(bad) > 0 {
		return fault.Bad(bad...)
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	if err := s.change(ctx, user, func(u *User) error { u.PasswordHash = hash; return nil }); err != nil {
		return err
	}
	return s.RevokeUser(ctx, user, Console)
}

// ChangePassword gives the user another console password; a wrong old one
// counts as a failed log-in. Codes: Invalid (fields old, password), TooMany,
// NotFound.
func (s *Service) ChangePassword(ctx context.Context, user, old, password string) error {
	u, err := s.User(ctx, ByID, user)
	if err != nil {
		return err
	}
	try, err := s.take(ctx, passwordLimit, u.Login)
	if err != nil {
		return err
	}
	ok := false
	if len(old) <= maxSecret {
		if ok, err = s.hasher.verify(ctx, u.PasswordHash, old); err != nil {
			return err
		}
	}
	if !ok {
		return fault.Bad(fault.Field{Name: "old", Code: "wrong", Detail: "原来的密码不对。"})
	}
	try.clear(ctx)
	return s.SetPassword(ctx, user, password)
}

// Disable takes a user out of use, or back in. Disabled users cannot log in;
// their phones may push for PushGrace. Codes: NotFound.
func (s *Service) Disable(ctx context.Context, user string, on bool) error {
	err := s.change(ctx, user, func(u *User) error {
		switch {
		case !on:
			u.DisabledAt = 0
		case u.DisabledAt == 0:
			u.DisabledAt = s.now().UnixMilli()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.forgetUser(ctx, user)
}

// IssueCode makes a one-time code, 8 characters, that ties the next WeChat
// account to the user; earlier unused ones are void. It lasts CodeLife and is
// shown once. Codes: NotFound, Forbidden (disabled).
func (s *Service) IssueCode(ctx context.Context, user string) (code string, expiresAt int64, err error) {
	u, err := s.User(ctx, ByID, user)
	if err != nil {
		return "", 0, err
	}
	if u.DisabledAt > 0 {
		return "", 0, disabled()
	}
	if code, err = newCode(s.rand); err != nil {
		return "", 0, err
	}
	now := s.now()
	expiresAt = now.Add(CodeLife).UnixMilli()
	err = s.codes.AddCode(ctx, Code{Hash: s.keyed("code", code), User: u.ID, Purpose: Bind, CreatedAt: now.UnixMilli(), ExpiresAt: expiresAt})
	if err != nil {
		return "", 0, err
	}
	return code, expiresAt, nil
}

// IssueCard makes a household a new card: the token for the printed code, and
// a PIN of 6 digits. Both are shown once. The old card, its sessions and its
// count of wrong PINs end. Codes: NotFound, Forbidden (disabled), Invalid (not
// a household's login).
func (s *Service) IssueCard(ctx context.Context, user string) (token, pin string, err error) {
	if token, err = newToken(s.rand); err != nil {
		return "", "", err
	}
	if pin, err = newPIN(s.rand); err != nil {
		return "", "", err
	}
	hash, err := s.hasher.hash(ctx, pinText(s.keys[0], user, pin))
	if err != nil {
		return "", "", err
	}
	err = s.change(ctx, user, func(u *User) error {
		if u.Role != access.Household {
			return fault.Bad(fault.Field{Name: "user", Code: "not-allowed", Detail: "只有农户账号有明白卡。"})
		}
		if u.DisabledAt > 0 {
			return disabled()
		}
		u.CardHash, u.PinHash = Optional(tokenHash(token)), hash
		return nil
	})
	if err == nil {
		err = s.RevokeUser(ctx, user, Card)
	}
	if err == nil {
		err = s.attempts.ClearAttempts(ctx, s.keyed("attempt "+pinLimit.name, user))
	}
	if err != nil {
		return "", "", err
	}
	return token, pin, nil
}
