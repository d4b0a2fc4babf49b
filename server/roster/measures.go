package roster

import (
	"context"
	"slices"

	"daohu/server/measure"
	"daohu/server/record"
)

// SheetMeasures is the sheet of 帮扶措施.
const SheetMeasures = "措施"

// MeasureRow is one row of 措施.
type MeasureRow struct {
	Row   int
	House string          // 户编号
	Rec   measure.Measure // Meta, visits, State, Words, channels and what moved are empty
}

func measureTable() *table[MeasureRow] {
	type R = MeasureRow
	of := func(head, field string) column[R] {
		return of(head, measure.Type, field, func(r *R) record.Record { return &r.Rec })
	}
	return &table[R]{sheet: SheetMeasures, alias: []string{"帮扶措施"}, at: func(r *R) *int { return &r.Row },
		rows: func(b *Book) *[]R { return &b.Measures },
		cols: []column[R]{
			text("户编号", houseRef(), func(r *R) *string { return &r.House }).must().by(code).also("AAC001"),
			of("措施类别", "kind").must().also("帮扶措施类别", "措施类型"),
			of("措施内容", "what"),
			of("针对风险", "risk"),
			of("开始日期", "from"),
			of("结束日期", "to"),
			of("计划金额(元)", "amount").by(yuan).as(cents).also("计划金额"),
			of("已给金额(元)", "given").by(yuan).as(cents).also("已给金额", "到位金额(元)"),
			of("数量", "quantity"),
			of("单位", "unit"),
			of("进度", "stage").words([][2]string{{measure.Wish, "心愿"}, {measure.Plan, "计划"}, {measure.Doing, "实施中"}, {measure.Done, "完成"}, {measure.Stopped, "停止"}},
				map[string]string{"进行中": "实施中", "已完成": "完成", "已停止": "停止"}),
			of("成效", "result").also("结果"),
			of("产出数量", "yieldQuantity"),
			of("产出单位", "yieldUnit"),
			of("产出收入(元)", "yieldAmount").by(yuan).as(cents).also("产出收入"),
			of("产出日期", "yieldDay"),
			of("农户意见", "agreement").words([][2]string{{measure.Agreed, "同意"}, {measure.Objected, "不同意"}}, nil),
			of("不同意的原因", "objection"),
			of("农户意见日期", "agreedDay"),
			of("是否收到", "arrived").words([][2]string{{measure.Arrived, "收到"}, {measure.NotArrived, "没收到"}}, nil),
			of("收到日期", "arrivedDay"),
			of("资金来源", "fund"),
		}}
}

// checkMeasures looks at references and at each row as a whole.
func (p *parser) checkMeasures(houses map[string]bool) {
	for i := range p.book.Measures {
		m := &p.book.Measures[i]
		p.refer(SheetMeasures, m.Row, m.House, "", houses, nil)
		for _, bad := range measure.Type.Check(&m.Rec) {
			p.at(Error, SheetMeasures, m.Row, measureHead(bad.Name), bad.Code, bad.Detail, "")
		}
	}
}

// measureHead is the header of a field.
func measureHead(field string) string {
	for _, c := range measureTable().cols {
		if c.field.Name == field {
			return c.head
		}
	}
	return ""
}

// measures of the book against those there are, by household, kind, words and
// first day. What a township imports has nobody to review it.
func (p *planner) measures(ctx context.Context) error {
	ids := set{}
	for _, m := range p.b.Measures {
		if h := p.houses[m.House]; h != nil && h.State == "" {
			ids[h.ID] = true
		}
	}
	have, err := live[*measure.Measure](ctx, p, measure.Type, ids)
	if err != nil {
		return err
	}
	for _, list := range have {
		for _, was := range list {
			p.watch(measure.Type, was)
		}
	}
	t := measureTable()
	for i := range p.b.Measures {
		m := &p.b.Measures[i]
		p.step()
		id := p.house(SheetMeasures, m.Row, m.House)
		at := slices.IndexFunc(have[id], func(x *measure.Measure) bool {
			return x.Kind == m.Rec.Kind && clean(x.What) == m.Rec.What && x.From == m.Rec.From
		})
		switch {
		case id == "":
		case at < 0:
			rec := m.Rec
			rec.Meta = record.Meta{ID: p.l.NewID(), Household: id, MadeBy: p.in.Actor}
			rec.State = "approved"
			p.make(measure.Type, &rec, "")
			p.touch(set{}, id)
			p.Counts.Measures.New++
		case p.exists(SheetMeasures, m.Row, "措施类别", "这项措施"):
		default:
			was := have[id][at]
			have[id] = slices.Delete(have[id], at, at+1)
			e, err := changed(p, t, measure.Type, m, m.Row, &m.Rec, was)
			if err != nil {
				return err
			}
			p.keepMeasure(m, e)
		}
	}
	return nil
}

// keepMeasure queues what changes of a measure that was reviewed and stays
// whole.
func (p *planner) keepMeasure(m *MeasureRow, e *edit) {
	if e != nil && e.have.(*measure.Measure).State != "approved" {
		p.at(Error, SheetMeasures, m.Row, "措施类别", CodePending, "这项措施还没有审核通过，请先审核。")
		return
	}
	if _, given := e.set("given"); given {
		p.at(Error, SheetMeasures, m.Row, measureHead("given"), CodeLedger, "已给金额由资金台账算出，不能用导入来改。")
		return
	}
	if e != nil {
		now := e.t.Clone(e.have)
		for _, s := range e.sets {
			_ = e.t.Set(now, s.field, s.value) // was read by the same field
		}
		for _, bad := range measure.Type.Check(now) {
			p.at(Error, SheetMeasures, m.Row, measureHead(bad.Name), bad.Code, bad.Detail)
			return
		}
		p.touch(p.watched, e.have.Base().Household)
	}
	p.keep(&p.Counts.Measures, e)
}

// Measure makes a row of the household with the 户编号 house; false when the
// role may not see it.
func (v View) Measure(m *measure.Measure, house string) (MeasureRow, bool, error) {
	rec, _, err := v.see(measure.Type, m)
	if rec == nil || err != nil {
		return MeasureRow{}, false, err
	}
	row := MeasureRow{House: house, Rec: *rec.(*measure.Measure)}
	r := &row.Rec
	r.Visit, r.ResultVisit, r.State, r.Words, r.AgreedBy, r.ArrivedBy, r.MovedIn, r.MovedOut = "", "", "", "", "", "", 0, 0
	return row, true, nil
}
