package setting_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"daohu/server/access"
	"daohu/server/fault"
	"daohu/server/servertest/town"
	"daohu/server/setting"
)

// limits is a kind for tests: {"n": 1 to 9}.
func limits() setting.Kind {
	return setting.Kind{Code: "limits", Title: "上限", Shipped: []setting.Document{{Name: "small", Title: "小", Body: []byte(`{"n":1}`)}, {Name: "large", Title: "大", Body: []byte(`{"n":9}`)}},
		Check: func(raw []byte) error {
			var v struct{ N int }
			if err := json.Unmarshal(raw, &v); err != nil {
				return err
			}
			switch {
			case v.N == 0:
				return errors.New("secret internals")
			case v.N > 9:
				return fault.Bad(fault.Field{Name: "n", Code: "range", Detail: "太大。"})
			}
			return nil
		}}
}

func begin(t *testing.T, b *town.Base) (*town.Town, *setting.Service, access.Actor) {
	t.Helper()
	tn, err := b.Add(t.Context(), town.Size{Cadres: 1, Workers: 1, Houses: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := &setting.Service{Store: b.DB, Writer: b.DB, Kinds: []setting.Kind{limits()}}
	return tn, s, access.Actor{User: b.DB.NewID(), Role: access.County, County: "999900"}
}

func current(t *testing.T, s *setting.Service, township string) string {
	t.Helper()
	body, err := s.Current(context.Background(), township, "limits")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestPublish(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, s, county := begin(t, b)
		other, _, _ := begin(t, b)
		if got := current(t, s, tn.Township); got != `{"n":1}` {
			t.Fatalf("without an own document: %s", got)
		}
		publish := func(c setting.Change) setting.Shown {
			t.Helper()
			shown, err := s.Publish(t.Context(), county, tn.Township, "limits", c)
			if err != nil {
				t.Fatal(err)
			}
			return shown
		}
		if got := publish(setting.Change{Use: "large", Reason: "试行"}); got.Edition != 1 || string(got.Body) != `{"n":9}` || got.Name != "大" || got.Reason != "试行" || len(got.Shipped) != 2 {
			t.Errorf("%+v", got)
		}
		if got := publish(setting.Change{Edition: 1, Body: []byte(" {\"n\": 5 }\n"), Reason: "改"}); got.Edition != 2 || string(got.Body) != `{"n":5}` || got.Name != "上限" {
			t.Errorf("%+v", got)
		}
		if got := current(t, s, other.Township); got != `{"n":1}` {
			t.Errorf("another township: %s", got)
		}
		rows, err := b.DB.Settings(t.Context(), tn.Township, "limits")
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, r := range rows {
			if want := map[int64]string{1: setting.Archived, 2: setting.Published}[r.Edition]; r.State != want || r.MadeBy != county.User {
				t.Errorf("edition %d is %s, by %s", r.Edition, r.State, r.MadeBy)
			}
		}
		all, err := s.List(t.Context(), tn.Township)
		if err != nil || len(all) != 1 || all[0].Edition != 2 {
			t.Errorf("%+v %v", all, err)
		}
	})
}

func TestPublishRefuses(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, s, county := begin(t, b)
		for _, c := range []struct {
			name, kind, field string
			change            setting.Change
			code              fault.Code
		}{
			{"unknown kind", "gossip", "", setting.Change{Use: "small", Reason: "因"}, fault.NotFound},
			{"no reason", "limits", "reason", setting.Change{Use: "small", Reason: "  "}, fault.Invalid},
			{"long reason", "limits", "reason", setting.Change{Use: "small", Reason: strings.Repeat("长", 201)}, fault.Invalid},
			{"long title", "limits", "title", setting.Change{Body: []byte(`{"n":2}`), Title: strings.Repeat("长", 61), Reason: "因"}, fault.Invalid},
			{"nothing", "limits", "body", setting.Change{Reason: "因"}, fault.Invalid},
			{"both", "limits", "body", setting.Change{Use: "small", Body: []byte(`{"n":2}`), Reason: "因"}, fault.Invalid},
			{"no such document", "limits", "use", setting.Change{Use: "huge", Reason: "因"}, fault.Invalid},
			{"no JSON", "limits", "body", setting.Change{Body: []byte(`{"n":`), Reason: "因"}, fault.Invalid},
			{"too long", "limits", "body", setting.Change{Body: []byte(`{"n":2,"x":"` + strings.Repeat("x", 33<<10) + `"}`), Reason: "因"}, fault.Invalid},
			{"its own sentence", "limits", "n", setting.Change{Body: []byte(`{"n":10}`), Reason: "因"}, fault.Invalid},
			{"another error", "limits", "body", setting.Change{Body: []byte(`{"n":0}`), Reason: "因"}, fault.Invalid},
			{"an edition that is not there", "limits", "", setting.Change{Edition: 1, Use: "small", Reason: "因"}, fault.Stale},
		} {
			_, err := s.Publish(t.Context(), county, tn.Township, c.kind, c.change)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != c.code || (c.field != "" && (len(f.Fields) != 1 || f.Fields[0].Name != c.field)) {
				t.Errorf("%s: %v %+v", c.name, err, f)
			}
			if ok && strings.Contains(fmt.Sprint(f.Fields), "internals") {
				t.Errorf("%s shows internals: %+v", c.name, f.Fields)
			}
		}
		if got := current(t, s, tn.Township); got != `{"n":1}` {
			t.Errorf("refused, but %s holds", got)
		}
	})
}

// TestTwoPublish: of many at once over the same edition one wins.
func TestTwoPublish(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		tn, s, county := begin(t, b)
		errs := make([]error, 6)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				body := fmt.Appendf(nil, `{"n":%d}`, i+2)
				_, errs[i] = s.Publish(t.Context(), county, tn.Township, "limits", setting.Change{Body: body, Reason: "因"})
			})
		}
		wg.Wait()
		won := 0
		for i, err := range errs {
			switch {
			case err == nil:
				won++
				if got := current(t, s, tn.Township); got != fmt.Sprintf(`{"n":%d}`, i+2) {
					t.Errorf("%d won, %s holds", i, got)
				}
			case !fault.Is(err, fault.Stale):
				t.Errorf("%d: %v", i, err)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	})
}

// TestReaders: an archived edition is the office's; why it was published too.
func TestReaders(t *testing.T) {
	for _, state := range []string{setting.Published, setting.Archived} {
		for _, role := range access.Roles {
			r := &setting.Setting{Code: "limits", State: state, Reason: "因为"}
			b, err := setting.Type.Project(r, string(role), nil)
			if err != nil {
				t.Fatal(err)
			}
			office := role.In("TKA")
			if (b != nil) != (office || state == setting.Published) || strings.Contains(string(b), "因为") != office {
				t.Errorf("%s sees %s as %s", role, state, b)
			}
		}
	}
}
