package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"daohu/server/fault"
	"daohu/server/ledger"
	"daohu/server/measure"
)

// Money is the ledger of a township, read at one moment and added up anew.
type Money struct {
	Township, Name string
	ledger.Sums
	Entries int
	Wrong   []string // what does not add up, in English; must be empty
}

// Money reads the township given, or each one.
func (a *App) Money(ctx context.Context, only string) ([]*Money, error) {
	codes, err := a.townships(ctx, only)
	if err != nil {
		return nil, err
	}
	var out []*Money
	for _, code := range codes {
		m, err := a.money(ctx, code)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (a *App) money(ctx context.Context, code string) (*Money, error) {
	at, err := a.DB.Area(ctx, code)
	if fault.Is(err, fault.NotFound) {
		return nil, noTownship
	}
	if err != nil {
		return nil, err
	}
	funds, entries, given, err := a.DB.Ledger(ctx, code)
	if err != nil {
		return nil, err
	}
	m := &Money{Township: code, Name: at.Name, Entries: len(entries)}
	if m.Wrong, err = ledger.Check(funds, entries, given); err != nil {
		return nil, err
	}
	m.Sums, err = ledger.Sum(funds)
	return m, err
}

// Yuan writes fen as yuan.
func Yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d 元", sign, fen/100, fen%100)
}

// Lines are the balances in words, one a line.
func (m *Money) Lines() []string {
	line := func(name string, total, free, left, given int64) string {
		return fmt.Sprintf("%s\t到位 %s\t未分配 %s\t已分配未拨付 %s\t到户 %s", name, Yuan(total), Yuan(free), Yuan(left), Yuan(given))
	}
	out := []string{fmt.Sprintf("%s（%s）\t%d 笔资金\t%d 条账", m.Name, m.Township, len(m.Rows), m.Entries)}
	for _, f := range m.Rows {
		out = append(out, line(f.Name, f.Total, f.Free, f.Left, f.Given))
		for _, a := range f.Accounts {
			out = append(out, fmt.Sprintf("\t%s\t分到 %s\t余 %s", a.Account, Yuan(a.Fen), Yuan(a.Left)))
		}
	}
	out = append(out, line("合计", m.Total, m.Free, m.Left, m.Given))
	if len(m.Wrong) == 0 {
		return append(out, "账目相符")
	}
	for _, w := range m.Wrong {
		out = append(out, "不符\t"+w)
	}
	return out
}

// Help is what measures of one kind and unit come to, over those that count.
type Help struct {
	Kind, Unit      string
	Households      int
	Quantity, Given int64            // of Unit; fen
	Yield           map[string]int64 // what came of them, by unit
}

// Line is h in words.
func (h Help) Line() string {
	out := fmt.Sprintf("%s\t%d 户", h.Kind, h.Households)
	if h.Unit != "" {
		out += fmt.Sprintf("\t%d %s", h.Quantity, h.Unit)
	}
	if h.Given > 0 {
		out += "\t已给 " + Yuan(h.Given)
	}
	for _, unit := range slices.Sorted(maps.Keys(h.Yield)) {
		out += fmt.Sprintf("\t产出 %d %s", h.Yield[unit], unit)
	}
	return out
}

// help adds up the measures of a township, by kind and unit. What was given and
// passed on counts where it is now.
func (a *App) help(ctx context.Context, code string) ([]Help, error) {
	all, err := every[*measure.Measure](ctx, a, measure.Type, code)
	if err != nil {
		return nil, err
	}
	type key struct{ kind, unit string }
	by, houses := map[key]*Help{}, map[key]map[string]bool{}
	for _, m := range all {
		if !m.Counts() && m.Given == 0 {
			continue
		}
		k := key{m.Kind, m.Unit}
		if by[k] == nil {
			by[k], houses[k] = &Help{Kind: m.Kind, Unit: m.Unit, Yield: map[string]int64{}}, map[string]bool{}
		}
		h := by[k]
		houses[k][m.Household] = true
		h.Households, h.Quantity, h.Given = len(houses[k]), h.Quantity+m.Quantity, h.Given+m.Given
		if m.YieldQuantity > 0 {
			h.Yield[m.YieldUnit] += m.YieldQuantity
		}
	}
	var out []Help
	for _, h := range by {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(x, y Help) int { return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Unit, y.Unit)) })
	return out, nil
}
