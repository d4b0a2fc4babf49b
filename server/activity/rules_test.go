package activity

import (
	"errors"
	"testing"
	"time"

	"daohu/server/fault"
)

func field(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Code != fault.Invalid {
		return "?"
	}
	if len(f.Fields) == 0 {
		return ""
	}
	return f.Fields[0].Name
}

func TestShippedRules(t *testing.T) {
	kinds, err := Kinds(func() string { return "2026-03-02" })
	if err != nil || len(kinds) != 3 {
		t.Fatalf("%d kinds, %v", len(kinds), err)
	}
	e, err := ParseEvidence(kinds[0].Shipped[0].Body)
	if err != nil || e.On("2026-03-02") != EvidenceOptional {
		t.Errorf("%+v %v: nothing is asked for unless somebody decides so", e, err)
	}
	s, err := ParseStages(kinds[1].Shipped[0].Body)
	if err != nil || s.Stages[2].Output != "measure" || s.Stages[3].Output != "result" || s.Stages[0].Title != "认门户" {
		t.Errorf("%+v %v", s, err)
	}
	r, err := ParseRhythm(kinds[2].Shipped[0].Body)
	if err != nil || r.Every != "month" || r.Count != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestEvidenceIsChecked(t *testing.T) {
	for raw, want := range map[string]string{
		`{"edition":1,"policy":"none"}`:   "",
		`{"edition":1,"policy":"either"}`: "",
		`{"edition":1,"policy":"required","reason":"危房改造要留照片","until":"2026-06-30"}`: "",
		`{"edition":1,"policy":"required","reason":"危房改造要留照片","until":"2027-03-03"}`: "",
		`{"edition":1,"policy":"required","reason":"危房改造要留照片","until":"2027-03-04"}`: "until", // over a year
		`{"edition":1,"policy":"required","reason":"危房改造要留照片","until":"2026-03-01"}`: "until", // over already
		`{"edition":1,"policy":"required","reason":"危房改造要留照片"}`:                      "until",
		`{"edition":1,"policy":"required","reason":"因为","until":"2026-06-30"}`:       "reason",
		`{"edition":1,"policy":"required","until":"2026-06-30"}`:                     "reason",
		`{"edition":1,"policy":"always"}`:                                            "policy",
		`{"edition":1,"policy":"optional","until":"2026-06-30"}`:                     "policy",
		`{"edition":1,"policy":"optional","track":true}`:                             "?none", // unknown key
		`{"edition":1,"policy":"optional"}{}`:                                        "?none",
	} {
		err := CheckEvidence([]byte(raw), "2026-03-02")
		switch {
		case want == "" && err != nil, want == "?none" && (err == nil || field(err) != ""), want != "" && want != "?none" && field(err) != want:
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}

// TestRequiredEndsByItself: product.md rule 2.
func TestRequiredEndsByItself(t *testing.T) {
	e := Evidence{Policy: EvidenceRequired, Reason: "危房改造要留照片", Until: "2026-06-30"}
	if e.On("2026-06-30") != EvidenceRequired || e.On("2026-07-01") != EvidenceOptional {
		t.Errorf("%s, then %s", e.On("2026-06-30"), e.On("2026-07-01"))
	}
}

func TestStagesAndRhythmAreChecked(t *testing.T) {
	stage := func(n, more string) string {
		return `{"stage":` + n + `,"title":"认门户","prompts":[],"output":""` + more + `}`
	}
	four := func(last string) string {
		return `{"edition":1,"stages":[` + stage("1", "") + "," + stage("2", "") + "," + stage("3", "") + "," + last + `]}`
	}
	for raw, want := range map[string]string{
		four(stage("4", "")): "", four(stage("5", "")): "stages.4", `{"edition":1,"stages":[]}`: "stages",
		four(`{"stage":4,"title":"","prompts":[],"output":""}`):          "stages.4",
		four(`{"stage":4,"title":"见成效","prompts":[""],"output":""}`):     "stages.4",
		four(`{"stage":4,"title":"见成效","prompts":[],"output":"gossip"}`): "stages.4",
	} {
		if _, err := ParseStages([]byte(raw)); (want == "") != (err == nil) || want != "" && field(err) != want {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
	for raw, want := range map[string]string{
		`{"edition":1,"every":"quarter","count":2}`: "", `{"edition":1,"every":"week","count":1}`: "every",
		`{"edition":1,"every":"month","count":0}`: "count", `{"edition":1,"every":"month","count":5}`: "count",
	} {
		if _, err := ParseRhythm([]byte(raw)); (want == "") != (err == nil) || want != "" && field(err) != want {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}

func TestWindow(t *testing.T) {
	for _, c := range [][4]string{
		{"month", "2026-02-28", "2026-02-01", "2026-02-28"}, {"month", "2024-02-01", "2024-02-01", "2024-02-29"}, {"month", "2026-12-31", "2026-12-01", "2026-12-31"},
		{"quarter", "2026-03-31", "2026-01-01", "2026-03-31"}, {"quarter", "2026-04-01", "2026-04-01", "2026-06-30"}, {"quarter", "2026-11-15", "2026-10-01", "2026-12-31"},
	} {
		day, err := time.Parse(time.DateOnly, c[1])
		if err != nil {
			t.Fatal(err)
		}
		if from, to := (Rhythm{Every: c[0]}).Window(day); from != c[2] || to != c[3] {
			t.Errorf("%s of %s: %s to %s", c[0], c[1], from, to)
		}
	}
}

// TestMedian: the lower middle value, and nothing under ten.
func TestMedian(t *testing.T) {
	for _, c := range []struct {
		counts []Count
		want   int64
		n      int64
		ok     bool
	}{
		{nil, 0, 0, false},
		{[]Count{{30, 9}}, 0, 9, false},
		{[]Count{{30, 10}}, 30, 10, true},
		{[]Count{{40, 5}, {30, 5}}, 30, 10, true},
		{[]Count{{40, 6}, {30, 5}}, 40, 11, true},
		{[]Count{{3600, 1}, {5, 5}, {20, 5}}, 20, 11, true},
	} {
		if got, n, ok := Median(c.counts); got != c.want || n != c.n || ok != c.ok {
			t.Errorf("%v: %d of %d, %v", c.counts, got, n, ok)
		}
	}
}
