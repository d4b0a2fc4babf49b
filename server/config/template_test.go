package config

import (
	"maps"
	"strings"
	"testing"
)

func TestTemplates(t *testing.T) {
	get := func(s string) (Config, error) {
		return Load(func(name string) string {
			if name == "DAOHU_WECHAT_TEMPLATES" {
				return s
			}
			return ""
		})
	}
	c, err := get("returned=AbC_1-x@pages/todo?tab=2:thing1=what, phrase2=result,thing3=words,date4=day; notice=N1:thing2=what;")
	if err != nil || len(c.Templates) != 2 {
		t.Fatal(c.Templates, err)
	}
	r, n := c.Templates["returned"], c.Templates["notice"]
	if r.ID != "AbC_1-x" || r.Page != "pages/todo?tab=2" || !maps.Equal(r.Fields, map[string]string{"thing1": "what", "phrase2": "result", "thing3": "words", "date4": "day"}) {
		t.Errorf("%+v", r)
	}
	if n.ID != "N1" || n.Page != "" || !maps.Equal(n.Fields, map[string]string{"thing2": "what"}) {
		t.Errorf("%+v", n)
	}
	for _, bad := range []string{
		";", "returned", "returned=", "returned=A", "returned=A:", "lost=A:thing1=what", "returned=A B:thing1=what", "returned=A@:thing1=what", "returned=A@p q:thing1=what",
		"returned=A:thing1=name", "returned=A:thing=what", "returned=A:thing1=day", "returned=A:date1=what", "returned=A:phrase1=words", "returned=A:name1=what",
		"returned=A:thing1=what,thing1=words", "returned=A:thing1=what;returned=B:thing1=what",
	} {
		if c, err := get(bad); err == nil || !strings.Contains(err.Error(), "DAOHU_WECHAT_TEMPLATES") {
			t.Errorf("%q was taken: %v %v", bad, c.Templates, err)
		}
	}
}
