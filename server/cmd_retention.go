package main

import (
	"errors"
	"fmt"

	"daohu/server/app"
)

type retentionCmd struct {
	Apply bool `help:"Do it. Without it nothing is changed."`
}

// Run prints every rule with what is due, and applies them when told to. The
// server applies them every hour by itself.
func (c retentionCmd) Run(e *env) error {
	return e.with(func(a *app.App) error {
		list, err := a.Retention.Pass(e.ctx, c.Apply)
		fmt.Fprintf(e.out, "规则 %s 版\n规则\t期限（天）\t到期\t已处理\t说明\n", a.Retention.Rules.Edition)
		for _, o := range list {
			fmt.Fprintf(e.out, "%s\t%d\t%d\t%d\t%s\n", o.Name, o.Days, o.Due, o.Done, o.Reason)
		}
		if !c.Apply {
			_, werr := fmt.Fprintln(e.out, "这是试算，什么也没有改。要处理请加 --apply。")
			return errors.Join(err, werr)
		}
		return err
	})
}
