package account_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/fault"
	"daohu/server/record"
)

func TestCreateUser(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	good := account.NewUser{Login: " Cadre-001 ", Name: "演示干部", Role: access.Cadre, County: county, Township: township, Unit: "乡政府", Rank: "科员", Phone: "199 0000 1234", Password: "planted-correct-horse"}
	w.plant(good.Name, good.Phone, good.Password)
	u, err := w.CreateUser(ctx, good)
	w.want("", err)
	if !record.IsID(u.ID) || u.Login != "cadre-001" || u.Version != 1 || u.CreatedAt != w.now().UnixMilli() {
		t.Fatalf("got %+v", u)
	}
	got, err := w.User(ctx, account.ByLogin, "cadre-001")
	w.want("", err)
	if got != u {
		t.Fatalf("stored %+v, returned %+v", got, u)
	}
	if strings.Contains(string(u.Phone), "1234") || u.Phone == "" || !strings.HasPrefix(u.PasswordHash, "$argon2id$") {
		t.Fatal("phone or password in plain")
	}
	if plain, err := w.cfg.Sealer.Open(u.Phone); err != nil || plain != good.Phone {
		t.Fatalf("got %q, %v", plain, err)
	}
	_, err = w.LoginPassword(ctx, "cadre-001", good.Password, "", "192.0.2.1")
	w.want("", err)
	_, err = w.CreateUser(ctx, good)
	w.want(fault.Invalid, err)
	for field, spoil := range map[string]func(*account.NewUser){
		"login": func(n *account.NewUser) { n.Login = "名字" }, "name": func(n *account.NewUser) { n.Name = " " },
		"role": func(n *account.NewUser) { n.Role = "CT" }, "county": func(n *account.NewUser) { n.County = "" },
		"township": func(n *account.NewUser) { n.Township = "x" }, "area": func(n *account.NewUser) { n.Role = access.Village },
		"household": func(n *account.NewUser) { n.Role = access.Household }, "unit": func(n *account.NewUser) { n.Unit = strings.Repeat("长", 61) },
		"rank": func(n *account.NewUser) { n.Rank = "a\x00" }, "phone": func(n *account.NewUser) { n.Phone = "call me" },
		"password": func(n *account.NewUser) { n.Password = "cadre-009-pass" }, "openid": func(n *account.NewUser) { n.OpenID = strings.Repeat("o", 65) },
	} {
		n := good
		n.Login = "cadre-009"
		spoil(&n)
		_, err := w.CreateUser(ctx, n)
		w.want(fault.Invalid, err)
		if !strings.Contains(err.Error(), "["+field+" ") {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, role := range []access.Role{access.County, access.Auditor} {
		n := good
		n.Login, n.Role = "k-"+strings.ToLower(string(role)), role
		_, err := w.CreateUser(ctx, n)
		w.want(fault.Invalid, err) // belongs to no township
		n.Township = ""
		_, err = w.CreateUser(ctx, n)
		w.want("", err)
	}
	// One login a household.
	h := w.user(access.Household, "household-0001")
	n := account.NewUser{Login: "household-0002", Name: "演示户", Role: access.Household, County: county, Township: township, Household: string(h.Household)}
	_, err = w.CreateUser(ctx, n)
	w.want(fault.Invalid, err)
	if got, err := w.User(ctx, account.ByHousehold, string(h.Household)); err != nil || got.ID != h.ID {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUserList(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	for i := range 7 {
		w.user(access.Cadre, fmt.Sprintf("cadre-%03d", i))
	}
	w.user(access.County, "county")
	names := func(f account.Filter) string {
		us, err := w.Users(ctx, f)
		w.want("", err)
		var all []string
		for _, u := range us {
			all = append(all, u.Login)
		}
		return strings.Join(all, " ")
	}
	if got := names(account.Filter{Township: township, After: "cadre-004"}); got != "cadre-005 cadre-006" {
		t.Errorf("got %s", got)
	}
	if got := names(account.Filter{Role: access.County}); got != "county" {
		t.Errorf("got %s", got)
	}
	if got := names(account.Filter{Limit: 2}); got != "cadre-000 cadre-001" {
		t.Errorf("got %s", got)
	}
	if _, err := w.User(ctx, account.ByOpenID, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("a user without an openid was found by it: %v", err)
	}
	if _, err := w.User(ctx, "name", "x"); err == nil || fault.Is(err, fault.NotFound) {
		t.Errorf("a column of the caller's choice: %v", err)
	}
}

// Changes to one user at the same moment are all kept.
func TestParallelChanges(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.t.Context()
		u := w.user(access.Household, "household-0001")
		var wg sync.WaitGroup
		for _, f := range []func() error{
			func() error { return w.SetPassword(ctx, u.ID, "planted-correct-horse") },
			func() error { _, _, err := w.IssueCard(ctx, u.ID); return err },
			func() error { return w.SavePhone(ctx, u.ID, "demo:household-0001") },
			func() error { return w.Disable(ctx, u.ID, false) },
		} {
			wg.Go(func() {
				if err := f(); err != nil {
					w.t.Error(err)
				}
			})
		}
		wg.Wait()
		got, err := w.User(ctx, account.ByID, u.ID)
		w.want("", err)
		if got.Version != 5 || got.PasswordHash == "" || got.PinHash == "" || got.CardHash == "" || got.Phone == u.Phone {
			w.t.Fatalf("a change was lost: version %d", got.Version)
		}
	})
}

func TestSavePhone(t *testing.T) {
	w := open(t, "")
	ctx := t.Context()
	u := w.user(access.Cadre, "cadre-001")
	w.want(fault.Invalid, w.SavePhone(ctx, u.ID, "planted-real-code"))
	w.want("", w.SavePhone(ctx, u.ID, "demo:cadre-001"))
	got, err := w.User(ctx, account.ByID, u.ID)
	w.want("", err)
	if plain, err := w.cfg.Sealer.Open(got.Phone); err != nil || !strings.HasPrefix(plain, "1990000") {
		t.Errorf("got %q, %v", plain, err)
	}
	w.want(fault.NotFound, w.SavePhone(ctx, "nobody", "demo:cadre-001"))
}

func TestLogsShowNobody(t *testing.T) {
	w := open(t, "")
	u, l := w.bound("cadre-001")
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("x", "user", u, "login", l, "pointer", &u)
	for _, s := range []string{l.Token, u.Name, u.Login, string(u.Phone), "fake:"} {
		if strings.Contains(out.String(), s) {
			t.Errorf("%q is in the log: %s", s, out.String())
		}
	}
	if !strings.Contains(out.String(), u.ID) {
		t.Error("the log does not say who")
	}
}
