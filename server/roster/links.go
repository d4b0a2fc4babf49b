package roster

import (
	"context"
	"slices"

	"daohu/server/activity"
	"daohu/server/pairing"
	"daohu/server/record"
)

// usable says whether a cadre may get an open pairing, and names why not.
func (p *planner) usable(sheet string, row int, login string) bool {
	if u, there := p.in.People[login]; there && u.DisabledAt > 0 {
		p.at(Error, sheet, row, "干部工号", CodeNoCadre, "这个账号已经停用。")
		return false
	}
	return true
}

// live reads rows by household.
func live[R record.Record](ctx context.Context, p *planner, t *record.Type, ids set) (map[string][]R, error) {
	out := map[string][]R{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := p.l.Registry.Live(ctx, t, p.in.Township, sorted(ids)...)
	for _, r := range rows {
		h := r.Base().Household
		out[h] = append(out[h], r.(R))
	}
	return out, err
}

// pairings of the book against those there are, by household, cadre and first
// day.
func (p *planner) pairings(ctx context.Context) error {
	ids := set{}
	for _, r := range p.b.Pairings {
		if h := p.houses[r.House]; h != nil && h.State == "" {
			ids[h.ID] = true
		}
	}
	have, err := live[*pairing.Pairing](ctx, p, pairing.Type, ids)
	if err != nil {
		return err
	}
	for _, list := range have {
		for _, was := range list {
			p.watch(pairing.Type, was)
		}
	}
	t, rest := pairingTable(), []*PairingRow{}
	for i := range p.b.Pairings {
		r := &p.b.Pairings[i]
		p.step()
		id := p.house(SheetPairings, r.Row, r.House)
		at := slices.IndexFunc(have[id], func(x *pairing.Pairing) bool {
			return x.From == r.From && x.Cadre != "" && x.Cadre == p.in.People[r.Cadre].ID
		})
		switch {
		case id == "":
		case at < 0:
			rest = append(rest, r)
		case p.exists(SheetPairings, r.Row, "户编号", "这次结对"):
		default:
			was := have[id][at]
			if was.To == "" && r.To != "" && p.left(r.House, have[id], was) {
				p.at(Error, SheetPairings, r.Row, "结束日期", CodeKept, "这一户还没有脱贫，不能只结束结对，请在表里写上接手的干部。")
				continue
			}
			e, err := changed(p, t, pairing.Type, r, r.Row, nil, was)
			if err != nil {
				return err
			}
			if p.keep(&p.Counts.Pairings, e); e != nil {
				p.touch(p.paired, id)
			}
			if was.To != "" || r.To != "" { // else it runs on: another one cannot begin
				have[id] = slices.Delete(have[id], at, at+1)
			}
		}
	}
	for _, r := range rest {
		id := p.house(SheetPairings, r.Row, r.House)
		p.pair(r, id, have[id])
	}
	return nil
}

// left says whether a household that has to be kept would be without a cadre
// once was ends: no other one runs, and the book names none.
func (p *planner) left(code string, have []*pairing.Pairing, was *pairing.Pairing) bool {
	h := *p.houses[code]
	for i := range p.b.Households {
		if r := &p.b.Households[i].Rec; r.Code == code && r.Exit != "" {
			h.Exit = r.Exit // as it will be
		}
	}
	return p.in.Quota.Keeps(&h) &&
		!slices.ContainsFunc(have, func(x *pairing.Pairing) bool { return x != was && x.To == "" }) &&
		!slices.ContainsFunc(p.b.Pairings, func(r PairingRow) bool { return r.House == code && r.To == "" })
}

// pair adds one pairing to the household beside those it has.
func (p *planner) pair(r *PairingRow, id string, have []*pairing.Pairing) {
	if r.To == "" {
		if !p.usable(SheetPairings, r.Row, r.Cadre) {
			return
		}
		for _, was := range have {
			switch {
			case was.To != "":
				continue
			case was.Cadre == p.in.People[r.Cadre].ID && was.Cadre != "":
				p.at(Error, SheetPairings, r.Row, "开始日期", CodeTwoPairings, "这一户和这位干部的结对从 "+was.From+" 起一直没有结束。")
				return
			case !p.in.Update:
				p.at(Error, SheetPairings, r.Row, "户编号", CodeTwoPairings, "这一户在系统里还有没结束的结对；要换人请用更新。")
				return
			case was.From > r.From:
				p.at(Error, SheetPairings, r.Row, "开始日期", CodeOrder, "早于现在这次结对的开始（"+was.From+"）。")
				return
			}
			p.keep(&Count{}, &edit{t: pairing.Type, have: was, sets: []setting{p.field(pairing.Type, "to", r.From), p.field(pairing.Type, "reason", "按导入的结对表换人")}})
		}
	}
	rec := pairing.Open(p.l.NewID(), id, p.in.Actor, 0, "", "", "", "", r.From)
	rec.To, rec.Reason = r.To, r.Reason
	p.make(pairing.Type, rec, r.Cadre)
	p.touch(p.paired, id)
	p.Counts.Pairings.New++
}

func (p *planner) field(t *record.Type, name, value string) setting {
	f, _ := t.Field(name)
	return setting{f, value}
}

// visits of the book that are not there word for word are added.
func (p *planner) visits(ctx context.Context) error {
	ids := set{}
	for _, v := range p.b.Visits {
		if h := p.houses[v.House]; h != nil && h.State == "" {
			ids[h.ID] = true
		}
	}
	have, err := live[*activity.Visit](ctx, p, activity.VisitType, ids)
	if err != nil {
		return err
	}
	for i := range p.b.Visits {
		v := &p.b.Visits[i]
		p.step()
		id := p.house(SheetVisits, v.Row, v.House)
		at := slices.IndexFunc(have[id], func(x *activity.Visit) bool {
			return x.Day == v.Rec.Day && x.MadeBy != "" && x.MadeBy == p.in.People[v.Cadre].ID &&
				x.Stage == v.Rec.Stage && clean(x.Text) == v.Rec.Text && clean(x.Needs) == v.Rec.Needs
		})
		switch {
		case id == "":
		case at >= 0:
			if !p.exists(SheetVisits, v.Row, "日期", "这次走访") {
				have[id] = slices.Delete(have[id], at, at+1)
				p.Counts.Visits.Same++
			}
		default:
			rec, noonAt := v.Rec, noon(v.Rec.Day)
			rec.Meta = record.Meta{ID: p.l.NewID(), Household: id, MadeAt: noonAt}
			rec.State, rec.DeviceAt = "approved", noonAt // taken over from paper: nothing to review
			p.make(activity.VisitType, &rec, v.Cadre)
			p.touch(set{}, id)
			p.Counts.Visits.New++
		}
	}
	return nil
}
