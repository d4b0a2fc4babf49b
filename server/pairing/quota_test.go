package pairing_test

import (
	"context"
	"strings"
	"testing"

	"daohu/server/pairing"
)

func quota(t *testing.T, change ...string) *pairing.Quota {
	t.Helper()
	q, err := pairing.ParseQuota([]byte(strings.NewReplacer(change...).Replace(string(pairing.BuiltinQuota()))))
	check(t, err)
	return q
}

// TestQuotaTable: 54321 as confirmed of one county in 2016 (domain.md A.8).
func TestQuotaTable(t *testing.T) {
	q := quota(t)
	for rank, n := range map[string]int{"正处": 5, "副处": 4, "正科": 3, "副科": 2, "一般": 1, "正科级": 3} {
		for d, want := range map[int]pairing.Finding{-1: pairing.Under, 0: pairing.Met, 1: pairing.Over} {
			f, words := q.Judge(rank, "township", n+d)
			if f != want || (words == "") != (want == pairing.Met) {
				t.Errorf("%s with %d: %s %q, want %s", rank, n+d, f, words, want)
			}
		}
	}
	if !strings.Contains(q.Source, "样例") || !strings.Contains(q.Source, "不是统一规定") {
		t.Errorf("the example is not called one: %s", q.Source)
	}
	if f, words := q.Judge("", "", 3); f != pairing.NoRank || words != "没有填职级，没法比。" {
		t.Errorf("without a rank: %s %q", f, words)
	}
	if f, _ := q.Judge("厅级", "", 3); f != pairing.OtherRank {
		t.Errorf("a rank the table does not have: %s", f)
	}
	// The bounds of a tier hold whatever the rank.
	q = quota(t, `"tier": "county", "min": 1, "max": 20`, `"tier": "county", "min": 2, "max": 4`)
	for _, c := range []struct {
		rank, tier string
		n          int
		want       pairing.Finding
	}{{"一般", "county", 1, pairing.Under}, {"一般", "township", 1, pairing.Met}, {"正处", "county", 5, pairing.Over}, {"副处", "county", 4, pairing.Met}, {"一般", "", 1, pairing.Met}} {
		if f, words := q.Judge(c.rank, c.tier, c.n); f != c.want {
			t.Errorf("%+v: %s %s", c, f, words)
		}
	}
}

func TestMustPair(t *testing.T) {
	homes := map[string]pairing.Home{
		"this year": {Exit: "未脱贫", PlanYear: 2026}, "next year": {Exit: "未脱贫", PlanYear: 2027}, "safety net": {Exit: "未脱贫", PlanYear: 2026, Safety: true},
		"left": {Exit: "已脱贫", PlanYear: 2026}, "back": {Exit: "返贫", PlanYear: 2026},
	}
	for must, want := range map[string]string{"this-year": "this year,back", "not-exited": "this year,next year,safety net,back", "registered": "this year,next year,safety net,left,back"} {
		q := quota(t, `"this-year"`, `"`+must+`"`)
		for name, h := range homes {
			if got := q.MustPair(h, 2026); got != strings.Contains(","+want+",", ","+name+",") {
				t.Errorf("%s, %s: %v", must, name, got)
			}
		}
	}
}

func TestParseQuotaIsStrict(t *testing.T) {
	for name, change := range map[string][2]string{
		"unknown name":     {`"edition"`, `"version": 1, "edition"`},
		"no edition":       {`"sample-54321"`, `""`},
		"no source":        {`"source": "`, `"source": "", "x": "`},
		"release":          {`"after-exit"`, `"never"`},
		"cohort":           {`"this-year"`, `"all"`},
		"a rank twice":     {`"正科级"`, `"正处"`},
		"an empty rank":    {`"rank": "正处"`, `"rank": ""`},
		"too many":         {`"households": 5`, `"households": 201`},
		"below zero":       {`"households": 5`, `"households": -1`},
		"half a household": {`"households": 5`, `"households": 1.5`},
		"a tier twice":     {`"tier": "county"`, `"tier": "township"`},
		"an unknown tier":  {`"tier": "county"`, `"tier": "province"`},
		"upside down":      {`"min": 1`, `"min": 21`},
		"what follows":     {"\n  ]\n}", "\n  ]\n} {}"},
		"not JSON":         {`{`, `[`},
		"no ranks":         {`"ranks": [`, `"ranks": [], "tiers": [`},
	} {
		text := strings.Replace(string(pairing.BuiltinQuota()), change[0], change[1], 1)
		if text == string(pairing.BuiltinQuota()) {
			t.Errorf("%s: nothing was changed", name)
		}
		if q, err := pairing.ParseQuota([]byte(text)); err == nil {
			t.Errorf("%s: taken as %+v", name, q)
		}
	}
	if _, err := pairing.ParseQuota([]byte(strings.Repeat(" ", 16<<10) + string(pairing.BuiltinQuota()))); err == nil {
		t.Error("a document of any size is taken")
	}
}

// books are the rules of townships, by code.
type books map[string]string

func (b books) Current(_ context.Context, township, _ string) ([]byte, error) {
	if text, ok := b[township]; ok {
		return []byte(text), nil
	}
	return nil, nil
}
