package app

import (
	"bytes"
	"encoding/json"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	zxing "github.com/makiuchi-d/gozxing/qrcode"

	"daohu/server/account"
	"daohu/server/config"
)

// scan reads a QR code as a phone does.
func (f *fixture) scan(picture []byte) string {
	f.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	f.must(err)
	bmp, err := gozxing.NewBinaryBitmapFromImage(img)
	f.must(err)
	got, err := zxing.NewQRCodeReader().Decode(bmp, nil)
	f.must(err)
	return got.GetText()
}

// TestCodesToPrint: what is scanned from the pictures logs in, once.
func TestCodesToPrint(t *testing.T) {
	f := newFixture(t, fixtureOptions{Config: func(c *config.Config) { c.PublicURL = "https://daohu.example" }})
	admin := f.Token("admin-1")
	user := f.makeUser("admin-1", 200, map[string]any{"login": "cadre-new", "role": "C"})
	var code struct {
		Code string
		QR   []byte
	}
	a := f.Do("POST", admin, "/api/v1/users/"+user.ID+"/code", nil)
	if f.must(json.Unmarshal([]byte(a.Body), &code)); f.scan(code.QR) != code.Code || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the picture says %q, not %q: %v", f.scan(code.QR), code.Code, a.Header)
	}
	in := map[string]string{"code": "demo:cadre-new", "bind": f.scan(code.QR)}
	if a := f.Do("POST", "", "/api/v1/login/wechat", in); a.Status != 200 {
		t.Errorf("scanned: %d %s", a.Status, a.Body)
	}
	if a := f.Do("POST", "", "/api/v1/login/wechat", map[string]string{"code": "demo:somebody", "bind": in["bind"]}); a.Problem().Code != "gone" {
		t.Errorf("scanned again by another: %d %s", a.Status, a.Body)
	}
	var card struct {
		Token, PIN, URL string
		QR              []byte
	}
	a = f.Do("POST", admin, "/api/v1/users/"+f.User("household-1-0").ID+"/card", nil)
	f.must(json.Unmarshal([]byte(a.Body), &card))
	token, found := strings.CutPrefix(f.scan(card.QR), "https://daohu.example/h/")
	if !found || token != card.Token || card.URL != f.scan(card.QR) {
		t.Errorf("the card says %q", f.scan(card.QR))
	}
	if a := f.Do("POST", "", "/api/v1/login/household", map[string]string{"card": token, "pin": card.PIN}); a.Status != 200 {
		t.Errorf("the card: %d %s", a.Status, a.Body)
	}
	if log := f.log.String(); strings.Contains(log, code.Code) || strings.Contains(log, card.Token) || strings.Contains(log, "/h/") {
		t.Error("a secret is in the log")
	}
}

// TestCardWithoutAddress: nothing is drawn while nobody knows the address.
func TestCardWithoutAddress(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	a := f.Do("POST", f.Token("admin-1"), "/api/v1/users/"+f.User("household-1-0").ID+"/card", nil)
	if a.Status != 200 || strings.Contains(a.Body, `"qr"`) || strings.Contains(a.Body, `"url"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// TestDisableWithUnsentWork: it is said what may be lost, and can be done
// nevertheless; the phone may still hand it in.
func TestDisableWithUnsentWork(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	admin, user, house := f.Token("admin-1"), f.User("cadre-1-0").ID, f.Towns[0].Houses[0].ID
	phone, other := f.Phone(f.FreshToken("cadre-1-0")), f.Phone(f.FreshToken("cadre-1-0"))
	phone.Send()
	other.Send()
	phone.unsent(3, f.clock.Load()-24*time.Hour.Milliseconds())
	disable := func(want int, body map[string]any) fixtureAnswer {
		t.Helper()
		a := f.Do("POST", admin, "/api/v1/users/"+user+"/disable", body)
		if a.Status != want {
			t.Errorf("%v: %d %s", body, a.Status, a.Body)
		}
		return a
	}
	a := disable(409, map[string]any{"on": true})
	if p := a.Problem(); p.Code != "wrong-state" || len(p.Fields) != 1 || !strings.Contains(p.Fields[0].Detail, "还有 3 条没有送到，最早的一条写于 3 月 1 日") {
		t.Errorf("got %s", a.Body)
	}
	if f.User("cadre-1-0").DisabledAt != 0 {
		t.Error("a refusal disabled the account")
	}
	phone.unsent(0, 0)
	f.Pass(8 * 24 * time.Hour) // nobody knows what they hold by now
	admin = f.FreshToken("admin-1")
	if p := disable(409, map[string]any{"on": true}).Problem(); len(p.Fields) != 2 || !strings.Contains(p.Fields[1].Detail, "8 天没有联系") {
		t.Errorf("got %+v", p)
	}
	disable(204, map[string]any{"on": true, "anyway": true})
	if _, codes := phone.Push(fixtureMut{Type: "visit", ID: f.DB.NewID(), House: house, Patch: map[string]any{"day": f.Today()}}); codes[0] != "quarantined" {
		t.Errorf("handed in afterwards: %v", codes)
	}
	f.Pass(account.PushGrace)
	if a := phone.unsent(0, 0); a.Status != 401 {
		t.Errorf("after the days of grace: %d", a.Status)
	}
	admin = f.FreshToken("admin-1")
	disable(204, map[string]any{"on": false})
	phone.Token = f.FreshToken("cadre-1-0")
	phone.unsent(0, 0)
	other.Token = phone.Token
	other.unsent(0, 0)
	disable(204, map[string]any{"on": true}) // everything has arrived
}
