package app

import (
	"strings"
	"testing"

	"daohu/server/config"
	"daohu/server/wechat"
)

// returnOne pushes a visit from a phone and has the admin return it.
func (f *fixture) returnOne() {
	f.Helper()
	town := f.Towns[0]
	p, id := f.Phone(f.Token("cadre-1-0")), f.DB.NewID()
	p.Send(fixtureMut{Type: "visit", ID: id, House: town.Houses[0].ID, Patch: map[string]any{"day": f.Today(), "text": "冉甲子家门口的路断了"}})
	a := f.Do("POST", f.Token("admin-1"), "/api/v1/records/visit/"+id+"/decision", map[string]any{"action": "return", "rev": 1, "reason": "冉甲子没有到场"})
	if a.Status != 200 {
		f.Fatalf("returning: %d %s", a.Status, a.Body)
	}
}

func (f *fixture) outboxRows() int64 {
	f.Helper()
	list, err := f.DB.Unsent(f.Context(), 1<<50, 100)
	f.must(err)
	return int64(len(list))
}

// The whole way: the phone's yes, a push, the admin's no, the reminder.
func TestReminder(t *testing.T) {
	f := newFixture(t, fixtureOptions{Config: func(c *config.Config) {
		c.Templates = map[string]config.Template{"returned": {ID: "T1", Page: "pages/todo", Fields: map[string]string{"thing1": "what", "thing2": "words"}}}
	}})
	const path = "/api/v1/me/subscriptions"
	a := f.Do("POST", f.Token("cadre-1-0"), path, map[string]any{"template": "returned", "n": 2})
	if a.Status != 200 || !strings.Contains(a.Body, `"id":"T1","left":2`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := f.Do("POST", f.Token("cadre-1-0"), path, map[string]any{"template": "notice", "n": 2}); a.Status != 409 {
		t.Errorf("a grant without a template: %d %s", a.Status, a.Body)
	}
	f.returnOne()
	if n := f.outboxRows(); n != 1 { // without an app id texts are not checked
		t.Fatalf("%d rows in the outbox", n)
	}
	if _, err := f.Outbox.Drain(f.Context()); err != nil {
		t.Fatal(err)
	}
	sent := f.WeChat.(*wechat.Fake).Sent()
	if len(sent) != 1 || sent[0].OpenID != wechat.FakeOpenID("cadre-1-0") || sent[0].Template != "T1" || sent[0].Page != "pages/todo" || sent[0].Data["thing1"] != "到户记录" {
		t.Fatalf("sent %+v", sent)
	}
	for _, m := range f.Markers {
		for _, v := range sent[0].Data {
			if strings.Contains(v, m.Text) {
				t.Errorf("%q is in %q", m.Text, v)
			}
		}
	}
	if a := f.Do("GET", f.Token("cadre-1-0"), path, nil); !strings.Contains(a.Body, `"left":1`) {
		t.Errorf("%s", a.Body)
	}
	if a := f.Do("GET", "", "/metrics", nil); !strings.Contains(a.Body, "daohu_outbox_open 0") || !strings.Contains(a.Body, "daohu_outbox_dead 0") {
		t.Error("the outbox is not in the metrics")
	}
	if text, err := f.OutboxState(f.Context()); err != nil || !strings.HasPrefix(text, "outbox: 0 rows wait, 0 were given up") || strings.Contains(text, "nothing is sent") {
		t.Error(text, err)
	}
}

// Without WeChat and templates nothing is put into the outbox.
func TestNoWeChatNoOutbox(t *testing.T) {
	f := newFixture(t, fixtureOptions{})
	f.returnOne()
	if n := f.outboxRows(); n != 0 || f.Outbox != nil {
		t.Errorf("%d rows in the outbox", n)
	}
	if text, err := f.OutboxState(f.Context()); err != nil || !strings.Contains(text, "nothing is sent") {
		t.Error(text, err)
	}
}
