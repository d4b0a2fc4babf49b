package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/outbox"
)

// subscriptions stands for outbox.Desk.
type subscriptions struct{ *service }

func (s subscriptions) List(_ context.Context, a access.Actor) ([]outbox.Subscription, error) {
	return []outbox.Subscription{{Cause: "returned", Template: "T1", Left: 3}}, s.ask("subscriptions", string(a.Role))
}

func (s subscriptions) Accept(_ context.Context, a access.Actor, template string, n int64) error {
	return s.ask("accept", string(a.Role), template, fmt.Sprint(n))
}

func TestSubscriptionRoutes(t *testing.T) {
	f := newFixture(t)
	const path = "/api/v1/me/subscriptions"
	for _, c := range []struct {
		role, method, body string
		status             int
		asked              string
	}{
		{"H", "GET", "", 200, "subscriptions H"},
		{"C", "POST", `{"template":"returned","n":10}`, 200, "accept C returned 10|subscriptions C"},
		{"V", "POST", `{"template":"notice","n":1}`, 200, "accept V notice 1|subscriptions V"},
		{"C", "POST", `{"template":"returned","n":11}`, 422, ""},
		{"C", "POST", `{"template":"returned","n":0}`, 422, ""},
		{"C", "POST", `{"template":"returned","n":1.5}`, 422, ""},
		{"C", "POST", `{"template":"advert","n":1}`, 422, ""},
		{"C", "POST", `{"template":"returned","n":1,"user":"` + mine + `"}`, 422, ""}, // for oneself only
		{"K", "POST", `{"template":"returned","n":1}`, 403, ""},
		{"A", "GET", "", 403, ""},
		{"", "GET", "", 401, ""},
	} {
		f.asked = nil
		w := f.do(c.role, c.method, path, c.body)
		if got := strings.Join(f.asked, "|"); w.Code != c.status || got != c.asked {
			t.Errorf("%s %s %s: %d, asked %q\n%s", c.role, c.method, c.body, w.Code, got, w.Body)
		}
		if c.status == 200 && !strings.Contains(w.Body.String(), `{"template":"returned","id":"T1","left":3}`) {
			t.Errorf("%s", w.Body)
		}
	}
}

// TestNoCallbacks: nobody unknown may send anything but a log-in.
func TestNoCallbacks(t *testing.T) {
	f := newFixture(t)
	open := 0
	for _, r := range f.api.table() {
		if r.Roles != "" || r.Method == "GET" {
			continue
		}
		if open++; !strings.HasPrefix(r.Path, "/api/v1/login/") {
			t.Errorf("%s %s is open to everyone", r.Method, r.Path)
		}
	}
	if open != 3 {
		t.Errorf("%d ways to log in, want 3", open)
	}
}
