package staff_test

import (
	"testing"

	"daohu/server/access"
	"daohu/server/account"
	"daohu/server/account/staff"
)

// places are two townships of one county, one of another, and the counties.
var places = []struct{ county, township string }{
	{"999911", "999911101"}, {"999911", "999911102"}, {"999912", "999912101"},
}

// people is one user of every role in every place.
func people() []account.User {
	var out []account.User
	for i, p := range places {
		for _, r := range access.Roles {
			u := account.User{ID: string(r) + "----------" + string(rune('0'+i)), Role: r, County: p.county, Township: p.township}
			if r.In("KA") {
				u.Township = ""
			}
			out = append(out, u)
		}
	}
	return out
}

// TestLattice: who may change whom is an order, and nobody rises by it.
func TestLattice(t *testing.T) {
	all, pairs := people(), 0
	for _, a := range all {
		for _, b := range all {
			may := staff.MayChange(a.Actor(), b)
			if !may {
				continue
			}
			pairs++
			if a.ID == b.ID || a.Role == b.Role {
				t.Errorf("%s changes its own rank", a.Role)
			}
			if staff.MayChange(b.Actor(), a) {
				t.Errorf("%s and %s change each other", a.Role, b.Role)
			}
			if a.County != b.County || a.Role != access.County && a.Township != b.Township {
				t.Errorf("%s of %s changes %s of %s", a.Role, a.Township, b.Role, b.Township)
			}
			if !staff.MaySee(a.Actor(), b) {
				t.Errorf("%s changes %s unseen", a.Role, b.Role)
			}
			for _, c := range all { // what b may, a may
				if staff.MayChange(b.Actor(), c) && !staff.MayChange(a.Actor(), c) {
					t.Errorf("%s may change %s, who may change %s, but not that one", a.Role, b.Role, c.Role)
				}
			}
		}
	}
	// T: C, V, H of its own township, in three; K: these, T and A, of one
	// county with two townships (its A twice, T, C, V, H in each) and of one
	// with one. Both K of the first county reach all of it.
	if want := 3*3 + 2*(2+2*4) + (1 + 4); pairs != want {
		t.Errorf("%d pairs, want %d", pairs, want)
	}
}

// TestNobodyByAccident: no role, no county, an ended session reach nobody.
func TestNobodyByAccident(t *testing.T) {
	for _, b := range append(people(), account.User{}) {
		for name, a := range map[string]access.Actor{
			"nobody": {}, "no role": {User: "x", County: b.County, Township: b.Township}, "all roles": {User: "x", Role: "CVHTKA", County: b.County, Township: b.Township},
			"no township": {User: "x", Role: access.Township}, "no county": {User: "x", Role: access.County},
			"ended": {User: "x", Role: access.County, County: b.County, PushOnly: true},
		} {
			if staff.MaySee(a, b) || staff.MayChange(a, b) {
				t.Errorf("%s reaches %s", name, b.Role)
			}
		}
	}
}
