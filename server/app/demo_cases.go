package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"daohu/server/account"
	"daohu/server/calendar"
	"daohu/server/casework"
	"daohu/server/demo"
	"daohu/server/record"
	"daohu/server/roster"
	"daohu/server/write"
)

// demoPeople are the paired households of the demo's first township in order,
// with their log-in and their cadre's.
type demoPeople struct{ house, home, cadre []string }

func (a *App) demoPeople(ctx context.Context, b *roster.Book, got *Imported, n int) (p demoPeople, err error) {
	var paired []roster.PairingRow
	for _, r := range b.Pairings {
		if r.To == "" {
			paired = append(paired, r)
		}
	}
	slices.SortFunc(paired, func(x, y roster.PairingRow) int { return strings.Compare(x.House, y.House) })
	for i, r := range paired[:min(n, len(paired))] {
		home, err := a.Accounts.User(ctx, account.ByLogin, fmt.Sprintf("household-%04d", i+1))
		if err != nil {
			return p, err
		}
		cadre, err := a.Accounts.User(ctx, account.ByLogin, r.Cadre)
		if err != nil {
			return p, err
		}
		p.house, p.home, p.cadre = append(p.house, got.IDs[r.House]), append(p.home, home.ID), append(p.cadre, cadre.ID)
	}
	return p, nil
}

// demoCases adds needs, the problem ledger and a suggestion to the demo's
// first township, dated back from today.
func (a *App) demoCases(ctx context.Context, b *roster.Book, got *Imported) error {
	p, err := a.demoPeople(ctx, b, got, 10)
	if err != nil {
		return err
	}
	common, err := a.DB.Common(ctx, got.Township)
	if err != nil {
		return err
	}
	days, err := calendar.Builtin()
	if err != nil {
		return err
	}
	text, err := a.Box.Seal(demo.Suggestion)
	if err != nil {
		return err
	}
	in := write.Intent{Township: got.Township, Action: "demo", Households: append([]string{common}, p.house...)}
	_, err = a.DB.Write(ctx, in, func(tx write.Tx) error {
		for _, n := range demo.Needs() {
			tx.Put(casework.NeedType, p.need(tx, n, days))
		}
		for _, n := range demo.Issues() {
			tx.Put(casework.IssueType, p.issue(tx, n, common))
		}
		tx.Put(casework.ComplaintType, &casework.Complaint{Meta: record.Meta{ID: tx.NewID(), Household: p.house[0], MadeBy: p.home[0], MadeAt: tx.Now()}, Text: text, Kind: "建议",
			Level: casework.LevelTownship, State: casework.Open, Due: days.Deadline(calendar.At(tx.Now()), 10).String()})
		p.watched(tx, days)
		return nil
	})
	return err
}

// watched adds what a household asks for about its own data, and what the
// auditor found; nobody is named as who wrote them down.
func (p demoPeople) watched(tx write.Tx, days *calendar.Calendar) {
	asked := calendar.At(tx.Now()) - 3
	tx.Put(casework.DataRequestType, &casework.DataRequest{Meta: record.Meta{ID: tx.NewID(), Household: p.house[1], MadeAt: tx.Now()}, Kind: casework.Copied, Asker: demo.Asker, Way: "当面",
		Text: demo.Asked, Day: asked.String(), Due: days.Deadline(asked, 15).String(), State: casework.Open})
	tx.Put(casework.FindingType, &casework.Finding{Meta: record.Meta{ID: tx.NewID(), Household: p.house[2], MadeAt: tx.Now()}, About: "household", Row: p.house[2], Severity: "一般",
		Text: demo.Audited, Due: days.Deadline(calendar.At(tx.Now()), 10).String(), State: casework.Open})
}

const dayMillis = 86_400_000

func (p demoPeople) need(tx write.Tx, d demo.Need, days *calendar.Calendar) *casework.Need {
	said := tx.Now() - int64(d.Age)*dayMillis
	n := &casework.Need{Meta: record.Meta{ID: tx.NewID(), Household: p.house[d.House], MadeBy: p.home[d.House], MadeAt: said}, Kind: d.Kind, Text: d.Text,
		Owner: p.cadre[d.House], State: casework.Open, Due: days.Deadline(calendar.At(said), 5).String()}
	if d.ByCadre {
		n.MadeBy = p.cadre[d.House]
	}
	if d.Answer != "" {
		n.Answer, n.Rating, n.State, n.AnsweredBy, n.AnsweredAt = d.Answer, d.Rating, casework.Answered, p.cadre[d.House], said+dayMillis
	}
	return n
}

func (p demoPeople) issue(tx write.Tx, d demo.Issue, common string) *casework.Issue {
	n := d.Issue
	n.Meta = record.Meta{ID: tx.NewID(), Household: common, MadeAt: tx.Now()}
	if d.House >= 0 {
		n.Household, n.MadeBy, n.Owner = p.house[d.House], p.cadre[d.House], p.cadre[d.House]
	}
	n.Due = (calendar.At(tx.Now()) + calendar.Day(d.DueIn)).String()
	return &n
}
