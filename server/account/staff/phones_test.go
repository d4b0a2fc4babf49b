package staff_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"daohu/server/access"
	"daohu/server/account/staff"
	"daohu/server/fault"
	"daohu/server/write"
)

// shelf is a list of phones: what is shown of them is judged here, how they
// are read in server/store.
type shelf []staff.Phone

func (s shelf) Phones(_ context.Context, _, after string, limit int) (out []staff.Phone, _ error) {
	for _, p := range s {
		if p.ID > after && len(out) < limit {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s shelf) UserPhones(_ context.Context, user string) (out []staff.Phone, _ error) {
	for _, p := range s {
		if p.User == user {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s shelf) Phone(context.Context, string) (staff.Phone, error) {
	return staff.Phone{}, fault.New(fault.NotFound, "")
}

func TestSafe(t *testing.T) {
	now := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) int64 { return now.Add(-d).UnixMilli() }
	day := 24 * time.Hour
	phones := shelf{
		{Client: write.Client{ID: "a", SeenAt: ago(time.Minute)}},
		{Client: write.Client{ID: "b", SeenAt: ago(7*day - time.Millisecond)}},
		{Client: write.Client{ID: "c", SeenAt: ago(7 * day)}},
		{Client: write.Client{ID: "d", SeenAt: ago(30 * day)}},
		{Client: write.Client{ID: "e", SeenAt: ago(time.Minute), Unsent: 3, OldestAt: ago(day)}},
		{Client: write.Client{ID: "f"}},
	}
	s := &staff.Phones{Store: phones, Now: func() time.Time { return now }}
	admin := access.Actor{User: "x", Role: access.Township, County: "999911", Township: "999911101"}
	want := map[string]string{"a": "", "b": "", "c": "7 天", "d": "30 天", "e": "3 条", "f": "还没有同步过"}
	seen := 0
	for after := ""; ; {
		rows, next, err := s.List(t.Context(), admin, after, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range rows {
			seen++
			if d.Safe != (want[d.ID] == "") || d.Safe != (d.Why == "") || !strings.Contains(d.Why, want[d.ID]) {
				t.Errorf("got %+v", d)
			}
		}
		if after = next; after == "" {
			break
		}
	}
	if seen != len(phones) {
		t.Errorf("%d phones in the pages, want %d", seen, len(phones))
	}
	for _, a := range []access.Actor{{}, {User: "x", Role: access.County, County: "999911"}, {User: "x", Role: access.Township}} {
		if _, _, err := s.List(t.Context(), a, "", 4); !fault.Is(err, fault.NotFound) {
			t.Errorf("%+v: %v", a, err)
		}
	}
}
