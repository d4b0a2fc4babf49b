package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"daohu/server/account/staff"
)

func (f *fixture) devices(token string) map[string]staff.Device {
	f.Helper()
	f.Pass(time2)
	a := f.Do("GET", token, "/api/v1/devices", nil)
	var page struct{ Rows []staff.Device }
	if a.Status != http.StatusOK || json.Unmarshal([]byte(a.Body), &page) != nil {
		f.Fatalf("devices: %d %s", a.Status, a.Body)
	}
	out := map[string]staff.Device{}
	for _, d := range page.Rows {
		out[d.ID] = d
	}
	return out
}

// unsent says what the phone still holds, with an exchange of its own.
func (p *fixturePhone) unsent(n, oldest int64) fixtureAnswer {
	return p.f.Do("POST", p.Token, "/api/v1/sync", map[string]any{"cursor": p.Cursor, "schema": 1, "client": p.Client,
		"acked": []any{0, ""}, "muts": []any{}, "budget": 65536, "unsent": []int64{n, oldest}})
}

// TestWipe: a lost phone hands in what it holds, which goes to quarantine, and
// is sent nothing but the order to erase itself, disabled or not.
func TestWipe(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	admin, house := f.Token("admin-1"), f.Towns[0].Houses[0].ID
	phone, other := f.Phone(f.FreshToken("cadre-1-0")), f.Phone(f.Token("cadre-1-1"))
	phone.Send()
	other.Send()
	f.Phone(f.Token("cadre-2-0")).Send()
	written := f.clock.Load()
	phone.unsent(2, written)
	got := f.devices(admin)
	if d := got[phone.Client]; len(got) != 2 || d.Login != "cadre-1-0" || d.Unsent != 2 || d.OldestAt != written || d.Schema != 1 || d.Safe || d.Wipe || d.SeenAt == 0 {
		t.Fatalf("got %+v", got)
	}
	if d := got[other.Client]; !d.Safe || d.Why != "" {
		t.Errorf("got %+v", d)
	}
	order := func(want int, token, client, reason string, on bool) {
		t.Helper()
		if a := f.Do("POST", token, "/api/v1/devices/"+client+"/wipe", map[string]any{"on": on, "reason": reason}); a.Status != want {
			t.Errorf("wipe: %d %s", a.Status, a.Body)
		}
	}
	order(404, f.Token("admin-2"), phone.Client, "丢了", true)
	order(422, admin, phone.Client, "  ", true)
	order(204, admin, other.Client, "丢了", true)
	order(204, admin, other.Client, "找到了", false)
	order(204, admin, phone.Client, "丢了", true)
	order(204, admin, phone.Client, "丢了", true) // again: nothing new
	if got = f.devices(admin); !got[phone.Client].Wipe || got[other.Client].Wipe {
		t.Errorf("got %+v", got)
	}
	// While it is in use, then with its user disabled.
	poll := "/api/v1/sync?cursor=" + phone.Cursor + "&schema=1&client=" + phone.Client
	for i, disable := range []bool{false, true} {
		if disable {
			f.Do("POST", admin, "/api/v1/users/"+f.User("cadre-1-0").ID+"/disable", map[string]any{"on": true, "anyway": true})
		}
		a, codes := phone.Push(fixtureMut{Type: "visit", ID: f.DB.NewID(), House: house, Patch: map[string]any{"day": f.Today(), "text": "还没上传"}})
		if codes[0] != "quarantined" || !strings.Contains(a.Body, `"wipe":true`) || strings.Contains(a.Body, `"households"`) || strings.Contains(a.Body, `"ended"`) {
			t.Errorf("disabled %v: %v %s", disable, codes, a.Body)
		}
		kept, err := f.DB.Quarantined(t.Context(), f.Towns[0].Township, "open", "", 10)
		f.must(err)
		if len(kept) != i+1 {
			t.Errorf("%d in quarantine, want %d", len(kept), i+1)
		}
		if a := f.Do("GET", phone.Token, poll, nil); !strings.Contains(a.Body, `"wipe":true`) || strings.Contains(a.Body, `"households"`) {
			t.Errorf("disabled %v: poll %d %s", disable, a.Status, a.Body)
		}
	}
	// The other phone goes on; a week of silence makes it unsafe.
	if a := other.unsent(0, 0); strings.Contains(a.Body, `"wipe"`) {
		t.Errorf("the other phone: %s", a.Body)
	}
	f.Pass(8 * 24 * time.Hour)
	if d := f.devices(f.FreshToken("admin-1"))[other.Client]; d.Safe || !strings.Contains(d.Why, "8 天") {
		t.Errorf("got %+v", d)
	}
}
