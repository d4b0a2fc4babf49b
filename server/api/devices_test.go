package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/account/staff"
	"daohu/server/fault"
)

// devices stands for staff.Phones.
type devices struct{ s *service }

func (d devices) List(_ context.Context, _ access.Actor, after string, limit int) ([]staff.Device, string, error) {
	return []staff.Device{{ID: rowID, Why: "没有联系"}}, "", d.s.ask("devices", after, fmt.Sprint(limit))
}

func (d devices) Wipe(_ context.Context, _ access.Actor, id string, on bool, reason string) error {
	return d.s.ask("wipe", id, fmt.Sprint(on), reason)
}

func TestDeviceRoutes(t *testing.T) {
	f := newFixture(t)
	if w := f.do("T", "GET", "/api/v1/devices?after=x&limit=3", ""); w.Code != http.StatusOK || f.last() != "devices x 3" || !strings.Contains(w.Body.String(), `"safe":false,"why":"没有联系"`) {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	if w := f.do("T", "POST", "/api/v1/devices/"+rowID+"/wipe", `{"on":true,"reason":"丢了"}`); w.Code != http.StatusNoContent || f.last() != "wipe "+rowID+" true 丢了" {
		t.Errorf("%d %s, asked %q", w.Code, w.Body, f.last())
	}
	for _, body := range []string{`{"on":true}`, `{"reason":"丢了"}`, `{"on":true,"reason":""}`} {
		f.problem(f.do("T", "POST", "/api/v1/devices/"+rowID+"/wipe", body), http.StatusUnprocessableEntity, fault.Invalid)
	}
	for _, role := range []string{"K", "A", "C"} {
		f.problem(f.do(role, "GET", "/api/v1/devices", ""), http.StatusForbidden, fault.Forbidden)
	}
}
