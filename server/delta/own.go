package delta

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"daohu/server/record"
)

// ownRow is one row this push wrote, as its author may see it.
type ownRow struct {
	typ, id, household string
	set                []byte // JSON object, or null when the row is gone
	whole              bool
	seq                int64 // of the transaction that wrote it
}

// own says what the phone does not know about the rows it just wrote: for a
// new row the fields that differ from its own patches, for a known one the
// whole row, since the phone may hold an older state of it.
func (j *judge) own() ([]ownRow, error) {
	var out []ownRow
	for _, t := range j.touched {
		st, ok := j.standing(t.household, 0)
		if !ok || st.late {
			continue
		}
		got, err := j.tx.Load(t.t, t.id)
		if err != nil {
			return nil, err
		}
		r := got[t.id]
		if r == nil {
			continue
		}
		after, err := t.t.Project(r, st.role, j.s.Sealer)
		if err != nil {
			return nil, err
		}
		key := t.t.Name + " " + t.id
		o := ownRow{typ: t.t.Name, id: t.id, household: t.household, whole: j.before[key] != nil}
		switch {
		case after == nil || r.Base().DeletedAt > 0:
			o.set = []byte("null")
		case o.whole:
			o.set = bytes.Clone(after)
		default:
			if o.set, err = unlike(t.t, after, j.patches[key]); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}

// unlike is the object of fields in which the row after differs from patch, in
// declared order: an app that does not know the last columns keeps them in the
// order they come, and its text of the row must be the server's.
func unlike(t *record.Type, after []byte, patch map[string]json.RawMessage) ([]byte, error) {
	row, err := record.Object(after, 1000)
	if err != nil {
		return nil, err
	}
	delete(row, "id")
	for name, raw := range patch {
		f, _ := t.Field(name)
		v, p := f.Decode(raw)
		have, there := row[name]
		switch {
		case !there && (p != nil || v != ""):
			row[name] = json.RawMessage("null")
		case there && p == nil:
			if hv, hp := f.Decode(have); hp == nil && hv == v {
				delete(row, name)
			}
		}
	}
	b := []byte{'{'}
	put := func(name string) {
		if raw, there := row[name]; there {
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = append(append(record.AppendString(b, name), ':'), raw...)
		}
	}
	put("by")
	for _, f := range t.Fields {
		put(f.Name)
	}
	return append(b, '}'), nil
}

// tell adds rows to the answer; a row written by two transactions of one push
// is told twice, in order.
func (a *answer) tell(own []ownRow, seq int64) {
	for _, o := range own {
		o.seq = seq
		a.own = append(a.own, o)
	}
}

// told says for each own row the seq it was last told at.
func (a *answer) told() map[string]int64 {
	out := map[string]int64{}
	for _, o := range a.own {
		out[o.typ+" "+o.id] = o.seq
	}
	return out
}

// untell takes a row back that someone else changed between the push and the
// pull: the phone applies own rows last, and would write over the newer one.
func (a *answer) untell(typ, id string) {
	a.own = slices.DeleteFunc(a.own, func(o ownRow) bool { return o.typ == typ && o.id == id })
}

// ownElements are the JSON elements of own, joined by commas.
func ownElements(own []ownRow) []byte {
	var b []byte
	for _, o := range own {
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for _, s := range []string{o.typ, o.id, o.household} {
			b = append(record.AppendString(b, s), ',')
		}
		b = append(b, o.set...)
		if o.whole {
			b = append(b, ',')
			b = strconv.AppendInt(b, 1, 10)
		}
		b = append(b, ']')
	}
	return b
}
