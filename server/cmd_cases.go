package main

import "fmt"

type casesCmd struct {
	Township string `placeholder:"CODE" help:"Only this township."`
	Demo     bool   `help:"Look at the demo's database."`
}

// Run prints what waits in the townships: needs and the problem ledger by
// deadline, without names and words; complaints as a number alone.
func (c casesCmd) Run(e *env) error {
	a, err := e.look(c.Demo)
	if err != nil {
		return err
	}
	defer a.Close()
	all, err := a.Cases(e.ctx, c.Township)
	if err != nil {
		return err
	}
	for _, one := range all {
		for _, line := range one.Lines() {
			fmt.Fprintln(e.out, line)
		}
	}
	return nil
}
