package write_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"daohu/server/activity"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/seal"
	"daohu/server/types"
	"daohu/server/write"
)

func box(t testing.TB) *seal.Box {
	t.Helper()
	b, err := seal.New(seal.Key{ID: "t", Bytes: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func patch(kv ...string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for i := 0; i < len(kv); i += 2 {
		out[kv[i]] = json.RawMessage(kv[i+1])
	}
	return out
}

var every = []record.Class{record.Author, record.Merge, record.Propose, record.Online}

func TestApplySetsAndSeals(t *testing.T) {
	b := box(t)
	h := &household.Household{Notes: "旧", Income: 5, Causes: record.ListOf([]string{"因病"})}
	err := write.Apply(household.HouseholdType, h, patch("notes", `"新<&>"`, "phone", `"19900001234"`, "income", "null", "causes", `[ "因残" , "因学" ]`), b, every...)
	if err != nil {
		t.Fatal(err)
	}
	if h.Notes != "新<&>" || h.Income != 0 || h.Causes != `["因残","因学"]` {
		t.Errorf("%+v", h)
	}
	if plain, err := b.Open(h.Phone); err != nil || plain != "19900001234" || string(h.Phone) == plain {
		t.Errorf("phone %q %v", h.Phone, err)
	}
	if err := write.Apply(household.HouseholdType, h, patch("phone", "null"), b, record.Merge); err != nil || h.Phone != "" {
		t.Errorf("phone %q %v", h.Phone, err)
	}
}

// TestApplyByClass goes through every field of every type and every class
// allowed alone: what the class does not cover is refused by name and nothing
// of the patch is applied.
func TestApplyByClass(t *testing.T) {
	b := box(t)
	value := map[record.Kind]string{record.Text: "null", record.Int: "null", record.Bool: "true", record.Array: "[1]", record.Secret: `"x"`}
	for _, typ := range types.All() {
		for _, f := range typ.Fields {
			if f.Name == "" {
				continue
			}
			for _, class := range every {
				r, zero := typ.New(), typ.New()
				err := write.Apply(typ, r, patch(f.Name, value[f.Kind]), b, class)
				switch {
				case f.Class == class:
					if err != nil {
						t.Errorf("%s.%s by %s: %v", typ.Name, f.Name, class, err)
					}
					continue
				case f.Class == record.Online:
					wantField(t, err, fault.OnlineOnly, f.Name, "online-only")
				case f.Class == record.Server:
					wantField(t, err, fault.Invalid, f.Name, "server-set")
				default:
					wantField(t, err, fault.Invalid, f.Name, "not-allowed")
				}
				if fmt.Sprint(r) != fmt.Sprint(zero) {
					t.Errorf("%s.%s was set although refused", typ.Name, f.Name)
				}
			}
		}
	}
}

func wantField(t *testing.T, err error, code fault.Code, name, why string) {
	t.Helper()
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Code != code || !slices.ContainsFunc(e.Fields, func(f fault.Field) bool { return f.Name == name && f.Code == why && f.Detail != "" }) {
		t.Errorf("want %s %s %s, got %v", code, name, why, err)
	}
}

// TestMetaIsNotAField: nothing of Meta and nothing hidden can be named.
func TestMetaIsNotAField(t *testing.T) {
	for _, typ := range types.All() {
		for _, name := range []string{"", "-", "id", "by", "rev", "seq", "version", "township", "household", "deletedAt", "madeBy", "No", "LastSeq", "IDIndex", "lastSeq", "idIndex", "__proto__"} {
			r := typ.New()
			if _, is := typ.Field(name); is {
				t.Errorf("%s has a field %q", typ.Name, name)
				continue
			}
			wantField(t, write.Apply(typ, r, patch(name, `"x"`), box(t), every...), fault.Invalid, name, "unknown")
		}
	}
}

// TestApplyAllOrNothing: a patch with one wrong value changes nothing, and
// every wrong value is named at once.
func TestApplyAllOrNothing(t *testing.T) {
	b := box(t)
	good := patch("day", `"2026-03-02"`, "stage", "2", "text", `"走访"`, "met", `["甲"]`, "lat", "-1")
	bad := patch("day", `"2026-02-30"`, "stage", "5", "text", `7`, "met", `{}`, "lat", "90000001", "nope", "1", "state", `"approved"`)
	rapid.Check(t, func(rt *rapid.T) {
		p := map[string]json.RawMessage{}
		var wrong []string
		for _, name := range slices.Sorted(maps.Keys(bad)) {
			switch rapid.IntRange(0, 2).Draw(rt, name) {
			case 0:
				p[name], wrong = bad[name], append(wrong, name)
			case 1:
				if v, ok := good[name]; ok {
					p[name] = v
				}
			}
		}
		v := &activity.Visit{Text: "以前"}
		before := *v
		err := write.Apply(activity.VisitType, v, p, b, record.Author)
		e, _ := errors.AsType[*fault.Error](err)
		if len(wrong) == 0 {
			if err != nil {
				rt.Fatal(err)
			}
			return
		}
		if e == nil || *v != before {
			rt.Fatalf("%v was applied: %v", wrong, err)
		}
		var named []string
		for _, f := range e.Fields {
			named = append(named, f.Name)
		}
		slices.Sort(named)
		if !slices.Equal(named, wrong) {
			rt.Fatalf("wrong are %v, named %v", wrong, named)
		}
	})
}

type broken struct{}

func (broken) Seal(string) (record.Sealed, error) { return "", errors.New("no key") }
func (broken) Open(record.Sealed) (string, error) { return "", errors.New("no key") }

// TestApplyNeverStoresPlain: when sealing fails, the secret is not set.
func TestApplyNeverStoresPlain(t *testing.T) {
	m := &household.Member{}
	if err := write.Apply(household.MemberType, m, patch("idNo", `"999999195001010011"`), broken{}, record.Online); err == nil || m.IDNo != "" {
		t.Errorf("%v, %q", err, m.IDNo)
	}
}

func TestComplete(t *testing.T) {
	wantField(t, write.Complete(activity.VisitType, &activity.Visit{}), fault.Invalid, "day", "required")
	wantField(t, write.Complete(activity.VisitType, &activity.Visit{Day: "2026-03-02", Lat: 1}), fault.Invalid, "coord", "required")
	if err := write.Complete(activity.VisitType, &activity.Visit{Day: "2026-03-02", Lat: 1, Coord: "wgs84"}); err != nil {
		t.Error(err)
	}
	for _, typ := range types.All() {
		var e *fault.Error
		if err := write.Complete(typ, typ.New()); err != nil {
			e, _ = errors.AsType[*fault.Error](err)
		}
		for _, f := range typ.Fields {
			named := e != nil && slices.ContainsFunc(e.Fields, func(x fault.Field) bool { return x.Name == f.Name && x.Code == "required" })
			if f.Required && !named {
				t.Errorf("%s.%s is required and not asked for", typ.Name, f.Name)
			}
		}
	}
}

// TestHeldAt: from since on, up to but not including until.
func TestHeldAt(t *testing.T) {
	open, ended := write.Grant{SinceSeq: 5}, write.Grant{SinceSeq: 5, UntilSeq: 9}
	for seq, want := range map[int64][2]bool{0: {false, false}, 4: {false, false}, 5: {true, true}, 8: {true, true}, 9: {true, false}, 100: {true, false}} {
		if got := [2]bool{open.HeldAt(seq), ended.HeldAt(seq)}; got != want {
			t.Errorf("at %d: %v, want %v", seq, got, want)
		}
	}
}

// TestMay goes through every field of every type as every role: what names its
// writers is refused to all others by name, anything else is not May's matter.
func TestMay(t *testing.T) {
	named := 0
	for _, typ := range types.All() {
		for _, f := range typ.Fields {
			if f.Name == "" {
				continue
			}
			for _, role := range []string{"H", "C", "V", "T", "K", "A", "", "HC"} {
				err := write.May(typ, role, patch(f.Name, `"x"`, "unknown", `1`))
				if f.Write == "" || len(role) == 1 && strings.Contains(f.Write, role) {
					if err != nil {
						t.Errorf("%s.%s by %q: %v", typ.Name, f.Name, role, err)
					}
					continue
				}
				named++
				if role != "HC" { // no role: whatever it is, it may not pass for two
					wantField(t, err, fault.Forbidden, f.Name, "not-allowed")
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d refusals: no field names its writers any more", named)
	}
}
