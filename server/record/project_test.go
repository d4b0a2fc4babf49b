package record_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"daohu/server/access"
	"daohu/server/booklet"
	"daohu/server/form"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/types"
)

// TestProjectByRole fills a row of every type and looks at it as every role:
// who is not a reader gets nothing, every field is there plain, masked or not
// at all as declared, in declared order, and no sealed text leaks.
func TestProjectByRole(t *testing.T) {
	b := box(t)
	for _, typ := range append(types.All(), sampleType()) {
		r := typ.New()
		plain := fill(t, typ, r, b)
		for _, role := range access.Roles {
			out, err := typ.Project(r, string(role), b)
			if err != nil {
				t.Fatal(err)
			}
			if !role.In(typ.Readers) {
				if out != nil {
					t.Errorf("%s for %s: %s", typ.Name, role, out)
				}
				continue
			}
			want := []byte(`{"id":"row000000001"`)
			if role != access.Household {
				want = append(want, `,"by":"author000001"`...)
			}
			if role.In("TKA") {
				want = append(want, `,"household":"household001","rev":7`...)
			}
			for _, f := range typ.Fields {
				v := plain[f.GoName]
				switch {
				case f.Name == "", !role.In(f.Read) && !role.In(f.Mask):
					if f.Kind != record.Int && f.Kind != record.Bool && f.Name != "state" && strings.Contains(string(out), v) {
						t.Errorf("%s.%s leaks to %s: %s", typ.Name, f.Name, role, out)
					}
					continue
				case !role.In(f.Read):
					if strings.Contains(string(out), v) {
						t.Errorf("%s.%s is not masked for %s: %s", typ.Name, f.Name, role, out)
					}
					if v = record.Mask(v); f.Blind {
						v = "***"
					}
				}
				want = append(record.AppendString(append(want, ','), f.Name), ':')
				switch f.Kind {
				case record.Int, record.Array:
					want = append(want, v...)
				case record.Bool:
					want = append(want, "true"...)
				default:
					want = record.AppendString(want, v)
				}
			}
			if want = append(want, '}'); string(out) != string(want) || !json.Valid(out) {
				t.Errorf("%s for %s:\ngot  %s\nwant %s", typ.Name, role, out, want)
			}
		}
	}
}

// TestNobodyProjectsNothing: a role that is missing, unknown or several at
// once is no reader.
func TestNobodyProjectsNothing(t *testing.T) {
	b := box(t)
	for _, typ := range types.All() {
		r := typ.New()
		fill(t, typ, r, b)
		for _, role := range []string{"", "X", "h", "HC", "CV", "HCVTKA", " ", "TKA"} {
			if out, err := typ.Project(r, role, b); out != nil || err != nil {
				t.Errorf("%s for %q: %s %v", typ.Name, role, out, err)
			}
		}
	}
}

// TestIDNumbers: nobody reads the ID number in a projection; cadres and
// village workers do not even get it masked, and no kind of secret but a
// telephone or a proposal is ever plain for those who sync; what a household
// wrote in private is plain for itself.
func TestIDNumbers(t *testing.T) {
	f, ok := household.MemberType.Field("idNo")
	if !ok || f.Kind != record.Secret || f.Read != "" || strings.ContainsAny(f.Mask, "CV") || f.Class != record.Online {
		t.Errorf("%+v", f)
	}
	if i := slices.IndexFunc(household.MemberType.Fields, func(f record.Field) bool { return f.GoName == "IDIndex" }); i < 0 || household.MemberType.Fields[i].Name != "" {
		t.Error("the blind index has a wire name")
	}
	b := box(t)
	idno, err := b.Seal("999999195001010011")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range access.Roles {
		out, err := household.MemberType.Project(&household.Member{IDNo: idno}, string(role), b)
		if err != nil || strings.Contains(string(out), "99999919") || role.In("CV") && strings.Contains(string(out), "idNo") {
			t.Errorf("%s: %s %v", role, out, err)
		}
	}
	for _, typ := range types.All() {
		for _, f := range typ.Fields {
			own := typ.Private != nil && !strings.ContainsAny(f.Read, "CV")
			if f.Kind == record.Secret && !own && strings.ContainsAny(f.Read, "HCV") && f.Name != "phone" && typ != household.ProposalType {
				t.Errorf("%s.%s is a secret that syncs", typ.Name, f.Name)
			}
		}
	}
}

// TestHiddenStates: drafts are the township's; archived cards leave everyone.
func TestHiddenStates(t *testing.T) {
	for _, c := range []struct {
		typ   *record.Type
		r     record.Record
		roles string
	}{
		{form.Type, &form.Form{State: "draft"}, "T"},
		{form.Type, &form.Form{State: "published"}, "CVTKA"},
		{form.Type, &form.Form{State: "archived"}, "CVTKA"},
		{booklet.Type, &booklet.Card{State: "draft"}, "T"},
		{booklet.Type, &booklet.Card{State: "published"}, "HCVTKA"},
		{booklet.Type, &booklet.Card{State: "archived"}, "T"},
		{booklet.Type, &booklet.Card{}, "T"},
	} {
		for _, role := range access.Roles {
			out, err := c.typ.Project(c.r, string(role), nil)
			if err != nil || (out != nil) != role.In(c.roles) {
				t.Errorf("%s %+v for %s: %s %v", c.typ.Name, c.r, role, out, err)
			}
		}
	}
}

type shut struct{}

func (shut) Seal(string) (record.Sealed, error) { return "", errors.New("shut") }
func (shut) Open(record.Sealed) (string, error) { return "", errors.New("shut") }

// TestProjectFailsClosed: a secret that cannot be opened gives no row at all,
// and an error that names the field, not the value.
func TestProjectFailsClosed(t *testing.T) {
	h := &household.Household{Phone: "t.xyz", Head: "户主"}
	out, err := household.HouseholdType.Project(h, "C", shut{})
	if out != nil || err == nil || !strings.Contains(err.Error(), "household.phone") || strings.Contains(err.Error(), "xyz") {
		t.Errorf("%s %v", out, err)
	}
}
