package main

import (
	"fmt"

	"daohu/server/app"
	"daohu/server/form/rate"
)

type ratesCmd struct {
	Township string `placeholder:"CODE" help:"Only this township."`
	Village  string `placeholder:"CODE" help:"Only this village."`
	Topic    string `help:"Only this topic of the quiz, by key."`
	From     string `placeholder:"2026-01" help:"First month; default: from the beginning."`
	To       string `placeholder:"2026-12" help:"Last month; default: the running one."`
	Demo     bool   `help:"Look at the demo's database."`
}

// Run prints the awareness rate, a line a cell. Small cells are hidden here
// too.
func (c ratesCmd) Run(e *env) error {
	return e.each(c.Demo, c.Township, func(a *app.App, township string) error {
		got, err := a.Rates.Awareness(e.ctx, township, rate.Query{Village: c.Village, Topic: c.Topic, From: c.From, To: c.To})
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s\t政策知晓率\t目标 %d%%\t截至 %s\n", township, got.Target, got.To)
		for _, x := range got.Cells {
			fmt.Fprintln(e.out, line(x))
		}
		return nil
	})
}

func line(x rate.Share) string {
	topic := x.TopicName
	if x.Topic == "" {
		topic = "全部"
	}
	out := fmt.Sprintf("%s\t%s\t%d 户\t", x.Name, topic, x.Households)
	if x.State != rate.Shown {
		return out + x.State + "\t" + x.Why
	}
	verdict := "未达到"
	if *x.Passes {
		verdict = "达到"
	}
	return out + fmt.Sprintf("问 %d 户，知晓 %d 户\t%s\t%s", *x.Asked, *x.Aware, x.Rate, verdict)
}
