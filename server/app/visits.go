package app

import (
	"context"
	"slices"
	"time"

	"daohu/server/access"
	"daohu/server/activity"
	"daohu/server/api"
	"daohu/server/fault"
	"daohu/server/household"
	"daohu/server/record"
	"daohu/server/registry"
	"daohu/server/roster"
)

// duties joins the due list and the burden meter with the registry's rows.
type duties struct {
	list     *activity.DueList
	burden   activity.BurdenStore
	rows     roster.Registry
	registry *registry.Service
	today    func() string
}

// Due implements api.Visits.
func (d duties) Due(ctx context.Context, a access.Actor, q api.Query, day string, all bool) (api.DueList, error) {
	if day == "" {
		day = d.today()
	}
	who := ""
	if a.Role.Syncs() {
		who = a.User
	}
	due, from, to, err := d.list.List(ctx, q.Township, who, day, all)
	out := api.DueList{From: from, To: to, Rows: []api.DueRow{}}
	if err != nil {
		return out, err
	}
	if q.After != "" {
		i := slices.IndexFunc(due, func(x activity.Due) bool { return x.Household == q.After })
		if i < 0 {
			return out, fault.New(fault.BadRequest, "名单已经变了，请从头再看。")
		}
		due = due[i+1:]
	}
	if len(due) > q.Limit {
		out.More, out.Next = len(due)-q.Limit, due[q.Limit-1].Household
		due = due[:q.Limit]
	}
	out.Rows, err = d.shown(ctx, a, q.Township, due)
	return out, err
}

// shown joins a page of the list with its households, in one statement; the
// list holds only what the caller reaches.
func (d duties) shown(ctx context.Context, a access.Actor, township string, due []activity.Due) ([]api.DueRow, error) {
	out := []api.DueRow{}
	if len(due) == 0 {
		return out, nil
	}
	var ids []string
	for _, x := range due {
		ids = append(ids, x.Household)
	}
	houses, err := d.rows.Live(ctx, household.HouseholdType, township, ids...)
	if err != nil {
		return nil, err
	}
	byID := map[string]record.Record{}
	for _, h := range houses {
		byID[h.Base().ID] = h
	}
	for _, x := range due {
		h := byID[x.Household]
		if h == nil {
			continue // ended meanwhile
		}
		row, err := d.registry.Show(household.HouseholdType, h, a)
		if err != nil {
			return nil, err
		}
		out = append(out, api.DueRow{Household: row, Last: x.Last, Done: x.Done, Want: x.Want})
	}
	return out, nil
}

// complianceMonths is how many months back the page counts unless told.
const complianceMonths = 3

// Compliance implements api.Visits.
func (d duties) Compliance(ctx context.Context, township, from, to string) (api.Compliance, error) {
	today := d.today()
	if to == "" {
		to = today[:7]
	}
	if from == "" {
		end, err := time.Parse("2006-01", to)
		if err != nil {
			return api.Compliance{}, badMonth("to")
		}
		from = end.AddDate(0, 1-complianceMonths, 0).Format("2006-01")
	}
	for name, month := range map[string]string{"from": from, "to": to} {
		if _, err := time.Parse("2006-01", month); err != nil {
			return api.Compliance{}, badMonth(name)
		}
	}
	out := api.Compliance{Township: township, From: from, To: to}
	raw, err := d.list.Settings.Current(ctx, township, activity.CodeEvidence)
	if err != nil {
		return out, err
	}
	e, err := activity.ParseEvidence(raw)
	if err != nil {
		return out, err
	}
	out.Evidence = api.EvidenceNow{Policy: e.On(today), Reason: e.Reason, Until: e.Until, Ended: e.On(today) != e.Policy}
	counts, err := d.burden.Burden(ctx, township, from, to)
	if err != nil {
		return out, err
	}
	for _, what := range []string{activity.BurdenSeconds, activity.BurdenTaps, activity.BurdenFields} {
		line := api.BurdenLine{What: what}
		median, n, ok := activity.Median(counts[what])
		if line.Visits = n; ok {
			line.Median = &median
		}
		out.Burden = append(out.Burden, line)
	}
	return out, nil
}

func badMonth(name string) error {
	return fault.Bad(fault.Field{Name: name, Code: "format", Detail: "年月要写成 2026-01 这样。"})
}
