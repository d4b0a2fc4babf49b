package main

import (
	"fmt"

	"daohu/server/app"
	"daohu/server/quality"
)

type figuresCmd struct {
	Township string  `placeholder:"CODE" help:"Only this township."`
	Year     int64   `help:"The year that \"this year\" means; default: the running one."`
	Against  against `mapsep:"," placeholder:"households=N,people=N" help:"Compare with another source; both are kept."`
	Demo     bool    `help:"Look at the demo's database."`
}

// against is another source's figures; nil = none.
type against map[string]int

// Validate takes exactly the two figures.
func (c figuresCmd) Validate() error {
	if c.Against == nil {
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
	all, err := a.AllFigures(e.ctx, c.Township, c.Year)
	if err != nil {
		return err
	}
	for _, f := range all {
		for _, line := range f.Lines() {
			fmt.Fprintln(e.out, line)
		}
		if c.Against != nil {
			fmt.Fprintln(e.out, c.compare(f))
		}
	}
	return nil
}

func (c figuresCmd) compare(f *app.Figures) string {
	other := quality.Figures{Households: c.Against["households"], People: c.Against["people"]}
	return "核对\t" + quality.Reconcile(f.All.Figures, other).String()
}
