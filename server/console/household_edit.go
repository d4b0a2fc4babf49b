package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
)

// Edit is one field that is open to be changed.
type Edit struct {
	Type, Name, Row, Who, Now string
	Rev                       int64
	Field                     record.Field
	value                     any
}

// edits opens the field that the address names: of one member, or of all.
func (h *Household) edits(field, member string) {
	of, name, _ := strings.Cut(field, ".")
	t := typeOf(of)
	if t == nil {
		return
	}
	f, ok := t.Field(name)
	if !ok {
		return
	}
	h.Field = fieldWord(name)
	open := func(r Row, who string) {
		h.Editing = append(h.Editing, Edit{Type: of, Name: name, Row: r.Text("id"), Who: who, Now: shownValue(f, r[name]), Rev: r.Int("rev"), Field: f, value: r[name]})
	}
	if !changes(f) {
		return
	}
	if of == household.HouseholdType.Name {
		open(h.Row, "")
		return
	}
	for _, m := range h.Members {
		if member == "" && !m.Left || member == m.Text("id") {
			open(m.Row, m.Text("name"))
		}
	}
}

// Key tells the forms of a page apart.
func (e Edit) Key() string { return e.Type + "." + e.Name + "." + e.Row }

// Part is the part template that shows the field.
func (e Edit) Part() string {
	switch f := e.Field; {
	case len(f.Enum) > 0, len(f.Offer) > 0 && f.Kind == record.Text:
		return "choose"
	case f.Kind == record.Array && len(f.Offer) > 0:
		return "ticks"
	case f.Max > 120 && f.Kind == record.Text:
		return "text"
	}
	return "input"
}

// Options are the options of the field, for Form.Field.
func (e Edit) Options() []any {
	f, now := e.Field, asTyped(e.Field, e.value)
	out := []any{"hint=" + e.hint()}
	if f.Kind != record.Secret {
		out = append(out, "value="+now)
	}
	if f.Format == "day" {
		out = append(out, "type=date")
	}
	if f.Kind == record.Text || f.Kind == record.Secret {
		out = append(out, "max="+strconv.FormatInt(f.Max, 10))
	}
	words := slices.Concat(f.Enum, f.Offer)
	if len(words) > 0 && f.Kind != record.Array {
		out = append(out, Option{Word: "没有填"})
		if now != "" && !slices.Contains(words, now) {
			words = append(words, now)
		}
	}
	for _, w := range words {
		on := false
		list, _ := e.value.([]any)
		for _, x := range list {
			on = on || x == w
		}
		out = append(out, Option{Value: w, Word: w, On: on})
	}
	return out
}

func (e Edit) hint() string {
	switch unit := unitOf(e.Name); {
	case e.Field.Kind == record.Secret:
		return "现在是" + nothing(e.Now) + "。要改就写新的；空着存就是删掉。"
	case e.Field.Format == "month":
		return "写成 2026-01 这样。"
	case unit == "fen":
		return "单位：元。现在是" + nothing(e.Now) + "。"
	case unit == "mu":
		return "单位：亩。现在是" + nothing(e.Now) + "。"
	case unit != "":
		return "单位：" + unit + "。现在是" + nothing(e.Now) + "。"
	}
	return "现在是" + nothing(e.Now) + "。"
}

func nothing(s string) string {
	if s == "" {
		return "空的"
	}
	return "“" + s + "”"
}

// editField changes one field of the household or of a member.
func editField(v *View) (Done, error) {
	parts := strings.SplitN(v.Text("key"), ".", 3)
	if len(parts) != 3 || typeOf(parts[0]) == nil {
		return Done{}, fault.New(fault.BadRequest, "")
	}
	f, ok := typeOf(parts[0]).Field(parts[1])
	if !ok {
		return Done{}, fault.New(fault.BadRequest, "")
	}
	reason := v.Text("reason")
	if reason == "" {
		return Done{}, fault.Bad(fault.Field{Name: "reason", Code: "required", Detail: "请写为什么改。"})
	}
	patch := map[string]any{f.Name: v.value(f), "reason": reason}
	err := v.Send(http.MethodPatch, "/api/v1/records/"+parts[0]+"/"+url.PathEscape(parts[2]), nil, patch, match(v.carried("rev")), nil)
	return Done{To: "/households/" + v.ID(), Say: "已改“" + fieldWord(f.Name) + "”。"}, err
}

// match says which revision was seen.
func match(rev int64) http.Header {
	return http.Header{"If-Match": {`"` + strconv.FormatInt(rev, 10) + `"`}}
}

// value is what was typed into a field, as the API takes it; nil empties it.
func (v *View) value(f record.Field) any {
	text := v.Text(f.Name)
	switch {
	case f.Kind == record.Array:
		if len(f.Offer) > 0 {
			return v.All(f.Name)
		}
		return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、，, ", r) })
	case text == "":
		return nil
	case f.Kind == record.Int && (unitOf(f.Name) == "fen" || unitOf(f.Name) == "mu"):
		return v.Fen(f.Name)
	case f.Kind == record.Int:
		return v.Whole(f.Name)
	}
	return text
}
