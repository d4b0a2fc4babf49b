package record

// Erased stands where a person's words were erased, so that what was filled in
// stays filled in: counts and required fields hold.
const Erased = "已删除"

// Personal reports whether Erase empties the field: sealed values, lists and
// free text always, unless the declaration says kept; of the rest only what
// the declaration calls personal. A field added without a word is thus erased
// when it may hold one.
func (f Field) Personal() bool {
	switch {
	case f.erase != "":
		return f.erase == "personal"
	case f.Kind == Secret, f.Kind == Array:
		return true
	}
	return f.Kind == Text && len(f.Enum) == 0 && f.Format == ""
}

// Erase takes what is personal out of r and reports whether anything was. Free
// text becomes Erased, everything else its zero value; ids, codes, days,
// numbers and choices from a list stay. Doing it again changes nothing.
func (t *Type) Erase(r Record) bool {
	changed := false
	for _, f := range t.Fields {
		was := t.Get(r, f)
		if was == "" || !f.Personal() {
			continue
		}
		now := ""
		if f.Kind == Text && f.Format == "" && f.Name != "" {
			now = Erased
		}
		if was != now {
			_ = t.Set(r, f, now) // a text or zero: neither fails
			changed = true
		}
	}
	return changed
}
