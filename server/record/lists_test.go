package record

import (
	"slices"
	"strings"
	"testing"
)

func TestLists(t *testing.T) {
	all, err := Lists()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("%d lists", len(all))
	}
	for _, l := range all {
		if got := ListNamed(l.Name); !slices.Equal(got.Words(), l.Words()) {
			t.Errorf("%s read by name has other words", l.Name)
		}
		for spelling, word := range l.Spellings() {
			if !slices.Contains(l.Words(), word) || spelling == word {
				t.Errorf("%s: %q stands for %q", l.Name, spelling, word)
			}
		}
	}
}

func TestListOffers(t *testing.T) {
	class := ListNamed("class")
	if class.Spellings()["06"] != "五保贫困户" { // domain.md B.3
		t.Errorf("06 is %q", class.Spellings()["06"])
	}
	if got := class.Offered("regular-2026"); !slices.Equal(got, []string{"一般脱贫户", "低保脱贫户", "特困供养脱贫户"}) {
		t.Errorf("regular-2026 offers %v", got)
	}
	if len(class.Offered("")) != len(class.Items) {
		t.Error("no profile does not offer all")
	}
}

func TestListsAreReadStrictly(t *testing.T) {
	good := `{"name":"x","title":"试","edition":1,"items":[{"word":"甲","code":"1","also":["a"]},{"word":"乙"}]}`
	if _, err := parseList([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"two words":           {"乙", "甲"},
		"a spelling twice":    {`{"word":"乙"}`, `{"word":"乙","also":["a"]}`},
		"a number twice":      {`{"word":"乙"}`, `{"word":"乙","code":"1"}`},
		"a word is a number":  {"乙", "1"},
		"an unknown key":      {`"edition"`, `"gossip":1,"edition"`},
		"no edition":          {`"edition":1`, `"edition":0`},
		"no items":            {`[{"word":"甲","code":"1","also":["a"]},{"word":"乙"}]`, `[]`},
		"blanks around":       {"乙", " 乙"},
		"a bar in a word":     {"乙", "乙|丙"},
		"something after it":  {`"}]}`, `"}]}{}`},
		"an empty word":       {"乙", ""},
		"no name":             {`"name":"x"`, `"name":""`},
		"no title":            {"试", ""},
		"a comma in the word": {"乙", "乙,丙"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := parseList([]byte(bad)); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a list that is not there is no panic")
		}
	}()
	ListNamed("../record")
}
