package main

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daohu/server/app"
	"daohu/server/demo"
	"daohu/server/measure"
	"daohu/server/registry"
	"daohu/server/roster"
)

// demoMoney: 373 households got 10 000 yuan and two cows each out of one fund,
// one of them with the money of a household that is wholly away; what the
// figures say is what the ledger says.
func demoMoney(t *testing.T, a *app.App) {
	t.Helper()
	all, err := a.Money(t.Context(), "")
	if err != nil || len(all) != 2 || len(all[1].Rows) != 0 {
		t.Fatalf("%+v %v", all, err)
	}
	const paid = 373 * demo.CowFen
	m := all[0]
	if len(m.Wrong) > 0 || m.Total != paid || m.Given != paid || m.Free != 0 || m.Left != 0 || m.Entries != 1+len(m.Rows[0].Accounts)+373+1 {
		t.Errorf("%q %+v, %d entries", m.Wrong, m.Sums, m.Entries)
	}
	f, err := a.Figures(t.Context(), demo.Township, 0)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(f.Help, func(h app.Help) bool { return h.Kind == "产业帮扶" })
	if i < 0 || f.Help[i].Households != 373 || f.Help[i].Quantity != 746 || f.Help[i].Given != m.Given || f.Help[i].Yield["头"] < 100 {
		t.Errorf("%+v", f.Help)
	}
	if text := strings.Join(f.Lines(), "\n"); !strings.Contains(text, "产业帮扶\t373 户\t746 头\t已给 3730000.00 元\t产出 ") {
		t.Errorf("%s", text)
	}
	rows, err := a.DB.Page(t.Context(), measure.Type, registry.PageQuery{Township: demo.Township, Limit: 5000})
	if err != nil {
		t.Fatal(err)
	}
	var out, in []*measure.Measure
	for _, r := range rows {
		if n := r.(*measure.Measure); n.MovedOut > 0 {
			out = append(out, n)
		} else if n.MovedIn > 0 {
			in = append(in, n)
		}
	}
	if len(out) != 1 || len(in) != 1 || out[0].Given != 0 || out[0].Stage != measure.Stopped || in[0].Given != demo.CowFen {
		t.Errorf("out %+v, in %+v", out, in)
	}
	reports, err := a.Quality(t.Context(), demo.Township, "")
	if err != nil || len(reports) != 1 {
		t.Fatal(err)
	}
	if n := len(reports[0].Results); n > 0 {
		t.Errorf("%d findings, first %+v", n, reports[0].Results[0])
	}
}

// TestFundsCommand runs the command on an imported township: without money,
// with what the import says was given, and after somebody changed a row behind
// the program's back.
func TestFundsCommand(t *testing.T) {
	s := newShell(t, "")
	s.run(0, "migrate")
	s.run(0, "import", book(t, nil))
	s.has(s.run(0, "funds"), "0 笔资金\t0 条账", "账目相符")
	s.has(s.run(1, "funds", "--township", "999"), "没有这个乡镇")

	s = newShell(t, "")
	s.run(0, "migrate")
	s.run(0, "import", book(t, func(b *roster.Book) {
		b.Measures = []roster.MeasureRow{{House: b.Households[0].Rec.Code, Rec: measure.Measure{Kind: "产业帮扶", Amount: 900, Given: 805}}}
		b.Settle()
	}))
	s.has(s.run(0, "funds", "--township", demo.SecondTownship), "期初（导入）\t到位 8.05 元\t未分配 0.00 元\t已分配未拨付 0.00 元\t到户 8.05 元", "账目相符")
	db, err := sql.Open("sqlite", filepath.Join(s.env["DAOHU_DATA"], "daohu.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE `measure` SET `given` = 806"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.has(s.run(1, "funds"), "不符\tmeasure ", "given 806 fen, its entries say 805", "does not add up")
}
