package terms

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"daohu/server/fault"
	"daohu/server/record"
)

func TestShipped(t *testing.T) {
	k, err := Kind()
	if err != nil {
		t.Fatal(err)
	}
	if len(k.Shipped) != 3 || k.Shipped[0].Name != "alleviation-2016" {
		t.Fatalf("%+v", k.Shipped)
	}
	words := map[string]string{}
	for _, d := range k.Shipped {
		if err := k.Check(d.Body); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
		p, err := Parse(d.Body)
		if err != nil || p.Name != d.Name || p.Source == "" {
			t.Errorf("%s: %+v %v", d.Name, p, err)
		}
		words[d.Name] = p.Words["household"]
	}
	if words["alleviation-2016"] != "贫困户" || words["regular-2026"] == words["alleviation-2016"] {
		t.Errorf("%v", words)
	}
	if _, err := Named("gossip"); err == nil {
		t.Error("an unknown profile is there")
	}
	if d, err := Named(""); err != nil || d.Name != Names()[0] {
		t.Errorf("%+v %v", d, err)
	}
}

// TestListsNameProfiles: what a code list says of profiles are profiles.
func TestListsNameProfiles(t *testing.T) {
	all, err := record.Lists()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		for _, it := range l.Items {
			for _, p := range it.Profiles {
				if !slices.Contains(Names(), p) {
					t.Errorf("%s: %s is of profile %q", l.Name, it.Word, p)
				}
			}
		}
		for _, p := range Names() {
			if (l.Name == "class" || l.Name == "cause") && len(l.Offered(p)) == 0 {
				t.Errorf("%s offers nothing in %s", l.Name, p)
			}
		}
	}
}

func TestParseIsStrict(t *testing.T) {
	d, err := Named("")
	if err != nil {
		t.Fatal(err)
	}
	good := string(d.Body)
	for name, c := range map[string]struct{ old, new, field string }{
		"an unknown key":     {`"edition"`, `"gossip":1,"edition"`, ""},
		"a word missing":     {`"贫困户"`, `""`, "words.household"},
		"a word too long":    {`"贫困户"`, `"` + strings.Repeat("长", 17) + `"`, "words.household"},
		"an unknown word":    {`"words":{`, `"words":{"gossip":"闲话",`, "words"},
		"an unknown profile": {`"alleviation-2016"`, `"alleviation-2017"`, "name"},
		"no edition":         {`"edition":1`, `"edition":0`, "title"},
		"more behind it":     {`"}}`, `"}}{}`, ""},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		_, err := Parse([]byte(bad))
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Code != fault.Invalid || (c.field != "" && (len(f.Fields) != 1 || f.Fields[0].Name != c.field)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !json.Valid(d.Body) {
		t.Error("no JSON")
	}
}
