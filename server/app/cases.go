package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"daohu/server/calendar"
	"daohu/server/casework"
	"daohu/server/record"
)

// CaseCount counts the cases of one kind in one township.
type CaseCount struct {
	Open     int // waiting, the overdue among them
	Overdue  int // past the day they were due
	Answered int // answered, or done
	Closed   int // closed, or checked
}

func (c *CaseCount) add(state, due, today string) {
	switch state {
	case casework.Open, casework.Doing:
		c.Open++
		if due != "" && due < today {
			c.Overdue++
		}
	case casework.Answered, casework.Done:
		c.Answered++
	default:
		c.Closed++
	}
}

// Cases are the needs, the problem ledger and the number of complaints of a
// township, read from the database.
type Cases struct {
	Township, Name, Today      string
	Needs, Issues, Complaints  CaseCount
	book                       *casework.Book
	codes                      map[string]string // 户编号 by household id
	waitingNeeds, waitingIssue []*waiting
}

// waiting is one line to settle, without anything personal but the 户编号.
type waiting struct{ due, code, what, state string }

// Cases reads the township given, or each one.
func (a *App) Cases(ctx context.Context, only string) ([]*Cases, error) {
	codes, err := a.townships(ctx, only)
	if err != nil {
		return nil, err
	}
	var out []*Cases
	for _, code := range codes {
		c, err := a.cases(ctx, code)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (a *App) cases(ctx context.Context, code string) (*Cases, error) {
	t, err := a.readTownship(ctx, code)
	if err != nil {
		return nil, err
	}
	c := &Cases{Township: code, Name: t.area.Name, codes: map[string]string{}}
	for _, h := range t.houses {
		c.codes[h.ID] = h.Code
	}
	return c, a.count(ctx, code, c)
}

// count reads the rows. Complaints are counted and nothing else.
func (a *App) count(ctx context.Context, code string, c *Cases) (err error) {
	if c.book, err = casework.BuiltinBook(); err != nil {
		return err
	}
	c.Today = calendar.At(a.opt.Now().UnixMilli()).String()
	needs, err := every[*casework.Need](ctx, a, casework.NeedType, code)
	if err != nil {
		return err
	}
	for _, n := range needs {
		c.Needs.add(n.State, n.Due, c.Today)
		if n.State == casework.Open {
			c.waitingNeeds = append(c.waitingNeeds, c.line(n.Due, &n.Meta, cmp.Or(n.Kind, "没有分类"), n.State))
		}
	}
	issues, err := every[*casework.Issue](ctx, a, casework.IssueType, code)
	if err != nil {
		return err
	}
	for _, n := range issues {
		c.Issues.add(n.State, n.Due, c.Today)
		if n.State != casework.Checked {
			c.waitingIssue = append(c.waitingIssue, c.line(n.Due, &n.Meta, casework.Name(c.book.Categories, n.Category), n.State))
		}
	}
	said, err := every[*casework.Complaint](ctx, a, casework.ComplaintType, code)
	for _, n := range said {
		c.Complaints.add(n.State, n.Due, c.Today)
	}
	return err
}

func (c *Cases) line(due string, m *record.Meta, what, state string) *waiting {
	return &waiting{due, cmp.Or(c.codes[m.Household], "全镇"), what, state}
}

var stateWords = map[string]string{casework.Open: "待办", casework.Doing: "在办", casework.Done: "待核实"}

// Counts are the figures in words, one a line.
func (c *Cases) Counts() []string {
	say := func(name string, n CaseCount, waits, done, closed string) string {
		return fmt.Sprintf("%s\t%s %d 条（逾期 %d 条）\t%s %d 条\t%s %d 条", name, waits, n.Open, n.Overdue, done, n.Answered, closed, n.Closed)
	}
	return []string{say("诉求", c.Needs, "待答复", "已答复", "已办结"), say("问题台账", c.Issues, "待办", "待核实", "已销号"), say("投诉建议", c.Complaints, "待答复", "已答复", "已办结")}
}

// Lines are the counts and what waits, the earliest deadline first.
func (c *Cases) Lines() []string {
	out := append([]string{fmt.Sprintf("%s（%s）\t%s", c.Name, c.Township, c.Today)}, c.Counts()...)
	for _, part := range []struct {
		name string
		list []*waiting
	}{{"诉求", c.waitingNeeds}, {"问题", c.waitingIssue}} {
		slices.SortFunc(part.list, func(x, y *waiting) int {
			return cmp.Or(cmp.Compare(cmp.Or(x.due, "9"), cmp.Or(y.due, "9")), cmp.Compare(x.code, y.code), cmp.Compare(x.what, y.what))
		})
		for _, w := range part.list {
			late := ""
			if w.due != "" && w.due < c.Today && w.state != casework.Done {
				late = "\t逾期"
			}
			out = append(out, fmt.Sprintf("%s\t%s\t%s\t%s\t%s%s", part.name, cmp.Or(w.due, "没有期限"), w.code, w.what, stateWords[w.state], late))
		}
	}
	return out
}
