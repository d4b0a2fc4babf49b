package app

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"daohu/server/record"
)

// matrixNames is everything a body could try to set: the wire names, columns
// and Go names of every field of every type, and of what the server keeps.
func (m *matrix) matrixNames() []string {
	set := map[string]bool{}
	for _, t := range m.Registry.Types {
		for _, f := range t.Fields {
			set[f.Name], set[f.Column], set[f.GoName] = true, true, true
		}
	}
	for _, n := range slices.Concat(record.MetaColumns, []string{"by", "rev", "madeBy", "madeAt", "deletedAt", "Household", "ID", "Seq", "Version", "Township",
		"role", "user", "__proto__", "constructor", "toString", "TEXT", "Day", "täxt", "text ", "*", "$set"}) {
		set[n] = true
	}
	delete(set, "")
	return slices.Sorted(maps.Keys(set))
}

// matrixFits are values that fit fields whose values a rule of the type judges.
func (m *matrix) matrixFits(t *record.Type, f record.Field) any {
	if v, ok := map[string]any{"issue.category": "sanitation", "issue.cause": "habit", "issue.state": "doing",
		"issue.owner": m.User("cadre-1-0").ID, "need.owner": m.User("village-1").ID,
		"measure.stage": "doing", "measure.resultVisit": m.targets[0].rows["visit"], "measure.yieldDay": m.Today()}[t.Name+"."+f.Name]; ok {
		return v
	}
	return matrixValue(f)
}

// matrixFree reports whether a role may offer f from the wire.
func matrixFree(f record.Field, role string, classes ...record.Class) bool {
	return slices.Contains(classes, f.Class) && (f.Write == "" || strings.Contains(f.Write, role))
}

// matrixValue is a value that fits f.
func matrixValue(f record.Field) any {
	switch {
	case len(f.Enum) > 0:
		return f.Enum[len(f.Enum)-1]
	case f.Kind == record.Int:
		return max(f.Min, 1)
	case f.Kind == record.Bool:
		return true
	case f.Kind == record.Array:
		return []any{"x"}
	}
	if v := map[string]string{"day": "2026-03-01", "month": "2001-01", "sha256": strings.Repeat("ab", 32), "area": "999911101202", "id": "AAAAAAAAAAAA"}[f.Format]; v != "" {
		return v
	}
	return "x"
}

// matrixNew is what a new row of a type needs at least.
func (m *matrix) matrixNew(name string) map[string]any {
	x := m.targets[0]
	return map[string]map[string]any{
		"visit": {"day": m.Today()}, "confirmation": {"visit": x.rows["visit"], "answer": "来过"}, "need": {"text": "难"}, "measure": {"kind": "产业帮扶"}, "delivery": {"day": m.Today(), "way": "上门"}, "member": {"name": "新", "relation": "之子"},
		"consent": {"answer": "given", "day": m.Today(), "who": "户主", "edition": "2026-1"},
		"issue":   {"category": "other", "subject": "新"}, "complaint": {"text": "难", "kind": "投诉"},
		"response": {"day": m.Today(), "form": x.rows["form"]}, "photo": matrixPhoto(x.rows["visit"], matrixJPEG(77), ""),
	}[name]
}

// TestFieldsOfSync offers every name in new rows and in changes of rows of
// every type (quality.md A2).
func TestFieldsOfSync(t *testing.T) {
	m := newMatrix(t)
	x, offered := m.targets[0], 0
	before := m.fingerprint()
	for _, typ := range m.Registry.Types {
		var muts []fixtureMut
		for _, name := range m.matrixNames() {
			f, ok := typ.Field(name)
			var value any = "x"
			if ok {
				value = matrixValue(f)
			}
			free := ok && matrixFree(f, "C", record.Author, record.Merge, record.Propose)
			if !free {
				patch := map[string]any{name: value}
				for k, v := range m.matrixNew(typ.Name) {
					if k != name {
						patch[k] = v
					}
				}
				muts = append(muts, fixtureMut{Type: typ.Name, ID: m.DB.NewID(), House: x.house, Patch: patch})
				muts = append(muts, fixtureMut{Type: typ.Name, ID: x.rows[typ.Name], House: x.house, Patch: map[string]any{name: value}})
			}
		}
		phone := m.Phone(m.Token("cadre-1-0"))
		for part := range slices.Chunk(muts, 80) {
			a, codes := phone.Push(part...)
			offered += len(part)
			for i, mut := range part {
				if !slices.Contains([]string{"invalid", "online-only", "forbidden", "not-found", "id-taken"}, codes[i]) {
					t.Errorf("%s %v: %q: %s", typ.Name, mut.Patch, codes[i], a.Body)
				}
			}
		}
	}
	if after := m.fingerprint(); after != before {
		t.Errorf("fields outside the list changed something:\n%s", fixtureDiff(before, after))
	}
	fixtureFigure(t, "mass assignment by sync: %d fields offered outside the list, 0 changed", offered)
}

// TestFieldsThatMayChange: a field that may change changes alone.
func TestFieldsThatMayChange(t *testing.T) {
	m := newMatrix(t)
	x, offered := m.targets[0], 0
	approve := m.Do("POST", m.Token("admin-1"), "/api/v1/records/measure/"+x.rows["measure"]+"/decision", map[string]any{"action": "approve", "rev": m.rev("measure", x)})
	if approve.Status != http.StatusOK { // only an approved measure is carried out
		t.Fatalf("%d %s", approve.Status, approve.Body)
	}
	follows := map[string][]string{"member.idNo": {"IDIndex"}, "need.answer": {"state", "answeredBy", "answeredAt"}, "delivery.receipt": {"channel"},
		"measure.agreement": {"agreedBy", "agreedDay"}, "measure.arrived": {"arrivedBy", "arrivedDay"}} // what the server keeps in step
	with := map[string]map[string]any{"measure.yieldQuantity": {"yieldUnit": "头"}} // a rule of the type wants both
	for _, typ := range m.Registry.Types {
		for _, f := range typ.Fields {
			if f.Name == "" || f.Class == record.Server {
				continue
			}
			was := m.row(typ, x)
			value := m.matrixFits(typ, f)
			also := append(follows[typ.Name+"."+f.Name], f.Name)
			patch := map[string]any{f.Name: value}
			for name, v := range with[typ.Name+"."+f.Name] {
				patch[name], also = v, append(also, name)
			}
			bySync := f.Class != record.Online
			if bySync {
				house := x.house
				if typ.Common {
					house = x.town.Common
				}
				m.Phone(m.Token("cadre-1-0")).Push(fixtureMut{Type: typ.Name, ID: x.rows[typ.Name], House: house, Patch: patch})
			}
			offered++
			m.onlyChanged(typ, was, m.row(typ, x), also...)
			a := m.Do("PATCH", m.Token("admin-1"), "/api/v1/records/"+typ.Name+"/"+x.rows[typ.Name], patch, "If-Match", fmt.Sprint(m.rev(typ.Name, x)))
			online := matrixFree(f, "T", record.Merge, record.Propose, record.Online)
			if (a.Status == http.StatusOK) != online {
				t.Errorf("%s.%s online: %d %s", typ.Name, f.Name, a.Status, a.Body)
			}
			m.onlyChanged(typ, was, m.row(typ, x), also...)
			if now, _ := typ.Field(f.Name); online && typ.Get(m.row(typ, x), now) == typ.Get(was, now) {
				t.Errorf("%s.%s may change and did not", typ.Name, f.Name)
			}
		}
	}
	fixtureFigure(t, "%d fields that may change were changed: each alone", offered)
}

func (m *matrix) row(t *record.Type, x *matrixTarget) record.Record {
	m.Helper()
	r, err := m.DB.Find(m.Context(), t, []string{x.town.Township}, x.rows[t.Name])
	m.must(err)
	return r
}

func (m *matrix) onlyChanged(t *record.Type, was, now record.Record, allowed ...string) {
	m.Helper()
	for _, f := range t.Fields {
		if t.Get(was, f) != t.Get(now, f) && !slices.Contains(allowed, f.Name) && !slices.Contains(allowed, f.GoName) && f.GoName != "LastSeq" {
			m.Errorf("%s: %s changed along with %v", t.Name, f.GoName, allowed)
		}
	}
	a, b := was.Base(), now.Base()
	if a.ID != b.ID || a.Household != b.Household || a.Township != b.Township || a.MadeBy != b.MadeBy || a.MadeAt != b.MadeAt || b.DeletedAt != 0 {
		m.Errorf("%s: the server's own fields changed: %+v, %+v", t.Name, *a, *b)
	}
}

// TestFieldsOnline offers every name in the bodies of the admin's routes.
func TestFieldsOnline(t *testing.T) {
	m := newMatrix(t)
	x, offered, admin := m.targets[0], 0, m.Token("admin-1")
	before := m.fingerprint()
	refused := func(method, path string, body map[string]any, name string, headers ...string) {
		t.Helper()
		offered++
		m.Pass(time2)
		if a := m.Do(method, admin, path, body, headers...); a.Status != http.StatusUnprocessableEntity || a.Problem().Code != "invalid" || len(a.Problem().Fields) == 0 {
			t.Errorf("%s %s with %s: %d %s", method, path, name, a.Status, a.Body)
		}
	}
	for _, name := range m.matrixNames() {
		for _, typ := range m.Registry.Types {
			f, ok := typ.Field(name)
			var value any = "x"
			if ok {
				value = matrixValue(f)
			}
			if ok && matrixFree(f, "T", record.Merge, record.Propose, record.Online) {
				continue
			}
			path := "/api/v1/records/" + typ.Name
			if ok && f.Write != "" && !strings.Contains(f.Write, "T") { // another's to write: forbidden, not wrong
				continue
			}
			if ok || name != "reason" { // why a row is changed is no field of it: alone it changes nothing
				refused("PATCH", path+"/"+x.rows[typ.Name], map[string]any{name: value}, name, "If-Match", fmt.Sprint(m.rev(typ.Name, x)))
			}
			if ok && f.Class == record.Author && strings.Contains(typ.Creators, "T") { // of a row the admin makes he is the author
				continue
			}
			if base := m.matrixNew(typ.Name); base != nil && strings.Contains(typ.Creators, "T") {
				base[name] = value
				refused("POST", path+"?household="+x.house, base, name)
			}
		}
	}
	if after := m.fingerprint(); after != before {
		t.Errorf("fields outside the list changed something:\n%s", fixtureDiff(before, after))
	}
	fixtureFigure(t, "mass assignment online: %d fields offered outside the list, 0 changed", offered)
}

// TestFieldsOfOtherBodies offers every name in every other body that writes.
func TestFieldsOfOtherBodies(t *testing.T) {
	m := newMatrix(t)
	x, offered, before := m.targets[0], 0, m.fingerprint()
	decision := map[string]any{"action": "return", "rev": 1, "reason": "改"}
	for _, b := range []struct {
		path, role string
		body       map[string]any
	}{
		{"/api/v1/login/wechat", "", map[string]any{"code": "demo:admin-1"}},
		{"/api/v1/login/password", "", map[string]any{"name": "admin-1", "password": fixturePassword}},
		{"/api/v1/login/household", "", map[string]any{"card": "x", "pin": "1"}},
		{"/api/v1/records/visit/" + x.rows["visit"] + "/decision", "admin-1", decision},
		{"/api/v1/proposals/" + x.rows["proposal"] + "/decision", "admin-1", map[string]any{"action": "accept", "rev": 1}},
		{"/api/v1/quarantine/" + x.kept + "/decision", "admin-1", map[string]any{"action": "take"}},
		{"/api/v1/households/" + x.house + "/pairing", "admin-1", map[string]any{"cadre": "cadre-1-1", "day": m.Today()}},
		{"/api/v1/sync", "cadre-1-0", map[string]any{"cursor": "", "schema": 1, "client": m.DB.NewID(), "acked": []any{0, ""}, "budget": 4096, "unsent": []int{0, 0},
			"muts": []any{[]any{1, 1, "visit", m.DB.NewID(), x.house, map[string]any{"day": m.Today()}, 1}}}},
	} {
		token := ""
		if b.role != "" {
			token = m.Token(b.role)
		}
		for _, name := range append(m.matrixNames(), "Action", "ACTION", "Cadre", "Code", "pushOnly", "actor", "township", "session") {
			if _, declared := b.body[name]; declared || name == "reason" && b.role == "admin-1" || name == "bind" || name == "phone" && b.role == "" {
				continue
			}
			body := maps.Clone(b.body)
			body[name] = "x"
			offered++
			m.Pass(time2)
			if a := m.Do("POST", token, b.path, body); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusBadRequest {
				t.Errorf("POST %s with %s: %d %s", b.path, name, a.Status, a.Body)
			}
		}
	}
	if after := m.fingerprint(); after != before {
		t.Errorf("unknown fields came with an effect:\n%s", fixtureDiff(before, after))
	}
	fixtureFigure(t, "mass assignment in other bodies: %d names offered, 0 with an effect", offered)
}
