package console

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"daohu/server/fault"
)

// Text is what was typed into a field, without the spaces around it.
func (v *View) Text(name string) string { return strings.TrimSpace(v.form.Get(name)) }

// All are the values of a field that may be ticked several times.
func (v *View) All(name string) []string { return append([]string{}, v.form[name]...) }

// Ticked reports whether a box was ticked.
func (v *View) Ticked(name string) bool { return v.form.Get(name) != "" }

// Whole is a whole number for the API; what is none is sent as it was typed, so
// that the API refuses it by the field's name. nil = nothing was typed.
func (v *View) Whole(name string) any {
	s := v.Text(name)
	if s == "" {
		return nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	return s
}

// Fen is an amount typed in yuan as fen; else as Whole.
func (v *View) Fen(name string) any {
	s := v.Text(name)
	if s == "" {
		return nil
	}
	yuan, part, _ := strings.Cut(strings.TrimPrefix(s, "¥"), ".")
	digits := strings.ReplaceAll(yuan, ",", "") + (part + "00")[:2]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || yuan == "" || len(part) > 2 {
		return s
	}
	return n
}

// Body is what goes to the API: the values that are there. An empty text and
// nil are left out, as a field that nobody filled.
func Body(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		switch x := pairs[i+1].(type) {
		case nil:
		case string:
			if x != "" {
				out[name] = x
			}
		case json.Number:
			if x != "" {
				out[name] = x
			}
		default:
			out[name] = x
		}
	}
	return out
}

// File is an uploaded file; nil = none was chosen.
func (v *View) File(name string) ([]byte, error) {
	if v.r.MultipartForm == nil || len(v.r.MultipartForm.File[name]) == 0 {
		return nil, nil
	}
	f, err := v.r.MultipartForm.File[name][0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Form is one form of a page, for its template. It remembers which fields it
// showed, so that no complaint of the API gets lost.
type Form struct {
	Act, Key, Action string
	view             *View
	again            bool // it was sent and refused
	shown            []string
}

// Form begins the form of an act; key tells several of them on a page apart.
func (v *View) Form(act, key string) *Form {
	return &Form{Act: act, Key: key, Action: v.URL(), view: v, again: v.Did == act && v.form.Get("key") == key && v.Done == nil}
}

// Again reports whether the form was sent and refused: it stands open then.
func (f *Form) Again() bool { return f.again && f.view.Problem != nil }

// Field is one field of a form, ready for a part template.
type Field struct {
	ID, Name, Label, Value, Wrong, Hint, Type, Auto string
	Max                                             int
	Required, Wide                                  bool
	Values                                          []string // ticked
	Options                                         []Option
	Picks                                           []Option // households that may be meant
	Many                                            bool     // of households: one a line
}

// Option is one choice of a field.
type Option struct {
	Value, Word string
	On          bool
}

// Field makes a field. Options: required, wide, many, max=N, hint=…, value=…, type=…, auto=… (autocomplete);
// of a choice value=word, one each.
func (f *Form) Field(name, label string, options ...any) Field {
	out := Field{ID: f.Act + "-" + name, Name: name, Label: label, Type: "text"}
	if f.Key != "" {
		out.ID = f.Act + "-" + f.Key + "-" + name
	}
	f.shown = append(f.shown, name)
	for _, o := range flat(options) {
		out.set(o)
	}
	if f.again {
		out.Value, out.Values = f.view.form.Get(name), f.view.form[name]
		if out.Type == "password" {
			out.Value = ""
		}
		for _, w := range f.wrong() {
			if w.Name == name || strings.HasPrefix(w.Name, name+".") || strings.HasPrefix(w.Name, name+"[") {
				out.Wrong = strings.TrimSpace(out.Wrong + " " + w.Detail)
			}
		}
	}
	for i := range out.Options {
		o := &out.Options[i]
		o.On = o.Value == out.Value || slices.Contains(out.Values, o.Value) || o.On && !f.again
	}
	return out
}

// flat takes lists of options apart: strings, []string and []Option.
func flat(options []any) []any {
	var out []any
	for _, o := range options {
		switch x := o.(type) {
		case []string:
			for _, s := range x {
				out = append(out, s+"="+s)
			}
		case []any:
			out = append(out, flat(x)...)
		case []Option:
			for _, p := range x {
				out = append(out, p)
			}
		default:
			out = append(out, o)
		}
	}
	return out
}

func (f *Field) set(option any) {
	if o, ok := option.(Option); ok {
		f.Options = append(f.Options, o)
		return
	}
	s, _ := option.(string)
	key, value, is := strings.Cut(s, "=")
	switch {
	case s == "required":
		f.Required = true
	case s == "many":
		f.Many = true
	case s == "wide":
		f.Wide = true
	case key == "max":
		f.Max, _ = strconv.Atoi(value) // 0 = no limit shown; the API holds it
	case key == "hint":
		f.Hint = value
	case key == "value":
		f.Value = value
	case key == "type":
		f.Type = value
	case key == "auto":
		f.Auto = value
	case is:
		f.Options = append(f.Options, Option{Value: key, Word: value})
	}
}

func (f *Form) wrong() []fault.Field {
	if !f.again || f.view.Problem == nil {
		return nil
	}
	return f.view.Problem.Fields
}

// Button is the end of a form: what the API complains of that no field shows,
// and the button that sends it.
type Button struct {
	Act, Word, Style string
	Rest             []fault.Field
}

// Button ends the form; style is "" for the main one, or "no", "plain".
func (f *Form) Button(word string, style ...string) Button {
	b := Button{Act: f.Act, Word: word, Style: "go"}
	if len(style) > 0 {
		b.Style = style[0]
	}
	for _, w := range f.wrong() {
		head, _, _ := strings.Cut(strings.ReplaceAll(w.Name, "[", "."), ".")
		if !slices.Contains(f.shown, w.Name) && !slices.Contains(f.shown, head) {
			b.Rest = append(b.Rest, w)
		}
	}
	return b
}
