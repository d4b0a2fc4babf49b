package roster_test

import (
	"bytes"
	"slices"
	"testing"

	"daohu/server/fault"
	"daohu/server/ledger"
	"daohu/server/measure"
	"daohu/server/roster"
	"daohu/server/servertest/town"
	"daohu/server/write"
)

func measures() *roster.Book {
	b := &roster.Book{Areas: book().Areas, Measures: []roster.MeasureRow{
		{House: "H1", Rec: measure.Measure{Kind: "产业帮扶", What: "两头牛", From: "2025-03-01", Amount: 1_000_000, Given: 500_050, Quantity: 2, Unit: "头", Stage: measure.Doing, Fund: "衔接资金", Agreement: measure.Agreed, AgreedDay: "2025-02-20", Arrived: measure.Arrived, ArrivedDay: "2025-03-02"}},
		{House: "H1", Rec: measure.Measure{Kind: "教育帮扶", What: "=1+1"}},
		{House: "H2", Rec: measure.Measure{Kind: "产业帮扶", Stage: measure.Done, Result: "产犊两头", YieldQuantity: 2, YieldUnit: "头", YieldAmount: 150_000, YieldDay: "2025-06-01", To: "2025-06-01", From: "2025-03-01"}},
	}}
	b.Settle()
	return b
}

// TestMeasures: they come in approved, in the name of who imports; the same
// again is the same; an update changes what was approved and nothing else.
func TestMeasures(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := loaded(t, b, "999901101")
		if p, err := w.load(w.read(measures()), w.into); err != nil || p.Counts.Measures != (roster.Count{New: 3}) {
			t.Fatal(err, p.Counts)
		}
		view, out := roster.View{Role: "T", Full: true, Sealer: b.Box}, &roster.Book{}
		codes := map[string]string{w.house("H1").ID: "H1", w.house("H2").ID: "H2"}
		for _, r := range w.rows(measure.Type) {
			m := r.(*measure.Measure)
			if m.State != "approved" || m.MadeBy != w.Admin.User || m.MadeAt == 0 {
				t.Errorf("%+v", m)
			}
			row, _, err := view.Measure(m, codes[m.Household])
			if err != nil {
				t.Fatal(err)
			}
			out.Measures = append(out.Measures, row)
		}
		for _, want := range measures().Measures {
			want.Row = 0
			if !slices.Contains(out.Measures, want) {
				t.Errorf("not kept as it was: %+v in %+v", want, out.Measures)
			}
		}
		before := w.seq()
		p := w.plan(w.read(measures()), w.into)
		if seq, err := w.loader.Store(t.Context(), w.into, p); err != nil || seq != 0 || p.Counts.Measures != (roster.Count{Same: 3}) || w.seq() != before {
			t.Errorf("the same again: %d %v %+v", seq, err, p.Counts)
		}
		next := measures()
		next.Measures[0].Rec.Stage, next.Measures[0].Rec.Amount = measure.Done, 0
		if p, err := w.load(w.read(next), w.into); err != nil || p.Counts.Measures != (roster.Count{Changed: 1, Same: 2}) {
			t.Fatal(err, p.Counts)
		}
		if got := w.history(); !slices.Equal(got, []string{"measure.stage doing>done"}) {
			t.Errorf("history %q", got)
		}
		issues := func(in roster.Into, row roster.MeasureRow) (out []string) {
			t.Helper()
			_, list, err := w.loader.Plan(t.Context(), in, &roster.Book{Measures: []roster.MeasureRow{row}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range list {
				out = append(out, i.Header+" "+i.Code)
			}
			return out
		}
		add := w.into
		add.Update = false
		if got := issues(add, measures().Measures[1]); !slices.Equal(got, []string{"措施类别 duplicate"}) {
			t.Errorf("not an update: %v", got)
		}
		if got := issues(w.into, roster.MeasureRow{House: "H1", Rec: measure.Measure{Kind: "教育帮扶", What: "=1+1", Quantity: 3}}); !slices.Equal(got, []string{"单位 required"}) {
			t.Errorf("a number of nothing: %v", got)
		}
		richer := measures().Measures[0]
		richer.Rec.Given = 1_000_000
		if got := issues(w.into, richer); !slices.Equal(got, []string{"已给金额(元) ledger"}) {
			t.Errorf("more money without the ledger: %v", got)
		}
		w.opening(500_050, 1)
		m := one(w, measure.Type, func(m *measure.Measure) bool { return m.Kind == "教育帮扶" })
		p = w.plan(w.read(&roster.Book{Areas: book().Areas, Measures: []roster.MeasureRow{{House: "H1", Rec: measure.Measure{Kind: "教育帮扶", What: "=1+1", Result: "好"}}}}), w.into)
		m.State = "returned"
		if _, err := b.DB.Write(t.Context(), write.Intent{Township: w.Township, Households: []string{m.Household}}, func(tx write.Tx) error { tx.Put(measure.Type, m); return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.loader.Store(t.Context(), w.into, p); !fault.Is(err, fault.Stale) {
			t.Errorf("returned meanwhile: %v", err)
		}
		if got := issues(w.into, roster.MeasureRow{House: "H1", Rec: measure.Measure{Kind: "教育帮扶", What: "=1+1", Result: "好"}}); !slices.Equal(got, []string{"措施类别 pending"}) {
			t.Errorf("one that waits: %v", got)
		}
	})
}

// opening wants the money that imports spoke of in one opening fund, which the
// entries bear out.
func (w *world) opening(fen int64, entries int) {
	w.t.Helper()
	var funds []*ledger.Fund
	var moves []*ledger.Entry
	given := map[string]int64{}
	for _, r := range w.rows(ledger.FundType) {
		funds = append(funds, r.(*ledger.Fund))
	}
	for _, r := range w.rows(ledger.EntryType) {
		moves = append(moves, r.(*ledger.Entry))
	}
	for _, r := range w.rows(measure.Type) {
		given[r.Base().ID] = r.(*measure.Measure).Given
	}
	wrong, err := ledger.Check(funds, moves, given)
	if err != nil || len(wrong) > 0 || len(funds) != 1 || !funds[0].Opens || funds[0].Total != fen || len(moves) != entries {
		w.t.Errorf("%v %v: %+v, %d entries, want %d fen in %d", err, wrong, funds, len(moves), fen, entries)
	}
}

// TestOpeningGrows: a second import adds to the same opening fund.
func TestOpeningGrows(t *testing.T) {
	town.Each(t, func(t *testing.T, b *town.Base) {
		w := loaded(t, b, "999901102")
		for i, what := range []string{"第一批", "第二批"} {
			more := &roster.Book{Areas: book().Areas, Measures: []roster.MeasureRow{{House: "H1", Rec: measure.Measure{Kind: "产业帮扶", What: what, Amount: 300, Given: 200}}, {House: "H2", Rec: measure.Measure{Kind: "健康帮扶", What: what}}}}
			if _, err := w.load(w.read(more), w.into); err != nil {
				t.Fatal(err)
			}
			w.opening(200*int64(i+1), i+1)
		}
	})
}

// TestMeasuresAreChecked names what is wrong with a row of 措施 by cell.
func TestMeasuresAreChecked(t *testing.T) {
	sheet := "户编号,措施类别,措施内容,开始日期,结束日期,数量,单位,进度,计划金额(元)\n" +
		"H1,送钱,x,2025-03-01,2025-02-01,3,,胡乱,1.234\n" + "H9,产业帮扶,,,,,,,\n"
	known := roster.Known{Households: []string{"H1"}}
	_, list, err := known.ParseCSV(t.Context(), []roster.CSVFile{{Name: "x", Body: bytes.NewReader([]byte(sheet))}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range list {
		got = append(got, i.Sheet+i.Column+string(rune('0'+i.Row))+" "+i.Header+" "+i.Code)
	}
	want := []string{"措施B2 措施类别 not-allowed", "措施E2 结束日期 range", "措施G2 单位 required", "措施H2 进度 not-allowed", "措施I2 计划金额(元) format", "措施A3 户编号 no-household"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
