package write

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"daohu/server/fault"
	"daohu/server/record"
)

// Apply sets the fields of patch in r after checking them, all or nothing. A
// field whose class is not among allowed is refused: by the server's own
// classes at the wire, by name when unknown. Sealed values are sealed.
func Apply(t *record.Type, r record.Record, patch map[string]json.RawMessage, s record.Sealer, allowed ...record.Class) error {
	var bad []fault.Field
	values := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		f, ok := t.Field(name)
		switch {
		case !ok:
			bad = append(bad, fault.Field{Name: name, Code: "unknown", Detail: "没有这一项。"})
			continue
		case f.Class == record.Server:
			bad = append(bad, fault.Field{Name: name, Code: "server-set", Detail: "这一项由系统填写。"})
			continue
		case f.Class == record.Online && !slices.Contains(allowed, record.Online):
			return &fault.Error{Code: fault.OnlineOnly, Fields: []fault.Field{{Name: name, Code: "online-only", Detail: "这一项只能在线修改。"}}}
		case !slices.Contains(allowed, f.Class):
			bad = append(bad, fault.Field{Name: name, Code: "not-allowed", Detail: "这一项不能这样修改。"})
			continue
		}
		v, p := f.Decode(patch[name])
		if p != nil {
			bad = append(bad, fault.Field(*p))
			continue
		}
		values[name] = v
	}
	if len(bad) > 0 {
		return fault.Bad(bad...)
	}
	for name, v := range values {
		f, _ := t.Field(name)
		if f.Kind == record.Secret {
			sealed, err := s.Seal(v)
			if err != nil {
				return err
			}
			v = string(sealed)
		}
		if err := t.Set(r, f, v); err != nil {
			return err
		}
	}
	return nil
}

// May checks that a role may set the fields of patch from the wire
// (record.Field.Write). Names that are no fields are Apply's matter. Code:
// forbidden, by name.
func May(t *record.Type, role string, patch map[string]json.RawMessage) error {
	var bad []fault.Field
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		f, ok := t.Field(name)
		if ok && f.Write != "" && (role == "" || !strings.Contains(f.Write, role)) {
			bad = append(bad, fault.Field{Name: name, Code: "not-allowed", Detail: "这一项不由您来填。"})
		}
	}
	if len(bad) > 0 {
		return &fault.Error{Code: fault.Forbidden, Fields: bad}
	}
	return nil
}

// Complete checks that a row has what is required and passes the type's own check.
func Complete(t *record.Type, r record.Record) error {
	var bad []fault.Field
	for _, f := range t.Fields {
		if f.Required && t.Get(r, f) == "" {
			bad = append(bad, fault.Field{Name: f.Name, Code: "required", Detail: "这一项要填。"})
		}
	}
	if t.Check != nil {
		for _, p := range t.Check(r) {
			bad = append(bad, fault.Field(p))
		}
	}
	if len(bad) > 0 {
		return fault.Bad(bad...)
	}
	return nil
}
