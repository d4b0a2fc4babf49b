package main

import (
	"errors"
	"fmt"

	"daohu/server/app"
)

type rekeyCmd struct {
	DryRun bool `help:"Count what is sealed with which key; change nothing."`
}

// errClosed says that something could not be sealed anew; the count is printed.
var errClosed = errors.New("not everything could be sealed anew: `daohu doctor` names the columns and the keys")

// Run seals anew what another key sealed. It may be cut short and run again.
func (c rekeyCmd) Run(e *env) error {
	return e.with(func(a *app.App) error {
		b := newBar(e.err)
		got, err := a.Rekey(e.ctx, c.DryRun, b.step)
		b.end()
		if got == nil {
			return err
		}
		for _, n := range got.Counts {
			key := "key " + n.Key
			if n.Key == "" {
				key = "NOT SEALED"
			}
			fmt.Fprintf(e.out, "%s.%s\t%s\t%d\n", n.Table, n.Column, key, n.Values)
		}
		if c.DryRun {
			fmt.Fprintf(e.out, "%d values are not sealed with key %s. Nothing was changed.\n", got.Old, got.Current)
			return err
		}
		fmt.Fprintf(e.out, "%d values sealed anew with key %s, %d could not be.\n", got.Values, got.Current, got.Left)
		for _, id := range got.Replaced {
			fmt.Fprintf(e.out, "key %s is replaced: take it out of DAOHU_KEY; keep it on paper as long as the backups made with it.\n", id)
		}
		if err == nil && got.Left > 0 {
			err = errClosed
		}
		return err
	})
}
