package booklet

import (
	"slices"
	"strings"
	"testing"

	"daohu/server/household"
	"daohu/server/record"
)

func TestAudience(t *testing.T) {
	poor := &household.Household{Class: "低保户", Exit: "未脱贫", PlanYear: 2026}
	left := &household.Household{Class: "一般贫困户", Exit: "已脱贫", ExitYear: 2024, Watch: "边缘易致贫户", Cleared: "是"}
	kept := &household.Household{Safety: true, Watch: "突发严重困难户"}
	for cond, want := range map[string]string{ // the households it is for
		"": "poor left kept", "class:低保户": "poor", "class:一般贫困户": "left", "exit:未脱贫": "poor", "exit:已脱贫": "left",
		"exitYear:2024": "left", "exitYear:2023": "", "planYear:2026": "poor", "safety": "kept", "watch": "kept", "class:低保户 exitYear:2024": "poor left",
	} {
		c := &Card{}
		if cond != "" {
			all := strings.Fields(cond)
			if bad := checkAudience(all); bad != nil {
				t.Errorf("%s: %v", cond, bad)
			}
			c.Audience = record.ListOf(all)
		}
		var got []string
		for _, h := range []struct {
			name string
			row  *household.Household
		}{{"poor", poor}, {"left", left}, {"kept", kept}} {
			if c.For(h.row) {
				got = append(got, h.name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q is for %v, want %q", cond, got, want)
		}
	}
	for _, bad := range []string{"", "all", "class", "class:", "class:富户", "exit:走了", "exitYear:", "exitYear:24", "exitYear:02024", "planYear:9999", "planYear:x", "safety:", "safety:是", "watch:x", "income:1", "safety safety"} {
		if checkAudience(strings.Split(bad, " ")) == nil {
			t.Errorf("%q is accepted", bad)
		}
		if (&Card{Audience: record.ListOf([]string{bad})}).For(left) {
			t.Errorf("%q is for somebody", bad)
		}
	}
	if checkAudience(slices.Repeat([]string{"safety"}, 13)) == nil {
		t.Error("a long list is accepted")
	}
}

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		card Card
		want bool
	}{
		{Card{State: "published"}, true},
		{Card{State: "published", From: "2026-03-02", Until: "2026-03-02"}, true},
		{Card{State: "published", From: "2026-03-03"}, false},
		{Card{State: "published", Until: "2026-03-01"}, false},
		{Card{State: "draft"}, false},
		{Card{State: "archived"}, false},
		{Card{State: "published", Meta: record.Meta{DeletedAt: 1}}, false},
	} {
		if c.card.Holds("2026-03-02") != c.want {
			t.Errorf("%+v holds: %v", c.card, !c.want)
		}
	}
}

func TestFill(t *testing.T) {
	words := map[string]string{"cadre": "帮扶干部", "household": "农户"}
	for in, want := range map[string]string{
		"问{{cadre}}": "问帮扶干部", "{{ household }}和{{cadre}}": "农户和帮扶干部", "{{nobody}}": "{{nobody}}", "{cadre}": "{cadre}", "{{}}": "{{}}", "{{{cadre}}}": "{帮扶干部}", "": "",
	} {
		if got := string(Fill([]byte(in), words)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	got := Unknown([]byte("{{cadre}} {{农户}} {{x}} {{ x }} {{}} {{a b}} {{constructor.constructor('x')()}}"), words)
	if strings.Join(got, "|") != "农户|x||a b|constructor.constructor('x')()" {
		t.Errorf("unknown: %q", got)
	}
	if Filled([]byte("{{")) || !Filled([]byte("{{x}}")) {
		t.Error("what has places is not told")
	}
}

// TestPayloadsAreHarmlessWhenPublished: what a draft may hold becomes nothing
// executable, with hostile words in its places too.
func TestPayloadsAreHarmlessWhenPublished(t *testing.T) {
	tried := 0
	for _, p := range payloads {
		for _, src := range []string{p, "问{{cadre}}\n\n" + p, "[x]({{cadre}})", "<{{cadre}}" + p} {
			if (Entry{Code: "x", Title: "题", Text: src}).check() != nil {
				continue // not even a draft
			}
			for _, word := range []string{p, "javascript:x()", "帮扶干部", `"><script>`} {
				out, err := Render(Fill([]byte(src), map[string]string{"cadre": word}))
				if tried++; err != nil || forbidden(out) != "" {
					t.Errorf("%q with %q: %q %v %s", src, word, out, err, forbidden(out))
				}
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d tried", tried)
	}
}
