package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"daohu/server/app"
	"daohu/server/pairing"
)

type pairCmd struct {
	List     pairList     `cmd:"" help:"List pairings by household number: of one cadre, on one day."`
	Gaps     pairGaps     `cmd:"" help:"List households that should be paired and are not, are twice, or with a cadre out of use."`
	Quota    pairQuota    `cmd:"" help:"List cadres with more or fewer households than the quota table says."`
	Handover pairHandover `cmd:"" help:"Hand a cadre's households over to others, all or none."`
}

// None of them prints a name: logins and 户编号 only.

type pairList struct {
	Township string `required:"" placeholder:"CODE" help:"The township."`
	Cadre    string `placeholder:"LOGIN" help:"Only this cadre's."`
	On       string `placeholder:"YYYY-MM-DD" help:"Only those that held on this day."`
	Demo     bool   `help:"Look at the demo's database."`
}

// Run prints household number, login, first day and the day it ended.
func (c pairList) Run(e *env) error {
	a, err := e.look(c.Demo)
	if err != nil {
		return err
	}
	defer a.Close()
	rows, err := a.PairingList(e.ctx, c.Township, c.Cadre, c.On)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(x, y app.Paired) int {
		return cmp.Or(strings.Compare(x.Code, y.Code), strings.Compare(x.From, y.From))
	})
	for _, p := range rows {
		fmt.Fprintf(e.out, "%s\t%s\t%s\t%s\n", p.Code, p.Login, p.From, p.To)
	}
	return nil
}

// where are the flags of the reports.
type where struct {
	Township string `placeholder:"CODE" help:"Only this township."`
	Demo     bool   `help:"Look at the demo's database."`
}

// report runs f for the township, or for each.
func report[R any](e *env, w where, read func(a *app.App, only string) ([]R, error), print func(R)) error {
	a, err := e.look(w.Demo)
	if err != nil {
		return err
	}
	defer a.Close()
	rows, err := read(a, w.Township)
	if err != nil {
		return err
	}
	for _, r := range rows {
		print(r)
	}
	return nil
}

type pairGaps struct{ where }

func (c pairGaps) Run(e *env) error {
	read := func(a *app.App, only string) ([]pairing.TownGaps, error) { return a.PairingGaps(e.ctx, only) }
	return report(e, c.where, read, func(g pairing.TownGaps) { printGaps(e.out, g) })
}

func printGaps(w io.Writer, g pairing.TownGaps) {
	fmt.Fprintf(w, "%s\t%d 年\n", g.Township, g.Year)
	for _, t := range []struct {
		name string
		pairing.Tally
	}{{"应结对", g.Must}, {"已结对", g.Paired}, {"没有结对", g.Unpaired}} {
		fmt.Fprintf(w, "%s\t%d 户\t%d 人\n", t.name, t.Households, t.People)
	}
	fmt.Fprintf(w, "结了两次\t%d 户\n干部已停用\t%d 对\n", g.Twice, g.Lost)
	for _, h := range g.UnpairedRows {
		fmt.Fprintf(w, "\t没有结对\t户 %s\n", h.Code)
	}
	for _, h := range g.TwiceRows {
		fmt.Fprintf(w, "\t结了 %d 次\t户 %s\n", h.Pairings, h.Code)
	}
	for _, l := range g.LostRows {
		fmt.Fprintf(w, "\t干部已停用\t户 %s\t%s\n", l.Code, l.Login)
	}
}

type pairQuota struct{ where }

func (c pairQuota) Run(e *env) error {
	read := func(a *app.App, only string) ([]pairing.TownQuota, error) { return a.PairingQuotas(e.ctx, only) }
	return report(e, c.where, read, func(q pairing.TownQuota) { printQuota(e.out, q) })
}

func printQuota(w io.Writer, q pairing.TownQuota) {
	fmt.Fprintf(w, "%s\t%s\t%s\n", q.Township, q.Edition, q.Source)
	fmt.Fprintf(w, "干部\t%d 名\t符合 %d\t少了 %d\t多了 %d\t没有填职级 %d\t职级不在表里 %d\n", q.Cadres, q.Met, q.Under, q.Over, q.NoRank, q.OtherRank)
	for _, r := range q.Rows {
		fmt.Fprintf(w, "\t%s\t%s\t%d 户\t%s\n", r.Login, r.Rank, r.All, r.Words)
	}
}

type pairHandover struct {
	From      string            `arg:"" help:"Login of the cadre who hands over; disabled or not."`
	To        string            `arg:"" optional:"" help:"Login of the cadre who takes over."`
	Township  string            `required:"" placeholder:"CODE" help:"The township of the households."`
	Household map[string]string `mapsep:"," placeholder:"CODE=LOGIN,..." help:"Only these households (household number or id), each to the login named."`
	Day       string            `placeholder:"YYYY-MM-DD" help:"The day the new pairings hold from; default: today."`
	Reason    string            `help:"Why the pairings before end."`
	DryRun    bool              `help:"Say what would happen, and change nothing."`
}

// Run looks first, prints what it saw, and carries that out: if somebody
// changes a pairing between the two, nothing happens.
func (c pairHandover) Run(e *env) error {
	in := pairing.Handover{From: c.From, To: c.To, Day: c.Day, Reason: c.Reason, Dry: c.DryRun}
	if in.Day == "" {
		in.Day = time.Now().In(app.Shanghai()).Format(time.DateOnly)
	}
	for _, code := range slices.Sorted(maps.Keys(c.Household)) {
		in.Households = append(in.Households, pairing.Transfer{Household: code, To: c.Household[code]})
	}
	return e.with(func(a *app.App) error {
		got, err := a.PairingHandover(e.ctx, c.Township, in)
		if err != nil {
			return err
		}
		printHandover(e.out, got)
		return nil
	})
}

func printHandover(w io.Writer, r *pairing.HandoverResult) {
	for _, m := range r.Households {
		fmt.Fprintf(w, "户 %s\t%s\t%s\t%s\n", m.Code, m.From, m.To, m.Words)
	}
	for _, p := range append([]pairing.Party{r.From}, r.To...) {
		fmt.Fprintf(w, "%s\t%s\t%d 户\t%d 户\t%s\n", p.Login, p.Rank, p.Before, p.After, p.Words)
	}
	for _, p := range r.Phones {
		if p.Words != "" {
			fmt.Fprintf(w, "手机\t%s\n", p.Words)
		}
	}
	if !r.Done {
		fmt.Fprintln(w, "只是试一遍，没有改动。")
		return
	}
	fmt.Fprintf(w, "已移交 %d 户。\n", len(r.Households))
}
