package console

import (
	"net/url"

	"daohu/server/figures"
)

// Places are what whoever looks may choose from: a township, first, and its
// villages; without a township the county, first, and its townships. They are
// asked for once a page; a failure leaves them empty.
func (v *View) Places() []figures.Place {
	if v.places == nil {
		var out Rows[figures.Place]
		q := url.Values{}
		if v.Township != "" {
			q.Set("area", v.Township)
		}
		if err := v.Get("/api/v1/areas", q, &out); err != nil || out.Rows == nil {
			out.Rows = []figures.Place{}
		}
		v.places = out.Rows
	}
	return v.places
}

// Below are the places to choose from as options, "all" first: of a filter.
func (v *View) Below(all string) []Option {
	out := []Option{{Word: all}}
	for i, p := range v.Places() {
		if i > 0 {
			out = append(out, Option{Value: p.Code, Word: p.Name})
		}
	}
	return out
}

// PlaceName is the name of an area in reach; its code where it has none.
func (v *View) PlaceName(code string) string {
	for _, p := range v.Places() {
		if p.Code == code {
			return p.Name
		}
	}
	return code
}

// Where is the name of the area that is looked at.
func (v *View) Where() string {
	if all := v.Places(); len(all) > 0 {
		return all[0].Name
	}
	return v.Township
}
