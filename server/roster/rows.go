package roster

import (
	"context"
	"slices"
	"strings"

	"daohu/server/household"
	"daohu/server/record"
)

// of finds the field of t that the column fills. whole says that it fills it
// alone; else several columns make one list. false when it fills none: a
// reference to another row, or a word kept beside the record.
func (c *column[R]) of(t *record.Type) (f record.Field, whole, ok bool) {
	f, ok = t.Field(c.field.Name)
	return f, f.GoName == c.field.GoName, ok
}

// seal seals what a new row says in plain text.
func seal[R any](p *planner, t *table[R], typ *record.Type, row *R, rec record.Record) error {
	for i := range t.cols {
		c := &t.cols[i]
		f, _, ok := c.of(typ)
		if !ok || f.Kind != record.Secret {
			continue
		}
		v, err := p.l.Sealer.Seal(c.get(row))
		if err == nil {
			err = typ.Set(rec, f, string(v))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// changed compares what a row says with the record that is there; nil when
// nothing differs. A value that the sheet shows in another form (trimmed, in
// the words of the sheet) is the same. rec is what the row makes of the record;
// leave are fields that follow from others.
func changed[R any](p *planner, t *table[R], typ *record.Type, row *R, n int, rec, have record.Record, leave ...string) (*edit, error) {
	e := &edit{t: typ, have: have}
	for i := range t.cols {
		c := &t.cols[i]
		f, whole, ok := c.of(typ)
		v := c.get(row)
		if !ok || slices.Contains(leave, f.Name) || !p.b.says(t.sheet, n, c.head, v) {
			continue
		}
		was := typ.Get(have, f)
		if f.Kind == record.Secret {
			plain, err := p.l.Sealer.Open(record.Sealed(was))
			if err != nil {
				return nil, err
			}
			was = plain
		}
		if !whole {
			v = typ.Get(rec, f)
		}
		if _, done := e.set(f.Name); done || was == v || whole && was != "" && c.again(p.env, was) == v {
			continue
		}
		if f.Kind == record.Secret {
			sealed, err := p.l.Sealer.Seal(v)
			if err != nil {
				return nil, err
			}
			v = string(sealed)
		}
		e.sets = append(e.sets, setting{f, v})
	}
	if len(e.sets) == 0 {
		return nil, nil
	}
	return e, nil
}

// again is a value taken out and read back.
func (c *column[R]) again(e *env, v string) string {
	back, problem := c.read(e, c.out(e, v))
	if problem != nil {
		return v
	}
	return back
}

// set says what an edit makes of a field, "" and false when it leaves it.
func (e *edit) set(name string) (string, bool) {
	if e == nil {
		return "", false
	}
	for _, s := range e.sets {
		if s.field.Name == name {
			return s.value, true
		}
	}
	return "", false
}

func (p *planner) households(context.Context) error {
	t := householdTable()
	for i := range p.b.Households {
		h := &p.b.Households[i]
		p.step()
		was := p.houses[h.Rec.Code]
		switch {
		case h.Rec.Code == "": // refused when it was read
		case was == nil:
			rec := h.Rec
			rec.Meta = record.Meta{ID: p.l.NewID()}
			rec.Meta.Household = rec.ID
			if err := seal(p, t, household.HouseholdType, h, &rec); err != nil {
				return err
			}
			p.IDs[rec.Code], p.village[rec.ID] = rec.ID, rec.Village
			p.make(household.HouseholdType, &rec, "")
			p.must(household.HouseholdType, "Code", rec.Code)
			p.Counts.Households.New++
		case p.exists(SheetHouseholds, h.Row, "户编号", "户编号 "+h.Rec.Code+" "):
		case was.State != "":
			p.at(Error, SheetHouseholds, h.Row, "户编号", CodeClosed, "这一户已经销户或并户，不能再导入。")
		default:
			p.IDs[h.Rec.Code] = was.ID
			if err := p.house1(t, h, was); err != nil {
				return err
			}
		}
	}
	return nil
}

// house1 compares one household with the registry's. Head and people follow
// from the members, the place in words from village and group.
func (p *planner) house1(t *table[HouseRow], h *HouseRow, was *household.Household) error {
	e, err := changed(p, t, household.HouseholdType, h, h.Row, &h.Rec, was, "head")
	if err != nil {
		return err
	}
	if village, moves := e.set("village"); moves {
		p.village[was.ID] = village
	}
	if place := p.place(h, was); place != was.Place {
		if e == nil {
			e = &edit{t: household.HouseholdType, have: was}
		}
		e.sets = append(e.sets, p.field(household.HouseholdType, "place", place))
	}
	p.keep(&p.Counts.Households, e)
	return nil
}

// place is the household's place in words after the row: it changes only with
// the village or the group.
func (p *planner) place(h *HouseRow, was *household.Household) string {
	village := p.env.places.byCode[h.Rec.Village].Name
	group := strings.TrimPrefix(was.Place, p.env.places.byCode[was.Village].Name)
	if same, _ := name(p.env, record.Field{}, clean(group)); h.Rec.Village == was.Village && (h.Group == "" || h.Group == same) {
		return was.Place
	}
	return village + h.Group
}

// must notes a key that has to be free still when the plan is stored.
func (p *planner) must(t *record.Type, field, value string) {
	if value == "" {
		return
	}
	keys := p.free[t]
	for i := range keys {
		if keys[i].field == field {
			keys[i].values = append(keys[i].values, value)
			return
		}
	}
	p.free[t] = append(keys, freeKeys{field, []string{value}})
}

func (p *planner) members(context.Context) error {
	t := memberTable()
	for _, m := range p.b.Members { // who leaves by this file gives the number free
		if was := p.member[m.Rec.Code]; was != nil && m.Rec.Left != "" && p.number[was.IDIndex] == was.ID {
			delete(p.number, was.IDIndex)
			p.leaving[was.ID] = true
		}
	}
	for i := range p.b.Members {
		m := &p.b.Members[i]
		p.step()
		id := p.house(SheetMembers, m.Row, m.House)
		indexes := p.l.Sealer.Indexes(m.IDNo)
		was, key := p.member[m.Rec.Code], "人编号"
		if was == nil { // added from a phone, and not in the national registry until now
			if other := p.living(id, p.holder(indexes)); other != nil && (m.Rec.Code == "" || other.Code == "") {
				was, key = other, "证件号码"
			}
		}
		lives := m.Rec.Left == "" && (was == nil || was.Left == "")
		switch other := p.holder(indexes); {
		case id == "":
		case was != nil && p.exists(SheetMembers, m.Row, key, "这个"+key):
		case was != nil && was.Household != id:
			p.at(Error, SheetMembers, m.Row, "户编号", CodeMoved, "这个人在系统里是户编号 "+p.codes[was.Household]+" 的，不能用导入换户。")
		case lives && m.IDNo != "" && other != "" && (was == nil || other != was.ID):
			p.at(Error, SheetMembers, m.Row, "证件号码", CodeDuplicate, "这个证件号码系统里已经有人用了。")
		case was != nil:
			e, err := changed(p, t, household.MemberType, m, m.Row, &m.Rec, was)
			if err != nil {
				return err
			}
			p.person(e, was, p.l.Sealer.Index(m.IDNo), indexes, lives)
		default:
			rec := m.Rec
			rec.Meta = record.Meta{ID: p.l.NewID(), Household: id}
			rec.IDIndex = p.l.Sealer.Index(m.IDNo)
			if err := seal(p, t, household.MemberType, m, &rec); err != nil {
				return err
			}
			p.make(household.MemberType, &rec, "")
			if rec.Code != "" {
				p.must(household.MemberType, "Code", rec.Code)
			}
			if lives {
				p.unused(indexes)
			}
			p.Counts.Members.New++
			p.people(id)
		}
	}
	return nil
}

// living finds somebody of a household by id; nil = not there.
func (p *planner) living(house, id string) *household.Member {
	for _, m := range p.of[house] {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// holder is who lives here with a number of these indexes; "" = nobody.
func (p *planner) holder(indexes []string) string {
	for _, index := range indexes {
		if id := p.number[index]; id != "" {
			return id
		}
	}
	return ""
}

// unused asks that nobody has the number by the time it is stored.
func (p *planner) unused(indexes []string) {
	for _, index := range indexes {
		p.must(household.MemberType, "IDIndex", index)
	}
}

// person queues what changes of somebody who is there.
func (p *planner) person(e *edit, was *household.Member, index string, indexes []string, lives bool) {
	if _, numbered := e.set("idNo"); numbered {
		if e.index = index; lives && !slices.Contains(indexes, was.IDIndex) {
			p.unused(indexes)
		}
	}
	if p.keep(&p.Counts.Members, e); e != nil {
		p.people(was.Household)
	}
}

// people notes that the members of a household change: all of them are
// compared when the plan is stored.
func (p *planner) people(id string) {
	if _, there := p.codes[id]; !there || p.recount[id] {
		return
	}
	p.touch(p.recount, id)
	for _, m := range p.of[id] {
		p.watch(household.MemberType, m)
	}
}

// heads sees that households whose members change keep one head.
func (p *planner) heads() {
	type tally struct{ before, after, row int }
	all := map[string]*tally{}
	edits := map[string]*edit{}
	for _, e := range p.edits {
		edits[e.have.Base().ID] = e
	}
	for id := range p.recount {
		t := &tally{}
		all[id] = t
		for _, m := range p.of[id] {
			relation, left := m.Relation, m.Left
			if leads(relation, left) {
				t.before++
			}
			if v, ok := edits[m.ID].set("relation"); ok {
				relation = v
			}
			if v, ok := edits[m.ID].set("left"); ok {
				left = v
			}
			if leads(relation, left) {
				t.after++
			}
		}
	}
	for i := range p.b.Members {
		m := &p.b.Members[i]
		t := all[p.IDs[m.House]]
		if h := p.houses[m.House]; t == nil && h != nil {
			t = all[h.ID]
		}
		if t == nil {
			continue
		}
		if t.row == 0 || m.Rec.Relation == headRelation {
			t.row = m.Row
		}
		if p.member[m.Rec.Code] == nil && leads(m.Rec.Relation, m.Rec.Left) {
			t.after++
		}
	}
	for _, t := range all {
		switch {
		case t.after > 1 && t.after > t.before:
			p.at(Error, SheetMembers, t.row, "与户主关系", CodeTwoHeads, "这一户在系统里已经有户主，一户只能有一个。")
		case t.after == 0 && t.before > 0:
			p.at(Error, SheetMembers, t.row, "与户主关系", CodeNoHead, "这样改以后这一户没有户主了。")
		}
	}
}

func leads(relation, left string) bool { return relation == headRelation && left == "" }
