package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daohu/server/fault"
	"daohu/server/record"
)

// meant finds the households that the lines of a field mean, as whoever looks
// may: each line is the beginning of a name, or a whole 户编号. Where a line
// means several, or its one household has another name than was written, the
// form comes back with them to tick, once: what was ticked is sent along as
// name + "Pick" and stays chosen whatever else is refused.
func (v *View) meant(field string) ([]House, error) {
	var out []House
	ticked := v.All(field + "Pick")
	for _, line := range strings.Split(v.Text(field), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		var found Found
		if err := v.Post("/api/v1/search", Body("q", line), &found); err != nil {
			return nil, err
		}
		houses := found.houses(line)
		switch {
		case len(houses) == 0:
			return nil, fault.Bad(fault.Field{Name: field, Code: "not-allowed", Detail: "没有找到“" + line + "”。请写户主的姓名，或者照名册抄户编号。"})
		case found.More && len(houses) > 1:
			return nil, fault.Bad(fault.Field{Name: field, Code: "not-allowed", Detail: "“" + line + "”找到的太多，请写全一点。"})
		case len(houses) == 1 && (houses[0].Code == line || houses[0].Name() == line):
			out = append(out, houses[0])
			continue
		}
		before := len(out)
		for _, h := range houses {
			on := slices.Contains(ticked, h.ID)
			if on {
				out = append(out, h)
			}
			v.choose(field, h, on)
		}
		if len(out) == before {
			v.unsure = append(v.unsure, fmt.Sprintf("“%s”有 %d 户", line, len(houses)))
		}
	}
	if len(v.unsure) > 0 {
		return nil, fault.Bad(fault.Field{Name: field, Code: "not-allowed", Detail: strings.Join(v.unsure, "，") + "，请在下面选。"})
	}
	return out, nil
}

// houses are those a line means: the one whose 户编号 it is, else all found
// that are still there.
func (f *Found) houses(line string) []House {
	var out []House
	for _, r := range f.Rows {
		if r.Household.Code == line {
			return []House{r.Household}
		}
		if r.Household.State == "" {
			out = append(out, r.Household)
		}
	}
	return out
}

func (v *View) choose(field string, h House, on bool) {
	if v.choices == nil {
		v.choices = map[string][]Option{}
	}
	v.choices[field] = append(v.choices[field], Option{Value: h.ID, Word: h.Name() + "，" + h.Place + "，" + h.Code, On: on})
}

// theHouse is the one household that a field means.
func (v *View) theHouse(field string) (House, error) {
	if v.Text(field) == "" {
		return House{}, fault.Bad(fault.Field{Name: field, Code: "required", Detail: "请写是哪一户。"})
	}
	list, err := v.meant(field)
	if err != nil {
		return House{}, err
	}
	if len(list) != 1 {
		return House{}, fault.Bad(fault.Field{Name: field, Code: "not-allowed", Detail: "这里只能写一户。"})
	}
	return list[0], nil
}

// House is a field for households, by name: one, or with the option many one a
// line.
func (f *Form) House(name, label string, options ...any) Field {
	out := f.Field(name, label, options...)
	f.shown = append(f.shown, name+"Pick")
	if f.again {
		out.Picks = f.view.choices[name]
	}
	out.Hint = cmp.Or(out.Hint, "写户主姓名的开头，或者户编号")
	return out
}

// audience are the conditions of whom a card is for, as boxes; now holds those
// the card has, which may be others.
func audience(now []string) ([]Option, error) {
	var out []Option
	for _, by := range []struct{ name, word string }{{"class", "户属性是"}, {"exit", "脱贫标志是"}} {
		l, err := record.FindList(by.name)
		if err != nil {
			return nil, err
		}
		for _, i := range l.Items {
			out = append(out, Option{Value: by.name + ":" + i.Word, Word: by.word + "“" + i.Word + "”"})
		}
	}
	out = append(out, Option{Value: "safety", Word: "政策兜底的户"}, Option{Value: "watch", Word: "监测中的户"})
	for _, cond := range now {
		if !slices.ContainsFunc(out, func(o Option) bool { return o.Value == cond }) {
			word := strings.NewReplacer("exitYear:", "脱贫年度 ", "planYear:", "计划脱贫年度 ").Replace(cond)
			out = append(out, Option{Value: cond, Word: word})
		}
	}
	for i := range out {
		out[i].On = slices.Contains(now, out[i].Value)
	}
	return out, nil
}
