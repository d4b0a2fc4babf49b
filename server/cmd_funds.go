package main

import (
	"errors"
	"fmt"
)

type fundsCmd struct {
	Township string `placeholder:"CODE" help:"Only this township."`
	Demo     bool   `help:"Look at the demo's database."`
}

// errSums ends the command with 1; what is wrong was printed.
var errSums = errors.New("the ledger of money does not add up: see the lines 不符")

// Run prints the funds of the townships with their balances, and adds every
// entry up anew.
func (c fundsCmd) Run(e *env) error {
	a, err := e.look(c.Demo)
	if err != nil {
		return err
	}
	defer a.Close()
	all, err := a.Money(e.ctx, c.Township)
	if err != nil {
		return err
	}
	wrong := 0
	for _, m := range all {
		for _, line := range m.Lines() {
			fmt.Fprintln(e.out, line)
		}
		wrong += len(m.Wrong)
	}
	if wrong > 0 {
		return errSums
	}
	return nil
}
