package retention_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"daohu/server/account"
	"daohu/server/retention"
	"daohu/server/store"
)

// TestBuiltin: what other packages do by themselves is what the table says.
func TestBuiltin(t *testing.T) {
	r, err := retention.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	days := map[string]time.Duration{}
	for _, k := range r.Rules {
		days[k.What] = time.Duration(k.Days) * 24 * time.Hour
	}
	if days[retention.Logins] != account.PushGrace || days[retention.Tombstones] != store.KeepTombstones {
		t.Errorf("got %v", days)
	}
	if days[retention.Looks] < 3*365*24*time.Hour {
		t.Errorf("looks go after %v", days[retention.Looks])
	}
}

func TestReadRefuses(t *testing.T) {
	good, err := retention.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(*retention.Rules){
		"no edition":    func(r *retention.Rules) { r.Edition = "" },
		"one too few":   func(r *retention.Rules) { r.Rules = r.Rules[1:] },
		"one twice":     func(r *retention.Rules) { r.Rules[0] = r.Rules[1] },
		"below least":   func(r *retention.Rules) { r.Rules[3].Days = r.Rules[3].Least - 1 },
		"no least":      func(r *retention.Rules) { r.Rules[0].Least, r.Rules[0].Days = 0, 0 },
		"no reason":     func(r *retention.Rules) { r.Rules[0].Reason = " " },
		"no source":     func(r *retention.Rules) { r.Rules[0].Source = "" },
		"unknown thing": func(r *retention.Rules) { r.Rules[0].What = "everything" },
	} {
		bad := retention.Rules{Edition: good.Edition, Rules: append([]retention.Rule(nil), good.Rules...)}
		spoil(&bad)
		raw, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := retention.Read(raw); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	if _, err := retention.Read([]byte(`{"edition":"x","rules":[],"more":1}`)); err == nil || !strings.Contains(err.Error(), "more") {
		t.Errorf("an unknown key: %v", err)
	}
}
