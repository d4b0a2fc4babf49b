package main

import (
	"fmt"
	"time"

	"daohu/server/app"
	"daohu/server/demo"
	"daohu/server/quality"
)

type figuresCmd struct {
	Township string  `placeholder:"CODE" help:"Only this township."`
	Year     int64   `help:"The year that \"this year\" means; default: the running one."`
	Against  against `mapsep:"," placeholder:"households=N,people=N" help:"Compare with another source."`
	Keep     string  `placeholder:"NAME" help:"Keep what --against says under the name of its source, beside ours; nothing is written over."`
	Day      string  `placeholder:"DAY" help:"The day the kept figures are of; default: today."`
	By       string  `placeholder:"WHO" default:"命令行" help:"Who enters the kept figures."`
	Demo     bool    `help:"Look at the demo's database."`
}

// against is another source's figures; nil = none.
type against map[string]int

// Validate takes exactly the two figures.
func (c figuresCmd) Validate() error {
	if c.Against == nil {
		if c.Keep != "" {
			return fmt.Errorf("--keep wants --against")
		}
		return nil
	}
	_, houses := c.Against["households"]
	_, people := c.Against["people"]
	if !houses || !people || len(c.Against) != 2 || c.Township == "" && !c.Demo {
		return fmt.Errorf("--against wants households=N,people=N and a --township")
	}
	return nil
}

// Run prints the figures of the townships, counted in the database.
func (c figuresCmd) Run(e *env) error {
	a, err := e.look(c.Demo)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := c.keep(e, a); err != nil {
		return err
	}
	all, err := a.AllFigures(e.ctx, c.Township, c.Year)
	if err != nil {
		return err
	}
	for _, f := range all {
		for _, line := range f.Lines() {
			fmt.Fprintln(e.out, line)
		}
		if c.Against != nil && c.Keep == "" {
			fmt.Fprintln(e.out, c.compare(f))
		}
	}
	return nil
}

// keep stores what another source says. The demo has one township to say it of.
func (c figuresCmd) keep(e *env, a *app.App) error {
	if c.Keep == "" {
		return nil
	}
	s := quality.Source{Township: c.Township, Name: c.Keep, Day: c.Day, Who: c.By, Households: int64(c.Against["households"]), People: int64(c.Against["people"])}
	if s.Township == "" {
		s.Township = demo.Township
	}
	if s.Day == "" {
		s.Day = time.Now().In(app.Shanghai()).Format("2006-01-02")
	}
	if _, err := a.Figures(e.ctx, s.Township, 0); err != nil { // there is such a township
		return err
	}
	return a.AddSource(e.ctx, s)
}

func (c figuresCmd) compare(f *app.Figures) string {
	other := quality.Figures{Households: c.Against["households"], People: c.Against["people"]}
	return "核对\t" + quality.Reconcile(f.All.Figures, other).String()
}
