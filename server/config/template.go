package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Template is one of the operator's subscription message templates at WeChat.
type Template struct {
	ID     string            // WeChat's
	Page   string            // of the mini-program that a tap opens; "" = none
	Fields map[string]string // WeChat's field, such as thing1, to what it shows
}

var (
	templateID   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	templatePage = regexp.MustCompile(`^[A-Za-z0-9_/?=&-]{1,128}$`)
	fieldName    = regexp.MustCompile(`^(thing|phrase|date|time)[0-9]{1,3}$`)
)

// shows says what a kind of field can show: WeChat refuses a day in a thing's
// place and the other way round, and a phrase has at most five characters.
var shows = map[string]string{"thing": " what result words ", "phrase": " result ", "date": " day ", "time": " day "}

// parseTemplates reads cause=ID@page:field=value,field=value;cause=…; the page
// may be left out.
func parseTemplates(s string) (map[string]Template, error) {
	out := map[string]Template{}
	for item := range strings.SplitSeq(s, ";") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		cause, rest, _ := strings.Cut(item, "=")
		if cause != "returned" && cause != "answered" && cause != "notice" {
			return nil, fmt.Errorf("%q is none of returned, answered, notice", cause)
		}
		if _, twice := out[cause]; twice {
			return nil, fmt.Errorf("%s is there twice", cause)
		}
		t := Template{Fields: map[string]string{}}
		head, list, _ := strings.Cut(rest, ":")
		paged := false
		if t.ID, t.Page, paged = strings.Cut(head, "@"); !templateID.MatchString(t.ID) || paged && !templatePage.MatchString(t.Page) {
			return nil, fmt.Errorf("%s: must be ID:… or ID@page:…, with WeChat's id of the template", cause)
		}
		for f := range strings.SplitSeq(list, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(f), "=")
			m := fieldName.FindStringSubmatch(name)
			if m == nil || value == "" || !strings.Contains(shows[m[1]], " "+value+" ") {
				return nil, fmt.Errorf("%s: %q must be thing1=what, thing1=words, thing1=result, phrase1=result, date1=day or time1=day, with WeChat's number", cause, f)
			}
			if _, twice := t.Fields[name]; twice {
				return nil, fmt.Errorf("%s: %s is there twice", cause, name)
			}
			t.Fields[name] = value
		}
		out[cause] = t
	}
	if len(out) == 0 {
		return nil, errors.New("names no template")
	}
	return out, nil
}
