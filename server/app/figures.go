package app

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"daohu/server/account"
	"daohu/server/figures"
	"daohu/server/household"
	"daohu/server/quality"
	"daohu/server/roster"
	"daohu/server/terms"
)

// Cohort is a number of households with their living members.
type Cohort struct {
	Year int64 // of leaving, or planned; 0 = does not apply
	quality.Figures
}

func (c *Cohort) add(people int) {
	c.Households++
	c.People += people
}

// Figures are a township's figures, counted row by row in the database
// (product.md rows 2, 3, 6, 8 and 9).
type Figures struct {
	Township string
	Name     string
	Words    map[string]string // of the township's terminology profile
	Year     int64             // the year that "this year" means
	All      Cohort
	Exited   []Cohort // by year
	Out      Cohort   // all exited together
	In       Cohort   // not exited
	ThisYear Cohort   // planned for Year, without the safety net
	NextYear Cohort
	Safety   Cohort // 政策兜底
	Later    Cohort // not exited and in none of the three above
	// Paired and Unpaired are this year's households with and without an open
	// pairing; Pairings counts all open pairings.
	Paired, Unpaired Cohort
	Pairings         int
	CountyCadres     int
	TownshipCadres   int
	VillageWorkers   int
	Untold           int    // cadres whose tier nobody told
	Changes          Cohort // member changes that were approved: households, members
	Cases            Cases  // needs, problems and complaints: counts only
	Given            Given  // households that were given the policy booklet
	Help             []Help // what is done for the households, by kind
	// Sources are the figures that others gave of the township, latest first.
	Sources []quality.Source
	// Miscounted are households whose own count of members is not that of the
	// member rows: must be 0.
	Miscounted int
}

// Figures counts a township; year 0 = the running one.
func (a *App) Figures(ctx context.Context, code string, year int64) (*Figures, error) {
	t, err := a.readTownship(ctx, code)
	if err != nil {
		return nil, err
	}
	if year == 0 {
		year = int64(a.opt.Now().In(shanghai).Year())
	}
	f := &Figures{Township: code, Name: t.area.Name, Year: year, ThisYear: Cohort{Year: year}, NextYear: Cohort{Year: year + 1}}
	words, err := terms.Of(ctx, a.Settings, code)
	if err != nil {
		return nil, err
	}
	f.Words = words.Words
	pairings, err := a.pairings(ctx, t)
	if err != nil {
		return nil, err
	}
	open, who := map[string]int{}, map[string]bool{}
	for _, p := range pairings {
		if p.To == "" {
			f.Pairings++
			open[p.Household]++
			who[p.Cadre] = true
		}
	}
	byYear := map[int64]*Cohort{}
	for _, h := range t.houses {
		people := living(t.members[h.ID])
		if int64(people) != h.People {
			f.Miscounted++
		}
		f.count(h, people, open[h.ID] > 0, byYear)
	}
	for _, y := range slices.Sorted(maps.Keys(byYear)) {
		f.Exited = append(f.Exited, *byYear[y])
	}
	users, err := a.workers(ctx, code, who)
	if err != nil {
		return nil, err
	}
	f.tiers(users)
	if f.Sources, err = a.DB.Sources(ctx, code); err != nil {
		return nil, err
	}
	if f.Given, err = a.given(ctx, code, t.houses); err != nil {
		return nil, err
	}
	if err := a.count(ctx, code, &f.Cases); err != nil {
		return nil, err
	}
	if f.Help, err = a.help(ctx, code); err != nil {
		return nil, err
	}
	return f, a.changes(ctx, code, f)
}

// AllFigures counts the township given, or each one.
func (a *App) AllFigures(ctx context.Context, only string, year int64) ([]*Figures, error) {
	codes, err := a.townships(ctx, only)
	if err != nil {
		return nil, err
	}
	var out []*Figures
	for _, code := range codes {
		f, err := a.Figures(ctx, code, year)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func living(members []*household.Member) int {
	n := 0
	for _, m := range members {
		if m.Left == "" {
			n++
		}
	}
	return n
}

func (f *Figures) count(h *household.Household, people int, paired bool, byYear map[int64]*Cohort) {
	sums := figures.Of(figures.House{People: int64(people), Exit: h.Exit, PlanYear: h.PlanYear, Safety: h.Safety}, f.Year)
	for to, is := range map[*Cohort]figures.Cell{&f.All: sums.All, &f.Safety: sums.Safety, &f.Out: sums.Exited, &f.In: sums.Not, &f.ThisYear: sums.ThisYear, &f.NextYear: sums.NextYear} {
		if is.Households > 0 {
			to.add(people)
		}
	}
	if sums.Exited.Households > 0 {
		if byYear[h.ExitYear] == nil {
			byYear[h.ExitYear] = &Cohort{Year: h.ExitYear}
		}
		byYear[h.ExitYear].add(people)
		return
	}
	switch {
	case sums.ThisYear.Households > 0 && paired:
		f.Paired.add(people)
	case sums.ThisYear.Households > 0:
		f.Unpaired.add(people)
	case !h.Safety && sums.NextYear.Households == 0:
		f.Later.add(people)
	}
}

// tiers counts the cadres in use by where they come from.
func (f *Figures) tiers(users map[string]account.User) {
	for _, u := range users {
		switch {
		case u.DisabledAt > 0:
		case u.Role == "V":
			f.VillageWorkers++
		case u.Tier == roster.TierCounty:
			f.CountyCadres++
		case u.Tier == roster.TierTownship:
			f.TownshipCadres++
		default:
			f.Untold++
		}
	}
}

// changes counts the member changes that a township admin approved, each
// member and each household once.
func (a *App) changes(ctx context.Context, code string, f *Figures) error {
	all, err := every[*household.Proposal](ctx, a, household.ProposalType, code)
	if err != nil {
		return err
	}
	houses, people := map[string]bool{}, map[string]bool{}
	for _, p := range all {
		if p.State == "accepted" && p.Target == household.MemberType.Name {
			houses[p.Household], people[p.Row] = true, true
		}
	}
	f.Changes = Cohort{Figures: quality.Figures{Households: len(houses), People: len(people)}}
	return nil
}

// Lines are the figures in words, one a line.
func (f *Figures) Lines() []string {
	out := []string{fmt.Sprintf("%s（%s）", f.Name, f.Township)}
	say := func(name string, c Cohort) {
		out = append(out, fmt.Sprintf("%s\t%d 户\t%d 人", name, c.Households, c.People))
	}
	say("在册", f.All)
	for _, c := range f.Exited {
		say(fmt.Sprintf("%d 年%s", c.Year, f.Words["exit"]), c)
	}
	say(f.Words["exited"]+"合计", f.Out)
	say(f.Words["notExited"], f.In)
	say(fmt.Sprintf("今年（%d）%s", f.ThisYear.Year, f.Words["planned"]), f.ThisYear)
	say(fmt.Sprintf("明年（%d）%s", f.NextYear.Year, f.Words["planned"]), f.NextYear)
	say(f.Words["safetyNet"], f.Safety)
	if f.Later.Households > 0 {
		say("其余"+f.Words["notExited"], f.Later)
	}
	say("人员变动（已批准）", f.Changes)
	out = append(out, fmt.Sprintf("%s\t县直 %d 名\t乡镇 %d 名\t共 %d 名\t另有村干部 %d 名", f.Words["cadre"], f.CountyCadres, f.TownshipCadres, f.CountyCadres+f.TownshipCadres+f.Untold, f.VillageWorkers))
	if f.Untold > 0 {
		out = append(out, fmt.Sprintf("没有写明县直还是乡镇的干部\t%d 名", f.Untold))
	}
	out = append(out, fmt.Sprintf("正在结对\t%d 对", f.Pairings))
	say("今年计划户中已结对", f.Paired)
	say("今年计划户中没有结对", f.Unpaired)
	out = append(out, fmt.Sprintf("《%s》第 %d 版已发放\t%d 户\t还有 %d 户没有发", f.Given.Title, f.Given.Edition, f.Given.Households, f.All.Households-f.Given.Households))
	if f.Cases.Today != "" {
		out = append(out, f.Cases.Counts()...)
	}
	for _, h := range f.Help {
		out = append(out, h.Line())
	}
	if f.Miscounted > 0 {
		out = append(out, fmt.Sprintf("人数和成员对不上的户\t%d 户", f.Miscounted))
	}
	for _, s := range f.Sources {
		out = append(out, s.Line(f.All.Figures))
	}
	return out
}
